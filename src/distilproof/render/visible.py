r"""Makes text that came from data harmless to look at: what cannot be printed is written out.

Names of slices, columns and models are data. A newline in one would break a line of the terminal,
an escape sequence would colour or move it, a bidirectional override would reorder it, and some
control characters are not allowed in XML at all.
"""

ELLIPSIS = "\u2026"


def visible(text: str) -> str:
    r"""Write every character that is not printable as its escape.

    Control and format characters (escape sequences, newlines, bidirectional overrides, zero-width
    characters), lone surrogates, private and unassigned code points and every space but the plain
    one become `\n`, `\x1b`, `\u202e` and so on. Letters of any script and emoji stay.

    Examples
    --------
    >>> print(visible("a\x1b[31m\n\u202eb"))
    a\x1b[31m\n\u202eb
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def shortened(text: str, limit: int) -> str:
    """Cut `text` to at most `limit` characters, the last of them an ellipsis where it was cut.

    Examples
    --------
    >>> shortened("native or pacific islander", 12)
    'native or p…'
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def wrapped(text: str, width: int, *, lines: int = 2) -> tuple[str, ...]:
    """Break `text` into at most `lines` lines of `width` characters, at spaces where there are any.

    What does not fit is cut, with an ellipsis.

    Examples
    --------
    >>> wrapped("native or pacific islander", 18)
    ('native or pacific', 'islander')
    """
    if len(text) <= width or lines == 1:
        return (shortened(text, width),)
    at = text.rfind(" ", 1, width + 1)
    head, rest = (text[:width], text[width:]) if at < 0 else (text[:at], text[at + 1 :])
    return (head, *wrapped(rest, width, lines=lines - 1))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
