"""What may still be spent on answers: reserved before a request is sent, settled after it."""

from math import ceil

from distilproof.errors import BudgetError
from distilproof.teachers.teacher import Cost

_BILLIONTHS = 1_000_000_000
"""Parts of a US dollar that are counted: whole numbers add up exactly, in whatever order."""


class Budget:
    """Money and requests that may be spent, by all rows, retries and votes together.

    What a request takes at most is reserved before it is sent, so that requests in flight cannot
    together exceed what is allowed.

    Parameters
    ----------
    max_usd
        US dollars, at least 0; `None` for no limit.
    max_requests
        Requests, at least 0; `None` for no limit.

    Examples
    --------
    >>> budget = Budget(max_requests=2)
    >>> budget.reserve(Cost(requests=2)), budget.reserve(Cost(requests=1))
    (True, False)
    >>> budget.settle(Cost(requests=2), Cost(requests=1))
    >>> budget.reserve(Cost(requests=1)), budget.spent
    (True, Cost(requests=1, usd=0.0))
    """

    def __init__(self, *, max_usd: float | None = None, max_requests: int | None = None) -> None:
        self.max_usd = max_usd
        self.max_requests = max_requests
        self._elsewhere = _Sum()
        self._spent = _Sum()
        self._reserved = _Sum()

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.max_usd is not None or self.max_requests is not None

    @property
    def spent(self) -> Cost:
        """What was settled here."""
        return self._spent.cost

    @property
    def elsewhere(self) -> Cost:
        """What earlier runs and other processes took of the same budget."""
        return self._elsewhere.cost

    @property
    def reserved(self) -> Cost:
        """What is reserved now, for what is in flight."""
        return self._reserved.cost

    @property
    def in_flight(self) -> bool:
        """Whether something is reserved, which may turn out to take less."""
        return self._reserved.held > 0

    def take_elsewhere(self, cost: Cost) -> None:
        """Say what earlier runs and other processes took or reserve, in all."""
        self._elsewhere = _Sum()
        self._elsewhere.add(cost)

    def reserve(self, cost: Cost) -> bool:
        """Set a cost aside if all of it is still allowed; say whether it was."""
        asked = (self._elsewhere, self._spent, self._reserved)
        usd = sum(one.billionths for one in asked) + _billionths(cost.usd)
        requests = sum(one.requests for one in asked) + cost.requests
        if self.max_usd is not None and cost.usd > 0 and usd > _billionths(self.max_usd):
            return False
        if self.max_requests is not None and cost.requests and requests > self.max_requests:
            return False
        self._reserved.add(cost)
        return True

    def settle(self, reserved: Cost, paid: Cost) -> None:
        """Put what was taken in the place of what was reserved."""
        self._reserved.remove(reserved)
        self._spent.add(paid)

    def refuse(self, cost: Cost) -> BudgetError:
        """Error that says what is spent, and what a further request would take."""
        taken = [self._elsewhere, self._spent]
        limits: list[str] = []
        if self.max_usd is not None:
            usd = sum(one.billionths for one in taken) / _BILLIONTHS
            limits.append(
                f"{usd:.4f} of {self.max_usd:g} US dollars are spent and the next request may take "
                f"{cost.usd:.4f}"
            )
        if self.max_requests is not None:
            requests = sum(one.requests for one in taken)
            limits.append(f"{requests} of {self.max_requests} requests are sent")
        return BudgetError(
            f"the budget is used up: {'; '.join(limits)}",
            hint="Answers so far are kept. Allow more with --max-usd or --max-requests, or under "
            "[labelling], and run again: both count all runs on the same cache.",
        )


class _Sum:
    """Costs added up: exact, and how many they are."""

    def __init__(self) -> None:
        self.requests = 0
        self.billionths = 0
        self.held = 0

    def add(self, cost: Cost) -> None:
        self.requests += cost.requests
        self.billionths += _billionths(cost.usd)
        self.held += 1

    def remove(self, cost: Cost) -> None:
        self.requests -= cost.requests
        self.billionths -= _billionths(cost.usd)
        self.held -= 1

    @property
    def cost(self) -> Cost:
        return Cost(requests=self.requests, usd=self.billionths / _BILLIONTHS)


def _billionths(usd: float) -> int:
    # Rounded up, but not for the last digit of a float: 0.1 is 100,000,000 of them.
    return ceil(round(usd * _BILLIONTHS, 3))
