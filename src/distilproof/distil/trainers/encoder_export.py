"""Writes an encoder student as ONNX, whole or rounded to integers of 8 bits, with its tokenizer."""

import logging
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from distilproof.distil.ladder import Written
from distilproof.distil.student import open_student
from distilproof.distil.student_file import StudentFile, write_student_file
from distilproof.distil.student_tokens import TOKENIZER
from distilproof.distil.trainers.agreement import agreement, require_agreement
from distilproof.distil.trainers.encoder_start import libraries
from distilproof.errors import MissingDependencyError, TrainingError, UsageError

GRAPH = "model.onnx"
OPSET = 18
"""Version of the operators that is written: onnxruntime 1.14 and newer read it."""

_READS = ("input_ids", "attention_mask", "token_type_ids")
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")


def export_encoder(
    trained: Path, folder: Path, said: StudentFile, written: Written, rows: pa.Table
) -> Mapping[str, object]:
    """Write a trained student into another folder as ONNX, and hold the two to each other.

    Parameters
    ----------
    trained
        Folder of a student of the form `transformers`.
    folder
        Folder for the exported one, empty.
    said
        What the exported one is called; its other members are set here.
    written
        `onnx`, or `int8` for weights that are rounded: matrices to 8 bits, activations as they
        come (dynamic quantisation).
    rows
        Rows on which both are compared, with the text.

    Returns
    -------
    mapping
        How closely it agrees, for the record. A rounded model may answer otherwise: it is judged as
        a student of its own.

    Raises
    ------
    TrainingError
        When the model has no ONNX form, or answers otherwise in it.
    MissingDependencyError
        When one of onnx, onnxruntime, onnxscript is not installed.
    """
    student = open_student(trained)
    exported = replace(said, form="onnx", model=GRAPH, scores="logits")
    _write_tokenizer(trained, folder, student.said)
    with TemporaryDirectory() as other:
        whole = Path(other) / GRAPH
        _write_graph(trained, whole, said.rung)
        if written == "int8":
            _round(whole, folder / GRAPH, said.rung)
        else:
            copyfile(whole, folder / GRAPH)
    write_student_file(folder, exported)
    found = agreement(student, open_student(folder), rows)
    if written == "onnx":
        require_agreement(found, said.rung)
    return found.said


def exporters() -> tuple[str, ...]:
    """Name the packages that an export needs, all installed.

    Raises
    ------
    MissingDependencyError
        When one is not.
    """
    for name in _PACKAGES:
        try:
            import_module(name)
        except ImportError as error:
            raise MissingDependencyError(
                f"an @onnx or @int8 rung of an encoder needs {name}, which is not installed",
                hint="pip install 'distilproof[export]'",
            ) from error
    return _PACKAGES


def _write_tokenizer(trained: Path, folder: Path, said: StudentFile) -> None:
    """Write the tokenizer with its padding and its end, which transformers keeps elsewhere."""
    _, transformers = libraries()
    of_transformers = transformers.AutoTokenizer.from_pretrained(
        str(trained), local_files_only=True, trust_remote_code=False
    )
    own = getattr(of_transformers, "backend_tokenizer", None)
    if own is None:
        raise TrainingError(
            f"{said.rung}: its tokenizer has no form that is read without transformers",
            hint="Use the rung without @onnx and @int8.",
        )
    tokenizers: Any = import_module("tokenizers")
    found = tokenizers.Tokenizer.from_str(own.to_str())
    found.enable_padding(
        direction=of_transformers.padding_side,
        pad_id=of_transformers.pad_token_id or 0,
        pad_type_id=of_transformers.pad_token_type_id,
        pad_token=of_transformers.pad_token or "[PAD]",
    )
    if said.max_tokens is not None:
        found.enable_truncation(said.max_tokens)
    found.save(str(folder / TOKENIZER))


def _write_graph(trained: Path, path: Path, rung: str) -> None:
    """Write the graph of a classifier: token ids in, logits out, rows and tokens of any number."""
    torch, transformers = libraries()
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        str(trained), local_files_only=True, trust_remote_code=False, dtype=torch.float32
    ).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(trained), local_files_only=True)
    names = [name for name in _READS if name in tokenizer.model_input_names]
    example = {name: torch.ones((2, 8), dtype=torch.int64) for name in names}
    rows, tokens = torch.export.Dim("rows"), torch.export.Dim("tokens")
    try:
        with _quiet():
            program = torch.onnx.export(
                _Logits.of(torch, model, names),
                tuple(example.values()),
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                input_names=names,
                output_names=["logits"],
                dynamic_shapes=({0: rows, 1: tokens},) * len(names),
            )
    except Exception as error:  # the exporter has many ways to say that it cannot
        raise TrainingError(
            f"{rung}: torch cannot export it: {_root(error)}",
            hint="Use the rung without @onnx and @int8.",
        ) from error
    path.write_bytes(_without_notes(program.model_proto))


@contextmanager
def _quiet() -> Generator[None]:
    """Keep exporters from advice on their own code: what is wrong is said by an error."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _root(error: BaseException) -> str:
    """Say what an exporter stumbled over first, which it wraps in advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


class _Logits:
    """Makes a module that takes its inputs by place and gives logits alone."""

    @staticmethod
    def of(torch: Any, model: Any, names: list[str]) -> Any:  # noqa: ANN401 - a module of each kind
        class Plain(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, ids: Any, mask: Any, types: Any = None) -> Any:  # noqa: ANN401 - tensors
                tokens = dict(zip(names, (ids, mask, types), strict=False))
                return self.model(**tokens).logits

        return Plain().eval()


def _without_notes(model: Any) -> bytes:  # noqa: ANN401 - a message of onnx
    """Bytes of a graph without what the exporter notes of its own run, paths of files among it."""
    model.doc_string = ""
    del model.metadata_props[:]
    parts = [model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer]
    parts += [*model.graph.input, *model.graph.output, *model.functions]
    parts += [node for function in model.functions for node in function.node]
    for part in parts:
        part.doc_string = ""
        del part.metadata_props[:]
    return model.SerializeToString(deterministic=True)


def _round(whole: Path, path: Path, rung: str) -> None:
    """Round the weights of a graph to integers of 8 bits."""
    quantization: Any = import_module("onnxruntime.quantization")
    try:
        with _quiet():
            quantization.quantize_dynamic(whole, path, weight_type=quantization.QuantType.QInt8)
    except Exception as error:
        raise TrainingError(
            f"{rung}: onnxruntime cannot round it: {type(error).__name__}: "
            f"{' '.join(str(error).split())[:300]}",
            hint="Use the rung without @int8.",
        ) from error


def require_encoder(folder: Path, rung: str) -> StudentFile:
    """Say what a folder holds that another form is to be written of.

    Raises
    ------
    UsageError
        When it is no student that an encoder was trained to.
    """
    said = open_student(folder).said
    if said.form != "transformers":
        raise UsageError(f"{rung} is written of {folder}, which is a {said.form} student")
    return said
