"""The bars a student has to clear, and the requirements they become on each slice."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import partial

from distilproof.domain.requirement import Requirement
from distilproof.domain.slices import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Limits on one slice; a bar that is `None` is not asked for.

    Parameters
    ----------
    accuracy_floor
        Least accuracy of the student, in [0, 1].
    accuracy_margin
        How far below its teacher the student may be, in [0, 1]: non-inferiority.
    introduced_error_cap
        Largest share of rows that the student gets wrong and its teacher right, in [0, 1].
    gap_growth_cap
        How much wider than the teacher's a group's gap to the reference group may be, in [0, 1].
    calibration_cap
        Largest calibration error, and largest distance of mean confidence from accuracy, in [0, 1].
    threshold_precision
        Least share of right answers among those that a threshold on the confidence accepts, in
        (0, 1).
    coverage_gap_cap
        How much more or less often than those of the reference group a protected group's answers
        may be accepted, in [0, 1].
    """

    accuracy_floor: float | None = None
    accuracy_margin: float | None = None
    introduced_error_cap: float | None = None
    gap_growth_cap: float | None = None
    calibration_cap: float | None = None
    threshold_precision: float | None = None
    coverage_gap_cap: float | None = None

    def given(self) -> dict[str, float]:
        """Bars that are asked for, by name."""
        return {name: bar for name, bar in asdict(self).items() if bar is not None}

    def overlaid(self, other: "Bars") -> "Bars":
        """Take each bar of `other` where it has one, else this one's.

        Examples
        --------
        >>> Bars(accuracy_floor=0.7).overlaid(Bars(accuracy_floor=0.2)).accuracy_floor
        0.2
        """
        return Bars(**(self.given() | other.given()))

    def strictest(self, other: "Bars") -> "Bars":
        """Take the stricter of each bar: the higher floor or precision, the lower margin or cap.

        Examples
        --------
        >>> Bars(accuracy_floor=0.7).strictest(Bars(accuracy_floor=0.2)).accuracy_floor
        0.7
        """
        bars = self.given()
        for name, bar in other.given().items():
            stricter = max if name in HIGHER_IS_STRICTER else min
            bars[name] = stricter(bars[name], bar) if name in bars else bar
        return Bars(**bars)


BAR_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Bars))

HIGHER_IS_STRICTER = frozenset({"accuracy_floor", "threshold_precision"})
"""Bars of which the higher one asks for more."""

