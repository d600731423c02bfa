"""How a group's gap grew: against the rows, by hand, and how often its bounds miss."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.slices import MISSING_LEVEL, OVERALL, Slice
from distilproof.errors import UsageError
from distilproof.metrics.gap_growth import gap_codes, references
from distilproof.metrics.registry import measure, measure_all

CountRows = Callable[..., Cube]
MakeRows = Callable[..., pd.DataFrame]

DE, ES = (Slice(column="lang", value=value, protected=True) for value in ("de", "es"))


EMPTY = tallies(Cube.empty(), [DE, ES])


def rate_of(rows: pd.DataFrame, model: str, quantity: str) -> float:
    rate, _, level = quantity.partition(", ")
    if rate == "accuracy":
        rows = rows[rows.label.notna()]
        level_hit = rows[model] == rows.label
    else:
        if rate == "true_positive_rate":
            rows = rows[rows.label == level]
        if rate == "false_positive_rate":
            rows = rows[rows.label.notna() & (rows.label != level)]
        level_hit = rows[model] == level
    weight = rows["weight"] if "weight" in rows else pd.Series(1.0, index=rows.index)
    return float((weight * level_hit).sum() / weight.sum())


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "quantity",
    ["accuracy", "selection_rate, yes", "true_positive_rate, no", "false_positive_rate, yes"],
)
def test_growth_is_the_difference_of_the_gaps_sizes(
    count_rows: CountRows, make_rows: MakeRows, quantity: str, *, weighted: bool
) -> None:
    frame = make_rows(1, 900, weighted=weighted)
    found = tallies(count_rows(frame, ["lang"]), [DE, ES])
    rows = {level: frame[frame.lang == level] for level in ("de", "es")}
    gaps = {
        model: abs(rate_of(rows["es"], model, quantity) - rate_of(rows["de"], model, quantity))
        for model in ("student", "teacher")
    }
    growth = measure(f"gap_growth[{quantity}]", found[ES], reference=found[DE], confidence=0.95)
    assert growth.value == pytest.approx(gaps["student"] - gaps["teacher"], abs=1e-9)
    assert -1 < growth.low < growth.value < growth.high < 1
    assert growth.n < len(rows["es"]) + 1


def tally_of(found: Slice, both: int, student: int, teacher: int, neither: int) -> SliceTally:
    """Tally of rows that both models, one alone or none gets right."""
    empty = EMPTY[found]
    n = np.array([both, student, teacher, neither], dtype=np.float64)
    student_ok, teacher_ok = np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])
    counted = replace(
        empty.outcomes,
        n=n,
        w=n,
        w2=n,
        student_ok=student_ok,
        teacher_ok=teacher_ok,
        agree=(student_ok == teacher_ok).astype(np.int64),
    )
    return replace(empty, outcomes=counted)


def grown(es: tuple[int, ...], de: tuple[int, ...], confidence: float = 0.95) -> tuple[float, ...]:
    growth = measure(
        "gap_growth[accuracy]",
        tally_of(ES, *es),
        reference=tally_of(DE, *de),
        confidence=confidence,
    )
    return growth.low, growth.value, growth.high


def test_the_sign_of_the_gap_does_not_matter() -> None:
    worse, level = (800, 10, 60, 130), (1900, 10, 10, 80)
    low, value, high = grown(worse, level)
    assert value == pytest.approx(0.05 - 0.0, abs=1e-9)
    assert low > 0.03
    low_swapped, value_swapped, high_swapped = grown(level, worse)
    assert (low_swapped, value_swapped, high_swapped) == pytest.approx((low, value, high))


def test_a_settled_sign_gives_the_bounds_of_the_difference() -> None:
    """Far from zero the growth is plus or minus the difference of the gaps."""
    es, de = (500, 10, 40, 450), (1900, 20, 20, 60)
    low, value, high = grown(es, de)
    assert value == pytest.approx(0.03)
    assert low < value < high
    assert high - low < 0.04


def test_an_unsettled_sign_gives_bounds_that_hold_for_either() -> None:
    """A student level with the reference may hide a gap of either sign."""
    es, de = (40, 4, 4, 2), (400, 40, 40, 20)
    low, value, high = grown(es, de)
    assert value == pytest.approx(0.0)
    assert high == pytest.approx(-low)


SIGNS = [
    pytest.param(0.85, 0.85, 0.85, id="no gaps"),
    pytest.param(0.80, 0.80, 0.85, id="the same gap"),
    pytest.param(0.80, 0.84, 0.85, id="a gap that grows"),
    pytest.param(0.84, 0.80, 0.85, id="a gap that shrinks"),
    pytest.param(0.90, 0.80, 0.85, id="a gap that turns"),
    pytest.param(0.81, 0.89, 0.85, id="a gap that turns and shrinks"),
]


@pytest.mark.parametrize(("student", "teacher", "reference"), SIGNS)
def test_neither_bound_misses_more_often_than_it_may(
    student: float, teacher: float, reference: float
) -> None:
    rows = 1000
    rng = np.random.default_rng([round(1000 * student), round(1000 * teacher)])
    truth = abs(student - reference) - abs(teacher - reference)
    runs = 400
    es = rng.multinomial(rows, joint(student, teacher), size=runs)
    de = rng.multinomial(2 * rows, joint(reference, reference), size=runs)
    bounds = [grown(tuple(e), tuple(d)) for e, d in zip(es.tolist(), de.tolist(), strict=True)]
    for missed in (sum(low > truth for low, _, _ in bounds), sum(hi < truth for *_, hi in bounds)):
        assert binomtest(missed, runs, 0.05, alternative="greater").pvalue > 0.001


def joint(student: float, teacher: float) -> list[float]:
    """Shares of rows that both, the student alone, the teacher alone and neither get right."""
    alone = 0.03
    lost = max(teacher - student, 0.0) + alone
    gained = max(student - teacher, 0.0) + alone
    both = student - gained
    return [both, gained, lost, 1 - both - gained - lost]


def test_no_rows_of_either_group_is_no_evidence() -> None:
    some, none = tally_of(DE, 90, 2, 3, 5), tally_of(ES, 0, 0, 0, 0)
    for group, reference in ((some, none), (none, some), (none, none)):
        growth = measure("gap_growth[accuracy]", group, reference=reference, confidence=0.95)
        assert (growth.value, growth.low, growth.high, growth.n) == (None, -1.0, 1.0, 0)


@pytest.mark.parametrize("quantity", ["accuracy, yes", "ppv, yes", "selection_rate, maybe", ""])
def test_an_unknown_quantity_is_refused(
    count_rows: CountRows, make_rows: MakeRows, quantity: str
) -> None:
    found = tallies(count_rows(make_rows(2, 50), ["lang"]), [DE, ES])
    with pytest.raises(UsageError, match="there is no gap of"):
        measure(f"gap_growth[{quantity}]", found[ES], reference=found[DE], confidence=0.95)


def test_two_classes_are_watched_by_rate_and_many_by_accuracy() -> None:
    assert gap_codes(("no", "yes")) == (
        "gap_growth[accuracy]",
        "gap_growth[selection_rate, yes]",
        "gap_growth[true_positive_rate, no]",
        "gap_growth[true_positive_rate, yes]",
    )
    assert gap_codes(("a", "b", "c")) == gap_codes(()) == ("gap_growth[accuracy]",)


def test_the_reference_is_the_level_with_most_rows() -> None:
    sizes = {"de": 50, "es": 60, "fr": 10, MISSING_LEVEL: 90}
    cells = [Cell("lang", level, True, True, True, n) for level, n in sizes.items()]
    cells += [Cell("tier", "a", True, True, True, 9), Cell("sex", "f", True, True, True, 9)]
    levels = {level: Slice(column="lang", value=level, protected=True) for level in sizes}
    other = Slice(column="tier", value="a")
    only = Slice(column="sex", value="f", protected=True)
    found = references(tallies(Cube.from_cells(cells), [OVERALL, *levels.values(), other, only]))
    assert found == {levels[level]: levels["es"] for level in ("de", "fr", MISSING_LEVEL)}


def test_only_protected_groups_are_compared(count_rows: CountRows, make_rows: MakeRows) -> None:
    cube = count_rows(make_rows(3, 300), ["lang", "tier"])
    plain = [Slice(column="tier", value=value) for value in "ab"]
    found = measure_all(tallies(cube, [OVERALL, *plain, DE, ES]), confidence=0.95)
    gaps = [(e.slice, e.metric) for e in found if e.metric.startswith("gap_growth")]
    assert gaps == [("lang=es", code) for code in gap_codes(("no", "yes"))]


def test_growth_lies_between_its_bounds_for_any_counts() -> None:
    counts = [(0, 0, 0, 5), (5, 0, 0, 0), (0, 5, 0, 0), (0, 0, 5, 0), (1, 2, 3, 4), (40, 1, 9, 0)]
    for es, de in product(counts, counts):
        low, value, high = grown(es, de, confidence=0.5)
        assert -1 <= low <= value <= high <= 1
