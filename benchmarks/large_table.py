"""50M rows within bounded memory, the whole pipeline."""

from pathlib import Path

from measure import Contender, Cost, measure_in_turn
from results import Result, Target
from synthetic import write_predictions

_MOST_MIB = 1500


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Evaluate a table that would not fit into the memory it may take."""
    del long
    small, large = (1_000_000, 2_000_000) if quick else (10_000_000, 50_000_000)
    costs = [_cost(folder, rows, ids=ids) for rows, ids in ((small, False), (large, False))]
    costs.append(_cost(folder, large, ids=True))
    return Result(
        name="memory",
        title="Memory on a large table, 31 slices",
        notes="The whole of `evaluate`: open, check, scan, estimate, judge. Memory is the "
        "process's peak, Python and libraries included. With ids it is checked that no row stands "
        "in the table twice: what does not fit goes on in a temporary folder.",
        header=["", "peak MiB", "before work, MiB", "CPU-s", "s", "file"],
        rows=[
            [
                cost.name,
                f"{cost.peak_mib:.0f}",
                f"{cost.base_mib:.0f}",
                f"{cost.cpu_s:.1f}",
                f"{cost.wall_s:.1f}",
                cost.computes,
            ]
            for cost in costs
        ],
        targets=[
            Target(text=f"{cost.name}, peak MiB", value=cost.peak_mib, at_most=_MOST_MIB)
            for cost in costs[1:]
        ],
        costs=costs,
    )


def _cost(folder: Path, rows: int, *, ids: bool) -> Cost:
    path = write_predictions(folder / "large.parquet", rows, ids=ids)
    contender = Contender(
        name=f"{rows:,} rows with ids" if ids else f"{rows:,} rows",
        call="pipeline:evaluate_table",
        arguments={"path": str(path), "id_column": "id" if ids else None},
        repeats=1,
        computes=f"{path.stat().st_size / 2**20:,.0f} MiB of Parquet",
    )
    (cost,) = measure_in_turn([contender])
    path.unlink()
    return cost
