"""Writes what labelling came to, how far it is, and what it would cost."""

from collections.abc import Iterator, Sequence

from distilproof.distil.labelled import Imported, Labelled
from distilproof.distil.progress import Progress
from distilproof.distil.quote import Quote
from distilproof.render.numbers import count
from distilproof.render.visible import shortened, visible
from distilproof.teachers.teacher import Cost

LABELS_SCHEMA = "distilproof.labelled/1"
QUOTE_SCHEMA = "distilproof.label-quote/1"
EXPORT_SCHEMA = "distilproof.label-export/1"
IMPORT_SCHEMA = "distilproof.label-import/1"

_GREEN, _YELLOW, _RESET = "\x1b[1;32m", "\x1b[1;33m", "\x1b[0m"
_REASONS = 3
_REASON_LETTERS = 160
_LABELS = 12
_DIGEST = 12
_MINUTE, _HOUR = 60, 3600
_QUICK = 10
"""Requests a second from which their fraction is not worth a digit."""


def labelled_text(done: Labelled, *, colour: bool = False, flag: str = "") -> str:
    """Write what labelling came to, for a terminal.

    Parameters
    ----------
    done
        What it came to.
    colour
        Whether to colour the answer; it is a word either way.
    flag
        What a command needs besides to find the project again, such as ` --project x.toml`.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    word, paint = _answer(done)
    said = f"{paint}{word}{_RESET}" if colour else word
    of = f"{count(done.written)} of {count(done.progress.rows)} rows"
    if done.interrupted:
        of = f"with {count(_left(done.progress))} requests left to ask"
    lines = [f"{said} {of}", *(visible(f"  {line}") for line in _reasons(done))]
    return "\n".join([*lines, visible(_next(done, flag))])


def labelled_dict(done: Labelled) -> dict[str, object]:
    """Plain values of what labelling came to, under a versioned schema."""
    progress = done.progress
    return {
        "schema": LABELS_SCHEMA,
        "complete": done.complete,
        "interrupted": done.interrupted,
        "exit_code": done.exit_code,
        "teacher": done.teacher,
        "table": done.table,
        "rows": progress.rows,
        "written": done.written,
        "refused": done.refused,
        "labels": dict(done.labels),
        "asked": progress.answered,
        "failed": dict(done.failed),
        "left": _left(progress),
        "taken_over": done.taken_over,
        "spent": {"requests": progress.spent.requests, "usd": progress.spent.usd},
        "seconds": progress.seconds,
        "apart_from": done.apart_from,
        "pin": done.pin_digest,
        "clearance": done.clearance_digest,
        "expires": done.expires and done.expires.isoformat(),
        "file": done.file,
    }


def progress_line(progress: Progress) -> str:
    """Write how far labelling has come, in one line: answers, rate, cost, time left.

    Examples
    --------
    >>> progress_line(Progress(rows=9, to_ask=4000, answered=1000, failed=2, seconds=10.0,
    ...                        spent=Cost(requests=1010, usd=0.5)))
    '1,000 of 4,000 answered, 2 failed, 100 a second, 0.5000 US dollars, 30 s left'
    """
    parts = [f"{count(progress.answered)} of {count(progress.to_ask)} answered"]
    if progress.failed:
        parts.append(f"{count(progress.failed)} failed")
    parts.append(f"{_rate(progress.per_second)} a second")
    if progress.spent.usd:
        parts.append(f"{progress.spent.usd:.4f} US dollars")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(parts)


def quote_text(quoted: Quote, *, flag: str = "") -> str:
    """Write what labels would cost, for a terminal."""
    asked = f"{count(quoted.to_ask)} requests to ask for {count(quoted.rows)} rows"
    lines = [f"{asked}, and nothing was sent", *(f"  {line}" for line in _prices(quoted))]
    return "\n".join([*lines, visible(f"next: distilproof label{flag}{_limits(quoted)}")])


def quote_dict(quoted: Quote) -> dict[str, object]:
    """Plain values of what labels would cost, under a versioned schema."""
    return {
        "schema": QUOTE_SCHEMA,
        "rows": quoted.rows,
        "to_ask": quoted.to_ask,
        "requests": quoted.most.requests,
        "usd_least": quoted.least_usd,
        "usd_about": quoted.about_usd,
        "usd_most": quoted.most.usd,
        "seconds_about": quoted.about_seconds,
        "sample": quoted.sample,
    }


def exported_text(files: Sequence[str], requests: int, *, flag: str = "") -> str:
    """Write what was written for a provider's batch service, for a terminal."""
    if not requests:
        return (
            f"every answer is there already, and no file was written\nnext: distilproof label{flag}"
        )
    lines = [f"{count(requests)} requests are ready to be sent, and nothing was sent"]
    lines += [visible(f"  {file}") for file in files]
    after = visible(f"distilproof label{flag} --import-batch FILE")
    return "\n".join([*lines, f"next: send them to the batch service, then: {after}"])


