"""Reads a project file into domain values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from distilproof.counts.schema import Layout, Roles
from distilproof.distil.ladder_settings import LadderSettings
from distilproof.domain.slices import OVERALL_NAME
from distilproof.errors import ProjectFileError
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing, declared_slice, with_crosses
from distilproof.sources.project_lineage import Lineage, lineage
from distilproof.sources.project_problems import Problem, refuse, schema_problems
from distilproof.sources.project_schema import AllBars, BarsSection, LadderSection, ProjectSchema
from distilproof.sources.project_values import slice_problems, table_at, value_problems
from distilproof.sources.toml_text import parse_toml

Schema = TypeVar("Schema", bound=BaseModel)

POLICY_FILE = "policy.toml"
"""An organisation's bars, beside the project file: they can only make its bars stricter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFiles:
    """Tables by what they are used for, and the columns that name a row and what it belongs with.

    `None` when not said.
    """

    train: str | None
    calibrate: str | None
    certify: str | None
    discover: str | None
    id: str | None
    cluster: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """What a project file says of the predictions to judge.

    Parameters
    ----------
    student, teacher
        Names of the two models.
    table, table_name, query
        Where the predictions are; a path is relative to the project file. Without a table they are
        those of the size that a sweep chose.
    roles, layout, slicing, policy
        How they are read, and what is asked of them.
    lineage
        The teacher, the other models behind the student, and the use it is meant for.
    data
        The tables to learn from and to certify on; a path is relative to the project file.
    owner
        Who answers for the student; `None` when nobody is named.
    ladder
        The sizes to try; `None` when none are named.
    """

    student: str
    teacher: str
    table: str | None
    table_name: str | None
    query: str | None
    roles: Roles
    layout: Layout
    slicing: Slicing
    policy: Policy
    lineage: Lineage
    data: DataFiles
    owner: str | None
    ladder: LadderSettings | None = None


def read_project_file(path: Path) -> ProjectFile:
    """Read and check a project file, and the organisation's policy beside it.

    Raises
    ------
    ProjectFileError
        When a file cannot be read, is no TOML, or holds a key, type or value that it may not; one
        error names all that is wrong with it.
    """
    text = _text(path, "Write one: distilproof init TABLE")
    schema = _checked(path, text, ProjectSchema, value_problems)
    beside = path.parent / POLICY_FILE
    organisation = AllBars()
    # A link to a policy that is gone must not free the project from it.
    if beside.exists() or beside.is_symlink():
        columns = (*schema.slices.columns, _label(schema))

        def unknown_slices(values: Mapping[str, Any]) -> Iterator[Problem]:
            names = table_at(values, "slice")
            return slice_problems([(("slice", name), name) for name in names], columns)

        text = _text(beside, "Mend or remove it.")
        organisation = _checked(beside, text, AllBars, unknown_slices)
    return _domain(schema, organisation, path)


def _text(path: Path, hint: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ProjectFileError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ProjectFileError(f"{path} is not UTF-8 text: {error.reason}", hint=hint) from error


def _checked(
    path: Path,
    text: str,
    schema: type[Schema],
    impossible: Callable[[Mapping[str, Any]], Iterator[Problem]],
) -> Schema:
    values = parse_toml(text, name=str(path))
    try:
        found = schema.model_validate(values)
    except ValidationError as error:
        refuse(str(path), text, [*schema_problems(error, schema), *impossible(values)])
        raise
    refuse(str(path), text, impossible(values))
    return found


def _label(schema: ProjectSchema) -> str:
    return schema.predictions.label or schema.data.label or "label"


def _domain(schema: ProjectSchema, organisation: AllBars, path: Path) -> ProjectFile:
    slices, predictions = schema.slices, schema.predictions
    roles = {f.name: getattr(predictions, f.name) for f in fields(Roles)}
    roles["label"] = label = _label(schema)
    roles["time"] = predictions.time or schema.data.time
    critical = dict.fromkeys((*slices.critical, *organisation.slice))
    critical.pop(OVERALL_NAME, None)  # it binds whether it is named or not
    slicing = Slicing(critical=tuple(critical), protected=tuple(slices.protected))
    layout = Layout(
        columns=tuple(slices.columns),
        crosses=tuple(tuple(cross) for cross in slices.crosses),
        bands=tuple((c, tuple(map(float, edges))) for c, edges in slices.bands.items()),
    )
    layout = with_crosses(layout, slicing, label=label)
    return ProjectFile(
        student=schema.student.name,
        teacher=schema.teacher.name if schema.teacher else predictions.teacher,
        table=predictions.table,
        table_name=predictions.table_name,
        query=predictions.query,
        roles=Roles(**roles),
        layout=layout,
        slicing=slicing,
        policy=Policy(
            bars=_bars(schema.bars),
            by_slice=_by_slice(schema.bars, layout, label),
            at_least_as_strict=_bars(organisation),
            strict_by_slice=_by_slice(organisation, layout, label),
        ),
        lineage=lineage(schema, path),
        data=DataFiles(
            train=schema.data.train,
            calibrate=schema.data.calibrate,
            certify=schema.data.certify,
            discover=schema.data.discover,
            id=schema.data.id or predictions.id,
            cluster=predictions.cluster,
        ),
        owner=schema.student.owner,
        ladder=_ladder(schema.ladder),
    )


def _by_slice(section: AllBars, layout: Layout, label: str) -> tuple[tuple[str, Bars], ...]:
    """Bars by the name that the slice has where it is judged, in whatever order it was written."""
    return tuple(
        (declared_slice(name, layout, label=label).name, _bars(bars))
        for name, bars in section.slice.items()
    )


def _ladder(section: LadderSection | None) -> LadderSettings | None:
    if section is None:
        return None
    return LadderSettings(
        family=section.family,
        rungs=tuple(section.rungs),
        compare=tuple(section.compare),
        targets=section.targets,
        inputs=tuple(section.inputs),
        options=section.options,
        seed=section.seed,
        threads=section.threads,
        procedure="fallback" if section.procedure == "fallback" else "fixed_sequence",
        shares=tuple(section.shares.items()),
    )


def _bars(section: BarsSection) -> Bars:
    return Bars(
        accuracy_floor=section.accuracy.floor,
        accuracy_margin=section.accuracy.margin,
        introduced_error_cap=section.introduced_error.cap,
        gap_growth_cap=section.gap_growth.cap,
        calibration_cap=section.calibration.cap,
        threshold_precision=section.threshold.precision,
        coverage_gap_cap=section.threshold.coverage_gap,
    )
