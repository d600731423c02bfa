"""Small tables of predictions on disk, and a project whose student is too sure of itself."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from ladder_project import QUICK, copy_of, ready_project

ROWS = 4000
SURE_PROJECT = """\
[student]
name = "small"
[predictions]
table = "{table}"
label = "y"
teacher = "t"
student = "s"
student_confidence = "p"
{roles}
[slices]
columns = ["g"]
critical = ["g=a"]
protected = ["g"]
[bars]
calibration.cap = {cap}
{bars}
"""


@pytest.fixture(scope="session")
def predictions() -> pa.Table:
    """Student right in 92 % of group a, 80 % of group b; teacher right in 92 % of both."""
    rng = np.random.default_rng(7)
    group = rng.choice(["a", "b"], ROWS)
    label = rng.choice(["no", "yes"], ROWS)
    other = np.where(label == "no", "yes", "no")
    wrong = rng.random((2, ROWS))
    teacher = np.where(wrong[0] < 0.08, other, label)
    student = np.where(wrong[1] < np.where(group == "a", 0.08, 0.20), other, label)
    columns = {
        "row": [f"r{at}" for at in range(ROWS)],
        "sex": group,
        "plan": rng.choice(["free", "paid"], ROWS),
        "age": rng.integers(16, 90, ROWS),
        "outcome": label,
        "teacher": teacher,
        "student": student,
        "student_confidence": rng.uniform(0.5, 1.0, ROWS),
    }
    return pa.table(columns)


@pytest.fixture
def table(predictions: pa.Table, tmp_path: Path) -> Path:
    path = tmp_path / "p.parquet"
    pq.write_table(predictions, path)
    return path


@pytest.fixture(scope="session")
def too_sure() -> Callable[..., dict[str, object]]:
    """Columns of a student whose log-odds are `steep` times what they should be."""

    def too_sure_of(n: int = 6000, *, seed: int = 0, steep: float = 2.5) -> dict[str, object]:
        rng = np.random.default_rng(seed)
        odds = rng.normal(1.2, 1.2, n)
        right = rng.random(n) < 1 / (1 + np.exp(-odds))
        label = rng.choice(["no", "yes"], n)
        other = np.where(label == "no", "yes", "no")
        return {
            "id": [f"r{at}" for at in range(n)],
            "y": label.tolist(),
            "t": label.tolist(),
            "s": np.where(right, label, other).tolist(),
            "p": 1 / (1 + np.exp(-steep * odds)),
            "g": rng.choice(["a", "b"], n).tolist(),
            "note": [f"row {at}" for at in range(n)],
        }

    return too_sure_of


@pytest.fixture
def make(tmp_path: Path, too_sure: Callable[..., dict[str, object]]) -> Callable[..., Project]:
    """Write the project of a student, by default one that is too sure, and its predictions."""

    def make_it(
        columns: Mapping[str, object] | None = None,
        *,
        roles: str = 'id = "id"',
        bars: str = "",
        cap: float = 0.06,
        table: str = "p.parquet",
    ) -> Project:
        if table.endswith(".parquet"):
            pq.write_table(pa.table(dict(columns or too_sure())), tmp_path / table)
        text = SURE_PROJECT.format(table=table, roles=roles, bars=bars, cap=cap)
        (tmp_path / "distilproof.toml").write_text(text, "utf-8")
        return Project.load(tmp_path / "distilproof.toml")

    return make_it


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project with a ladder, labelled and not swept yet: not to be changed."""
    return ready_project(tmp_path_factory.mktemp("ready")).folder


@pytest.fixture
def ladder(ready: Path, tmp_path: Path) -> Callable[..., Project]:
    """Copy that project, with other tables and sections in the place of some."""

    def copied(tables: Mapping[str, pa.Table] | None = None, **sections: str | None) -> Project:
        return copy_of(ready, tmp_path / "project", tables, **sections)

    return copied


@pytest.fixture(scope="session")
def swept(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Swept]:
    """Sweep a copy of that project: not to be changed."""
    project = copy_of(ready, tmp_path_factory.mktemp("swept") / "project")
    return project, project.sweep(QUICK)


@pytest.fixture
def again(swept: tuple[Project, Swept], tmp_path: Path) -> Callable[..., Project]:
    """Copy the project that was swept, with other tables and sections in the place of some."""

    def copied(tables: Mapping[str, pa.Table] | None = None, **sections: str | None) -> Project:
        return copy_of(swept[0].folder, tmp_path / "again", tables, **sections)

    return copied
