"""The ladder: rungs as a project file writes them, what each means, and the baselines beside them.

    rung      = spec *( "@" suffix )
    spec      = sizes | kind ":" sizes | kind            60x16, layers:2, tfidf:16384, majority
    suffix    = "soft" | "hard" | "gold" | "onnx" | "int8"

The order is the one that is declared, large to small. It is the order of the tests that choose a
size, so that nothing that is measured may change it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import combinations
from math import prod
from typing import Literal, NamedTuple

from distilproof.errors import UsageError

Targets = Literal["soft", "hard", "gold"]
"""What a student learns from: the teacher's probabilities, its answers, or labels of people."""

Written = Literal["trained", "onnx", "int8"]
"""The form of a student: as it is trained; exported; exported and rounded to integers of 8 bits.
Each is a candidate of its own."""

Precision = Literal["float", "int8"]

MAJORITY = "majority"
"""The baseline that always says the most frequent label."""

TEXT_BASELINE = "tfidf:4096"
"""The simplest student of a text: words counted, and a linear model on them."""

_TARGETS: tuple[Targets, ...] = ("soft", "hard", "gold")
_FORMS: tuple[Written, ...] = ("onnx", "int8")
_SPEC = re.compile(r"(?:(?P<kind>[a-z][a-z-]*)(?::|$))?(?P<sizes>[1-9][0-9]*(?:x[1-9][0-9]*)*)?")


class Form(NamedTuple):
    """How a family writes a spec.

    Parameters
    ----------
    kind
        Word before the numbers; empty for bare numbers.
    sizes
        What the numbers are.
    example
        Such a spec.
    optional
        How many of the last numbers may be left out.
    """

    kind: str
    sizes: tuple[str, ...]
    example: str
    optional: int = 0


FORMS: Mapping[str, tuple[Form, ...]] = {
    "boosted-trees": (Form("", ("trees", "leaves"), "60x16"),),
    "tree": (Form("", ("leaves",), "64"),),
    "linear": (Form("linear", (), "linear"),),
    "text-linear": (
        Form("tfidf", ("features",), "tfidf:16384"),
        Form("hash", ("features", "width"), "hash:16384x16", optional=1),
    ),
    "encoder": (
        Form("layers", ("layers",), "layers:2"),
        Form("width", ("width", "layers"), "width:64x2", optional=1),
    ),
    MAJORITY: (Form(MAJORITY, (), MAJORITY),),
}
"""Specs of each family. A width of hashed text is that of a vector for each feature; without it
the features are what a linear model reads."""

FREE_FAMILIES = ("command", "checkpoints", "table")
"""Families whose rungs are names: what they mean is up to the command, or to whoever made them."""

