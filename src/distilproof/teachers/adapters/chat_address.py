"""Where a chat-completions server is, and its key: both checked before anything is sent."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from distilproof.errors import UsageError
from distilproof.teachers.settings import TeacherSettings

PATH = "/chat/completions"
"""Path below the base URL."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_KEY = re.compile(r"[!-~]+")  # what a header takes: visible ASCII


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAddress:
    """A server, and the key it is asked with.

    Parameters
    ----------
    url
        Whole URL that requests are posted to, without any secret.
    loopback
        Whether it is this machine.
    key
        Never shown; `None` when none is sent.
    """

    url: str
    loopback: bool
    key: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Header that carries the key, if there is one."""
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}


def chat_address(
    settings: TeacherSettings, environment: Mapping[str, str] = os.environ
) -> ChatAddress:
    """Find the server that a project names, and its key in the environment.

    Parameters
    ----------
    settings
        A teacher behind a server.
    environment
        Variables by name.

    Raises
    ------
    UsageError
        When the source is no base URL, holds a secret, or would send the key unencrypted to
        another machine; or when the variable of the key is not set.

    Examples
    --------
    >>> at = TeacherSettings(name="t", adapter="openai", source="http://127.0.0.1:8000/v1/")
    >>> chat_address(at, {}).url
    'http://127.0.0.1:8000/v1/chat/completions'
    """
    parts = _parts(settings.source)
    key = _key(settings.key_env, environment) if settings.key_env else None
    loopback = _is_loopback(parts.hostname or "")
    if key is not None and parts.scheme == "http" and not loopback:
        raise UsageError(
            f"the key would travel to {parts.hostname} unencrypted",
            hint="Write [teacher] source with https, reach the server through a tunnel that ends "
            "at localhost, or leave out key_env where the server needs no key.",
        )
    path = parts.path.rstrip("/") + PATH
    return ChatAddress(url=f"{parts.scheme}://{parts.netloc}{path}", loopback=loopback, key=key)


def _parts(source: str) -> SplitResult:
    hint = "Write the base URL in [teacher] source, for example 'https://models.example.org/v1'."
    try:
        parts = urlsplit(source)
        host = _HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:
        raise UsageError("the source of the teacher is no URL", hint=hint) from None
    if not host or parts.scheme not in {"http", "https"} or not re.fullmatch(r"[!-~]+", source):
        raise UsageError("the source of the teacher is no URL of a server", hint=hint)
    if "@" in parts.netloc:
        raise UsageError(
            "the source of the teacher holds a name or password, which no file may hold",
            hint="Take it out, and name the environment variable of the key in [teacher] key_env.",
        )
    if parts.query or parts.fragment:
        raise UsageError("the source of the teacher has more than a path behind it", hint=hint)
    if parts.path.rstrip("/").endswith(PATH):
        raise UsageError(
            f"the source of the teacher ends in {PATH}, which is added to it",
            hint="Write the URL without that.",
        )
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key(variable: str, environment: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(variable):
        raise UsageError(
            "[teacher] key_env is no name of an environment variable",
            hint="Write the name of the variable there. If it is the key itself, have the provider "
            "make a new one: whoever reads the project file has seen this one.",
        )
    # A key that was put in the place of the name is not repeated.
    named = variable if variable.isupper() else "that [teacher] key_env names"
    key = environment.get(variable, "").strip()
    if not key:
        raise UsageError(
            f"the environment variable {named} is not set, and holds the key of the teacher",
            hint="Set it in the shell that runs this; no file of the project may hold it.",
        )
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"the environment variable {named} holds blanks or letters that no key has",
            hint="Set it to the key and nothing else.",
        )
    return key
