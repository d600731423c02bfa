"""Countries that terms leave out, by the codes that a use may name them by."""

EU = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
"""ISO 3166 codes of the member states of the European Union."""

_ALSO = {"GB": "UK", "GR": "EL"}
"""Codes in use that ISO 3166 has otherwise."""


def countries(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Write groups of countries as their members, beside whatever else they are called.

    Examples
    --------
    >>> countries(("GB", "KR"))
    ('GB', 'UK', 'KR')
    """
    named = [one for code in codes for one in ((code, *EU) if code == "EU" else (code,))]
    return tuple(
        one for code in named for one in ((code, _ALSO[code]) if code in _ALSO else (code,))
    )
