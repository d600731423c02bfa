"""What a benchmark found, its targets, and how both are written: Markdown and JSON."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count, getloadavg
from pathlib import Path
from typing import Any

from measure import Cost

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"

_PACKAGES = (
    "distilproof", "numpy", "scipy", "duckdb", "pyarrow", "narwhals", "pandas", "scikit-learn",
    "fairlearn", "sliceline",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure should be, and what it is.

    Parameters
    ----------
    text
        The target in words.
    value
        The figure that was measured.
    at_least, at_most
        One limit.
    """

    text: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def limit(self) -> str:
        """The limit in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:,g}"
        return f"at most {self.at_most:,g}"

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.at_most is None or self.value <= self.at_most


def where() -> str:
    """Machine, how busy it is, and versions, in a line."""
    found = [f"{name} {_version(name)}" for name in _PACKAGES if _version(name)]
    machine = f"{_processor()}, {cpu_count()} cores, {_memory_gib():.0f} GiB, {platform.system()}"
    load = f", load average {getloadavg()[1]:.1f}"
    return f"{machine}{load}. Python {platform.python_version()}, {', '.join(found)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Results of one benchmark.

    Parameters
    ----------
    name, title
        Name for the command line, heading for people.
    notes
        What was measured and checked, in sentences.
    header, rows
        The table: one row a contender.
    targets
        Figures that were asked for.
    costs
        Everything that was measured.
    where
        Machine, load and versions, as they are when it is done.
    """

    name: str
    title: str
    notes: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target]
    costs: Sequence[Cost]
    where: str = field(default_factory=where)


def markdown(results: Sequence[Result]) -> str:
    """Tables and targets of all benchmarks, and where they ran."""
    return "\n\n".join([where(), *map(section, results)]) + "\n"


def section(result: Result) -> str:
    """Heading, notes, table and targets of one benchmark."""
    rule = ["---", *["---:"] * (len(result.header) - 1)]
    lines = [_row(result.header), _row(rule), *(_row(row) for row in result.rows)]
    parts = [f"### {result.title}", result.notes, "\n".join(lines)]
    if result.targets:
        parts.append("\n".join(_said(target) for target in result.targets))
    return "\n\n".join(parts)


def plain(results: Sequence[Result]) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        "schema": "distilproof.benchmarks/1",
        "benchmarks": [
            {
                "name": result.name,
                "where": result.where,
                "text": section(result),
                "costs": [_without_answer(cost) for cost in result.costs],
                "targets": [asdict(t) | {"met": t.met} for t in result.targets],
            }
            for result in results
        ],
    }


def beside(kept: Mapping[str, Any], new: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """Put new figures in the place of older ones of the same benchmark, and leave the others."""
    by_name = {one["name"]: one for values in (kept, new) for one in values["benchmarks"]}
    return dict(new) | {"benchmarks": [by_name[name] for name in order if name in by_name]}


def written(values: Mapping[str, Any]) -> str:
    """Text of all benchmarks, each with where and under which load it ran."""
    parts = (part for one in values["benchmarks"] for part in (one["text"], f"*{one['where']}*"))
    return "\n\n".join(parts) + "\n"


def write_between_markers(path: Path, text: str) -> None:
    """Replace what stands between the markers of a file."""
    before, _, rest = path.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(target: Target) -> str:
    said = "met" if target.met else "missed"
    return f"- **{said}**: {target.text}: {target.value:,.4g}, {target.limit} asked"


def _without_answer(cost: Cost) -> dict[str, Any]:
    return {name: value for name, value in asdict(cost).items() if name != "answer"}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    info = Path("/proc/meminfo")
    if not info.exists():
        return 0.0
    return int(info.read_text().split()[1]) / 2**20
