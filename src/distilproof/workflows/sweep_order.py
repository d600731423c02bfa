"""Says how the sizes of a ladder are tested, before anything is looked at."""

from collections.abc import Sequence
from typing import NamedTuple

from distilproof.canonical import digest, plain
from distilproof.distil.ladder_settings import LadderSettings
from distilproof.distil.looks import order_digest
from distilproof.distil.select import Order
from distilproof.domain.sweep import Sweep
from distilproof.errors import UsageError
from distilproof.workflows.options import Settings
from distilproof.workflows.sweep_plan import PlannedRung

_WHOLE = 1e-9


class DeclaredOrder(NamedTuple):
    """How sizes are tested, which in which order, and the digest of both with what is asked."""

    order: Order
    names: tuple[str, ...]
    digest: str


def declared_order(
    said: LadderSettings, settings: Settings, planned: Sequence[PlannedRung]
) -> DeclaredOrder:
    """Order that a project declares before anything is looked at.

    Raises
    ------
    UsageError
        When shares of the level do not fit the procedure or the sizes.
    """
    names = [one.spec.id for one in planned if one.part in {"rung", "baseline"}]
    shares = dict(said.shares)
    if shares:
        if said.procedure != "fallback":
            raise UsageError(
                "[ladder] shares are of the fallback procedure alone",
                hint='Write procedure = "fallback", or take the shares out.',
            )
        declared = [one.spec.id for one in planned if one.part == "rung"]
        total = sum(shares.values())
        if {*shares} - {*names} or {*declared} - {*shares} or abs(total - 1) > _WHOLE:
            raise UsageError(
                f"[ladder] shares are of {', '.join(shares)}, and sum to {total:g}",
                hint=f"Give each of {', '.join(declared)} a share; together they are 1.",
            )
        names = [name for name in names if name in shares]
    order = Order(
        alpha=round(1 - settings.policy.confidence, 12),
        procedure=said.procedure,
        shares=shares or None,
    )
    return DeclaredOrder(order, tuple(names), _digest(names, order, said, settings))


def is_declared(sweep: Sweep, said: LadderSettings, settings: Settings) -> bool:
    """Whether a project declares the sizes of a sweep as they were tested, by the same bars."""
    certificate = sweep.certificate
    order = Order(
        alpha=certificate.alpha,
        procedure=certificate.procedure,
        shares=dict(said.shares) or None,
    )
    names = [rung.name for rung in certificate.rungs]
    return _digest(names, order, said, settings) == sweep.declared


def _digest(names: Sequence[str], order: Order, said: LadderSettings, settings: Settings) -> str:
    asked = {
        "policy": settings.policy.digest,
        "slicing": settings.slicing,
        "layout": settings.layout,
        "compare": said.compare,
    }
    return order_digest(names, order, asked=digest(plain(asked)))
