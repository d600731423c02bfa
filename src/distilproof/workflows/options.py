"""What `evaluate` can be told besides the table, and how it becomes roles, layout and policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Literal, Required, TypedDict, Unpack

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import UsageError
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing, sliceable, with_crosses


class EvaluateOptions(TypedDict, total=False):
    """Keyword arguments of `evaluate`; only `label`, `teacher` and `student` are required.

    Roles name columns of the table (see `counts.schema.Roles`); `confidence` is short for
    `student_confidence`. Slices: `slices` are columns, `crosses` tuples of columns, `bands` edges
    by column, `critical` names such as `race=asian`, `protected` columns. Bars: `floor`,
    `margin`, `introduced_cap`, `gap_growth_cap`, `calibration_cap`, or a whole `policy`;
    `alpha` is the level of each one-sided bound. `table_name` or `query` say what to read from
    a database.
    """

    label: Required[str]
    teacher: Required[str]
    student: Required[str]
    confidence: str | None
    id: str | None
    repeat: str | None
    cluster: str | None
    split: str | None
    time: str | None
    weight: str | None
    label_source: str | None
    teacher_score: str | None
    student_score: str | None
    agreement: str | None
    teacher_confidence: str | None
    student_confidence: str | None
    teacher_probs: str | None
    student_probs: str | None
    slices: Sequence[str]
    crosses: Sequence[Sequence[str]]
    bands: Mapping[str, Sequence[float]]
    critical: Sequence[str] | None
    protected: Sequence[str]
    window: Literal["day", "week"] | None
    floor: float | None
    margin: float | None
    introduced_cap: float | None
    gap_growth_cap: float | None
    calibration_cap: float | None
    alpha: float
    policy: Policy | None
    student_name: str
    teacher_name: str
    table_name: str | None
    query: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a table is read, and what is asked of it.

    Parameters
    ----------
    roles, layout, slicing, policy
        Columns by role, slices to count, which of them bind, and the bars.
    student_name, teacher_name
        Names of the two models.
    table_name, query
        What to read from a database.
    """

    roles: Roles
    layout: Layout
    slicing: Slicing
    policy: Policy
    student_name: str
    teacher_name: str
    table_name: str | None = None
    query: str | None = None


_BARS = {
    "floor": "accuracy_floor",
    "margin": "accuracy_margin",
    "introduced_cap": "introduced_error_cap",
    "gap_growth_cap": "gap_growth_cap",
    "calibration_cap": "calibration_cap",
}


def settings(**options: Unpack[EvaluateOptions]) -> Settings:
    """Turn the keyword arguments of `evaluate` into settings.

    Raises
    ------
    UsageError
        When an option is unknown, missing or out of range, or two contradict each other.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _only_known(given)
    critical = options.get("critical")
    slicing = Slicing(
        critical=None if critical is None else tuple(critical),
        protected=tuple(options.get("protected", ())),
    )
    columns = tuple(options.get("slices", ()))
    layout = Layout(
        columns=columns,
        crosses=tuple(tuple(cross) for cross in options.get("crosses", ())),
        bands=tuple(
            (column, tuple(float(edge) for edge in edges))
            for column, edges in options.get("bands", {}).items()
        ),
        window=options.get("window"),
    )
    _known(layout, slicing, options["label"])
    return Settings(
        roles=_roles(given),
        layout=with_crosses(layout, slicing, label=options["label"]),
        slicing=slicing,
        policy=_policy(options),
        student_name=options.get("student_name", options["student"]),
        teacher_name=options.get("teacher_name", options["teacher"]),
        table_name=options.get("table_name"),
        query=options.get("query"),
    )


def _only_known(given: Mapping[str, object]) -> None:
    known = EvaluateOptions.__annotations__
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Options: {', '.join(known)}."
            raise UsageError(f"evaluate knows no option {name!r}", hint=hint)
    for name in ("label", "teacher", "student"):
        if name not in given:
            raise UsageError(
                f"evaluate needs {name!r}",
                hint=f"Name the table's column: evaluate(table, {name}=...).",
            )


def _roles(given: Mapping[str, object]) -> Roles:
    if "confidence" in given and "student_confidence" in given:
        raise UsageError(
            "both confidence and student_confidence are given",
            hint="Give one of them: confidence is short for student_confidence.",
        )
    names = {f.name: str(given[f.name]) for f in fields(Roles) if f.name in given}
    if "confidence" in given:
        names["student_confidence"] = str(given["confidence"])
    return Roles(**names)


def _policy(options: EvaluateOptions) -> Policy:
    bars: dict[str, float] = {}
    for option, bar in _BARS.items():
        value = options.get(option)
        if value is None:
            continue
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise UsageError(f"{option} is {value!r}", hint=f"Give {option} between 0 and 1.")
        bars[bar] = float(value)
    policy = options.get("policy")
    if policy is not None:
        if bars or "alpha" in options:
            raise UsageError(
                "both a policy and single bars are given", hint="Put the bars into the policy."
            )
        return policy
    alpha = options.get("alpha", 0.05)
    if not 0 < alpha < 1:
        raise UsageError(f"alpha is {alpha!r}", hint="Give alpha between 0 and 1, such as 0.05.")
    return Policy(bars=Bars(**bars), confidence=1 - alpha)


def _known(layout: Layout, slicing: Slicing, label: str) -> None:
    """Refuse crosses, bands and protected columns that are no slice columns."""
    named = [
        *(("cross", column) for cross in layout.crosses for column in cross),
        *(("band", column) for column, _ in layout.bands),
        *(("protected column", column) for column in slicing.protected),
    ]
    columns = sliceable(layout, label)
    for kind, column in named:
        if column not in columns:
            raise UsageError(
                f"the {kind} {column!r} is not a slice column",
                hint=f"Add it to the slice columns. Declared: {', '.join(columns)}.",
            )
