"""Reads the rows that a ladder is calibrated, certified and searched on, each with its split."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from distilproof.counts.schema import Roles
from distilproof.distil.splits import (
    Shares,
    plan_splits,
    require_certify_apart,
    splits_of,
)
from distilproof.errors import ProjectFileError, TableError, UsageError
from distilproof.sources.columns import did_you_mean
from distilproof.sources.files import read_files
from distilproof.sources.judged_rows import SET_ASIDE
from distilproof.sources.project_file import ProjectFile
from distilproof.sources.session import connect
from distilproof.workflows.known_rows import row_keys
from distilproof.workflows.label_rows import Split
from distilproof.workflows.rung_settings import OWN_NAMES, ladder_roles

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

Keys = Mapping[Split, Sequence[bytes]]
"""By what rows of each table are known again, in the order of the table."""

_compute: Any = pc

_CALIBRATING = ("fit", "select")
_OPTIONAL = ("cluster", "time", "weight", "label_source", "repeat")


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRows:
    """Rows of the tables to calibrate, to certify and to discover on.

    Parameters
    ----------
    table
        Named, labelled, with a split each; what students read, slices and roles as columns.
    parts
        What its rows were read for, in its order: some of `calibrate`, `certify`, `discover`.
    keys
        By what rows of each table are known again, in the order of the table.
    certify_ids
        Ids of the rows of the table to certify on, as they are named there.
    roles
        Which column plays which role, those that are yet to come included.
    keep
        Columns that predictions keep.
    inputs
        Columns that students read.
    notes
        What was decided because nobody said otherwise: to be said aloud.
    """

    table: pa.Table
    parts: tuple[Split, ...]
    keys: Keys
    certify_ids: Sequence[str]
    roles: Roles
    keep: tuple[str, ...]
    inputs: tuple[str, ...]
    notes: tuple[str, ...]


def read_ladder_rows(folder: Path, file: ProjectFile, inputs: Sequence[str]) -> LadderRows:
    """Read the rows that every size answers, and say of each what it is for.

    Rows to calibrate on are split into those to fit and those to select by, by hash of their
    cluster or id. Where no table to calibrate or to discover on is named, a share of the table to
    certify on is taken, and certifies nothing.

    Parameters
    ----------
    folder, file
        The project.
    inputs
        Columns that students read.

    Raises
    ------
    ProjectFileError
        When no table to certify on is named, or no column that names a row.
    UsageError
        When they have a column already that predictions write.
    TableError
        When a table cannot be read, lacks a column, or has one of another type than the others.
    LeakageError
        When rows to certify on are also to calibrate on.
    """
    data, roles = file.data, ladder_roles(file)
    _require_named(file)
    _require_free(file, roles, inputs)
    plan = plan_splits(calibrate=data.calibrate is not None, discover=data.discover is not None)
    cut: dict[str, Shares] = {
        "calibrate": plan.calibrate,
        "certify": plan.certify,
        "discover": {"discover": 1.0},
    }
    read: dict[Split, pa.Table] = {
        use: _read(folder / str(path), file, roles, inputs) for use, path in _tables(file)
    }
    own = _own_splits(read["certify"], file)
    tables: dict[Split, pa.Table] = {
        use: _split(table, roles, cut[use], own if use == "certify" else None)
        for use, table in read.items()
    }
    keys: Keys = {use: row_keys(one, file, inputs) for use, one in tables.items()}
    ids: Column = tables["certify"].column(str(file.data.id))
    certify_ids: list[str] = ids.to_pylist()
    splits: Column = tables["certify"].column(str(roles.split))
    _require_apart(file, keys, certify_ids, splits.to_pylist())
    named = (str(getattr(roles, role)) for role in ("id", "split"))
    keep = dict.fromkeys((*named, *_optional(roles), roles.label, *file.layout.level_columns))
    return LadderRows(
        table=_together(_named_apart(tables, str(roles.id))),
        parts=tuple(tables),
        keys=keys,
        certify_ids=certify_ids,
        roles=roles,
        keep=tuple(keep),
        inputs=tuple(inputs),
        notes=() if own else plan.notes,
    )


def _require_named(file: ProjectFile) -> None:
    """Refuse a project that does not say which rows certify, or what names a row."""
    if file.data.certify is None:
        raise ProjectFileError(
            "the project file names no rows to certify on under [data] certify",
            hint='Name them, such as certify = "data/certify.parquet".',
        )
    if file.data.id is None:
        raise ProjectFileError(
            "nothing names a row, so that no row can be told to serve one end only",
            hint='Name a column under [data], such as id = "id".',
        )


def _require_apart(
    file: ProjectFile,
    keys: Keys,
    ids: Sequence[str],
    splits: Sequence[str | None],
) -> None:
    """Refuse rows to certify on that are also to calibrate or to discover on, of any table."""
    table = str(file.data.certify)
    named = [*zip(ids, keys["certify"], strict=True)]
    learnt = {str(getattr(file.data, use)): {*one} for use, one in keys.items() if use != "certify"}
    require_certify_apart(named, learnt, table=table)
    used = {key for (_, key), split in zip(named, splits, strict=True) if split in _CALIBRATING}
    judged = (one for one, split in zip(named, splits, strict=True) if split not in SET_ASIDE)
    require_certify_apart(judged, {"its own rows to fit and to select by": used}, table=table)


def _tables(file: ProjectFile) -> Iterator[tuple[Split, str]]:
    uses: tuple[Split, ...] = ("calibrate", "certify", "discover")
    for use in uses:
        path: str | None = getattr(file.data, use)
        if path is not None:
            yield use, path


def _require_free(file: ProjectFile, roles: Roles, inputs: Sequence[str]) -> None:
    """Refuse columns that are read and whose names are those of columns that are written."""
    written = [roles.teacher, roles.student]
    written += [str(getattr(roles, role)) for role in OWN_NAMES if role not in {"id", "split"}]
    if file.roles.split is None:
        written.append(str(roles.split))
    read = {str(roles.id), roles.label, *inputs, *_optional(roles), *file.layout.level_columns}
    taken = [name for name in written if name in read]
    if taken:
        raise UsageError(
            f"the rows have a column {taken[0]!r} already, which predictions write",
            hint="Name another one under [predictions], or rename it in the tables.",
        )


def _optional(roles: Roles) -> list[str]:
    """Columns of roles that a project need not name, where it names them."""
    return [str(getattr(roles, role)) for role in _OPTIONAL if getattr(roles, role)]


def _read(path: Path, file: ProjectFile, roles: Roles, inputs: Sequence[str]) -> pa.Table:
    """Read the columns that play a part; the label and the id as text."""
    teacher = file.lineage.teacher
    as_text = {*inputs} if teacher is not None and teacher.prompt is not None else set[str]()
    text = {roles.label, str(roles.id)}
    needed = [str(roles.id), roles.label, *inputs, *_optional(roles), *file.layout.level_columns]
    own = [] if file.roles.split is None else [file.roles.split]
    with connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        relation = read_files(connection, str(path), as_text | text)
        lacking = [name for name in needed if name not in relation.columns]
        if lacking:
            raise TableError(
                f"{path} has no column {lacking[0]!r}",
                hint=did_you_mean(lacking[0], relation.columns),
            )
        wanted = dict.fromkeys((*needed, *(n for n in own if n in relation.columns)))
        listed = [
            f"CAST({_quoted(name)} AS VARCHAR) AS {_quoted(name)}"
            if name in text
            else _quoted(name)
            for name in wanted
        ]
        table: pa.Table = relation.project(", ".join(listed)).to_arrow_table()
    named: Column = table.column(str(roles.id))
    if named.null_count:
        raise TableError(
            f"{named.null_count:,} rows of {path} have no {roles.id!r}, which names them",
            hint="Give each row an id of its own.",
        )
    return table


def _own_splits(certify: pa.Table, file: ProjectFile) -> Column | None:
    """Take the splits that the table to certify on says itself, where the project names them."""
    name = file.roles.split
    return certify.column(name) if name is not None and name in certify.column_names else None


def _split(table: pa.Table, roles: Roles, shares: Shares, own: Column | None) -> pa.Table:
    """Give every row its split."""
    name = str(roles.split)
    if name in table.column_names:
        if own is None:
            table = table.drop_columns([name])
        else:
            return table
    clusters = roles.cluster if roles.cluster in table.column_names else None
    key: Column = table.column(str(clusters or roles.id)).cast(pa.string())
    splits = splits_of(key.to_pylist(), shares)
    return table.append_column(name, pa.array(splits, pa.string()))


def _named_apart(tables: Mapping[Split, pa.Table], name: str) -> list[pa.Table]:
    """Leave ids as they are, unless two tables number their rows alike."""
    ids: dict[Split, Column] = {use: table.column(name) for use, table in tables.items()}
    together: Column = pa.chunked_array([chunk for one in ids.values() for chunk in one.chunks])
    if len(_compute.unique(together)) == sum(len(_compute.unique(one)) for one in ids.values()):
        return [*tables.values()]
    return [
        table
        if use == "certify"
        else table.set_column(
            table.column_names.index(name),
            name,
            _compute.binary_join_element_wise(use, ids[use], "/"),
        )
        for use, table in tables.items()
    ]


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    """Put tables below each other; of two types of numbers the wider one is taken."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        said = " ".join(str(error).split())
        raise TableError(
            f"the tables to calibrate, to certify and to discover on do not fit together: {said}",
            hint="Write that column in one type in each of them.",
        ) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
