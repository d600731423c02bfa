"""A student that is an ONNX graph: over columns, run by onnxruntime on so many threads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from distilproof.distil.predictions import (
    Floats,
    Predictions,
    by_label,
    by_probability,
    placed,
    softmax,
)
from distilproof.distil.student_columns import numbers, texts
from distilproof.distil.student_file import StudentFile
from distilproof.distil.student_tokens import TOKENIZER, TokenStudent, tokenizer_of
from distilproof.domain.identity import ModelRef
from distilproof.errors import MissingDependencyError, TableError, UsageError
from distilproof.teachers.adapters.onnx import Input, Onnx
from distilproof.teachers.adapters.onnx import load as load_teacher
from distilproof.teachers.onnx_file import needs_of, require_own
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.unsafe import refuse_pickle

Session = Any
"""An `onnxruntime.InferenceSession`: its stub leaves most of it open."""

_TEXT = "tensor(string)"
_WHOLE = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": np.bool_}
_FLOATING = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
}
_PAIR = 2
_SHOWN = 300


def load(
    folder: Path, said: StudentFile, identity: ModelRef, *, threads: int
) -> "OnnxStudent | TokenStudent":
    """Open the graph of a student, after the checks that a teacher's graph goes through.

    One with a tokenizer beside it reads the tokens of a text.

    Raises
    ------
    UnsafeModelError
        When it needs code or files of elsewhere.
    UsageError
        When it is no graph over the student's inputs that answers its labels.
    MissingDependencyError
        When onnxruntime is not installed.
    """
    path = folder / said.model
    if (folder / TOKENIZER).is_file():
        refuse_pickle(path, instead="Export the model to ONNX; a pickle is never opened.")
        require_own(path, needs_of(path), folder=folder)
        tokenizer = tokenizer_of(folder, said)
        session = session_of(path, threads=threads)
        return TokenStudent(said=said, identity=identity, session=session, tokenizer=tokenizer)
    parameters = {"scores": said.scores} | ({"output": said.output} if said.output else {})
    graph = load_teacher(
        TeacherSettings(
            name=said.rung,
            adapter="onnx",
            source=str(path),
            inputs=said.inputs,
            labels=said.classes or said.labels,
            parameters=tuple(sorted(parameters.items())),
        )
    )
    strangers = sorted(set(graph.labels) - set(said.labels))
    if strangers:
        raise UsageError(f"{path} answers {strangers[0]!r}, which is none of the labels")
    return OnnxStudent(
        said=said, identity=identity, graph=graph, session=session_of(path, threads=threads)
    )


def session_of(path: Path, *, threads: int) -> Session:
    """Load a graph that was checked before, to run on so many threads of the CPU.

    Raises
    ------
    UsageError
        When onnxruntime cannot load it.
    MissingDependencyError
        When onnxruntime is not installed.
    """
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(
            "an ONNX student needs onnxruntime, which is not installed",
            hint="pip install 'distilproof[onnx]'",
        ) from error
    runtime = cast("Any", onnxruntime)  # its stub leaves the options open
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4  # what goes wrong is said once, by the error
    try:
        return runtime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime raises its own kinds of RuntimeError
        raise UsageError(f"onnxruntime cannot load {path}: {str(error)[:_SHOWN]}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxStudent:
    """A graph over columns.

    Parameters
    ----------
    said
        What the student is.
    identity
        Which model it is.
    graph
        What the graph reads and answers.
    session
        The graph, loaded.
    """

    said: StudentFile
    identity: ModelRef
    graph: Onnx
    session: Session

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table.

        Raises
        ------
        TableError
            When the table lacks what the graph reads.
        UsageError
            When onnxruntime cannot run the graph on the rows.
        """
        if not table.num_rows:
            return by_probability(np.empty((0, len(self.labels))), self.labels)
        feed = {each.name: self._array(table, each) for each in self.graph.fed}
        label, scores = self.graph.outputs.label, self.graph.outputs.scores
        wanted = [name for name in (label, scores) if name]
        try:
            found = dict(zip(wanted, self.session.run(wanted, feed), strict=True))
            weighed = self._weighed(found[scores], table.num_rows) if scores else None
            if label is None:
                return by_probability(cast("Floats", weighed), self.labels)
            names = [self.graph.named(value) for value in found[label].reshape(-1).tolist()]
        except Exception as error:  # onnxruntime raises its own kinds of RuntimeError
            raise UsageError(
                f"the graph of {self.said.rung} cannot take the rows: {str(error)[:_SHOWN]}",
                hint='Where it gives logits, write scores = "logits" under [ladder.options].',
            ) from error
        if weighed is None:
            return Predictions(labels=[*names])
        return by_label(names, weighed, self.labels)

    def _array(self, table: pa.Table, each: Input) -> Any:  # noqa: ANN401 - an array of any type
        if each.kind == _TEXT:
            found: Any = np.array([texts(table, name) for name in each.columns], dtype=object).T
        else:
            found = numbers(table, each.columns, self.said.levels)
            if each.kind in _WHOLE and not np.equal(found, np.trunc(found)).all():
                raise TableError(
                    f"{', '.join(each.columns)}: the student reads whole numbers, none missing"
                )
            found = found.astype({**_WHOLE, **_FLOATING}[each.kind])
        return found.reshape(-1) if each.flat else found

    def _weighed(self, scores: Any, rows: int) -> Floats:  # noqa: ANN401 - maps or an array
        classes = self.graph.labels
        if isinstance(scores, list):
            maps = cast("list[dict[object, float]]", scores)
            named = [{self.graph.named(key): value for key, value in row.items()} for row in maps]
            scores = np.array([[row.get(one, 0.0) for one in classes] for row in named])
        found: Floats = np.asarray(scores, dtype=np.float64).reshape(rows, -1)
        if found.shape[1] == 1 and len(classes) == _PAIR:
            found = np.column_stack([0 * found if self.graph.outputs.logits else 1 - found, found])
        if found.shape[1] != len(classes):
            msg = f"it gives {found.shape[1]} numbers for {len(classes)} labels"
            raise ValueError(msg)
        return placed(softmax(found) if self.graph.outputs.logits else found, classes, self.labels)
