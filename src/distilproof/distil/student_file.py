"""`student.json`: what a student folder holds, and how its model's numbers become probabilities."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import TypeAdapter, ValidationError

from distilproof.canonical import plain
from distilproof.distil.whole_file import write_whole
from distilproof.errors import UsageError
from distilproof.teachers.probabilities import SUM_TOLERANCE

SCHEMA = "distilproof.student/1"
NAME = "student.json"

Form = Literal[
    "classifier",
    "logits",
    "probabilities",
    "constant",
    "onnx",
    "transformers",
    "causal",
    "table",
]
"""Kinds of students.

classifier
    A scikit-learn classifier in `model`, a skops file.
logits, probabilities
    A scikit-learn regressor in `model`, a skops file: of the logit of the second of two labels, of
    a logit for each label, or of the probability of each.
constant
    The same `probabilities` for every row, and no model.
onnx
    A graph in `model`, over columns, or over the tokens of a text where a tokenizer is beside it.
transformers
    A text classifier: the folder is as transformers saves it.
causal
    A language model, saved the same way, which is shown `prompt`; how likely it is to go on with
    each label is what the label's probability is made of.
table
    Predictions in `model`, a Parquet file, by `id`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentFile:
    """What a student is.

    Parameters
    ----------
    form
        Kind of student.
    rung, family, targets
        What it was trained as; `None` where nobody says what it learned from.
    labels
        What it may answer, in the order of its probabilities.
    classes
        Labels in the order of the model's outputs; empty where that is the same, or where the
        model names its own. Those that the model lacks have probability 0.
    inputs
        Columns that it reads, in its order.
    levels
        Values of an input that is text, by its name: their places, from 0, are what the model
        reads. A value that is not among them counts as missing.
    model
        File of the model, in the same folder; empty where there is none, or it is the folder.
    scores
        Whether the numbers of an ONNX model are `probabilities` or `logits`.
    output
        Output of an ONNX model that they are read from; empty for the only one.
    max_tokens
        Where a text is cut; `None` where the model takes any length.
    prompt
        What a language model is shown, with a place `{column}` for each input.
    chat
        Whether the prompt is a message of a chat, in the format of the model.
    probabilities
        Of a constant student.
    parameters
        Numbers that training set; `None` where nobody counted them.
    """

    form: Form
    rung: str
    family: str
    targets: str | None = None
    labels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    model: str = ""
    scores: Literal["probabilities", "logits"] = "probabilities"
    output: str = ""
    max_tokens: int | None = None
    prompt: str | None = None
    chat: bool = False
    probabilities: tuple[float, ...] = ()
    parameters: int | None = None
    schema: str = SCHEMA


def write_student_file(folder: Path, student: StudentFile) -> None:
    """Write `student.json` into a folder; what is empty or not said is left out.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    kept = ("schema", "form", "rung", "family", "labels")
    said = cast("dict[str, Any]", plain(asdict(student)))
    chosen = {k: v for k, v in said.items() if k in kept or v not in ([], {}, "", None, False)}
    text = json.dumps(chosen, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_whole(folder / NAME, text.encode() + b"\n")


def read_student_file(folder: Path) -> StudentFile:
    """Read the `student.json` of a folder.

    Raises
    ------
    UsageError
        When it is not there, is no JSON, or says what no student is.
    """
    path = folder / NAME
    try:
        said = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(
            f"{folder} is no student folder: it holds no {NAME}",
            hint="Students of your own are brought in by the checkpoints trainer: see "
            "docs/how-to/trainers.md.",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}", hint=_AGAIN) from error
    if not isinstance(said, dict):
        raise UsageError(f"{path} is no JSON object", hint=_AGAIN)
    return _read(path, cast("Mapping[str, object]", said))


_AGAIN = "Train the student again, or see docs/how-to/trainers.md for what the file says."


def _read(path: Path, said: Mapping[str, object]) -> StudentFile:
    if said.get("schema") != SCHEMA:
        raise UsageError(
            f"{path} has the schema {said.get('schema')!r}, and this distilproof reads {SCHEMA}",
            hint=_AGAIN,
        )
    known = tuple(StudentFile.__dataclass_fields__)
    for name in said:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            meant = f"Did you mean {close[0]!r}? " if close else ""
            raise UsageError(f"{path} has the unknown key {name!r}", hint=meant + _AGAIN)
    try:
        student = TypeAdapter(StudentFile).validate_json(json.dumps(said), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {where}: {first['msg']}", hint=_AGAIN) from error
    problem = _problem(student)
    if problem:
        raise UsageError(f"{path}: {problem}", hint=_AGAIN)
    return student


def _problem(student: StudentFile) -> str | None:
    """First thing in it that contradicts itself; `None` when nothing does."""
    labels, form = student.labels, student.form
    classes = sorted(set(student.classes) - set(labels))
    levels = sorted(set(student.levels) - set(student.inputs))
    given = len(student.probabilities)
    problems = (
        (not labels or len(set(labels)) < len(labels), "no label is there, or one twice"),
        (classes, f"the classes {', '.join(classes)} are none of the labels"),
        (len({*student.classes}) < len(student.classes), "the classes name a label twice"),
        (levels, f"the levels of {', '.join(levels)} are of no input"),
        (form == "constant" and given != len(labels), f"{given} probabilities of {len(labels)}"),
        (
            form == "constant" and not _are_shares(student.probabilities),
            "the probabilities are not shares that sum to 1",
        ),
        (student.max_tokens is not None and student.max_tokens < 1, "max_tokens is below 1"),
        (form in _OF_A_FILE and not student.model, f"the form {form!r} needs a model"),
        (Path(student.model).name != student.model, f"{student.model!r} is elsewhere"),
        (form == "causal" and not student.prompt, "a language model needs a prompt"),
    )
    return next((said for wrong, said in problems if wrong), None)


def _are_shares(numbers: Sequence[float]) -> bool:
    # Written so that a number that is none fails.
    return all(one >= 0 for one in numbers) and abs(sum(numbers) - 1) <= SUM_TOLERANCE


_OF_A_FILE = frozenset({"classifier", "logits", "probabilities", "onnx", "table"})
