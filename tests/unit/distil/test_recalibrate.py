"""A recalibrator is chosen as the statistics say, applied by numbers alone, and keeps answers."""

import numpy as np
import pytest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.distil.recalibrate import (
    UNKNOWN_CLASS,
    class_order,
    fit_recalibrator,
    raw_confidence,
    recalibrated_confidence,
    search_threshold,
)
from distilproof.domain.recalibrator import Recalibrator, identity
from distilproof.domain.slices import OVERALL
from distilproof.stats.outcomes import Outcomes, outcomes_of_classes, outcomes_of_rows
from distilproof.stats.recalibration import KINDS

CONFIDENCE = np.array([0.2, 0.75, 0.99, np.nan])


def outcomes(n: int, *, seed: int, steep: float) -> Outcomes:
    rng = np.random.default_rng(seed)
    odds = rng.normal(1.0, 1.2, n)
    right = rng.random(n) < 1 / (1 + np.exp(-odds))
    return outcomes_of_rows(1 / (1 + np.exp(-steep * odds)), right)


def tally_of(cells: list[Cell]) -> SliceTally:
    return tallies(Cube.from_cells(cells), [OVERALL])[OVERALL]


class TestChoosing:
    def test_every_kind_is_tried_and_says_why_not(self) -> None:
        found = fit_recalibrator(
            outcomes(800, seed=1, steep=2.0), outcomes(700, seed=2, steep=2.0), student="s"
        )
        assert [one.kind for one in found.tried] == [*KINDS]
        why = {one.kind: one.why_not for one in found.tried if one.why_not}
        assert why == {"isotonic": "fewer than 1000 rows", "vector": "no class probabilities"}
        assert (found.fitted_on, found.chosen_on) == (800, 700)
        assert found.recalibrator.student == "s"
        assert found.recalibrator.kind in {"temperature", "platt", "beta"}
        best = min((t for t in found.tried if t.log_loss), key=lambda t: t.log_loss or 0.0)
        assert best.kind == found.recalibrator.kind

    def test_identity_stays_where_it_would_be_made_worse(self) -> None:
        found = fit_recalibrator(
            outcomes(300, seed=3, steep=3.0), outcomes(3000, seed=4, steep=1.0), student="s"
        )
        assert found.recalibrator == identity("s")
        assert all((one.gain or 0.0) <= 0.0 for one in found.tried)

    def test_only_vector_carries_classes(self) -> None:
        rng = np.random.default_rng(0)
        p = rng.dirichlet([1, 1, 1], 2000)
        label = np.array([rng.choice(3, p=one) for one in p])
        shifted = p * [1.0, 1.0, 0.2]
        shifted /= shifted.sum(axis=1, keepdims=True)
        rows = outcomes_of_classes(shifted, shifted.argmax(axis=1), label)
        found = fit_recalibrator(rows, rows, student="s", classes=("a", "b", "c"))
        assert found.recalibrator.kind == "vector"
        assert found.recalibrator.classes == ("a", "b", "c")
        without = fit_recalibrator(rows, rows, student="s", classes=(), kinds=["temperature"])
        assert without.recalibrator.classes == ()


class TestApplying:
    @pytest.mark.parametrize(
        ("kind", "parameters", "expected"),
        [
            ("identity", (), [0.2, 0.75, 0.99]),
            ("temperature", (2.0,), [1 / 3, 0.6339746, 0.9086748]),
            ("platt", (1.0, 0.0), [0.2, 0.75, 0.99]),
            ("isotonic", (0.0, 0.5, 1.0, 0.1, 0.1, 0.9), [0.1, 0.5, 0.884]),
        ],
    )
    def test_it_is_a_curve(
        self, kind: str, parameters: tuple[float, ...], expected: list[float]
    ) -> None:
        curve = Recalibrator(student="s", kind=kind, parameters=parameters)
        found = recalibrated_confidence(curve, CONFIDENCE)
        assert found[:3] == pytest.approx(expected, abs=1e-6)
        assert np.isnan(found[3]), "no confidence stays none"

    def test_all_classes_are_needed_for_vector(self) -> None:
        vector = Recalibrator(
            student="s", kind="vector", parameters=(1.0, 1.0, 0.0, 1.0), classes=("a", "b")
        )
        p = np.array([[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]])
        found = recalibrated_confidence(
            vector,
            np.array([0.9, 0.5, np.nan]),
            probabilities=p,
            answer=np.array([0, UNKNOWN_CLASS, 1]),
        )
        assert found[0] == pytest.approx(0.9 / (0.9 + 0.1 * np.e))
        assert np.isnan(found[1:]).all()
        with pytest.raises(ValueError, match="probabilities of all classes"):
            recalibrated_confidence(vector, CONFIDENCE)


class TestClassOrder:
    def test_rows_without_an_answer_or_a_largest_tell_nothing(self) -> None:
        p = np.array([[0.8, 0.2], [0.1, 0.9], [0.5, 0.5], [0.9, 0.1]])
        assert class_order(p, ["b", "a", "x", None]) == ("b", "a")

    @pytest.mark.parametrize(
        "answers", [["a", "b", "b"], ["a", "a", "a"], [None, "b", None]], ids=str
    )
    def test_what_contradicts_itself_has_none(self, answers: list[str | None]) -> None:
        p = np.array([[0.8, 0.2], [0.1, 0.9], [0.7, 0.3]])
        assert class_order(p, answers) is None


class TestThreshold:
    def test_the_search_is_told_in_plain_values(self) -> None:
        sure, unsure = (0.97, 1000, 0.99), (0.6, 1000, 0.6)
        cells = [
            Cell("", "", ok, True, ok, round(n * (share if ok else 1 - share)), confidence)
            for confidence, n, share in (sure, unsure)
            for ok in (True, False)
        ]
        plain = identity("s")
        found = search_threshold(tally_of(cells), plain, precision=0.9, confidence=0.95)
        assert found.found is not None
        assert found.found.holds_for(plain)
        assert (found.rows, found.found.accepted, found.found.coverage) == (2000, 1000, 0.5)
        assert [one.passed for one in found.tested] == [True, False]
        assert found.found.value == found.tested[0].value
        none = search_threshold(tally_of(cells[2:]), plain, precision=0.9, confidence=0.95)
        assert none.found is None
        assert not none.tested[0].passed


class TestRaw:
    def test_the_picture_is_of_the_rows_with_a_confidence(self) -> None:
        cells = [Cell("", "", ok, True, ok, 500, 0.9) for ok in (True, False)]
        found = raw_confidence(tally_of(cells), confidence=0.95)
        assert found is not None
        assert sum(point.n for point in found.points) == sum(found.rows) == 1000
        error, large = found.estimates
        assert error.value == pytest.approx(0.4, abs=0.01)
        assert large.value == pytest.approx(0.4, abs=0.01)
        assert raw_confidence(tally_of([]), confidence=0.95) is None
