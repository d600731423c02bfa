"""A recalibrator is checked data with a digest; a threshold means nothing without its own."""

import json
from dataclasses import asdict, replace
from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter

from distilproof.domain import recalibrator as nouns
from distilproof.domain.recalibrator import Recalibrator, identity
from distilproof.domain.threshold import Threshold
from distilproof.errors import UsageError
from distilproof.stats import recalibration
from distilproof.stats.outcomes import outcomes_of_classes, outcomes_of_rows
from distilproof.stats.recalibration import Kind
from distilproof.stats.recalibration_fit import fit

GOOD: list[tuple[Kind, tuple[float, ...], tuple[str, ...]]] = [
    ("identity", (), ()),
    ("temperature", (1.5,), ()),
    ("platt", (0.8, -0.3), ()),
    ("beta", (0.0, 1.2, 0.1), ()),
    ("isotonic", (0.2, 0.6, 0.1, 0.1), ()),
    ("vector", (1.0, 0.8, 0.1, -0.1), ("no", "yes")),
]

BAD: list[tuple[Kind, tuple[float, ...], tuple[str, ...]]] = [
    ("identity", (1.0,), ()),
    ("temperature", (), ()),
    ("temperature", (0.0,), ()),
    ("temperature", (-1.0,), ()),
    ("temperature", (float("nan"),), ()),
    ("platt", (-0.1, 0.0), ()),
    ("platt", (1.0, float("inf")), ()),
    ("beta", (1.0, -0.1, 0.0), ()),
    ("isotonic", (), ()),
    ("isotonic", (0.2, 0.6, 0.1), ()),
    ("isotonic", (0.6, 0.2, 0.1, 0.2), ()),
    ("isotonic", (0.2, 0.6, 0.2, 0.1), ()),
    ("isotonic", (0.2, 0.6, 0.2, 1.1), ()),
    ("vector", (1.0, 0.8, 0.1, -0.1), ()),
    ("vector", (1.0, 0.8, 0.1), ("no", "yes")),
    ("vector", (1.0, -0.8, 0.1, -0.1), ("no", "yes")),
    ("platt", (0.8, -0.3), ("no", "yes")),
]


@pytest.mark.parametrize(("kind", "parameters", "classes"), GOOD)
def test_it_survives_json_to_the_digest(
    kind: Kind, parameters: tuple[float, ...], classes: tuple[str, ...]
) -> None:
    one = Recalibrator(student="s", kind=kind, parameters=parameters, classes=classes)
    read = TypeAdapter(Recalibrator).validate_json(json.dumps(asdict(one)))
    assert read == one
    assert read.digest == one.digest


@pytest.mark.parametrize(("kind", "parameters", "classes"), BAD)
def test_what_is_no_rising_curve_is_refused(
    kind: Kind, parameters: tuple[float, ...], classes: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"no parameters of|has classes"):
        Recalibrator(student="s", kind=kind, parameters=parameters, classes=classes)


def test_all_that_is_fitted_is_one() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=3000)
    rows = outcomes_of_rows(confidence, rng.random(3000) < 0.3 + 0.5 * confidence**2)
    for kind in ("identity", "temperature", "platt", "beta", "isotonic"):
        assert Recalibrator(student="s", kind=kind, parameters=fit(kind, rows)).kind == kind
    p = rng.dirichlet(np.ones(3), size=600)
    rows = outcomes_of_classes(p, p.argmax(axis=1), rng.integers(0, 3, 600))
    classes = ("a", "b", "c")
    found = Recalibrator(
        student="s", kind="vector", parameters=fit("vector", rows), classes=classes
    )
    assert len(found.parameters) == 6


def test_the_kinds_are_those_that_can_be_applied() -> None:
    assert get_args(nouns.Kind) == recalibration.KINDS


def test_every_change_changes_the_digest() -> None:
    one = Recalibrator(student="s", kind="platt", parameters=(0.8, -0.3))
    others = [
        replace(one, student="t"),
        replace(one, parameters=(0.8, -0.3000001)),
        identity("s"),
        identity("t"),
    ]
    assert len({other.digest for other in (one, *others)}) == 5


def certified(recalibrator: Recalibrator) -> Threshold:
    return Threshold(
        value=0.9,
        recalibrator=recalibrator.digest,
        precision=0.95,
        confidence=0.95,
        coverage=0.4,
        accepted=400,
    )


def test_a_threshold_serves_its_own_recalibrator_only() -> None:
    own = Recalibrator(student="s", kind="platt", parameters=(0.8, -0.3))
    threshold = certified(own)
    assert threshold.under(own) == 0.9
    assert threshold.holds_for(replace(own))
    for other in (identity("s"), replace(own, student="s-int8")):
        assert not threshold.holds_for(other)
        with pytest.raises(UsageError, match="is void") as caught:
            threshold.under(other)
        assert own.digest[:12] in caught.value.message
        assert other.digest[:12] in caught.value.message
        assert "Certify a threshold again" in caught.value.hint


@pytest.mark.parametrize(("value", "precision"), [(1.2, 0.95), (0.9, 1.0), (float("nan"), 0.9)])
def test_a_threshold_of_no_confidence_is_refused(value: float, precision: float) -> None:
    with pytest.raises(ValueError, match="no threshold of a confidence"):
        replace(certified(identity("s")), value=value, precision=precision)
