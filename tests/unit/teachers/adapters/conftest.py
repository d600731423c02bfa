"""What tests of adapters share: settings, how to ask, a pickle that leaves a trace."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from distilproof.canonical import Json, canonical_json
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Teacher

Ask = Callable[[Teacher, Sequence[Mapping[str, object]]], Sequence[Answer]]


@pytest.fixture
def ask() -> Ask:
    """Answers of a teacher to rows, each request written as canonical JSON on the way."""

    def asked(teacher: Teacher, rows: Sequence[Mapping[str, Json]]) -> Sequence[Answer]:
        requests = [teacher.request(row) for row in rows]
        for request in requests:
            canonical_json(request)
        return asyncio.run(_ask(teacher, requests))

    return asked


async def _ask(teacher: Teacher, requests: Sequence[Mapping[str, Json]]) -> Sequence[Answer]:
    try:
        return await teacher.answer(requests)
    finally:
        await teacher.close()


@pytest.fixture
def settings() -> Callable[..., TeacherSettings]:
    """Settings of a teacher, named for its adapter."""

    def made(adapter: str, source: Path | str, **others: object) -> TeacherSettings:
        return TeacherSettings(name="trees", adapter=adapter, source=str(source), **others)  # pyright: ignore[reportArgumentType]

    return made


class Payload:
    """An object whose pickle writes a file when it is loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    return Payload(tmp_path / "trace")
