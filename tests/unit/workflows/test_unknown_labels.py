"""A label that the teacher never gives is said aloud: it is an error of everybody."""

from collections.abc import Callable

from distilproof.workflows.ladder_rows import read_ladder_rows
from distilproof.workflows.ladder_tables import asked_rows
from distilproof.workflows.permitted_teacher import permitted_teacher
from distilproof.workflows.project import Project
from distilproof.workflows.teacher_answers import Asking
from ladder_project import INPUTS, ROWS, rows_of, with_column


def notes_of(project: Project) -> list[str]:
    permitted = permitted_teacher(project.folder, project.file)
    rows = read_ladder_rows(project.folder, project.file, INPUTS)
    asked = asked_rows(project.folder, project.file, permitted, rows, Asking())
    return [note for note in asked.notes if "never gives" in note]


def test_rows_with_another_spelling_are_counted(ladder: Callable[..., Project]) -> None:
    certify = rows_of("certify")
    labels = ["maybe", None, "1", *certify["y"].to_pylist()[3:]]
    project = ladder({"certify": with_column(certify, "y", labels)})
    (note,) = notes_of(project)
    assert note.startswith(f"2 of {ROWS['certify'] - 1 + ROWS['calibrate']:,} labelled rows ")
    assert "never gives: '1', 'maybe'; its own are 'no', 'yes'." in note


def test_nothing_is_said_where_the_teacher_knows_them_all(ladder: Callable[..., Project]) -> None:
    assert notes_of(ladder()) == []
