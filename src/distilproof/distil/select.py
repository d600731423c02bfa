"""Finds the smallest size that holds: rung by rung in the order declared, and says what broke."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from distilproof.domain.certificate import Certificate, Procedure, Rung
from distilproof.domain.decision import worst
from distilproof.domain.finding import EXIT_CODES, Finding, Status
from distilproof.stats.selection import Passes, Step, even_shares, fallback, fixed_sequence

Findings = Sequence[Finding]

Look = Callable[[str, float], Findings]
"""Name of a rung and level in, what its bars come to on the rows to certify on out, each bound at
confidence 1 - level. It is called once for each rung that is reached, in order: rows are looked at
for no other."""

HOPELESS = "hopeless on the rows to select on"

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How rungs are tested, declared before anything was looked at.

    Parameters
    ----------
    alpha
        Bound on the chance that the chosen size breaks a requirement, in (0, 0.5].
    procedure
        `fixed_sequence`, or `fallback` where quality is known not to fall with the order.
    shares
        Of the fallback alone: share of `alpha` of each rung by name; the same for all when `None`.
    """

    alpha: float = 0.05
    procedure: Procedure = "fixed_sequence"
    shares: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A rung before anything was looked at.

    Parameters
    ----------
    name
        As the project file calls it.
    failed
        Why there is no student of that size, in a line: out of memory; empty where there is one.
    selected
        What its bars came to on the rows to select on; empty where nobody asked.
    """

    name: str
    failed: str = ""
    selected: tuple[Finding, ...] = ()

    @property
    def hopeless(self) -> tuple[Finding, ...]:
        """What is shown broken on the rows to select on: to certify it would waste a look."""
        return tuple(f for f in self.selected if f.binding and f.status in _BROKEN)

    @property
    def set_aside(self) -> Rung | None:
        """The rung, where it is given up before the rows to certify on are looked at."""
        if self.failed:
            return Rung(name=self.name, outcome="set_aside", reason=self.failed)
        if self.hopeless:
            shown = self.hopeless
            return Rung(name=self.name, outcome="set_aside", findings=shown, reason=HOPELESS)
        return None


_BROKEN = {Status.FAIL, Status.ERROR}


def certify(
    candidates: Sequence[Candidate], look: Look, order: Order, *, certified_on: str
) -> Certificate:
    """Test sizes from large to small, and choose the last that holds every requirement.

    A rung passes when every finding that binds holds: an intersection-union test, whose level is
    that of each of its bounds. One that nothing is asked of has shown nothing, and does not pass.
    What was set aside is left out: decided on other rows, it leaves the order as it was declared.

    Parameters
    ----------
    candidates
        In the order that was declared, large to small.
    look
        Judges a rung on the rows to certify on. All its findings that bind are asked for: leave
        out those of other checks.
    order
        How they are tested.
    certified_on
        Digest of the rows to certify on (`distil.looks.data_digest`).

    Raises
    ------
    ValueError
        When a finding rests on a bound of less confidence than its level asks for, or the rungs'
        names or shares do not fit.

    Examples
    --------
    >>> held = Finding(code="G3-accuracy-floor", status=Status.PASS, message="holds")
    >>> ladder = [Candidate(name="60x16"), Candidate(name="30x16")]
    >>> certify(ladder, lambda name, _: [held] * (name == "60x16"), Order(), certified_on="").chosen
    '60x16'
    """
    names = [candidate.name for candidate in candidates]
    if len({*names}) < len(names):
        raise ValueError(f"two rungs have one name: {names}")
    rungs = {candidate.name: candidate.set_aside for candidate in candidates}
    tried = [name for name, given_up in rungs.items() if given_up is None]
    found: dict[str, tuple[Finding, ...]] = {}

    def passes(position: int, level: float) -> bool:
        name = tried[position]
        found[name] = tuple(look(name, level))
        _require_level(found[name], level)
        return holds(found[name])

    steps = _tested(order, names, tried, passes)
    for name, (_, level, outcome) in zip(tried, steps, strict=True):
        rungs[name] = Rung(name=name, outcome=outcome, level=level, findings=found.get(name, ()))
    return Certificate(
        procedure=order.procedure,
        alpha=order.alpha,
        rungs=tuple(rung for rung in rungs.values() if rung is not None),
        certified_on=certified_on,
    )


def holds(findings: Findings) -> bool:
    """Whether a requirement binds and every one that does holds, or is waived.

    Examples
    --------
    >>> holds([])
    False
    """
    status = worst(findings)
    return status is not None and EXIT_CODES[status] == 0


def _require_level(findings: Findings, level: float) -> None:
    for finding in findings:
        estimate = finding.estimate
        if estimate is not None and estimate.confidence < 1 - level - _ROUNDING:
            raise ValueError(
                f"{estimate.metric} on {estimate.slice} has bounds at {estimate.confidence:g}, and "
                f"the level {level:g} asks for {1 - level:g}"
            )


def _tested(
    order: Order, names: Sequence[str], tried: Sequence[str], passes: Passes
) -> tuple[Step, ...]:
    shares = order.shares
    if order.procedure == "fallback":
        split = even_shares(len(tried)) if shares is None else _handed_on(shares, names, tried)
        return fallback(split, passes, alpha=order.alpha).steps
    if shares is not None:
        raise ValueError("a fixed sequence gives each rung the whole level: it has no shares")
    return fixed_sequence(len(tried), passes, alpha=order.alpha).steps


def _handed_on(
    shares: Mapping[str, float], names: Sequence[str], tried: Sequence[str]
) -> tuple[float, ...]:
    """Shares of the rungs that are tried; that of one set aside goes to the next that is not."""
    if {*shares} != {*names}:
        raise ValueError(f"shares are of {sorted(shares)}, and the rungs are {sorted(names)}")
    kept: list[float] = []
    waiting = 0.0
    for name in names:
        waiting += shares[name]
        if name in tried:
            kept.append(waiting)
            waiting = 0.0
    return tuple(kept)
