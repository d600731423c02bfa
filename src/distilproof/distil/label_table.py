"""Writes labels as a Parquet file: in the order of the rows, whole or not at all."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.canonical import Json, canonical_json
from distilproof.distil.label_cache import Kept, LabelCache
from distilproof.distil.label_plan import PLANNED, Plan
from distilproof.errors import UsageError
from distilproof.teachers.failures import BadAnswerError
from distilproof.teachers.validity import require_valid

SCHEMA = "distilproof.labels/1"
METADATA = "distilproof"
"""Key of the file's metadata that says what made it, as canonical JSON."""

_NAME = pa.dictionary(pa.int32(), pa.string())

COLUMNS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("probabilities", pa.list_(pa.float64())),
        pa.field("tail_mass", pa.float64()),
        pa.field("refusal", pa.string()),
        pa.field("model", _NAME, nullable=False),
        pa.field("system_fingerprint", _NAME),
        pa.field("latency_seconds", pa.float64(), nullable=False),
        pa.field("input_tokens", pa.int64(), nullable=False),
        pa.field("output_tokens", pa.int64(), nullable=False),
        pa.field("attempts", pa.int64(), nullable=False),
        pa.field("usd", pa.float64(), nullable=False),
        pa.field("request_hash", pa.string(), nullable=False),
        pa.field("input_hash", pa.string(), nullable=False),
        pa.field("pin_digest", _NAME, nullable=False),
        pa.field("clearance_digest", _NAME, nullable=False),
    ]
)
"""Columns of the file: what the row is, what was answered, by whom, at what cost, under what."""


class Written(NamedTuple):
    """What a file of labels holds: rows, refusals among them, and rows by label."""

    rows: int
    refused: int
    labels: Mapping[str, int]


def write_labels(path: Path, plan: Plan, cache: LabelCache, *, made: Mapping[str, Json]) -> Written:
    """Write the answers to planned rows; a row without one is left out.

    The same answers give the same bytes. A file that is there is replaced only by a whole one.

    Parameters
    ----------
    path
        The file; its folder is made when it is not there.
    plan
        The rows.
    cache
        The answers.
    made
        What the file's metadata says besides the schema: `pin`, the digest of the teacher's pin,
        `clearance` and `labels` at least.

    Raises
    ------
    UsageError
        When it cannot be written, or the cache holds an answer that is none.
    """
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = mkstemp(prefix="draft-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            written = _write(file, plan, cache, made)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="The answers are kept: name another place with --out, and run again.",
        ) from error
    finally:
        if draft is not None:
            with suppress(OSError):
                Path(draft).unlink()
    return written


def _write(file: Any, plan: Plan, cache: LabelCache, made: Mapping[str, Json]) -> Written:  # noqa: ANN401 - any file
    said = {**made, "schema": SCHEMA, "rows": plan.rows}
    schema = COLUMNS.with_metadata({METADATA: canonical_json(said)})
    rows = refused = 0
    counted: dict[str, int] = {}
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(plan, cache, made):
            writer.write_batch(batch)
            rows += batch.num_rows
            for label in _values(batch, "label"):
                if label is None:
                    refused += 1
                else:
                    counted[label] = counted.get(label, 0) + 1
    return Written(rows, refused, dict(sorted(counted.items())))


def _batches(plan: Plan, cache: LabelCache, made: Mapping[str, Json]) -> Iterator[pa.RecordBatch]:
    labels = made["labels"]
    allowed = tuple(map(str, labels)) if isinstance(labels, Sequence) else ()
    for chunk in plan.chunks:
        planned = [_values(chunk, name) for name in PLANNED.names]
        kept = cache.read(_values(chunk, "request_hash"))
        _require_answers(kept.values(), allowed, cache.path)
        rows = [
            (name, row, *_said(kept[key]), key.hex(), given.hex(), made["pin"], kept[key].clearance)
            for name, row, key, given in zip(*planned, strict=True)
            if key in kept
        ]
        kinds: list[Any] = COLUMNS.types
        columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
        arrays: list[Any] = [pa.array(c, k) for c, k in zip(columns, kinds, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=COLUMNS)


def _said(kept: Kept) -> tuple[object, ...]:
    answer = kept.answer
    return (
        answer.label,
        answer.probabilities,
        answer.tail_mass,
        answer.refusal,
        answer.model,
        answer.system_fingerprint,
        answer.latency_seconds,
        answer.usage.input_tokens,
        answer.usage.output_tokens,
        kept.attempts,
        kept.cost.usd,
    )


def _require_answers(kept: Iterable[Kept], labels: tuple[str, ...], path: Path) -> None:
    for one in kept:
        try:
            require_valid(one.answer, labels)
        except BadAnswerError as error:
            raise UsageError(
                f"the label cache {path} is damaged: it holds an answer that is none: {error}",
                hint="Put back a copy of it, or move it away and run again: its answers are asked "
                "for again then.",
            ) from error


def _values(batch: pa.RecordBatch, name: str) -> list[Any]:
    columns: Any = batch
    return columns.column(name).to_pylist()
