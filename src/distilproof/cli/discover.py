"""`distilproof discover`: finds slices that nobody declared, and tells them again on other rows."""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from cyclopts import Group, Parameter

from distilproof.cli.flags import ROLES, SLICES
from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import (
    PROJECT_FILE,
    Bands,
    Column,
    Columns,
    File,
    Json,
    Share,
    Slices,
    Table,
    Whole,
    with_project,
)
from distilproof.errors import UsageError
from distilproof.render.visible import visible

if TYPE_CHECKING:
    from distilproof.workflows.options import EvaluateOptions, Settings

SEARCH = Group.create_ordered("Search")


@Parameter(name="*", group=ROLES)
@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFlags:
    """Columns of a table that no project file describes; the project's without them.

    Parameters
    ----------
    label
        Truth, human or rule-made; null is unlabelled.
    teacher
        Teacher's prediction; null counts as wrong.
    student
        Student's prediction; null counts as wrong.
    id
        Name of a row: its hash says what the row is for.
    cluster
        User, document or prompt that rows belong to: its hash says what all of them are for.
    split
        Split of a row: discover or certify.
    weight
        Inverse sampling probability.
    teacher_score
        Teacher's score from 0 to 1, for generators.
    student_score
        Student's score from 0 to 1, for generators.
    agreement
        How far both agree, from 0 to 1, for generators.
    """

    label: Column | None = None
    teacher: Column | None = None
    student: Column | None = None
    id: Column | None = None
    cluster: Column | None = None
    split: Column | None = None
    weight: Column | None = None
    teacher_score: Column | None = None
    student_score: Column | None = None
    agreement: Column | None = None

    def options(self) -> dict[str, Any]:
        """Options of `evaluate`; none where no flag is given."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@Parameter(name="*", group=SLICES)
@dataclass(frozen=True, slots=True, kw_only=True)
class AmongFlags:
    """Columns whose levels are combined: those of the project, and these.

    Parameters
    ----------
    slices
        Columns to combine; the label may be one of them.
    bands
        A number cut into levels: age=16,25,45,65; repeat the flag for another column.
    critical
        Slices that are critical already: they are not offered again.
    """

    slices: Columns | None = None
    bands: Bands | None = None
    critical: Slices | None = None


@Parameter(name="*", group=SEARCH)
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFlags:
    """How slices are searched for.

    Parameters
    ----------
    above
        Share of introduced errors that a slice has to exceed; without it the cap of the bars, and
        without one the share of all rows.
    share
        Share of the rows to discover on; found slices are told again on the others.
    depth
        Most columns of a slice: 1, 2 or 3.
    most
        Most slices to offer.
    """

    above: Share | None = None
    share: Share = 0.5
    depth: Whole = 3
    most: Whole = 10


def discover(
    table: Table | None = None,
    /,
    *,
    columns: ColumnFlags = ColumnFlags(),
    among: AmongFlags = AmongFlags(),
    search: SearchFlags = SearchFlags(),
    project: File = PROJECT_FILE,
    as_json: Json = False,
) -> int:
    """Find slices that nobody declared, where the student introduces more errors.

    Exit status: 0 slices could be looked at, whatever was found, 3 too few rows to look at any.

    Parameters
    ----------
    table
        Predictions to search; those that the project file names without it.
    project
        Project file, where no column is named by its role.
    as_json
        Print one JSON object.
    """
    options = columns.options()
    if options and table is None:
        raise UsageError(
            "columns are named by their role, and no table is",
            hint="Name the table too: distilproof discover TABLE --label ...",
        )
    with loading():
        from distilproof.render.discovery import Asked, discovery_dict, discovery_text
        from distilproof.workflows.discover import Wishes, discover_in
        from distilproof.workflows.discover import discover as run_discover
        from distilproof.workflows.project import Project

    loaded = None if options else Project.load(project)
    if loaded is None:
        source, chosen = table or "", _settings(options, among)
    else:
        source, settings, _ = loaded.predictions(table)
        chosen = _besides(settings, among)
    say("reading the database" if "://" in source else f"reading {source}")
    run = partial(discover_in, loaded.folder) if loaded else run_discover
    found = run(source, chosen, Wishes(**asdict(search)))
    asked = Asked(
        student=chosen.student_name,
        source=found.source,
        rows=found.rows,
        labelled_rows=found.labelled_rows,
        layout=chosen.layout,
        columns=loaded.settings.layout.columns if loaded else (),
        critical=chosen.slicing.critical or (),
    )
    if as_json:
        print_json(discovery_dict(found.discovery, asked))
        return found.exit_code
    following = visible(with_project("distilproof gate", project)) if loaded else ""
    print_answer(discovery_text(found.discovery, asked, colour=colour(), judge=following))
    return found.exit_code


def _settings(options: dict[str, Any], among: AmongFlags) -> "Settings":
    """Make settings of a table by itself."""
    from distilproof.workflows.options import settings

    missing = [f"--{role}" for role in ("label", "teacher", "student") if role not in options]
    if missing:
        raise UsageError(
            f"discover needs {', '.join(missing)} where another column is named",
            hint="Name the columns of label, teacher and student; with none the project file does.",
        )
    said = {
        "slices": among.slices or (),
        "bands": dict(among.bands or ()),
        "critical": among.critical or (),
    }
    return settings(**cast("EvaluateOptions", options | said))


def _besides(chosen: "Settings", among: AmongFlags) -> "Settings":
    """Add columns, bands and critical slices to those of a project."""
    layout, slicing = chosen.layout, chosen.slicing
    bands = dict(layout.bands) | dict(among.bands or ())
    return replace(
        chosen,
        layout=replace(
            layout,
            columns=tuple(dict.fromkeys((*layout.columns, *(among.slices or ())))),
            bands=tuple(bands.items()),
        ),
        slicing=replace(
            slicing,
            critical=tuple(dict.fromkeys((*(slicing.critical or ()), *(among.critical or ())))),
        ),
    )
