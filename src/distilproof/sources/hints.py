"""Reads what a gateway says, for machines, on learning from the answers of its models."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from distilproof.domain.hint import Hint, Hinted
from distilproof.errors import UsageError

_FLAGS = ("is_trainable_text", "distillable")
_POLICY = "distillationPolicy"
_SAID: dict[bool, Hinted] = {True: "allowed", False: "disallowed"}
_STATUS: dict[str, Hinted] = {"allowed": "allowed", "disallowed": "disallowed"}
_SHAPES = "OpenRouter's is_trainable_text or distillable, NanoGPT's distillationPolicy"


def read_hints(path: Path, *, at: datetime) -> tuple[Hint, ...]:
    """Read a gateway's list of models, as its API returns it.

    Parameters
    ----------
    path
        JSON file: a list of models, or an object that holds one as `data` or `models`. A model is
        known by `id` or `slug`; one without a flag is passed over.
    at
        Now, in UTC.

    Returns
    -------
    tuple[Hint, ...]
        One for each model that has a flag, the last where a model stands there twice, by name. A
        flag that is null, or a status nobody knows, is `unknown`.

    Raises
    ------
    UsageError
        When the file cannot be read, is no such list, or no model in it has a flag.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}",
            hint="Save the list of models that the gateway's API returns, and name that file.",
        ) from error
    try:
        value: object = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is no JSON",
            hint="Save the list of models as the gateway's API returns it.",
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    found = {hint.model: hint for hint in _hints(_models(value), digest, at)}
    if not found:
        raise UsageError(
            f"{path} says of no model whether its answers may train another",
            hint=f"Known are {_SHAPES}.",
        )
    return tuple(found[name] for name in sorted(found))


def _models(value: object) -> Sequence[object]:
    for key in ("data", "models"):
        if isinstance(value, Mapping) and key in value:
            value = cast("Mapping[str, object]", value)[key]
    return cast("list[object]", value) if isinstance(value, list) else ()


def _hints(models: Sequence[object], digest: str, at: datetime) -> Iterator[Hint]:
    for model in models:
        if not isinstance(model, Mapping):
            continue
        said = cast("Mapping[str, Any]", model)
        name = said.get("id") or said.get("slug")
        if not isinstance(name, str):
            continue
        policy = said.get(_POLICY)
        if isinstance(policy, Mapping):
            yield _of_policy(name, cast("Mapping[str, object]", policy), digest, at)
            continue
        flag = next((key for key in _FLAGS if key in said), None)
        if flag is not None:
            value = said[flag]
            yield Hint(
                gateway="openrouter",
                model=name,
                says=_SAID[value] if isinstance(value, bool) else "unknown",
                because=f"{flag} is {json.dumps(value)}",
                file_digest=digest,
                at=at,
            )


def _of_policy(name: str, policy: Mapping[str, object], digest: str, at: datetime) -> Hint:
    status = policy.get("status")
    parts = [policy.get(key) for key in ("basis", "note")]
    source = policy.get("sourceUrl")
    return Hint(
        gateway="nanogpt",
        model=name,
        says=_STATUS.get(status, "unknown") if isinstance(status, str) else "unknown",
        because="; ".join(part for part in parts if isinstance(part, str) and part),
        source=source if isinstance(source, str) else "",
        file_digest=digest,
        at=at,
    )
