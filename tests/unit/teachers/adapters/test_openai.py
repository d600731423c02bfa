"""The `openai` adapter asks a real server on loopback: what comes back, and what goes wrong."""

import asyncio
import logging
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from chat_completion import expected, prompt_of
from chat_server import MODEL, ChatBehaviour, ChatServer, serving
from distilproof.canonical import canonical_json
from distilproof.domain.identity import ModelRef, Route
from distilproof.teachers.adapters.chat_connections import MOST_BYTES
from distilproof.teachers.adapters.openai import ChatTeacher
from distilproof.teachers.failures import (
    AskingError,
    BadAnswerError,
    RejectedError,
    UnavailableError,
)
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.settings import Price, TeacherSettings
from distilproof.teachers.teacher import Answer, Cost, Signal, Teacher, Usage

LABELS = ("billing", "delivery", "other")
KEY = "sk-loopback-8fJq2ZxW"
ROW = {"text": "where is my parcel?", "lang": "en"}
LOGPROBS = ("choice", "logprobs")


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving(ChatBehaviour(labels=",".join(LABELS))) as running:
        yield running


def settings_of(
    server: ChatServer, *parameters: tuple[str, Any], **more: object
) -> TeacherSettings:
    settings = TeacherSettings(
        name="intents",
        adapter="openai",
        source=server.url,
        model=MODEL,
        inputs=("text", "lang"),
        labels=LABELS,
        prompt="Sort this message ({lang}): {text}",
        parameters=tuple(sorted(parameters)),
    )
    return replace(settings, **cast("dict[str, Any]", more))


def asked(teacher: Teacher, row: dict[str, str] | None = None, times: int = 1) -> list[Answer]:
    async def ask() -> list[Answer]:
        request = teacher.request(row or ROW)
        try:
            return [(await teacher.answer([request]))[0] for _ in range(times)]
        finally:
            await teacher.close()

    return asyncio.run(ask())


def failed(teacher: Teacher) -> AskingError:
    with pytest.raises(AskingError) as caught:
        asked(teacher)
    return caught.value


def label_of(teacher: Teacher, row: dict[str, str], options: tuple[str, ...] = LABELS) -> str:
    return expected(prompt_of(cast("dict[str, Any]", teacher.request(row))), list(options))


def test_it_is_opened_by_name_and_sends_nothing_until_it_is_asked(server: ChatServer) -> None:
    teacher = open_teacher(settings_of(server, revision="build-7"))
    host = f"127.0.0.1:{server.port}"
    assert teacher.identity == ModelRef(
        provider=host, name=MODEL, revision="build-7", route=Route.API
    )
    assert (teacher.labels, teacher.inputs) == (LABELS, ("text", "lang"))
    assert teacher.batch_size == 1
    assert server.requests == 0


@pytest.mark.parametrize("choice", ["json_schema", "structured_outputs", "plain"])
def test_a_label_comes_back_with_the_model_the_usage_and_the_time(
    server: ChatServer, choice: str
) -> None:
    teacher = open_teacher(settings_of(server, ("choice", choice)))
    (answer,) = asked(teacher)
    assert answer.label == label_of(teacher, ROW)
    assert (answer.model, answer.system_fingerprint) == (MODEL, "fp_loopback")
    assert answer.probabilities is None
    assert answer.usage.input_tokens > 0
    assert 0 < answer.latency_seconds < 60
    assert teacher.signal is Signal.HARD


def test_what_is_sent_is_the_request_and_nothing_else(server: ChatServer) -> None:
    teacher = open_teacher(settings_of(server, ("temperature", 0.0), ("system", "Be brief.")))
    asked(teacher)
    assert canonical_json(server.bodies[0]) == canonical_json(teacher.request(ROW))
    assert set(server.headers[0]) == {
        *("host", "accept", "accept-encoding", "user-agent"),
        *("content-length", "content-type"),
    }


def test_every_label_is_reached(server: ChatServer) -> None:
    teacher = open_teacher(settings_of(server))
    rows = [{"text": f"message {at}", "lang": "en"} for at in range(12)]
    assert [asked(teacher, row)[0].label for row in rows] == [label_of(teacher, r) for r in rows]
    assert {label_of(teacher, row) for row in rows} == set(LABELS)


