"""The page on checks and finding codes: what `distilproof explain` says of each."""

from collections.abc import Iterator

from distilproof.gate.decide import CHECKS
from distilproof.gate.explanations import EXPLANATIONS


def page() -> Iterator[str]:
    """Write one section a check, one entry a code."""
    yield "# Checks and finding codes\n\n"
    yield "A decision asks all six checks and skips none. `distilproof explain CODE` says the "
    yield "same in the terminal.\n\n"
    for check in CHECKS:
        yield f"## {check.code} {check.title}\n\n{check.question}\n\n"
        for entry in EXPLANATIONS:
            if entry.code.startswith(f"{check.code}-"):
                yield f"### `{entry.code}`\n\n**{entry.title}.** {entry.meaning}\n\n"
                yield f"*Computed:* {entry.computed}\n\n*Source:* {entry.source}\n\n"
                yield f"*What to do:* {entry.act}\n\n"
