"""The certificate of a size: the rungs that were looked at, and the smallest that holds."""

from dataclasses import dataclass
from typing import Literal

from distilproof.domain.decision import worst
from distilproof.domain.finding import EXIT_CODES, SEVERITY, Finding, Status

Procedure = Literal["fixed_sequence", "fallback"]
Outcome = Literal["passed", "not_passed", "not_looked_at", "set_aside"]


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
        All findings of a rung that was looked at.
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
        """PASS where a size is chosen; else that of the rung that came nearest, MISSING without."""
        if self.chosen is not None:
            return Status.PASS
        seen = [worst(r.breaks) or Status.ERROR for r in self.rungs if r.outcome == "not_passed"]
        return min(seen, key=SEVERITY.index, default=Status.MISSING)

    @property
    def exit_code(self) -> int:
        """Exit status of a verb that prints this certificate."""
        return EXIT_CODES[self.status]