@pytest.mark.parametrize("options", ["letters", "labels"])
def test_log_probabilities_are_scaled_to_the_labels(server: ChatServer, options: str) -> None:
    teacher = open_teacher(settings_of(server, LOGPROBS, ("options", options)))
    (answer,) = asked(teacher)
    assert teacher.signal is Signal.LOG_PROBABILITIES
    assert answer.label == label_of(teacher, ROW)
    assert answer.probabilities == pytest.approx(
        [0.9 if label == answer.label else 0.05 for label in LABELS]
    )
    assert answer.tail_mass == pytest.approx(0.02)
    assert server.bodies[0]["max_tokens"] == 1


def test_a_server_without_log_probabilities_is_found_out_at_once(server: ChatServer) -> None:
    server.change(logprobs=False)
    error = failed(open_teacher(settings_of(server, LOGPROBS)))
    assert isinstance(error, RejectedError)
    assert "json_schema" in str(error)


def test_votes_are_counted(server: ChatServer) -> None:
    server.change(noise=0.4)
    teacher = open_teacher(settings_of(server, ("temperature", 1.0), votes=9))
    (answer,) = asked(teacher)
    assert teacher.signal is Signal.VOTES
    assert server.requests == 9
    said = answer.probabilities
    assert said is not None
    assert sum(said) == pytest.approx(1)
    assert 1 / 9 < max(said) < 1
    assert answer.label == LABELS[said.index(max(said))]
    assert answer.usage.output_tokens == 18
    assert teacher.paid(answer).requests == teacher.cost(teacher.request(ROW)).requests == 9


@pytest.mark.parametrize("parameters", [(), (LOGPROBS,)])
def test_a_refusal_is_an_answer(server: ChatServer, parameters: tuple[tuple[str, str]]) -> None:
    server.change(rate_refused=1.0)
    (answer,) = asked(open_teacher(settings_of(server, *parameters)))
    assert (answer.label, answer.refusal) == (None, "I cannot help with that.")
    assert answer.probabilities is None
    assert answer.model == MODEL


def test_a_model_that_moves_shows_in_the_answer(server: ChatServer) -> None:
    server.change(moves_after=1)
    said = asked(open_teacher(settings_of(server)), times=2)
    assert [answer.model for answer in said] == [MODEL, "loopback-2026-02-28"]


@pytest.mark.parametrize("text", ["grüße, 東京 🚚", "a\x00b", '"}]} {lang} {{x}}', "\u202eevil"])
def test_any_text_arrives_as_it_is(server: ChatServer, text: str) -> None:
    teacher = open_teacher(settings_of(server))
    asked(teacher, {"text": text, "lang": "en"})
    said = prompt_of(server.bodies[0])
    assert said.startswith(f"Sort this message (en): {text}\n\nAnswer with a JSON object")


@pytest.mark.parametrize(
    ("behaviour", "kind", "charged", "said"),
    [
        ({"rate_429": 1.0}, UnavailableError, False, "status 429.*slow down"),
        ({"rate_500": 1.0}, UnavailableError, True, "status 500"),
        ({"outage": True}, UnavailableError, False, "status 503"),
        ({"rate_dropped": 1.0}, UnavailableError, True, "hung up"),
        ({"rate_truncated": 1.0}, UnavailableError, True, "hung up"),
        ({"rate_malformed": 1.0}, BadAnswerError, True, "no chat completion"),
        ({"rate_wrong_label": 1.0}, BadAnswerError, True, "none of the labels"),
        ({"rate_length": 1.0}, BadAnswerError, True, "cut off"),
        ({"padding": MOST_BYTES}, BadAnswerError, True, "longer than"),
        ({"status": 404, "error": "no such model"}, RejectedError, False, "no such model"),
        ({"status": 307}, RejectedError, False, "redirects"),
        ({"status": 429, "code": "insufficient_quota"}, RejectedError, False, "used up"),
    ],
)
def test_a_failure_says_whether_to_ask_again(
    server: ChatServer,
    behaviour: dict[str, object],
    kind: type[AskingError],
    charged: bool,  # noqa: FBT001 - a column of the table
    said: str,
) -> None:
    server.change(**behaviour)
    error = failed(open_teacher(settings_of(server)))
    assert type(error) is kind
    assert error.charged is charged
    with pytest.raises(kind, match=said):
        raise error
    assert server.requests == 1


