"""What is on record of the models behind a student: terms cleared, teacher pinned, duties met."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime

from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import TeacherPin
from distilproof.domain.look import Look
from distilproof.domain.recalibration import RawConfidence, Recalibration
from distilproof.domain.recalibrator import Recalibrator
from distilproof.domain.size import SizeOnRecord
from distilproof.domain.threshold import Threshold

_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a project says and keeps beside its table of predictions; empty for a table alone.

    It belongs to the project, not to one student: the students of a ladder share it, all but the
    size, the recalibration and the looks, which are of the table that was judged.

    Parameters
    ----------
    teacher
        What the project calls the teacher by its terms and its pin; `None` when it names none.
    clearance
        The answer that was kept; `None` when none was.
    asked
        What the same question would be answered on the day of the decision, by the project file,
        the register and the grounds of that day; `None` when the project asks none, as it names no
        teacher or no distribution.
    pin
        The teacher that was recorded; `None` when none was.
    moved
        In what the teacher is no longer the pinned one, as far as can be seen without asking it
        now; empty when in nothing.
    unseen
        Why it could not be told whether the teacher moved; empty when it could.
    documents
        Text that meets an obligation by the obligation's key, sorted by key.
    recalibrator, recalibration
        What the project has on record for the table, and how that was come to; `None` where it was
        never recalibrated.
    applied
        Digest of the recalibrator that gave the confidence that was judged, as the table says;
        empty where it is the student's own.
    void
        Why what is on record does not hold for the table; empty when it does.
    raw
        What the student's own confidence was like on the same rows; `None` where it was judged.
    size
        Which size of the newest sweep the student is; `None` where it comes from none.
    looks
        Looks at the same rows that were taken before, for other candidates; oldest first.
    looked_share
        Largest share of the rows that one of those looks saw, about; 1 for the very same rows.
    at
        Day of the decision, as its first moment in UTC; `None` where time plays no part. Evidence
        that ages is held against it: a decision is a function of its time, and reads no clock.
    """

    teacher: str | None = None
    clearance: Clearance | None = None
    asked: Clearance | None = None
    pin: TeacherPin | None = None
    moved: tuple[str, ...] = ()
    unseen: str = ""
    documents: tuple[tuple[str, str], ...] = ()
    recalibrator: Recalibrator | None = None
    recalibration: Recalibration | None = None
    applied: str = ""
    void: str = ""
    raw: RawConfidence | None = None
    size: SizeOnRecord | None = None
    looks: tuple[Look, ...] = ()
    looked_share: float = 1.0
    at: datetime | None = None

    @property
    def day(self) -> date | None:
        """Day of the decision, in UTC."""
        return self.at and self.at.date()

    def document(self, key: str) -> str | None:
        """Text that meets the obligation called `key`; `None` when no file was named for it."""
        return dict(self.documents).get(key)

    @property
    def not_recalibrated(self) -> str:
        """Why the confidence that was judged is not that of the recalibrator on record.

        Empty when it is, and when nothing is on record and nothing was applied.
        """
        if self.void:
            return self.void
        ours = "" if self.recalibrator is None else self.recalibrator.digest
        if self.applied != ours:
            by = f"by {self.applied[:_SHOWN]}" if self.applied else "by none"
            record = ours[:_SHOWN] or "none"
            return f"the table was recalibrated {by}, and the recalibrator on record is {record}"
        if self.recalibration is not None and self.recalibration.recalibrator != ours:
            chosen = self.recalibration.recalibrator[:_SHOWN]
            return (
                f"{chosen} was fitted and chosen, and the recalibrator on record is {ours[:_SHOWN]}"
            )
        return ""

    @property
    def threshold(self) -> Threshold | None:
        """The certified threshold; `None` without one, and where it is void."""
        found = self.recalibration and self.recalibration.threshold
        if found is None or self.recalibrator is None or self.not_recalibrated:
            return None
        return found if found.holds_for(self.recalibrator) else None

    def changes(self) -> tuple[str, ...]:
        """Say in what the clearance that was kept does not answer what is asked now.

        Returns
        -------
        tuple of str
            One clause for each: another teacher, another use, other models, other terms of one of
            them, terms of which the register says something else, or grounds that came or are gone.
            Empty when in nothing, and when no clearance was kept.
        """
        if self.clearance is None:
            return ()
        if self.asked is None:
            return ("the project file no longer says of which teacher and for which use",)
        return tuple(_changes(self.clearance, self.asked))


NO_RECORDS = Records()
"""What is on record where there is only a table."""


def _changes(kept: Clearance, asked: Clearance) -> Iterator[str]:
    if kept.teacher != asked.teacher:
        yield f"it was given for the teacher {kept.teacher}, which is now {asked.teacher}"
    if kept.use != asked.use:
        before, now = asdict(kept.use), asdict(asked.use)
        differing = ", ".join(name for name in now if now[name] != before[name])
        yield f"the use is another: {differing.replace('_', ' ')}"
    before, now = _layers(kept), _layers(asked)
    for model, role, terms in sorted(now.keys() - before.keys()):
        yield f"it says nothing of {terms or 'no terms'}, which bind the {role} {model}"
    for model, role, terms in sorted(before.keys() - now.keys()):
        yield f"{terms or 'no terms'} no longer bind the {role} {model}"
    both = before.keys() & now.keys()
    for terms in sorted({layer[2] for layer in both if before[layer] != now[layer]}):
        yield f"the register says something else of {terms}"
    if kept.verdict.opens and not asked.verdict.opens:
        closed = next((r for r in asked.rulings if not r.verdict.opens), None)
        why = f": {closed.terms}: {closed.reasons[0]}" if closed and closed.reasons else ""
        yield f"it would not be given today{why}"
    if asked.verdict.opens and not kept.verdict.opens:
        yield f"it was {kept.verdict.replace('_', ' ')}, and today it opens"


def _layers(clearance: Clearance) -> dict[tuple[str, str, str], str]:
    """Digest of what the register said, by model, role and terms."""
    return {(r.model, r.role, r.terms): r.terms_digest for r in clearance.rulings}
