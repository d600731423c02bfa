"""The page on what a verb's exit status means."""

from collections.abc import Iterator

from distilproof.domain.finding import EXIT_CODES
from distilproof.errors import DistilproofError

from .markdown import summary, table

MEANINGS = {
    0: "yes: done, or every requirement holds, or none was given",
    1: "no: a requirement is shown to be broken",
    2: "the call, the table or a file cannot be used as it is",
    3: "cannot judge: too little evidence, or none",
    4: "a bug of distilproof; please report it",
}


def page() -> Iterator[str]:
    """Write the exit codes, then the kinds of error."""
    yield "# Exit codes\n\nThe same for every verb. Data goes to stdout, the rest to stderr.\n\n"
    statuses: dict[int, list[str]] = {code: [] for code in MEANINGS}
    for status, code in EXIT_CODES.items():
        statuses[code].append(f"`{status}`")
    rows = [(f"**{c}**", meaning, " ".join(statuses[c])) for c, meaning in MEANINGS.items()]
    yield table(("exit", "meaning", "status of the decision"), rows)
    yield "\n## Errors\n\nWith `--json` an error is one object on stdout, with `error.kind`, "
    yield "`error.message` and `error.hint`.\n\n"
    kinds = {error.kind: error for error in reversed([*_subclasses(DistilproofError)])}
    found = [(f"`{k}`", f"{e.exit_code}", summary(e)) for k, e in sorted(kinds.items())]
    yield table(("kind", "exit", "meaning"), [*found, ("`bug`", "4", MEANINGS[4])])


def _subclasses(base: type[DistilproofError]) -> Iterator[type[DistilproofError]]:
    for child in base.__subclasses__():
        yield child
        yield from _subclasses(child)
