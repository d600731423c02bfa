"""Write the pages of `docs/reference/` that the code can write itself, or check them."""

import argparse
import sys
from pathlib import Path

from reference import api, exit_codes, findings, metrics, terms, verbs

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make reference`; edit the code instead. -->\n\n"

PAGES = {
    "verbs.md": verbs.page,
    "exit-codes.md": exit_codes.page,
    "metrics.md": metrics.page,
    "findings.md": findings.page,
    "terms.md": terms.page,
    "api.md": api.page,
}


def main() -> int:
    """Write the pages, or with `--check` name those that are behind the code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when behind")
    check = parser.parse_args().check
    behind = 0
    for name, page in PAGES.items():
        path, text = FOLDER / name, (NOTE + "".join(page())).rstrip() + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        behind += 1
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"docs/reference/{name} {'is behind the code' if check else 'written'}")
    if check and behind:
        print("run: make reference", file=sys.stderr)
    return int(check and behind > 0)


if __name__ == "__main__":
    sys.exit(main())
