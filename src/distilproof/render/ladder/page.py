"""Puts the page of a sweep together: the answer, figures, and the section of the chosen size."""

from collections.abc import Mapping
from dataclasses import replace

from markupsafe import Markup

from distilproof.domain.decision import Decision
from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import RungCost, Sweep
from distilproof.gate.assessment import Assessment
from distilproof.render.certificate import PROCEDURES, answer_words, promise_words
from distilproof.render.discovery import MEASURES, paste
from distilproof.render.drawn import MOST_DRAWN, Panel, figures_of
from distilproof.render.figures.ladder import ladder_figures
from distilproof.render.figures.ladder_calibration import TITLES, calibration_figures
from distilproof.render.figures.ladder_cost import cost_figure
from distilproof.render.figures.ladder_gold import gold_figure
from distilproof.render.ladder.steps import (
    broke_step,
    cost_columns,
    hidden_by_average,
    short_words,
    slice_tables,
    steps_of,
    telling_slices,
)
from distilproof.render.outcomes import (
    CALIBRATION_ERROR,
    IN_THE_LARGE,
    calibration,
    helped,
    searched,
)
from distilproof.render.page import (
    BUDGET,
    CAUTION,
    FEWEST,
    OF_A_SLICE,
    WITHOUT_SLICES,
    methods_of,
)
from distilproof.render.sections import MOST_LISTED, RATES, student_section
from distilproof.render.templating import render
from distilproof.render.wording import ANSWERS

Chosen = tuple[Assessment, Decision]

MOST_SLICES = 13
"""Slices of the small pictures and their tables: all rows and a dozen others."""


def ladder_page(
    sweep: Sweep,
    costs: Mapping[str, RungCost],
    chosen: Chosen | None,
    *,
    title: str,
    versions: Mapping[str, str],
) -> str:
    """Write the page of a sweep; see `html.sweep_html`.

    Where the whole would pass `BUDGET`, fewer slices of the chosen student are drawn and listed;
    where a long ladder alone would leave it no room, fewer slices by size.
    """
    shown = _shown(sweep, costs, chosen) | {"title": title, "versions": versions}

    def written(ladder: Mapping[str, object], student: Mapping[str, object]) -> str:
        return render("ladder/page.html", **shown, **ladder, **student)

    slices = MOST_SLICES
    while True:
        ladder = _by_slice(sweep, costs, slices)
        alone = written(ladder, _student(None, 0))
        left = BUDGET - WITHOUT_SLICES - len(alone.encode())
        if chosen is None and left > 0:
            return alone
        if left > FEWEST * OF_A_SLICE or slices == 1:
            break
        slices = max(slices // 2, 1)
    listed = 0 if chosen is None else min(len(chosen[0].slices), MOST_LISTED)
    listed = min(listed, max(left // OF_A_SLICE, FEWEST))
    while True:
        whole = written(ladder, _student(chosen, listed))
        size = len(whole.encode())
        if size < BUDGET or listed <= FEWEST:
            return whole
        listed = max(int(listed * CAUTION * BUDGET / size), FEWEST)


def _shown(sweep: Sweep, costs: Mapping[str, RungCost], chosen: Chosen | None) -> dict[str, object]:
    """Gather what does not depend on how much room there is."""
    steps = steps_of(sweep, costs)
    broke = broke_step(steps, sweep)
    cap = None if chosen is None else chosen[0].policy.bars_of(OVERALL_NAME).calibration_cap
    discovery = sweep.discovery
    return {
        "sweep": sweep,
        "steps": steps,
        "winner": next((step for step in steps if step.became == "chosen"), None),
        "broke": broke,
        "short": short_words(broke.breaks[0]) if broke is not None and broke.breaks else "",
        "average": hidden_by_average(broke),
        "verdict": ANSWERS[sweep.status],
        "answer": answer_words(sweep.certificate),
        "promise": promise_words(sweep.certificate),
        "procedure": PROCEDURES[sweep.certificate.procedure],
        "cost_columns": cost_columns(),
        "cost_picture": _svg(cost_figure(sweep, costs)),
        "gold": sweep.gold,
        "gold_picture": "" if sweep.gold is None else _svg(gold_figure(sweep.gold)),
        "cap": cap,
        "confidence": tuple(
            (step, calibration(step.rung, IN_THE_LARGE), calibration(step.rung, CALIBRATION_ERROR))
            for step in steps
            if step.rung.raw is not None
        ),
        "confidence_pictures": tuple(
            Panel(title=TITLES[metric], svg=_svg(svg))
            for metric, svg in calibration_figures(sweep, cap).items()
        ),
        "discovery": discovery,
        "measure": "" if discovery is None else MEASURES[discovery.measure],
        "pasted": () if discovery is None else paste(discovery, searched(sweep, discovery)),
        "helped": helped,
        "rates": RATES,
    }


def _by_slice(sweep: Sweep, costs: Mapping[str, RungCost], most: int) -> dict[str, object]:
    names = telling_slices(sweep, most)
    return {
        "panels": tuple(
            replace(group, panels=tuple(replace(p, svg=_svg(p.svg)) for p in group.panels))
            for group in ladder_figures(sweep, names)
        ),
        "tables": slice_tables(steps_of(sweep, costs), names),
        "undrawn": len(sweep.slices) - len(names),
    }


def _student(chosen: Chosen | None, listed: int) -> dict[str, object]:
    if chosen is None:
        return {"chosen": None, "methods": {}}
    section = student_section(*chosen, key="s1", most=listed)
    figures = figures_of(section, most=min(listed, MOST_DRAWN))
    return {"chosen": (section, figures), "methods": methods_of(section)}


def _svg(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704 - drawn here, its text escaped
