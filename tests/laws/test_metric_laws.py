"""What holds of every registered metric on any rows: bounds, no rows, more rows, order, slices."""

from collections.abc import Callable, Iterator, Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import OVERALL, Slice
from distilproof.metrics.gap_growth import gap_growth
from distilproof.metrics.metric import Measured
from distilproof.metrics.registry import METRICS, measure, measure_all, metric_of

CountRows = Callable[..., Cube]
Rows = list[dict[str, object]]

some = settings(max_examples=25, deadline=None, derandomize=True)

CLASSES = st.sampled_from(["no", "no", "yes", "yes", None])
CONFIDENCES = st.none() | st.floats(0.0, 1.0)
ROLES: dict[str, st.SearchStrategy[object]] = {
    "label": CLASSES,
    "teacher": CLASSES,
    "student": CLASSES,
    "student_confidence": CONFIDENCES,
    "teacher_confidence": CONFIDENCES,
    "lang": st.sampled_from(["de", "es"]),
}
WEIGHT = {"weight": st.floats(0.01, 100.0)}
CLUSTER = {"cluster": st.sampled_from(["a", "b", "c", None])}
DESIGNS: tuple[dict[str, st.SearchStrategy[object]], ...] = ({}, WEIGHT, CLUSTER, WEIGHT | CLUSTER)

ANY_ROWS = st.one_of(
    *(st.lists(st.fixed_dictionaries(ROLES | design), max_size=30) for design in DESIGNS)
)
PLAIN_ROWS = st.lists(st.fixed_dictionaries(ROLES), min_size=1, max_size=30)
CONFIDENCE = st.sampled_from([0.5, 0.8, 0.95, 0.999])

LEVELS = tuple(Slice(column="lang", value=value, protected=True) for value in ("de", "es"))
SLICES = (OVERALL, *LEVELS)

DEBIASED = {"student_calibration_error", "teacher_calibration_error", "calibration_lost"}
"""Metrics whose value itself moves with the number of rows: less noise is taken off."""

OF_ROWS = {
    code
    for code in METRICS
    if METRICS[code].family in {"accuracy", "fidelity", "inheritance"}
    or code.endswith(("_brier", "_in_the_large", "_rate", "_value"))
}
"""Metrics that are a mean over rows, so that the means of slices make up the whole."""


def cube_of(count_rows: CountRows, rows: Rows) -> Cube:
    columns = [*(rows[0] if rows else ROLES)]
    return count_rows(pd.DataFrame(rows, columns=columns).astype(object), ["lang"])


def everything(cube: Cube, confidence: float = 0.95) -> dict[tuple[str, str], Estimate]:
    """Estimate every metric the rows can serve, and every gap, on every slice."""
    found = tallies(cube, SLICES)
    estimates = [*measure_all(found, confidence=confidence)]
    other = {LEVELS[0].name: found[LEVELS[1]], LEVELS[1].name: found[LEVELS[0]]}
    for slice_ in LEVELS:
        for rate in ("accuracy", *(f"{r}, yes" for r in RATES if "yes" in cube.classes)):
            code, reference = f"gap_growth[{rate}]", other[slice_.name]
            tally = found[slice_]
            estimates.append(measure(code, tally, reference=reference, confidence=confidence))
    return {(e.metric, e.slice): e for e in estimates}


RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


def raw(tally: SliceTally, other: SliceTally, confidence: float) -> Iterator[tuple[str, Measured]]:
    """What each metric found before it is kept within its range and around its value."""
    for code, metric in METRICS.items():
        if metric.compute is not None:
            found = [metric.compute(tally, confidence)]
        elif metric.compute_by_class is not None:
            found = [*metric.compute_by_class(tally, confidence)]
        else:
            found = [gap_growth(tally, other, "accuracy", confidence)]
        yield from ((code, measured) for measured in found if measured is not None)


@some
@given(ANY_ROWS, CONFIDENCE)
def test_the_value_lies_between_its_bounds(
    count_rows: CountRows, rows: Rows, confidence: float
) -> None:
    cube = cube_of(count_rows, rows)
    for estimate in everything(cube, confidence).values():
        metric = metric_of(estimate.metric)
        assert metric.low <= estimate.low <= estimate.high <= metric.high
        assert 0 <= estimate.n_eff <= estimate.n * (1 + 1e-9) <= len(rows) * (1 + 1e-9)
        if estimate.value is not None:
            assert estimate.low <= estimate.value <= estimate.high
    found = tallies(cube, SLICES)
    for code, (value, bounds, *_) in raw(found[LEVELS[0]], found[LEVELS[1]], confidence):
        assert bounds.low - 1e-7 <= value <= bounds.high + 1e-7, code


