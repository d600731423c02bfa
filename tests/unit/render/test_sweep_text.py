"""A sweep in lines and in JSON: the certificate first, then what else there is to know."""

import json
import re
from dataclasses import replace

import pytest

from distilproof.domain.estimate import Estimate
from distilproof.domain.sweep import GoldBaseline
from distilproof.render.certificate import certificate_text
from distilproof.render.outcomes import became, broken_slices, helped, why
from distilproof.render.sweep import MOST_SLICES, gold_lines, sweep_dict, sweep_text
from made_sweep import WEAK, Made, attacked, none_holds, usual


@pytest.fixture(scope="module")
def made() -> Made:
    return usual()


@pytest.fixture(scope="module")
def lines(made: Made) -> list[str]:
    return sweep_text(made.sweep, made.costs).splitlines()


def difference(slice_: str, value: float, low: float, high: float) -> Estimate:
    return Estimate(
        metric="accuracy_difference",
        slice=slice_,
        value=value,
        low=low,
        high=high,
        n=900,
        n_eff=900.0,
        confidence=0.95,
        method="Tango score",
    )


def test_the_certificate_comes_first_and_the_next_command_last(
    made: Made, lines: list[str]
) -> None:
    certified = certificate_text(made.sweep.certificate, made.sweep.student).splitlines()
    assert lines[: len(certified) - 1] == certified[:-1]
    assert lines[0] == (
        "PASS employment-screen: 60x16 is the smallest size that holds every critical slice"
    )
    assert lines[-1] == certified[-1] == "next: distilproof gate"
    told = sweep_text(made.sweep, made.costs, next_command="distilproof gate 60x16")
    assert told.splitlines()[-1] == "next: distilproof gate 60x16"


def test_gold_is_said_with_its_bounds_whichever_way_it_goes(lines: list[str]) -> None:
    at = next(n for n, line in enumerate(lines) if line.startswith("60x16 beside 60x16@gold"))
    assert re.fullmatch(
        r".*, on all rows \+0\.0\d\d \[\+0\.0\d\d, \+0\.0\d\d\], distilling helped", lines[at]
    )
    assert lines[at + 3].startswith(f"  {WEAK}: +0.0")
    worse = GoldBaseline(
        of="60x16",
        name="60x16@gold",
        estimates=(
            difference("overall", -0.001, -0.004, 0.002),
            difference("g=a", -0.03, -0.05, -0.01),
            difference("g=b", 0.0, -0.02, 0.02),
        ),
    )
    first, *rest = gold_lines(worse)
    assert first == (
        "60x16 beside 60x16@gold, which learned from people's labels: accuracy of distilled less "
        "gold, on all rows -0.001 [-0.004, +0.002], not shown either way"
    )
    assert rest == [
        "  g=a: -0.030 [-0.050, -0.010], distilling hurt",
        "  not shown either way on 1 critical slice",
    ]


def test_gold_without_a_student_says_why() -> None:
    failed = GoldBaseline(of="60x16", name="60x16@gold", error="no label of a person\nis there")
    (line,) = gold_lines(failed)
    assert line.endswith("not compared: no label of a person\\nis there")
    (unmeasured,) = gold_lines(GoldBaseline(of="a", name="b"))
    assert unmeasured.endswith("not compared: nothing was measured of both")


def test_the_rest_of_many_slices_is_counted() -> None:
    many = [difference(f"g={at}", 0.03, 0.01, 0.05) for at in range(MOST_SLICES + 2)]
    gold = GoldBaseline(of="a", name="b", estimates=(*many,))
    assert list(gold_lines(gold))[-1] == "  and distilling helped on 2 more: see --json"


def test_a_bound_at_zero_shows_nothing() -> None:
    assert helped(difference("g", 0.01, 0.0, 0.02)) == "not shown either way"
    assert helped(difference("g", -0.01, -0.02, 0.0)) == "not shown either way"
    unknown = replace(difference("g", 0.0, -1.0, 1.0), value=None, n=0, n_eff=0.0)
    assert helped(unknown) == "not known"


def test_sizes_that_are_compared_say_how_sure_they_were(lines: list[str]) -> None:
    at = lines.index("  60x16@hard, from the teacher's answers: all 12 requirements hold")
    assert lines[at - 1] == "compared, and never chosen:"
    before, after, *_ = re.findall(r"[+-]?(\d\.\d{3}) \[", lines[at + 1])
    assert lines[at + 1].startswith("    mean confidence less accuracy +")
    assert re.search(r"\] after beta; calibration error 0\.2\d\d \[.*\] after beta$", lines[at + 1])
    assert float(before) > 0.1
    assert float(after) < 0.03
    gold = next(line for line in lines if line.startswith("  60x16@gold, from people's labels: "))
    assert gold.endswith("2 of 12 requirements are not proven")


def test_slices_that_nobody_declared_come_with_the_line_to_paste(lines: list[str]) -> None:
    at = next(n for n, line in enumerate(lines) if line.startswith("FOUND 60x16: 2 slices"))
    assert lines[at + 1].endswith("confirmed")
    assert lines[at + 5] == (
        '  critical = ["disability=yes", "race=asian", "disability=yes & employed=yes", '
        '"race=asian & disability=yes"]'
    )
    assert sum(line.startswith("next:") for line in lines) == 1


