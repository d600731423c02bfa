"""A judgement: somebody's recorded answer to a question that only a person can answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from distilproof.domain.clearance import Clearance, Question
from distilproof.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person held to be true or not, for one use under one reading of the terms.

    Parameters
    ----------
    key
        Of the question.
    sentence
        What was judged, word for word.
    answer
        Whether it is true.
    by, because
        Who says so, and why.
    at
        When, in UTC.
    until
        Last day on which it holds.
    use_digest, terms_digest
        Digests of the use and of the register's entry that it was given for: it is void when
        either changes.
    """

    key: str
    sentence: str
    answer: bool
    by: str
    because: str
    at: datetime
    until: date
    use_digest: str
    terms_digest: str

    def answers(self, question: Question, *, use_digest: str, terms_digest: str) -> bool:
        """Whether this is what was asked: same sentence, same use, same terms."""
        return (self.key, self.sentence) == (question.key, question.sentence) and (
            (self.use_digest, self.terms_digest) == (use_digest, terms_digest)
        )

    def expired(self, at: datetime) -> bool:
        """Whether it no longer holds at a time, in UTC."""
        return at.date() > self.until


def newest(judgements: Iterable[Judgement], at: datetime) -> Judgement | None:
    """Last one given up to a time, in UTC; of several at once, one that says no.

    An expired judgement still takes the place of those before it: whoever revised an opinion did
    not mean to return to the old one.
    """
    given = [one for one in judgements if one.at <= at]
    return max(given, key=lambda one: (one.at, not one.answer), default=None)


def judged(
    asked: Clearance, key: str, *, answer: bool, by: str, because: str, until: date
) -> Judgement:
    """Record an answer to a question that a clearance asks.

    Parameters
    ----------
    asked
        Clearance that asks it: made without judgements, so that one can be revised. The judgement
        is given at its time.
    key
        Of the question.
    answer
        Whether its sentence is true.
    by, because
        Who says so, and why; neither may be empty.
    until
        Last day on which it holds; not before the day it is given.

    Raises
    ------
    UsageError
        When nothing is asked by that key, or what is recorded would hold for nobody or no day.
    """
    found = [(one, q) for one in asked.rulings for q in one.questions if q.key == key]
    if not found:
        keys = ", ".join(question.key for question in asked.questions) or "nothing"
        raise UsageError(f"{key} is not asked", hint=f"What is asked: {keys}.")
    ruling, question = found[0]
    if not by.strip() or not because.strip():
        raise UsageError(
            f"a judgement on {key} names who gives it and why",
            hint="Give a name or a role, and a reason in a sentence.",
        )
    if until < asked.at.date():
        raise UsageError(f"a judgement on {key} that ends on {until} holds on no day")
    return Judgement(
        key=key,
        sentence=question.sentence,
        answer=answer,
        by=by,
        because=because,
        at=asked.at,
        until=until,
        use_digest=asked.use.digest,
        terms_digest=ruling.terms_digest,
    )
