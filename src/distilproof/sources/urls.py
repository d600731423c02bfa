"""URLs of databases, as they may be shown: without a password."""

import re
from urllib.parse import unquote, urlsplit

POSTGRES = ("postgres://", "postgresql://")

_SECRET = re.compile(r"(?<=[?&])((?:ssl)?password|passfile|token|secret)=[^&]*", re.IGNORECASE)


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
    scheme, found, rest = url.partition("://")
    if not found:
        return url
    authority, slash, path = rest.partition("/")
    account, at, host = authority.rpartition("@")
    user = account.partition(":")[0]
    return _SECRET.sub(r"\1=***", f"{scheme}://{user}{at}{host}{slash}{path}")


def without_secrets(text: str, url: str) -> str:
    """Text of a driver's error with the URL's password taken out of it."""
    for secret in secrets_of(url):
        text = text.replace(secret, "***")
    return text


def secrets_of(url: str) -> set[str]:
    """Passwords that a URL holds, as written and as meant."""
    try:
        parts = urlsplit(url)
        given = [parts.password or "", *_values(parts.query)]
    except ValueError:
        given = _values(url)
    return {form for secret in given if secret for form in (secret, unquote(secret))}


def _values(query: str) -> list[str]:
    return [found.group().partition("=")[2] for found in _SECRET.finditer(f"?{query}")]
