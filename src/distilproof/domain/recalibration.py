"""A recalibration: how a recalibrator was chosen for one table, and what threshold goes with it."""

from dataclasses import dataclass

from distilproof.domain.estimate import Estimate
from distilproof.domain.recalibrator import Kind
from distilproof.domain.threshold import Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One kind of recalibrator, beside leaving the confidence as it is.

    Parameters
    ----------
    kind
        Which curve.
    log_loss
        Mean log-loss on the rows to select by, in nats; `None` where it was not compared.
    gain
        Log-loss of the identity less that of this kind: above zero where this is better.
    standard_error
        Of the gain, at least 0.
    why_not
        Why it was not fitted or not compared; empty where it was.
    """

    kind: Kind
    log_loss: float | None = None
    gain: float | None = None
    standard_error: float | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Rows of about the same confidence: how sure, how often right, Wilson's bounds, how many."""

    confidence: float
    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RawConfidence:
    """What the confidence was like as the student gives it, on the rows to certify on.

    Parameters
    ----------
    points
        Accuracy by confidence, by rising confidence.
    rows
        Rows in each of equally wide steps of confidence from 0 to 1.
    estimates
        Calibration error, and mean confidence less accuracy, of all rows.
    """

    points: tuple[Point, ...]
    rows: tuple[float, ...]
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedThreshold:
    """A threshold that was tested on the rows to select by.

    Parameters
    ----------
    value, coverage, accepted, precision
        The threshold, the share of the rows it accepts, how many effective rows that is, and the
        share of them that is right.
    p_value
        Of "the precision is below the target".
    passed
        Whether that was refuted.
    """

    value: float
    coverage: float
    accepted: float
    precision: float
    p_value: float
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSearch:
    """What the search for a threshold came to.

    Parameters
    ----------
    precision, confidence
        What was asked: the share of accepted answers to be right, and how sure that has to be.
    rows
        Labelled rows that it was learned on.
    found
        The loosest threshold that is shown to keep it; `None` when none is.
    tested
        Those that were looked at, strict to loose.
    rows_needed
        Rows to select by, in all, that would settle the strictest one; `None` where one is found,
        and where no affordable number would.
    """

    precision: float
    confidence: float
    rows: int
    found: Threshold | None
    tested: tuple[TriedThreshold, ...] = ()
    rows_needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """How a recalibrator was come to; it holds for the table that it was made for.

    Parameters
    ----------
    recalibrator
        Digest of the recalibrator.
    kind
        Which curve it is.
    tried
        All kinds, from the simplest on.
    fitted_on, chosen_on
        Labelled rows with a confidence that the kinds were fitted to, and compared on.
    source, source_digest
        The table it was made for, as the project calls it, and SHA-256 of its files; `None` where
        it is no file, so that nobody can tell whether it is still the same.
    table_digest
        SHA-256 of the recalibrated table.
    rows
        All rows by split, in the order of the splits.
    read
        Digest of how the table was read: which columns say what of the student, and of which rows.
    notes
        What was decided because nobody said otherwise: to be said aloud.
    search
        The search for a threshold; `None` where none is asked for.
    """

    recalibrator: str
    kind: Kind
    tried: tuple[Tried, ...]
    fitted_on: int
    chosen_on: int
    source: str
    source_digest: str | None
    table_digest: str
    rows: tuple[tuple[str, int], ...]
    read: str = ""
    notes: tuple[str, ...] = ()
    search: ThresholdSearch | None = None

    @property
    def threshold(self) -> Threshold | None:
        """The threshold that was found, if one was asked for and found."""
        return None if self.search is None else self.search.found

    @property
    def compared(self) -> tuple[Tried, ...]:
        """Kinds that were compared with leaving the confidence as it is."""
        return tuple(one for one in self.tried if one.kind != "identity" and not one.why_not)
