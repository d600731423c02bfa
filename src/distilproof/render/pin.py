"""Writes a pin and what looking at it found: what it holds, how sure that is, what to do next."""

import math
from collections.abc import Iterator, Sequence

from distilproof.canonical import plain
from distilproof.domain.identity import Fingerprint, TeacherPin
from distilproof.render.numbers import count, number
from distilproof.render.visible import visible
from distilproof.teachers.canary import ALARM, Found, Poll, Watch, log_e, polls_to_see
from distilproof.teachers.teacher import Cost

PIN_SCHEMA = "distilproof.pin/1"
CHECK_SCHEMA = "distilproof.pin-check/1"

EXIT_CODES = {Found.SAME: 0, Found.MOVED: 1, Found.UNKNOWN: 3}

_RESET = "\x1b[0m"
_WORDS = {
    Found.SAME: ("SAME", "\x1b[1;32m"),
    Found.MOVED: ("MOVED", "\x1b[1;31m"),
    Found.UNKNOWN: ("CANNOT TELL", "\x1b[1;33m"),
}
_MOST_SHOWN = 700.0
"""Logarithm of the largest evidence that is written as a number."""


def pinned_text(
    pin: TeacherPin, spent: Cost, *, kept: bool, colour: bool = False, flag: str = ""
) -> str:
    """Write a pin for a terminal.

    Parameters
    ----------
    pin
        The pin.
    spent
        What asking took.
    kept
        Whether it was there before, and still matches.
    colour
        Whether to colour the answer; it is a word either way.
    flag
        What a command needs besides to find the project again, such as ` --project x.toml`.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    word = _painted("KEPT" if kept else "PINNED", _WORDS[Found.SAME][1], colour=colour)
    lines = [f"{word} {visible(_answer(pin, kept=kept))}"]
    lines += [visible(f"  {line}") for line in _held(pin)]
    if spent.requests:
        lines.append(f"  it took {cost_words(spent)}")
    return "\n".join([*lines, visible(f"next: distilproof label{flag}")])


def pinned_dict(pin: TeacherPin, spent: Cost, *, kept: bool) -> dict[str, object]:
    """Plain values of a pin, under a versioned schema."""
    return {
        "schema": PIN_SCHEMA,
        "digest": pin.digest,
        "kept": kept,
        "pin": plain(pin),
        "spent": plain(spent),
    }


def checked_text(
    pin: TeacherPin,
    found: Found,
    reasons: Sequence[str],
    *,
    watch: Watch | None = None,
    colour: bool = False,
    flag: str = "",
) -> str:
    """Write what looking at a pinned teacher found.

    Parameters
    ----------
    pin
        What it was held against.
    found, reasons
        Whether it is the same, and why: a phrase each, at least one.
    watch
        All polls of its canaries; `None` for a teacher without a fingerprint, or unasked.
    colour
        Whether to colour the answer; it is a word either way.
    flag
        What a command needs besides to find the project again.
    """
    word, paint = _WORDS[found]
    said = visible(f"{pin.model.name}, pinned on {_day(pin)}: {reasons[0]}")
    lines = [f"{_painted(word, paint, colour=colour)} {said}"]
    lines += [visible(f"  {reason}") for reason in reasons[1:]]
    if watch is not None and pin.fingerprint is not None:
        lines += [visible(f"  {line}") for line in _watched(watch, pin.fingerprint)]
    return "\n".join([*lines, visible(f"next: {_next(found, watch, flag)}")])


def checked_dict(
    pin: TeacherPin,
    found: Found,
    reasons: Sequence[str],
    *,
    watch: Watch | None,
    spent: Cost,
) -> dict[str, object]:
    """Plain values of what looking at a pinned teacher found, under a versioned schema."""
    last = watch.polls[-1] if watch and watch.polls else None
    return {
        "schema": CHECK_SCHEMA,
        "found": found,
        "exit_code": EXIT_CODES[found],
        "reasons": list(reasons),
        "digest": pin.digest,
        "model": plain(pin.model),
        "log_e": None if watch is None else log_e(watch),
        "log_e_alarm": math.log(ALARM),
        "alarmed_at": watch and watch.alarmed_at and watch.alarmed_at.isoformat(),
        "polls": len(watch.polls) if watch else 0,
        "last_poll": last and plain(last),
        "spent": plain(spent),
    }


def cost_words(cost: Cost) -> str:
    """Write a cost in words.

    Examples
    --------
    >>> cost_words(Cost(requests=1000, usd=0.418)), cost_words(Cost(requests=50))
    ('1,000 requests and 0.42 US dollars', '50 requests (no price is known)')
    """
    if not cost.requests:
        return "no request"
    money = f" and {cost.usd:.2f} US dollars" if cost.usd else " (no price is known)"
    return f"{count(cost.requests)} requests{money}"


def _answer(pin: TeacherPin, *, kept: bool) -> str:
    by = "to the byte" if pin.files else f"at {pin.model.provider}, by how it answers"
    return f"{pin.model.name} {by}{f', on {_day(pin)}' if kept else ''}"


def _held(pin: TeacherPin) -> Iterator[str]:
    if pin.files:
        files = "1 file" if len(pin.files) == 1 else f"{count(len(pin.files))} files"
        yield f"{files}, SHA-256 of all of it {pin.model.digest}"
    if pin.model.revision:
        yield f"revision: {pin.model.revision}"
    if pin.stack:
        yield f"run by {', '.join(f'{name} {version}' for name, version in pin.stack)}"
    if pin.labels:
        yield f"labels: {', '.join(pin.labels)}"
    if pin.fingerprint is not None:
        yield from _fingerprint(pin.fingerprint)


def _fingerprint(made: Fingerprint) -> Iterator[str]:
    hints = ", ".join(made.system_fingerprints)
    hint = f"; system fingerprint {hints}, which is a hint and no proof" if hints else ""
    yield f"the model that answers: {made.returned_model}{hint}"
    kept, repeats = len(made.canaries), made.canaries[0].repeats
    yield f"canaries: {kept} prompts, asked {repeats} times each"
    yield f"{made.near_boundary or 'none'} of them known to be near its decision boundary"
    yield (
        f"it contradicts itself in {_percent(made.disagreement)} of answers, at most in "
        f"{_percent(made.disagreement_high)} at {_percent(made.confidence)} confidence"
    )
    twice, often = (_checks(made, times) for times in (2, 5))
    yield f"twice as much as that would be seen in {twice}, five times as much in {often}"
    if made.log_probability_spread is not None:
        spread = number(made.log_probability_spread, digits=4)
        yield f"log-probabilities of a repeat are off their mean by {spread}"


def _checks(made: Fingerprint, times: int) -> str:
    polls = polls_to_see(made, times)
    if polls is None:
        return "no number of checks"
    return "about 1 check" if polls == 1 else f"about {count(polls)} checks"


def _watched(watch: Watch, pinned: Fingerprint) -> Iterator[str]:
    if not watch.polls:
        return
    evidence = math.exp(min(log_e(watch), _MOST_SHOWN))
    checks = "1 check" if len(watch.polls) == 1 else f"{count(len(watch.polls))} checks"
    yield f"evidence of a change: {evidence:,.3g}, alarm at {ALARM:g}, after {checks}"
    last = watch.polls[-1]
    outages = _outages_in_a_row(watch.polls)
    if outages > 1:
        yield f"no check could tell for {outages} times in a row"
    new = [name for name in last.system_fingerprints if name not in pinned.system_fingerprints]
    if new:
        yield f"new system fingerprint, which is a hint and no proof: {', '.join(new)}"
    change, normal = last.log_probability_change, pinned.log_probability_spread
    if change is not None and normal is not None:
        shift = number(last.log_probability_shift or 0.0, signed=True, digits=4)
        yield (
            f"log-probabilities of the pinned answers are off by {number(change, digits=4)}, "
            f"{number(normal, digits=4)} when pinned; their mean moved by {shift}; no evidence, "
            "but worth a look where it grows"
        )


def _outages_in_a_row(polls: Sequence[Poll]) -> int:
    told = [at for at, poll in enumerate(polls, start=1) if not poll.outage]
    return len(polls) - max(told, default=0)


def _next(found: Found, watch: Watch | None, flag: str) -> str:
    if found is Found.MOVED:
        return f"distilproof pin{flag} --replace, and label anew with the teacher as it is now"
    if found is Found.UNKNOWN:
        return f"check again later: distilproof pin{flag} --check"
    if watch is None:
        return f"distilproof label{flag}"
    return f"check again before each use, or daily: distilproof pin{flag} --check"


def _day(pin: TeacherPin) -> str:
    return pin.pinned_at.date().isoformat()


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _painted(word: str, paint: str, *, colour: bool) -> str:
    return f"{paint}{word}{_RESET}" if colour else word
