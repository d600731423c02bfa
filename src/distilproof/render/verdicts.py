"""Words for what terms say, and for the use that they say it to."""

from dataclasses import asdict
from datetime import date

from distilproof.domain.clearance import Obligation, Question, Ruling, Use, Verdict
from distilproof.domain.hint import Hint
from distilproof.render.visible import visible

_RESET = "\x1b[0m"
_COLOURS = {
    Verdict.ALLOWED: "\x1b[1;32m",
    Verdict.ALLOWED_WITH_OBLIGATIONS: "\x1b[1;32m",
    Verdict.NEEDS_REVIEW: "\x1b[1;33m",
    Verdict.UNKNOWN: "\x1b[1;33m",
    Verdict.FORBIDDEN: "\x1b[1;31m",
}
_GOES = {
    "internal": "kept in the house",
    "hosted": "served to third parties",
    "published": "with its weights published",
}


def verdict_words(verdict: Verdict, *, colour: bool = False) -> str:
    """Name of a verdict, in colour where wanted.

    Examples
    --------
    >>> verdict_words(Verdict.NEEDS_REVIEW)
    'NEEDS REVIEW'
    """
    word = verdict.replace("_", " ")
    return f"{_COLOURS[verdict]}{word}{_RESET}" if colour else word


def use_words(use: Use) -> str:
    """Say a use in a line, without the student's name; what was not said is left out.

    Examples
    --------
    >>> use_words(Use(student="s", territory=("DE",), monthly_users=10_000))
    'a classifier, kept in the house, commercial, in DE, 10,000 users a month'
    """
    article = "an" if use.student_kind[0] in "aeiou" else "a"
    parts = [
        f"{article} {use.student_kind}",
        _GOES[use.distribution],
        "commercial" if use.commercial else "not commercial",
    ]
    if use.territory:
        parts.append(f"in {', '.join(map(visible, use.territory))}")
    if use.monthly_users is not None:
        parts.append(f"{use.monthly_users:,} users a month")
    if use.monthly_revenue_usd is not None:
        parts.append(f"{use.monthly_revenue_usd:,} US dollars a month")
    if use.student_family is not None:
        parts.append(f"started from {visible(use.student_family)} weights")
    if use.modality != "text":
        parts.append(f"for {use.modality}")
    if use.teacher_sees != "text":
        parts.append(f"its teacher shown {use.teacher_sees}")
    if use.model_as_a_service:
        parts.append("by a maker that sells access to models")
    return ", ".join(parts)


def until(day: date | None) -> str:
    """Say how long something holds.

    Examples
    --------
    >>> until(date(2027, 5, 1)), until(None)
    ('until 2027-05-01', 'as long as nothing changes')
    """
    return "as long as nothing changes" if day is None else f"until {day.isoformat()}"


def hint_line(hint: Hint) -> str:
    """Say what a gateway said of a model, in a line."""
    parts = [part for part in (hint.because, hint.source) if part]
    said = f"{hint.gateway} says {hint.says} of {hint.model}"
    return visible(": ".join([said, *(["; ".join(parts)] if parts else [])]))


def ruling_dict(ruling: Ruling) -> dict[str, object]:
    """Plain values of what one layer of terms says."""
    return {
        "model": ruling.model,
        "role": ruling.role,
        "terms": ruling.terms,
        "terms_digest": ruling.terms_digest,
        "verdict": ruling.verdict,
        "reasons": list(ruling.reasons),
        "questions": [question_dict(one) for one in ruling.questions],
        "obligations": [obligation_dict(one) for one in ruling.obligations],
        "permission": ruling.permission,
        "judged_by": list(ruling.judged_by),
        "expires": ruling.expires and ruling.expires.isoformat(),
    }


def question_dict(question: Question) -> dict[str, object]:
    """Plain values of what a person must judge."""
    return asdict(question)


def obligation_dict(obligation: Obligation) -> dict[str, object]:
    """Plain values of what is owed."""
    return {"key": obligation.key, **asdict(obligation)}


def hint_dict(hint: Hint) -> dict[str, object]:
    """Plain values of a hint."""
    return {**asdict(hint), "at": hint.at.isoformat()}
