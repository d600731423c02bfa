"""Fills the templates: everything escaped, every name known, every character visible."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding
from distilproof.render import numbers, verdicts, wording
from distilproof.render.palette import DARK, LIGHT, declarations
from distilproof.render.visible import visible

UNKNOWN = "\u2013"

_MINUS = re.compile(r"(?<![\w.])-(?=\.?\d)")
_NO_BOUNDS = "display only"


def render(template: str, **values: object) -> str:
    """Fill a template; the same values give the same text."""
    colours = {"light": _css(declarations(LIGHT)), "dark": _css(declarations(DARK))}
    return _environment().get_template(template).render(**colours, **values)


def typeset(text: str) -> str:
    r"""Replace the ASCII of a number or limit by its real signs.

    Examples
    --------
    >>> ascii(typeset("must be >= -0.05"))
    "'must be \\u2265 \\u22120.05'"
    """
    return _MINUS.sub("\u2212", text.replace(">=", "\u2265").replace("<=", "\u2264"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("distilproof.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    return environment


def _printable(value: object) -> object:
    """Make every plain string that a template prints visible; markup is already."""
    return visible(value) if type(value) is str else value


def _number(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return UNKNOWN
    signed = numbers.is_signed(estimate.metric)
    return typeset(numbers.number(estimate.value, signed=signed))


def _bounds(estimate: Estimate | None) -> str:
    """Bounds in brackets; nothing where there is no value, or no bounds are known."""
    if estimate is None or estimate.value is None or _NO_BOUNDS in estimate.method:
        return ""
    return typeset(numbers.bounds(estimate))


def _estimate(estimate: Estimate | None) -> Markup:
    """Value and bounds as a table shows them."""
    bounds = _bounds(estimate)
    if not bounds:
        return Markup("{}").format(_number(estimate))
    return Markup("{} <small>{}</small>").format(_number(estimate), bounds)


def _share(value: float) -> str:
    return typeset(numbers.number(value))


def _signed(value: float) -> str:
    return typeset(numbers.number(value, signed=True))


def _percent(value: float) -> str:
    return f"{round(100 * value, 2):g} %"


def _compared(finding: Finding) -> str:
    return typeset(wording.compared(finding))


def _plural(n: int, noun: str) -> str:
    return f"{numbers.count(n)} {noun}{'s' * (n != 1)}"


def _upper_first(text: str) -> str:
    """Begin a sentence; the rest stays, names and digits among it."""
    return text[:1].upper() + text[1:]


def _css(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - our own constants


_FILTERS: dict[str, Callable[..., object]] = {
    "number": _number,
    "bounds": _bounds,
    "estimate": _estimate,
    "share": _share,
    "signed": _signed,
    "percent": _percent,
    "evidence": numbers.evidence,
    "rows": numbers.count,
    "compared": _compared,
    "metric": wording.metric_name,
    "typeset": typeset,
    "plural": _plural,
    "upper_first": _upper_first,
    "verdict": verdicts.verdict_words,
    "use": verdicts.use_words,
    "until": verdicts.until,
    "day": date.isoformat,
}
