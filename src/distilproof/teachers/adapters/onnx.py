"""`onnx`: a classifier as a graph of standard operators, run by onnxruntime on the CPU.

It reads columns: one table of numbers or of text, or an input for each column. It answers with a
label, with probabilities or with logits; where there are only scores, the likeliest label is the
answer. A graph cannot run code, and one that needs operators of its own is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from distilproof.errors import MissingDependencyError, TableError, UsageError
from distilproof.teachers.asked_values import label_text
from distilproof.teachers.at_hand import Said, TeacherAtHand, identity_of
from distilproof.teachers.failures import BadAnswerError, RejectedError
from distilproof.teachers.onnx_file import needs_of, require_own
from distilproof.teachers.probabilities import checked, likeliest
from distilproof.teachers.project_says import placed, renamed, require_labels, require_parameters
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Request, Row, Signal
from distilproof.teachers.unsafe import refuse_pickle

SCORES = ("probabilities", "logits")
"""What the parameter `scores` may say that a model's numbers are."""

Session = Any
"""An `onnxruntime.InferenceSession`: its stub leaves most of it open."""

Array = Any
"""An array of NumPy, which is not loaded with this module."""

_TEXT, _MAPS = "tensor(string)", "seq(map("
_NUMBERS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}
_WITHOUT_MISSING = {"int64", "int32", "bool"}
_INTEGERS = {"tensor(int64)", "tensor(int32)"}
_FLOATS = {"tensor(float)", "tensor(double)", "tensor(float16)"}
_TABLE = 2
_SHOWN = 300


class Input(NamedTuple):
    """An input of the graph: what it is called, its type, and the columns that make it."""

    name: str
    kind: str
    columns: tuple[str, ...]
    flat: bool


class Outputs(NamedTuple):
    """Outputs that the answer is read from; `None` where there is none."""

    label: str | None
    scores: str | None
    logits: bool


