"""Writes the two tables of a ladder: what students learn from, and the rows that all answer.

Both lie in `.distilproof/tables/`, named by what they are made of: the same inputs, once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from distilproof.canonical import digest, plain
from distilproof.counts.schema import Roles
from distilproof.distil.examples import WHOLE
from distilproof.distil.label_table import METADATA
from distilproof.distil.splits import require_certify_apart
from distilproof.distil.whole_file import write_whole
from distilproof.errors import CannotJudgeError, ProjectFileError, TableError, UsageError
from distilproof.sources.columns import did_you_mean
from distilproof.sources.files import read_files
from distilproof.sources.project_file import ProjectFile
from distilproof.sources.session import connect
from distilproof.sources.table_digest import table_digest
from distilproof.workflows.keeping import state_of
from distilproof.workflows.known_rows import known_by_id, row_keys
from distilproof.workflows.label_rows import labels_file
from distilproof.workflows.ladder_rows import LadderRows
from distilproof.workflows.permitted_teacher import Permitted
from distilproof.workflows.teacher_answers import Asking, teacher_answers

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

_compute: Any = pc

_WRITTEN = frozenset({"id", "teacher_label", "teacher_probabilities", "label"})
"""Columns of the table to learn from besides the inputs."""

_KEY_LENGTH = 12

_MOST_LABELS = 5
"""Labels that a note names."""

_AGAIN = "Label them again; answers that are kept cost nothing: distilproof label"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRows:
    """The rows that every size answers, with the teacher's answers beside them.

    Parameters
    ----------
    path
        The table.
    roles
        Which column plays which role, those that are yet to come included.
    keep
        Columns that predictions keep.
    splits
        Rows by split.
    notes
        What was decided because nobody said otherwise, and labels that the teacher does not know.
    """

    path: Path
    roles: Roles
    keep: tuple[str, ...]
    splits: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """The table to learn from.

    Parameters
    ----------
    path
        The table.
    clearance
        Digest of the clearance that its labels were made under.
    gold
        Whether people labelled some of its rows.
    soft
        Whether the teacher said how sure it was.
    notes
        What is amiss with them, and keeps nobody from learning: to be said aloud.
    """

    path: Path
    clearance: str
    gold: bool
    soft: bool
    notes: tuple[str, ...] = ()


def asked_rows(
    folder: Path, file: ProjectFile, permitted: Permitted, rows: LadderRows, asking: Asking
) -> AskedRows:
    """Set the teacher's answers beside the rows to calibrate, to certify and to discover on.

    Parameters
    ----------
    folder, file
        The project.
    permitted
        Its teacher.
    rows
        The rows.
    asking
        How the teacher is asked, where it has not answered yet.

    Raises
    ------
    BudgetError, TeacherError
        When the teacher cannot be asked.
    """
    roles = rows.roles
    made_of = {
        "pin": permitted.pin.digest,
        "tables": _digests(folder, file, rows),
        "roles": roles,
        "keep": rows.keep,
        "inputs": rows.inputs,
        "splits": rows.table.column(str(roles.split)).to_pylist(),
    }
    path = _tables_of(folder) / f"rows-{digest(plain(made_of))[:_KEY_LENGTH]}.parquet"
    sure = str(roles.teacher_confidence)
    if not path.is_file():
        _keep(path, _with_answers(rows, folder, file, permitted, asking))
    said = pq.read_table(path, columns=[sure, str(roles.split)])
    if said.column(sure).null_count == said.num_rows:
        roles = replace(roles, teacher_confidence=None)
    splits: Column = said.column(str(roles.split))
    counted = {one["values"]: one["counts"] for one in splits.value_counts().to_pylist()}
    keep = (*rows.keep, roles.teacher, *((sure,) if roles.teacher_confidence else ()))
    notes = (*rows.notes, *_unknown_labels(rows, permitted))
    return AskedRows(path=path, roles=roles, keep=keep, splits=counted, notes=notes)


def lessons(folder: Path, file: ProjectFile, permitted: Permitted, rows: LadderRows) -> Lessons:
    """Set what the teacher and people said beside the rows to learn from.

    Parameters
    ----------
    folder, file
        The project.
    permitted
        Its teacher.
    rows
        Rows to certify on, which they must be apart from.

    Raises
    ------
    ProjectFileError
        When the project names no rows to learn from.
    CannotJudgeError
        When they are not labelled yet, or not all of them.
    UsageError
        When they, or the teacher's pin, are other ones than when they were labelled; or an input
        has the name of what is learnt from.
    LeakageError
        When some of them are also to certify on.
    TableError
        When a table cannot be read, or lacks a column.
    """
    if file.data.train is None:
        raise ProjectFileError(
            "the project file names no rows to learn from under [data] train",
            hint='Name them, such as train = "data/train.parquet".',
        )
    _require_free(rows.inputs)
    train = str(folder / file.data.train)
    labels = _labels(labels_file(folder, "train", WHOLE), train, permitted)
    table = _taught(train, file, rows.inputs, permitted, labels)
    made = labels.schema.metadata[METADATA.encode()].decode()
    made_of = {
        "labels": made,
        "inputs": rows.inputs,
        "gold": file.roles.label,
        "apart": [file.lineage.labelling.apart_by, _digests(folder, file, rows)],
    }
    path = _tables_of(folder) / f"train-{digest(plain(made_of))[:_KEY_LENGTH]}.parquet"
    taught = _taught_keys(labels, table, rows, file, permitted)
    if not path.is_file():
        certify = zip(rows.certify_ids, rows.keys["certify"], strict=True)
        require_certify_apart(certify, {file.data.train: taught}, table=str(file.data.certify))
        _keep(path, table)
    said = json.loads(made)
    probabilities: Column = table.column("teacher_probabilities")
    gold: Column = table.column("label")
    return Lessons(
        path=path,
        clearance=str(said["clearance"]),
        gold=gold.null_count < table.num_rows,
        soft=probabilities.null_count < table.num_rows,
        notes=_notes(rows, file, taught),
    )


def _require_free(inputs: Sequence[str]) -> None:
    taken = [name for name in inputs if name in _WRITTEN]
    if taken:
        raise UsageError(
            f"students cannot read a column {taken[0]!r}: what they learn from is called so",
            hint="Rename it in the tables.",
        )


def _with_answers(
    rows: LadderRows, folder: Path, file: ProjectFile, permitted: Permitted, asking: Asking
) -> pa.Table:
    roles, table = rows.roles, rows.table
    answers = [teacher_answers(folder, file, permitted, use, asking) for use in rows.parts]
    said = pa.concat_tables(answers)
    table = table.append_column(roles.teacher, said.column("label"))
    return table.append_column(str(roles.teacher_confidence), said.column("confidence"))


def _unknown_labels(rows: LadderRows, permitted: Permitted) -> tuple[str, ...]:
    """Say how many rows have a label that the teacher never gives: often another spelling of it."""
    labels: Column = rows.table.column(rows.roles.label).drop_null()
    known = _compute.is_in(labels, value_set=pa.array(permitted.teacher.labels, pa.string()))
    unknown: Column = labels.filter(_compute.invert(known))
    if not len(unknown):
        return ()
    named = sorted(unknown.unique().to_pylist())
    note = (
        f"{len(unknown):,} of {len(labels):,} labelled rows to judge by have a label that the "
        f"teacher never gives: {_listed(named)}; its own are {_listed(permitted.teacher.labels)}. "
        "There it counts as wrong, and so does what learns from it"
    )
    return (note,)


def _listed(labels: Sequence[str]) -> str:
    more = ["..."] if len(labels) > _MOST_LABELS else []
    return ", ".join([*map(repr, labels[:_MOST_LABELS]), *more])


def _labels(path: Path, train: str, permitted: Permitted) -> pa.Table:
    """Labels of the rows to learn from, made of these rows by the teacher that is pinned now."""
    if not path.is_file():
        raise CannotJudgeError(
            "the rows to learn from are not labelled yet", hint="Label them: distilproof label"
        )
    try:
        labels = pq.read_table(path)
        said = json.loads(labels.schema.metadata[METADATA.encode()])
        pin, table, rows = said["pin"], said.get("table"), int(said["rows"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise UsageError(f"{path} holds no labels that can be read", hint=_AGAIN) from error
    if pin != permitted.pin.digest:
        raise UsageError(
            f"{path} was labelled by another teacher than the one that is pinned now", hint=_AGAIN
        )
    if table != table_digest(train):
        raise UsageError(f"{train} is not the table that was labelled", hint=_AGAIN)
    if labels.num_rows < rows:
        raise CannotJudgeError(
            f"{labels.num_rows:,} of {rows:,} rows to learn from are labelled",
            hint="Label the others: distilproof label",
        )
    if not labels.num_rows:
        raise CannotJudgeError(
            f"{train} has no row to learn from",
            hint="Name a table with rows under [data] train, and label them: distilproof label",
        )
    return labels


def _taught(
    train: str, file: ProjectFile, inputs: Sequence[str], permitted: Permitted, labels: pa.Table
) -> pa.Table:
    """Set beside the inputs what the teacher said, and what people said where they did."""
    as_text = {*inputs} if permitted.settings.prompt is not None else set[str]()
    gold = file.roles.label
    with connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        relation = read_files(connection, train, as_text | {gold})
        lacking = [name for name in inputs if name not in relation.columns]
        if lacking:
            raise TableError(
                f"{train} has no column {lacking[0]!r}",
                hint=did_you_mean(lacking[0], relation.columns),
            )
        listed = [_quoted(name) for name in inputs]
        if gold in relation.columns:
            listed.append(f"CAST({_quoted(gold)} AS VARCHAR) AS {_quoted(_GOLD)}")
        table: pa.Table = relation.project(", ".join(listed)).to_arrow_table()
    place: Column = labels.column("row")
    table = table.take(place.combine_chunks())
    said: Column = (
        table.column(_GOLD) if _GOLD in table.column_names else pa.nulls(len(table), pa.string())
    )
    known = _compute.is_in(said, value_set=pa.array(permitted.teacher.labels))
    columns: dict[str, Any] = {"id": labels.column("id")}
    columns |= {name: table.column(name) for name in inputs}
    columns |= {
        "teacher_label": labels.column("label"),
        "teacher_probabilities": labels.column("probabilities"),
        "label": _compute.if_else(known, said, None),
    }
    return pa.Table.from_pydict(columns)


_GOLD = "distilproof: label"


def _taught_keys(
    labels: pa.Table, table: pa.Table, rows: LadderRows, file: ProjectFile, permitted: Permitted
) -> set[bytes]:
    """By what rows to learn from are known again."""
    by_id = known_by_id(file)
    if by_id or {*rows.inputs} == {*permitted.teacher.inputs}:
        # What labelling kept of them says it.
        column: Column = labels.column("id" if by_id else "input_hash")
        kept: list[str] = column.to_pylist()
        return {one.encode() if by_id else bytes.fromhex(one) for one in kept}
    return {*row_keys(table, file, rows.inputs)}


def _notes(rows: LadderRows, file: ProjectFile, taught: set[bytes]) -> tuple[str, ...]:
    """Say how many rows to calibrate on the students learn from, too."""
    calibrate = rows.keys.get("calibrate", ())
    both = sum(key in taught for key in calibrate)
    if not both:
        return ()
    note = (
        f"{both:,} of {len(calibrate):,} rows of {file.data.calibrate} are also among those that "
        f"were learnt from ({file.data.train}): students are surer of them than of others, and a "
        "confidence that is fitted to them is too high"
    )
    return (note,)


def _digests(folder: Path, file: ProjectFile, rows: LadderRows) -> list[str | None]:
    return [table_digest(str(folder / str(getattr(file.data, use)))) for use in rows.parts]


def _tables_of(folder: Path) -> Path:
    return state_of(folder) / "tables"


def _keep(path: Path, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(table.combine_chunks(), sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
