"""A sweep: every size of the ladder as it came out, and the certificate of the smallest that holds.

Nothing that was timed stands in it: the same inputs give the same bytes. What a size costs is kept
beside it, by the name of the rung.
"""

from dataclasses import dataclass
from typing import Literal

from distilproof.domain.certificate import Certificate
from distilproof.domain.discovery import Discovery
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.recalibration import RawConfidence, Recalibration
from distilproof.domain.student_cost import StudentCost

Part = Literal["rung", "baseline", "compared", "gold"]
"""What a size is there for: to be chosen; as the least that anybody would try; to be set beside the
others, and never chosen; or to show what the chosen size is worth when it learns from people."""

JudgedOn = Literal["certify", "select", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptRung:
    """One size as it came out.

    Parameters
    ----------
    name
        As the project file writes it: `60x16`, `layers:2@int8`, `60x16@gold`.
    family, targets, written
        Kind of model; what it learned from (`soft`, `hard`, `gold`); form of the student
        (`trained`, `onnx`, `int8`).
    part
        What it is there for.
    folder
        Folder that keeps the student, its record and its predictions, named from the project's
        folder; empty when there is none.
    error
        Why there is no student of that size, or none that answers, in one line; empty when there
        is one.
    student
        SHA-256 of the list of its files; empty without a student.
    judged_on
        Rows that its findings and estimates are of: those to certify on, where it was looked at;
        those to select on, where it was not; nothing without a student.
    findings
        What the bars of slices (check G3) came to on those rows; binding or not.
    estimates
        Accuracy, fidelity, accuracy difference, introduced error and calibration error of all rows
        and of every critical slice, on those rows.
    recalibration
        How its confidence was recalibrated; `None` where it gives none.
    raw
        What its own confidence was like on the rows to certify on; `None` where it was not looked
        at, or has none.
    """

    name: str
    family: str
    targets: str
    written: str
    part: Part
    folder: str = ""
    error: str = ""
    student: str = ""
    judged_on: JudgedOn = "nothing"
    findings: tuple[Finding, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    recalibration: Recalibration | None = None
    raw: RawConfidence | None = None

    def estimate(self, metric: str, slice_name: str = "overall") -> Estimate | None:
        """Estimate of one metric on one slice; `None` when it was not measured."""
        matching = (e for e in self.estimates if (e.metric, e.slice) == (metric, slice_name))
        return next(matching, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldBaseline:
    """What distilling was worth: a student of a size beside one that learned from people's labels.

    Parameters
    ----------
    of, name
        The rung that was distilled, and the rung of the same size that learned from people.
    estimates
        Accuracy difference, distilled less gold, of all rows and of every critical slice, on the
        rows to certify on. Above 0 distilling helped. Empty where either is not there.
    error
        Why they cannot be compared, in one line; empty when they can.
    """

    of: str
    name: str
    estimates: tuple[Estimate, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a sweep came to.

    Parameters
    ----------
    student, teacher
        Names of the two models.
    certificate
        The smallest size that holds, and how it was found.
    rungs
        Every size: those declared, large to small; baselines; those to compare with; gold.
    slices
        Overall and the critical slices, in the order of the project file.
    gold
        What distilling was worth; `None` where no rung has a student to compare with.
    discovery
        Slices that nobody declared, of the chosen size; `None` where none is chosen, no slice
        column is named, or no rows are there to discover on.
    notes
        What was decided because nobody said otherwise: to be said aloud.
    declared
        Digest of the order that was declared before looking.
    certify
        Digest of the table to certify on; empty where it is a database.
    pin, clearance
        Digests that the labels rest on; empty where no rung learned from the teacher.
    seed, threads
        As every rung was trained with.
    """

    student: str
    teacher: str
    certificate: Certificate
    rungs: tuple[SweptRung, ...]
    slices: tuple[str, ...]
    gold: GoldBaseline | None = None
    discovery: Discovery | None = None
    notes: tuple[str, ...] = ()
    declared: str = ""
    certify: str = ""
    pin: str = ""
    clearance: str = ""
    seed: int = 0
    threads: int = 1

    @property
    def chosen(self) -> str | None:
        """Name of the smallest size that holds every critical slice; `None` when none does."""
        return self.certificate.chosen

    @property
    def status(self) -> Status:
        """PASS where a size is chosen; else as the certificate says."""
        return self.certificate.status

    @property
    def exit_code(self) -> int:
        """Exit status of a verb that sweeps: 0 chosen, 1 every size is broken, 3 cannot judge."""
        return self.certificate.exit_code

    def rung(self, name: str) -> SweptRung | None:
        """Rung by its name; `None` when the sweep has none of it."""
        return next((rung for rung in self.rungs if rung.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RungCost:
    """What a size cost to train, and costs to run; as busy as the machine was.

    Parameters
    ----------
    cpu_seconds, wall_seconds, peak_bytes
        Of training; `None` where it was not measured.
    rows_used
        Rows that taught something.
    threads
        How many worked.
    running
        Size and speed of the student; `None` where only its predictions are there.
    """

    cpu_seconds: float | None
    wall_seconds: float | None
    peak_bytes: int | None
    rows_used: int
    threads: int
    running: StudentCost | None
