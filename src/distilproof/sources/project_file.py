"""Reads a project file into domain values."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import ProjectFileError
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing
from distilproof.sources.project_problems import refuse, schema_problems, value_problems
from distilproof.sources.project_schema import (
    AllBars,
    BarsSection,
    PredictionsSection,
    ProjectSchema,
)
from distilproof.sources.toml_text import parse_toml

Schema = TypeVar("Schema", bound=BaseModel)

POLICY_FILE = "policy.toml"
"""An organisation's bars, beside the project file: they can only make its bars stricter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """What a project file says of the predictions to judge.

    Parameters
    ----------
    student, teacher
        Names of the two models.
    table, table_name, query
        Where the predictions are; a path is relative to the project file.
    roles, layout, slicing, policy
        How they are read, and what is asked of them.
    """

    student: str
    teacher: str
    table: str
    table_name: str | None
    query: str | None
    roles: Roles
    layout: Layout
    slicing: Slicing
    policy: Policy


def read_project_file(path: Path) -> ProjectFile:
    """Read and check a project file.

    Raises
    ------
    ProjectFileError
        When the file cannot be read, is no TOML, or holds a key, type or value that it may not.
    """
    schema = _checked(path, _text(path, "Write one: distilproof init TABLE"), ProjectSchema)
    if schema.predictions is None:
        raise ProjectFileError(
            f"{path} has no section [predictions]",
            hint="Say there which table holds the predictions, and its columns by role.",
        )
    beside = path.parent / POLICY_FILE
    organisation = AllBars()
    if beside.exists():
        organisation = _checked(beside, _text(beside, "Mend or remove it."), AllBars)
    return _domain(schema, schema.predictions, organisation)


def _text(path: Path, hint: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ProjectFileError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ProjectFileError(f"{path} is not UTF-8 text: {error.reason}", hint=hint) from error


def _checked(path: Path, text: str, schema: type[Schema]) -> Schema:
    values = parse_toml(text, name=str(path))
    try:
        found = schema.model_validate(values)
    except ValidationError as error:
        refuse(str(path), text, schema_problems(error, schema))
        raise
    if isinstance(found, ProjectSchema):
        refuse(str(path), text, value_problems(found))
    return found


def _domain(
    schema: ProjectSchema, predictions: PredictionsSection, organisation: AllBars
) -> ProjectFile:
    slices = schema.slices
    roles = {f.name: getattr(predictions, f.name) for f in fields(Roles)}
    roles["label"] = predictions.label or schema.data.label or "label"
    roles["time"] = predictions.time or schema.data.time
    return ProjectFile(
        student=schema.student.name,
        teacher=schema.teacher.name if schema.teacher else predictions.teacher,
        table=predictions.table,
        table_name=predictions.table_name,
        query=predictions.query,
        roles=Roles(**roles),
        layout=Layout(
            columns=tuple(slices.columns),
            crosses=tuple(tuple(cross) for cross in slices.crosses),
            bands=tuple((c, tuple(map(float, edges))) for c, edges in slices.bands.items()),
        ),
        slicing=Slicing(critical=tuple(slices.critical), protected=tuple(slices.protected)),
        policy=Policy(
            bars=_bars(schema.bars),
            by_slice=_by_slice(schema.bars),
            at_least_as_strict=_bars(organisation),
            strict_by_slice=_by_slice(organisation),
        ),
    )


def _by_slice(section: AllBars) -> tuple[tuple[str, Bars], ...]:
    return tuple((name, _bars(bars)) for name, bars in section.slice.items())


def _bars(section: BarsSection) -> Bars:
    return Bars(
        accuracy_floor=section.accuracy.floor,
        accuracy_margin=section.accuracy.margin,
        introduced_error_cap=section.introduced_error.cap,
        gap_growth_cap=section.gap_growth.cap,
        calibration_cap=section.calibration.cap,
    )