COVERAGE_GAP_WARNS = 0.05
"""Gap of coverage above which a group is named where no bar says otherwise; it binds nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is asked of a student.

    Parameters
    ----------
    bars
        Bars overall and on every slice.
    by_slice
        `(slice name, bars)`: bars of one slice, in the place of the general ones.
    at_least_as_strict
        Bars that no other bar may be laxer than: an organisation's policy.
    strict_by_slice
        The same for single slices, on top of the general ones.
    confidence
        Confidence of each bound that is compared, in (0, 1).
    power
        Chance of a verdict that "rows needed" is computed for, in (0, 1).
    min_rows
        Rows below which no verdict is given.
    """

    bars: Bars = Bars()
    by_slice: tuple[tuple[str, Bars], ...] = ()
    at_least_as_strict: Bars = Bars()
    strict_by_slice: tuple[tuple[str, Bars], ...] = ()
    confidence: float = 0.95
    power: float = 0.9
    min_rows: int = 0

    def bars_of(self, name: str) -> Bars:
        """Bars that apply to the slice called `name`."""
        own = dict(self.by_slice).get(name, Bars())
        stricter = dict(self.strict_by_slice).get(name, Bars())
        return self.bars.overlaid(own).strictest(self.at_least_as_strict).strictest(stricter)

    def only(self, names: Collection[str]) -> "Policy":
        """Ask for the bars of these names and for no other, wherever they are asked for.

        Examples
        --------
        >>> asked = Policy(bars=Bars(accuracy_floor=0.7, calibration_cap=0.03))
        >>> asked.only(["accuracy_floor"]).bars == Bars(accuracy_floor=0.7)
        True
        """

        def kept(bars: Bars) -> Bars:
            return Bars(**{name: bar for name, bar in bars.given().items() if name in names})

        return replace(
            self,
            bars=kept(self.bars),
            by_slice=tuple((name, kept(bars)) for name, bars in self.by_slice),
            at_least_as_strict=kept(self.at_least_as_strict),
            strict_by_slice=tuple((name, kept(bars)) for name, bars in self.strict_by_slice),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the policy, in hexadecimal."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def requirements(
    policy: Policy,
    slices: Iterable[Slice],
    *,
    label: str,
    gaps: Callable[[Slice], tuple[str, ...]],
) -> tuple[Requirement, ...]:
    """Turn a policy into requirements on each slice, in the order of codes, then of slices.

    Calibration and the precision at a threshold are not asked of a slice that involves the label:
    given the answer, a confidence cannot be right on average. Gap growth and the gap of coverage
    are asked of protected slices only; where a precision is asked and no gap, a gap that is shown
    to be wide warns.

    Parameters
    ----------
    policy
        The bars.
    slices
        All slices, overall among them; critical ones bind, the others warn.
    label
        Column of the label.
    gaps
        Codes of the gap metrics of a protected slice; none for the group the others are
        compared with, which no gap of coverage is asked of either.
    """
    found: list[Requirement] = []
    for slice_ in slices:
        bars = policy.bars_of(slice_.name)
        limit = partial(
            Requirement, slice=slice_.name, min_rows=policy.min_rows, binding=slice_.critical
        )
        found += _accuracy(bars, limit)
        if bars.calibration_cap is not None and label not in slice_.columns:
            found += _confidence(bars.calibration_cap, limit)
        if bars.gap_growth_cap is not None and slice_.protected:
            cap = bars.gap_growth_cap
            found += [limit(code="G2-gap-growth", metric=m, at_most=cap) for m in gaps(slice_)]
        if label not in slice_.columns:
            found += _acceptance(bars, limit, compared=slice_.protected and bool(gaps(slice_)))
    return tuple(sorted(found, key=lambda r: (_ORDER.index(r.code), r.metric)))


_ORDER = (
    "G2-gap-growth",
    "G3-accuracy-floor",
    "G3-accuracy-margin",
    "G3-introduced-cap",
    "G4-calibration-cap",
    "G4-in-the-large",
    "G4-threshold",
    "G4-coverage-gap",
)


def _accuracy(bars: Bars, limit: Callable[..., Requirement]) -> Iterator[Requirement]:
    if bars.accuracy_floor is not None:
        floor = bars.accuracy_floor
        yield limit(code="G3-accuracy-floor", metric="student_accuracy", at_least=floor)
    if bars.accuracy_margin is not None:
        margin = bars.accuracy_margin
        yield limit(code="G3-accuracy-margin", metric="accuracy_difference", at_least=-margin)
    if bars.introduced_error_cap is not None:
        cap = bars.introduced_error_cap
        yield limit(code="G3-introduced-cap", metric="introduced_error", at_most=cap)


def _confidence(cap: float, limit: Callable[..., Requirement]) -> Iterator[Requirement]:
    yield limit(code="G4-calibration-cap", metric="student_calibration_error", at_most=cap)
    metric = "student_calibration_in_the_large"
    yield limit(code="G4-in-the-large", metric=metric, at_least=-cap, at_most=cap)


def _acceptance(
    bars: Bars, limit: Callable[..., Requirement], *, compared: bool
) -> Iterator[Requirement]:
    """Yield what is asked of the answers that a threshold accepts."""
    if bars.threshold_precision is not None:
        floor = bars.threshold_precision
        yield limit(code="G4-threshold", metric="precision_at_threshold", at_least=floor)
    asked = bars.coverage_gap_cap
    if compared and (asked is not None or bars.threshold_precision is not None):
        cap = COVERAGE_GAP_WARNS if asked is None else asked
        gap = limit(code="G4-coverage-gap", metric="coverage_gap", at_least=-cap, at_most=cap)
        yield gap if asked is not None else replace(gap, binding=False)
