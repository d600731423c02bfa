"""What may stand in `[ladder.options]`: names, what each takes, and which family reads it."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import Field, TypeAdapter, ValidationError

from distilproof.canonical import Json
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError


class Option(NamedTuple):
    """What an option takes: in words, and as a type of pydantic."""

    takes: str
    kind: Any

    def fits(self, value: object) -> bool:
        """Whether it takes a value."""
        try:
            TypeAdapter[object](self.kind).validate_python(value, strict=True)
        except ValidationError:
            return False
        return True


_POSITIVE = Option("a number above 0", Annotated[float, Field(gt=0, allow_inf_nan=False)])
_NOT_NEGATIVE = Option("a number of 0 or more", Annotated[float, Field(ge=0, allow_inf_nan=False)])
_SHARE = Option("a number from 0 to 1", Annotated[float, Field(ge=0, le=1)])
_COUNT = Option("a whole number of 1 or more", Annotated[int, Field(ge=1)])
_TOKENS = Option("a whole number of 2 or more", Annotated[int, Field(ge=2)])
_SWITCH = Option("true or false", bool)
_TEXT = Option("text", str)
_COLUMNS = Option("a list of inputs", Sequence[str])
_WORDS = Option("a command as text, or as a list of words", str | Sequence[str])
_TEXTS = Option("a table of texts", Mapping[str, str])
_SCORES = Option("probabilities or logits", Literal["probabilities", "logits"])
_RATES = Option(
    "a number above 0, or a table with one for each rung",
    Annotated[float, Field(gt=0)] | Mapping[str, Annotated[float, Field(gt=0)]],
)
_TEXT_OR_TEXTS = Option("text, or a table with one for each rung", str | Mapping[str, str])

OPTIONS: Mapping[str, Mapping[str, Option]] = {
    "boosted-trees": {
        "categorical": _COLUMNS,
        "early_stopping": _SWITCH,
        "l2": _NOT_NEGATIVE,
        "learning_rate": _RATES,
    },
    "tree": {"min_leaf": _COUNT},
    "linear": {
        "C": _POSITIVE,
        "categorical": _COLUMNS,
    },
    "text-linear": {
        "C": _POSITIVE,
        "analyzer": Option("word, char or char_wb", Literal["word", "char", "char_wb"]),
        "ngrams": _COUNT,
        "epochs": _POSITIVE,
    },
    "majority": {},
    "encoder": {
        "base": _TEXT_OR_TEXTS,
        "batch_size": _COUNT,
        "epochs": _NOT_NEGATIVE,
        "gold_share": _SHARE,
        "launch": _WORDS,
        "learning_rate": _RATES,
        "max_tokens": _TOKENS,
        "mixed_precision": Option("no, fp16 or bf16", Literal["no", "fp16", "bf16"]),
        "temperature": _POSITIVE,
        "warmup": _SHARE,
        "weight_decay": _NOT_NEGATIVE,
    },
    "command": {
        "base": _TEXT_OR_TEXTS,
        "batch_size": _COUNT,
        "chat": _SWITCH,
        "command": _WORDS,
        "environment": _TEXTS,
        "epochs": _POSITIVE,
        "learning_rate": _RATES,
        "max_tokens": _TOKENS,
        "prompt": _TEXT,
        "recipe": Option("trl-sft", Literal["trl-sft"]),
        "scores": _SCORES,
        "timeout_seconds": _POSITIVE,
        "usage_reports": _SWITCH,
    },
    "checkpoints": {
        "chat": _SWITCH,
        "max_tokens": _TOKENS,
        "paths": _TEXTS,
        "prompt": _TEXT,
        "scores": _SCORES,
    },
    "table": {
        "answers": _TEXTS,
        "confidences": _TEXTS,
        "id": _TEXT,
        "path": _TEXT_OR_TEXTS,
        "probabilities": _TEXTS,
    },
}
"""Options by family, and what each takes."""


def options_of(job: TrainingJob) -> Mapping[str, Json]:
    """Options of a job that its family reads.

    A ladder has rungs of other families beside its own, and one table of options: what another
    family reads is passed over, what none reads is refused.

    Raises
    ------
    UsageError
        When an option is unknown, or takes something else.
    """
    own = OPTIONS[job.family]
    every = sorted({name for family in OPTIONS.values() for name in family})
    for name, value in job.options.items():
        if name not in every:
            close = get_close_matches(name, every, n=1)
            meant = f"Did you mean {close[0]!r}? " if close else ""
            raise UsageError(
                f"[ladder.options] has the unknown option {name!r}",
                hint=f"{meant}The family {job.family} takes {', '.join(sorted(own)) or 'none'}.",
            )
        if name in own and not own[name].fits(value):
            raise UsageError(
                f"[ladder.options] {name} is {value!r}",
                hint=f"It takes {own[name].takes}.",
            )
    return {name: value for name, value in job.options.items() if name in own}


def of_rung(value: Json, job: TrainingJob, default: float) -> float:
    """Take the number of an option that may have one for each rung.

    Parameters
    ----------
    value
        The option; `None` where it is not given.
    job
        Whose rung counts, with its suffixes or without.
    default
        Where none is given for it.
    """
    if isinstance(value, Mapping):
        value = value.get(job.rung, value.get(job.rung.partition("@")[0]))
    return float(value) if isinstance(value, int | float) else default


def listed(value: Json) -> tuple[str, ...]:
    """Texts of an option that is a list; none where it is not given.

    Examples
    --------
    >>> listed(["a", "b"]), listed(None)
    (('a', 'b'), ())
    """
    if not isinstance(value, list | tuple):
        return ()
    return tuple(str(one) for one in cast("Sequence[object]", value))


def named_for(value: Json, job: TrainingJob) -> str | None:
    """Text of an option that may have one for each rung; `None` where none is given for it.

    Parameters
    ----------
    value
        The option; `None` where it is not given.
    job
        Whose rung counts, with its suffixes or without.
    """
    if isinstance(value, Mapping):
        value = value.get(job.rung, value.get(job.rung.partition("@")[0]))
    return value if isinstance(value, str) else None
