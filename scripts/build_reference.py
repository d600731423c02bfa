"""Write the pages of `docs/reference/` that the code can write itself, or check them."""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

import distilproof
from distilproof.domain.finding import EXIT_CODES
from distilproof.errors import DistilproofError
from distilproof.metrics.metric import Metric
from distilproof.metrics.registry import METRICS

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make reference`; edit the code instead. -->\n\n"

EXITS = {
    0: "yes: done, or every requirement holds, or none was given",
    1: "no: a requirement is shown to be broken",
    2: "the call, the table or a file cannot be used as it is",
    3: "cannot judge: too little evidence, or none",
    4: "a bug of distilproof; please report it",
}

BETTER = {
    "higher": "higher is better",
    "lower": "lower is better",
    "zero": "best at zero",
    "neither": "neither way is better",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; pipes inside cells are escaped."""
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *([*row] for row in rows)]
    return "".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |\n" for r in lines)


def summary(thing: object) -> str:
    """Return the first line of a docstring, without its full stop."""
    return (inspect.getdoc(thing) or "").partition("\n")[0].rstrip(".")


def markdown(docstring: str) -> str:
    """Turn numpy-style section heads into bold lines."""
    return re.sub(r"^(\w[\w ]*)\n-{3,}$", r"**\1.**", docstring, flags=re.MULTILINE)


def exit_codes() -> Iterator[str]:
    """Page on what a verb's exit status means."""
    yield "# Exit codes\n\nThe same for every verb. Data goes to stdout, the rest to stderr.\n\n"
    statuses: dict[int, list[str]] = {code: [] for code in EXITS}
    for status, code in EXIT_CODES.items():
        statuses[code].append(f"`{status}`")
    rows = [(f"**{c}**", meaning, " ".join(statuses[c])) for c, meaning in EXITS.items()]
    yield table(("exit", "meaning", "status of the decision"), rows)
    yield "\n## Errors\n\nWith `--json` an error is one object on stdout, with `error.kind`, "
    yield "`error.message` and `error.hint`.\n\n"
    kinds = {error.kind: error for error in reversed([*subclasses(DistilproofError)])}
    found = [(f"`{k}`", f"{e.exit_code}", summary(e)) for k, e in sorted(kinds.items())]
    yield table(("kind", "exit", "meaning"), [*found, ("`bug`", "4", EXITS[4])])


def subclasses(base: type[DistilproofError]) -> Iterator[type[DistilproofError]]:
    """Every class under `base`, parents first."""
    for child in base.__subclasses__():
        yield child
        yield from subclasses(child)


def metrics() -> Iterator[str]:
    """Page on every figure of the registry, by family."""
    yield "# Metrics\n\nEvery metric is measured overall and on every slice, with a lower and an "
    yield "upper bound, the rows it rests on and the effective rows. There is no overall score.\n\n"
    families: dict[str, list[Metric]] = {}
    for metric in METRICS.values():
        families.setdefault(metric.family, []).append(metric)
    for family, members in families.items():
        module = import_module(f"distilproof.metrics.{family}")
        yield f"## {family.replace('_', ' ').capitalize()}\n\n{summary(module)}.\n\n"
        for metric in members:
            yield from metric_entry(metric)


def metric_entry(metric: Metric) -> Iterator[str]:
    """One metric: code, title, range, needs, definition."""
    by_class = "" if metric.compute else "`[…]`"
    needs = ", ".join(sorted(need.replace("_", " ") for need in metric.needs)) or "predictions only"
    yield f"### `{metric.code}`{by_class}\n\n**{metric.title}**, from {metric.low:g} to "
    yield f"{metric.high:g}; {BETTER[metric.better]}; needs: {needs}.\n\n"
    yield f"{markdown(metric.definition)}\n\n"


def api() -> Iterator[str]:
    """Page on the public names, filled in by mkdocstrings."""
    yield "# Python\n\n```python\nimport distilproof as dp\n```\n\nThe public names, in order:\n\n"
    for name in distilproof.__all__:
        thing = getattr(distilproof, name)
        yield f"::: {thing.__module__}.{thing.__qualname__}\n\n"


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "exit-codes.md": exit_codes,
    "metrics.md": metrics,
    "api.md": api,
}


def main() -> int:
    """Write the pages, or with `--check` name those that are behind the code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when behind")
    check = parser.parse_args().check
    stale = 0
    for name, page in PAGES.items():
        path, text = FOLDER / name, (NOTE + "".join(page())).rstrip() + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"docs/reference/{name} {'is behind the code' if check else 'written'}")
    if check and stale:
        print("run: make reference", file=sys.stderr)
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
