"""Measures contenders in turn, each run in a fresh process, and takes medians."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

_CONTENDER = Path(__file__).with_name("contender.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do a benchmark's job.

    Parameters
    ----------
    name
        Name in the table of results.
    call
        `module:function` that prepares it: see `contender.Task`.
    arguments
        Keyword arguments of that function, plain values.
    repeats
        Runs; medians are reported.
    computes
        What it computes, in words.
    """

    name: str
    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    repeats: int = 3
    computes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one contender cost: medians over its runs.

    Parameters
    ----------
    name, computes, runs
        Which contender, what it computes, how often it ran.
    cpu_s, wall_s
        CPU-seconds (user and system, children included) and seconds of the work.
    import_cpu_s
        CPU-seconds of starting Python and importing, before the work.
    peak_mib, base_mib
        Most memory during the work, and memory before it.
    answer
        What the contender found.
    """

    name: str
    computes: str
    runs: int
    cpu_s: float
    wall_s: float
    import_cpu_s: float
    peak_mib: float
    base_mib: float
    answer: dict[str, Any] = field(repr=False)


_FIGURES = ("cpu_s", "wall_s", "import_cpu_s", "peak_mib", "base_mib")


def measure_in_turn(contenders: Sequence[Contender]) -> list[Cost]:
    """Run the contenders round by round, so that a busy minute falls on all of them."""
    runs: dict[str, list[dict[str, Any]]] = {contender.name: [] for contender in contenders}
    for turn in range(max(contender.repeats for contender in contenders)):
        for contender in contenders:
            if turn < contender.repeats:
                runs[contender.name].append(_run(contender))
    return [_median(contender, runs[contender.name]) for contender in contenders]


def _run(contender: Contender) -> dict[str, Any]:
    command = [sys.executable, str(_CONTENDER), contender.call, json.dumps(contender.arguments)]
    print(f"  {contender.name} ... ", end="", flush=True, file=sys.stderr)
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own script
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        done.check_returncode()
    cost: dict[str, Any] = json.loads(done.stdout)
    said = f"{cost['cpu_s']:.2f} CPU-s, {cost['wall_s']:.2f} s, {cost['peak_mib']:.0f} MiB"
    print(said, file=sys.stderr)
    return cost


def _median(contender: Contender, runs: Sequence[dict[str, Any]]) -> Cost:
    figures = {name: median(run[name] for run in runs) for name in _FIGURES}
    return Cost(
        name=contender.name,
        computes=contender.computes,
        runs=len(runs),
        answer=runs[0]["answer"],
        **figures,
    )
