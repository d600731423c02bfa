"""`distilproof explain`: what a finding means, how it is computed, its source, what to do."""

from collections.abc import Iterator
from dataclasses import asdict
from shutil import get_terminal_size
from textwrap import fill

from distilproof.cli.output import print_json
from distilproof.cli.values import Code, Json
from distilproof.gate.explanations import EXPLANATIONS, Explanation
from distilproof.gate.explanations import explain as look_up

SCHEMA = "distilproof.explanation/1"

_INDENT = " " * 12
_WIDEST = 100


def explain(code: Code | None = None, /, *, as_json: Json = False) -> int:
    """Say what a finding means, how it is computed, where that comes from, and what to do.

    Parameters
    ----------
    code
        Code of a finding, such as G3-accuracy-floor; all codes are listed without one.
    as_json
        Print one JSON object.
    """
    found = EXPLANATIONS if code is None else (look_up(code),)
    if as_json:
        print_json({"schema": SCHEMA, "explanations": [asdict(one) for one in found]})
        return 0
    print("\n".join(_list() if code is None else _page(found[0])))
    return 0


def _list() -> Iterator[str]:
    width = max(len(one.code) for one in EXPLANATIONS)
    for one in EXPLANATIONS:
        yield f"{one.code:<{width}}  {one.title}"
    yield "next: distilproof explain CODE"


def _page(one: Explanation) -> Iterator[str]:
    yield f"{one.code}: {one.title}"
    width = min(get_terminal_size().columns, _WIDEST)
    parts = {"means": one.meaning, "computed": one.computed, "source": one.source, "do": one.act}
    for name, text in parts.items():
        head = f"  {name:<{len(_INDENT) - 2}}"
        yield fill(text, width, initial_indent=head, subsequent_indent=_INDENT)
