"""What a project file says of the models behind the student, and of the use it is meant for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distilproof.distil.settings import LabelSettings
from distilproof.domain.clearance import Subject, Use
from distilproof.errors import ProjectFileError
from distilproof.sources.project_schema import ProjectSchema, TeacherSection
from distilproof.teachers.settings import Price, TeacherSettings

ELSEWHERE = frozenset({"openai", "python", "table"})
"""Adapters whose source is no file of the teacher: a URL, a callable, a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a student comes from, and where it goes.

    Parameters
    ----------
    teacher
        How the teacher is asked; `None` when the file does not say with what and where.
    subjects
        The teacher and every other model whose output reaches the student; empty when there is no
        section on a teacher.
    use
        What becomes of the student; `None` when the file does not say how it is distributed.
    obligations
        File that meets an obligation by the obligation's key, relative to the project file.
    labelling
        How hard the teacher is asked.
    """

    teacher: TeacherSettings | None
    subjects: tuple[Subject, ...]
    use: Use | None
    obligations: tuple[tuple[str, str], ...]
    labelling: LabelSettings


def lineage(schema: ProjectSchema, path: Path) -> Lineage:
    """Read the models behind the student off a checked project file.

    Parameters
    ----------
    schema
        The file, checked.
    path
        Where it is: what it names is relative to it.

    Raises
    ------
    ProjectFileError
        When the prompt is given twice, or its file cannot be read.
    """
    section = schema.teacher
    teacher = _teacher(section, path) if section else None
    subjects: list[Subject] = []
    if section:
        called = section.model or section.name
        subjects.append(Subject(model=called, role="teacher", terms=_terms(section.terms)))
    subjects += [
        Subject(model=model.name, role=model.role, terms=_terms(model.terms))
        for model in schema.models
    ]
    return Lineage(
        teacher=teacher,
        subjects=tuple(subjects),
        use=_use(schema),
        obligations=tuple(sorted(schema.obligations.items())),
        labelling=LabelSettings(**schema.labelling.model_dump()),
    )


def _terms(said: str | list[str] | None) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said or ())


def _use(schema: ProjectSchema) -> Use | None:
    student = schema.student
    if student.distribution is None:
        return None
    said: dict[str, Any] = {**schema.use.model_dump(), "territory": tuple(schema.use.territory)}
    return Use(
        student=student.name,
        student_kind=student.kind,
        distribution=student.distribution,
        **said,
    )


def _teacher(section: TeacherSection, path: Path) -> TeacherSettings | None:
    if section.adapter is None or section.source is None:
        return None
    at_hand = section.adapter not in ELSEWHERE and "://" not in section.source
    source = str(path.parent / section.source) if at_hand else section.source
    price = section.price and Price(
        usd_per_million_input=section.price.input, usd_per_million_output=section.price.output
    )
    return TeacherSettings(
        name=section.name,
        adapter=section.adapter,
        source=source,
        model=section.model,
        revision=section.revision,
        inputs=tuple(section.inputs),
        labels=tuple(section.labels),
        answer=section.answer,
        probabilities=section.probabilities,
        prompt=_prompt(section, path),
        parameters=tuple(sorted(section.parameters.items())),
        key_env=section.key_env,
        votes=section.votes,
        price=price,
    )


def _prompt(section: TeacherSection, path: Path) -> str | None:
    if section.prompt_file is None:
        return section.prompt
    if section.prompt is not None:
        raise ProjectFileError(
            f"{path}: [teacher] gives a prompt and a prompt_file", hint="Keep one of them."
        )
    file = path.parent / section.prompt_file
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectFileError(
            f"{file} cannot be read as UTF-8 text, and teacher.prompt_file names it",
            hint="Write the prompt there, with {column} for each input.",
        ) from error
