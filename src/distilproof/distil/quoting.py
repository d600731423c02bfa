"""Works out what labels would cost: bounds of every request, and the size of some of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from distilproof.canonical import Json
from distilproof.distil.examples import WHOLE, Example, Shard
from distilproof.distil.label_cache import Kept, LabelCache
from distilproof.distil.label_plan import Plan, planned_requests
from distilproof.distil.quote import Quote
from distilproof.teachers.asking import total
from distilproof.teachers.settings import Price
from distilproof.teachers.teacher import Cost, Request, Teacher

SAMPLE = 50
"""Requests whose letters are counted."""

LETTERS_OF_A_TOKEN = 5.0
"""At most, on average over a text: tokenizers of large models make one token of about four letters
of English, and more tokens of most other writing."""

_LOOKED_AT = 500
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoting:
    """What a quote is made with besides the rows.

    Parameters
    ----------
    teacher
        Who would be asked; nothing is sent.
    price, votes
        What a server asks for, and how often it is asked for a row.
    connections
        Calls in flight at once.
    shard
        Which rows.
    """

    teacher: Teacher
    price: Price | None = None
    votes: int = 1
    connections: int = 1
    shard: Shard = WHOLE


def quote(planned: Plan, rows: Iterable[Example], cache: LabelCache | None, by: Quoting) -> Quote:
    """Say what it takes to label rows; asks nothing.

    Parameters
    ----------
    planned
        The rows, planned.
    rows
        The rows themselves.
    cache
        Answers so far; `None` where there are none.
    by
        The rest.
    """
    missing: dict[bytes, None] = {}
    kept: list[Kept] = []
    for keys in planned.keys:
        known = cache.known(keys) if cache else frozenset[bytes]()
        missing |= dict.fromkeys(key for key in keys if key not in known)
        if cache and len(kept) < _LOOKED_AT:
            kept += cache.read([key for key in keys if key in known][:_LOOKED_AT]).values()
    to_ask = len(missing)
    sampled = {key for at, key in enumerate(missing) if at % max(1, to_ask // SAMPLE) == 0}
    most: list[Cost] = []
    letters: list[int] = []
    for key, example in planned_requests(planned, rows, by.shard, missing):
        request = by.teacher.request(example.row)
        most.append(by.teacher.cost(request))
        if key in sampled and len(letters) < SAMPLE:
            letters.append(_letters(request))
    return Quote(
        rows=planned.rows,
        to_ask=to_ask,
        most=total(most),
        least_usd=to_ask * _least(fmean(letters), by) if letters else 0.0,
        sample=len(letters),
        about_usd=to_ask * fmean(one.cost.usd for one in kept) if kept else None,
        about_seconds=_seconds(to_ask, kept, by),
    )


def _least(letters: float, by: Quoting) -> float:
    if by.price is None:
        return 0.0
    once = by.price.usd_per_million_input * letters / LETTERS_OF_A_TOKEN
    return by.votes * (once + by.price.usd_per_million_output) / _MILLION


def _seconds(to_ask: int, kept: Sequence[Kept], by: Quoting) -> float | None:
    if not kept or by.teacher.batch_size > 1:
        return None
    return to_ask * fmean(one.answer.latency_seconds for one in kept) / by.connections


def _letters(value: Json | Request) -> int:
    """Letters of all texts that a request holds, names of keys left out."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_letters, value.values()))
    return sum(map(_letters, value)) if isinstance(value, Sequence) else 0
