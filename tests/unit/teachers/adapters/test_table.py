"""The table adapter gives the answers that stand in the rows, and no others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distilproof.errors import TableError, UsageError
from distilproof.teachers.adapters.table import Table, load
from distilproof.teachers.failures import BadAnswerError
from distilproof.teachers.manifest import files_digest, manifest
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Signal

Make = Callable[..., Table]
Ask = Callable[..., list[Answer]]
LABELS = ("no", "yes")


@pytest.fixture
def table(tmp_path: Path, settings: Callable[..., TeacherSettings]) -> Make:
    """Teacher whose table lies in the project's folder."""
    (tmp_path / "said.csv").write_text("text,said\nhello,yes\n", "utf-8")

    def made(**others: object) -> Table:
        return load(settings("table", "said.csv", **{"labels": LABELS, **others}), root=tmp_path)

    return made


def test_a_column_of_labels(table: Make, ask: Ask, tmp_path: Path) -> None:
    teacher = table(answer="said", inputs=("text",))
    answers = ask(teacher, [{"text": "hello", "said": "yes"}, {"text": "bye", "said": "no"}])
    assert [answer.label for answer in answers] == ["yes", "no"]
    assert {answer.probabilities for answer in answers} == {None}
    assert (teacher.signal, teacher.labels) == (Signal.HARD, LABELS)
    assert teacher.identity.digest == files_digest(manifest(tmp_path / "said.csv"))
    assert teacher.request({"text": "hello", "said": "yes"}) == {
        "inputs": {"text": "hello"},
        "answer": "yes",
    }


@pytest.mark.parametrize("null", [None, float("nan")])
def test_a_null_is_a_refusal(table: Make, ask: Ask, null: object) -> None:
    (answer,) = ask(table(answer="said"), [{"said": null}])
    assert (answer.label, answer.refusal) == (None, "null in the column said")
    (answer,) = ask(table(probabilities="p"), [{"p": null}])
    assert (answer.label, answer.refusal) == (None, "null in the column p")
    (answer,) = ask(table(probabilities="p_{label}"), [{"p_no": null, "p_yes": null}])
    assert (answer.label, answer.probabilities) == (None, None)


def test_probabilities_in_a_list(table: Make, ask: Ask) -> None:
    teacher = table(answer="said", probabilities="p")
    (answer,) = ask(teacher, [{"said": "no", "p": [0.25, 0.75]}])
    assert (answer.label, answer.probabilities) == ("no", (0.25, 0.75))
    assert teacher.signal is Signal.PROBABILITIES


def test_a_label_without_its_probabilities_is_still_an_answer(table: Make, ask: Ask) -> None:
    (answer,) = ask(table(answer="said", probabilities="p"), [{"said": "no", "p": None}])
    assert (answer.label, answer.probabilities) == ("no", None)


def test_the_likeliest_label_where_only_probabilities_are_there(table: Make, ask: Ask) -> None:
    (answer,) = ask(table(probabilities="p_{label}"), [{"p_no": 0.375, "p_yes": 0.625}])
    assert (answer.label, answer.probabilities) == ("yes", (0.375, 0.625))


@pytest.mark.parametrize(("value", "label"), [(True, "true"), (3, "3"), ("3", "3")])
def test_labels_that_are_no_text(table: Make, ask: Ask, value: object, label: str) -> None:
    (answer,) = ask(table(answer="said", labels=("true", "3")), [{"said": value}])
    assert answer.label == label


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"said": "maybe", "p": [0.5, 0.5]}, "'maybe' in the column said, which is none of"),
        ({"said": "no", "p": [0.5, 0.25, 0.25]}, "3 probabilities for 2 labels"),
        ({"said": "no", "p": [0.5, 0.502]}, "sum to 1.002, not to 1"),
        ({"said": "no", "p": [-0.5, 1.5]}, "a probability of -0.5"),
        ({"said": "no", "p": [None, 1.0]}, "a probability that is a NoneType"),
        ({"said": "no", "p": [float("nan"), 1.0]}, "a probability that is a NoneType"),
        ({"said": "no", "p": ["0.5", "0.5"]}, "a probability that is a str"),
        ({"said": "no", "p": [False, True]}, "a probability that is a bool"),
    ],
)
def test_what_is_no_answer(table: Make, ask: Ask, row: dict[str, object], said: str) -> None:
    with pytest.raises(BadAnswerError, match=said):
        ask(table(answer="said", probabilities="p"), [row])


def test_half_the_probabilities_are_none(table: Make, ask: Ask) -> None:
    with pytest.raises(BadAnswerError, match="a probability that is a NoneType"):
        ask(table(probabilities="p_{label}"), [{"p_no": None, "p_yes": 1.0}])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"p": [0.5, 0.5]}, "no column 'said'"),
        ({"said": "no"}, "no column 'p'"),
        ({"said": "no", "p": 0.5}, "'p' holds a float, not a list"),
        ({"said": ["no"], "p": None}, "'said' holds a list"),
        ({"said": "no", "p": [float("inf"), 0.0]}, "'p' holds inf"),
    ],
)
def test_a_column_that_is_missing_or_no_answer(
    table: Make, row: dict[str, object], said: str
) -> None:
    with pytest.raises(TableError, match=said):
        table(answer="said", probabilities="p").request(row)


def test_what_the_project_must_say(table: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not say which labels") as caught:
        table(answer="said", labels=())
    assert "[teacher] labels" in caught.value.hint
    with pytest.raises(UsageError, match="does not say which column"):
        table()
    (tmp_path / "said.csv").unlink()
    with pytest.raises(UsageError, match="there is no file"):
        table(answer="said")


def test_rounding_is_put_back(table: Make, ask: Ask) -> None:
    (answer,) = ask(table(probabilities="p"), [{"p": [-1e-9, 1.0000000001]}])
    assert answer.probabilities == (0.0, 1.0)
