"""A decision: the worst of its findings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from distilproof.domain.finding import EXIT_CODES, SEVERITY, Finding, Status


def worst(findings: Iterable[Finding]) -> Status | None:
    """Worst status of the binding findings, `None` when there are none."""
    statuses = {finding.status for finding in findings if finding.binding}
    return max(statuses, key=SEVERITY.index, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """May this student be released? There is no score: the worst binding finding decides.

    Parameters
    ----------
    student
        Name of the student.
    policy_digest
        SHA-256 of the bars that were applied and of the slices they bind, in hexadecimal.
    findings
        All findings, binding and warning, in the order of the checks.
    decided_at
        When, in UTC; `None` where the caller keeps time out of the result.
    teacher_pin
        Digest of the pinned teacher, `None` when no teacher is pinned.
    """

    student: str
    policy_digest: str
    findings: tuple[Finding, ...]
    decided_at: datetime | None = None
    teacher_pin: str | None = None

    @property
    def status(self) -> Status:
        """Worst binding status; MISSING when nothing was judged."""
        return worst(self.findings) or Status.MISSING

    @property
    def exit_code(self) -> int:
        """Exit status of a verb that prints this decision."""
        return EXIT_CODES[self.status]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Binding findings that do not pass, worst first."""
        open_ = [f for f in self.findings if f.binding and EXIT_CODES[f.status]]
        return tuple(sorted(open_, key=lambda f: -SEVERITY.index(f.status)))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings on slices that are not critical and do not pass, worst first."""
        shown = [f for f in self.findings if not f.binding and EXIT_CODES[f.status]]
        return tuple(sorted(shown, key=lambda f: -SEVERITY.index(f.status)))

    def check(self, check: str) -> Status:
        """Worst binding status of one check, `G1` to `G6`; MISSING when it found nothing."""
        return worst(f for f in self.findings if f.check == check) or Status.MISSING
