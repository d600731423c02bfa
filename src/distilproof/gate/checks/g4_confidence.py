"""G4: the student's confidence can be believed, and thresholds on it are verified."""

from collections.abc import Iterable

from distilproof.domain.finding import Finding, Status
from distilproof.domain.recalibration import Recalibration, ThresholdSearch
from distilproof.domain.slices import OVERALL_NAME
from distilproof.gate.asked import judged, missing
from distilproof.gate.assessment import Assessment
from distilproof.gate.records import Records

TITLE = "Confidence and thresholds"
QUESTION = "Is the student as often right as it says, and is each threshold verified?"

_RECALIBRATION, _THRESHOLD, _GAP = "G4-recalibration", "G4-threshold", "G4-coverage-gap"
_RECALIBRATE = "distilproof recalibrate"
_SHOWN = 12


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Calibration of the confidence that is used, its recalibrator, and the threshold on it.

    The recalibrator is STALE when the table was not recalibrated by the one on record. A threshold
    is asked for where the project asks for a precision; where it asks for none there is none to
    verify, which is said and does not block.
    """
    return (
        *judged(
            assessment,
            {
                "G4-calibration-cap": "bars.calibration.cap",
                "G4-in-the-large": "bars.calibration.cap",
            },
        ),
        _recalibration(assessment.records),
        *_threshold(assessment),
        *_gaps(assessment),
    )


def _recalibration(records: Records) -> Finding:
    stale = records.not_recalibrated
    if stale:
        return Finding(code=_RECALIBRATION, status=Status.STALE, message=f"{stale}: {_RECALIBRATE}")
    if records.recalibration is None:
        reason = f"no recalibrator was fitted, chosen and verified: {_RECALIBRATE}"
        return missing(_RECALIBRATION, reason)
    message = chosen_words(records.recalibration)
    return Finding(code=_RECALIBRATION, status=Status.PASS, message=message)


def asked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Keep what a bar asks of the confidence: whether anything was chosen for it is not."""
    return tuple(f for f in found if f.requirement or f.code in {_THRESHOLD, _GAP})


def chosen_words(recalibration: Recalibration) -> str:
    """Say in one clause which recalibrator was chosen, and on how many rows."""
    fitted, chosen = f"{recalibration.fitted_on:,}", f"{recalibration.chosen_on:,}"
    if recalibration.kind != "identity":
        return (
            f"{recalibration.kind} {recalibration.recalibrator[:_SHOWN]}, fitted to {fitted} rows "
            f"and chosen on {chosen} others"
        )
    if recalibration.compared:
        return (
            "the confidence is left as it is: of the kinds fitted to "
            f"{fitted} rows none was shown to be better on {chosen} others"
        )
    reasons = {one.why_not: None for one in recalibration.tried if one.why_not}
    return f"the confidence is left as it is: no kind could be compared, {'; '.join(reasons)}"


def _threshold(assessment: Assessment) -> tuple[Finding, ...]:
    records = assessment.records
    target = assessment.policy.bars_of(OVERALL_NAME).threshold_precision
    if target is None:
        reason = (
            "no precision is asked for (bars.threshold.precision), so that no answer may be "
            "accepted for its confidence alone"
        )
        return (Finding(code=_THRESHOLD, status=Status.MISSING, message=reason, binding=False),)
    search = None if records.recalibration is None else records.recalibration.search
    if search is None:
        reason = f"no threshold was learned for a precision of {target:g}: {_RECALIBRATE}"
        return (missing(_THRESHOLD, reason),)
    void = _void(records, search, target, assessment.policy.confidence)
    if void:
        message = f"{void}: {_RECALIBRATE}"
        return (Finding(code=_THRESHOLD, status=Status.STALE, message=message),)
    if search.found is None:
        return (_none_certified(search),)
    return tuple(f for f in assessment.findings if f.code == _THRESHOLD)


def _void(records: Records, search: ThresholdSearch, target: float, confidence: float) -> str:
    """Why a search does not answer what is asked; empty when it does."""
    if records.not_recalibrated or records.recalibrator is None:
        return "it is void with its recalibrator"
    found, ours = search.found, records.recalibrator
    if found is not None and not found.holds_for(ours):
        learned_with = found.recalibrator[:_SHOWN]
        return f"it was certified with the recalibrator {learned_with}, not {ours.digest[:_SHOWN]}"
    asks_more = search.precision < target or search.confidence < confidence
    if asks_more or (found is None and search.precision > target):
        learned = f"{search.precision:g} at {search.confidence:g}"
        return f"a precision of {target:g} at {confidence:g} is asked for, and {learned} was"
    return ""


def _none_certified(search: ThresholdSearch) -> Finding:
    precision, rows, needed = f"{search.precision:g}", f"{search.rows:,}", search.rows_needed
    reason = f"no threshold is shown to keep a precision of {precision} on {rows} rows to select by"
    strictest = search.tested[0] if search.tested else None
    if strictest is None:
        reason += ": none accepts enough of them to be tested"
        reason += "" if needed is None else f", which takes {needed:,} at least"
    else:
        accepted = f"{strictest.accepted:,.0f}"
        reason += (
            f"; of the {accepted} that the strictest accepts {strictest.precision:.3f} are right"
        )
        more = (
            "more would hardly mend that" if needed is None else f"about {needed:,} would settle it"
        )
        reason += f", and {more}"
    return Finding(
        code=_THRESHOLD,
        status=Status.INSUFFICIENT,
        message=f"{reason}; accept no answer for its confidence alone",
        rows_needed=needed,
    )


def _gaps(assessment: Assessment) -> tuple[Finding, ...]:
    """Gaps of coverage: asked of protected groups at a threshold, and of nobody without one."""
    found = tuple(f for f in assessment.findings if f.code == _GAP)
    if found or assessment.policy.bars_of(OVERALL_NAME).coverage_gap_cap is None:
        return found
    if assessment.records.threshold is None:
        return (missing(_GAP, "without a threshold on record nobody's coverage is known"),)
    return (missing(_GAP, "no protected group is compared with another: slices.protected"),)
