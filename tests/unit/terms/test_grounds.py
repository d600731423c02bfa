"""Judgements and permissions open what they are given for, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from distilproof.domain.clearance import Clearance, Ruling, Subject, Use, Verdict
from distilproof.terms.clearance import rule
from distilproof.terms.judgement import Judgement, judged
from distilproof.terms.licences import Terms
from distilproof.terms.permission import Permission
from distilproof.terms.register import packaged_register

MakeUse = Callable[..., Use]
Entry = Callable[..., Terms]
Permit = Callable[..., Permission]
Answer = Callable[..., Judgement]

Ruled = Callable[..., Ruling]
Cleared = Callable[..., Clearance]

REGISTER = packaged_register()


def teacher(*terms: str) -> Subject:
    return Subject(model="acme-large", role="teacher", terms=terms)


# --- judgements --------------------------------------------------------------------------------


ASKS = 'conditions = [{ kind = "not_competing", party = "Acme" }]'


def test_a_judgement_opens(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, ruled: Ruled
) -> None:
    terms = entry(ASKS)
    asked = rule(terms, use(), at=at)
    assert asked.questions[0].key == "acme.not_competing"
    assert asked.questions[0].sentence == (
        "screen, a classifier that stays in the house, competes with no product or service of Acme"
    )
    found = ruled(terms, use(), at, answer(asked, use()))
    assert found.verdict == Verdict.ALLOWED
    assert found.judged_by == ("counsel",)
    assert found.questions == ()
    assert found.expires == date(2027, 3, 31), "before the review"
    assert found.reasons[0] == f"judged by counsel on 2026-11-20: {asked.questions[0].sentence}"


def test_a_judgement_against_closes(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, permission: Permit, ruled: Ruled
) -> None:
    terms = entry(ASKS)
    no = answer(rule(terms, use(), at=at), use(), answer=False)
    found = ruled(terms, use(), at, no)
    assert found.verdict == Verdict.FORBIDDEN
    assert found.reasons[0].startswith("judged by counsel on 2026-11-20 not to be so")
    assert found.reasons[0].endswith("(we looked)")
    assert ruled(terms, use(), at, no, permission()).verdict == Verdict.ALLOWED


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "acme.not_replicating"},
        {"sentence": "it does not compete"},
        {"use_digest": "0" * 64},
        {"terms_digest": "0" * 64},
        {"until": date(2026, 11, 23)},
        {"at": datetime(2026, 11, 25, tzinfo=UTC)},
    ],
)
def test_a_judgement_on_something_else_or_of_another_time_opens_nothing(
    use: MakeUse,
    at: datetime,
    entry: Entry,
    answer: Answer,
    changes: dict[str, object],
    ruled: Ruled,
) -> None:
    terms = entry(ASKS)
    given = answer(rule(terms, use(), at=at), use(), **changes)
    assert ruled(terms, use(), at, given).verdict == Verdict.NEEDS_REVIEW


def test_an_expired_judgement_is_named(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, ruled: Ruled
) -> None:
    terms = entry(ASKS)
    old = answer(rule(terms, use(), at=at), use(), until=date(2026, 11, 23))
    assert (
        ruled(terms, use(), at, old)
        .reasons[0]
        .endswith("what counsel judged of it ended on 2026-11-23")
    )


def test_it_holds_through_its_last_day(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, ruled: Ruled
) -> None:
    terms = entry(ASKS)
    today = answer(rule(terms, use(), at=at), use(), until=at.date())
    assert ruled(terms, use(), at, today).verdict == Verdict.ALLOWED


def test_the_last_judgement_counts_even_when_it_has_expired(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, ruled: Ruled
) -> None:
    terms = entry(ASKS)
    asked = rule(terms, use(), at=at)
    first = answer(asked, use(), at=datetime(2026, 1, 1, tzinfo=UTC))
    revised = answer(asked, use(), answer=False)
    assert ruled(terms, use(), at, first).verdict == Verdict.ALLOWED
    assert ruled(terms, use(), at, first, revised).verdict == Verdict.FORBIDDEN
    assert ruled(terms, use(), at, revised, replace(first, at=at)).verdict == Verdict.ALLOWED
    ended = replace(revised, until=date(2026, 11, 21))
    assert ruled(terms, use(), at, first, ended).verdict == Verdict.NEEDS_REVIEW
    at_once = replace(revised, at=first.at)
    assert ruled(terms, use(), at, first, at_once).verdict == Verdict.FORBIDDEN


def test_every_question_needs_an_answer(use: MakeUse, at: datetime, cleared: Cleared) -> None:
    asked = cleared(use(), at, teacher("own-model"))
    said = [
        judged(asked, one.key, answer=True, by="owner", because="ours", until=date(2027, 1, 1))
        for one in asked.questions
    ]
    assert cleared(use(), at, teacher("own-model"), judgements=tuple(said[:1])).verdict == (
        Verdict.NEEDS_REVIEW
    )
    assert cleared(use(), at, teacher("own-model"), judgements=tuple(said)).opens("acme-large", at)


def test_a_statement_on_one_model_is_not_one_on_another(
    use: MakeUse, at: datetime, cleared: Cleared
) -> None:
    other = Subject(model="bought", role="judge", terms=("own-model",))
    asked = cleared(use(), at, teacher("own-model"), other)
    said = tuple(
        judged(asked, one.key, answer=True, by="owner", because="ours", until=date(2027, 1, 1))
        for one in asked.questions
        if "acme-large" in one.key
    )
    found = cleared(use(), at, teacher("own-model"), other, judgements=said)
    assert [one.verdict for one in found.rulings] == [Verdict.ALLOWED, Verdict.NEEDS_REVIEW]


# --- permissions -------------------------------------------------------------------------------


CLOSED = {
    "says no": {"permits": "no"},
    "needs a letter": {
        "permits": "conditional",
        "rest": 'conditions = [{ kind = "written_authorisation", form = "a letter" }]',
    },
    "is broken": {
        "permits": "conditional",
        "rest": 'conditions = [{ kind = "non_commercial" }]',
    },
    "asks": {"permits": "conditional", "rest": ASKS},
    "is silent": {"permits": "unknown"},
    "is told by others": {"evidence": "secondary"},
    "is not read": {"evidence": "unread"},
}


@pytest.mark.parametrize("how", CLOSED)
def test_a_permission_opens_what_it_names(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, how: str, ruled: Ruled
) -> None:
    terms = entry(**CLOSED[how])
    assert not rule(terms, use(), at=at).verdict.opens
    found = ruled(terms, use(), at, permission())
    assert found.verdict == Verdict.ALLOWED
    assert found.permission == "0" * 64
    assert found.questions == ()
    assert found.expires == date(2027, 1, 31)
    assert found.reasons[0] == (
        "opened by Acme (letter.pdf), read by counsel on 2026-11-01, until 2027-01-31: "
        "Outputs may train internal classifiers"
    )


def test_a_permission_opens_stale_terms_and_ids_that_nobody_knows(
    use: MakeUse, entry: Entry, permission: Permit, ruled: Ruled, cleared: Cleared
) -> None:
    late = datetime(2027, 6, 1, tzinfo=UTC)
    letter = permission(until=date(2027, 12, 31))
    assert ruled(entry(), use(), late).verdict == Verdict.UNKNOWN
    found = ruled(entry(), use(), late, letter)
    assert (found.verdict, found.expires) == (Verdict.ALLOWED, date(2027, 12, 31))
    unknown = cleared(use(), late, teacher("acme"), permissions=(letter,))
    assert unknown.opens("acme-large", late)
    assert not cleared(use(), late, teacher("acne"), permissions=(letter,)).verdict.opens
    assert not cleared(use(), late, teacher(), permissions=(letter,)).verdict.opens


def test_a_permission_ends_with_the_review_where_that_comes_first(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    letter = permission(until=date(2030, 1, 1))
    assert ruled(entry(permits="no"), use(), at, letter).expires == date(2027, 5, 23)


@pytest.mark.parametrize(
    "wrong",
    [
        ({"models": ("acme-small",)}, "it is for acme-small, not for acme-large"),
        ({"models": ()}, "it is for nothing, not for acme-large"),
        ({"student": "other"}, "it is for the student other, not for screen"),
        ({"student_kinds": ("generator",)}, "it is for generator, not for classifier"),
        (
            {"distributions": ("hosted", "published")},
            "it is for hosted or published use, not for internal",
        ),
        ({"until": date(2026, 11, 23)}, "it ended on 2026-11-23"),
        (
            {"read_at": datetime(2026, 11, 25, tzinfo=UTC)},
            "it was read later, on 2026-11-25",
        ),
    ],
)
def test_a_permission_for_something_else_opens_nothing_and_says_why(
    use: MakeUse,
    at: datetime,
    entry: Entry,
    permission: Permit,
    wrong: tuple[dict[str, object], str],
    ruled: Ruled,
) -> None:
    changes, why = wrong
    found = ruled(entry(permits="no"), use(), at, permission(**changes))
    assert found.verdict == Verdict.FORBIDDEN
    assert found.permission is None
    assert found.reasons[-1] == f"the permission of Acme (letter.pdf) does not open it: {why}"
    assert not permission(**changes).opens("acme-large", "acme", use(), at)


def test_a_permission_of_nobody_in_particular_is_named_by_its_file(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    found = ruled(entry(permits="no"), use(), at, permission(grantor=""))
    assert found.reasons[0].startswith("opened by letter.pdf, read by counsel")


def test_a_permission_for_other_terms_is_not_even_named(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    found = ruled(entry(permits="no"), use(), at, permission(terms=("mit",)))
    assert (found.verdict, len(found.reasons)) == (Verdict.FORBIDDEN, 1)


def test_a_permission_may_name_an_alias(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    terms = entry('aliases = ["road-runner"]', permits="no")
    assert ruled(terms, use(), at, permission(terms=("road-runner",))).verdict.opens


def test_a_permission_leaves_what_is_owed(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    owed = 'obligations = [{ kind = "attribution", value = "By Acme", text = "It says so." }]'
    for changes in ({"permits": "no"}, {"evidence": "secondary"}):
        terms = entry(owed, **changes)
        assert rule(terms, use(), at=at).obligations == (), "nothing is owed where it is closed"
        found = ruled(terms, use(), at, permission())
        assert found.verdict == Verdict.ALLOWED_WITH_OBLIGATIONS
        assert [one.key for one in found.obligations] == ["acme.attribution"]


def test_a_permission_that_is_not_needed_is_not_used(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    found = ruled(entry(), use(), at, permission())
    assert (found.permission, found.expires) == (None, date(2027, 5, 23))


def test_the_permission_that_lasts_longest_is_used(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, ruled: Ruled
) -> None:
    short = permission()
    long = permission(until=date(2027, 3, 1), document="1" * 64)
    for order in ((short, long), (long, short)):
        assert ruled(entry(permits="no"), use(), at, *order).permission == "1" * 64
