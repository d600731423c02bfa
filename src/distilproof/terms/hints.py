"""Hints from metadata: what a licence tag may mean. Shown, never clearing."""

import re

from distilproof.terms.register import Register

OWN_LICENCE = frozenset({"other", "custom", "proprietary", "unknown", "noassertion", "none"})
"""Tags that say no more than: read the licence that lies beside the weights."""

_OPERATORS = frozenset({"and", "or", "with"})


def licence_hint(said: str, register: Register) -> tuple[str, ...]:
    """Ids of entries that a tag, an identifier or an SPDX expression may mean.

    A tag names a licence and is no evidence of its text, so a hint opens nothing: it says which
    entries to compare with the licence file. A tag such as `other` gives no hint, and so does an
    expression with a part that is unknown: what it leaves open may be stricter than what it says.

    Parameters
    ----------
    said
        A tag of a model hub (`llama3.1`, `license:mit`), an SPDX or ScanCode identifier, or an
        SPDX expression of them.
    register
        Where to look.

    Returns
    -------
    tuple of str
        Sorted ids; empty when nothing is known of a part of it.

    Examples
    --------
    >>> from distilproof.terms.register import packaged_register
    >>> licence_hint("license:llama3.1", packaged_register())
    ('llama-3.1',)
    >>> licence_hint("other", packaged_register())
    ()
    """
    words = re.findall(r"[^\s()]+", said.casefold().removeprefix("license:"))
    parts = [word for word in words if word not in _OPERATORS]
    found = [_meant(part, register) for part in parts]
    if not all(found):
        return ()
    return tuple(sorted({one for ids in found for one in ids}))


def _meant(part: str, register: Register) -> set[str]:
    if part in OWN_LICENCE:
        return set()
    return {
        terms.id
        for terms in register.values()
        if _bare(part)
        in {_bare(name) for name in (terms.id, *terms.aliases, *terms.hf_tags, *terms.spdx)}
    }


def _bare(name: str) -> str:
    return name.casefold().removeprefix("licenseref-scancode-")
