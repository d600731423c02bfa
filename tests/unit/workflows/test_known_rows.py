"""Rows are hashed once, and hashed again when anything is another one that they were hashed by."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from distilproof.distil.leakage import input_hash
from distilproof.errors import LeakageError
from distilproof.workflows.known_rows import RowKeys
from distilproof.workflows.ladder_rows import read_ladder_rows
from distilproof.workflows.project import Project
from ladder_project import INPUTS, ROWS, rows_of

Ladder = Callable[..., Project]


@pytest.fixture
def ladder(ladder: Ladder) -> Ladder:
    """Write a project of which nothing was hashed yet."""

    def written(**said: str) -> Project:
        project = ladder(**said)
        for path in kept(project):
            path.unlink()
        return project

    return written


def keys_of(project: Project, inputs: tuple[str, ...] = INPUTS) -> list[bytes]:
    known = RowKeys(folder=project.folder, file=project.file, inputs=inputs)
    return known.of("certify", pq.read_table(project.folder / "certify.parquet"))


def kept(project: Project) -> list[Path]:
    return sorted((project.folder / ".distilproof" / "tables").glob("known-*.parquet"))


def test_a_key_is_the_hash_of_the_inputs(ladder: Ladder) -> None:
    rows = rows_of("certify").to_pylist()
    assert keys_of(ladder()) == [input_hash(row, INPUTS) for row in rows]


def test_they_are_hashed_once(ladder: Ladder) -> None:
    project = ladder()
    first = keys_of(project)
    (path,) = kept(project)
    table = pq.read_table(path)
    pq.write_table(table.take(list(range(ROWS["certify"]))[::-1]), path)
    assert keys_of(project) == first[::-1]


def test_what_a_sweep_reads_is_what_was_kept(ladder: Ladder) -> None:
    project = ladder()
    read_ladder_rows(project.folder, project.file, INPUTS)
    calibrate, certify = (
        next(path for path in kept(project) if pq.read_metadata(path).num_rows == ROWS[use])
        for use in ("calibrate", "certify")
    )
    pq.write_table(pq.read_table(certify).slice(0, ROWS["calibrate"]), calibrate)
    with pytest.raises(LeakageError, match=r"certify\.parquet are also among those"):
        read_ladder_rows(project.folder, project.file, INPUTS)


@pytest.mark.parametrize("damage", ["no Parquet", "another column", "fewer rows"])
def test_what_is_damaged_is_hashed_again(ladder: Ladder, damage: str) -> None:
    project = ladder()
    first = keys_of(project)
    (path,) = kept(project)
    table = pq.read_table(path)
    if damage == "no Parquet":
        path.write_bytes(b"PAR1")
    elif damage == "another column":
        pq.write_table(table.rename_columns(["other"]), path)
    else:
        pq.write_table(table.slice(1), path)
    assert keys_of(project) == first
    assert pq.read_table(path).equals(table)


def test_another_table_or_other_inputs_are_hashed_anew(ladder: Ladder) -> None:
    project = ladder()
    first = keys_of(project)
    assert keys_of(project, INPUTS[:2]) != first
    turned = rows_of("certify").take(list(range(ROWS["certify"]))[::-1])
    pq.write_table(turned, project.folder / "certify.parquet")
    assert keys_of(project) == first[::-1]
    assert len(kept(project)) == 3


def test_ids_are_kept_nowhere(ladder: Ladder) -> None:
    project = ladder(labelling='apart_by = "id"')
    assert keys_of(project)[:2] == [b"certify-0", b"certify-1"]
    assert kept(project) == []
