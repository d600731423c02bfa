"""When a condition or a duty binds: what a use is like, as far as it says."""

import re
from dataclasses import dataclass
from typing import Literal

from distilproof.domain.clearance import Use

Trigger = Literal[
    "task_model",
    "generator",
    "internal",
    "distributed",
    "published",
    "commercial",
    "image",
    "multimodal_teacher",
    "starts_from",
    "model_as_a_service",
]
"""What a use can be like; a condition or a duty binds only where all of its triggers are met.

`task_model` is a classifier or an embedding model; `image`, a student that takes or makes images;
`multimodal_teacher`, a teacher that is shown more than text; `starts_from`, a student that starts
from weights of the families that the terms name.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What conditions are asked about: a use of one model's output, under one layer of terms.

    Parameters
    ----------
    terms, families
        Id of the terms, and the families of weights that they are on.
    model
        Whose output.
    use
        What it is used for.
    upstream_named
        Whether terms of the model itself are named beside these, which are a go-between's.
    """

    terms: str
    families: tuple[str, ...]
    model: str
    use: Use
    upstream_named: bool = False


def binds(when: tuple[Trigger, ...], asked: Asked) -> bool:
    """Whether no trigger is known to be unmet."""
    return all(met(trigger, asked) is not False for trigger in when)


def met(trigger: Trigger, asked: Asked) -> bool | None:
    """Whether a use is like that; `None` where it cannot be told."""
    use = asked.use
    told: dict[Trigger, bool | None] = {
        "task_model": use.student_kind in {"classifier", "embedding"},
        "generator": use.student_kind == "generator",
        "internal": not use.distributed,
        "distributed": use.distributed,
        "published": use.distribution == "published",
        "commercial": use.commercial,
        "image": use.modality == "image",
        "multimodal_teacher": use.teacher_sees != "text",
        "starts_from": starts_from(use, asked.families),
        "model_as_a_service": use.model_as_a_service,
    }
    return told[trigger]


def starts_from(use: Use, families: tuple[str, ...]) -> bool | None:
    """Whether a student starts from weights of one of these families; `None`: cannot be told.

    Examples
    --------
    >>> use = Use(student="s", student_family="meta-llama/Llama-3.1-8B")
    >>> starts_from(use, ("Llama 3.1",)), starts_from(use, ("Llama 3",))
    (True, False)
    >>> starts_from(Use(student="s", student_family="Meta Llama"), ("Llama 3.1",)) is None
    True
    """
    if use.student_family is None:
        return False
    said, named = _parts(use.student_family), [_parts(family) for family in families]
    if any(f" {one} " in f" {said} " for one in named):
        return True
    unclear = not named or any(f" {said} " in f" {one} " for one in named)
    return None if unclear else False


def _parts(name: str) -> str:
    parts = re.findall(r"[a-z]+|\d+(?:\.\d+)*", name.casefold())
    return " ".join(part for part in parts if part != "meta")
