"""Whether what a student owes is met: one obligation, the use and the document that meets it."""

from distilproof.domain.clearance import Obligation, Use
from distilproof.domain.finding import Status

ALTERNATIVES = " | "
"""Parts lines of a value that may stand for each other."""


def standing(obligation: Obligation, use: Use, document: str | None) -> tuple[Status, str]:
    """Tell whether an obligation is met, and say so in one sentence.

    A name and a limit are told by the use; anything else by the document that the project names
    for the obligation's key.

    Parameters
    ----------
    obligation
        What is owed.
    use
        The student as it is released, and to whom.
    document
        Text of the file that meets it; `None` when none is named.

    Returns
    -------
    tuple of Status and str
        PASS, FAIL where it is broken, MISSING where nothing shows that it is met.

    Examples
    --------
    >>> owed = Obligation(terms="t", kind="name_prefix", value="Llama", text="")
    >>> standing(owed, Use(student="Llama-screen"), None)[0].value
    'PASS'
    """
    match obligation.kind:
        case "name_prefix":
            return _name(obligation, use)
        case "user_limit":
            return _limit(obligation, use.monthly_users, "use.monthly_users")
        case "revenue_limit":
            return _limit(obligation, use.monthly_revenue_usd, "use.monthly_revenue_usd")
        case "territory_limit":
            return _territory(obligation, use)
        case _:
            return _document(obligation, document)


def _name(obligation: Obligation, use: Use) -> tuple[Status, str]:
    if use.student.startswith(obligation.value):
        return Status.PASS, f"{use.student} starts with {obligation.value!r}"
    return Status.FAIL, f"{use.student} does not start with {obligation.value!r}"


def _limit(obligation: Obligation, said: int | None, key: str) -> tuple[Status, str]:
    at_most = int(obligation.value)
    if said is None:
        return Status.MISSING, f"{key} is not said, and may be at most {at_most:,}"
    if said > at_most:
        return Status.FAIL, f"{key} is {said:,}, and may be at most {at_most:,}"
    return Status.PASS, f"{key} is {said:,}, at most {at_most:,}"


def _territory(obligation: Obligation, use: Use) -> tuple[Status, str]:
    inside = sorted(set(use.territory) & set(obligation.value.split()))
    if not use.territory:
        return Status.MISSING, "use.territory is not said, and some countries are left out"
    if inside:
        return Status.FAIL, f"use.territory names {', '.join(inside)}, which is left out"
    return Status.PASS, f"use.territory is {', '.join(use.territory)}, none of which is left out"


def _document(obligation: Obligation, document: str | None) -> tuple[Status, str]:
    if document is None:
        return Status.MISSING, f"no document is named for {obligation.key}: {obligation.text}"
    if not document.strip():
        return Status.FAIL, f"the document for {obligation.key} is empty: {obligation.text}"
    lines = obligation.value.split(ALTERNATIVES) if obligation.value else []
    if lines and not any(_plain(line) in _plain(document) for line in lines):
        wanted = " or ".join(repr(line) for line in lines)
        return Status.FAIL, f"the document for {obligation.key} does not say {wanted}"
    return Status.PASS, f"the document for {obligation.key} is there" + (
        " and says what it must" if lines else ""
    )


def _plain(text: str) -> str:
    """Letters and figures of a text, without case, line breaks or marks of emphasis."""
    return " ".join(text.casefold().replace("*", " ").replace("_", " ").split())
