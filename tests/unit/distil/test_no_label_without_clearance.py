"""No path of inputs reaches a teacher without a clearance that opens it and a pin of it."""

import asyncio
import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import get_args, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from distilproof.distil.label_cache import LabelCache
from distilproof.distil.labels import label
from distilproof.domain.clearance import Clearance, Role, Ruling, Verdict
from distilproof.domain.identity import ModelRef, TeacherPin
from distilproof.errors import NotClearedError, TeacherMovedError
from parity import ALLOWED, AT, MODEL, NOW, Bench, Parity, clearance, numbers, pin_of

STARTS = count(0, 3)  # of rows that nobody was asked yet
NAMES = st.sampled_from([*["parity"] * 9, "Parity", "another", ""])
ROLES = st.sampled_from([*["teacher"] * 3, *get_args(Role)])
DAYS = st.integers(-100, 900).map(lambda days: AT.date() + timedelta(days=days))
RULINGS = st.builds(
    Ruling,
    model=NAMES,
    role=ROLES,
    terms=st.sampled_from(["own-model", "llama-3", ""]),
    terms_digest=st.just("00"),
    verdict=st.sampled_from([*[Verdict.ALLOWED] * 9, *Verdict]),
    reasons=st.just(("because",)),
    expires=st.none() | DAYS,
)
CLEARANCES = st.just(clearance(ALLOWED)) | st.builds(
    lambda rulings, teacher: clearance(*rulings, teacher=teacher),
    st.lists(RULINGS, max_size=3),
    NAMES,
)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone comes with it
MODELS = st.sampled_from(
    [
        *[MODEL] * 5,
        replace(MODEL, name="another"),
        replace(MODEL, digest="00" * 32),
        replace(MODEL, revision="1"),
    ]
)
LABELS = st.sampled_from([*[("even", "odd")] * 5, ("odd", "even"), ("even", "odd", "neither")])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelCache]:
    with LabelCache(tmp_path_factory.mktemp("labels") / "cache.db") as opened:
        yield opened


def may_be_asked(rulings: tuple[Ruling, ...], names: tuple[str, str], at: datetime) -> bool:
    """Whether terms open a teacher, said once more in other words."""
    teacher, pinned = names
    return (
        teacher == pinned
        and any(one.role == "teacher" and one.model == teacher for one in rulings)
        and all(one.verdict in {"ALLOWED", "ALLOWED_WITH_OBLIGATIONS"} for one in rulings)
        and all(one.expires is None or at.date() <= one.expires for one in rulings)
    )


@settings(max_examples=400, deadline=None)
@given(CLEARANCES, TIMES, st.tuples(MODELS, MODELS), LABELS)
@example(clearance(ALLOWED), AT, (MODEL, MODEL), ("even", "odd"))
@example(
    clearance(ALLOWED), datetime(2026, 12, 31, 23, 59, tzinfo=UTC), (MODEL, MODEL), ("even", "odd")
)
@example(clearance(ALLOWED), datetime(2027, 1, 1, tzinfo=UTC), (MODEL, MODEL), ("even", "odd"))
@example(clearance(), AT, (MODEL, MODEL), ("even", "odd"))
def test_nothing_is_sent_without_a_clearance_that_opens(
    cache: LabelCache,
    cleared: Clearance,
    at: datetime,
    models: tuple[ModelRef, ModelRef],
    labels: tuple[str, ...],
) -> None:
    pinned, asked = models
    teacher = Parity(identity=asked)
    opens = may_be_asked(cleared.rulings, (cleared.teacher, pinned.name), at)
    same = pinned == asked and labels == teacher.labels
    rows = numbers(3, next(STARTS))
    labels_of = label(cleared, pin_of(pinned, labels), teacher, rows, cache, replace(NOW, at=at))
    if opens and same:
        assert asyncio.run(labels_of).complete
    else:
        with pytest.raises(NotClearedError if not opens else TeacherMovedError):
            asyncio.run(labels_of)
    assert bool(teacher.asked) == (opens and same)


def test_a_clearance_and_a_pin_stand_in_the_signature_and_nothing_stands_for_them() -> None:
    parameters = [*inspect.signature(label).parameters.values()]
    assert [one.name for one in parameters[:2]] == ["clearance", "pin"]
    assert all(one.default is inspect.Parameter.empty for one in parameters)
    hints = get_type_hints(label)
    assert (hints["clearance"], hints["pin"]) == (Clearance, TeacherPin)


@pytest.mark.parametrize("lacking", ["clearance", "pin"])
def test_nothing_is_sent_without_one(bench: Bench, lacking: str) -> None:
    without = replace(bench, **{lacking: None})
    with pytest.raises(AttributeError):
        without.label(numbers(3))
    assert bench.teacher.asked == []


@pytest.mark.parametrize(
    ("rulings", "said"),
    [
        (
            [replace(ALLOWED, terms="llama-3", verdict=Verdict.FORBIDDEN, reasons=("no", "other"))],
            "parity (teacher) under llama-3 is FORBIDDEN: no; other",
        ),
        (
            [ALLOWED, replace(ALLOWED, model="judge-1", role="judge", verdict=Verdict.UNKNOWN)],
            "judge-1 (judge) under own-model is UNKNOWN: they are our own",
        ),
        ([replace(ALLOWED, expires=date(2026, 2, 28))], "ended on 2026-02-28, under own-model"),
        ([replace(ALLOWED, model="big-2")], "rules on own-model, and on no terms of parity"),
        ([], "rules on nothing, and on no terms of parity"),
    ],
)
def test_the_terms_are_named(bench: Bench, rulings: list[Ruling], said: str) -> None:
    with pytest.raises(NotClearedError) as error:
        replace(bench, clearance=clearance(*rulings)).label(numbers(3))
    assert said in error.value.message
    assert "distilproof clear" in error.value.hint
    assert bench.teacher.asked == []


def test_what_moved_is_named(bench: Bench) -> None:
    moved = replace(MODEL, digest="12" * 32)
    with pytest.raises(TeacherMovedError) as error:
        replace(bench, teacher=Parity(identity=moved)).label(numbers(3))
    assert f"digest of its files {'12' * 32}, pinned {'ab' * 32}" in error.value.message
