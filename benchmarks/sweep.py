"""A sweep: what it adds to the training of its students, and what judging them costs.

The same boosted trees are trained by a loop by hand, on the same rows with the same seed, and
written as skops: that is the least that anybody would do. `making` is the sweep's own way to the
same students: a process of its own, a record with digests, and predictions of the rows to certify
on. `sweep` recalibrates, selects, certifies, compares and measures them besides.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from contender import Task
from measure import Contender, measure_in_turn
from results import Result, Target

_HERE = Path(__file__).parent
sys.path.append(str(_HERE.parent / "tests" / "teachers"))

_COLUMNS = 16
_LEAVES = 63
_TREES, _QUICK = (1200, 800, 600, 400), (60, 40)
_RATE = 0.1
_LONGER = 6
"""Times as many rows to learn from in a long run, and no more to judge by."""

_PROJECT = """
[student]
name = "router"
owner = "team@example.org"
distribution = "internal"

[teacher]
name = "large"
terms = "own-model"
adapter = "table"
source = "train.parquet"
labels = ["no", "yes"]
inputs = [{inputs}]
answer = "said"
probabilities = "weighed"

[data]
id = "id"
label = "truth"
train = "train.parquet"
calibrate = "calibrate.parquet"
certify = "certify.parquet"
discover = "discover.parquet"

[labelling]
apart_by = "id"

[slices]
columns = ["part"]

[bars]
accuracy.margin = 0.03

[ladder]
family = "boosted-trees"
rungs = [{rungs}]
options = {{ early_stopping = false, learning_rate = {rate} }}
"""


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Train students by hand, by the sweep's processes, and sweep."""
    rows, trees, judged = (4_000, _QUICK, 800) if quick else (100_000, _TREES, 20_000)
    rows *= _LONGER if long else 1
    kept = _project(folder / "sweep", rows, trees, judged)
    arguments = {"folder": str(kept), "trees": list(trees)}
    costs = measure_in_turn(
        [
            Contender(name="by hand", call="sweep:train_by_hand", arguments=arguments),
            Contender(name="making", call="sweep:make", arguments={"folder": str(kept)}),
            Contender(name="sweep", call="sweep:sweep_anew", arguments={"folder": str(kept)}),
        ]
    )
    by_hand, making, _ = costs
    return Result(
        name="sweep",
        title="A sweep beside the training of its students",
        notes=f"{len(trees)} students of {_LEAVES} leaves and {', '.join(map(str, trees))} trees, "
        f"{rows:,} rows x {_COLUMNS} columns to learn from and {judged:,} to certify on, one "
        f"thread; CPU of all processes, libraries loaded by each of them; medians of {making.runs} "
        "runs. `making` trains, keeps and asks two baselines more. What `sweep` does beyond that "
        "is a matter of rows to certify on and of students, not of how long they train.",
        header=["", "CPU-s", "s", "beside the training by hand"],
        rows=[
            [
                cost.name,
                f"{cost.cpu_s:.1f}",
                f"{cost.wall_s:.1f}",
                f"{cost.cpu_s / by_hand.cpu_s:.3f}",
            ]
            for cost in costs
        ],
        targets=[
            Target(
                text="CPU of making the students by the sweep, beside training them by hand",
                value=making.cpu_s / by_hand.cpu_s,
                at_most=1.05,
            ),
        ],
        costs=costs,
    )


def train_by_hand(folder: str, trees: list[int]) -> Task:
    """Train the same students in a loop."""

    def work() -> int:
        import numpy as np
        import pyarrow.parquet as pq
        from sklearn.ensemble import HistGradientBoostingRegressor
        from skops.io import dump
        from threadpoolctl import threadpool_limits

        table = pq.read_table(Path(folder) / "train.parquet")
        names = [name for name in table.column_names if name.startswith("x")]
        rows = np.column_stack([np.asarray(table[name]) for name in names])
        weighed: Any = table["weighed"].to_pylist()
        likely = np.array([float(pair[1]) for pair in weighed])
        logit = np.log(likely) - np.log1p(-likely)
        target = Path(tempfile.mkdtemp(prefix="distilproof-bench-"))
        with threadpool_limits(limits=1):
            for count in trees:
                untrained: Any = HistGradientBoostingRegressor
                model = untrained(
                    max_iter=count,
                    max_leaf_nodes=_LEAVES,
                    learning_rate=_RATE,
                    early_stopping=False,
                    random_state=0,
                )
                dump(model.fit(rows, logit), target / f"{count}.skops")
        return len(trees)

    return Task(work=work, answer=lambda trained: {"students": trained})


