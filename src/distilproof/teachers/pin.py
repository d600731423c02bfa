"""Pins a teacher, and says what differs from its pin without asking it anything."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distilproof.canonical import Json, canonical_json
from distilproof.domain.identity import Fingerprint, ModelRef, Route, TeacherPin
from distilproof.errors import UsageError
from distilproof.teachers.aliases import require_fixed
from distilproof.teachers.manifest import Files, Tell, file_differences, files_digest
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.snapshot import require_commit
from distilproof.teachers.source_files import Nature, nature_of, source_files, source_path
from distilproof.teachers.stack import stack_of

Stack = tuple[tuple[str, str], ...]
"""Engine and version, sorted by name."""

LOCAL = "local"
"""Provider of a teacher whose files are at hand."""

_FILES_NAMED = 10


def pin_files(
    settings: TeacherSettings,
    *,
    labels: tuple[str, ...],
    stack: Stack,
    at: datetime,
    root: Path = Path(),
    tell: Tell | None = None,
) -> TeacherPin:
    """Pin a teacher to the bytes it is made of.

    Parameters
    ----------
    settings
        A teacher whose files, table or source code are at hand.
    labels
        Labels it may answer, in the order of its probabilities.
    stack
        Engines that run it: see `stack_of`.
    at
        When, in UTC.
    root
        Folder of the project.
    tell
        Takes a line after each GiB that was read.

    Raises
    ------
    UsageError
        When there is nothing to pin, or it holds what cannot be pinned: see `manifest`; or when
        the project names a hub's branch and not a commit.
    CannotJudgeError
        When a file cannot be read, or changes while it is read.
    """
    revision = files_revision(settings, root=root)
    files = source_files(settings, root=root, tell=tell)
    return TeacherPin(
        model=weights_ref(settings, files, revision=revision),
        adapter=settings.adapter,
        files=files,
        parameters=asked_with(settings),
        prompt_digest=prompt_digest(settings),
        labels=labels,
        stack=stack,
        pinned_at=at,
    )


def pin_server(
    settings: TeacherSettings,
    fingerprint: Fingerprint,
    *,
    labels: tuple[str, ...],
    at: datetime,
) -> TeacherPin:
    """Pin a teacher behind a server to how it answers.

    Parameters
    ----------
    settings
        A teacher behind a server.
    fingerprint
        What it answered to the canaries.
    labels
        Labels it may answer, in the order of its probabilities.
    at
        When, in UTC.

    Raises
    ------
    UsageError
        When its id can come to mean another model: see `require_fixed`.
    """
    require_fixed(settings.called, settings.revision)
    return TeacherPin(
        model=server_ref(settings),
        adapter=settings.adapter,
        parameters=asked_with(settings),
        prompt_digest=prompt_digest(settings),
        labels=labels,
        fingerprint=fingerprint,
        pinned_at=at,
    )


def weights_ref(
    settings: TeacherSettings, files: Files, *, revision: str | None = None
) -> ModelRef:
    """Which model a teacher at hand is: equal references are the same bytes."""
    return ModelRef(
        provider=LOCAL,
        name=settings.called,
        revision=revision,
        digest=files_digest(files),
        route=Route.WEIGHTS,
    )


def files_revision(settings: TeacherSettings, *, root: Path = Path()) -> str | None:
    """Commit that a teacher's files come from: see `require_commit`."""
    return require_commit(source_path(settings, root=root).resolve(), settings.revision)


def server_ref(settings: TeacherSettings) -> ModelRef:
    """Which model a server is asked for.

    Raises
    ------
    UsageError
        When the source is no URL of a server.
    """
    parts = urlsplit(settings.source)
    if not parts.hostname:
        raise UsageError(
            "the source of the teacher is no URL of a server",
            hint="Write in [teacher] for example source = 'https://models.example.org/v1'.",
        )
    port = f":{parts.port}" if parts.port else ""
    return ModelRef(
        provider=f"{parts.hostname}{port}",
        name=settings.called,
        revision=settings.revision,
        route=Route.API,
    )


