"""The pictures of a ladder show what was measured: where it breaks, what was never certified."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest

from distilproof.domain.finding import Status
from distilproof.domain.sweep import GoldBaseline, Sweep, SweptRung
from distilproof.render.drawing import LETTER
from distilproof.render.figures.ladder import Panel, ladder_figures
from distilproof.render.figures.ladder_calibration import calibration_figures
from distilproof.render.figures.ladder_cost import bytes_scale, cost_figure, weakest_of
from distilproof.render.figures.ladder_gold import gold_figure
from distilproof.render.ladder.steps import steps_of, telling_slices
from distilproof.render.outcomes import CALIBRATION_ERROR, IN_THE_LARGE
from made_sweep import WEAK, Made, none_holds, usual

DIFFERENCE = "Accuracy, student minus teacher"
MINUS = "\u2212"


@pytest.fixture(scope="module")
def made() -> Made:
    return usual()


def panels_of(sweep: Sweep, title: str = DIFFERENCE) -> dict[str, Panel]:
    group = next(g for g in ladder_figures(sweep, sweep.slices) if g.title == title)
    return {panel.slice: panel for panel in group.panels}


def drawn_as(svg: str) -> ET.Element:
    """Root of a picture, which we drew ourselves."""
    return ET.fromstring(svg)  # noqa: S314


def words(svg: str) -> list[tuple[str, float, float]]:
    """Every word of a picture, and where it stands."""
    texts = drawn_as(svg).iter("text")
    return [(t.text or "", float(t.get("x", "0")), float(t.get("y", "0"))) for t in texts]


def changed(sweep: Sweep, of: str, **values: object) -> Sweep:
    rungs = tuple(replace(r, **values) if r.name == of else r for r in sweep.rungs)
    return replace(sweep, rungs=rungs)


def rung_of(sweep: Sweep, name: str) -> SweptRung:
    found = sweep.rung(name)
    assert found
    return found


def test_a_panel_names_the_step_where_it_breaks_and_marks_it(made: Made) -> None:
    panels = panels_of(made.sweep)
    assert list(panels) == list(made.sweep.slices)
    assert (panels[WEAK].breaks_at, panels[WEAK].status) == ("30x16", Status.INSUFFICIENT)
    assert panels[WEAK].said == "no longer proven"
    assert 'fill="var(--hair)"' in panels[WEAK].svg
    assert panels["overall"].breaks_at == ""
    assert panels["overall"].said == "holds wherever it was looked at"
    assert 'fill="var(--hair)"' not in panels["overall"].svg


def test_a_size_that_was_never_certified_is_hollow(made: Made) -> None:
    sweep = made.sweep
    rings = {name: panel.svg.count("var(--paper)") for name, panel in panels_of(sweep).items()}
    assert rings["race=asian"] > 0
    certified = tuple(
        replace(rung, judged_on="certify") if rung.judged_on == "select" else rung
        for rung in sweep.rungs
    )
    filled = panels_of(replace(sweep, rungs=certified))
    assert all("var(--paper)" not in panel.svg for panel in filled.values())


def test_what_lies_beyond_the_picture_stands_at_its_edge(made: Made) -> None:
    drawn = [text for text, _, _ in words(panels_of(made.sweep)[WEAK].svg)]
    assert f"\u2190 {MINUS}0.58" in drawn
    introduced = panels_of(made.sweep, "Errors that the student introduced")[WEAK]
    assert "0.74 \u2192" in [text for text, _, _ in words(introduced.svg)]


def test_every_size_has_a_row_and_a_missing_student_is_said(made: Made) -> None:
    drawn = [text for text, _, _ in words(panels_of(made.sweep)["overall"].svg)]
    in_order = ["200x16", "100x16", "60x16", "30x16", "20x8", "10x8", "linear", "majority"]
    assert [text for text in drawn if text in in_order and text != "60x16"] == [
        name for name in in_order if name != "60x16"
    ]
    assert drawn.count("no student") == 1
    assert "60x16@hard" not in drawn
    unmeasured = changed(made.sweep, "10x8", estimates=())
    assert "not measured" in [t for t, _, _ in words(panels_of(unmeasured)["overall"].svg)]


def test_only_the_chosen_size_is_bold(made: Made) -> None:
    root = drawn_as(panels_of(made.sweep)["overall"].svg)
    bold = [g for g in root.iter("g") if g.get("font-weight") == "bold"]
    assert [t.text for g in bold for t in g.iter("text")] == ["60x16"]


def test_metrics_without_a_bar_are_left_out(made: Made) -> None:
    titles = [group.title for group in ladder_figures(made.sweep, made.sweep.slices)]
    assert titles == [DIFFERENCE, "Errors that the student introduced", "Accuracy"]
    only = tuple(
        replace(r, findings=tuple(f for f in r.findings if f.code == "G3-introduced-cap"))
        for r in made.sweep.rungs
    )
    unasked = replace(made.sweep, rungs=only)
    groups = ladder_figures(unasked, made.sweep.slices)
    assert [group.title for group in groups] == titles[:2]
    assert {panel.said for panel in groups[0].panels} == {"no limit is set"}
    nothing = tuple(replace(r, estimates=()) for r in made.sweep.rungs)
    assert ladder_figures(replace(made.sweep, rungs=nothing), made.sweep.slices) == ()


def test_names_of_ticks_have_room_whatever_the_names_of_sizes(made: Made) -> None:
    long = changed(made.sweep, "20x8", name="a-name-that-fills-the-gutter@int8")
    for sweep in (made.sweep, long):
        for panel in panels_of(sweep).values():
            found = words(panel.svg)
            lowest = max(y for _, _, y in found)
            ticks = sorted((x, text) for text, x, y in found if y == lowest)
            assert len(ticks) >= 2
            for (x, text), (after, other) in pairwise(ticks):
                assert (after - x) > (len(text) + len(other)) * LETTER / 2


def test_where_nothing_was_certified_a_panel_says_so() -> None:
    (panel, *_) = panels_of(none_holds().sweep).values()
    assert panel.breaks_at == ""
    assert panel.said == "no size was looked at to certify"


def test_the_most_telling_slices_are_kept_longest(made: Made) -> None:
    assert telling_slices(made.sweep, 2) == ("overall", WEAK)
    assert telling_slices(made.sweep, 9) == ("overall", WEAK, "disability=yes", "race=asian")


def test_the_weakest_slice_is_that_nearest_its_own_limit(made: Made) -> None:
    found = weakest_of(made.sweep, rung_of(made.sweep, "30x16"))
    assert found
    assert (found.estimate.slice, found.limit) == (WEAK, -0.05)
    chosen = weakest_of(made.sweep, rung_of(made.sweep, "60x16"))
    assert chosen
    # On the slice on the label it loses more, and may: its limit is further away.
    assert (chosen.estimate.slice, chosen.limit) == ("disability=yes", -0.04)
    assert weakest_of(made.sweep, rung_of(made.sweep, "100x16")) is None
    alone = replace(made.sweep, slices=("overall",))
    overall = weakest_of(alone, rung_of(alone, "60x16"))
    assert overall
    assert overall.estimate.slice == "overall"


def test_size_against_cost_names_each_size_once_and_apart(made: Made) -> None:
    svg = cost_figure(made.sweep, made.costs)
    found = words(svg)
    names = {"200x16", "60x16", "20x8", "10x8", "linear"}
    drawn = [(text, x, y) for text, x, y in found if text in names]
    assert sorted(text for text, _, _ in drawn) == sorted(names)
    for at, (one, x, y) in enumerate(drawn):
        for other, x2, y2 in drawn[at + 1 :]:
            apart = abs(x - x2) >= (len(one) + len(other)) * LETTER / 2 or abs(y - y2) >= 11
            assert apart, (one, other)
    assert "100 KiB" in [text for text, _, _ in found]
    assert "60x16@hard" not in svg
    label = drawn_as(svg).get("aria-label") or ""
    assert "60x16: 149 KiB, -0.007 on disability=yes" in label


def test_without_two_sizes_there_is_nothing_to_compare(made: Made) -> None:
    assert cost_figure(made.sweep, {}) == ""
    assert cost_figure(made.sweep, {"60x16": made.costs["60x16"]}) == ""


@pytest.mark.parametrize("sizes", [(900, 1_100), (5_000, 390_000), (800, 7_000_000_000)])
def test_bytes_have_round_ticks_within_their_scale(sizes: tuple[int, int]) -> None:
    scale = bytes_scale(sizes)
    assert 1 <= len(scale.ticks) <= 6
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks)
    assert all(re.fullmatch(r"[125]0{0,2} (B|KiB|MiB|GiB)", label) for label in scale.labels)


def test_targets_are_told_apart_by_shape(made: Made) -> None:
    figures = calibration_figures(made.sweep, cap=0.03)
    assert list(figures) == [IN_THE_LARGE, CALIBRATION_ERROR]
    root = drawn_as(figures[IN_THE_LARGE])
    inked = [e for e in root.iter() if "var(--student)" in (e.get("fill"), e.get("stroke"))]
    # Discs of soft targets are dots of a round pen, the square of hard ones a path, and the diamond
    # of gold stands in a group.
    assert [(e.tag, e.get("stroke-linecap")) for e in inked] == [
        ("path", "round"),
        ("path", None),
        ("g", None),
    ]
    label = root.get("aria-label") or ""
    assert re.search(r"60x16@hard \+0\.1\d\d to [+-]?0\.0\d\d", label)
    assert "20x8" not in label
    unsure = replace(made.sweep, rungs=tuple(replace(r, raw=None) for r in made.sweep.rungs))
    assert calibration_figures(unsure) == {}


def test_gold_is_drawn_by_slice_or_not_at_all(made: Made) -> None:
    assert made.sweep.gold
    label = drawn_as(gold_figure(made.sweep.gold)).get("aria-label") or ""
    assert label.startswith("Accuracy of 60x16 less that of 60x16@gold. overall +0.014, helped")
    assert gold_figure(GoldBaseline(of="a", name="b", error="no labels")) == ""


def test_a_level_that_was_split_is_said_at_its_step(made: Made) -> None:
    split = tuple(replace(rung, level=rung.level / 4) for rung in made.sweep.certificate.rungs)
    certificate = replace(made.sweep.certificate, procedure="fallback", rungs=split)
    steps = steps_of(replace(made.sweep, certificate=certificate), {})
    levels = {step.rung.name: step.level for step in steps}
    assert levels["60x16"] == 0.0125
    assert levels["10x8"] is None