def exported_dict(files: Sequence[str], requests: int) -> dict[str, object]:
    """Plain values of what was written for a batch service, under a versioned schema."""
    return {"schema": EXPORT_SCHEMA, "requests": requests, "files": [*files]}


def imported_text(imported: Imported, *, flag: str = "") -> str:
    """Write what came back from a provider's batch service, for a terminal."""
    lines = [f"IMPORTED {count(imported.kept)} answers"]
    if imported.known:
        lines.append(f"  {count(imported.known)} were there before")
    for reason, n in [*imported.failed.items()][:_REASONS]:
        lines.append(visible(f"  no answer to {count(n)}: {shortened(reason, _REASON_LETTERS)}"))
    lines.append(f"  {count(imported.left)} requests have no answer yet")
    ask = "ask for them, and write all labels" if imported.left else "write all labels"
    return "\n".join([*lines, visible(f"next: {ask}: distilproof label{flag}")])


def imported_dict(imported: Imported) -> dict[str, object]:
    """Plain values of what came back from a batch service, under a versioned schema."""
    return {
        "schema": IMPORT_SCHEMA,
        "kept": imported.kept,
        "known": imported.known,
        "failed": dict(imported.failed),
        "left": imported.left,
    }


def duration(seconds: float) -> str:
    """Write a time in the unit that fits it.

    Examples
    --------
    >>> duration(42.4), duration(200), duration(7300)
    ('42 s', '3 min', '2.0 h')
    """
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"


def _answer(done: Labelled) -> tuple[str, str]:
    if done.interrupted:
        return "STOPPED", _YELLOW
    return ("LABELLED", _GREEN) if done.complete else ("INCOMPLETE", _YELLOW)


def _reasons(done: Labelled) -> Iterator[str]:
    yield _asked(done)
    if done.labels:
        most = sorted(done.labels.items(), key=lambda pair: -pair[1])
        shown = ", ".join(f"{label} {count(n)}" for label, n in most[:_LABELS])
        more = f" and {count(len(most) - _LABELS)} more labels" if len(most) > _LABELS else ""
        yield f"{shown}{more}"
    if done.refused:
        yield f"refused by the teacher: {count(done.refused)}"
    for reason, n in [*done.failed.items()][:_REASONS]:
        yield f"no answer to {count(n)}: {shortened(reason, _REASON_LETTERS)}"
    if done.taken_over:
        yield (
            f"{count(done.taken_over)} requests were in flight when an earlier run died: they may "
            "have been paid twice"
        )
    yield (
        f"none of the rows is in {done.apart_from}"
        if done.apart_from
        else "not held against rows to certify on: the project names none ([data] certify)"
    )
    until = f", until {done.expires}" if done.expires else ""
    clearance, pin = done.clearance_digest[:_DIGEST], done.pin_digest[:_DIGEST]
    yield f"under the clearance {clearance}{until}, by the pin {pin}"


def _asked(done: Labelled) -> str:
    progress = done.progress
    if not progress.answered and not progress.failed:
        return "every answer was there already: nothing was sent"
    rate = _rate(progress.per_second)
    said = f"asked {count(progress.answered)} in {duration(progress.seconds)} ({rate} a second)"
    return f"{said}, {_cost(progress.spent)}" if progress.spent.requests else said


def _cost(cost: Cost) -> str:
    money = f" and {cost.usd:.4f} US dollars" if cost.usd else ""
    return f"{count(cost.requests)} requests{money}"


def _next(done: Labelled, flag: str) -> str:
    if done.complete:
        return f"next: train the student on these labels, then: distilproof gate{flag}"
    if done.interrupted:
        return f"next: what was answered is kept; to go on: distilproof label{flag}"
    return f"next: ask again for what has no answer: distilproof label{flag}"


def _prices(quoted: Quote) -> Iterator[str]:
    most = quoted.most
    if not quoted.to_ask:
        yield "every answer is there already"
        return
    if not most.requests:
        yield "the teacher answers on this machine: no request is sent, and nothing is paid"
        return
    yield f"{count(most.requests)} requests without retries"
    if most.usd:
        yield (
            f"from {quoted.least_usd:.4f} US dollars, by the letters of {count(quoted.sample)} of "
            f"the requests, to {most.usd:.4f}, which they cannot exceed without retries"
        )
    else:
        yield "no price is known: write [teacher.price]"
    if quoted.about_usd is not None and most.usd:
        yield f"about {quoted.about_usd:.4f} US dollars, by what answers took so far"
    if quoted.about_seconds is not None:
        yield f"about {duration(quoted.about_seconds)}, by what answers took so far"


def _limits(quoted: Quote) -> str:
    if quoted.most.usd:
        return " --max-usd USD"
    return " --max-requests NUMBER" if quoted.most.requests else ""


def _left(progress: Progress) -> int:
    return progress.to_ask - progress.answered


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= _QUICK else f"{per_second:.1f}"
