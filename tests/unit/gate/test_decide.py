"""All six checks are asked, what nothing measured blocks, every code is explained."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from distilproof.domain.certificate import Certificate
from distilproof.domain.clearance import Obligation
from distilproof.domain.finding import Status
from distilproof.domain.look import Look
from distilproof.domain.size import SizeOnRecord
from distilproof.domain.slices import OVERALL, Slice
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import CHECKS, decide
from distilproof.gate.explanations import EXPLANATIONS
from distilproof.gate.policy import Bars, Policy, requirements
from distilproof.gate.records import Records

ALL_BARS = Bars(
    accuracy_floor=0.5,
    accuracy_margin=0.1,
    introduced_error_cap=0.2,
    gap_growth_cap=0.2,
    calibration_cap=0.2,
    threshold_precision=0.9,
    coverage_gap_cap=0.2,
)


Perfect = Callable[[Policy], Assessment]


def test_a_perfect_student_is_not_released_while_checks_are_missing(perfect: Perfect) -> None:
    decision = decide(perfect(Policy(bars=ALL_BARS)))
    statuses = {check.code: decision.check(check.code) for check in CHECKS}
    assert statuses == {
        "G1": Status.MISSING,
        "G2": Status.MISSING,
        "G3": Status.PASS,
        "G4": Status.MISSING,
        "G5": Status.MISSING,
        "G6": Status.MISSING,
    }
    assert decision.status is Status.MISSING
    assert decision.exit_code == 3


def test_a_bar_that_nobody_set_is_missing_and_says_its_key(perfect: Perfect) -> None:
    decision = decide(perfect(Policy()))
    missing = {f.code: f.message for f in decision.findings}
    assert "bars.accuracy.floor" in missing["G3-accuracy-floor"]
    assert "bars.calibration.cap" in missing["G4-calibration-cap"]


def test_every_code_that_can_be_found_is_explained_and_no_other(
    perfect: Perfect, owing: Callable[..., Records]
) -> None:
    owed = owing(Obligation(terms="own-model", kind="notice", value="", text="Keep the notice."))
    bare, asked = (perfect(policy) for policy in (Policy(), Policy(bars=ALL_BARS)))
    look = Look(data="d", candidate="c", name="other", at=datetime(2026, 5, 1, tzinfo=UTC))
    swept = Certificate(procedure="fixed_sequence", alpha=0.05, rungs=(), certified_on="")
    size = SizeOnRecord(name="60x16", certificate=swept)
    found = (bare, asked, replace(asked, records=replace(owed, looks=(look,), size=size)))
    emitted = {f.code for assessment in found for f in decide(assessment).findings}
    assert emitted == {one.code for one in EXPLANATIONS}


def test_every_explanation_says_what_to_do() -> None:
    for one in EXPLANATIONS:
        assert all((one.title, one.meaning, one.computed, one.source, one.act))


def test_calibration_is_not_asked_of_a_slice_of_the_label() -> None:
    slices = (OVERALL, Slice(column="g\x1fy", value="a\x1fyes", critical=True))
    asked = requirements(
        Policy(bars=ALL_BARS), slices, label="y", gaps=lambda _: ("gap_growth[accuracy]",)
    )
    of_label = {r.code for r in asked if r.slice == "g=a & y=yes"}
    assert of_label == {"G3-accuracy-floor", "G3-accuracy-margin", "G3-introduced-cap"}
    assert {r.code for r in asked if r.slice == "overall"} >= {"G4-calibration-cap"}


def test_the_policy_digest_moves_with_every_bar() -> None:
    digests = {Policy(bars=Bars(accuracy_floor=f)).digest for f in (0.5, 0.6)}
    digests |= {Policy().digest, Policy(confidence=0.9).digest, Policy(min_rows=1).digest}
    assert len(digests) == 5
