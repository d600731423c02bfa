"""Prints what the newest sweep measured, as the tables of README.md."""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

SWEEPS = Path(__file__).parent / ".distilproof" / "sweeps"
PACKAGES = ("distilproof", "torch", "transformers", "onnxruntime", "scikit-learn")

Rung = Mapping[str, Any]
"""A size of `sweep.json`."""


def newest() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Read the newest sweep, and what its sizes cost."""
    folder = max(SWEEPS.iterdir(), key=lambda path: path.stat().st_mtime)
    sweep, costs = (
        json.loads((folder / name).read_bytes()) for name in ("sweep.json", "costs.json")
    )
    return sweep, costs


def estimate(rung: Rung, metric: str, slice_name: str = "overall", *, raw: bool = False) -> str:
    """Write an estimate with its bounds; a dash where there is none."""
    said = (rung["raw"] or {"estimates": ()})["estimates"] if raw else rung["estimates"]
    for one in said:
        if (one["metric"], one["slice"]) == (metric, slice_name) and one["value"] is not None:
            return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"
    return "none"


def row(cells: Sequence[object]) -> str:
    """Write a row of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a table of Markdown."""
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)])


def by_slice(sweep: Mapping[str, Any], rungs: Sequence[Rung]) -> str:
    """Write the accuracy of the teacher and of each size, on all rows and on critical slices."""
    first = rungs[0]
    rows = [
        [
            name,
            estimate(first, "teacher_accuracy", name),
            *(estimate(rung, "student_accuracy", name) for rung in rungs),
        ]
        for name in sweep["slices"]
    ]
    return table(["slice", "teacher", *(rung["name"] for rung in rungs)], rows)


def by_size(rungs: Sequence[Rung]) -> str:
    """Write how each size follows its teacher, and what its confidence is worth."""
    head = ["size", "fidelity", "agrees where the teacher is wrong", "introduced error"]
    head += ["calibration error", "after recalibration", "by"]
    rows = [
        [
            rung["name"],
            *(estimate(rung, m) for m in ("fidelity", "fidelity_teacher_wrong")),
            estimate(rung, "introduced_error"),
            estimate(rung, "student_calibration_error", raw=True),
            estimate(rung, "student_calibration_error"),
            (rung["recalibration"] or {"kind": "none"})["kind"],
        ]
        for rung in rungs
    ]
    return table(head, rows)


def by_cost(rungs: Sequence[Rung], costs: Mapping[str, Any]) -> str:
    """Write what each size takes to train, to keep and to ask."""
    head = ["size", "parameters", "MB", "ms a text, one by one", "texts a second", "CPU s to train"]
    rows: list[list[object]] = []
    for rung in rungs:
        cost = costs.get(rung["name"])
        if cost is not None and cost["running"] is not None:
            running = cost["running"]
            rows.append(
                [
                    rung["name"],
                    f"{running['parameters']:,}",
                    f"{running['bytes'] / 1e6:.1f}",
                    f"{running['p50_ms']:.1f}",
                    f"{running['rows_per_second']:,.0f}",
                    f"{cost['cpu_seconds']:,.0f}",
                ]
            )
    return table(head, rows)


def main() -> None:
    """Print all tables."""
    sweep, costs = newest()
    made = [rung for rung in sweep["rungs"] if not rung["error"]]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"{versions}; one thread\n")
    for on in ("certify", "select"):
        rungs = [rung for rung in made if rung["judged_on"] == on]
        if rungs:
            print(f"On the rows to {on}, with bounds of 95% each:\n\n{by_slice(sweep, rungs)}\n")
            print(f"{by_size(rungs)}\n")
    print(by_cost(made, costs))


if __name__ == "__main__":
    main()
