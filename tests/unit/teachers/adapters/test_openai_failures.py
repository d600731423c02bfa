"""A status says whether a request is worth another try, and nothing said shows a secret."""

import pytest

from distilproof.teachers.adapters.chat_failures import (
    error_in,
    failure_of,
    retry_after_seconds,
    shown,
)
from distilproof.teachers.failures import AskingError, RejectedError, UnavailableError

KEY = "sk-7f3a"


def failure(status: int, body: bytes = b"", **headers: str) -> AskingError:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return failure_of(status, said, body, key_env="INTENTS_KEY", secret=KEY)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529, 599])
def test_these_pass(status: int) -> None:
    error = failure(status, retry_after="3")
    assert isinstance(error, UnavailableError)
    assert error.retry_after == 3.0
    assert error.charged is (status >= 500 and status != 503)


@pytest.mark.parametrize("status", [201, 301, 308, 400, 401, 402, 403, 404, 413, 422, 501])
def test_these_do_not(status: int) -> None:
    error = failure(status, retry_after="3")
    assert isinstance(error, RejectedError)
    assert str(status) in str(error)


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_reads_the_variable_and_not_the_servers_words(status: int) -> None:
    error = failure(status, b'{"error": {"message": "Incorrect API key provided: sk-7*3a"}}')
    assert "INTENTS_KEY" in str(error)
    assert "Incorrect" not in str(error)


def test_without_a_key_it_says_so() -> None:
    error = failure_of(401, {}, b"", key_env=None, secret="")
    assert "without a key" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"message": "no sk-7f3a here"}}',
        b'{"error": "no sk-7f3a here"}',
        b'{"error": {"code": "no sk-7f3a here"}}',
        b'{"error": {"message": "no \\u0073k-7f3a here"}}',
    ],
)
def test_the_key_is_taken_out_of_what_a_server_says(body: bytes) -> None:
    assert str(failure(400, body)).endswith(": no *** here")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": null}', b'{"error": 3}'])
def test_a_body_without_an_error_adds_nothing(body: bytes) -> None:
    assert error_in(body) == ("", "")
    assert str(failure(500, body)).endswith("(status 500)")


def test_somebody_elses_text_is_one_short_line() -> None:
    assert shown("a\n\x1b[31mb\t" + "c" * 500) == "a [31mb " + "c" * 191 + "…"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("Sat, 31 Jan 2026 10:00:30 GMT", 30.0),
        ("Sat, 31 Jan 2026 09:59:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Sat, 31 Jan 2026", None),
    ],
)
def test_the_wait_is_read_in_both_ways_of_writing_it(said: str, seconds: float | None) -> None:
    headers = {"retry-after": said, "date": "Sat, 31 Jan 2026 10:00:00 GMT"}
    assert retry_after_seconds(headers) == seconds


def test_a_date_without_the_servers_clock_says_nothing() -> None:
    assert retry_after_seconds({"retry-after": "Sat, 31 Jan 2026 10:00:30 GMT"}) is None
    assert retry_after_seconds({}) is None