def asked_with(settings: TeacherSettings) -> str:
    """Canonical JSON of every setting that an answer depends on besides the prompt and the labels.

    Examples
    --------
    >>> asked_with(TeacherSettings(name="t", adapter="table", source="t.csv", answer="said"))
    '{"answer":"said","inputs":[],"parameters":{},"probabilities":null,"votes":1}'
    """
    said: dict[str, Json] = {
        "answer": settings.answer,
        "probabilities": settings.probabilities,
        "inputs": list(settings.inputs),
        "parameters": dict(settings.parameters),
        "votes": settings.votes,
    }
    return canonical_json(said).decode()


def prompt_digest(settings: TeacherSettings) -> str | None:
    """SHA-256 of the prompt template in hexadecimal; `None` where there is none."""
    if settings.prompt is None:
        return None
    return hashlib.sha256(settings.prompt.encode()).hexdigest()


def differences(
    pin: TeacherPin,
    settings: TeacherSettings,
    *,
    root: Path = Path(),
    tell: Tell | None = None,
) -> tuple[str, ...]:
    """Say what differs between a pin and the teacher as it is now, without asking it anything.

    Reads every byte of a teacher at hand. Of a teacher behind a server only what it is asked is
    compared: whether it still answers alike, its canaries tell.

    Parameters
    ----------
    pin
        What was pinned.
    settings
        The teacher as the project names it now.
    root
        Folder of the project.
    tell
        Takes a line after each GiB that was read.

    Returns
    -------
    tuple of str
        A phrase for each difference, in the order model, settings, engines, files; empty when it
        is the same.

    Raises
    ------
    CannotJudgeError
        When a file cannot be read, or changes while it is read.
    """
    return (*_settings(pin, settings), *_files(pin, settings, root, tell))


def _settings(pin: TeacherPin, settings: TeacherSettings) -> Iterator[str]:
    yield from _changed({"adapter": settings.adapter}, {"adapter": pin.adapter})
    if nature_of(settings) is Nature.SERVER:
        now = server_ref(settings)
        yield from _changed(
            {"server": now.provider, "model": now.name, "revision": now.revision},
            {"server": pin.model.provider, "model": pin.model.name, "revision": pin.model.revision},
        )
    else:
        yield from _changed({"name": settings.called}, {"name": pin.model.name})
    yield from _changed(_flat(asked_with(settings)), _flat(pin.parameters))
    if prompt_digest(settings) != pin.prompt_digest:
        yield "the prompt is another"
    if settings.labels and settings.labels != pin.labels:
        yield f"labels: {', '.join(settings.labels)}, pinned {', '.join(pin.labels)}"
    here = dict(stack_of(settings.adapter))
    # An engine that is not installed computes nothing here: a gate looks at files without one.
    yield from _changed(here, {name: was for name, was in pin.stack if name in here})


def _flat(parameters: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(parameters)
    return {**said, **said.pop("parameters", {})}


def _changed(now: Mapping[str, Any], pinned: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*now, *pinned}):
        values = (now.get(name), pinned.get(name))
        if canonical_json(values[0]) != canonical_json(values[1]):
            said, was = (json.dumps(v) if v is not None else "none" for v in values)
            yield f"{name}: {said}, pinned {was}"


def _files(
    pin: TeacherPin, settings: TeacherSettings, root: Path, tell: Tell | None
) -> Iterator[str]:
    if nature_of(settings) is Nature.SERVER:
        return
    try:
        revision = files_revision(settings, root=root)
        now = source_files(settings, root=root, tell=tell)
    except UsageError as error:
        # What cannot be pinned any more is not what was pinned.
        yield error.message
        return
    yield from _changed({"revision": revision}, {"revision": pin.model.revision})
    found = file_differences(pin.files, now)
    yield from (f"{name} {what}" for name, what in found[:_FILES_NAMED])
    if len(found) > _FILES_NAMED:
        yield f"{len(found) - _FILES_NAMED} more files differ"