def test_costs_stand_in_columns_and_are_never_one_number(made: Made, lines: list[str]) -> None:
    at = lines.index("costs, as busy as the machine was:")
    head, *rows = lines[at + 1 : at + 2 + len(made.costs)]
    assert re.sub(" +", " ", head) == (
        " size parameters on disk rows/s p50 ms p95 ms threads training CPU s peak memory"
    )
    assert re.sub(" +", " ", rows[0]) == " 200x16 48,750 381 KiB 90,000 1.9 2.6 1 8.3 296 MiB"
    assert [row.split()[0] for row in rows] == list(made.costs)
    assert {len(row) for row in rows} == {len(head)}
    no_student = next(row for row in rows if row.startswith("  30x16 "))
    assert no_student.split()[1:] == ["-", "-", "-", "-", "-", "1", "2.1", "296", "MiB"]


def test_notes_are_said_and_what_is_not_there_is_not(made: Made, lines: list[str]) -> None:
    assert f"note: {made.sweep.notes[0]}" in lines
    bare = replace(made.sweep, gold=None, discovery=None, notes=(), rungs=made.sweep.rungs[:8])
    assert sweep_text(bare, {}) == certificate_text(bare.certificate, bare.student)


def test_what_became_of_every_size(made: Made) -> None:
    sweep = made.sweep
    found = {rung.name: (became(sweep, rung), why(sweep, rung)) for rung in sweep.rungs}
    assert found == {
        "200x16": ("holds", ""),
        "100x16": ("failed", "its process was killed by signal 9"),
        "60x16": ("chosen", ""),
        "30x16": ("not proven", ""),
        "20x8": ("set aside", "hopeless on the rows to select on"),
        "10x8": ("not looked at", "the order ended at 30x16"),
        "linear": ("set aside", "hopeless on the rows to select on"),
        "majority": ("set aside", "hopeless on the rows to select on"),
        "60x16@hard": ("compared", ""),
        "60x16@gold": ("compared", ""),
    }
    lone = none_holds().sweep
    assert [became(lone, rung) for rung in lone.rungs] == ["set aside"]


def test_the_same_in_json(made: Made) -> None:
    value = json.loads(json.dumps(sweep_dict(made.sweep, made.costs), allow_nan=False))
    assert value["schema"] == "distilproof.sweep/1"
    assert (value["chosen"], value["status"], value["exit_code"]) == ("60x16", "PASS", 0)
    assert (value["broke_at"], value["procedure"], value["alpha"]) == (
        "30x16",
        "fixed_sequence",
        0.05,
    )
    rungs = {rung["name"]: rung for rung in value["rungs"]}
    assert list(rungs) == [rung.name for rung in made.sweep.rungs]
    (broke,) = rungs["30x16"]["breaks"]
    assert (broke["slice"], broke["status"], broke["limit"]) == (WEAK, "INSUFFICIENT", -0.05)
    assert broke["short_by"] > 0
    assert broke["rows_needed"] > broke["rows"]
    assert (rungs["30x16"]["outcome"], rungs["30x16"]["judged_on"]) == ("not_passed", "certify")
    assert (rungs["20x8"]["outcome"], rungs["20x8"]["judged_on"]) == ("set_aside", "select")
    bounds = {(e["slice"], e["metric"]): (e["low"], e["high"]) for e in rungs["60x16"]["estimates"]}
    assert {slice_ for slice_, _ in bounds} == set(value["slices"])
    assert bounds[WEAK, "accuracy_difference"][0] > -0.05
    assert rungs["100x16"]["cost"] is None
    assert rungs["60x16"]["cost"]["running"]["p95_ms"] == made.costs["60x16"].running.p95_ms
    hard = rungs["60x16@hard"]
    assert (hard["part"], hard["targets"], hard["outcome"]) == ("compared", "hard", None)
    raw = {one["metric"]: one["value"] for one in hard["recalibration"]["raw"]}
    assert raw["student_calibration_in_the_large"] > 0.1
    assert len(hard["recalibration"]["digest"]) == 64
    assert rungs["60x16"]["recalibration"]["threshold"]["precision"] == 0.9
    assert value["gold"]["estimates"][0]["distilling"] == "helped"
    assert value["discovery"]["paste"][-1].startswith('critical = ["disability=yes"')
    assert value["discovery"]["exit_code"] == 0
    assert value["notes"] == list(made.sweep.notes)


def test_timings_stand_under_cost_alone(made: Made) -> None:
    bare, timed = sweep_dict(made.sweep, {}), sweep_dict(made.sweep, made.costs)
    for rung in (*bare["rungs"], *timed["rungs"]):
        rung.pop("cost")
    assert bare == timed


def test_breaks_are_those_of_the_rows_it_was_judged_on(made: Made) -> None:
    rung = made.sweep.rung("20x8")
    assert rung
    assert rung.judged_on == "select"
    assert broken_slices(rung)[0].status == "FAIL"
    assert all(f.binding for f in broken_slices(rung))


def test_no_name_breaks_a_line_or_colours_one(hostile: tuple[str, ...]) -> None:
    made = attacked(hostile)
    text = sweep_text(made.sweep, made.costs)
    assert re.sub(r"\n", "", text).isprintable()
    assert len(text.splitlines()) == text.count("\n") + 1
    for name in hostile[:4]:
        assert name in text


def test_colour_is_only_for_statuses(made: Made) -> None:
    plain = sweep_text(made.sweep, made.costs)
    coloured = sweep_text(made.sweep, made.costs, colour=True)
    assert "\x1b[" not in plain
    assert coloured.count("\x1b[") > 4
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
