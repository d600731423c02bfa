"""Writes what a sweep came to, for a terminal and as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from distilproof.domain.certificate import shortfall
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding
from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import GoldBaseline, RungCost, Sweep, SweptRung
from distilproof.render.certificate import certificate_dict, certificate_text
from distilproof.render.costs import COST_COLUMNS, UNKNOWN, cost_cells
from distilproof.render.discovery import discovery_dict, discovery_text
from distilproof.render.numbers import bounds, is_signed, number
from distilproof.render.outcomes import (
    CALIBRATION_ERROR,
    IN_THE_LARGE,
    LEARNED_FROM,
    broken_slices,
    calibration,
    certified_rung,
    helped,
    searched,
    why,
)
from distilproof.render.outcomes import became as became_of
from distilproof.render.plain import finding_dict
from distilproof.render.visible import shortened, visible
from distilproof.render.wording import tally

SCHEMA = "distilproof.sweep/1"

MOST_SLICES = 6
"""Slices named in the lines on the gold baseline; the report and --json have all."""

_NAME = 28
"""Letters of a size's name in the table of costs."""


def sweep_text(
    sweep: Sweep,
    costs: Mapping[str, RungCost],
    *,
    colour: bool = False,
    next_command: str | None = None,
) -> str:
    """Write a sweep for a terminal: the certificate, and what else there is to know beside it.

    Parameters
    ----------
    sweep
        What it came to.
    costs
        What each size costs, by its name; sizes without are left out of the table.
    colour
        Whether to colour the statuses; they are words either way.
    next_command
        What to do next; chosen from what broke when `None`.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    certified = certificate_text(
        sweep.certificate, sweep.student, colour=colour, next_command=next_command
    )
    *lines, what_next = certified.split("\n")
    if sweep.gold is not None:
        lines += gold_lines(sweep.gold)
    lines += _compared(sweep)
    if sweep.discovery is not None:
        asked = searched(sweep, sweep.discovery)
        # Its last line says what to do next of discovering alone.
        lines += discovery_text(sweep.discovery, asked, colour=colour).split("\n")[:-1]
    lines += _costs(sweep, costs)
    lines += (f"note: {visible(note)}" for note in sweep.notes)
    return "\n".join([*lines, what_next])


def sweep_dict(sweep: Sweep, costs: Mapping[str, RungCost]) -> dict[str, object]:
    """Plain values of a sweep, under the schema `distilproof.sweep/1`.

    What was timed stands under `cost` of each rung alone: the rest is the same each time.
    """
    certificate = certificate_dict(sweep.certificate, sweep.student)
    of_order = ("broke_at", "procedure", "alpha", "certified_on")
    return {
        "schema": SCHEMA,
        "student": sweep.student,
        "teacher": sweep.teacher,
        "status": sweep.status,
        "exit_code": sweep.exit_code,
        "chosen": sweep.chosen,
        **{name: certificate[name] for name in of_order},
        "slices": list(sweep.slices),
        "rungs": [_rung(sweep, rung, costs.get(rung.name)) for rung in sweep.rungs],
        "gold": sweep.gold and _gold(sweep.gold),
        "discovery": _discovery(sweep),
        "notes": list(sweep.notes),
        "declared": sweep.declared,
        "pin": sweep.pin,
        "clearance": sweep.clearance,
        "seed": sweep.seed,
        "threads": sweep.threads,
    }


def gold_lines(gold: GoldBaseline) -> Iterator[str]:
    """Say what distilling was worth: of all rows, then of the slices it is shown to have changed.

    Yields
    ------
    str
        At least one line; none of them claims what the bounds do not show.
    """
    pair = f"{visible(gold.of)} beside {visible(gold.name)}, which learned from people's labels"
    if gold.error or not gold.estimates:
        yield f"{pair}: not compared: {visible(gold.error or 'nothing was measured of both')}"
        return
    overall = next((e for e in gold.estimates if e.slice == OVERALL_NAME), None)
    slices = [e for e in gold.estimates if e.slice != OVERALL_NAME]
    said = "" if overall is None else f", on all rows {_gain(overall)}"
    yield f"{pair}: accuracy of distilled less gold{said}"
    for outcome in ("helped", "hurt"):
        shown = [e for e in slices if helped(e) == outcome]
        yield from (f"  {visible(e.slice)}: {_gain(e)}" for e in shown[:MOST_SLICES])
        if len(shown) > MOST_SLICES:
            yield f"  and distilling {outcome} on {len(shown) - MOST_SLICES} more: see --json"
    rest = sum(helped(e) in {"not shown either way", "not known"} for e in slices)
    if rest:
        yield f"  not shown either way on {rest} critical slice{'s' * (rest != 1)}"


def _gain(estimate: Estimate) -> str:
    outcome = helped(estimate)
    verdict = f"distilling {outcome}" if outcome in {"helped", "hurt"} else outcome
    return f"{_value(estimate)}, {verdict}"


def _compared(sweep: Sweep) -> Iterator[str]:
    """Say of each size that is only compared what its bars came to, and what its confidence is."""
    rungs = [rung for rung in sweep.rungs if rung.part in {"compared", "gold"}]
    if rungs:
        yield "compared, and never chosen:"
    for rung in rungs:
        learned = f"  {visible(rung.name)}, from {LEARNED_FROM[rung.targets]}"
        if rung.error:
            yield f"{learned}: no student, {visible(rung.error)}"
            continue
        binding = [finding for finding in rung.findings if finding.binding]
        yield f"{learned}: {tally(binding) if binding else 'no bar was asked'}"
        said = _confidence(rung)
        if said:
            yield f"    {said}"


def _confidence(rung: SweptRung) -> str:
    """Say in one line how much surer a size is than it is right, before and after recalibrating."""
    kind = rung.recalibration.kind if rung.recalibration else ""
    said: list[str] = []
    for metric, words in (
        (IN_THE_LARGE, "mean confidence less accuracy"),
        (CALIBRATION_ERROR, "calibration error"),
    ):
        before, after = calibration(rung, metric)
        parts = [_value(one) for one in (before, after) if one is not None]
        if kind == "identity" and before is not None:
            parts = [f"{_value(before)}, left as it is"]
        elif after is not None:
            parts[-1] += f" after {kind}"
        said += [f"{words} {', '.join(parts)}"] if parts else []
    return "; ".join(said)


def _costs(sweep: Sweep, costs: Mapping[str, RungCost]) -> Iterator[str]:
    """Write a table of what each size costs, a column a figure."""
    known = [rung.name for rung in sweep.rungs if rung.name in costs]
    if not known:
        return
    rows: list[tuple[str, ...]] = [("size", *COST_COLUMNS)]
    for name in known:
        cells = (cell.replace(UNKNOWN, "-") for cell in cost_cells(costs[name]))
        rows.append((shortened(visible(name), _NAME), *cells))
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield "costs, as busy as the machine was:"
    for name, *cells in rows:
        shown = (f"{cell:>{width}}" for cell, width in zip(cells, wide[1:], strict=True))
        yield f"  {name:{wide[0]}}  {'  '.join(shown)}"


def _rung(sweep: Sweep, rung: SweptRung, cost: RungCost | None) -> dict[str, object]:
    certified = certified_rung(sweep, rung.name)
    return {
        "name": rung.name,
        "part": rung.part,
        "family": rung.family,
        "targets": rung.targets,
        "written": rung.written,
        "became": became_of(sweep, rung),
        "why": why(sweep, rung),
        "outcome": certified and certified.outcome,
        "level": certified and certified.level,
        "judged_on": rung.judged_on,
        "error": rung.error,
        "student": rung.student,
        "folder": rung.folder,
        "breaks": [_break(finding) for finding in broken_slices(rung)],
        "estimates": [asdict(estimate) for estimate in rung.estimates],
        "findings": [finding_dict(finding) for finding in rung.findings],
        "recalibration": _recalibration(rung),
        "cost": cost and asdict(cost),
    }


def _break(finding: Finding) -> dict[str, object]:
    missed = shortfall(finding)
    said: dict[str, object] = {"code": finding.code, "status": finding.status}
    return said | ({"message": finding.message} if missed is None else missed._asdict())


def _recalibration(rung: SweptRung) -> dict[str, object] | None:
    """Plain values of what was done to a confidence, and what it was before; `None` without."""
    kept, raw = rung.recalibration, rung.raw
    before = [] if raw is None else [asdict(estimate) for estimate in raw.estimates]
    if kept is None:
        return {"kind": None, "digest": None, "threshold": None, "raw": before} if raw else None
    return {
        "kind": kept.kind,
        "digest": kept.recalibrator,
        "threshold": kept.threshold and asdict(kept.threshold),
        "raw": before,
    }


def _gold(gold: GoldBaseline) -> dict[str, object]:
    return {
        "of": gold.of,
        "name": gold.name,
        "error": gold.error,
        "estimates": [asdict(one) | {"distilling": helped(one)} for one in gold.estimates],
    }


def _discovery(sweep: Sweep) -> dict[str, object] | None:
    """Plain values of what was found of the chosen size; `None` where nothing was searched."""
    if sweep.discovery is None:
        return None
    found = discovery_dict(sweep.discovery, searched(sweep, sweep.discovery))
    of_a_table = {"schema", "source", "rows", "labelled_rows"}
    return {name: value for name, value in found.items() if name not in of_a_table}


def _value(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return "unknown"
    shown = number(estimate.value, signed=is_signed(estimate.metric))
    return f"{shown} {bounds(estimate)}"
