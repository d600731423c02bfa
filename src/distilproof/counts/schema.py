"""What is counted: the roles of a table's columns, the slices, and the edges of confidence bins."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SCHEMA_VERSION = 1
"""Version of the cube's columns and bin edges; cubes of two versions do not merge."""

MICRO = 1_000_000
"""Weights, confidences and scores are summed in millionths: int64 of `floor(x * MICRO + 0.5)`.

Integer sums do not depend on the order of rows, so that every engine gives the same bytes.
"""

FINE_BINS = 256
COARSE_BINS = 32

BinCount = Literal[256, 32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of [0, 1] cut into bins of one width.

    Parameters
    ----------
    start
        Lower end; a dyadic fraction, so that subtracting it is exact in binary floating point.
    scale
        Bins per unit; a power of two, so that multiplying by it is exact.
    offset
        Index of the first fine bin of the segment.
    """

    start: float
    scale: float
    offset: int


SEGMENTS: tuple[Segment, ...] = (
    Segment(start=0.0, scale=1024.0, offset=0),
    Segment(start=1 / 32, scale=512.0, offset=32),
    Segment(start=1 / 8, scale=128.0, offset=80),
    Segment(start=7 / 8, scale=512.0, offset=176),
    Segment(start=31 / 32, scale=1024.0, offset=224),
)
"""Piecewise uniform bins, finer toward 0 and 1, where confidences crowd.

Every eighth fine edge is a coarse edge, so that a fine cube coarsens exactly: `fine // 8`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The user's column name for each role of the prediction table.

    Parameters
    ----------
    label, teacher, student
        Truth and the two models' predictions; required.
    id, repeat, cluster, split, time, weight, label_source
        Identity, grouping, time in UTC, inverse sampling probability, who labelled the row.
    teacher_score, student_score, agreement
        Scores in [0, 1] that replace equality, for generators.
    teacher_confidence, student_confidence
        P(the prediction is right), raw, in [0, 1].
    teacher_probs, student_probs
        Class probabilities, a list for each row that sums to 1 within 1e-3.
    """

    label: str
    teacher: str
    student: str
    id: str | None = None
    repeat: str | None = None
    cluster: str | None = None
    split: str | None = None
    time: str | None = None
    weight: str | None = None
    label_source: str | None = None
    teacher_score: str | None = None
    student_score: str | None = None
    agreement: str | None = None
    teacher_confidence: str | None = None
    student_confidence: str | None = None
    teacher_probs: str | None = None
    student_probs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which slices and windows a table is counted by.

    Parameters
    ----------
    columns
        Slice columns; the label may be one of them.
    crosses
        Declared crosses, each of two or more columns; of `columns` or others of the table.
    bands
        `(column, edges)`: a numeric slice column is cut at ascending edges into the levels
        `<16`, `16..25` (16 <= x < 25), `>=25`.
    window
        Length of a window; `None` counts the whole table as one.
    bins
        Confidence bins: 256 to evaluate, 32 to monitor.
    score_cut
        Score from which an answer counts as right, and an agreement as agreeing.
    max_classes
        Classes above which no rates by class are kept.
    """

    columns: tuple[str, ...] = ()
    crosses: tuple[tuple[str, ...], ...] = ()
    bands: tuple[tuple[str, tuple[float, ...]], ...] = ()
    window: Literal["day", "week"] | None = None
    bins: BinCount = FINE_BINS
    score_cut: float = 0.5
    max_classes: int = 50

    @property
    def level_columns(self) -> tuple[str, ...]:
        """Columns whose levels are read: slice columns, then those that only a cross uses."""
        crossed = (column for cross in self.crosses for column in cross)
        return tuple(dict.fromkeys((*self.columns, *crossed)))


def bin_index(confidence: NDArray[np.float64], bins: BinCount = FINE_BINS) -> NDArray[np.int64]:
    """Index of the bin of each confidence: the reference that every engine is held to.

    Parameters
    ----------
    confidence
        Shape (n,), values in [0, 1], no NaN.
    bins
        256 or 32.

    Returns
    -------
    ndarray of int64
        Shape (n,), values in [0, bins).

    Examples
    --------
    >>> bin_index(np.array([0.0, 0.5, 1.0])).tolist()
    [0, 128, 255]
    """
    index = np.zeros(confidence.shape, dtype=np.int64)
    for segment in SEGMENTS:
        inside = confidence >= segment.start
        steps = np.floor((confidence[inside] - segment.start) * segment.scale).astype(np.int64)
        index[inside] = segment.offset + steps
    return np.minimum(index, FINE_BINS - 1) // (FINE_BINS // bins)


def bin_edges(bins: BinCount = FINE_BINS) -> NDArray[np.float64]:
    """Edges of the confidence bins, shape (bins + 1,), from 0 to 1.

    Examples
    --------
    >>> bin_edges(32)[:3].tolist()
    [0.0, 0.0078125, 0.015625]
    """
    stops = [*(s.offset for s in SEGMENTS[1:]), FINE_BINS]
    edges = [
        s.start + np.arange(stop - s.offset) / s.scale
        for s, stop in zip(SEGMENTS, stops, strict=True)
    ]
    return np.append(np.concatenate(edges), 1.0)[:: FINE_BINS // bins]


def band_levels(edges: tuple[float, ...]) -> tuple[str, ...]:
    """Names of the levels that ascending `edges` cut a number into.

    Examples
    --------
    >>> band_levels((16, 25, 45))
    ('<16', '16..25', '25..45', '>=45')
    """
    inner = [f"{low:g}..{high:g}" for low, high in pairwise(edges)]
    return (f"<{edges[0]:g}", *inner, f">={edges[-1]:g}")
