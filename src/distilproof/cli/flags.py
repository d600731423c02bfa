"""Flags of `evaluate` in groups: roles, slices, bars, source; each gives options of `evaluate`."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from distilproof.cli.values import (
    Bands,
    Column,
    Columns,
    Countries,
    Crosses,
    Day,
    Name,
    Names,
    Said,
    Share,
    Slices,
    Sql,
    Who,
    Whole,
)
from distilproof.domain.clearance import Distribution, Modality, StudentKind, Use
from distilproof.domain.slices import OVERALL_NAME

ROLES = Group.create_ordered("Columns by role")
SLICES = Group.create_ordered(
    "Slices", help=r"A list is comma-separated, or its flag repeated; \, is a comma in a name."
)
BARS = Group.create_ordered(
    "Bars", help="Each from 0 to 1; a bar applies overall and to every critical slice."
)
SOURCE = Group.create_ordered("Source and names")
ANSWER = Group.create_ordered("Answer")
USE = Group.create_ordered("Use", help="What is not given is the project's, or is not said.")
GRANT = Group.create_ordered("What was read", help="It opens what is named here, nothing else.")

YesNo = Literal["yes", "no"]
_REPEATED = Parameter(negative="", show_default=False)
Kinds = Annotated[tuple[StudentKind, ...], _REPEATED, Parameter(metavar="KIND")]
Distributions = Annotated[tuple[Distribution, ...], _REPEATED, Parameter(metavar="DISTRIBUTION")]


@Parameter(name="*", group=ROLES)
@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFlags:
    """Columns of the table by their role.

    Parameters
    ----------
    label
        Truth, human or rule-made; null is unlabelled.
    teacher
        Teacher's prediction; null counts as wrong.
    student
        Student's prediction; null counts as wrong.
    confidence
        Student's P(prediction is right), short for --student-confidence.
    id
        Name of a row, unique together with --repeat.
    repeat
        Number of the repeat of the same example.
    cluster
        User, document or prompt that rows belong to.
    split
        Split: fit, select, certify, discover or production.
    time
        Time, with a zone.
    weight
        Inverse sampling probability.
    label_source
        Who labelled: human, rule, judge, teacher or unknown.
    teacher_score
        Teacher's score from 0 to 1, for generators.
    student_score
        Student's score from 0 to 1, for generators.
    agreement
        How far both agree, from 0 to 1, for generators.
    teacher_confidence
        Teacher's P(prediction is right).
    student_confidence
        Student's P(prediction is right).
    teacher_probs
        Teacher's class probabilities, a list.
    student_probs
        Student's class probabilities, a list.
    """

    label: Column
    teacher: Column
    student: Column
    confidence: Column | None = None
    id: Column | None = None
    repeat: Column | None = None
    cluster: Column | None = None
    split: Column | None = None
    time: Column | None = None
    weight: Column | None = None
    label_source: Column | None = None
    teacher_score: Column | None = None
    student_score: Column | None = None
    agreement: Column | None = None
    teacher_confidence: Column | None = None
    student_confidence: Column | None = None
    teacher_probs: Column | None = None
    student_probs: Column | None = None

    def options(self) -> dict[str, Any]:
        """Options of `evaluate`."""
        return _given(asdict(self))


@Parameter(name="*", group=SLICES)
@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFlags:
    r"""Slices to judge by. Lists are comma-separated or repeated; write \, for a comma in a name.

    Parameters
    ----------
    slices
        Columns to slice by; the label may be one of them.
    critical
        Slices that bind, such as race=asian or "disability=yes & employed=yes"; every slice
        binds without it, and with "overall" none does but the whole.
    protected
        Slice columns that are protected attributes.
    crosses
        Slice columns to cross, such as "disability & age".
    bands
        A number cut into levels: age=16,25,45,65; repeat the flag for another column.
    """

    slices: Columns | None = None
    critical: Slices | None = None
    protected: Columns | None = None
    crosses: Crosses | None = None
    bands: Bands | None = None

    def options(self) -> dict[str, Any]:
        """Options of `evaluate`."""
        given = _given(asdict(self))
        if self.critical is not None:
            given["critical"] = tuple(name for name in self.critical if name != OVERALL_NAME)
        return given | {"bands": dict(self.bands or ())}


@Parameter(name="*", group=BARS)
@dataclass(frozen=True, slots=True, kw_only=True)
class BarFlags:
    """Bars, each between 0 and 1; they apply overall and to every critical slice.

    Parameters
    ----------
    floor
        Least accuracy.
    margin
        How far below its teacher the student's accuracy may be.
    introduced_cap
        Largest share of rows that the student gets wrong and its teacher right.
    gap_growth_cap
        How much wider than the teacher's a protected group's gap may get.
    calibration_cap
        Largest calibration error.
    alpha
        Level of each one-sided bound.
    """

    floor: Share | None = None
    margin: Share | None = None
    introduced_cap: Share | None = None
    gap_growth_cap: Share | None = None
    calibration_cap: Share | None = None
    alpha: Share = 0.05

    def options(self) -> dict[str, Any]:
        """Options of `evaluate`."""
        return _given(asdict(self))


@Parameter(name="*", group=SOURCE)
@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFlags:
    """What to read, and whose it is.

    Parameters
    ----------
    table_name
        Table of a database.
    query
        Query of a database, in the place of a table.
    student_name
        Student's name in the answer.
    teacher_name
        Teacher's name in the answer.
    """

    table_name: Name | None = None
    query: Sql | None = None
    student_name: Name | None = None
    teacher_name: Name | None = None

    def options(self) -> dict[str, Any]:
        """Options of `evaluate`."""
        return _given(asdict(self))


@Parameter(name="*", group=USE)
@dataclass(frozen=True, slots=True, kw_only=True)
class UseFlags:
    """What the student is and what becomes of it: the project's, or these in its place.

    Parameters
    ----------
    kind
        What the student does.
    distribution
        Whether it stays in the house, serves third parties, or gives its weights away.
    commercial
        Whether it earns money.
    territory
        Countries of whoever makes and offers the student, such as DE,FR.
    users
        Active users a month of all the maker's products.
    revenue
        The maker's US dollars a month.
    student
        Name that the student is released under.
    student_family
        Family of the weights that the student starts from, such as "Llama 3.1".
    modality
        What the student takes or makes.
    teacher_sees
        What its teacher is shown.
    model_as_a_service
        Whether the maker sells access to models.
    """

    kind: StudentKind | None = None
    distribution: Distribution | None = None
    commercial: YesNo | None = None
    territory: Countries | None = None
    users: Whole | None = None
    revenue: Whole | None = None
    student: Name | None = None
    student_family: Name | None = None
    modality: Modality | None = None
    teacher_sees: Modality | None = None
    model_as_a_service: YesNo | None = None

    def of(self, use: Use) -> Use:
        """Use with what the flags say in the place of what it said."""
        yes = {"yes": True, "no": False, None: None}
        said = {
            "student": self.student,
            "student_kind": self.kind,
            "distribution": self.distribution,
            "commercial": yes[self.commercial],
            "territory": self.territory,
            "monthly_users": self.users,
            "monthly_revenue_usd": self.revenue,
            "student_family": self.student_family,
            "modality": self.modality,
            "teacher_sees": self.teacher_sees,
            "model_as_a_service": yes[self.model_as_a_service],
        }
        return replace(use, **_given(said))


@Parameter(name="*", group=GRANT)
@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFlags:
    """What was read in the document.

    Parameters
    ----------
    reads
        Who read it.
    grants
        What it permits, in a sentence of the reader.
    model
        Models whose answers it opens, as the project file calls them.
    terms
        Ids of the terms that it opens.
    kind
        Kinds of student that it opens; repeat the flag for another.
    distribution
        How far such a student may go; repeat the flag for another.
    until
        Last day on which it holds.
    grantor
        Who gives it.
    student
        The one student that it is for; any without it.
    """

    reads: Who
    grants: Said
    model: Names
    terms: Names
    kind: Kinds
    distribution: Distributions
    until: Day
    grantor: Name | None = None
    student: Name | None = None


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}
