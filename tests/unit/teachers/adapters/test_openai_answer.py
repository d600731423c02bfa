"""What came back is one of the labels, a refusal, or nothing that can be used."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.teachers.adapters.chat_answer import read_answer
from distilproof.teachers.adapters.chat_request import ChatForm, chat_form
from distilproof.teachers.adapters.votes import counted
from distilproof.teachers.failures import AskingError, BadAnswerError, RejectedError
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Usage

LABELS = ("billing", "delivery", "other")
MOST = Usage(input_tokens=900, output_tokens=40)


def form_of(choice: str, labels: tuple[str, ...] = LABELS, **parameters: float | str) -> ChatForm:
    said = {"choice": choice, **parameters}
    return chat_form(
        TeacherSettings(
            name="intents",
            adapter="openai",
            source="http://127.0.0.1:1/v1",
            model="intents-2026-01-31",
            inputs=("text",),
            labels=labels,
            prompt="{text}",
            parameters=tuple(sorted(said.items())),
        )
    )


def completion(content: str | None = None, **choice: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {
        "model": "intents-2026-01-31",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3},
    }


def read(form: ChatForm, body: object) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(form, content, latency_seconds=0.5, most=MOST)


def weighed(form: ChatForm, tokens: dict[str, float], drawn: str | None = None) -> Answer:
    top = [{"token": token, "logprob": math.log(p)} for token, p in tokens.items()]
    drawn = drawn if drawn is not None else next(iter(tokens))
    at = {"token": drawn, "logprob": math.log(tokens.get(drawn, 0.01)), "top_logprobs": top}
    return read(form, completion(drawn, finish_reason="length", logprobs={"content": [at]}))


@pytest.mark.parametrize("written", ['{"label": "other"}', ' {\n "label" :\t"other", "x": 1 }\n'])
def test_json_that_names_a_label_is_that_label(written: str) -> None:
    answer = read(form_of("json_schema"), completion(written))
    assert answer.label == "other"
    assert answer.usage == Usage(input_tokens=12, output_tokens=3)
    assert answer.latency_seconds == 0.5


@pytest.mark.parametrize(
    "written",
    [
        *("", "other", "{", "[]", "null", '"other"', '{"label": "Other"}', '{"label": null}'),
        *('{"label": ["other"]}', '{"other": 1}', '{"label": "others"}', "[" * 100_000),
    ],
)
def test_json_that_names_none_is_no_answer(written: str) -> None:
    with pytest.raises(BadAnswerError):
        read(form_of("json_schema"), completion(written))


@pytest.mark.parametrize("written", ["other", " Other.\n", '"other"', "**OTHER**", "`other`!"])
def test_a_plain_answer_may_be_wrapped(written: str) -> None:
    assert read(form_of("plain"), completion(written)).label == "other"


@pytest.mark.parametrize("written", ["other or billing", "not other", "oth", "", "...", "otherß"])
def test_a_plain_answer_that_says_more_is_none(written: str) -> None:
    with pytest.raises(BadAnswerError):
        read(form_of("plain"), completion(written))


def test_an_answer_held_to_choices_is_taken_word_for_word() -> None:
    form = form_of("structured_outputs")
    assert read(form, completion("other")).label == "other"
    with pytest.raises(BadAnswerError, match="none of the labels"):
        read(form, completion("Other"))


def test_an_answer_that_was_cut_off_is_none_even_where_a_label_is_left() -> None:
    with pytest.raises(BadAnswerError, match="max_tokens"):
        read(form_of("plain"), completion("other", finish_reason="length"))


def test_a_refusal_is_shortened_to_what_can_be_printed() -> None:
    body = completion(None)
    body["choices"][0]["message"]["refusal"] = "No\x1b[2J.\n" + "so " * 200
    answer = read(form_of("json_schema"), body)
    assert answer.label is None
    assert answer.refusal is not None
    assert answer.refusal.startswith("No [2J. so so")
    assert len(answer.refusal) == 200


def test_what_the_provider_filters_is_a_refusal() -> None:
    answer = read(form_of("json_schema"), completion(None, finish_reason="content_filter"))
    assert (answer.label, answer.refusal) == (None, "filtered by the provider")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"choices": []}'),
        {"model": "m", "choices": []},
        {"model": "", "choices": [{"message": {"content": "other"}}]},
        {"choices": [{"message": {"content": "other"}}]},
        {"model": "m", "choices": [{"message": None}]},
        {"model": "m", "choices": [{"message": {"content": {"label": "other"}}}]},
        {**completion("other"), "usage": {"prompt_tokens": -1, "completion_tokens": 3}},
    ],
)
def test_a_body_that_is_no_completion_is_no_answer(body: object) -> None:
    with pytest.raises(BadAnswerError, match="no chat completion"):
        read(form_of("plain"), body)


def test_no_error_repeats_what_was_answered() -> None:
    for form in (form_of("plain"), form_of("json_schema"), form_of("structured_outputs")):
        with pytest.raises(AskingError) as caught:
            read(form, completion("the customer is Ann"))
        assert "Ann" not in str(caught.value)
    with pytest.raises(AskingError) as caught:
        read(form_of("plain"), {"model": "m", "choices": "the customer is Ann"})
    assert "Ann" not in str(caught.value)


def test_tokens_nobody_counted_are_taken_at_their_most() -> None:
    body = completion('{"label": "other"}')
    del body["usage"]
    assert read(form_of("json_schema"), body).usage == MOST


@given(st.lists(st.floats(0.02, 1.0), min_size=3, max_size=3), st.floats(0.0, 0.4))
def test_shares_of_letters_sum_to_one_and_the_tail_is_the_rest(
    weights: list[float], tail: float
) -> None:
    mass = math.fsum(weights)
    shares = [weight / mass for weight in weights]
    tokens = {letter: p * (1 - tail) for letter, p in zip("ABC", shares, strict=True)}
    answer = weighed(form_of("logprobs"), tokens | ({"The": tail} if tail else {}))
    assert answer.probabilities == pytest.approx(shares)
    assert answer.tail_mass == pytest.approx(tail, abs=1e-9)
    assert answer.label == LABELS[shares.index(max(shares))]


def test_ways_to_write_a_letter_are_added_up() -> None:
    tokens = {"B": 0.3, "A": 0.2, " A": 0.2, "(A": 0.1, "a": 0.1, "As": 0.1}
    answer = weighed(form_of("logprobs"), tokens)
    assert answer.probabilities == pytest.approx([0.5 / 0.8, 0.3 / 0.8, 0.0])
    assert answer.tail_mass == pytest.approx(0.2)


def test_the_beginning_of_a_label_counts_for_it_and_of_two_for_neither() -> None:
    form = form_of("logprobs", ("deliver", "delay", "other"), options="labels")
    answer = weighed(form, {"deliver": 0.4, " Del": 0.1, "dela": 0.2, "ot": 0.2, "others": 0.1})
    assert answer.probabilities == pytest.approx([0.5, 0.25, 0.25])
    assert answer.tail_mass == pytest.approx(0.2)


def test_the_token_that_was_drawn_counts_where_it_is_not_listed() -> None:
    form = form_of("logprobs", max_tail=1.0)
    answer = weighed(form, {"A": 0.5, "The": 0.3}, drawn="B")
    assert answer.probabilities == pytest.approx([0.5 / 0.51, 0.01 / 0.51, 0.0])


def test_blanks_before_the_answer_are_passed_over() -> None:
    blank = {"token": "\n", "logprob": -0.1, "top_logprobs": [{"token": "A", "logprob": -9.0}]}
    at = {"token": "B", "logprob": 0.0, "top_logprobs": [{"token": "B", "logprob": 0.0}]}
    body = completion("\nB", logprobs={"content": [blank, at]})
    assert read(form_of("logprobs"), body).label == "delivery"


def test_a_model_that_mostly_says_something_else_has_not_answered() -> None:
    tokens = {"The": 0.7, "A": 0.2, "B": 0.1}
    with pytest.raises(BadAnswerError, match=r"0\.700 of the probability"):
        weighed(form_of("logprobs"), tokens)
    assert weighed(form_of("logprobs", max_tail=0.8), tokens).label == "billing"
    with pytest.raises(BadAnswerError):
        weighed(form_of("logprobs", max_tail=1.0), {"The": 1.0})


@pytest.mark.parametrize("given", [None, {"content": None}, {"content": []}])
def test_no_log_probabilities_are_no_reason_to_ask_again(given: object) -> None:
    with pytest.raises(RejectedError, match="log-probabilities"):
        read(form_of("logprobs"), completion("A", logprobs=given))


@pytest.mark.parametrize("logprob", ["-0.1", 0.5, "NaN"])
def test_what_is_no_log_probability_is_no_answer(logprob: object) -> None:
    at = {"token": "A", "logprob": logprob, "top_logprobs": []}
    body = json.dumps(completion("A", logprobs={"content": [at]})).replace('"NaN"', "NaN")
    with pytest.raises(AskingError):
        read(form_of("logprobs"), body.encode())


def voted(*said: str | None, models: str = "m") -> Answer:
    answers = [
        Answer(label=label, refusal=None if label else "no", model=models[at % len(models)])
        for at, label in enumerate(said)
    ]
    return counted(answers, LABELS)


def test_votes_are_shares_of_those_that_were_given() -> None:
    answer = voted("other", "other", "billing", None)
    assert answer.label == "other"
    assert answer.probabilities == pytest.approx([1 / 3, 0, 2 / 3])


def test_more_than_half_refusals_refuse() -> None:
    assert voted(None, None, "other").refusal == "no"
    assert voted(None, "other").label == "other"


def test_votes_that_draw_go_to_the_first_label() -> None:
    assert voted("other", "billing").label == "billing"


def test_votes_of_two_models_are_of_neither() -> None:
    assert voted("other", "other", "other", models="ab").model == "a and b"
