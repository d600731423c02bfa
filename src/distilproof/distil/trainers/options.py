"""What may stand in `[ladder.options]`: names, what each takes, and which family reads it."""

import os
import shlex
import shutil
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import Field, TypeAdapter, ValidationError

from distilproof.canonical import Json
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError


class Option(NamedTuple):
    """What an option takes.

    Parameters
    ----------
    takes
        In words.
    kind
        As a type of pydantic.
    by_rung
        Whether a table that it takes has a value for each rung.
    runs
        Whether it is a command whose program has to be here before anything is trained.
    only_with
        Another option without which it says nothing; empty where there is none.
    """

    takes: str
    kind: Any
    by_rung: bool = False
    runs: bool = False
    only_with: str = ""

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
    _POSITIVE.kind | Mapping[str, _POSITIVE.kind],
    by_rung=True,
)
_TEXT_BY_RUNG = Option(
    "text, or a table with one for each rung", str | Mapping[str, str], by_rung=True
)
_BY_RUNG = Option("a table with one text for each rung", Mapping[str, str], by_rung=True)

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
        "epochs": _COUNT,
    },
    "majority": {},
    "encoder": {
        "base": _TEXT_BY_RUNG,
        "batch_size": _COUNT,
        "epochs": _NOT_NEGATIVE,
        "gold_share": _SHARE,
        "launch": _WORDS._replace(runs=True),
        "learning_rate": _RATES,
        "max_tokens": _TOKENS,
        "mixed_precision": Option("no, fp16 or bf16", Literal["no", "fp16", "bf16"]),
        "temperature": _POSITIVE,
        "timeout_seconds": _POSITIVE._replace(only_with="launch"),
        "warmup": _SHARE,
        "weight_decay": _NOT_NEGATIVE,
    },
    "command": {
        "base": _TEXT_BY_RUNG,
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
        "paths": _BY_RUNG,
        "prompt": _TEXT,
        "scores": _SCORES,
    },
    "table": {
        "answers": _BY_RUNG,
        "confidences": _BY_RUNG,
        "id": _TEXT,
        "path": _TEXT_BY_RUNG,
        "probabilities": _BY_RUNG,
    },
}
"""Options by family, and what each takes."""


_LAUNCHER = '"accelerate launch --num_processes 4"'

UNTAUGHT = frozenset({"checkpoints", "table"})
"""Families whose students exist already: nothing is trained, and no rows to learn from needed."""


def options_of(job: TrainingJob) -> Mapping[str, Json]:
    """Options of a job, each held to what it takes: see `require_options`."""
    require_options(job.options, job.family)
    return job.options


def require_options(options: Mapping[str, Json], family: str) -> None:
    """Refuse options that a family does not read, or that say what it cannot take.

    Parameters
    ----------
    options
        `[ladder.options]`.
    family
        Family of the ladder; one that a package offers knows its own options.

    Raises
    ------
    UsageError
        When the family has no such option, it takes something else, or it says nothing without
        another one.

    Examples
    --------
    >>> require_options({"launch": "torchrun", "timeout_seconds": 3600}, "encoder")
    """
    own = OPTIONS.get(family)
    if own is None:
        return
    for name, value in options.items():
        if name not in own:
            close = get_close_matches(name, own, n=1)
            meant = f"Did you mean {close[0]!r}? " if close else ""
            raise UsageError(
                f"[ladder.options] has the unknown option {name!r}",
                hint=f"{meant}The family {family} takes {', '.join(own) or 'none'}.",
            )
        if not own[name].fits(value):
            raise UsageError(
                f"[ladder.options] {name} is {value!r}",
                hint=f"It takes {own[name].takes}.",
            )
        if own[name] is _WORDS or own[name].runs:
            words_of(options, name)
        other = own[name].only_with
        if other and other not in options:
            raise UsageError(
                f"[ladder.options] {name} says nothing without {other}",
                hint=f"Write {other} as well, or leave {name} out.",
            )


def require_programs(options: Mapping[str, Json], family: str, root: Path) -> None:
    """Refuse a command whose program is not on this machine.

    Parameters
    ----------
    options, family
        As `require_options` took them.
    root
        Folder of the project, in which commands run.

    Raises
    ------
    UsageError
        When it names no program, or one that is not there.
    """
    for name, option in OPTIONS.get(family, {}).items():
        if not option.runs or name not in options:
            continue
        words = words_of(options, name)
        # A program with a path is looked for from where it runs.
        found = words and shutil.which(root / words[0] if os.sep in words[0] else words[0])
        if not found:
            said = f"names {words[0]!r}, which is no program here" if words else "names no program"
            raise UsageError(
                f"[ladder.options] {name} {said}",
                hint=f"Write a program and its words, such as {_LAUNCHER}; or leave {name} out.",
            )


def words_of(options: Mapping[str, Json], name: str) -> tuple[str, ...]:
    """Words of an option that is a command; none where it is not given.

    Raises
    ------
    UsageError
        When a quote in it is never closed.

    Examples
    --------
    >>> words_of({"launch": "srun -J 'my job'"}, "launch")
    ('srun', '-J', 'my job')
    """
    said = options.get(name)
    try:
        return tuple(shlex.split(said)) if isinstance(said, str) else listed(said)
    except ValueError as error:
        raise UsageError(
            f"[ladder.options] {name} cannot be read: {error}",
            hint='Close every quote; or write it as a list of words, such as ["python", "a.py"].',
        ) from error


def require_named_rungs(options: Mapping[str, Json], family: str, rungs: Collection[str]) -> None:
    """Refuse a value for a rung that no ladder has: it would be passed over.

    Parameters
    ----------
    options
        `[ladder.options]`.
    family
        Family of the ladder.
    rungs
        Every rung that is made, with its suffixes. A value counts for all forms of a size.

    Raises
    ------
    UsageError
        When an option has a value for another one.

    Examples
    --------
    >>> require_named_rungs({"learning_rate": {"60x16": 0.2}}, "boosted-trees", ["60x16@hard"])
    """
    known = sorted({*rungs, *(rung.partition("@")[0] for rung in rungs)})
    for name, value in options.items():
        option = OPTIONS.get(family, {}).get(name)
        if option is None or not option.by_rung or not isinstance(value, Mapping):
            continue
        for rung in value:
            if rung not in known:
                close = get_close_matches(rung, known, n=1)
                meant = f"Did you mean {close[0]!r}? " if close else ""
                raise UsageError(
                    f"[ladder.options] {name} has a value for {rung!r}, which is no rung",
                    hint=f"{meant}The rungs are {', '.join(rungs)}.",
                )


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
    found = _own(value, job)
    return float(found) if isinstance(found, int | float) else default


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
        Whose rung counts, with its suffixes or without. Of students that exist already only the
        whole name does: `small` in another form is another file.
    """
    found = _own(value, job)
    return found if isinstance(found, str) else None


def _own(value: Json, job: TrainingJob) -> Json:
    if not isinstance(value, Mapping):
        return value
    size = job.rung if job.family in UNTAUGHT else job.rung.partition("@")[0]
    return value.get(job.rung, value.get(size))
