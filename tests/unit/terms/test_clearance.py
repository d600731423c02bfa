"""Layers and models rule together; permissions and judgements open what they are given for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from distilproof.domain.clearance import Clearance, Ruling, Subject, Use, Verdict
from distilproof.terms.clearance import Grounds, clear, rule, verdict_of
from distilproof.terms.judgement import Judgement, judged
from distilproof.terms.licences import Terms
from distilproof.terms.permission import Permission
from distilproof.terms.register import Register, packaged_register

MakeUse = Callable[..., Use]
Entry = Callable[..., Terms]
Permit = Callable[..., Permission]
Answer = Callable[..., Judgement]

REGISTER = packaged_register()


def teacher(*terms: str) -> Subject:
    return Subject(model="acme-large", role="teacher", terms=terms)


def ruled(
    terms: Terms,
    use: Use,
    at: datetime,
    *grounds: Permission | Judgement,
    beside: tuple[str, ...] = (),
) -> Ruling:
    return verdict_of(
        teacher(terms.id, *beside),
        terms.id,
        use,
        REGISTER.with_entries([terms]),
        grounds=Grounds(
            permissions=tuple(one for one in grounds if isinstance(one, Permission)),
            judgements=tuple(one for one in grounds if isinstance(one, Judgement)),
        ),
        at=at,
    )


def cleared(
    use: Use, at: datetime, *subjects: Subject, register: Register = REGISTER, **grounds: object
) -> Clearance:
    return clear(subjects, use, register, grounds=Grounds(**grounds), by="me", at=at)


# --- layers and models -------------------------------------------------------------------------


def test_the_strictest_layer_of_the_strictest_model_is_the_answer(
    use: MakeUse, at: datetime
) -> None:
    judge = Subject(model="picker", role="judge", terms=("llama-3",))
    made = use(student_kind="generator")
    assert cleared(made, at, teacher("mit")).verdict == Verdict.ALLOWED
    assert cleared(made, at, teacher("mit", "gemini-api-2026-03")).verdict == Verdict.NEEDS_REVIEW
    assert cleared(made, at, teacher("mit", "vertex-ai")).verdict == Verdict.UNKNOWN
    assert cleared(made, at, teacher("mit", "vertex-ai"), judge).verdict == Verdict.FORBIDDEN


def test_every_model_needs_terms(use: MakeUse, at: datetime) -> None:
    unsaid = Subject(model="simulated-user", role="simulator", terms=())
    found = cleared(use(), at, teacher("mit"), unsaid)
    assert found.verdict == Verdict.UNKNOWN
    assert found.rulings[1].reasons == ("no terms are named for simulated-user",)


def test_no_teacher_no_clearance(use: MakeUse, at: datetime) -> None:
    judge = Subject(model="picker", role="judge", terms=("mit",))
    assert cleared(use(), at, judge).verdict == Verdict.UNKNOWN
    assert not cleared(use(), at, judge).opens("", at)


def test_a_layer_is_ruled_once(use: MakeUse, at: datetime) -> None:
    assert len(cleared(use(), at, teacher("mit", "mit", "apache-2.0")).rulings) == 2


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Apache-2.0", "apache-2.0"), ("llama3.1", "llama-3.1"), ("own-modle", "own-model")],
)
def test_an_unknown_id_is_closed_and_lists_the_closest(
    use: MakeUse, at: datetime, said: str, meant: str
) -> None:
    (ruling,) = cleared(use(), at, teacher(said)).rulings
    assert ruling.verdict == Verdict.UNKNOWN
    assert ruling.reasons[0].startswith(f"the register has no terms {said!r}; did you mean ")
    assert meant in ruling.reasons[0]


def test_an_alias_is_ruled_under_its_id(use: MakeUse, at: datetime) -> None:
    (ruling,) = cleared(use(), at, teacher("in-house")).rulings
    assert ruling.terms == "own-model"
    assert [one.key for one in ruling.questions] == [
        "own-model.owned@acme-large",
        "own-model.upstream_lineage@acme-large",
    ]


def test_a_gateway_needs_the_terms_behind_it(
    use: MakeUse, at: datetime, permission: Permit
) -> None:
    gateway = REGISTER["openrouter-2026-08"]
    alone = ruled(gateway, use(), at)
    assert alone.verdict == Verdict.UNKNOWN
    assert "hands on the terms" in alone.reasons[0]
    for beside in (("own-data",), ("aws-bedrock",), ("openrouter-2026-08",)):
        assert ruled(gateway, use(), at, beside=beside).verdict == Verdict.UNKNOWN
    assert ruled(gateway, use(), at, beside=("mit",)).verdict == Verdict.ALLOWED
    # What a gateway writes is no word of whoever made the model.
    letter = permission(terms=(gateway.id,))
    assert ruled(gateway, use(), at, letter).verdict == Verdict.UNKNOWN
    # And behind terms that nobody knows it stays closed as a whole.
    assert cleared(use(), at, teacher(gateway.id, "nobody")).verdict == Verdict.UNKNOWN


def test_a_gateway_of_poor_evidence_needs_both(
    use: MakeUse, at: datetime, permission: Permit
) -> None:
    bedrock = REGISTER["aws-bedrock"]
    letter = permission(terms=(bedrock.id,))
    assert ruled(bedrock, use(), at, letter).verdict == Verdict.UNKNOWN
    assert ruled(bedrock, use(), at, beside=("mit",)).verdict == Verdict.UNKNOWN
    assert ruled(bedrock, use(), at, letter, beside=("mit",)).verdict == Verdict.ALLOWED


# --- what closes -------------------------------------------------------------------------------


@pytest.mark.parametrize("evidence", ["secondary", "unread"])
def test_poor_evidence_closes_whatever_it_says(
    use: MakeUse, at: datetime, entry: Entry, evidence: str
) -> None:
    for permits in ("yes", "no"):
        found = rule(entry(permits=permits, evidence=evidence), use(), at=at)
        assert found.verdict == Verdict.UNKNOWN


def test_silence_closes(use: MakeUse, at: datetime, entry: Entry) -> None:
    found = rule(entry(permits="unknown"), use(), at=at)
    assert found.verdict == Verdict.UNKNOWN
    assert "do not say" in found.reasons[0]


def test_stale_terms_close_the_day_after(use: MakeUse, entry: Entry) -> None:
    last = datetime(2027, 5, 23, 23, 59, tzinfo=UTC)
    found = rule(entry(), use(), at=last)
    assert (found.verdict, found.expires) == (Verdict.ALLOWED, date(2027, 5, 23))
    late = rule(entry(), use(), at=last + timedelta(minutes=1))
    assert late.verdict == Verdict.UNKNOWN
    assert late.reasons[0].startswith("the review of acme was due by 2027-05-23")


def test_a_clearance_holds_through_its_last_day(use: MakeUse, at: datetime) -> None:
    made = cleared(use(), at, teacher("mit", "mistral-commercial-2026-09"))
    assert made.expires == date(2027, 5, 23)
    assert made.opens("acme-large", datetime(2027, 5, 23, 23, 59, tzinfo=UTC))
    assert not made.opens("acme-large", datetime(2027, 5, 24, tzinfo=UTC))
    assert not made.opens("acme-small", at)


# --- judgements --------------------------------------------------------------------------------


ASKS = 'conditions = [{ kind = "not_competing", party = "Acme" }]'


def test_a_judgement_opens(use: MakeUse, at: datetime, entry: Entry, answer: Answer) -> None:
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
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, permission: Permit
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
    use: MakeUse, at: datetime, entry: Entry, answer: Answer, changes: dict[str, object]
) -> None:
    terms = entry(ASKS)
    given = answer(rule(terms, use(), at=at), use(), **changes)
    assert ruled(terms, use(), at, given).verdict == Verdict.NEEDS_REVIEW


def test_an_expired_judgement_is_named(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer
) -> None:
    terms = entry(ASKS)
    old = answer(rule(terms, use(), at=at), use(), until=date(2026, 11, 23))
    assert (
        ruled(terms, use(), at, old)
        .reasons[0]
        .endswith("what counsel judged of it ended on 2026-11-23")
    )


def test_it_holds_through_its_last_day(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer
) -> None:
    terms = entry(ASKS)
    today = answer(rule(terms, use(), at=at), use(), until=at.date())
    assert ruled(terms, use(), at, today).verdict == Verdict.ALLOWED


def test_the_last_judgement_counts_even_when_it_has_expired(
    use: MakeUse, at: datetime, entry: Entry, answer: Answer
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


def test_every_question_needs_an_answer(use: MakeUse, at: datetime) -> None:
    asked = cleared(use(), at, teacher("own-model"))
    said = [
        judged(asked, one.key, answer=True, by="owner", because="ours", until=date(2027, 1, 1))
        for one in asked.questions
    ]
    assert cleared(use(), at, teacher("own-model"), judgements=tuple(said[:1])).verdict == (
        Verdict.NEEDS_REVIEW
    )
    assert cleared(use(), at, teacher("own-model"), judgements=tuple(said)).opens("acme-large", at)


def test_a_statement_on_one_model_is_not_one_on_another(use: MakeUse, at: datetime) -> None:
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
    use: MakeUse, at: datetime, entry: Entry, permission: Permit, how: str
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
    use: MakeUse, entry: Entry, permission: Permit
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
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    letter = permission(until=date(2030, 1, 1))
    assert ruled(entry(permits="no"), use(), at, letter).expires == date(2027, 5, 23)


@pytest.mark.parametrize(
    ("changes", "why"),
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
    changes: dict[str, object],
    why: str,
) -> None:
    found = ruled(entry(permits="no"), use(), at, permission(**changes))
    assert found.verdict == Verdict.FORBIDDEN
    assert found.permission is None
    assert found.reasons[-1] == f"the permission of Acme (letter.pdf) does not open it: {why}"
    assert not permission(**changes).opens("acme-large", "acme", use(), at)


def test_a_permission_of_nobody_in_particular_is_named_by_its_file(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    found = ruled(entry(permits="no"), use(), at, permission(grantor=""))
    assert found.reasons[0].startswith("opened by letter.pdf, read by counsel")


def test_a_permission_for_other_terms_is_not_even_named(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    found = ruled(entry(permits="no"), use(), at, permission(terms=("mit",)))
    assert (found.verdict, len(found.reasons)) == (Verdict.FORBIDDEN, 1)


def test_a_permission_may_name_an_alias(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    terms = entry('aliases = ["road-runner"]', permits="no")
    assert ruled(terms, use(), at, permission(terms=("road-runner",))).verdict.opens


def test_a_permission_leaves_what_is_owed(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    owed = 'obligations = [{ kind = "attribution", value = "By Acme", text = "It says so." }]'
    for changes in ({"permits": "no"}, {"evidence": "secondary"}):
        terms = entry(owed, **changes)
        assert rule(terms, use(), at=at).obligations == (), "nothing is owed where it is closed"
        found = ruled(terms, use(), at, permission())
        assert found.verdict == Verdict.ALLOWED_WITH_OBLIGATIONS
        assert [one.key for one in found.obligations] == ["acme.attribution"]


def test_a_permission_that_is_not_needed_is_not_used(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    found = ruled(entry(), use(), at, permission())
    assert (found.permission, found.expires) == (None, date(2027, 5, 23))


def test_the_permission_that_lasts_longest_is_used(
    use: MakeUse, at: datetime, entry: Entry, permission: Permit
) -> None:
    short = permission()
    long = permission(until=date(2027, 3, 1), document="1" * 64)
    for order in ((short, long), (long, short)):
        assert ruled(entry(permits="no"), use(), at, *order).permission == "1" * 64


# --- what is owed ------------------------------------------------------------------------------


def test_a_limit_that_nothing_is_said_of_is_owed(use: MakeUse, at: datetime) -> None:
    found = rule(REGISTER["llama-3.1"], use(monthly_users=None), at=at)
    (owed,) = found.obligations
    assert (owed.key, owed.value) == ("llama-3.1.user_limit", "700000000")
    assert owed.text == "There are at most 700,000,000 users a month."


def test_countries_that_are_left_out_are_owed_one_by_one(use: MakeUse, at: datetime) -> None:
    found = rule(REGISTER["llama-4"], use(territory=()), at=at)
    (owed,) = found.obligations
    assert owed.key == "llama-4.territory_limit"
    assert len(owed.value.split()) == 27


@pytest.mark.parametrize(
    ("size", "owed"),
    [
        ({"monthly_users": 100_000_000, "monthly_revenue_usd": 20_000_000}, []),
        ({"monthly_users": 100_000_001}, ["attribution"]),
        ({"monthly_revenue_usd": 20_000_001}, ["attribution"]),
        ({"monthly_users": None}, ["attribution"]),
    ],
)
def test_a_duty_of_the_large_is_owed_by_the_large_and_by_whoever_does_not_say(
    use: MakeUse, at: datetime, size: dict[str, object], owed: list[str]
) -> None:
    found = rule(REGISTER["qwen-community-1"], use(distribution="hosted", **size), at=at)
    assert [one.kind for one in found.obligations] == owed


def test_a_student_that_starts_from_the_weights_owes_more(use: MakeUse, at: datetime) -> None:
    started = use(distribution="published", student_family="Llama 3.1")
    kinds = {one.kind for one in rule(REGISTER["llama-3.1"], started, at=at).obligations}
    assert kinds == {"name_prefix", "attribution", "licence_copy", "notice"}


# --- digests -----------------------------------------------------------------------------------


def test_a_clearance_has_another_digest_when_anything_changes(
    use: MakeUse, at: datetime, entry: Entry
) -> None:
    register = REGISTER.with_entries([entry()])
    seen = {
        cleared(use(), at, teacher("acme"), register=register).digest,
        cleared(use(monthly_users=1), at, teacher("acme"), register=register).digest,
        cleared(use(), at + timedelta(seconds=1), teacher("acme"), register=register).digest,
        cleared(use(), at, teacher("acme", "mit"), register=register).digest,
        cleared(use(), at, replace(teacher("acme"), model="b"), register=register).digest,
        cleared(
            use(), at, teacher("acme"), register=REGISTER.with_entries([entry("hf_tags = ['a']")])
        ).digest,
    }
    assert len(seen) == 6
    assert cleared(use(), at, teacher("acme"), register=register).digest in seen