@pytest.mark.parametrize(("after", "seconds"), [("7", 7.0), ("date:30", 30.0), ("soon", None)])
def test_the_wait_that_a_server_asks_for_is_read(
    server: ChatServer, after: str, seconds: float | None
) -> None:
    server.change(rate_429=1.0, retry_after=after)
    error = failed(open_teacher(settings_of(server)))
    assert isinstance(error, UnavailableError)
    assert error.retry_after == (seconds and pytest.approx(seconds, abs=1.5))


def test_it_answers_again_after_a_failure_and_after_it_was_closed(server: ChatServer) -> None:
    teacher = open_teacher(settings_of(server))
    server.change(rate_truncated=1.0)
    failed(teacher)
    server.change(rate_truncated=0.0)
    assert asked(teacher)[0].label == asked(teacher)[0].label == label_of(teacher, ROW)


def test_nobody_there_is_unavailable_and_free(server: ChatServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = failed(open_teacher(settings_of(server, source=f"http://127.0.0.1:{port}/v1")))
    assert isinstance(error, UnavailableError)
    assert not error.charged


def test_a_server_that_takes_too_long_is_unavailable_and_may_be_paid(server: ChatServer) -> None:
    server.change(latency=30.0)
    error = failed(ChatTeacher(settings_of(server), timeout_seconds=0.2))
    assert isinstance(error, UnavailableError)
    assert error.charged
    assert "0.2 seconds" in str(error)


def test_requests_in_flight_each_have_a_connection(server: ChatServer) -> None:
    server.change(latency=0.2)
    teacher = open_teacher(settings_of(server))

    async def ask() -> None:
        requests = [teacher.request({"text": f"{at}", "lang": "en"}) for at in range(8)]
        await asyncio.gather(*(teacher.answer([request]) for request in requests))
        await teacher.close()

    asyncio.run(ask())
    assert server.most_in_flight == 8


def test_a_price_bounds_the_cost_and_the_usage_says_what_was_paid(server: ChatServer) -> None:
    price = Price(usd_per_million_input=3.0, usd_per_million_output=15.0)
    teacher = open_teacher(settings_of(server, price=price))
    most = teacher.cost(teacher.request({"text": "é" * 500, "lang": "en"}))
    assert most.requests == 1
    assert most.usd >= 3.0e-6 * 1_000
    answer = Answer(
        label="other", model=MODEL, usage=Usage(input_tokens=1_000_000, output_tokens=100_000)
    )
    assert teacher.paid(answer) == Cost(requests=1, usd=pytest.approx(4.5))
    assert open_teacher(settings_of(server)).cost(teacher.request(ROW)) == Cost(requests=1)


def test_what_a_server_does_not_count_is_taken_at_its_most(server: ChatServer) -> None:
    server.change(usage=False)
    price = Price(usd_per_million_input=3.0, usd_per_million_output=15.0)
    teacher = open_teacher(settings_of(server, price=price))
    (answer,) = asked(teacher)
    assert teacher.paid(answer) == teacher.cost(teacher.request(ROW))


def test_the_key_is_sent_and_shown_nowhere(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("INTENTS_KEY", f" {KEY}\n")
    caplog.set_level(logging.DEBUG)
    server.change(key=KEY)
    teacher = open_teacher(settings_of(server, key_env="INTENTS_KEY"))
    assert asked(teacher)[0].label
    shown = [repr(teacher), str(teacher), repr(teacher.identity), repr(teacher.request(ROW))]
    faults = ({"status": 400, "error": f"bad {KEY}"}, {"rate_dropped": 1.0}, {"key": "another"})
    for behaviour in ({"status": 0, **fault} for fault in faults):
        server.change(**behaviour)
        error = failed(teacher)
        shown += [repr(error), *traceback.format_exception(error)]
    shown += [record.getMessage() for record in caplog.records]
    assert KEY not in "\n".join(shown)


def test_a_wrong_key_names_its_variable(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENTS_KEY", KEY)
    server.change(key="another")
    error = failed(open_teacher(settings_of(server, key_env="INTENTS_KEY")))
    assert isinstance(error, RejectedError)
    assert "INTENTS_KEY" in str(error)


def test_a_proxy_of_the_environment_is_not_put_before_this_machine(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert asked(open_teacher(settings_of(server)))[0].label
