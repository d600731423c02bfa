"""A finding: what was found of one requirement of one check."""

from dataclasses import dataclass
from enum import StrEnum

from distilproof.domain.estimate import Estimate
from distilproof.domain.requirement import Requirement


class Status(StrEnum):
    """Outcome of a finding, best to worst in the order of `SEVERITY`."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    WAIVED = "WAIVED"
    INSUFFICIENT = "INSUFFICIENT"
    STALE = "STALE"
    MISSING = "MISSING"
    FAIL = "FAIL"
    ERROR = "ERROR"


SEVERITY: tuple[Status, ...] = tuple(Status)
"""Statuses from best to worst: a decision is the worst of its findings."""

EXIT_CODES: dict[Status, int] = {
    Status.PASS: 0,
    Status.WAIVED: 0,
    Status.INSUFFICIENT: 3,
    Status.STALE: 3,
    Status.MISSING: 3,
    Status.FAIL: 1,
    Status.ERROR: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Somebody's recorded acceptance of a finding that does not hold.

    Parameters
    ----------
    by
        Who accepts it.
    reason
        Why.
    """

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one requirement, or of a part of a check that nothing measured.

    Parameters
    ----------
    code
        Stable code that `distilproof explain` knows.
    status
        Outcome.
    message
        One line: what was found, in words.
    binding
        Whether it counts for the decision or only warns.
    requirement, estimate
        What was compared; `None` where nothing was measured.
    p_value
        Smallest level at which the requirement is shown broken, after Holm's adjustment over the
        slices judged by the same requirement; `None` where it was not needed.
    rows_needed
        Labelled rows in all that would settle it at the observed rate; `None` when settled or
        when no affordable number would.
    waiver
        Acceptance that turned it into WAIVED.
    """

    code: str
    status: Status
    message: str
    binding: bool = True
    requirement: Requirement | None = None
    estimate: Estimate | None = None
    p_value: float | None = None
    rows_needed: int | None = None
    waiver: Waiver | None = None

    @property
    def check(self) -> str:
        """Check the finding belongs to: `G1` to `G6`."""
        return self.code.partition("-")[0]
