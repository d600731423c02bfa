"""A student that is a language model: how likely it is to go on with each label is what it says.

It is shown its prompt and never writes freely, so that it cannot answer anything but a label. The
probability of a label is that of its tokens and of the end, scaled over all labels to sum to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from distilproof.distil.predictions import Floats, Predictions, by_probability, softmax
from distilproof.distil.student_file import StudentFile
from distilproof.distil.student_prompt import student_prompt
from distilproof.domain.identity import ModelRef
from distilproof.errors import MissingDependencyError, TableError, UsageError
from distilproof.teachers.asked_values import asked
from distilproof.teachers.prompt_template import PromptTemplate
from distilproof.teachers.weights_folder import require_safe_folder

ROWS_A_CALL = 8
"""Rows that go through the model at once, each with every label behind it."""

Model = Any
"""A `PreTrainedModel`: torch and transformers are extras without types here."""

_SHOWN = 300


class _Shown(NamedTuple):
    """Tokens of a prompt with a label behind it, and how many of them are the prompt's."""

    tokens: list[int]
    prompt: int


def load(folder: Path, said: StudentFile, identity: ModelRef, *, threads: int) -> "CausalStudent":
    """Load a language model, after the checks that a teacher's folder goes through.

    Raises
    ------
    UnsafeModelError
        When the folder holds code or names it, or has pickled weights only.
    UsageError
        When it holds no language model.
    MissingDependencyError
        When torch or transformers is not installed.
    """
    del threads  # of the whole process
    require_safe_folder(folder)
    template = student_prompt(said.prompt or "", said.inputs)
    try:
        torch: Any = import_module("torch")
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise MissingDependencyError(
            "a language model needs torch and transformers, which are not installed",
            hint="pip install 'distilproof[torch]'",
        ) from error
    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(str(folder), **here)
        model, found = transformers.AutoModelForCausalLM.from_pretrained(
            str(folder),
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **here,
        )
    except Exception as error:  # a damaged folder may raise anything
        raise UsageError(
            f"transformers cannot load {folder}: {type(error).__name__}: {str(error)[:_SHOWN]}"
        ) from error
    lacking: list[str] = sorted(found["missing_keys"])
    if lacking:
        raise UsageError(f"{folder} is no trained model: it lacks {', '.join(lacking[:3])}")
    return CausalStudent(
        said=said,
        identity=identity,
        template=template,
        model=model.eval(),
        tokenizer=tokenizer,
        torch=torch,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CausalStudent:
    """A language model that is asked how likely each label is.

    Parameters
    ----------
    said
        What the student is.
    identity
        Which model it is.
    template
        What it is shown.
    model, tokenizer
        Loaded.
    torch
        The package.
    """

    said: StudentFile
    identity: ModelRef
    template: PromptTemplate
    model: Model
    tokenizer: Any
    torch: Any

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table.

        Raises
        ------
        TableError
            When the table lacks an input, or a row has nothing in any of them.
        UsageError
            When the model cannot take a row, or two labels are the same tokens to it.
        """
        lacking = [name for name in self.said.inputs if name not in table.column_names]
        if lacking:
            raise TableError(f"the rows have no column {lacking[0]!r}, which the student reads")
        rows = table.select([*self.said.inputs]).to_pylist()
        prompts = [self.template.fill(asked(row, self.said.inputs)) for row in rows]
        scores = np.empty((len(prompts), len(self.labels)))
        for start in range(0, len(prompts), ROWS_A_CALL):
            some = prompts[start : start + ROWS_A_CALL]
            shown = [self._shown(prompt, label) for prompt in some for label in self.labels]
            self._require_apart(shown)
            try:
                found = self._scores(shown)
            except Exception as error:  # a model may raise anything
                raise UsageError(
                    f"the student {self.said.rung} cannot take the rows: "
                    f"{type(error).__name__}: {str(error)[:_SHOWN]}"
                ) from error
            scores[start : start + ROWS_A_CALL] = found.reshape(len(some), -1)
        return by_probability(softmax(scores), self.labels)

    def _shown(self, prompt: str, label: str) -> _Shown:
        """Prompt and label as the student learned them; a long prompt loses its beginning."""
        if self.said.chat:
            user = {"role": "user", "content": prompt}
            answer = {"role": "assistant", "content": label}
            before = self._chat([user], add_generation_prompt=True)
            tokens = self._chat([user, answer], add_generation_prompt=False)
        else:
            before: list[int] = self.tokenizer(prompt)["input_ids"]
            tokens: list[int] = self.tokenizer(f"{prompt} {label}")["input_ids"]
            end = self.tokenizer.eos_token_id
            tokens = tokens if end is None or tokens[-1] == end else [*tokens, end]
        start = _shared(before, tokens)
        over = max(0, len(tokens) - self._most()) if self._most() else 0
        over = min(over, start - 1)
        return _Shown(tokens[over:], start - over)

    def _require_apart(self, shown: Sequence[_Shown]) -> None:
        """Refuse labels that the tokenizer cannot tell apart: each would be as likely as the other.

        Such are words that it does not know, and texts that it cuts to the same beginning.
        """
        known: dict[tuple[int, ...], str] = {}
        for label, one in zip(self.labels, shown, strict=False):  # those of the first row
            other = known.setdefault(tuple(one.tokens[one.prompt :]), label)
            if other != label:
                raise UsageError(
                    f"the labels {other!r} and {label!r} are the same tokens to the student "
                    f"{self.said.rung}, which cannot tell them apart",
                    hint="Begin with a model whose tokenizer knows the labels, or rename them.",
                )

    def _chat(self, messages: Sequence[dict[str, str]], **said: bool) -> list[int]:
        text = self.tokenizer.apply_chat_template([*messages], tokenize=False, **said)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _most(self) -> int:
        """Most tokens that the model takes; 0 for any number."""
        return self.said.max_tokens or getattr(self.model.config, "max_position_embeddings", 0) or 0

    def _scores(self, shown: Sequence[_Shown]) -> Floats:
        """Log-probability of what stands behind each prompt."""
        torch = self.torch
        longest = max(len(one.tokens) for one in shown)
        padded = [one.tokens + [0] * (longest - len(one.tokens)) for one in shown]
        there = [[1] * len(one.tokens) + [0] * (longest - len(one.tokens)) for one in shown]
        tokens = torch.tensor(padded, device=self.model.device)
        mask = torch.tensor(there, device=self.model.device)
        with torch.inference_mode():
            logits = self.model(input_ids=tokens, attention_mask=mask).logits[:, :-1]
            logs = logits.double().log_softmax(dim=-1)
            each = logs.gather(2, tokens[:, 1:, None])[:, :, 0].cpu().numpy()
        return np.array(
            [each[at, one.prompt - 1 : len(one.tokens) - 1].sum() for at, one in enumerate(shown)]
        )


def _shared(before: Sequence[int], whole: Sequence[int]) -> int:
    """How many tokens two lists begin with alike; at least one, from which the first is told."""
    pairs = zip(before, whole, strict=False)
    return max(1, next((at for at, (a, b) in enumerate(pairs) if a != b), len(before)))
