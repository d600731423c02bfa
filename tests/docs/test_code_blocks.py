"""Every code block of the README and of the documentation does what it says.

A page is carried out from top to bottom, in a folder that holds `predictions.parquet`: its Python
blocks in one namespace, its console blocks as a person would type them. A command is expected to
exit with 0, or with N where `<!-- exit: N -->` stands above its block. A text block right below a
block that ran is what that block has to print, word for word.
"""

import contextlib
import io
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilproof.workflows.project import Project

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(
    r"(?:<!-- exit: (?P<status>\d) -->\n)?"
    r"^(?P<indent> *)```(?P<language>[a-z]+)[^\n]*\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_toml(text: str) -> None:
    """Read a piece of TOML; a whole project file is kept as the page's own, and loaded."""
    if "[student]" in text:
        Path("distilproof.toml").write_text(text, encoding="utf-8")
        Project.load()
    else:
        tomllib.loads(text)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block: where it starts, in which language, what it holds."""

    line: int
    language: str
    body: str
    status: int
    follows: bool = False  # nothing but blank lines since the block before


def blocks(text: str) -> Iterator[Block]:
    """Fenced blocks of a page, in order."""
    end = 0
    for match in FENCE.finditer(text):
        indent = len(match["indent"])
        body = "\n".join(line[indent:] for line in match["body"].splitlines())
        line = text.count("\n", 0, match.start("language")) + 2
        status, follows = int(match["status"] or 0), not text[end : match.start()].strip()
        end = match.end()
        yield Block(
            line=line, language=match["language"], body=body, status=status, follows=follows
        )


def run_python(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    """Run a block so that a traceback points into its page; return what it printed."""
    source = "\n" * (block.line - 1) + block.body
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, str(page), "exec"), namespace)  # noqa: S102 - the pages are our own
    return printed.getvalue()


def run_console(block: Block, page: Path) -> str:
    """Run each command of a block, hold it to its exit status; return what was printed."""
    printed = ""
    commands = block.body.replace("\\\n", " ").splitlines()
    for command in filter(None, (line.removeprefix("$ ").strip() for line in commands)):
        program, *arguments = words = shlex.split(command, comments=True)
        if program == "distilproof":
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            where = f"{page.name}:{block.line}: {command}\n{done.stdout}{done.stderr}"
            assert done.returncode == block.status, where
            printed += done.stdout
        else:
            assert is_known(program, arguments), f"{page.name}:{block.line}: {command}"
    return printed


def is_known(program: str, arguments: list[str]) -> bool:
    """Whether a command that is not run here names a target, an extra or a file that exists."""
    if program == "make":
        return all(name in TARGETS for name in arguments if "=" not in name)
    if program == "pip":
        extras = re.findall(r"distilproof\[([^\]]*)\]", " ".join(arguments))
        known = set(PROJECT["optional-dependencies"])
        return arguments[0] == "install" and {e for x in extras for e in x.split(",")} <= known
    return program in {"cat", "git"}


PARSERS = {"toml": read_toml, "json": json.loads, "yaml": yaml.safe_load}
LANGUAGES = {"python", "console", "text", *PARSERS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_its_language(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^ *```", text, re.MULTILINE)
    assert len(fences) == 2 * len(list(blocks(text)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
@pytest.mark.usefixtures("workplace")
def test_the_page_does_what_it_says(page: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for block in blocks(page.read_text(encoding="utf-8")):
        assert block.language in LANGUAGES, f"{page.name}:{block.line}"
        if block.language == "python":
            printed = run_python(block, page, namespace)
        elif block.language == "console":
            printed = run_console(block, page)
        elif block.language == "text" and block.follows:
            assert block.body.strip() == printed.strip(), f"{page.name}:{block.line}"
        elif block.language in PARSERS:
            PARSERS[block.language](block.body)


def test_the_readme_names_its_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [b.body.splitlines() for b in blocks(readme) if b.language == "console"]
    assert commands[0] == ["make demo", "make test"]


def test_blocks_are_found_with_line_and_status() -> None:
    page = "# Title\n\n<!-- exit: 3 -->\n```console\n$ distilproof x\n```\n\n```text\nno\n```\n"
    page += "- a\n\n  ```python\n  x = 1\n  ```\n"
    assert list(blocks(page)) == [
        Block(line=5, language="console", body="$ distilproof x", status=3),
        Block(line=9, language="text", body="no", status=0, follows=True),
        Block(line=14, language="python", body="x = 1", status=0),
    ]


def test_a_broken_block_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    [block] = blocks("```python\nassert 1 == 2\n```\n")
    with pytest.raises(AssertionError):
        run_python(block, page, {})
    [block] = blocks("```console\nmake no-such-target\n```\n")
    with pytest.raises(AssertionError, match="no-such-target"):
        run_console(block, page)
