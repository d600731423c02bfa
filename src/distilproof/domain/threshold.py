"""A threshold: the confidence from which on answers are accepted, and what that promises."""

from dataclasses import dataclass

from distilproof.domain.recalibrator import Recalibrator
from distilproof.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A certified threshold; it means nothing but for the recalibrator that it was found with.

    Parameters
    ----------
    value
        Answers whose recalibrated confidence is at least this are accepted.
    recalibrator
        Digest of the recalibrator.
    precision
        Share of the accepted answers that are right at least, in (0, 1); the risk is the rest.
    confidence
        Of that promise, in [0.5, 1).
    coverage
        Share of the rows that it accepted where it was found, in (0, 1].
    accepted
        How many labelled rows that was.
    """

    value: float
    recalibrator: str
    precision: float
    confidence: float
    coverage: float
    accepted: int

    def __post_init__(self) -> None:
        """Hold the class's rule: shares are shares."""
        if not 0.0 <= self.value <= 1.0 or not 0.0 < self.precision < 1.0:
            raise ValueError(f"no threshold of a confidence: {self.value} for {self.precision}")

    def holds_for(self, recalibrator: Recalibrator) -> bool:
        """Whether it was found with this recalibrator; void with any other."""
        return recalibrator.digest == self.recalibrator

    def under(self, recalibrator: Recalibrator) -> float:
        """Value to compare confidences with that this recalibrator gave.

        Raises
        ------
        UsageError
            When it was found with another one: it then promises nothing.
        """
        if not self.holds_for(recalibrator):
            raise UsageError(
                f"the threshold {self.value:g} is void: it was certified with the recalibrator "
                f"{self.recalibrator[:12]}, and this one is {recalibrator.digest[:12]}",
                hint="Certify a threshold again, with the recalibrator that is in use.",
            )
        return self.value
