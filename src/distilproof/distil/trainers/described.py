"""Says what a folder of a student holds that another program wrote."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from distilproof.canonical import Json
from distilproof.distil.student_file import NAME, StudentFile, read_student_file
from distilproof.distil.trainers.options import options_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError

_UNNAMED = re.compile(r"LABEL_\d+")
_CLASSIFIER, _CAUSAL = "ForSequenceClassification", "ForCausalLM"
_HOLDS = (
    "A student folder holds one .skops file, one .onnx file, a model as transformers saves it, or "
    "a student.json that says what it is: see docs/how-to/trainers.md."
)


def describe(folder: Path, job: TrainingJob) -> StudentFile:
    """Say what a student folder holds: as its `student.json` says, or as its files do.

    Parameters
    ----------
    folder
        Where the student lies.
    job
        For its rung, its inputs and labels, and the options `scores`, `prompt`, `chat` and
        `max_tokens` that say what files do not.

    Raises
    ------
    UsageError
        When it holds no student, or one of other labels or of another order.
    """
    if (folder / NAME).is_file():
        said = read_student_file(folder)
        if said.labels != job.labels:
            raise UsageError(
                f"the student {job.rung} answers {', '.join(said.labels)}, and the project's "
                f"labels are {', '.join(job.labels)}",
                hint=f"Write them in {NAME} in the project's order; where the model has them in "
                "another one, say that one under classes.",
            )
        return replace(said, rung=job.rung, family=job.family, targets=said.targets)
    if (folder / "config.json").is_file():
        return _of_transformers(folder, job)
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".skops", ".onnx"})
    if len(found) != 1:
        held = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
        raise UsageError(f"the student {job.rung} cannot be told from {held}", hint=_HOLDS)
    options = options_of(job)
    plain = StudentFile(
        form="classifier",
        rung=job.rung,
        family=job.family,
        labels=job.labels,
        inputs=job.inputs,
        model=found[0].name,
    )
    if found[0].suffix.lower() == ".skops":
        return plain
    scores = "logits" if options.get("scores") == "logits" else "probabilities"
    return replace(plain, form="onnx", scores=scores, max_tokens=_tokens(options.get("max_tokens")))


def _of_transformers(folder: Path, job: TrainingJob) -> StudentFile:
    options, config = options_of(job), _config(folder / "config.json")
    named = config.get("architectures")
    kinds = list(map(str, cast("list[object]", named))) if isinstance(named, list) else []
    plain = StudentFile(
        form="transformers",
        rung=job.rung,
        family=job.family,
        labels=job.labels,
        inputs=job.inputs,
        max_tokens=_tokens(options.get("max_tokens")),
    )
    if any(kind.endswith(_CAUSAL) for kind in kinds):
        prompt = options.get("prompt")
        if not isinstance(prompt, str):
            raise UsageError(
                f"the student {job.rung} is a language model, and nobody says what it is shown",
                hint="Write prompt under [ladder.options], with a place {column} for each input.",
            )
        return replace(plain, form="causal", prompt=prompt, chat=bool(options.get("chat")))
    if not any(kind.endswith(_CLASSIFIER) for kind in kinds):
        raise UsageError(
            f"the student {job.rung} is a {', '.join(kinds) or 'model of no architecture'}, which "
            "is neither a text classifier nor a language model"
        )
    return replace(plain, classes=_classes(_named(config, folder), job))


def _named(config: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Labels of a configuration, in the order of the model's outputs."""
    said = config.get("id2label", {})
    try:
        places = {int(at): str(name) for at, name in said.items()}
    except (AttributeError, ValueError) as error:
        raise UsageError(
            f"{folder / 'config.json'}: id2label names no label for each output",
            hint='It is an object such as {"0": "no", "1": "yes"}.',
        ) from error
    return tuple(places[at] for at in sorted(places))


def _classes(own: tuple[str, ...], job: TrainingJob) -> tuple[str, ...]:
    """Labels in the order of a model that may not know their names."""
    if set(own) <= set(job.labels) and own:
        return () if own == job.labels else own
    if len(own) == len(job.labels) and all(_UNNAMED.fullmatch(one) for one in own):
        return ()
    raise UsageError(
        f"the student {job.rung} answers {', '.join(own) or 'no labels'}, and the project's labels "
        f"are {', '.join(job.labels)}",
        hint="Name the labels in its config.json, in the order of its outputs.",
    )


def _config(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}") from error
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _tokens(value: Json) -> int | None:
    return value if isinstance(value, int) else None
