"""What a project says of its ladder: which sizes, how they are trained, and how they are tested."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from distilproof.canonical import Json
from distilproof.distil.ladder import Targets
from distilproof.domain.certificate import Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderSettings:
    """A ladder as it is declared.

    Parameters
    ----------
    family
        Kind of model, by which a trainer is found.
    rungs
        Sizes, large to small: the order in which they are tested.
    compare
        Sizes to set beside them, which are never chosen.
    targets
        What a rung learns from whose name does not say.
    inputs
        Columns that students read; those of the teacher when empty.
    options
        What the trainer is told besides.
    seed
        Of everything that is left to chance, 0 or more.
    threads
        How many work on one student, 1 or more.
    procedure
        How the level goes from one rung to the next.
    shares
        Of the fallback procedure alone: share of the level by rung; the same for all when empty.
    """

    family: str
    rungs: tuple[str, ...]
    compare: tuple[str, ...] = ()
    targets: Targets = "soft"
    inputs: tuple[str, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict[str, Json])
    seed: int = 0
    threads: int = 1
    procedure: Procedure = "fixed_sequence"
    shares: tuple[tuple[str, float], ...] = ()
