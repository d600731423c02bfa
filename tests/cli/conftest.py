"""Runs the command line: in a process of its own, or where only words matter in this one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.cli.main import main

ROLES = ("--label", "y", "--teacher", "t", "--student", "s")
WISHES = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "DISTILPROOF_DEBUG", "PYTHONUNBUFFERED")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command line came to."""

    status: int
    out: str
    err: str

    @property
    def first(self) -> str:
        """First line of stdout: the answer."""
        return self.out.partition("\n")[0]

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout, read strictly."""
        (line,) = self.out.splitlines()
        value = json.loads(line, parse_constant=refuse)
        assert isinstance(value, dict)
        return value


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Environment of a child, that wishes for nothing."""
    return {name: value for name, value in os.environ.items() if name not in WISHES}


@pytest.fixture(scope="session")
def run(environment: dict[str, str]) -> Callable[..., Answer]:
    """Run the real entry point in a process of its own."""

    def run_it(*words: object, cwd: Path | None = None, **wishes: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "distilproof", *map(str, words)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env=environment | wishes,
            check=False,
            timeout=120,
        )
        return Answer(status=done.returncode, out=done.stdout, err=done.stderr)

    return run_it


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Run the entry point in this process: the same words, without the start of another."""
    for wish in WISHES:
        monkeypatch.delenv(wish, raising=False)

    def call_it(*words: object, cwd: Path | None = None) -> Answer:
        if cwd is not None:
            monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["distilproof", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Answer(status=int(left.value.code or 0), out=out, err=err)

    return call_it


@pytest.fixture(scope="session")
def roles() -> tuple[str, ...]:
    """Flags that every evaluation needs."""
    return ROLES


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a Parquet file of `n` rows, of which the student gets the first `right` right."""

    def write_it(n: int, right: int, **columns: object) -> Path:
        folder = tmp_path_factory.mktemp("table")
        pq.write_table(table(n, right, **columns), folder / "predictions.parquet")
        return folder / "predictions.parquet"

    return write_it


def table(n: int, right: int, **columns: object) -> pa.Table:
    truth = ["yes" if at % 2 else "no" for at in range(n)]
    said = [y if at < right else {"yes": "no", "no": "yes"}[y] for at, y in enumerate(truth)]
    return pa.table({"y": truth, "t": truth, "s": said, **columns})
