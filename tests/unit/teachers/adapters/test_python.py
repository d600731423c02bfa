"""The python adapter runs the user's function when it is asked, and says what that does wrong."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from distilproof.errors import TableError, UsageError
from distilproof.teachers.adapters.python import PythonFunction, load
from distilproof.teachers.failures import BadAnswerError, RejectedError, UnavailableError
from distilproof.teachers.manifest import files_digest, manifest
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Signal

Make = Callable[..., PythonFunction]
Ask = Callable[..., list[Answer]]
ROWS = [{"text": "good"}, {"text": "bad"}, {"text": None}]

CODE = '''"""Says of a text whether it is good."""

import json
from pathlib import Path

import numpy as np

from distilproof.teachers.failures import UnavailableError

(Path(__file__).parent / "imported").touch()


def labels(rows):
    said = {"good": "yes", "bad": "no"}
    return [said.get(row["text"]) for row in rows]


def probabilities(rows):
    return [None if row["text"] is None else {"yes": np.float32(0.75), "no": 0.25} for row in rows]


def partly(rows):
    return [{"yes": 1} for row in rows]


async def later(rows):
    import beside
    return np.array([beside.ANSWER] * len(rows))


def flags(rows):
    return (row["text"] == "good" for row in rows)


def raising(rows):
    for row in rows:
        json.loads(row["text"])


async def raising_later(rows):
    return rows["text"]


def generating(rows):
    yield "yes"
    raise KeyError("weights")


def busy(rows):
    raise UnavailableError("try later", retry_after=3)


def returning(what):
    def function(rows):
        return what
    return function


one = returning(["yes"])
word = returning("yes")
number = returning(3)
mapping = returning({"yes": 1.0})
unknown = returning(["maybe"] * 3)
over = returning([{"yes": 0.75, "no": 0.75}] * 3)
odd = returning([{"yes": float("nan"), "no": 1.0}] * 3)
stranger = returning([{"perhaps": 1.0}] * 3)
CONSTANT = 3
'''


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Folder of a project with modules of the user's; what was imported of it goes afterwards."""
    (tmp_path / "judging.py").write_text(CODE, "utf-8")
    (tmp_path / "beside.py").write_text("ANSWER = 'no'\n", "utf-8")
    (tmp_path / "broken.py").write_text("x = 1\nraise KeyError('weights')\n", "utf-8")
    (tmp_path / "crooked.py").write_text("x = 1\ndef f(:\n", "utf-8")
    before, path = set(sys.modules), [*sys.path]
    yield tmp_path
    assert sys.path == path
    for name in {"judging", "beside", "broken", "crooked", "pack"} - before:
        sys.modules.pop(name, None)
    sys.modules.pop("pack.inside", None)


@pytest.fixture
def function(project: Path, settings: Callable[..., TeacherSettings]) -> Make:
    def made(name: str, gives: str = "labels", **others: object) -> PythonFunction:
        said = {
            "inputs": ("text",),
            "labels": ("no", "yes"),
            "parameters": (("gives", gives),),
            **others,
        }
        source = name if ":" in name else f"judging:{name}"
        return load(settings("python", source, **said), root=project)

    return made


def test_a_function_of_labels(function: Make, ask: Ask, project: Path) -> None:
    teacher = function("labels")
    answers = ask(teacher, ROWS)
    assert [answer.label for answer in answers] == ["yes", "no", None]
    assert answers[2].refusal == "None"
    assert teacher.signal is Signal.HARD
    assert teacher.identity.digest == files_digest(manifest(project / "judging.py"))
    assert teacher.notice.startswith("runs your own code, labels of ")


def test_a_function_of_probabilities(function: Make, ask: Ask) -> None:
    teacher = function("probabilities", "probabilities")
    answers = ask(teacher, ROWS)
    assert [answer.label for answer in answers] == ["yes", "yes", None]
    assert [answer.probabilities for answer in answers] == [(0.25, 0.75), (0.25, 0.75), None]
    assert teacher.signal is Signal.PROBABILITIES


def test_a_label_that_is_not_named_has_no_probability(function: Make, ask: Ask) -> None:
    answers = ask(function("partly", "probabilities"), ROWS)
    assert {answer.probabilities for answer in answers} == {(0.0, 1.0)}


def test_an_async_function_that_imports_when_it_runs(function: Make, ask: Ask) -> None:
    assert [answer.label for answer in ask(function("later"), ROWS)] == ["no", "no", "no"]


def test_answers_that_are_no_text(function: Make, ask: Ask) -> None:
    answers = ask(function("flags", labels=("true", "false")), ROWS)
    assert [answer.label for answer in answers] == ["true", "false", "false"]


