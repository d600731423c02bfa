"""The body of a request follows from the settings and the row, and nothing wrong gets that far."""

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.canonical import canonical_json
from distilproof.errors import TableError, UsageError
from distilproof.teachers.adapters.chat_request import (
    LETTERS,
    ChatForm,
    chat_form,
    most_output_tokens,
)
from distilproof.teachers.settings import TeacherSettings

LOGPROBS = ("choice", "logprobs")


def settings_of(*parameters: tuple[str, Any], **more: object) -> TeacherSettings:
    settings = TeacherSettings(
        name="spam",
        adapter="openai",
        source="http://127.0.0.1:1/v1",
        model="spam-2026-01-31",
        inputs=("text",),
        labels=("no", "yes"),
        prompt="Is this spam? {text}",
        parameters=tuple(sorted(parameters)),
    )
    return replace(settings, **cast("dict[str, Any]", more))


def form_of(*parameters: tuple[str, Any], **more: object) -> ChatForm:
    return chat_form(settings_of(*parameters, **more))


def said_by(form: ChatForm, text: object) -> str:
    body = cast("dict[str, Any]", form.body({"text": cast("Any", text)}))
    return body["messages"][-1]["content"]


def test_a_schema_holds_the_answer_to_the_labels() -> None:
    body = cast("dict[str, Any]", form_of(("temperature", 0.5)).body({"text": "win!"}))
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["label"]["enum"] == ["no", "yes"]
    assert schema["required"] == ["label"]
    assert body["temperature"] == 0.5
    assert set(body) == {"model", "messages", "temperature", "max_tokens", "response_format"}


def test_letters_stand_for_labels_where_one_token_is_read() -> None:
    form = form_of(LOGPROBS)
    assert said_by(form, "x").endswith("nothing else.\nA) no\nB) yes")
    body = form.body({"text": "x"})
    assert (body["logprobs"], body["top_logprobs"], body["max_tokens"]) == (True, 20, 1)
    assert form_of(LOGPROBS, ("top_logprobs", 5)).body({"text": "x"})["top_logprobs"] == 5
    assert "I" not in LETTERS


def test_labels_are_told_to_a_model_that_does_not_see_what_holds_it() -> None:
    for choice in ("json_schema", "structured_outputs", "plain"):
        assert said_by(form_of(("choice", choice)), "x").endswith(":\nno\nyes")


def test_what_distilproof_reads_is_not_sent() -> None:
    form = form_of(LOGPROBS, ("max_tail", 0.9), ("options", "labels"), ("system", "Be brief."))
    body = cast("dict[str, Any]", form.body({"text": "x"}))
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert set(body) == {"model", "messages", "max_tokens", "logprobs", "top_logprobs"}


@pytest.mark.parametrize("choice", ["json_schema", "structured_outputs", "plain"])
def test_the_longest_label_fits_into_the_tokens_allowed(choice: str) -> None:
    label = "größere Störung im Betriebsablauf"
    form = form_of(("choice", choice), labels=("ok", label))
    most = most_output_tokens(form.body({"text": "x"}))
    written = '{\n  "label" : "' + label + '"\n}' if choice == "json_schema" else label
    assert most >= len(written.encode())


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens"])
def test_the_project_may_allow_more_tokens(key: str) -> None:
    body = form_of((key, 4096)).body({"text": "x"})
    assert most_output_tokens(body) == body[key] == 4096
    assert not {"max_tokens", "max_completion_tokens"} - {key} & set(body)


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip))
def test_the_same_row_is_the_same_request_and_keeps_its_text(text: str) -> None:
    first, second = form_of().body({"text": text}), form_of().body({"text": text})
    assert canonical_json(first) == canonical_json(second)
    assert said_by(form_of(), text).startswith(f"Is this spam? {text}\n\nAnswer")


@pytest.mark.parametrize(
    ("value", "said"), [(3.0, "3"), (True, "true"), (0.1, "0.1"), (2**40, "1099511627776")]
)
def test_numbers_are_said_one_way(value: object, said: str) -> None:
    assert said_by(form_of(), value).startswith(f"Is this spam? {said}\n")


@pytest.mark.parametrize("value", [None, "", "  \n", "\ud800", ["a"], float("inf")])
def test_what_cannot_be_asked_is_an_error_of_the_table(value: object) -> None:
    with pytest.raises(TableError):
        said_by(form_of(), value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": None}, "which model"),
        ({"prompt": None}, "what the server is asked"),
        ({"inputs": ()}, "what the server is asked"),
        ({"labels": ()}, "two labels"),
        ({"labels": ("spam",)}, "two labels"),
        ({"labels": ("Spam", "spam")}, "nothing but case"),
        ({"labels": ("spam ", "ham")}, "blank"),
        ({"labels": ("spam\nham", "x")}, "cannot be printed"),
    ],
)
def test_what_lacks_is_said(changed: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        form_of(**changed)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ([("choice", "schema")], "choice cannot be 'schema'"),
        ([("options", "numbers")], "options cannot be"),
        ([("stream", True)], "'stream' of a request follows"),
        ([("response_format", "json")], "'response_format' of a request follows"),
        ([("logprobs", True)], "'logprobs' of a request follows"),
        ([("n", 3)], "'n' of a request follows"),
        ([("api_key", "sk-1")], "looks like a key"),
        ([("Authorization", "Bearer sk-1")], "looks like a key"),
        ([("max_tokens", 0)], "max_tokens is no whole number"),
        ([("max_tokens", 1.5)], "max_tokens is no whole number"),
        ([("max_completion_tokens", "many")], "max_completion_tokens is no whole number"),
        ([("top_logprobs", 21)], "top_logprobs is no whole number of at least 1 and at most 20"),
        ([("max_tail", 1.1)], "max_tail is no number from 0 to 1"),
        ([("max_tail", True)], "max_tail is no number"),
        ([("system", 3)], "system is no text"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters: list[Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        form_of(*parameters)
    assert "sk-1" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ([], "temperature 0"),
        ([("temperature", 0)], "temperature 0"),
        ([("temperature", 1.0), ("seed", 7)], "seed"),
        ([LOGPROBS, ("temperature", 1.0)], "without log-probabilities"),
        ([("temperature", "hot")], "temperature is no number"),
    ],
)
def test_votes_that_cannot_differ_are_refused(parameters: list[Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        form_of(*parameters, votes=5)


@pytest.mark.parametrize(
    ("labels", "parameters", "said"),
    [
        (tuple(f"label-{at}" for at in range(21)), [], "21 labels are more"),
        (tuple(f"label-{at}" for at in range(6)), [("top_logprobs", 5)], "6 labels are more"),
        (("no", "Not sure"), [("options", "labels")], "begins with the label"),
    ],
)
def test_labels_that_one_token_cannot_tell_apart_are_refused(
    labels: tuple[str, ...], parameters: list[Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        form_of(LOGPROBS, *parameters, labels=labels)
