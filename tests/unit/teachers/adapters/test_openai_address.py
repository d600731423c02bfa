"""No secret stands in a URL, travels unencrypted, or is shown."""

import pytest

from distilproof.errors import UsageError
from distilproof.teachers.adapters.chat_address import ChatAddress, chat_address
from distilproof.teachers.settings import TeacherSettings

KEY = "sk-9Qm2"


def address_of(source: str, key_env: str | None = None, **environment: str) -> ChatAddress:
    settings = TeacherSettings(name="t", adapter="openai", source=source, key_env=key_env)
    return chat_address(settings, environment)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://api.example.org/v1", "https://api.example.org/v1/chat/completions"),
        ("https://api.example.org/v1/", "https://api.example.org/v1/chat/completions"),
        ("http://gpu:8000", "http://gpu:8000/chat/completions"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
    ],
)
def test_the_path_is_added(source: str, url: str) -> None:
    assert address_of(source).url == url
    assert address_of(source).headers == {}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "no URL"),
        ("models/teacher", "no URL"),
        ("ftp://example.org", "no URL"),
        ("https://", "no URL"),
        ("https://ex ample.org", "no URL"),
        ("https://example.org:port", "no URL"),
        ("https://[::1", "no URL"),
        ("https://example.org/a b", "no URL"),
        ("https://beispiel.münchen/v1", "no URL"),
        ("https://ann:sk-9Qm2@example.org/v1", "name or password"),
        ("https://sk-9Qm2@example.org/v1", "name or password"),
        ("https://example.org/v1?api_key=sk-9Qm2", "more than a path"),
        ("https://example.org/v1#sk-9Qm2", "more than a path"),
        ("https://example.org/v1/chat/completions", "is added to it"),
    ],
)
def test_what_is_no_base_url_is_refused_and_not_repeated(source: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        address_of(source)
    assert KEY not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "source", ["https://example.org", "http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1"]
)
def test_the_key_comes_from_the_environment_and_is_not_shown(source: str) -> None:
    address = address_of(source, "THE_KEY", THE_KEY=f"{KEY}\n")
    assert address.headers == {"Authorization": f"Bearer {KEY}"}
    assert KEY not in repr(address)


@pytest.mark.parametrize("source", ["http://gpu:8000/v1", "http://10.0.0.7/v1"])
def test_the_key_does_not_travel_unencrypted(source: str) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        address_of(source, "THE_KEY", THE_KEY=KEY)
    assert not address_of(source).loopback


@pytest.mark.parametrize("held", ["", "  ", f"{KEY} {KEY}", f"{KEY}\r\nX: 1", "schlüssel"])
def test_a_variable_that_holds_no_key_is_named_and_not_shown(held: str) -> None:
    with pytest.raises(UsageError, match="THE_KEY") as caught:
        address_of("https://example.org", "THE_KEY", THE_KEY=held)
    assert KEY not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("key_env", ["sk-9Qm2", "sk_9Qm2", ""])
def test_a_key_in_the_place_of_the_variable_is_not_repeated(key_env: str) -> None:
    if not key_env:
        assert address_of("https://example.org", key_env).key is None
        return
    with pytest.raises(UsageError) as caught:
        address_of("https://example.org", key_env)
    assert key_env not in caught.value.message + caught.value.hint
