"""G4: a recalibrator holds for the table it was made for, a threshold for its recalibrator."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding, Status
from distilproof.domain.recalibration import (
    Recalibration,
    ThresholdSearch,
    Tried,
    TriedThreshold,
)
from distilproof.domain.recalibrator import Recalibrator
from distilproof.domain.threshold import Threshold
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.gate.slicing import Slicing

OURS = Recalibrator(student="small", kind="temperature", parameters=(1.5,))
ANOTHER = replace(OURS, parameters=(2.0,))
TARGET = 0.9
AT = 0.875

Judge = Callable[..., Assessment]


def threshold_of(recalibrator: Recalibrator, **changed: object) -> Threshold:
    said = {"value": AT, "precision": TARGET, "confidence": 0.95, "coverage": 0.6, "accepted": 600}
    return Threshold(recalibrator=recalibrator.digest, **(said | changed))


def search_of(found: Threshold | None, **changed: object) -> ThresholdSearch:
    said = {"precision": TARGET, "confidence": 0.95, "rows": 1000, "found": found}
    return ThresholdSearch(**(said | changed))


def recalibration_of(recalibrator: Recalibrator, **changed: object) -> Recalibration:
    said: dict[str, object] = {
        "recalibrator": recalibrator.digest,
        "kind": recalibrator.kind,
        "tried": (
            Tried(kind="identity", log_loss=0.5, gain=0.0, standard_error=0.0),
            Tried(kind="temperature", log_loss=0.4, gain=0.1, standard_error=0.01),
        ),
        "fitted_on": 1200,
        "chosen_on": 1100,
        "source": "p.parquet",
        "source_digest": "5" * 64,
        "table_digest": "7" * 64,
        "rows": (("fit", 1200), ("select", 1100), ("certify", 3000)),
        "search": search_of(threshold_of(recalibrator)),
    }
    return Recalibration(**(said | changed))


HOLDS = Records(recalibrator=OURS, recalibration=recalibration_of(OURS), applied=OURS.digest)


def judged(records: Records, *, bars: Bars | None = None, slow: int = 0) -> Assessment:
    """Assess 2,000 rows of two groups: sure ones are right 97 times in 100, the others 60.

    Of group b so many more rows than of a are `slow`: below the threshold.
    """
    cells: list[Cell] = []
    groups = {"": ("", 1000, 1000), "a": ("g", 700, 300), "b": ("g", 300 - slow, 700 + slow)}
    for value, (column, sure, unsure) in groups.items():
        for confidence, n, right in ((0.97, sure, 0.97), (0.6, unsure, 0.6)):
            hits = round(n * right)
            for count, ok in ((hits, True), (n - hits, False)):
                cells += [Cell(column, value, ok, True, ok, count, confidence)] if count else []
    origin = Origin(
        student="small",
        teacher="large",
        source="p.parquet",
        rows=2000,
        labelled_rows=2000,
        roles=Roles(label="y", teacher="t", student="s", student_confidence="p"),
        layout=Layout(columns=("g",)),
    )
    policy = Policy(bars=bars or Bars(threshold_precision=TARGET, calibration_cap=0.1))
    return assess(Cube.from_cells(cells), origin, Slicing(protected=("g",)), policy, records)


def found(decision: Decision, code: str) -> tuple[Finding, ...]:
    return tuple(f for f in decision.findings if f.code == code)


def only(records: Records, code: str, bars: Bars | None = None) -> Finding:
    (one,) = found(decide(judged(records, bars=bars)), code)
    return one


class TestRecalibrator:
    def test_never_tried_is_missing(self) -> None:
        one = only(NO_RECORDS, "G4-recalibration")
        assert (one.status, one.binding) == (Status.MISSING, True)
        assert "distilproof recalibrate" in one.message

    def test_what_was_chosen_passes_with_its_rows(self) -> None:
        one = only(HOLDS, "G4-recalibration")
        assert one.status is Status.PASS
        assert one.message == (
            f"temperature {OURS.digest[:12]}, fitted to 1,200 rows and chosen on 1,100 others"
        )

    def test_identity_kept_passes_and_says_why(self) -> None:
        plain = Recalibrator(student="small", kind="identity")
        kept = replace(
            HOLDS,
            recalibrator=plain,
            recalibration=recalibration_of(plain),
            applied=plain.digest,
        )
        assert only(kept, "G4-recalibration").message.endswith(
            "of the kinds fitted to 1,200 rows none was shown to be better on 1,100 others"
        )
        nothing = (Tried(kind="identity"), Tried(kind="platt", why_not="fewer than 10 wrong rows"))
        few = replace(kept, recalibration=recalibration_of(plain, tried=nothing))
        assert only(few, "G4-recalibration").message == (
            "the confidence is left as it is: no kind could be compared, fewer than 10 wrong rows"
        )

    @pytest.mark.parametrize(
        ("records", "said"),
        [
            (replace(HOLDS, recalibrator=ANOTHER), "and the recalibrator on record is"),
            (replace(HOLDS, applied=ANOTHER.digest), f"recalibrated by {ANOTHER.digest[:12]}"),
            (replace(HOLDS, applied=""), "recalibrated by none"),
            (Records(applied=OURS.digest), "the recalibrator on record is none"),
            (replace(HOLDS, void="the predictions changed"), "the predictions changed"),
            (
                replace(HOLDS, recalibration=recalibration_of(ANOTHER)),
                f"{ANOTHER.digest[:12]} was fitted and chosen",
            ),
        ],
    )
    def test_another_one_is_stale(self, records: Records, said: str) -> None:
        one = only(records, "G4-recalibration")
        assert (one.status, one.binding) == (Status.STALE, True)
        assert said in one.message
        assert decide(judged(records)).exit_code == 3


class TestThreshold:
    def test_it_is_judged_on_every_slice_by_bound(self) -> None:
        of = {f.requirement.slice: f for f in found(decide(judged(HOLDS)), "G4-threshold")}
        assert {name: f.status for name, f in of.items()} == {
            "overall": Status.PASS,
            "g=a": Status.PASS,
            "g=b": Status.PASS,
        }
        assert of["g=b"].estimate.value == pytest.approx(291 / 300)
        assert of["g=b"].estimate.n == 300
        assert of["g=b"].requirement.at_least == TARGET

    def test_a_slice_with_few_accepted_rows_says_how_many_it_needs(self) -> None:
        few = found(decide(judged(HOLDS, slow=280)), "G4-threshold")
        (slow,) = (f for f in few if f.requirement.slice == "g=b")
        assert slow.status is Status.INSUFFICIENT
        assert slow.rows_needed is not None
        assert slow.rows_needed > 1000

    def test_rows_are_those_for_what_is_asked_and_not_for_what_was_learned(self) -> None:
        stricter = search_of(threshold_of(OURS, precision=0.99), precision=0.99)
        learned = replace(HOLDS, recalibration=recalibration_of(OURS, search=stricter))
        needed = [
            f.rows_needed
            for records in (HOLDS, learned)
            for f in found(decide(judged(records, slow=280)), "G4-threshold")
            if f.requirement.slice == "g=b"
        ]
        assert needed[0] == needed[1] > 1000

    @pytest.mark.parametrize(
        "records",
        [
            replace(HOLDS, recalibrator=ANOTHER),
            replace(HOLDS, recalibrator=ANOTHER, applied=ANOTHER.digest),
            replace(
                HOLDS,
                recalibrator=ANOTHER,
                applied=ANOTHER.digest,
                recalibration=recalibration_of(ANOTHER, search=search_of(threshold_of(OURS))),
            ),
            replace(HOLDS, void="the predictions changed"),
        ],
    )
    def test_another_recalibrator_voids_it(self, records: Records) -> None:
        one = only(records, "G4-threshold")
        assert (one.status, one.binding, one.requirement) == (Status.STALE, True, None)
        assert "distilproof recalibrate" in one.message
        assert records.threshold is None

    def test_asked_for_and_never_learned_is_missing(self) -> None:
        assert only(NO_RECORDS, "G4-threshold").status is Status.MISSING
        without = replace(HOLDS, recalibration=recalibration_of(OURS, search=None))
        one = only(without, "G4-threshold")
        assert (one.status, one.binding) == (Status.MISSING, True)

    def test_none_certified_names_the_rows(self) -> None:
        none = recalibration_of(OURS, search=search_of(None, rows_needed=4000))
        one = only(replace(HOLDS, recalibration=none), "G4-threshold")
        assert (one.status, one.rows_needed) == (Status.INSUFFICIENT, 4000)
        assert "to be tested, which takes 4,000 at least" in one.message
        seen = TriedThreshold(
            value=0.9, coverage=0.3, accepted=200, precision=0.92, p_value=0.2, passed=False
        )
        tried = search_of(None, rows_needed=4000, tested=(seen,))
        said = only(replace(HOLDS, recalibration=recalibration_of(OURS, search=tried)), one.code)
        assert (
            "of the 200 that the strictest accepts 0.920 are right, and about 4,000" in said.message
        )
        never = search_of(None, tested=(replace(seen, precision=0.6),))
        said = only(replace(HOLDS, recalibration=recalibration_of(OURS, search=never)), one.code)
        assert "accepts 0.600 are right, and more would hardly mend that" in said.message
        assert (said.status, said.rows_needed) == (Status.INSUFFICIENT, None)

    def test_not_asked_for_is_said_and_blocks_nobody(self) -> None:
        one = only(HOLDS, "G4-threshold", Bars(calibration_cap=0.1))
        assert (one.status, one.binding) == (Status.MISSING, False)
        assert "no answer may be accepted for its confidence alone" in one.message
        assert decide(judged(HOLDS, bars=Bars(calibration_cap=0.1))).check("G4") is Status.PASS

    @pytest.mark.parametrize(
        ("asked", "search"),
        [
            (Bars(threshold_precision=0.95), search_of(threshold_of(OURS))),
            (Bars(threshold_precision=TARGET), search_of(threshold_of(OURS), confidence=0.9)),
            (Bars(threshold_precision=TARGET), search_of(None, precision=0.99)),
        ],
    )
    def test_another_promise_than_the_one_asked_for_is_stale(
        self, asked: Bars, search: ThresholdSearch
    ) -> None:
        other = replace(HOLDS, recalibration=recalibration_of(OURS, search=search))
        assert only(other, "G4-threshold", asked).status is Status.STALE

    def test_a_stricter_promise_than_asked_for_will_do(self) -> None:
        stricter = search_of(threshold_of(OURS, precision=0.95), precision=0.95)
        records = replace(HOLDS, recalibration=recalibration_of(OURS, search=stricter))
        statuses = {f.status for f in found(decide(judged(records)), "G4-threshold")}
        assert statuses == {Status.PASS}


class TestCoverage:
    def test_coverage_by_slice_is_measured(self) -> None:
        assessment = judged(HOLDS)
        seen = {s: assessment.estimate("coverage_at_threshold", s) for s in ("g=a", "g=b")}
        assert {name: e and e.value for name, e in seen.items()} == {"g=a": 0.7, "g=b": 0.3}
        assert judged(NO_RECORDS).estimate("coverage_at_threshold", "g=a") is None

    def test_a_wide_gap_warns_where_nobody_asked(self) -> None:
        one = only(HOLDS, "G4-coverage-gap")
        assert (one.status, one.binding) == (Status.FAIL, False)
        assert abs(one.estimate.value) == pytest.approx(0.4)

    def test_and_binds_where_somebody_did(self) -> None:
        bars = Bars(threshold_precision=TARGET, coverage_gap_cap=0.2)
        one = only(HOLDS, "G4-coverage-gap", bars)
        assert (one.status, one.binding) == (Status.FAIL, True)
        lax = Bars(threshold_precision=TARGET, coverage_gap_cap=0.5)
        assert only(HOLDS, "G4-coverage-gap", lax).status is Status.PASS

    def test_a_gap_near_its_cap_says_the_rows(self) -> None:
        near = Bars(threshold_precision=TARGET, coverage_gap_cap=0.42)
        one = only(HOLDS, "G4-coverage-gap", near)
        assert one.status is Status.INSUFFICIENT
        assert one.rows_needed > 1000

    def test_asked_for_without_a_threshold_it_is_missing(self) -> None:
        one = only(NO_RECORDS, "G4-coverage-gap", Bars(coverage_gap_cap=0.2))
        assert (one.status, one.binding) == (Status.MISSING, True)
