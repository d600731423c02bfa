"""What a doubling costs: twice the rows, twice the slice columns, twice the levels."""

from collections.abc import Sequence
from pathlib import Path

from measure import Contender, Cost, measure_in_turn
from results import Result
from synthetic import SLICES, write_predictions

_LEVELS = 30
_DOUBLINGS = (1, 2, 4, 8)


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Double one size at a time."""
    del long
    base = 100_000 if quick else 1_000_000
    contenders: list[Contender] = []
    for times in _DOUBLINGS:
        path = write_predictions(folder / f"growth-{times}.parquet", base * times)
        contenders.append(_contender(f"{base * times:,} rows, 31 slices", path, list(SLICES)))
    columns = {f"column_{at}": _LEVELS for at in range(max(_DOUBLINGS))}
    wide = write_predictions(folder / "growth-columns.parquet", base, columns)
    for times in _DOUBLINGS:
        name = f"{base:,} rows, {_LEVELS * times + 1} slices in {times} of the columns"
        contenders.append(_contender(name, wide, list(columns)[:times]))
    levels = {f"levels_{times}": _LEVELS * times for times in _DOUBLINGS}
    tall = write_predictions(folder / "growth-levels.parquet", base, levels)
    for times, column in zip(_DOUBLINGS, levels, strict=True):
        name = f"{base:,} rows, {_LEVELS * times + 1} slices in one column"
        contenders.append(_contender(name, tall, [column]))
    costs = measure_in_turn(contenders)
    return Result(
        name="growth",
        title="What a doubling costs",
        notes="The whole of `evaluate`, medians of three; each line beside the one above it. A "
        "column has 30 levels, but for the one of the last series.",
        header=["", "CPU-s", "beside half of it", "peak MiB", "s"],
        rows=_rows(costs),
        targets=[],
        costs=costs,
    )


def _contender(name: str, path: Path, slices: Sequence[str]) -> Contender:
    arguments = {"path": str(path), "slices": list(slices)}
    return Contender(name=name, call="pipeline:evaluate_table", arguments=arguments)


def _rows(costs: Sequence[Cost]) -> list[list[str]]:
    rows: list[list[str]] = []
    for at, cost in enumerate(costs):
        first = at % len(_DOUBLINGS) == 0
        beside = "" if first else f"{cost.cpu_s / costs[at - 1].cpu_s:.2f}"
        said = [f"{cost.cpu_s:.2f}", beside, f"{cost.peak_mib:.0f}", f"{cost.wall_s:.2f}"]
        rows.append([cost.name, *said])
    return rows
