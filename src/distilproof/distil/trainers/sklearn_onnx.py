"""Exports a scikit-learn student to ONNX, and holds the two to each other."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from distilproof.distil.student import open_student
from distilproof.distil.student_file import StudentFile, write_student_file
from distilproof.distil.trainers.agreement import agreement, require_agreement
from distilproof.distil.trainers.boosted_onnx import OPSET, TREES_OPSET, boosted_graph
from distilproof.distil.trainers.fitted import Model
from distilproof.distil.trainers.lessons import Lessons
from distilproof.errors import MissingDependencyError, TrainingError, UsageError

GRAPH = "model.onnx"

_WORDS = {"locale": "C", "tokenexp": r"[\p{L}\p{N}_]{2,}"}
"""What is a word, as scikit-learn has it, in the locale that every machine has: that one does not
know the capitals of letters beyond ASCII."""

_SHOWN = 300


def export(
    folder: Path, student: StudentFile, model: Model, lessons: Lessons
) -> tuple[StudentFile, Mapping[str, object]]:
    """Put an ONNX file in the place of a skops file.

    Parameters
    ----------
    folder
        Folder of the student, which holds the skops file.
    student
        What it is.
    model
        The same model, in memory.
    lessons
        Rows that it learned from, on which both forms are compared.

    Returns
    -------
    StudentFile
        Of the exported student.
    mapping
        How closely it agrees, for the record.

    Raises
    ------
    TrainingError
        When the model has no ONNX form, or answers otherwise in it.
    MissingDependencyError
        When skl2onnx or onnxruntime is not installed.
    """
    data = _converted(model, student)
    with TemporaryDirectory() as other:
        exported = _exported(student, model)
        (Path(other) / GRAPH).write_bytes(data)
        write_student_file(Path(other), exported)
        write_student_file(folder, student)
        try:
            found = agreement(open_student(folder), open_student(Path(other)), lessons.table)
        except UsageError as error:
            raise TrainingError(
                f"{student.rung}: the exported model does not run here: {error.message}",
                hint="Leave @onnx out: the skops form works.",
            ) from error
    require_agreement(found, student.rung)
    (folder / student.model).unlink()
    (folder / GRAPH).write_bytes(data)
    return exported, found.said


def _is_boosted(model: Model) -> bool:
    parts: Any = getattr(model, "estimators_", [model])
    return all(hasattr(part, "_predictors") for part in parts)


def _exported(student: StudentFile, model: Model) -> StudentFile:
    """Describe the exported student: boosted trees give logits, whatever they were trained as.

    A classifier has its own order of labels, and lacks those that no row taught.
    """
    logits = student.form == "logits" or _is_boosted(model)
    classes = tuple(map(str, getattr(model, "classes_", ())))
    return replace(
        student,
        form="onnx",
        model=GRAPH,
        classes=classes,
        scores="logits" if logits else "probabilities",
    )


def _converted(model: Model, student: StudentFile) -> bytes:
    try:
        import onnx  # noqa: PLC0415 - only an @onnx rung needs it

        if _is_boosted(model):
            return boosted_graph(model, len(student.inputs), onnx)
        import skl2onnx  # noqa: PLC0415 - as above
        from skl2onnx.common import data_types  # noqa: PLC0415 - as above
    except ImportError as error:
        raise MissingDependencyError(
            "an @onnx rung needs onnx and skl2onnx, which are not installed",
            hint="pip install 'distilproof[export]'",
        ) from error
    model, types = _by_word(model), cast("Any", data_types)
    text = not hasattr(model, "n_features_in_")
    kind = types.StringTensorType if text else types.FloatTensorType
    width = 1 if text else len(student.inputs)
    try:
        graph = cast("Any", skl2onnx).to_onnx(
            model,
            initial_types=[("inputs", kind([None, width]))],
            options=_options(model, student),
            target_opset={"": OPSET, "ai.onnx.ml": TREES_OPSET},
        )
    except Exception as error:  # skl2onnx has many ways to say that it cannot
        raise TrainingError(
            f"{student.rung}: skl2onnx cannot export it: {type(error).__name__}: "
            f"{' '.join(str(error).split())[:_SHOWN]}",
            hint="Leave @onnx out: the skops form works.",
        ) from error
    # skl2onnx lists them in the order of a set, another one in every process.
    needed = sorted(graph.opset_import, key=lambda one: one.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(needed)
    return graph.SerializeToString(deterministic=True)


def _by_word(model: Model) -> Model:
    """Say each phrase that a text is told by as its words: skl2onnx cuts a joined one wrongly."""
    words: Any = getattr(model, "named_steps", {}).get("words")
    if not hasattr(words, "vocabulary_") or words.analyzer != "word":
        return model
    words = copy(words)
    words.vocabulary_ = {tuple(one.split(" ")): at for one, at in words.vocabulary_.items()}
    return type(model)([("words", words), *model.steps[1:]])


def _options(model: Model, student: StudentFile) -> dict[int, Mapping[str, object]] | None:
    """Options of skl2onnx, by the object in memory that each is of."""
    found: dict[int, Mapping[str, object]] = {}
    if student.form == "classifier":
        found[id(model)] = {"zipmap": False}
    words: Any = getattr(model, "named_steps", {}).get("words")
    if hasattr(words, "vocabulary_"):
        found[id(words)] = _WORDS if words.analyzer == "word" else {"locale": "C"}
    return found or None
