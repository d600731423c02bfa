"""What a server's refusal to answer means: ask again later, or never."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from distilproof.teachers.failures import AskingError, RejectedError, UnavailableError

BUSY = frozenset({408, 409, 425, 429})
"""Statuses below 500 that pass."""

FREE = frozenset({*BUSY, 503})
"""Statuses that nobody is charged for: the request was not worked on."""

_UNAUTHORISED = frozenset({401, 403})
_REDIRECTS = range(300, 400)
_SERVER_ERRORS = range(500, 600)
_NOT_OFFERED = 501
_USED_UP = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_SHOWN = 200


def failure_of(
    status: int, headers: Mapping[str, str], body: bytes, *, key_env: str | None, secret: str
) -> AskingError:
    """Say what a status other than 200 means.

    Parameters
    ----------
    status
        Of the response.
    headers
        Of the response, by lower-case name.
    body
        Of the response, or its beginning.
    key_env
        Environment variable that holds the key; `None` when no key is sent.
    secret
        The key, which no message may hold; empty when there is none.

    Examples
    --------
    >>> failure_of(429, {"retry-after": "7"}, b"", key_env=None, secret="").retry_after
    7.0
    """
    message, code = error_in(body, secret)
    said = f": {message}" if message else ""
    if status in _UNAUTHORISED:
        # The message is not shown: some servers repeat a part of the key in it.
        held = f"the key in {key_env}" if key_env else "a request without a key"
        return RejectedError(f"the server does not accept {held} (status {status})")
    if status in _REDIRECTS:
        return RejectedError(
            f"the server redirects to another address (status {status}), which is not followed: "
            "write that address in [teacher] source"
        )
    if code in _USED_UP:
        return RejectedError(f"the account of the key is used up (status {status}){said}")
    passes = status in BUSY or (status in _SERVER_ERRORS and status != _NOT_OFFERED)
    if not passes:
        return RejectedError(f"the server rejects the request (status {status}){said}")
    return UnavailableError(
        f"the server is busy or failed (status {status}){said}",
        retry_after=retry_after_seconds(headers),
        charged=status not in FREE,
    )


def error_in(body: bytes, secret: str = "") -> tuple[str, str]:
    """Message and code of an error in a body, the key and what cannot be printed taken out.

    Both are empty where there is none.

    Examples
    --------
    >>> error_in(b'{"error": {"message": "no such model", "code": "model_not_found"}}')
    ('no such model', 'model_not_found')
    """
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    error: Any = cast("dict[str, Any]", said).get("error") if isinstance(said, dict) else None
    if isinstance(error, str):
        return shown(error, secret), ""
    if not isinstance(error, dict):
        return "", ""
    fields = cast("dict[str, Any]", error)
    code = str(fields.get("code") or fields.get("type") or "")
    return shown(str(fields.get("message") or code), secret), code


def shown(text: str, secret: str = "") -> str:
    r"""Beginning of somebody else's text, fit for one line of ours.

    Examples
    --------
    >>> shown("wrong key sk-1\n\x1b[31m", "sk-1")
    'wrong key *** [31m'
    """
    kept = text.replace(secret, "***") if secret else text
    flat = " ".join("".join(x if x.isprintable() else " " for x in kept).split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait; `None` when it does not say, or nothing readable.

    A date is taken from the server's own clock, its `Date`, so that a wrong one does no harm.

    Parameters
    ----------
    headers
        By lower-case name.

    References
    ----------
    RFC 9110, section 10.2.3: seconds as a whole number, or an HTTP date. Fractions are read too.

    Examples
    --------
    >>> day = "Sat, 31 Jan 2026 10:00:"
    >>> retry_after_seconds({"retry-after": f"{day}30 GMT", "date": f"{day}00 GMT"})
    30.0
    """
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        until, now = _date(said), _date(headers.get("date", ""))
        if until is None or now is None:
            return None
        seconds = (until - now).total_seconds()
    return max(0.0, seconds) if seconds < float("inf") else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
