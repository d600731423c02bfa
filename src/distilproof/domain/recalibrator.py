"""A recalibrator: the curve that turns a student's raw confidence into one that means it."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from distilproof.canonical import digest, plain

Kind = Literal["identity", "temperature", "platt", "beta", "isotonic", "vector"]

_CURVES: dict[Kind, tuple[int, int]] = {
    "identity": (0, 0),
    "temperature": (1, 1),
    "platt": (1, 2),
    "beta": (2, 3),
}
"""How many of the first numbers are slopes, and how many numbers there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibrator:
    """What is done to one student's confidence before anybody sees it; the answer stays.

    It is data, never code: a few numbers that a function of ten lines applies
    (`stats.recalibration.recalibrated`).

    Parameters
    ----------
    student
        Whose confidence it is for: the digest of the student's files, or its name where there are
        none. Two students have two recalibrators, even where the numbers are the same.
    kind
        Which curve.
    parameters
        Its numbers, finite, in the order that `stats.recalibration` gives for each kind.
    classes
        Classes in the order of the probabilities, for `vector`; none for the others.

    Raises
    ------
    ValueError
        When the numbers are no curve of that kind, or one that falls somewhere.

    Examples
    --------
    >>> Recalibrator(student="s", kind="temperature", parameters=(1.5,)).digest[:12]
    'a83c68a65f34'
    """

    student: str
    kind: Kind
    parameters: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold the class's rule: finite numbers, as many as the kind has, a curve that rises."""
        numbers = self.parameters
        flat = self.kind == "temperature" and 0.0 in numbers
        if not all(map(math.isfinite, numbers)) or flat or not self._is_curve():
            raise ValueError(f"these are no parameters of {self.kind}: {list(numbers)}")
        if bool(self.classes) != (self.kind == "vector"):
            raise ValueError(f"a recalibrator of kind {self.kind} has classes {self.classes}")

    def _is_curve(self) -> bool:
        numbers, half = self.parameters, len(self.parameters) // 2
        if self.kind == "isotonic":
            x, y = numbers[:half], numbers[half:]
            inside = all(0.0 <= number <= 1.0 for number in numbers)
            rising = all(a < b for a, b in pairwise(x)) and all(a <= b for a, b in pairwise(y))
            return 0 < len(x) == len(y) and inside and rising
        if self.kind == "vector":
            return (
                0 < half == len(self.classes) and len(numbers) == 2 * half and _rise(numbers[:half])
            )
        slopes, count = _CURVES[self.kind]
        return len(numbers) == count and _rise(numbers[:slopes])

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: what a threshold is bound to."""
        return _digest_of(self)


@lru_cache(maxsize=32)
def _digest_of(recalibrator: Recalibrator) -> str:
    """Digest of one recalibrator: a threshold asks for it each time it is used."""
    return digest(plain(asdict(recalibrator)))


def identity(student: str) -> Recalibrator:
    """Build the recalibrator that leaves a student's confidence as it is."""
    return Recalibrator(student=student, kind="identity")


def _rise(slopes: Sequence[float]) -> bool:
    return all(slope >= 0.0 for slope in slopes)
