"""Runs the benchmarks one after the other, prints their tables, and writes them into the README."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import discovery
import growth
import hand_written_sql
import labels
import large_table
import peers
from results import Result, markdown, plain, write_between_markers

Benchmark = Callable[..., Result]

BENCHMARKS: dict[str, Benchmark] = {
    "peers": peers.run,
    "sql": hand_written_sql.run,
    "memory": large_table.run,
    "growth": growth.run,
    "discovery": discovery.run,
    "labels": labels.run,
}
README = Path(__file__).with_name("README.md")
RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Run what was asked for; a missed target is said, and is no failure."""
    parser = _arguments()
    asked = parser.parse_args()
    if asked.write and (asked.quick or asked.only):
        parser.error("what is written holds every benchmark at full size")
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="distilproof-bench-", dir=asked.folder) as folder:
        for name in asked.only or BENCHMARKS:
            print(f"{name}:", file=sys.stderr)
            result = BENCHMARKS[name](Path(folder), quick=asked.quick, long=asked.long)
            results.append(replace(result, targets=()) if asked.quick else result)
    text, values = markdown(results), json.dumps(plain(results), indent=2) + "\n"
    print(text)
    if asked.json is not None:
        asked.json.write_text(values)
    if asked.write:
        write_between_markers(README, text)
        RESULTS.write_text(values)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, help="benchmarks to run")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small tables, two minutes in all; no target is judged on them",
    )
    parser.add_argument("--long", action="store_true", help="the peers that take 20 minutes too")
    parser.add_argument("--write", action="store_true", help="write README.md and results.json")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--folder", type=Path, help="where the tables are made; 3 GB")
    return parser


if __name__ == "__main__":
    main()
