"""The teacher answers every row that sizes are judged by, in order, and nothing is paid twice."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest

from chat_project import make_project
from chat_server import ChatBehaviour, serving
from distilproof.errors import BudgetError, CannotJudgeError, TeacherError
from distilproof.workflows.permitted_teacher import permitted_teacher
from distilproof.workflows.project import Project
from distilproof.workflows.teacher_answers import ANSWERS, Asking, teacher_answers
from file_project import clear_and_pin
from ladder_project import INPUTS, rows_of, teacher, with_column, write_project

Ladder = Callable[..., Project]

CODE = """
from pathlib import Path

ASKED = Path(__file__).with_name("asked.txt")


def labels(rows):
    with ASKED.open("a") as file:
        file.write(f"{len(rows)}\\n")
    return [None if row["x0"] > 2 else "yes" if row["x0"] > 0 else "no" for row in rows]


def odds(rows):
    return [{"yes": 0.75, "no": 0.25} if row["x0"] > 0 else {"yes": 0.4, "no": 0.6} for row in rows]


def fails_far(rows):
    if any(row["x0"] > 2 for row in rows):
        raise ValueError("so far out nobody knows")
    return ["yes" for _ in rows]


def fails(rows):
    raise ValueError("a rule that is broken")
"""
PYTHON = (
    'name = "rule"\nadapter = "python"\nsource = "{module}:{name}"\nterms = "own-model"\n'
    f'inputs = {[*INPUTS]}\nlabels = ["no", "yes"]\n'.replace("'", '"')
)
SMALL = {name: rows_of(name).slice(0, 300) for name in ("train", "calibrate", "certify")}


def answers(project: Project, *, asking: Asking | None = None) -> pa.Table:
    permitted = permitted_teacher(project.folder, project.file)
    return teacher_answers(project.folder, project.file, permitted, "certify", asking or Asking())


def of_code(folder: Path, name: str, tables: dict[str, pa.Table] = SMALL) -> Project:
    """Project whose teacher is a function, cleared and pinned."""
    module = f"rule_{folder.name}"  # modules that are loaded stay
    said = PYTHON.format(module=module, name=name)
    if name == "odds":
        said += 'parameters = { gives = "probabilities" }\n'
    (folder / f"{module}.py").write_text(CODE, "utf-8")
    project = write_project(folder, tables, teacher=said)
    clear_and_pin(project)
    return project


def asked(project: Project) -> int:
    """Rows that the function was asked about so far."""
    return sum(map(int, (project.folder / "asked.txt").read_text().split()))


class TestFiles:
    def test_each_row_in_its_order(self, ladder: Ladder) -> None:
        found = answers(ladder())
        frame = rows_of("certify").select([*INPUTS]).to_pandas()
        assert found.schema == ANSWERS
        assert found["label"].to_pylist() == teacher().predict(frame).tolist()
        sure = teacher().predict_proba(frame).max(axis=1)
        assert np.array_equal(np.asarray(found["confidence"].to_numpy()), sure)

    def test_nothing_is_written_down(self, ladder: Ladder) -> None:
        project = ladder()
        before = sorted(project.folder.rglob("*"))
        answers(project)
        assert sorted(project.folder.rglob("*")) == before

    def test_a_row_that_the_teacher_cannot_answer_is_named(self, ladder: Ladder) -> None:
        certify = with_column(rows_of("certify"), "x0", ["far"] * 3200)
        with pytest.raises(TeacherError, match=r"did not answer rows certify-0 to") as refused:
            answers(ladder({"certify": certify}))
        assert refused.value.hint == "See whether it can be asked at all: distilproof pin --check"

    def test_a_teacher_that_gives_no_probabilities_is_not_sure(self, tmp_path: Path) -> None:
        said = (
            'name = "table"\nadapter = "table"\nsource = "train.parquet"\nterms = "own-model"\n'
            'answer = "said"\nlabels = ["no", "yes"]\ninputs = ["x0", "x1", "x2", "south"]\n'
        )
        words = ["no", None, *["yes"] * 298]
        tables = {name: with_column(table, "said", words) for name, table in SMALL.items()}
        project = write_project(tmp_path, tables, teacher=said)
        clear_and_pin(project)
        found = answers(project)
        assert found["label"].to_pylist() == words
        assert found["confidence"].null_count == 300

    def test_confidence_is_that_of_the_answer_where_another_label_is_likelier(
        self, tmp_path: Path
    ) -> None:
        said = (
            'name = "table"\nadapter = "table"\nsource = "train.parquet"\nterms = "own-model"\n'
            'answer = "said"\nprobabilities = "p_{label}"\nlabels = ["no", "yes"]\n'
            'inputs = ["x0", "x1", "x2", "south"]\n'
        )
        columns = {"said": ["no", "yes"] * 150, "p_no": [0.3] * 300, "p_yes": [0.7] * 300}
        tables = dict(SMALL)
        for name, values in columns.items():
            tables = {use: with_column(table, name, values) for use, table in tables.items()}
        project = write_project(tmp_path, tables, teacher=said)
        clear_and_pin(project)
        assert answers(project)["confidence"].to_pylist() == [0.3, 0.7] * 150


class TestCode:
    def test_answers_are_kept_and_asked_for_once(self, tmp_path: Path) -> None:
        project = of_code(tmp_path, "labels")
        before = asked(project) if (tmp_path / "asked.txt").exists() else 0
        found = answers(project)
        x0 = cast("list[float]", SMALL["certify"]["x0"].to_pylist())
        assert found["label"].to_pylist() == ["yes" if one > 0 else "no" for one in x0]
        assert found["confidence"].null_count == 300
        assert asked(project) - before == 300
        assert answers(project).equals(found)
        assert asked(project) - before == 300

    def test_a_refusal_has_no_label(self, tmp_path: Path) -> None:
        certify = with_column(SMALL["certify"], "x0", np.where(np.arange(300) < 2, 3.0, 0.5))
        found = answers(of_code(tmp_path, "labels", {**SMALL, "certify": certify}))
        assert found["label"].to_pylist() == [None, None, *["yes"] * 298]

    def test_confidence_is_that_of_the_label_that_was_given(self, tmp_path: Path) -> None:
        found = answers(of_code(tmp_path, "odds"))
        said = {"yes": 0.75, "no": 0.6}
        assert found["confidence"].to_pylist() == [said[one] for one in found["label"].to_pylist()]
        assert {*found["label"].to_pylist()} == {"yes", "no"}

    def test_a_teacher_that_fails_at_everything_ends_it(self, tmp_path: Path) -> None:
        with pytest.raises(TeacherError, match="a rule that is broken"):
            answers(of_code(tmp_path, "fails"))

    def test_rows_that_are_not_answered_cannot_be_judged(self, tmp_path: Path) -> None:
        certify = with_column(SMALL["certify"], "x0", np.where(np.arange(300) < 1, 3.0, 0.5))
        project = of_code(tmp_path, "fails_far", {**SMALL, "certify": certify})
        with pytest.raises(CannotJudgeError, match=r"not answered every row of .*certify\.parquet"):
            answers(project)

    def test_whoever_listens_hears_how_far_it_is(self, tmp_path: Path) -> None:
        heard: list[tuple[int, int]] = []
        lines: list[str] = []
        asking = Asking(tell=lambda now: heard.append((now.answered, now.rows)), say=lines.append)
        answers(of_code(tmp_path, "labels"), asking=asking)
        assert heard[-1] == (300, 300)
        assert any("runs your own code" in line for line in lines)


class TestServer:
    def test_requests_are_limited_and_what_is_paid_for_is_kept(self, tmp_path: Path) -> None:
        with serving(ChatBehaviour()) as server:
            project = Project.load(make_project(tmp_path, server.url, connections=1))
            with pytest.raises(BudgetError, match="5 of 5 requests are sent"):
                answers(project, asking=Asking(max_requests=5))
            assert sum(server.answered.values()) == 5
            found = answers(project, asking=Asking(max_requests=20))
            assert sum(server.answered.values()) == len(server.answered) == found.num_rows == 20
        assert {*found["label"].to_pylist()} <= {"no", "yes"}
