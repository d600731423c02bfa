"""The laws in `.pre-commit-config.yaml` hold on the tree, and each of them can be broken."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for repo in CONFIG["repos"] for hook in repo["hooks"]
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """A file that breaks a law, and one that keeps it."""

    path: str
    broken: str
    kept: str = ""
    kept_path: str = ""


SRC = "src/distilproof/domain/estimate.py"
EXAMPLES = {
    "never-unpickle": Example(path=SRC, broken="import pickle", kept="# skops, never a pickle"),
    "print-only-in-cli": Example(path=SRC, broken="print(1)", kept=">>> print(1)"),
    "no-clock-in-the-pure-ring": Example(
        path=SRC, broken="datetime.now(tz=UTC)", kept="decided_at: datetime"
    ),
    "no-chance-without-a-seed": Example(
        path=SRC, broken="np.random.default_rng()", kept="np.random.default_rng(7).random(3)"
    ),
    "no-nan-in-values": Example(path=SRC, broken='x = float("nan")', kept="math.isfinite(x)"),
    "no-overall-score": Example(path=SRC, broken="overall_score: float", kept="student_score"),
    "no-telemetry": Example(path=SRC, broken="import posthog", kept="import json"),
    "no-foreign-request": Example(
        path="src/distilproof/render/templates/report.html",
        broken='<img src="//cdn.example.org/x.png">',
        kept='<svg xmlns="http://www.w3.org/2000/svg">',
    ),
    "first-line-says-the-job": Example(
        path=SRC, broken='import math\n"""Too late."""', kept='"""Bounds of a share."""'
    ),
    "no-file-without-a-job": Example(
        path="src/distilproof/stats/utils.py", broken="", kept_path="src/distilproof/stats/holm.py"
    ),
    "no-leftovers": Example(path=SRC, broken="# TODO: later", kept="# the method is exact"),
    "no-mocks": Example(
        path="tests/unit/test_x.py", broken="from unittest import mock", kept="import unittest"
    ),
    "no-path-of-one-machine": Example(
        path=SRC, broken='Path("/home/me/data")', kept='"docs/home/index.md"'
    ),
}


def breaches(hook: dict[str, Any], path: str, text: str) -> Iterator[str]:
    """Say where `text`, the content of `path`, breaks the law: what pre-commit would print."""
    if not re.search(hook["files"], path) or re.search(hook.get("exclude", "^$"), path):
        return
    args = hook.get("args", [])
    flags = re.IGNORECASE if "--ignore-case" in args else re.NOFLAG
    if hook["language"] == "fail":
        yield path
    elif "--negate" in args:
        if not re.search(hook["entry"], text, flags | re.MULTILINE | re.DOTALL):
            yield path
    else:
        for number, line in enumerate(text.splitlines(), start=1):
            if re.search(hook["entry"], line, flags):
                yield f"{path}:{number}: {line.strip()}"


def tree() -> dict[str, str]:
    """Text of every file that git keeps or would keep; of all of them where git is absent."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is where the user has it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    folders = ("src", "tests", "scripts", "benchmarks", "docs", "examples")
    walked = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    paths = (
        [ROOT / name for name in listed.stdout.splitlines()] if not listed.returncode else walked
    )
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return tree()


@pytest.mark.parametrize("law", HOOKS)
def test_the_tree_keeps_the_law(law: str, texts: dict[str, str]) -> None:
    found = [said for path, text in texts.items() for said in breaches(HOOKS[law], path, text)]
    assert found == []


@pytest.mark.parametrize("law", HOOKS)
def test_the_law_can_be_broken(law: str) -> None:
    example = EXAMPLES[law]
    assert list(breaches(HOOKS[law], example.path, example.broken)) != []
    kept = list(breaches(HOOKS[law], example.kept_path or example.path, example.kept))
    assert kept == []


def test_every_example_has_its_law() -> None:
    assert set(EXAMPLES) == set(HOOKS)


def test_no_law_needs_the_network() -> None:
    assert {repo["repo"] for repo in CONFIG["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS.values()} == {"pygrep", "fail"}


def test_the_tree_was_read(texts: dict[str, str]) -> None:
    assert "src/distilproof/__init__.py" in texts
    assert "Makefile" in texts
