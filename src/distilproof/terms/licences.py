"""One entry of the terms register, and how a file of entries is read and refused."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from distilproof.canonical import digest, plain
from distilproof.domain.clearance import ObligationKind
from distilproof.errors import UsageError
from distilproof.terms.conditions import SENTENCES, Condition, Statement
from distilproof.terms.triggers import Asked, Trigger, binds

Checked = TypeVar("Checked")

_EXACT = frozenset({"name_prefix", "attribution", "output_label"})
_LIMITS = frozenset({"user_limit", "revenue_limit", "territory_limit"})

_CHOSEN = 2
"""Where in the way to a condition's key stands the kind that chose the condition."""

TermsRoute = Literal["weights", "api", "gateway", "chat", "data"]
"""How a model is reached under the terms; `data`: what it is shown."""

Permits = Literal["yes", "no", "conditional", "unknown", "inherits"]
"""Whether output may train another model; `inherits`: as the model behind it says."""

Scope = Literal["any_model", "other_llm", "competing_model", "foundational_generative"]
"""Which students the terms bar or bind."""

Evidence = Literal["primary", "quoted", "secondary", "unread"]
"""How well terms are known: read in full, quoted with a date, told by others, not read."""

Text = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
PartialDate = Annotated[str, StringConstraints(pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What the student owes, where all of `when` are met.

    Parameters
    ----------
    kind
        What sort of duty; one of a kind in an entry.
    text
        The duty in one sentence.
    value
        What has to be met exactly; lines that may stand for each other are parted by ` | `.
    when
        When it is owed.
    above_users, above_revenue_usd
        Owed only above so many users, or US dollars of revenue, a month, or where it is not said
        how many there are; `None` for whatever the size.
    """

    kind: ObligationKind
    text: Text
    value: str = ""
    when: tuple[Trigger, ...] = ()
    above_users: int | None = None
    above_revenue_usd: int | None = None

    def binds(self, asked: Asked) -> bool:
        """Whether it is owed; where that cannot be told, it is."""
        sizes = (
            (self.above_users, asked.use.monthly_users),
            (self.above_revenue_usd, asked.use.monthly_revenue_usd),
        )
        bars = [(above, said) for above, said in sizes if above is not None]
        large = not bars or any(said is None or said > above for above, said in bars)
        return large and binds(self.when, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the register says of one text of terms, in its own words.

    Parameters
    ----------
    id, aliases
        What it is named by.
    family, version
        Whose models or service, and which text.
    route
        How a model is reached under it.
    permits, scope
        Whether output may train a model, and which models it bars or binds.
    summary
        What it says of output, in one or two sentences.
    source
        Where the text stands.
    evidence
        How well it is known.
    text_as_of
        Date of the text, or its month or year; empty when it bears none.
    read_by
        Who read it; empty when not said.
    as_of
        When the entry was last looked at.
    review_by
        Last day on which it may be relied on; `None` only for a statement of one's own.
    conditions, obligations
        What must hold, and what is owed.
    conduct
        What else binds whoever asks the model: shown, not judged.
    families
        Names of the weights that the terms are on, as a student may say it starts from them.
    hf_tags, spdx
        Licence tags and identifiers that hint at it.
    """

    id: Id
    family: Text
    version: Text
    route: TermsRoute
    permits: Permits
    scope: Scope
    summary: Text
    source: Text
    evidence: Evidence
    as_of: date
    aliases: tuple[Id, ...] = ()
    text_as_of: PartialDate = ""
    read_by: str = ""
    review_by: date | None = None
    conditions: tuple[Annotated[Condition, Field(discriminator="kind")], ...] = ()
    obligations: tuple[Duty, ...] = ()
    conduct: tuple[Text, ...] = ()
    families: tuple[Text, ...] = ()
    hf_tags: tuple[Text, ...] = ()
    spdx: tuple[Text, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON: a judgement given under it holds for it."""
        return digest(plain(self))

    def stale(self, at: datetime) -> bool:
        """Whether its review is overdue at a time, in UTC."""
        return self.review_by is not None and at.date() > self.review_by


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    as_of: date
    terms: Annotated[tuple[dict[str, object], ...], Field(min_length=1)]


_STRICT = ConfigDict(extra="forbid", strict=True)
_DOCUMENT = TypeAdapter(tuple[_Document], config=_STRICT)
_ENTRY = TypeAdapter(tuple[Terms], config=_STRICT)


def parse_terms(text: str, name: str) -> tuple[Terms, ...]:
    """Read a TOML document of entries: `as_of = DATE`, then one `[[terms]]` for each.

    Parameters
    ----------
    text
        The document.
    name
        What to call it in errors.

    Raises
    ------
    UsageError
        When it is not TOML, or an entry breaks a rule: names document, entry and key.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not TOML: {error}", hint="Mend it there.") from error
    document = _checked(_DOCUMENT, said, name)
    entries = tuple(
        _checked(_ENTRY, {"as_of": document.as_of, **table}, f"{name}, {_called(table, place)}")
        for place, table in enumerate(document.terms, start=1)
    )
    problems = [f"{name}, {one.id}: {rule}" for one in entries for rule in _contradictions(one)]
    problems += [f"{name}: two entries are called {twice}" for twice in _repeated(entries)]
    if problems:
        raise UsageError("; ".join(problems), hint="Mend the entry.")
    return entries


def differences(a: Terms, b: Terms) -> tuple[tuple[str, object, object], ...]:
    """Fields in which two entries differ, each with both values, in the order of the fields."""
    pairs = ((one.name, getattr(a, one.name), getattr(b, one.name)) for one in fields(Terms))
    return tuple((name, left, right) for name, left, right in pairs if left != right)


def _contradictions(terms: Terms) -> Iterator[str]:
    """Rules that hold between the keys of an entry."""
    kinds = [condition.kind for condition in terms.conditions]
    always = {one.kind for one in terms.conditions if not one.when and not one.unless}
    of_ones_own = not {"owned", "owned_data"}.isdisjoint(kinds)
    rules = {
        'permits: "inherits" needs the condition upstream_terms': (
            terms.permits == "inherits" and "upstream_terms" not in kinds
        ),
        'permits: "conditional" needs a condition': terms.permits == "conditional" and not kinds,
        'permits: "yes" cannot need an authorisation for every use': (
            terms.permits == "yes" and "written_authorisation" in always
        ),
        "conditions: one of a kind, as a judgement is named by its kind": (
            len(set(kinds)) < len(kinds)
        ),
        "review_by: only a statement of one's own can do without": (
            terms.review_by is None and not of_ones_own
        ),
        "review_by: lies before as_of": (
            terms.review_by is not None and terms.review_by < terms.as_of
        ),
    }
    yield from (rule for rule, broken in rules.items() if broken)
    statements = (one for one in terms.conditions if isinstance(one, Statement))
    for one in statements:
        if "{party}" in SENTENCES[one.kind] and not one.party:
            yield f"conditions: {one.kind} needs the party that it speaks of"
    yield from _contradictory_duties(terms)


def _contradictory_duties(terms: Terms) -> Iterator[str]:
    kinds = [duty.kind for duty in terms.obligations]
    if len(set(kinds)) < len(kinds):
        yield "obligations: one of a kind, as a document that meets it is named by its kind"
    for duty in terms.obligations:
        if duty.kind in _EXACT and not duty.value:
            yield f"obligations: {duty.kind} needs the value to meet"
        if duty.kind in _LIMITS:
            yield f"obligations: {duty.kind} follows from a condition, which compares it first"


def _repeated(entries: tuple[Terms, ...]) -> Iterator[str]:
    seen = set[str]()
    for name in (name for one in entries for name in (one.id, *one.aliases)):
        if name in seen:
            yield name
        seen.add(name)


def _called(entry: dict[str, object], place: int) -> str:
    named = entry.get("id")
    return named if isinstance(named, str) and named else f"entry {place}"


def _checked(adapter: TypeAdapter[tuple[Checked]], said: object, where: str) -> Checked:
    try:
        return adapter.validate_json(json.dumps(plain([said])))[0]
    except TypeError as error:
        raise UsageError(f"{where}: {error}", hint="Write dates as 2026-01-31.") from error
    except ValidationError as error:
        problems = (_problem(detail) for detail in error.errors(include_url=False))
        raise UsageError(
            f"{where}: {'; '.join(problems)}",
            hint="`distilproof terms show ID --json` shows how an entry is written.",
        ) from error


def _problem(detail: ErrorDetails) -> str:
    """Say where in an entry, and what is wrong; the kind that chose a condition is no key."""
    loc = detail["loc"][1:]
    key = ""
    for place, part in enumerate(loc):
        if isinstance(part, int):
            key += f"[{part + 1}]"
        elif place != _CHOSEN or loc[0] != "conditions":
            key += f".{part}" if key else part
    rule = {"unexpected_keyword_argument": "is no key", "missing": "is missing"}
    said = rule.get(detail["type"]) or f"{detail['msg'][0].lower()}{detail['msg'][1:]}"
    return f"{key}: {said}" if key else said
