"""A student that is an ONNX graph over the tokens of a text: neither PyTorch nor transformers."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from distilproof.distil.predictions import Predictions, by_probability, placed, softmax
from distilproof.distil.student_columns import texts
from distilproof.distil.student_file import StudentFile
from distilproof.domain.identity import ModelRef
from distilproof.errors import MissingDependencyError, UsageError

TOKENIZER = "tokenizer.json"
"""File of the tokenizer, beside the graph; padding and the most tokens are said in it."""

TEXTS_A_CALL = 32
"""Texts that go through the graph at once, padded to the longest of them."""

Session = Any
"""An `onnxruntime.InferenceSession`: its stub leaves most of it open."""

Tokenizer = Any
"""A `tokenizers.Tokenizer`: an extra, without types."""

_FEEDS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
_SHOWN = 300


def tokenizer_of(folder: Path, said: StudentFile) -> Tokenizer:
    """Read the tokenizer of a student; one that does not pad is told to.

    Raises
    ------
    MissingDependencyError
        When tokenizers is not installed.
    UsageError
        When it is no tokenizer.
    """
    path = folder / TOKENIZER
    try:
        tokenizers: Any = import_module("tokenizers")
    except ImportError as error:
        raise MissingDependencyError(
            f"the student {said.rung} reads texts, and tokenizers is not installed",
            hint="pip install tokenizers",
        ) from error
    try:
        found = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # it raises a plain Exception
        raise UsageError(f"{path} is no tokenizer: {str(error)[:_SHOWN]}") from error
    if found.padding is None:
        found.enable_padding()
    if said.max_tokens is not None:
        found.enable_truncation(said.max_tokens)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStudent:
    """A graph from tokens to logits.

    Parameters
    ----------
    said
        What the student is.
    identity
        Which model it is.
    session
        The graph, loaded.
    tokenizer
        Its tokenizer, which pads and cuts.
    """

    said: StudentFile
    identity: ModelRef
    session: Session
    tokenizer: Tokenizer

    def __post_init__(self) -> None:
        """Refuse a graph that reads something else than tokens."""
        read = [each.name for each in self.session.get_inputs()]
        strangers = [name for name in read if name not in _FEEDS]
        if strangers or not read:
            raise UsageError(
                f"the graph of {self.said.rung} reads {', '.join(strangers) or 'nothing'}, which a "
                "tokenizer does not give"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table, those of like length together.

        Raises
        ------
        TableError
            When the table lacks the text.
        UsageError
            When onnxruntime cannot run the graph on it.
        """
        columns = [texts(table, name) for name in self.said.inputs]
        classes = self.said.classes or self.labels
        pairs = [*zip(*columns, strict=True)]
        order: list[int] = np.argsort(
            [sum(map(len, pair)) for pair in pairs], kind="stable"
        ).tolist()
        rows = np.empty((table.num_rows, len(classes)))
        for start in range(0, len(order), TEXTS_A_CALL):
            at = order[start : start + TEXTS_A_CALL]
            rows[at] = self._scores([pairs[row] for row in at], len(classes))
        given = softmax(rows) if self.said.scores == "logits" else rows
        try:
            return by_probability(placed(given, classes, self.labels), self.labels)
        except ValueError as error:
            raise UsageError(
                f"the graph of {self.said.rung}: {error}",
                hint='Where it gives logits, write scores = "logits" under [ladder.options].',
            ) from error

    def _scores(self, pairs: Sequence[tuple[str, ...]], classes: int) -> Any:  # noqa: ANN401 - an array
        asked = [pair[0] if len(pair) == 1 else pair for pair in pairs]
        try:
            tokens = self.tokenizer.encode_batch(asked)
            feed = {
                each.name: np.array([getattr(one, _FEEDS[each.name]) for one in tokens], np.int64)
                for each in self.session.get_inputs()
            }
            wanted = [self.said.output] if self.said.output else None
            found = np.asarray(self.session.run(wanted, feed)[0], dtype=np.float64)
            return found.reshape(len(pairs), classes)
        except Exception as error:  # onnxruntime raises its own kinds of RuntimeError
            raise UsageError(
                f"the graph of {self.said.rung} cannot take the texts: {str(error)[:_SHOWN]}"
            ) from error