def load(settings: TeacherSettings) -> "Onnx":
    """Open an ONNX model.

    Parameters
    ----------
    settings
        With an .onnx file as `source`, or a folder with one and the weights that lie beside it.
        `inputs` may be left out where the graph has an input for each column, and `labels` where
        it lists them. The parameter `scores` says whether its numbers are `probabilities` or
        `logits`, `output` which output they are.

    Raises
    ------
    UnsafeModelError
        When the file is a pickle, or the model needs code or files of elsewhere.
    UsageError
        When it is no ONNX model, or no classifier of columns that fits the settings.
    MissingDependencyError
        When onnxruntime is not installed.
    """
    said = require_parameters(settings, {"scores": str, "output": str})
    if said.get("scores", SCORES[0]) not in SCORES:
        raise UsageError(
            f"the parameter scores of the onnx adapter is {said['scores']!r}",
            hint=f"It is one of {', '.join(SCORES)}.",
        )
    path, folder = _model(settings)
    refuse_pickle(path, instead="Export the model to ONNX; a pickle is never opened.")
    needs = needs_of(path)
    require_own(path, needs, folder=folder)
    session = _session(path)
    own = needs.classes or require_labels(settings)
    outputs = _outputs(session, said)
    inputs = _inputs(session, settings)
    return Onnx(
        identity=identity_of(settings),
        signal=Signal.HARD if outputs.scores is None else Signal.PROBABILITIES,
        labels=renamed(own, settings),
        inputs=tuple(name for each in inputs for name in each.columns),
        session=session,
        fed=inputs,
        outputs=outputs,
        classes=own,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Onnx(TeacherAtHand):
    """A classifier in onnxruntime.

    Parameters
    ----------
    session
        The graph, loaded.
    fed
        Its inputs.
    outputs
        Outputs that the answer is read from.
    classes
        The model's own labels as text, in its order; the project's where it lists none.
    """

    session: Session
    fed: tuple[Input, ...]
    outputs: Outputs
    classes: tuple[str, ...]

    def request(self, row: Row) -> Request:
        """Value of each input, by its column.

        Raises
        ------
        TableError
            When a column is missing, or its value is not of the kind that the graph takes: text
            or a number; a missing one only where a number may be NaN.
        """
        found = TeacherAtHand.request(self, row)
        for each in self.fed:
            for name in each.columns:
                _require_kind(found[name], name, each.kind)
        return found

    def predict(self, requests: Sequence[Request]) -> list[Said]:
        """Run the graph on a batch.

        Raises
        ------
        RejectedError
            When onnxruntime cannot run it on these rows.
        BadAnswerError
            When its output is none of the labels, or no probabilities.
        """
        feed = {each.name: _array(requests, each) for each in self.fed}
        wanted = [name for name in (self.outputs.label, self.outputs.scores) if name]
        try:
            found = dict(zip(wanted, self.session.run(wanted, feed), strict=True))
        except Exception as error:  # onnxruntime raises its own kinds of RuntimeError
            raise RejectedError(f"the graph cannot take the rows: {str(error)[:_SHOWN]}") from error
        weighed = self._weighed(found[self.outputs.scores]) if self.outputs.scores else None
        if self.outputs.label is None:
            rows = cast("list[tuple[float, ...]]", weighed)
            return [Said(likeliest(row, self.labels), row) for row in rows]
        labels = [self.named(value) for value in found[self.outputs.label].reshape(-1).tolist()]
        if weighed is None:
            return [Said(label) for label in labels]
        if len(weighed) != len(labels):
            raise BadAnswerError(f"{len(labels)} labels and {len(weighed)} rows of probabilities")
        return [Said(*pair) for pair in zip(labels, weighed, strict=True)]

    def _weighed(self, scores: Any) -> list[tuple[float, ...]]:  # noqa: ANN401 - maps or an array
        if isinstance(scores, list):
            maps = cast("list[Mapping[object, float]]", scores)
            return [checked(self._in_order(row), self.labels) for row in maps]
        import numpy as np  # noqa: PLC0415 - nothing that only names a teacher pays for it

        found = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
        if found.shape[1] == 1 and len(self.labels) == 2:  # noqa: PLR2004 - one number for two labels
            found = np.column_stack([0 * found if self.outputs.logits else 1 - found, found])
        if self.outputs.logits:
            raised = np.exp(found - found.max(axis=1, keepdims=True))
            found = raised / raised.sum(axis=1, keepdims=True)
        try:
            return [checked(row, self.labels) for row in found.tolist()]
        except BadAnswerError as error:
            hint = "" if self.outputs.logits else "; are they logits? see scores in the docs"
            raise BadAnswerError(f"{error}{hint}") from error

    def _in_order(self, row: Mapping[object, float]) -> list[float]:
        named = {self.named(key): value for key, value in row.items()}
        return [named.get(label, 0.0) for label in self.labels]

    def named(self, value: object) -> str:
        """Label of the project for what the graph calls it: its text, or its place.

        Raises
        ------
        BadAnswerError
            When it is none of the labels.
        """
        text = label_text(value)
        if text in self.classes:
            return self.labels[self.classes.index(text)]
        by_place = not any(_is_integer(own) for own in self.classes)
        if by_place and isinstance(value, int) and 0 <= value < len(self.labels):
            return self.labels[value]
        raise BadAnswerError(f"{text[:_SHOWN]!r} is none of the labels {', '.join(self.classes)}")


def _model(settings: TeacherSettings) -> tuple[Path, Path | None]:
    """Model, and the folder that is pinned with it."""
    source = Path(settings.source)
    if not source.exists():
        raise UsageError(
            f"there is no file or folder {source}", hint="Name what is there in [teacher] source."
        )
    if source.is_file():
        return source, None
    found = sorted(path for path in source.iterdir() if path.suffix.lower() == ".onnx")
    if len(found) != 1:
        raise UsageError(
            f"the folder {source} holds {len(found)} .onnx files, and a teacher is one of them",
            hint="Put the model and the weights beside it into a folder of their own.",
        )
    return found[0], source


def _session(path: Path) -> Session:
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(
            "the onnx adapter needs onnxruntime, which is not installed",
            hint="pip install 'distilproof[onnx]'",
        ) from error
    runtime = cast("Any", onnxruntime)  # its stub leaves the options open
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is said once, by the error
    try:
        return runtime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime raises its own kinds of RuntimeError
        raise UsageError(
            f"onnxruntime cannot load {path}: {str(error)[:_SHOWN]}",
            hint="Export the model again, for the version of onnxruntime that is installed.",
        ) from error


def _inputs(session: Session, settings: TeacherSettings) -> tuple[Input, ...]:
    found = session.get_inputs()
    for each in found:
        if each.type != _TEXT and each.type not in _NUMBERS:
            raise UsageError(f"the graph reads a {each.type} ({each.name}), which no column is")
    own = tuple(each.name for each in found)
    if "input_ids" in own:
        raise UsageError(
            "the graph reads tokens of a text (input_ids), and the onnx adapter reads columns",
            hint="Use the transformers adapter, or a function of your own with a tokenizer and the "
            "python adapter.",
        )
    if len(found) == 1:
        only = found[0]
        width = only.shape[1] if len(only.shape) == _TABLE else 1
        columns = placed((), width if isinstance(width, int) else None, settings)
        return (Input(only.name, only.type, columns, len(only.shape) < _TABLE),)
    columns = placed(own, len(own), settings)
    return tuple(
        Input(each.name, each.type, (column,), len(each.shape) < _TABLE)
        for each, column in zip(found, columns, strict=True)
    )


def _outputs(session: Session, said: Mapping[str, object]) -> Outputs:
    found = {each.name: each.type for each in session.get_outputs()}
    label = next((n for n, kind in found.items() if kind == _TEXT or kind in _INTEGERS), None)
    scores = [n for n, kind in found.items() if kind in _FLOATS or kind.startswith(_MAPS)]
    chosen = said.get("output")
    if chosen is not None and chosen not in scores:
        raise UsageError(
            f"the graph has no output of numbers {chosen!r}",
            hint=f"It has {', '.join(scores) or 'none'}.",
        )
    if chosen is None and len(scores) > 1 and "logits" not in scores:
        raise UsageError(
            f"the graph has several outputs of numbers: {', '.join(scores)}",
            hint="Name the one with a column for each label in [teacher.parameters] output. From "
            "skl2onnx, export with options={'zipmap': False}.",
        )
    if label is None and not scores:
        raise UsageError("the graph gives neither labels nor numbers for each label")
    default = "logits" if "logits" in scores else next(iter(scores), None)
    name = default if chosen is None else str(chosen)
    logits = said.get("scores", "logits" if name == "logits" else "probabilities") == "logits"
    return Outputs(label, name, logits)


def _require_kind(value: object, name: str, kind: str) -> None:
    if kind == _TEXT:
        fits, needed = isinstance(value, str), "a text"
    elif _NUMBERS[kind] in _WITHOUT_MISSING:
        fits = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        needed = "a whole number"
    else:
        fits, needed = not isinstance(value, str), "a number"
    if not fits:
        raise TableError(
            f"the column {name!r} holds {value!r}, and the teacher takes {needed}",
            hint="Cast the column, or leave such rows out.",
        )


def _array(requests: Sequence[Request], each: Input) -> Array:
    import numpy as np  # noqa: PLC0415 - nothing that only names a teacher pays for it

    rows = [[request[name] for name in each.columns] for request in requests]
    if each.kind == _TEXT:
        found = np.array(rows, dtype=object)
    else:
        found = np.array(rows, dtype=np.float64).astype(_NUMBERS[each.kind])
    return found.reshape(-1) if each.flat else found


def _is_integer(label: str) -> bool:
    return label.removeprefix("-").isdecimal()
