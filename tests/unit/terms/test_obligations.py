"""Whether each kind of obligation is met, by the use or by a document."""

from typing import get_args

import pytest

from distilproof.domain.clearance import Obligation, ObligationKind, Use
from distilproof.domain.finding import Status
from distilproof.terms.obligations import standing


def owed(kind: ObligationKind, value: str = "") -> Obligation:
    return Obligation(terms="acme", kind=kind, value=value, text="It is so.")


@pytest.mark.parametrize(
    ("student", "status"),
    [
        ("Llama-screen", Status.PASS),
        ("Llama", Status.PASS),
        ("screen-Llama", Status.FAIL),
        ("llama-screen", Status.FAIL),
        ("Lama", Status.FAIL),
    ],
)
def test_name(student: str, status: Status) -> None:
    found, said = standing(owed("name_prefix", "Llama"), Use(student=student), None)
    assert found == status
    assert student in said


@pytest.mark.parametrize(
    ("kind", "key"),
    [("user_limit", "monthly_users"), ("revenue_limit", "monthly_revenue_usd")],
)
@pytest.mark.parametrize(
    ("said", "status"), [(None, Status.MISSING), (100, Status.PASS), (101, Status.FAIL)]
)
def test_limits(kind: ObligationKind, key: str, said: int | None, status: Status) -> None:
    found, words = standing(owed(kind, "100"), Use(student="s", **{key: said}), None)
    assert found == status
    assert f"use.{key}" in words


@pytest.mark.parametrize(
    ("territory", "status"),
    [((), Status.MISSING), (("US",), Status.PASS), (("US", "DE"), Status.FAIL)],
)
def test_territory(territory: tuple[str, ...], status: Status) -> None:
    found, _ = standing(owed("territory_limit", "DE FR"), Use(student="s", territory=territory), "")
    assert found == status


@pytest.mark.parametrize(
    "kind",
    sorted(
        set(get_args(ObligationKind))
        - {"name_prefix", "user_limit", "revenue_limit", "territory_limit"}
    ),
)
def test_documents(kind: ObligationKind) -> None:
    use = Use(student="s")
    assert standing(owed(kind), use, None)[0] == Status.MISSING
    assert standing(owed(kind), use, " \n")[0] == Status.FAIL
    assert standing(owed(kind), use, "There.")[0] == Status.PASS
    exact = owed(kind, "Built with Qwen | Improved using Qwen")
    assert standing(exact, use, "Built with love")[0] == Status.FAIL
    assert standing(exact, use, "It is **built\nwith Qwen**.")[0] == Status.PASS
    assert standing(exact, use, "Improved using Qwen")[0] == Status.PASS


def test_a_missing_document_says_what_is_owed() -> None:
    _, said = standing(owed("notice"), Use(student="s"), None)
    assert said == "no document is named for acme.notice: It is so."
