"""The terminal's text: the answer first, a line a reason, and no way to break a line."""

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from distilproof.domain.decision import Decision
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status, Waiver
from distilproof.domain.requirement import Requirement
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars
from distilproof.render.text import MOST_WARNINGS, assessment_text, decision_text

Assess = Callable[..., Assessment]

SLICE = "disability=yes & employed=yes"
SAID = (
    "accuracy difference -0.054, lower bound -0.070, must be >= -0.05, n 1,180, 3,400 rows needed"
)
MEASURED = (
    "MEASURED small: accuracy 0.667 [0.135, 0.983] (teacher 0.667), fidelity 0.500, 4 rows, "
    "3 of them labelled, 2 slices; no bar was given"
)

UNASKED = "not asked for, and not granted:"


def finding(status: Status = Status.INSUFFICIENT, **changed: object) -> Finding:
    """Finding on the accuracy difference of one slice."""
    estimate = Estimate(
        metric="accuracy_difference",
        slice=SLICE,
        value=-0.054,
        low=-0.0701,
        high=-0.038,
        n=1180,
        n_eff=1180,
        confidence=0.95,
        method="Tango score",
    )
    requirement = Requirement(
        code="G3-accuracy-margin", metric=estimate.metric, slice=SLICE, at_least=-0.05
    )
    made = Finding(
        code=requirement.code,
        status=status,
        message="",
        requirement=requirement,
        estimate=estimate,
        rows_needed=3400,
    )
    return replace(made, **changed)


def said(*findings: Finding, colour: bool = False) -> list[str]:
    """Lines of a decision made of these findings."""
    decision = Decision(student="30x16", policy_digest="", findings=findings)
    return decision_text(decision, colour=colour).split("\n")


def test_a_line_a_reason_in_full() -> None:
    assert said(finding()) == [
        "CANNOT JUDGE 30x16: 1 of 1 requirement is not proven",
        f"  INSUFFICIENT {SLICE}: {SAID}",
        "next: distilproof explain G3-accuracy-margin",
    ]


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (Status.PASS, "PASS 30x16: the one requirement holds"),
        (Status.WAIVED, "PASS, WAIVED 30x16: 1 of 1 requirement is waived"),
        (Status.INSUFFICIENT, "CANNOT JUDGE 30x16: 1 of 1 requirement is not proven"),
        (Status.STALE, "CANNOT JUDGE 30x16: 1 of 1 requirement rests on old evidence"),
        (Status.MISSING, "CANNOT JUDGE 30x16: the one requirement was not measured"),
        (Status.FAIL, "FAIL 30x16: 1 of 1 requirement is broken"),
        (Status.ERROR, "ERROR 30x16: 1 of 1 requirement could not be computed"),
    ],
)
def test_the_first_line_is_the_answer(status: Status, first: str) -> None:
    assert said(finding(status))[0] == first


def test_the_worst_finding_answers_and_comes_first() -> None:
    lines = said(finding(), finding(Status.FAIL), finding(Status.PASS))
    assert lines[0] == "FAIL 30x16: 1 of 3 requirements is broken, 1 is not proven"
    assert [line.split()[0] for line in lines[1:3]] == ["FAIL", "INSUFFICIENT"]


def test_a_failure_shows_both_bounds() -> None:
    assert "bounds -0.070 to -0.038, must be >= -0.05" in said(finding(Status.FAIL))[1]


def test_more_decimals_where_three_would_hide_the_verdict() -> None:
    close = replace(finding().estimate, value=-0.04, low=-0.05004)
    assert "lower bound -0.05004, must be >= -0.05" in said(finding(estimate=close))[1]


def test_what_no_number_of_rows_settles_is_said() -> None:
    assert said(finding(rows_needed=None))[1].endswith(
        "no affordable number of rows would settle it at this rate"
    )


def test_no_rows_and_effective_rows() -> None:
    none = replace(finding().estimate, value=None, low=-1.0, high=1.0, n=0, n_eff=0)
    assert (
        f"{SLICE}: accuracy difference has no rows, must be >= -0.05"
        in said(finding(estimate=none))[1]
    )
    fewer = replace(finding().estimate, n_eff=640.4)
    assert "n 1,180 (worth 640)" in said(finding(estimate=fewer))[1]


def test_a_waiver_names_who_gave_it() -> None:
    waived = finding(Status.WAIVED, waiver=Waiver(by="ana\x1b[1m", reason="accepted"))
    assert said(waived)[1].endswith(r"waived by ana\x1b[1m")


def test_warnings_are_capped_and_what_binds_is_not() -> None:
    lines = said(*[finding()] * 40, *[finding(binding=False)] * 40)
    assert sum(line.startswith("  INSUFFICIENT") for line in lines) == 40 + MOST_WARNINGS
    assert "warnings, on slices that are not critical:" in lines
    assert "  and 30 more: see the report or --json" in lines


def test_a_warning_does_not_change_the_answer() -> None:
    lines = said(finding(Status.PASS), finding(Status.FAIL, binding=False))
    assert lines[0].startswith("PASS 30x16")
    assert lines[-1] == "next: distilproof init, then distilproof gate, for a decision on release"


def test_what_is_missing_is_grouped_by_check(ordinary: Assessment) -> None:
    lines = decision_text(decide(ordinary)).split("\n")
    start, end = (lines.index(head) for head in ("MISSING, and it blocks:", UNASKED))
    missing = lines[start + 1 : end]
    checks = [line.split()[0] for line in missing if re.match(r"  G\d", line)]
    assert checks == ["G1", "G2", "G4", "G5", "G6"]
    assert "  G1 Terms: no clearance of the terms of large is on record" in missing


def test_without_a_bar_it_says_what_was_measured(assessed: Assess) -> None:
    frame = pd.DataFrame({"label": ["a", "b", "a", None], "lang": list("xxyy")})
    frame = frame.assign(teacher=["a", "b", "b", "a"], student=["a", "a", "a", "a"])
    text = assessment_text(assessed(frame, ("lang",), bars=Bars()))
    assert text.split("\n") == [
        MEASURED,
        "next: add a bar, for example --floor 0.9 or --margin 0.03",
    ]


def test_without_labels_nothing_is_claimed(bare: dict[str, Assessment]) -> None:
    lines = assessment_text(bare["labels"]).split("\n")
    assert lines[0].startswith("CANNOT JUDGE small: ")
    assert any("no row has a label" in line for line in lines)


def test_the_next_command_can_be_given() -> None:
    decision = Decision(student="s", policy_digest="", findings=(finding(),))
    assert decision_text(decision, next_command="look").endswith("\nnext: look")


def test_colour_only_where_asked_and_words_stay(ordinary: Assessment) -> None:
    plain, coloured = (assessment_text(ordinary, colour=colour) for colour in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_hostile_names_cannot_break_a_line(attacked: Assessment) -> None:
    decision = decide(attacked)
    open_ = [f for f in decision.findings if f.requirement]
    failing = [replace(f, status=Status.FAIL, binding=True) for f in open_]
    for text in (
        assessment_text(attacked),
        assessment_text(replace(attacked, findings=())),
        decision_text(decision),
        decision_text(replace(decision, findings=tuple(failing))),
    ):
        lines = text.split("\n")
        assert all(line.isprintable() for line in lines)
        starts = ("  ", "CANNOT", "FAIL", "MEASURED", "MISSING", UNASKED, "warnings", "next: ")
        assert all(line.startswith(starts) for line in lines)


def test_a_long_name_is_not_cut() -> None:
    long = replace(finding().requirement, slice="x" * 300)
    assert "x" * 300 in said(finding(requirement=long))[1]
