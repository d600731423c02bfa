"""Whether a confidence means what it says, and how much of that compression cost.

A confidence is the model's own P(this prediction is right). All metrics rest on the labelled rows
that have one, counted by fine bins. For weighted or clustered rows the effective size is that of
the model's accuracy on the slice's labelled rows, in proportion: the spread of confidence less
outcome is mostly the outcome's. What several metrics of a slice need is kept for the next.
"""

import math
from functools import lru_cache

from distilproof.counts.tally import BinCounts, SliceTally
from distilproof.metrics.metric import (
    MODELS,
    Better,
    ComputeOfModel,
    Measured,
    Metric,
    Model,
    Need,
    metric,
    of_model,
)
from distilproof.metrics.shares import judged, right
from distilproof.stats.bins import EQUAL_MASS_BINS, LEAST_ROWS, ConfidenceBins, coarsen_equal_mass
from distilproof.stats.brier import brier_interval, brier_score
from distilproof.stats.calibration import (
    debiased_squared_error,
    in_the_large,
    in_the_large_interval,
    l2_error_interval,
    plugin_error,
)
from distilproof.stats.difference import mover_difference
from distilproof.stats.interval import DIFFERENCE, PROPORTION, Interval

PLUGIN = f"plug-in, {EQUAL_MASS_BINS} equal-mass bins; display only, no bounds"
DEBIASED = f"debiased L2, {EQUAL_MASS_BINS} equal-mass bins"
LOST = f"{DEBIASED}, MOVER"
SPREAD = "Clopper-Pearson at the spread of the rows"


def bins_of(tally: SliceTally, model: Model) -> BinCounts:
    """Labelled rows of the slice by fine bin of the model's confidence."""
    return tally.student_bins if model == "student" else tally.teacher_bins


@lru_cache(maxsize=8)
def effective_rows(tally: SliceTally, model: Model) -> float:
    """Effective size of the labelled rows with a confidence, 0 without any."""
    rows = float(bins_of(tally, model).n.sum())
    _, n, n_eff = tally.share(right(model), given=judged(model))
    return rows if n_eff == n else rows * n_eff / n


def coarse_bins(tally: SliceTally, model: Model) -> ConfidenceBins:
    """At most 15 bins of about as many rows each: fewer where effective rows are few."""
    wanted = int(effective_rows(tally, model) // LEAST_ROWS)
    return coarsen_equal_mass(bins_of(tally, model), max(1, min(EQUAL_MASS_BINS, wanted)))


def calibration_error_plugin(
    tally: SliceTally, confidence: float, /, *, model: Model
) -> Measured | None:
    """Mean distance of confidence and accuracy over 15 equal-mass bins (ECE), for display only.

    Known from papers and biased upward: a perfectly calibrated model scores 0.08 on 100 rows. So
    it has no bounds, and no requirement on it can hold. No row with a confidence: no value.

    References
    ----------
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017; Roelofs et al., Mitigating Bias
    in Calibration Error Estimation, AISTATS 2022.
    """
    del confidence  # no bounds
    bins = bins_of(tally, model)
    value = plugin_error(coarse_bins(tally, model))
    if value is None:
        return None
    n_eff = effective_rows(tally, model)
    return Measured(value, PROPORTION, int(bins.n.sum()), n_eff, PLUGIN)


@lru_cache(maxsize=8)
def calibration_error(tally: SliceTally, confidence: float, /, *, model: Model) -> Measured | None:
    """Root mean squared distance of confidence and accuracy over 15 equal-mass bins, debiased.

    What sampling alone would add to the squared distance is taken off, and what is left below zero
    counts as zero. No row with a confidence: no value, and the bounds 0 and 1.

    References
    ----------
    Kumar, Liang and Ma, Verified Uncertainty Calibration, NeurIPS 2019.
    """
    bins, n_eff = bins_of(tally, model), effective_rows(tally, model)
    coarse = coarse_bins(tally, model)
    squared = debiased_squared_error(coarse, n_eff=n_eff)
    if squared is None:
        return None
    bounds = l2_error_interval(coarse, confidence=confidence, n_eff=n_eff)
    return Measured(math.sqrt(max(squared, 0.0)), bounds, int(bins.n.sum()), n_eff, DEBIASED)


def calibration_in_the_large(
    tally: SliceTally, confidence: float, /, *, model: Model
) -> Measured | None:
    """Mean confidence less accuracy: above zero the model is surer than it is right.

    Exact from counts, whatever the bins. No row with a confidence: no value, and the bounds -1
    and 1.
    """
    bins, n_eff = bins_of(tally, model), effective_rows(tally, model)
    value = in_the_large(bins)
    if value is None:
        return None
    bounds = in_the_large_interval(bins, confidence=confidence, n_eff=n_eff)
    return Measured(value, bounds, int(bins.n.sum()), n_eff, SPREAD)


def brier(tally: SliceTally, confidence: float, /, *, model: Model) -> Measured | None:
    """Mean squared distance of confidence and outcome, 1 for a right prediction and 0 for a wrong.

    Of the event that the prediction is right, for any number of classes; exact from counts. No row
    with a confidence: no value, and the bounds 0 and 1.

    References
    ----------
    Brier, Monthly Weather Review 78 (1950), 1-3.
    """
    bins, n_eff = bins_of(tally, model), effective_rows(tally, model)
    value = brier_score(bins)
    if value is None:
        return None
    bounds = brier_interval(bins, confidence=confidence, n_eff=n_eff)
    return Measured(value, bounds, int(bins.n.sum()), n_eff, SPREAD)


def calibration_lost(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Calibration error of the student less that of its teacher, both debiased.

    Above zero the student's confidence lies more. The bounds treat the two as independent, which
    is cautious: on the same rows they are wrong, and surprised, together. `n` is that of the model
    with fewer rows. No row with the confidence of one of them: no value, and the bounds -1 and 1.

    References
    ----------
    Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702, for the difference.
    """
    student = calibration_error(tally, confidence, model="student")
    teacher = calibration_error(tally, confidence, model="teacher")
    if student is None or teacher is None:
        return None
    bounds = mover_difference(student.value, student.bounds, teacher.value, teacher.bounds)
    fewer = min(student, teacher, key=lambda measured: (measured.n, measured.n_eff))
    return Measured(student.value - teacher.value, bounds, fewer.n, fewer.n_eff, LOST)


def _of_both(
    compute: ComputeOfModel, title: str, *, better: Better = "lower", within: Interval = PROPORTION
) -> tuple[Metric, ...]:
    return tuple(
        of_model(
            compute,
            model,
            title=title,
            better=better,
            within=within,
            needs=_NEEDS[model],
        )
        for model in MODELS
    )


_NEEDS: dict[Model, frozenset[Need]] = {
    "student": frozenset({"label", "student_confidence"}),
    "teacher": frozenset({"label", "teacher_confidence"}),
}

METRICS = (
    *_of_both(calibration_error, "Calibration error of the {model}"),
    *_of_both(calibration_error_plugin, "Plug-in calibration error of the {model}, display only"),
    *_of_both(
        calibration_in_the_large,
        "Mean confidence less accuracy of the {model}",
        better="zero",
        within=DIFFERENCE,
    ),
    *_of_both(brier, "Brier score of the {model}"),
    metric(
        calibration_lost,
        title="Calibration error, student minus teacher",
        better="lower",
        within=DIFFERENCE,
        needs=_NEEDS["student"] | _NEEDS["teacher"],
    ),
)
