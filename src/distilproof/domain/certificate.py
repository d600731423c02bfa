"""The certificate of a size: the rungs that were looked at, and the smallest that holds."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from distilproof.domain.decision import worst
from distilproof.domain.finding import EXIT_CODES, SEVERITY, Finding, Status

Procedure = Literal["fixed_sequence", "fallback"]
Outcome = Literal["passed", "not_passed", "not_looked_at", "set_aside"]


class Shortfall(NamedTuple):
    """By how much a requirement is missed.

    Parameters
    ----------
    slice, metric, limit
        What was asked, of which slice; the limit that is missed, or missed by more.
    bound
        Bound that has to clear the limit; `None` where no row bears on it.
    short_by
        Distance of the bound from the limit, at least 0; `None` without a bound.
    rows, rows_needed
        Rows it rests on, and rows in all that would settle it; `None` when settled, or when no
        affordable number would.
    """

    slice: str
    metric: str
    limit: float
    bound: float | None
    short_by: float | None
    rows: int
    rows_needed: int | None


def shortfall(finding: Finding) -> Shortfall | None:
    """Say by how much a finding misses its requirement; `None` where none was compared.

    Examples
    --------
    >>> from distilproof.domain.requirement import Requirement
    >>> floor = Requirement(code="", metric="accuracy", slice="lang=es", at_least=0.9)
    >>> found = shortfall(Finding(code="", status=Status.MISSING, message="", requirement=floor))
    >>> found.slice, found.limit, found.bound
    ('lang=es', 0.9, None)
    """
    asked, estimate = finding.requirement, finding.estimate
    if asked is None:
        return None
    seen = estimate if estimate is not None and estimate.n else None
    sides: list[tuple[float, float | None, float]] = []
    if asked.at_least is not None:
        low = seen and seen.low
        sides.append((asked.at_least, low, 0.0 if low is None else asked.at_least - low))
    if asked.at_most is not None:
        high = seen and seen.high
        sides.append((asked.at_most, high, 0.0 if high is None else high - asked.at_most))
    limit, bound, distance = max(sides, key=lambda side: side[2])
    return Shortfall(
        slice=asked.slice,
        metric=asked.metric,
        limit=limit,
        bound=bound,
        short_by=None if bound is None else max(distance, 0.0),
        rows=estimate.n if estimate is not None else 0,
        rows_needed=finding.rows_needed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What became of one size.

    Parameters
    ----------
    name
        As the project file calls it.
    outcome
        `passed` and `not_passed` were looked at on the rows to certify with; `not_looked_at` was
        not reached; `set_aside` was given up before, for the `reason`.
    level
        Chance to be wrong that it was tested at; 0 where it was not.
    findings
        All findings of a rung that was looked at; of one that was set aside as hopeless, those on
        other rows that show it broken.
    reason
        Why it was set aside: hopeless on other rows, or not trained, and with which error.
    """

    name: str
    outcome: Outcome
    level: float = 0.0
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    @property
    def breaks(self) -> tuple[Finding, ...]:
        """Binding findings that do not hold, worst first: which slice, by how much, rows needed."""
        open_ = [f for f in self.findings if f.binding and EXIT_CODES[f.status]]
        return tuple(sorted(open_, key=lambda f: -SEVERITY.index(f.status)))

    @property
    def status(self) -> Status | None:
        """Worst of what does not hold; MISSING without a student, `None` where nothing is known."""
        if self.outcome == "set_aside" and not self.findings:
            return Status.MISSING
        return worst(self.breaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The smallest size that holds every critical slice, and how it was found.

    Parameters
    ----------
    procedure
        How the level went from one rung to the next.
    alpha
        Bound on the chance that the chosen size breaks some requirement.
    rungs
        Large to small, in the order that was declared before looking.
    certified_on
        Digest of the counts of the rows that it was certified on.
    """

    procedure: Procedure
    alpha: float
    rungs: tuple[Rung, ...]
    certified_on: str

    @property
    def chosen(self) -> str | None:
        """Name of the last rung that passed; `None` when none did."""
        passed = [rung.name for rung in self.rungs if rung.outcome == "passed"]
        return passed[-1] if passed else None

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Names of the rungs that cost a look, in order."""
        return tuple(r.name for r in self.rungs if r.outcome in {"passed", "not_passed"})

    @property
    def broke_at(self) -> Rung | None:
        """First rung that was looked at and did not pass."""
        return next((rung for rung in self.rungs if rung.outcome == "not_passed"), None)

    @property
    def status(self) -> Status:
        """PASS where a size is chosen; else that of the rung that came nearest, MISSING without.

        A rung that is hopeless on other rows counts as broken; one of which there is no student
        might have held, and counts as MISSING.
        """
        if self.chosen is not None:
            return Status.PASS
        seen = [rung.status for rung in self.rungs]
        judged = [status for status in seen if status is not None]
        return min(judged, key=SEVERITY.index, default=Status.MISSING)

    @property
    def exit_code(self) -> int:
        """Exit status of a verb that prints this certificate."""
        return EXIT_CODES[self.status]
