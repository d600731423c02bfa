"""No file, function, class or signature outgrows what one reader can hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "scripts", "benchmarks", "examples")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

FILE_LINES = 400
METRIC_FILE_LINES = 200
FUNCTION_LINES = 60
METHODS = 15
PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def breaches(source: str, *, file_lines: int = FILE_LINES) -> Iterator[str]:
    """Say what in `source` is over a ceiling, with its line."""
    tree = ast.parse(source)
    lines = len(source.splitlines())
    if lines > file_lines:
        yield f"the file has {lines} lines, at most {file_lines}"
    bound = set[Function]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = [child for child in node.body if isinstance(child, Function)]
            bound |= {method for method in methods if not has_decorator(method, "staticmethod")}
            if len(methods) > METHODS:
                yield f"{node.lineno}: {node.name} has {len(methods)} methods, at most {METHODS}"
        elif isinstance(node, Function):
            yield from function_breaches(node, bound=node in bound)


def function_breaches(node: Function, *, bound: bool) -> Iterator[str]:
    """Say what of one function is over a ceiling; `bound` leaves out `self` or `cls`."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_LINES:
        yield f"{node.lineno}: {node.name} has {lines} lines, at most {FUNCTION_LINES}"
    spec = node.args
    parameters = len(spec.posonlyargs) + len(spec.args) + len(spec.kwonlyargs) - bound
    parameters += (spec.vararg is not None) + (spec.kwarg is not None)
    if parameters > PARAMETERS:
        yield f"{node.lineno}: {node.name} has {parameters} parameters, at most {PARAMETERS}"


def has_decorator(node: Function, name: str) -> bool:
    """Whether the function carries `@name`."""
    return any(isinstance(d, ast.Name) and d.id == name for d in node.decorator_list)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_under_every_ceiling(path: Path) -> None:
    is_metric = path.is_relative_to(ROOT / "src/distilproof/metrics")
    ceiling = METRIC_FILE_LINES if is_metric else FILE_LINES
    assert list(breaches(path.read_text(encoding="utf-8"), file_lines=ceiling)) == []


def test_there_are_files_to_judge() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} >= {"src", "tests"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n" * 401, "the file has 401 lines, at most 400"),
        ("def f():\n" + "    x = 1\n" * 60, "1: f has 61 lines, at most 60"),
        ("def f(a, /, b, c, *d, e, f, **g): ...", "1: f has 7 parameters, at most 6"),
        (
            "class A:\n    @staticmethod\n    def f(a, b, c, d, e, f, g): ...",
            "3: f has 7 parameters, at most 6",
        ),
        (
            "class A:\n" + "".join(f"    def f{i}(self): ...\n" for i in range(16)),
            "1: A has 16 methods, at most 15",
        ),
    ],
)
def test_a_breach_is_said(source: str, said: str) -> None:
    assert list(breaches(source)) == [said]


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 400,
        "def f():\n" + "    x = 1\n" * 59,
        "def f(a, b, c, d, e, f): ...",
        "class A:\n    def f(self, a, b, c, d, e, f): ...",
    ],
)
def test_at_the_ceiling_is_under_it(source: str) -> None:
    assert list(breaches(source)) == []
