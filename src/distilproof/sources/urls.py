"""URLs of databases, as they may be shown: without a password."""

import re
from urllib.parse import unquote

POSTGRES = ("postgres://", "postgresql://")

_PASSWORDS = (
    re.compile(r"\w[\w+.-]*:/+[^:/@]*:(?P<password>[^/@]*)@"),
    # One that was not escaped may hold any letter: it reaches to the last `@`.
    re.compile(r"\w[\w+.-]*:/+[^:]*:(?P<password>.*)@", re.DOTALL),
)

_SECRET = re.compile(r"(?<=[?&])((?:ssl)?password|passfile|token|secret)=[^&]*", re.IGNORECASE)

_TELLING = 4
"""Letters from which a part of a password tells something."""


def is_postgres(source: str) -> bool:
    """Whether a text is the URL of a PostgreSQL database."""
    return source.lower().startswith(POSTGRES)


def without_password(url: str) -> str:
    """URL with user, host and path, and no secret.

    Examples
    --------
    >>> without_password("postgres://ann:s3cret@db:5432/models?password=x&sslmode=require")
    'postgres://ann@db:5432/models?password=***&sslmode=require'
    """
    scheme, found, rest = _SECRET.sub(r"\1=***", url).partition("://")
    if not found:
        return url
    account, at, host = rest.rpartition("@")
    return f"{scheme}://{account.partition(':')[0]}{at}{host}"


def without_secrets(text: str, url: str) -> str:
    """Text of a driver's error with the URL's password taken out of it."""
    for secret in sorted(secrets_of(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def secrets_of(url: str) -> set[str]:
    """Passwords that a URL holds, as written and as meant, and parts that a driver may name."""
    given = [found["password"] for form in _PASSWORDS if (found := form.match(url))]
    given += [match.group().partition("=")[2] for match in _SECRET.finditer(url)]
    parts = [part for secret in given for part in re.split(r"[:/?#@]", secret)]
    shown = {form for secret in given for form in (secret, unquote(secret))}
    return {*filter(None, shown), *(part for part in parts if len(part) >= _TELLING)}
