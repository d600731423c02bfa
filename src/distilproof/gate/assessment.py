"""An assessment: everything that was measured and found on one prediction table."""

import hashlib
import json
from dataclasses import dataclass

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.domain.decision import worst
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, Finding, Status
from distilproof.domain.slices import Slice
from distilproof.gate.policy import Policy
from distilproof.gate.records import NO_RECORDS, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose predictions were read, and how.

    Parameters
    ----------
    student, teacher
        Names of the two models.
    source
        The table, in words, without secrets.
    rows, labelled_rows
        Rows of the table, and those with a label.
    roles, layout
        How the table was read.
    set_aside
        Rows that are not among these by their split: something was fitted to them, chosen by them
        or found on them.
    """

    student: str
    teacher: str
    source: str
    rows: int
    labelled_rows: int
    roles: Roles
    layout: Layout
    set_aside: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a report draws and a decision is made of.

    Parameters
    ----------
    origin
        Whose predictions were read, and how.
    slices
        Overall first, then by column and level; declared slices without rows included.
    estimates
        Every metric on every slice.
    policy
        What was asked.
    findings
        What the policy's requirements came to; empty when no bar was given.
    cube
        The counts behind it.
    records
        What the project has on record beside the table; empty for a table alone.
    """

    origin: Origin
    slices: tuple[Slice, ...]
    estimates: tuple[Estimate, ...]
    policy: Policy
    findings: tuple[Finding, ...]
    cube: Cube
    records: Records = NO_RECORDS

    @property
    def student(self) -> str:
        """Name of the student."""
        return self.origin.student

    @property
    def teacher(self) -> str:
        """Name of the teacher."""
        return self.origin.teacher

    @property
    def policy_digest(self) -> str:
        """SHA-256 of the bars and of what they bind: critical and protected slices, in hex."""
        bound = sorted((s.name, s.critical, s.protected) for s in self.slices)
        text = json.dumps([self.policy.digest, [b for b in bound if b[1] or b[2]]])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def status(self) -> Status | None:
        """Worst status of the binding findings; `None` when no bar was given."""
        return worst(self.findings)

    @property
    def exit_code(self) -> int:
        """Exit status: 0 when nothing was asked or all holds, 1 refused, 3 cannot judge."""
        return 0 if self.status is None else EXIT_CODES[self.status]

    def estimate(self, metric: str, slice_name: str = "overall") -> Estimate | None:
        """Estimate of one metric on one slice; `None` when it was not measured."""
        matching = (e for e in self.estimates if (e.metric, e.slice) == (metric, slice_name))
        return next(matching, None)
