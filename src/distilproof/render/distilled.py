"""Writes what came of distilling one student: what it is, what it costs, and how it does so far."""

from collections.abc import Sequence
from dataclasses import asdict

from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import RungCost, SweptRung
from distilproof.render.costs import COST_COLUMNS, cost_cells
from distilproof.render.numbers import number
from distilproof.render.plain import finding_dict
from distilproof.render.text import painted
from distilproof.render.visible import visible
from distilproof.render.wording import reason

SCHEMA = "distilproof.distilled/1"

MOST_BREAKS = 5
"""Lines of what does not hold; the rest stands in the JSON."""


def distilled_text(
    rung: SweptRung,
    cost: RungCost,
    notes: Sequence[str] = (),
    *,
    colour: bool = False,
    next_command: str,
) -> str:
    """Write a student for a terminal.

    Parameters
    ----------
    rung, cost
        What came of it.
    notes
        What was decided because nobody said otherwise.
    colour
        Whether to colour the statuses; they are words either way.
    next_command
        What to do next.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    lines = [f"DISTILLED {visible(rung.name)} on {cost.rows_used:,} rows"]
    cells = zip(COST_COLUMNS, cost_cells(cost), strict=True)
    lines.append("  " + ", ".join(f"{name} {cell}" for name, cell in cells))
    kept = rung.recalibration
    if kept is not None:
        lines.append(f"  confidence: {kept.kind}, chosen on {kept.chosen_on:,} rows")
    accuracy = rung.estimate("student_accuracy", OVERALL_NAME)
    if accuracy is not None and accuracy.value is not None:
        lines.append(
            f"  on rows to select on: accuracy {number(accuracy.value)}, n {accuracy.n:,}; no row "
            "to certify on was looked at"
        )
    broken = [one for one in rung.findings if one.binding and one.status == "FAIL"]
    lines += (
        f"  {painted(one.status, one.status, colour=colour)} {reason(one)}"
        for one in broken[:MOST_BREAKS]
    )
    more = len(broken) - MOST_BREAKS
    if more > 0:
        lines.append(f"  and {more} more: see --json")
    lines += (f"note: {visible(note)}" for note in notes)
    return "\n".join([*lines, f"next: {next_command}"])


def distilled_dict(rung: SweptRung, cost: RungCost, notes: Sequence[str] = ()) -> dict[str, object]:
    """Plain values of a student, under a versioned schema."""
    return {
        "schema": SCHEMA,
        "name": rung.name,
        "family": rung.family,
        "targets": rung.targets,
        "written": rung.written,
        "student": rung.student,
        "folder": rung.folder,
        "judged_on": rung.judged_on,
        "estimates": [asdict(one) for one in rung.estimates],
        "findings": [finding_dict(one) for one in rung.findings],
        "recalibration": rung.recalibration
        and {
            "kind": rung.recalibration.kind,
            "digest": rung.recalibration.recalibrator,
        },
        "cost": asdict(cost),
        "notes": [*notes],
    }
