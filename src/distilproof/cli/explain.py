"""`distilproof explain`: what a finding means, how it is computed, its source, what to do."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from distilproof.cli.output import print_json
from distilproof.gate.explanations import EXPLANATIONS, Explanation
from distilproof.gate.explanations import explain as look_up

SCHEMA = "distilproof.explanation/1"


def explain(
    code: str | None = None,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Say what a finding means, how it is computed, where that comes from, and what to do.

    Parameters
    ----------
    code
        Code of a finding, such as G3-accuracy-floor; all codes are listed without one.
    as_json
        Print one JSON object.
    """
    found = [look_up(code)] if code else list(EXPLANATIONS)
    if as_json:
        print_json({"schema": SCHEMA, "explanations": [asdict(one) for one in found]})
    elif code:
        print(_text(found[0]))
    else:
        width = max(len(one.code) for one in found)
        print("\n".join(f"{one.code:<{width}}  {one.title}" for one in found))
        print("next: distilproof explain CODE")
    return 0


def _text(one: Explanation) -> str:
    return "\n".join(
        (
            f"{one.code}: {one.title}",
            f"  means     {one.meaning}",
            f"  computed  {one.computed}",
            f"  source    {one.source}",
            f"  do        {one.act}",
        )
    )
