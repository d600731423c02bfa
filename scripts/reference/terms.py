"""The page on the terms register: what is known of each text, how well, and until when."""

from collections.abc import Iterator

from distilproof.terms.licences import Terms, TermsRoute
from distilproof.terms.register import packaged_register
from distilproof.terms.wording import condition_words, duty_words

from .markdown import table

ROUTES: dict[TermsRoute, tuple[str, str]] = {
    "api": ("Services with an API", "Bind whoever asks the provider's own service."),
    "gateway": (
        "Gateways",
        "Stand between you and a model of somebody else, whose terms bind as well: name both.",
    ),
    "chat": ("Chat for people", "Made for a person at a screen, not for a program."),
    "weights": ("Weights", "Bind whoever runs the model, wherever it runs."),
    "data": ("Data", "Bind what a model is shown."),
}
KNOWN = {
    "primary": "the text was read",
    "quoted": "a part was quoted, with its date, by somebody who read it",
    "secondary": "only what others say of it is known: closed",
    "unread": "nobody read it for the register: closed",
}
PERMITS = {
    "yes": "yes",
    "no": "no",
    "conditional": "on conditions",
    "unknown": "not known: closed",
    "inherits": "as the model behind it",
}


def page() -> Iterator[str]:
    """Write what the register is, then one table a route."""
    register = packaged_register()
    yield "# Terms register\n\n"
    yield f"**{len(register)} entries, last looked at on {register.as_of}.** Facts on what terms "
    yield "say of training another model on output, in words of our own. A starting point and no "
    yield "legal advice: terms change every month, and what binds you is the text, not this page. "
    yield "An entry past its review date says UNKNOWN, and so does one that was not read.\n\n"
    yield "`distilproof terms show ID` prints an entry with what it says to four uses, "
    yield "`distilproof terms check ID` what it says to yours. How a verdict comes about is "
    yield "explained [here](../explanation/terms.md).\n\n"
    yield table(("known", "meaning"), ((f"**{name}**", words) for name, words in KNOWN.items()))
    for route, (title, words) in ROUTES.items():
        yield f"\n## {title}\n\n{words}\n\n"
        head = ("terms", "text", "known", "review by", "output may train", "on condition", "owed")
        entries = (one for one in register.values() if one.route == route)
        yield table(head, (_row(one) for one in entries))


def _row(entry: Terms) -> Iterator[str]:
    yield (
        f"`{entry.id}`<br>{entry.family}: [{entry.version}]({entry.source})"
        if (entry.source.startswith("https://"))
        else f"`{entry.id}`<br>{entry.family}: {entry.version}"
    )
    yield _age(entry)
    yield entry.evidence
    yield f"{entry.review_by or '-'}"
    yield f"**{PERMITS[entry.permits]}**. {entry.summary}"
    yield _listed([condition_words(one) for one in entry.conditions])
    yield _listed([duty_words(one) for one in entry.obligations])


def _age(entry: Terms) -> str:
    """Date of a text, and how old it was when the register was made."""
    if not entry.text_as_of:
        return "undated"
    year, month, *_ = (*map(int, entry.text_as_of.split("-")), 12)
    months = (entry.as_of.year - year) * 12 + entry.as_of.month - month
    years = months // 12
    old = f"{years} y" if years > 1 else f"{max(months, 0)} mo"
    return f"{entry.text_as_of} ({old})"


def _listed(said: list[str]) -> str:
    return "<br>".join(f"{one[0].upper()}{one[1:]}." for one in said) or "-"