_SIMPLEST = {"boosted-trees": "linear", "tree": "linear", "encoder": TEXT_BASELINE}
"""Simplest student that learns from the same columns, by family; `linear` ones are it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungSpec:
    """One rung, read.

    Parameters
    ----------
    id
        As it is written.
    family
        Trainer that makes it.
    kind
        Kind of the spec; empty for bare numbers, and for families whose rungs are names.
    sizes
        Numbers of the spec by what they are: trees and leaves.
    targets
        What it learns from.
    written
        Form of the student.
    baseline
        Whether it was added to compare with, and not declared.
    """

    id: str
    family: str
    kind: str = ""
    sizes: tuple[tuple[str, int], ...] = ()
    targets: Targets = "soft"
    written: Written = "trained"
    baseline: bool = False

    @property
    def precision(self) -> Precision:
        """Whether its weights are rounded."""
        return "int8" if self.written == "int8" else "float"

    @property
    def size(self) -> int:
        """Product of the numbers: larger is larger among rungs of one kind; 0 without numbers."""
        return prod(number for _, number in self.sizes) if self.sizes else 0

    @property
    def comparable(self) -> tuple[object, ...]:
        """What two rungs must have in common for the larger size to be the larger student."""
        named = tuple(name for name, _ in self.sizes)
        return (self.family, self.kind, named, self.written)

    @property
    def trained_as(self) -> str:
        """Id of the rung that is trained for it: its own without the form it is written in."""
        return self.id.replace(f"@{self.written}", "")

    def of_gold(self) -> "RungSpec":
        """Make the rung of the same size that learns from labels of people, to compare with.

        Examples
        --------
        >>> read_rung("60x16@hard", "boosted-trees").of_gold().id
        '60x16@gold'
        """
        spec = self.id.partition("@")[0]
        form = "" if self.written == "trained" else f"@{self.written}"
        return replace(self, id=f"{spec}{form}@gold", targets="gold", baseline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """All rungs in the order they are tested in.

    Parameters
    ----------
    declared
        Those of the project file, large to small.
    baselines
        Simplest student and majority, where they are not declared: last, as the smallest.
    """

    declared: tuple[RungSpec, ...]
    baselines: tuple[RungSpec, ...]

    @property
    def rungs(self) -> tuple[RungSpec, ...]:
        """Declared rungs, then baselines."""
        return (*self.declared, *self.baselines)

    def rung(self, id_: str) -> RungSpec:
        """Rung by its id.

        Raises
        ------
        UsageError
            When the ladder has none of that id.
        """
        known = {rung.id: rung for rung in self.rungs}
        if id_ not in known:
            close = get_close_matches(id_, known, n=1)
            meant = f"Did you mean {close[0]!r}? " if close else ""
            raise UsageError(
                f"the ladder has no rung {id_!r}", hint=f"{meant}Rungs: {', '.join(known)}."
            )
        return known[id_]


def read_ladder(
    rungs: Sequence[str],
    family: str,
    *,
    targets: Targets = "soft",
    free: Collection[str] = FREE_FAMILIES,
) -> Ladder:
    """Read the rungs of a project file, and add the baselines that always stand beside them.

    Parameters
    ----------
    rungs
        Ids in their order, large to small.
    family
        Family of the ladder.
    targets
        What a rung learns from whose id does not say.
    free
        Families whose rungs are names.

    Raises
    ------
    UsageError
        When a rung cannot be read, is named twice, or follows a smaller one of its kind.

    Examples
    --------
    >>> ladder = read_ladder(["200x16", "60x16", "30x16@hard"], "boosted-trees")
    >>> [rung.id for rung in ladder.rungs]
    ['200x16', '60x16', '30x16@hard', 'linear', 'majority']
    >>> ladder.rung("60x16").sizes
    (('trees', 60), ('leaves', 16))
    """
    declared = tuple(read_rung(id_, family, targets=targets, free=free) for id_ in rungs)
    if not declared:
        raise UsageError("the ladder has no rung", hint="Name sizes under [ladder] rungs.")
    _require_different(declared)
    _require_falling(declared)
    simplest = _SIMPLEST.get(family)
    wanted = (*((simplest,) if simplest else ()), MAJORITY)
    named = {rung.id for rung in declared}
    baselines = (_baseline(id_) for id_ in wanted if id_ not in named)
    return Ladder(declared=declared, baselines=tuple(baselines))


def read_rung(
    id_: str,
    family: str,
    *,
    targets: Targets = "soft",
    free: Collection[str] = FREE_FAMILIES,
) -> RungSpec:
    """Read one rung; as for `read_ladder`.

    Raises
    ------
    UsageError
        When the family is unknown, or the rung cannot be read as one of it.

    Examples
    --------
    >>> read_rung("layers:2@int8", "encoder").precision
    'int8'
    >>> read_rung("majority", "encoder").family
    'majority'
    """
    spec, *suffixes = id_.split("@")
    learns, written = _suffixes(id_, suffixes, targets)
    read = RungSpec(id=id_, family=family, targets=learns, written=written)
    if family in free:
        if not spec.strip():
            raise UsageError(f"the rung {id_!r} has no name", hint="Name it before the @.")
        return read
    if family not in FORMS or family == MAJORITY:
        families = [*(name for name in FORMS if name != MAJORITY), *free]
        close = get_close_matches(family, families, n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"there is no family {family!r} of students",
            hint=f"{meant}Families: {', '.join(families)}.",
        )
    if spec in {MAJORITY, "linear"}:
        return replace(read, family=spec, kind=spec)
    match = _SPEC.fullmatch(spec)
    kind = (match["kind"] or "") if match else ""
    numbers = [int(size) for size in (match["sizes"] or "").split("x") if size] if match else []
    form = next((f for f in FORMS[family] if f.kind == kind and _fits(f, numbers)), None)
    if match is None or form is None:
        examples = ", ".join(form.example for form in FORMS[family])
        raise UsageError(
            f"the rung {id_!r} is no size of the family {family}",
            hint=f"Write for example {examples}; with @hard or @int8 behind it.",
        )
    sizes = tuple(zip(form.sizes, numbers, strict=False))
    return replace(read, kind=kind, sizes=sizes)


def _fits(form: Form, numbers: Sequence[int]) -> bool:
    most = len(form.sizes)
    return most - form.optional <= len(numbers) <= most


def _suffixes(id_: str, suffixes: Sequence[str], targets: Targets) -> tuple[Targets, Written]:
    learns: list[Targets] = [target for target in _TARGETS if target in suffixes]
    forms: list[Written] = [form for form in _FORMS if form in suffixes]
    if len(learns) + len(forms) < len(suffixes) or len(learns) > 1 or len(forms) > 1:
        raise UsageError(
            f"the rung {id_!r} ends in {'@'.join(['', *suffixes])}",
            hint="Behind a size may stand one of @soft, @hard and @gold, and one of @onnx and "
            "@int8; an @int8 student is written as ONNX anyway.",
        )
    return (learns or [targets])[0], forms[0] if forms else "trained"


def _baseline(id_: str) -> RungSpec:
    family = "text-linear" if id_ == TEXT_BASELINE else "linear"
    return replace(read_rung(id_, family), baseline=True)


def _require_different(rungs: Sequence[RungSpec]) -> None:
    ids = [rung.id for rung in rungs]
    twice = next((id_ for id_ in ids if ids.count(id_) > 1), None)
    if twice is not None:
        raise UsageError(f"the rung {twice!r} is named twice", hint="Name each size once.")


def _require_falling(rungs: Sequence[RungSpec]) -> None:
    """Refuse a rung that follows a smaller one: the last that holds would not be the smallest."""
    for before, after in combinations(rungs, 2):
        if before.comparable == after.comparable and before.size < after.size:
            raise UsageError(
                f"the rung {after.id!r} is larger than {before.id!r}, and stands behind it",
                hint="Order the rungs from large to small: they are tested in that order, and the "
                "last that holds is chosen.",
            )
