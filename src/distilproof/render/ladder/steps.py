"""Arranges a sweep for its page: what became of each size, slice by slice, and what it costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from distilproof.domain.certificate import shortfall
from distilproof.domain.decision import worst
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import RungCost, Sweep, SweptRung
from distilproof.render.costs import COST_COLUMNS, cost_cells
from distilproof.render.figures.ladder_cost import Weakest, weakest_of
from distilproof.render.numbers import count, number
from distilproof.render.outcomes import (
    LEARNED_FROM,
    Became,
    became,
    broken_slices,
    certified_rung,
    why,
)

_PARTS = {
    "rung": "",
    "baseline": "baseline",
    "compared": "only compared",
    "gold": "gold baseline",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One size as the page shows it.

    Parameters
    ----------
    rung
        The size.
    became, why
        What became of it, and why it came to no verdict, if it did not.
    status
        Worst binding status on the rows it was judged on; `None` where nothing was asked of it.
    level
        Level it was tested at, where that is not the whole.
    breaks
        Requirements that do not hold, worst first.
    weakest
        Critical slice on which least is proven of it; `None` where nothing was measured.
    cost
        Texts of `COST_COLUMNS`.
    """

    rung: SweptRung
    became: Became
    why: str
    status: Status | None
    level: float | None
    breaks: tuple[Finding, ...]
    weakest: Weakest | None
    cost: tuple[str, ...]

    @property
    def part(self) -> str:
        """What it is there for; empty for a size that may be chosen."""
        return _PARTS[self.rung.part]

    @property
    def learned_from(self) -> str:
        """What it learned from, in words."""
        return LEARNED_FROM[self.rung.targets]

    @property
    def is_costed(self) -> bool:
        """Whether anything of its cost was measured."""
        return any(cell != cost_cells(None)[0] for cell in self.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTable:
    """Every size on one slice.

    Parameters
    ----------
    slice
        Name of the slice.
    limits
        What is asked there, in words: `accuracy difference must be >= -0.05`.
    rows
        Each size with its estimates by metric, and the worst status there.
    """

    slice: str
    limits: tuple[Finding, ...]
    rows: tuple[tuple[Step, Mapping[str, Estimate], Status | None], ...]


def steps_of(sweep: Sweep, costs: Mapping[str, RungCost]) -> tuple[Step, ...]:
    """Arrange every size, in the order of the sweep."""
    return tuple(_step(sweep, rung, costs.get(rung.name)) for rung in sweep.rungs)


def broke_step(steps: Sequence[Step], sweep: Sweep) -> Step | None:
    """Find the size that the answer has to explain.

    The first that was looked at and does not hold; where none was, and none is chosen, the first
    that is shown broken on other rows.
    """
    broke = sweep.certificate.broke_at
    if broke is not None:
        return next((step for step in steps if step.rung.name == broke.name), None)
    if sweep.chosen is not None:
        return None
    in_order = {rung.name for rung in sweep.certificate.rungs}
    return next((step for step in steps if step.breaks and step.rung.name in in_order), None)


def hidden_by_average(broke: Step | None) -> Estimate | None:
    """Return the difference on all rows of a size that breaks on slices alone; else `None`."""
    if broke is None or not broke.breaks:
        return None
    slices = {f.requirement.slice for f in broke.breaks if f.requirement is not None}
    overall = broke.rung.estimate("accuracy_difference")
    shown = overall is not None and overall.value is not None and OVERALL_NAME not in slices
    return overall if shown else None


def telling_slices(sweep: Sweep, most: int) -> tuple[str, ...]:
    """Choose at most `most` slices, the most telling first.

    All rows; beside them the slices that do not hold at the step where the order ended, worst
    first; those that do not hold at another size, the larger first; then the others, in the order
    of the sweep.
    """
    ended = sweep.certificate.broke_at
    last = None if ended is None else sweep.rung(ended.name)
    at_the_end = _broken_names([] if last is None else [last])
    somewhere = _broken_names(sweep.rungs)
    first = dict.fromkeys((OVERALL_NAME, *at_the_end, *somewhere, *sweep.slices))
    return tuple(name for name in first if name in sweep.slices)[:most]


def _broken_names(rungs: Iterable[SweptRung]) -> list[str]:
    found = (finding.requirement for rung in rungs for finding in broken_slices(rung))
    return [requirement.slice for requirement in found if requirement is not None]


def slice_tables(steps: Sequence[Step], slices: Sequence[str]) -> tuple[SliceTable, ...]:
    """Arrange the numbers of every size by slice: those of the figures, and of what is compared."""
    return tuple(_slice_table(steps, name) for name in slices)


def short_words(finding: Finding) -> str:
    """Say of a bound by how much it misses, and what would settle it; empty without a bound."""
    missed = shortfall(finding)
    if missed is None or not missed.short_by:
        return ""
    short = f"is short by {number(missed.short_by)}"
    if finding.rows_needed is not None:
        return (
            f"{short}; {count(finding.rows_needed)} labelled rows of the slice in all, "
            f"{count(missed.rows)} of which are there, would settle it at the rate seen"
        )
    if finding.status is Status.INSUFFICIENT:
        return f"{short}; no affordable number of rows would settle it at the rate seen"
    return short


def cost_columns() -> tuple[str, ...]:
    """Name the columns of the table of costs as headings; `p50` and `p95` stay as they are."""
    return tuple(
        name if name.startswith("p") and name[1:2].isdigit() else f"{name[:1].upper()}{name[1:]}"
        for name in COST_COLUMNS
    )


def _step(sweep: Sweep, rung: SweptRung, cost: RungCost | None) -> Step:
    certified = certified_rung(sweep, rung.name)
    level = certified.level if certified is not None else 0.0
    return Step(
        rung=rung,
        became=became(sweep, rung),
        why=why(sweep, rung),
        status=worst(rung.findings),
        level=level if level and level != sweep.certificate.alpha else None,
        breaks=broken_slices(rung),
        weakest=weakest_of(sweep, rung),
        cost=cost_cells(cost),
    )


def _slice_table(steps: Sequence[Step], name: str) -> SliceTable:
    limits: dict[str, Finding] = {}
    rows: list[tuple[Step, Mapping[str, Estimate], Status | None]] = []
    for step in steps:
        estimates = {e.metric: e for e in step.rung.estimates if e.slice == name}
        asked = [f for f in step.rung.findings if f.requirement and f.requirement.slice == name]
        for finding in asked:
            limits.setdefault(finding.code, finding)
        if estimates:
            rows.append((step, estimates, worst(asked)))
    return SliceTable(slice=name, limits=tuple(limits.values()), rows=tuple(rows))