def test_its_code_does_not_run_before_it_is_asked(function: Make, ask: Ask, project: Path) -> None:
    teacher = function("labels")
    teacher.request({"text": "good"})
    assert not (project / "imported").exists()
    ask(teacher, ROWS)
    assert (project / "imported").exists()


def test_lists_are_asked_as_they_are(function: Make) -> None:
    teacher = function("labels")
    row = {"text": [np.float64(1.5), None, {"a": float("nan")}]}
    assert teacher.request(row) == {"text": [1.5, None, {"a": None}]}
    with pytest.raises(TableError, match="no column 'text'"):
        teacher.request({})


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("raising", CODE[: CODE.index("json.loads")].count("\n") + 1, "JSONDecodeError: Expecting"),
        ("raising_later", CODE[: CODE.index('rows["text"]\n')].count("\n") + 1, "TypeError: list"),
        ("generating", CODE[: CODE.index("raise KeyError")].count("\n") + 1, "KeyError: 'weights'"),
    ],
)
def test_what_it_raises_is_said_with_its_own_line(
    name: str, line: int, said: str, function: Make, ask: Ask, project: Path
) -> None:
    with pytest.raises(RejectedError) as caught:
        ask(function(name), ROWS)
    expected = f"judging:{name} failed at {project / 'judging.py'}:{line}: {said}"
    assert str(caught.value).startswith(expected)


def test_a_failure_that_it_means_passes(function: Make, ask: Ask) -> None:
    with pytest.raises(UnavailableError, match="try later") as caught:
        ask(function("busy"), ROWS)
    assert caught.value.retry_after == 3


@pytest.mark.parametrize(
    ("name", "gives", "said"),
    [
        ("one", "labels", "1 answers to 3 requests"),
        ("word", "labels", "judging:word gave a str, not a list"),
        ("number", "labels", "gave a int, not a list"),
        ("mapping", "labels", "gave a dict, not a list"),
        ("unknown", "labels", "gave 'maybe', which is none of the labels no, yes"),
        ("over", "probabilities", "sum to 1.5, not to 1"),
        ("odd", "probabilities", "a probability of nan"),
        ("stranger", "probabilities", "gave 'perhaps', which is none of the labels"),
        ("labels", "probabilities", "gave a str, and the project says that it gives probabilit"),
        ("partly", "labels", "gave a dict, and the project says that it gives labels"),
    ],
)
def test_what_is_no_answer(name: str, gives: str, said: str, function: Make, ask: Ask) -> None:
    with pytest.raises(BadAnswerError, match=said):
        ask(function(name, gives), ROWS)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("judging:absent", r"judging \(.*judging.py\) has no function 'absent'"),
        ("judging:CONSTANT", "has no function 'CONSTANT'"),
        ("broken:f", r"broken cannot be imported: .*broken.py:2: KeyError: 'weights'"),
        ("crooked:f", r"crooked cannot be imported: .*crooked.py:2: SyntaxError"),
    ],
)
def test_a_module_that_cannot_be_used(source: str, said: str, function: Make, ask: Ask) -> None:
    with pytest.raises(UsageError, match=said):
        ask(function(source), ROWS)


def test_a_module_that_was_loaded_from_elsewhere_is_not_taken_for_it(
    function: Make, ask: Ask, project: Path
) -> None:
    (project / "json.py").write_text("def labels(rows): return []\n", "utf-8")
    with pytest.raises(UsageError, match=r"json is already loaded from .*, and the teacher's is"):
        ask(function("json:labels"), ROWS)


def test_a_function_in_a_package_is_pinned_with_all_of_it(
    function: Make, ask: Ask, project: Path
) -> None:
    (project / "pack").mkdir()
    (project / "pack" / "__init__.py").write_text("", "utf-8")
    (project / "pack" / "inside.py").write_text("def f(rows): return ['no'] * len(rows)\n", "utf-8")
    teacher = function("pack.inside:f")
    assert [answer.label for answer in ask(teacher, ROWS)] == ["no", "no", "no"]
    (project / "pack" / "inside.py").write_text(
        "def f(rows): return ['yes'] * len(rows)\n", "utf-8"
    )
    assert function("pack.inside:f").identity.digest != teacher.identity.digest


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"source": "judging.labels:"}, "names no function"),
        ({"source": "judging:a.b"}, "names no function"),
        ({"source": "nowhere_at_all:f"}, "no file that could be pinned"),
        ({"labels": ()}, "does not say which labels"),
        ({"inputs": ()}, "does not say which columns"),
        ({"gives": "logits"}, "cannot give 'logits'"),
        ({"parameters": (("temperature", 1),)}, "knows no parameter 'temperature'"),
    ],
)
def test_what_the_project_must_say(changed: dict[str, object], said: str, function: Make) -> None:
    with pytest.raises(UsageError, match=said):
        function(
            str(changed.pop("source", "labels")), str(changed.pop("gives", "labels")), **changed
        )
