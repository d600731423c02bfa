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
import recalibration
import sweep
from results import Result, beside, markdown, plain, write_between_markers, written

Benchmark = Callable[..., Result]

BENCHMARKS: dict[str, Benchmark] = {
    "peers": peers.run,
    "sql": hand_written_sql.run,
    "memory": large_table.run,
    "growth": growth.run,
    "discovery": discovery.run,
    "recalibration": recalibration.run,
    "labels": labels.run,
    "sweep": sweep.run,
}
README = Path(__file__).with_name("README.md")
RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Run what was asked for; a missed target is said, and is no failure."""
    parser = _arguments()
    asked = parser.parse_args()
    if asked.write and asked.quick:
        parser.error("what is written is measured at full size")
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="distilproof-bench-", dir=asked.folder) as folder:
        for name in asked.only or BENCHMARKS:
            print(f"{name}:", file=sys.stderr)
            result = BENCHMARKS[name](Path(folder), quick=asked.quick, long=asked.long)
            results.append(replace(result, targets=()) if asked.quick else result)
    print(markdown(results))
    values = plain(results)
    if asked.json is not None:
        asked.json.write_text(json.dumps(values, indent=2) + "\n")
    if asked.write:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"benchmarks": []}
        values = beside(kept, values, [*BENCHMARKS])
        write_between_markers(README, written(values))
        RESULTS.write_text(json.dumps(values, indent=2) + "\n")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, help="benchmarks to run")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small tables, two minutes in all; no target is judged on them",
    )
    parser.add_argument("--long", action="store_true", help="the peers that take 20 minutes too")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write README.md and results.json; what did not run stays as it was",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--folder", type=Path, help="where the tables are made; 3 GB")
    return parser


if __name__ == "__main__":
    main()
