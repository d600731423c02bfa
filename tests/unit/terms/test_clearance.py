"""Layers and models rule together, and say what is owed and until when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from distilproof.domain.clearance import Clearance, Ruling, Subject, Use, Verdict
from distilproof.terms.clearance import rule
from distilproof.terms.countries import EU
from distilproof.terms.judgement import Judgement
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


# --- layers and models -------------------------------------------------------------------------


def test_the_strictest_layer_of_the_strictest_model_is_the_answer(
    use: MakeUse, at: datetime, cleared: Cleared
) -> None:
    judge = Subject(model="picker", role="judge", terms=("llama-3",))
    made = use(student_kind="generator")
    assert cleared(made, at, teacher("mit")).verdict == Verdict.ALLOWED
    assert cleared(made, at, teacher("mit", "gemini-api-2026-03")).verdict == Verdict.NEEDS_REVIEW
    assert cleared(made, at, teacher("mit", "vertex-ai")).verdict == Verdict.UNKNOWN
    assert cleared(made, at, teacher("mit", "vertex-ai"), judge).verdict == Verdict.FORBIDDEN


def test_every_model_needs_terms(use: MakeUse, at: datetime, cleared: Cleared) -> None:
    unsaid = Subject(model="simulated-user", role="simulator", terms=())
    found = cleared(use(), at, teacher("mit"), unsaid)
    assert found.verdict == Verdict.UNKNOWN
    assert found.rulings[1].reasons == ("no terms are named for simulated-user",)


def test_no_teacher_no_clearance(use: MakeUse, at: datetime, cleared: Cleared) -> None:
    judge = Subject(model="picker", role="judge", terms=("mit",))
    assert cleared(use(), at, judge).verdict == Verdict.UNKNOWN
    assert not cleared(use(), at, judge).opens("", at)


def test_a_layer_is_ruled_once(use: MakeUse, at: datetime, cleared: Cleared) -> None:
    assert len(cleared(use(), at, teacher("mit", "mit", "apache-2.0")).rulings) == 2


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Apache-2.0", "apache-2.0"), ("llama3.1", "llama-3.1"), ("own-modle", "own-model")],
)
def test_an_unknown_id_is_closed_and_lists_the_closest(
    use: MakeUse, at: datetime, said: str, meant: str, cleared: Cleared
) -> None:
    (ruling,) = cleared(use(), at, teacher(said)).rulings
    assert ruling.verdict == Verdict.UNKNOWN
    assert ruling.reasons[0].startswith(f"the register has no terms {said!r}; did you mean ")
    assert meant in ruling.reasons[0]


def test_an_alias_is_ruled_under_its_id(use: MakeUse, at: datetime, cleared: Cleared) -> None:
    (ruling,) = cleared(use(), at, teacher("in-house")).rulings
    assert ruling.terms == "own-model"
    assert [one.key for one in ruling.questions] == [
        "own-model.owned@acme-large",
        "own-model.upstream_lineage@acme-large",
    ]


def test_a_gateway_needs_the_terms_behind_it(
    use: MakeUse, at: datetime, permission: Permit, ruled: Ruled, cleared: Cleared
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
    use: MakeUse, at: datetime, permission: Permit, ruled: Ruled
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


def test_a_clearance_holds_through_its_last_day(
    use: MakeUse, at: datetime, cleared: Cleared
) -> None:
    made = cleared(use(), at, teacher("mit", "mistral-commercial-2026-09"))
    assert made.expires == date(2027, 5, 23)
    assert made.opens("acme-large", datetime(2027, 5, 23, 23, 59, tzinfo=UTC))
    assert not made.opens("acme-large", datetime(2027, 5, 24, tzinfo=UTC))
    assert not made.opens("acme-small", at)


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
    assert {"EU", *EU} < set(owed.value.split())


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
    use: MakeUse, at: datetime, entry: Entry, cleared: Cleared
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
