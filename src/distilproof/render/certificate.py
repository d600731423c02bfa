"""Writes a certificate of a size: which is chosen, rung by rung what broke, what to do next."""

from collections.abc import Iterator

from distilproof.domain.certificate import Certificate, Rung, shortfall
from distilproof.domain.finding import Finding, Status
from distilproof.render.numbers import number
from distilproof.render.plain import finding_dict
from distilproof.render.text import painted
from distilproof.render.visible import visible
from distilproof.render.wording import ANSWERS, reason

SCHEMA = "distilproof.certificate/1"

MOST_BREAKS = 5
"""Lines of what broke on one rung; the rest is counted, and stands in the JSON.

One line does for a rung that was set aside: nobody asks by how little it is hopeless.
"""

PROCEDURES = {"fixed_sequence": "fixed sequence", "fallback": "fallback procedure"}


def certificate_text(
    certificate: Certificate,
    student: str,
    *,
    colour: bool = False,
    next_command: str | None = None,
) -> str:
    """Write a certificate for a terminal.

    Parameters
    ----------
    certificate
        What became of each rung.
    student
        Name of the student whose size is sought.
    colour
        Whether to colour the statuses; they are words either way.
    next_command
        What to do next; chosen from what broke when `None`.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    status = certificate.status
    answer = painted(ANSWERS[status], status, colour=colour)
    lines = [f"{answer} {visible(student)}: {answer_words(certificate)}"]
    for rung in certificate.rungs:
        lines += (f"  {line}" for line in _rung(rung, certificate, colour=colour))
    lines.append(promise_words(certificate))
    return "\n".join([*lines, f"next: {next_command or _next(certificate)}"])


def certificate_dict(certificate: Certificate, student: str) -> dict[str, object]:
    """Plain values of a certificate, under a versioned schema."""
    broke_at = certificate.broke_at
    return {
        "schema": SCHEMA,
        "student": student,
        "status": certificate.status,
        "exit_code": certificate.exit_code,
        "chosen": certificate.chosen,
        "broke_at": broke_at and broke_at.name,
        "procedure": certificate.procedure,
        "alpha": certificate.alpha,
        "certified_on": certificate.certified_on,
        "rungs": [
            {
                "name": rung.name,
                "outcome": rung.outcome,
                "level": rung.level,
                "reason": rung.reason,
                "breaks": [_break(finding) for finding in rung.breaks],
                "findings": [finding_dict(finding) for finding in rung.findings],
            }
            for rung in certificate.rungs
        ],
    }


def answer_words(certificate: Certificate) -> str:
    """Say which size is chosen, or why none is, in a clause."""
    if certificate.chosen is not None:
        return f"{visible(certificate.chosen)} is the smallest size that holds every critical slice"
    judged = [rung for rung in certificate.rungs if rung.breaks]
    if not judged:
        what = "was looked at" if certificate.rungs else "is on the ladder"
        return f"no size {what}"
    first = f"{visible(judged[0].name)}, the largest that was judged,"
    if certificate.status is Status.FAIL:
        return f"no size holds: {first} breaks a critical slice"
    return f"no size is shown to hold: {first} is not"


def _rung(rung: Rung, certificate: Certificate, *, colour: bool) -> Iterator[str]:
    """Write a rung: what became of it, and below it what broke, worst first."""
    name = visible(rung.name)
    if rung.outcome == "passed":
        yield f"{name} holds{_at(rung, certificate)}"
        return
    if rung.outcome == "not_looked_at":
        before = certificate.broke_at
        why = f": the order ended at {visible(before.name)}" if before else ""
        yield f"{name} was not looked at{why}"
        return
    if rung.outcome == "set_aside":
        yield f"{name} was set aside: {visible(rung.reason)}"
    elif rung.breaks:
        yield f"{name} does not hold{_at(rung, certificate)}"
    else:
        yield f"{name} is asked for nothing, and that shows nothing"
    most = 1 if rung.outcome == "set_aside" else MOST_BREAKS
    for finding in rung.breaks[:most]:
        status = painted(finding.status, finding.status, colour=colour)
        yield f"  {status} {reason(finding)}{_short(finding)}"
    more = len(rung.breaks) - most
    if more > 0:
        yield f"  and {more} more: see --json"


def _at(rung: Rung, certificate: Certificate) -> str:
    """Level that a rung was tested at, where that is not the whole of it."""
    return "" if rung.level == certificate.alpha else f" at level {rung.level:.3g}"


def _short(finding: Finding) -> str:
    missed = shortfall(finding)
    if missed is None or not missed.short_by:
        return ""
    return f", short by {number(missed.short_by)}"


def promise_words(certificate: Certificate) -> str:
    """Say how many sizes were tested in which way, and what that keeps the chance of."""
    looked_at = len(certificate.looked_at)
    tested = (
        f"{looked_at} of {len(certificate.rungs)} sizes tested in the order declared, "
        f"{PROCEDURES[certificate.procedure]} at level {certificate.alpha:g}"
    )
    if certificate.chosen is None:
        return f"{tested}; nothing is claimed of a size that was not looked at"
    return (
        f"{tested}: a size that breaks a bar is chosen with a chance of at most "
        f"{certificate.alpha:g}"
    )


def _break(finding: Finding) -> dict[str, object]:
    missed = shortfall(finding)
    said: dict[str, object] = {"code": finding.code, "status": finding.status}
    if missed is None:
        return said | {"message": finding.message}
    shown = missed._asdict()
    return said | shown


def _next(certificate: Certificate) -> str:
    if certificate.chosen is not None:
        return "distilproof gate"
    codes = [finding.code for rung in certificate.rungs for finding in rung.breaks]
    # Of a largest size without a student nothing is known: what smaller ones break says little.
    untrained = [rung.status is Status.MISSING for rung in certificate.rungs[:1]]
    if codes and not any(untrained):
        return f"distilproof explain {codes[0]}"
    return "mend what kept the sizes from being trained, and sweep again"
