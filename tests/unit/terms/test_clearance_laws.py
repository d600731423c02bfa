"""Laws of clearing: whatever is asked, nothing opens that was not opened for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from distilproof.domain.clearance import (
    STRICTNESS,
    Clearance,
    Distribution,
    Modality,
    Role,
    StudentKind,
    Subject,
    Use,
    Verdict,
)
from distilproof.terms.clearance import Grounds, clear, strictest
from distilproof.terms.judgement import Judgement
from distilproof.terms.permission import Permission
from distilproof.terms.register import packaged_register

REGISTER = packaged_register()
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)

IDS = sorted((*REGISTER, "in-house", "no-such-terms", ""))
OF_MODELS = [
    one for one in IDS if one not in REGISTER or REGISTER[one].route not in {"gateway", "data"}
]

uses = st.builds(
    Use,
    student=st.sampled_from(["screen", "Llama-screen"]),
    student_kind=st.sampled_from(get_args(StudentKind)),
    distribution=st.sampled_from(get_args(Distribution)),
    commercial=st.booleans(),
    territory=st.sampled_from([(), ("DE",), ("US",), ("DE", "US")]),
    monthly_users=st.sampled_from([None, 10_000, 10**9]),
    monthly_revenue_usd=st.sampled_from([None, 50_000, 10**9]),
    student_family=st.sampled_from([None, "Llama 3", "Qwen", "Gemma 3", "Meta Llama"]),
    modality=st.sampled_from(get_args(Modality)),
    teacher_sees=st.sampled_from(get_args(Modality)),
    model_as_a_service=st.booleans(),
)
others = st.builds(
    Subject,
    model=st.sampled_from(["b", "c"]),
    role=st.sampled_from([one for one in get_args(Role) if one != "teacher"]),
    terms=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
)


def teachers(ids: Sequence[str]) -> st.SearchStrategy[Subject]:
    terms = st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True).map(tuple)
    return st.builds(Subject, model=st.just("a"), role=st.just("teacher"), terms=terms)


@st.composite
def permissions(draw: st.DrawFn) -> Permission:
    kinds, places = get_args(StudentKind), get_args(Distribution)
    return Permission(
        document=draw(st.sampled_from(["1" * 64, "2" * 64])),
        file="letter.pdf",
        grantor="Acme",
        read_by="counsel",
        read_at=AT - timedelta(days=draw(st.integers(-5, 5))),
        permits="It may.",
        models=tuple(draw(st.sets(st.sampled_from("abc")))),
        terms=tuple(draw(st.sets(st.sampled_from(IDS), max_size=30))),
        student_kinds=tuple(draw(st.sets(st.sampled_from(kinds)))),
        distributions=tuple(draw(st.sets(st.sampled_from(places)))),
        student=draw(st.sampled_from([None, "screen", "other"])),
        until=AT.date() + timedelta(days=draw(st.integers(-5, 5))),
    )


def cleared(
    use: Use,
    *subjects: Subject,
    permits: Sequence[Permission] = (),
    judgements: Sequence[Judgement] = (),
    at: datetime = AT,
) -> Clearance:
    grounds = Grounds(permissions=tuple(permits), judgements=tuple(judgements))
    return clear(subjects, use, REGISTER, grounds=grounds, by="me", at=at)


def answers(asked: Clearance) -> list[Judgement]:
    """Yes to everything that is asked, for a long time."""
    return [
        Judgement(
            key=question.key,
            sentence=question.sentence,
            answer=True,
            by="counsel",
            because="so it is",
            at=AT - timedelta(days=1),
            until=date(2030, 1, 1),
            use_digest=asked.use.digest,
            terms_digest=ruling.terms_digest,
        )
        for ruling in asked.rulings
        for question in ruling.questions
    ]


def rank(verdict: Verdict) -> int:
    return STRICTNESS.index(verdict)


@given(st.lists(st.sampled_from(list(Verdict)), max_size=4))
def test_the_strictest_of_several_in_any_order(verdicts: list[Verdict]) -> None:
    for order in permutations(verdicts):
        assert strictest(order) == strictest(verdicts)
    assert all(rank(one) <= rank(strictest(verdicts)) for one in verdicts)
    assert strictest(verdicts) in {*verdicts, Verdict.ALLOWED}


@given(uses, teachers(IDS), st.lists(others, max_size=2))
def test_layers_and_models_combine_in_any_order(
    use: Use, teacher: Subject, models: list[Subject]
) -> None:
    made = cleared(use, teacher, *models)
    turned = replace(teacher, terms=teacher.terms[::-1])
    again = cleared(use, *reversed(models), turned)
    assert made.verdict == again.verdict == strictest(one.verdict for one in made.rulings)
    assert set(made.rulings) == set(again.rulings)


@given(uses, teachers(IDS), others)
def test_one_more_model_never_loosens(use: Use, teacher: Subject, other: Subject) -> None:
    assert rank(cleared(use, teacher, other).verdict) >= rank(cleared(use, teacher).verdict)


@given(uses, teachers(OF_MODELS), st.sampled_from(IDS))
def test_one_more_layer_never_loosens(use: Use, teacher: Subject, layer: str) -> None:
    more = replace(teacher, terms=(*teacher.terms, layer))
    assert rank(cleared(use, more).verdict) >= rank(cleared(use, teacher).verdict)


@given(uses, st.sampled_from(["openrouter-2026-08", "aws-bedrock"]), st.sampled_from(OF_MODELS))
def test_a_gateway_is_never_looser_than_the_terms_behind_it(
    use: Use, gateway: str, behind: str
) -> None:
    through = cleared(use, Subject(model="a", role="teacher", terms=(gateway, behind)))
    direct = cleared(use, Subject(model="a", role="teacher", terms=(behind,)))
    assert rank(through.verdict) >= rank(direct.verdict)


@given(uses, teachers(IDS), st.lists(permissions(), max_size=4))
def test_a_permission_opens_nothing_but_what_it_names(
    use: Use, teacher: Subject, permits: list[Permission]
) -> None:
    bare = cleared(use, teacher).rulings
    for before, after in zip(bare, cleared(use, teacher, permits=permits).rulings, strict=True):
        names = {after.terms, *(REGISTER[after.terms].aliases if after.terms in REGISTER else ())}
        fitting = [
            one
            for one in permits
            if names & set(one.terms)
            and "a" in one.models
            and use.student_kind in one.student_kinds
            and use.distribution in one.distributions
            and one.student in {None, use.student}
            and one.read_at <= AT
            and one.until >= AT.date()
        ]
        if after.permission is None:
            assert after.verdict == before.verdict
        else:
            assert after.permission in {one.document for one in fitting}
            assert not before.verdict.opens
            assert after.expires is not None
            assert after.expires <= max(one.until for one in fitting)


@given(uses, teachers(IDS), st.lists(permissions(), min_size=1, max_size=3))
def test_what_has_expired_opens_nothing(
    use: Use, teacher: Subject, permits: list[Permission]
) -> None:
    ended = [replace(one, until=AT.date() - timedelta(days=1)) for one in permits]
    asked = cleared(use, teacher)
    said = [replace(one, until=AT.date() - timedelta(days=1)) for one in answers(asked)]
    found = cleared(use, teacher, permits=ended, judgements=said)
    assert found.verdict == asked.verdict
    assert all(one.permission is None and not one.judged_by for one in found.rulings)


@given(uses, teachers(IDS), uses)
def test_a_judgement_holds_for_one_use(use: Use, teacher: Subject, other: Use) -> None:
    said = answers(cleared(use, teacher))
    found = cleared(other, teacher, judgements=said)
    if other != use:
        assert found.verdict == cleared(other, teacher).verdict
    else:
        assert found.questions == ()


@given(uses, teachers(IDS))
def test_answers_open_only_what_asks(use: Use, teacher: Subject) -> None:
    asked = cleared(use, teacher)
    found = cleared(use, teacher, judgements=answers(asked))
    for before, after in zip(asked.rulings, found.rulings, strict=True):
        opened = after.verdict.opens and not before.verdict.opens
        assert opened == (before.verdict == Verdict.NEEDS_REVIEW)
        assert before.verdict == Verdict.NEEDS_REVIEW or after == before


@given(uses, teachers(IDS), st.data())
def test_a_no_closes(use: Use, teacher: Subject, data: st.DataObject) -> None:
    said = answers(cleared(use, teacher))
    if said:
        place = data.draw(st.integers(0, len(said) - 1))
        said[place] = replace(said[place], answer=False)
        assert cleared(use, teacher, judgements=said).verdict == Verdict.FORBIDDEN


@given(uses, teachers(IDS), st.lists(permissions(), max_size=3), st.integers(0, 2000))
def test_nothing_opens_by_waiting(
    use: Use, teacher: Subject, permits: list[Permission], days: int
) -> None:
    read = [replace(one, read_at=AT) for one in permits]
    asked = cleared(use, teacher)
    said = answers(asked)
    now = cleared(use, teacher, permits=read, judgements=said)
    later = cleared(use, teacher, permits=read, judgements=said, at=AT + timedelta(days=days))
    if later.verdict.opens:
        assert now.verdict.opens
    # And what opens now opens through its last day: asked again, the answer is the same.
    if now.verdict.opens and now.expires is not None:
        ends = datetime(now.expires.year, now.expires.month, now.expires.day, 23, tzinfo=UTC)
        assert now.opens("a", ends)
        assert cleared(use, teacher, permits=read, judgements=said, at=ends).verdict.opens


@given(uses, teachers(IDS))
def test_questions_stand_with_a_review_and_nowhere_else(use: Use, teacher: Subject) -> None:
    for ruling in cleared(use, teacher).rulings:
        assert bool(ruling.questions) == (ruling.verdict == Verdict.NEEDS_REVIEW)
        assert bool(ruling.obligations) >= (ruling.verdict == Verdict.ALLOWED_WITH_OBLIGATIONS)
        assert ruling.reasons
