"""The reference is what the code says now, and every name has its place in it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import distilproof
from distilproof.cli.main import app
from distilproof.counts.schema import Roles
from distilproof.domain.finding import EXIT_CODES
from distilproof.metrics.registry import METRICS
from distilproof.sources.project_schema import ProjectSchema

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
GATE = ROOT / "src" / "distilproof" / "gate"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_the_written_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("code", METRICS)
def test_the_metric_has_its_place(code: str) -> None:
    assert f"\n### `{code}`" in page("metrics")


def test_every_verb_has_its_place() -> None:
    verbs = {name for name in app if not name.startswith("-")}
    assert verbs >= {"init", "evaluate", "gate", "report", "demo", "explain"}
    assert set(re.findall(r"^## `distilproof ([a-z]+)`", page("verbs"), re.MULTILINE)) == verbs


def test_every_role_has_its_place_and_its_option() -> None:
    roles = {field.name for field in fields(Roles)}
    rows = re.findall(r"^\| (`[^|]+) \|", page("prediction-table"), re.MULTILINE)
    documented = {role for row in rows for role in re.findall(r"`(\w+)`", row)}
    assert documented & roles == roles
    options = {f"--{role.replace('_', '-')}" for role in roles}
    assert {option for option in options if f"`{option}`" not in page("verbs")} == set()


def test_every_key_of_the_project_file_has_its_place() -> None:
    text = page("project-file")
    for name, field in ProjectSchema.model_fields.items():
        [section] = re.findall(
            rf"^## `\[+{name}\]+`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
        )
        cells = " ".join(re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE))
        assert set(re.findall(r"`([\w.]+)`", cells)) == set(keys(field)), name


def keys(field: FieldInfo) -> Iterator[str]:
    """Dotted keys of a section; what a user names, as `[bars.slice]`, has none of its own."""
    section = section_of(field)
    for name, inner in section.model_fields.items() if section else ():
        if get_origin(inner.annotation) is dict and name == "slice":
            continue
        yield from (f"{name}.{key}" for key in keys(inner)) if section_of(inner) else [name]


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Schema of a section, of one that may be absent, or of each in a list; `None` of a value."""
    arms = (field.annotation, *get_args(field.annotation))
    return next((a for a in arms if isinstance(a, type) and issubclass(a, BaseModel)), None)


def test_every_finding_code_has_its_place() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in GATE.rglob("*.py"))
    codes = set(re.findall(r'"(G[1-6]-[a-z-]+)"', sources))
    assert len(codes) >= 15
    assert set(re.findall(r"^### `(G[1-6]-[a-z-]+)`", page("findings"), re.MULTILINE)) == codes


def test_every_status_and_public_name_has_its_place() -> None:
    assert {status for status in EXIT_CODES if f"`{status}`" not in page("exit-codes")} == set()
    named = re.findall(r"^::: distilproof\.(?:\w+\.)*(\w+)$", page("api"), re.MULTILINE)
    assert named == [*distilproof.__all__, "EvaluateOptions"]