@pytest.mark.parametrize("code", METRICS)
@pytest.mark.parametrize("design", range(len(DESIGNS)))
def test_no_rows_are_no_value_and_the_whole_range(
    count_rows: CountRows, code: str, design: int
) -> None:
    metric = METRICS[code]
    columns = [*ROLES, *DESIGNS[design]]
    row = dict.fromkeys(("label", "teacher", "student"), "no") | {"lang": "de"}
    cube = count_rows(pd.DataFrame([row], columns=columns).astype(object), ["lang"])
    found = tallies(cube, LEVELS)
    ending = "" if metric.compute else "[no]" if metric.compute_by_class else "[accuracy]"
    estimate = measure(
        f"{code}{ending}", found[LEVELS[1]], reference=found[LEVELS[0]], confidence=0.95
    )
    assert estimate.value is None
    assert (estimate.low, estimate.high) == (metric.low, metric.high)
    assert (estimate.n, estimate.n_eff) == (0, 0.0)


@some
@given(ANY_ROWS)
def test_bounds_tighten_as_the_same_rows_come_again(count_rows: CountRows, rows: Rows) -> None:
    """The same rows four and sixteen times over: no bound moves outward.

    In the same clusters they tell nothing new, and the bounds stay. The value of a debiased
    calibration error moves, and its bounds with it: of those the width never grows.
    """
    cube = cube_of(count_rows, rows)
    few = everything(cube)
    four = cube.merge(*[cube] * 3)
    for more in (four, four.merge(*[four] * 3)):
        for key, many in everything(more).items():
            if many.metric in DEBIASED:
                assert many.high - many.low <= few[key].high - few[key].low + 1e-9, key
            else:
                assert few[key].low <= many.low + 1e-9, key
                assert many.high <= few[key].high + 1e-9, key


@some
@given(st.data(), ANY_ROWS)
def test_the_order_of_rows_does_not_matter(
    count_rows: CountRows, data: st.DataObject, rows: Rows
) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert everything(cube_of(count_rows, rows)) == everything(cube_of(count_rows, shuffled))


@some
@given(PLAIN_ROWS)
def test_the_slices_of_a_column_add_up_to_all_rows(count_rows: CountRows, rows: Rows) -> None:
    found = everything(cube_of(count_rows, rows))
    for (code, slice_), whole in found.items():
        if slice_ != "overall":
            continue
        parts = [found[code, level.name] for level in LEVELS]
        if code != "calibration_lost":
            assert sum(part.n for part in parts) == whole.n, code
        if metric_of(code).code in OF_ROWS and whole.value is not None:
            total = sum(part.n * part.value for part in parts if part.value is not None)
            assert total / whole.n == pytest.approx(whole.value, abs=1e-9), code


@some
@given(ANY_ROWS)
def test_where_errors_come_from_is_one_of_five(count_rows: CountRows, rows: Rows) -> None:
    found = everything(cube_of(count_rows, rows))
    five = [code for code in METRICS if METRICS[code].family == "inheritance"]
    assert len(five) == 5
    for slice_ in SLICES:
        values = [found[code, slice_.name].value for code in five if (code, slice_.name) in found]
        known = [value for value in values if value is not None]
        assert not known or sum(known) == pytest.approx(1.0, abs=1e-9)


MIRRORED = {
    "accuracy_difference": "accuracy_difference",
    "calibration_lost": "calibration_lost",
    "gap_growth": "gap_growth",
}
SWAPPED = {"introduced_error": "repaired_error", "repaired_error": "introduced_error"}


@some
@given(ANY_ROWS)
def test_student_and_teacher_are_treated_alike(count_rows: CountRows, rows: Rows) -> None:
    """Whose answers are whose only matters by name: with them swapped, everything is."""
    names = {"student": "teacher", "teacher": "student"}
    names |= {f"{a}_confidence": f"{b}_confidence" for a, b in names.items()}
    swapped = [{names.get(name, name): value for name, value in row.items()} for row in rows]
    ours, theirs = everything(cube_of(count_rows, rows)), everything(cube_of(count_rows, swapped))
    for (code, slice_), estimate in ours.items():
        model, _, rest = code.partition("_")
        other = f"{names[model]}_{rest}" if model in names else SWAPPED.get(code, code)
        if code.startswith("fidelity_teacher"):
            continue
        mirror = theirs.get((other, slice_))
        assert mirror is not None, code
        expected = numbers(mirror, sign=-1 if metric_of(code).code in MIRRORED else 1)
        assert numbers(estimate) == pytest.approx(expected, abs=1e-9), code


def numbers(estimate: Estimate, *, sign: int = 1) -> Mapping[str, float | None]:
    """Value and bounds; seen from the other side where `sign` is -1."""
    low, high = sorted((sign * estimate.low, sign * estimate.high))
    value = None if estimate.value is None else sign * estimate.value
    return {"low": low, "value": value, "high": high, "n": estimate.n, "n_eff": estimate.n_eff}
