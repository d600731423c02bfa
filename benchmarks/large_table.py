"""50M rows within bounded memory, the whole pipeline."""

from pathlib import Path

from measure import Contender, measure_in_turn
from results import Result, Target
from synthetic import write_predictions

_MOST_MIB = 1500


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Evaluate a table that would not fit into the memory it may take."""
    del long
    sizes = (1_000_000, 2_000_000) if quick else (10_000_000, 50_000_000)
    costs = []
    for rows in sizes:
        path = write_predictions(folder / f"rows-{rows}.parquet", rows)
        contender = Contender(
            name=f"{rows:,} rows",
            call="pipeline:evaluate_table",
            arguments={"path": str(path)},
            repeats=1,
            computes=f"{path.stat().st_size / 2**20:,.0f} MiB of Parquet",
        )
        costs += measure_in_turn([contender])
        path.unlink()
    return Result(
        name="memory",
        title="Memory on a large table, 31 slices",
        notes="The whole of `evaluate`: open, check, scan, estimate, judge. Memory is the "
        "process's peak, Python and libraries included.",
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
            Target(
                text=f"{costs[-1].name} within {_MOST_MIB} MiB",
                value=costs[-1].peak_mib,
                at_most=_MOST_MIB,
            )
        ],
        costs=costs,
    )
