"""Sets numbers and limits for HTML: real minus signs and comparison signs."""

import re

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding
from distilproof.render import numbers, wording

_MINUS = re.compile(r"(?<![\w.])-(?=\.?\d)")


def typeset(text: str) -> str:
    r"""Replace the ASCII of a number or limit.

    Examples
    --------
    >>> ascii(typeset("must be >= -0.05"))
    "'must be \\u2265 \\u22120.05'"
    """
    return _MINUS.sub("\u2212", text.replace(">=", "\u2265").replace("<=", "\u2264"))


def figure(estimate: Estimate | None) -> str:
    """Write an estimate's value, a dash where nothing is known."""
    if estimate is None or estimate.value is None:
        return "\u2013"
    signed = numbers.is_signed(estimate.metric)
    return typeset(numbers.number(estimate.value, signed=signed))


def bounds(estimate: Estimate) -> str:
    """Write both bounds in brackets."""
    return typeset(numbers.bounds(estimate))


def compared(finding: Finding) -> str:
    """Say what a finding compared, without the slice's name."""
    return typeset(wording.compared(finding))