def make(folder: str) -> Task:
    """Make the same students as a sweep does, and have them answer the rows to certify on."""
    kept = _copied(folder)

    def work() -> int:
        from datetime import UTC, datetime

        from distilproof.workflows.project import Project
        from distilproof.workflows.rung_pool import RungPool
        from distilproof.workflows.sweep import sweep_tables
        from distilproof.workflows.sweep_plan import plan_sweep, require_ladder
        from distilproof.workflows.sweep_wishes import SweepWishes

        project, at = Project.load(kept / "distilproof.toml"), datetime.now(UTC)
        tables = sweep_tables(project.folder, project.file, SweepWishes(), at=at)
        ladder = require_ladder(project.folder, project.file)
        planned = plan_sweep(project.folder, ladder, tables, at=at)
        with RungPool(1) as pool:
            why = pool.make([one.task for one in planned if one.task], _silent)
        return sum(not error for error in why.values())

    return Task(work=work, answer=lambda made: {"students": made})


def sweep_anew(folder: str) -> Task:
    """Sweep a project of which nothing is trained."""
    kept = _copied(folder)

    def work() -> Any:  # noqa: ANN401 - what `sweep` gives
        from distilproof.workflows.project import Project

        return Project.load(kept / "distilproof.toml").sweep()

    return Task(work=work, answer=lambda swept: {"chosen": swept.chosen})


def _silent(task: object, what: str) -> None:
    """Say nothing of what is being made."""
    del task, what


def _copied(folder: str) -> Path:
    """Copy a labelled project: every run begins with nothing trained."""
    kept = Path(tempfile.mkdtemp(prefix="distilproof-bench-")) / "project"
    shutil.copytree(folder, kept)
    return kept


def _project(folder: Path, rows: int, trees: tuple[int, ...], judged: int) -> Path:
    """Write a project whose teacher's answers stand in its tables; clear, pin and label it."""
    from distilproof.workflows.project import Project
    from file_project import clear_and_pin

    folder.mkdir()
    names = [f"x{at}" for at in range(_COLUMNS)]
    aside = judged // 2
    sizes = {"train": rows, "calibrate": aside, "certify": judged, "discover": aside}
    for seed, (name, count) in enumerate(sizes.items()):
        _write(folder / f"{name}.parquet", name, names, count, seed)
    file = folder / "distilproof.toml"
    file.write_text(
        _PROJECT.format(
            inputs=", ".join(f'"{name}"' for name in names),
            rungs=", ".join(f'"{count}x{_LEAVES}"' for count in trees),
            rate=_RATE,
        ),
        "utf-8",
    )
    project = Project.load(file)
    clear_and_pin(project)
    project.label()
    return folder


def _write(path: Path, name: str, names: list[str], rows: int, seed: int) -> None:
    """Write rows, what is true of them, and what a teacher that is nearly right says."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(seed)
    inputs = random.normal(size=(rows, len(names)))
    logit = 2 * inputs[:, 0] * inputs[:, 1] + np.sin(3 * inputs[:, 2]) + inputs[:, 3:].sum(1) / 4
    likely = 1 / (1 + np.exp(-logit))
    truth = random.random(rows) < likely
    words = np.array(["no", "yes"])
    columns: dict[str, Any] = {
        "id": [f"{name}-{at}" for at in range(rows)],
        **{column: inputs[:, at] for at, column in enumerate(names)},
        "part": np.array(["a", "b", "c"])[random.integers(3, size=rows)],
        "truth": words[truth.astype(int)],
        "said": words[(likely > 1 / 2).astype(int)],
        "weighed": np.column_stack([1 - likely, likely]).tolist(),
    }
    pq.write_table(pa.Table.from_pydict(columns), path)
