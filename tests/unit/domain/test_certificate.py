"""A certificate says which size, which were looked at, and where it broke."""

import pytest

from distilproof.domain.certificate import Certificate, Rung, shortfall
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.requirement import Requirement


def finding(status: Status, *, binding: bool = True) -> Finding:
    return Finding(code="G3-accuracy-floor", status=status, message=str(status), binding=binding)


def rung(name: str, *statuses: Status, outcome: str = "not_passed") -> Rung:
    return Rung(name=name, outcome=outcome, level=0.05, findings=tuple(map(finding, statuses)))


def certificate(*rungs: Rung) -> Certificate:
    return Certificate(procedure="fixed_sequence", alpha=0.05, rungs=rungs, certified_on="0" * 64)


def test_the_last_that_passed_is_chosen() -> None:
    found = certificate(
        Rung(name="200x16", outcome="set_aside", reason="out of memory"),
        rung("100x16", Status.PASS, outcome="passed"),
        rung("60x16", Status.PASS, outcome="passed"),
        rung("30x16", Status.PASS, Status.INSUFFICIENT, Status.FAIL),
        Rung(name="20x8", outcome="not_looked_at"),
    )
    assert found.chosen == "60x16"
    assert (found.status, found.exit_code) == (Status.PASS, 0)
    assert found.looked_at == ("100x16", "60x16", "30x16")
    assert found.broke_at is not None
    assert found.broke_at.name == "30x16"
    assert [f.status for f in found.broke_at.breaks] == [Status.FAIL, Status.INSUFFICIENT]


@pytest.mark.parametrize(
    ("statuses", "status", "exit_code"),
    [
        ((Status.PASS, Status.FAIL), Status.FAIL, 1),
        ((Status.PASS, Status.INSUFFICIENT), Status.INSUFFICIENT, 3),
        ((Status.FAIL, Status.INSUFFICIENT), Status.FAIL, 1),
        ((Status.MISSING,), Status.MISSING, 3),
    ],
)
def test_where_the_largest_does_not_hold_it_says_why(
    statuses: tuple[Status, ...], status: Status, exit_code: int
) -> None:
    found = certificate(rung("200x16", *statuses), Rung(name="30x16", outcome="not_looked_at"))
    assert found.chosen is None
    assert (found.status, found.exit_code) == (status, exit_code)


def test_of_several_that_do_not_hold_the_nearest_counts() -> None:
    found = certificate(rung("200x16", Status.FAIL), rung("30x16", Status.INSUFFICIENT))
    assert found.status is Status.INSUFFICIENT


def test_one_without_a_student_might_have_held() -> None:
    failed = Rung(name="200x16", outcome="set_aside", reason="out of memory")
    found = certificate(failed, rung("majority", Status.FAIL, outcome="set_aside"))
    assert (found.status, found.exit_code) == (Status.MISSING, 3)
    assert certificate(failed, rung("30x16", Status.PASS, outcome="passed")).exit_code == 0


def test_a_warning_breaks_nothing() -> None:
    warned = Rung(name="a", outcome="passed", findings=(finding(Status.FAIL, binding=False),))
    assert warned.breaks == ()


def test_without_a_look_nothing_is_known() -> None:
    assert certificate().status is Status.MISSING
    given_up = certificate(Rung(name="a", outcome="set_aside", reason="hopeless"))
    assert (given_up.chosen, given_up.status, given_up.exit_code) == (None, Status.MISSING, 3)
    assert given_up.looked_at == ()
    assert given_up.broke_at is None


@pytest.mark.parametrize(
    ("low", "high", "limit", "short_by"), [(-0.2, 0.04, -0.05, 0.15), (-0.06, 0.3, 0.05, 0.25)]
)
def test_of_two_limits_the_one_that_is_missed_by_more_is_told(
    low: float, high: float, limit: float, short_by: float
) -> None:
    both = Requirement(code="", metric="in_the_large", slice="s", at_least=-0.05, at_most=0.05)
    seen = Estimate(
        metric="in_the_large",
        slice="s",
        value=0.0,
        low=low,
        high=high,
        n=100,
        n_eff=100.0,
        confidence=0.95,
        method="",
    )
    broken = Finding(
        code="", status=Status.INSUFFICIENT, message="", requirement=both, estimate=seen
    )
    missed = shortfall(broken)
    assert missed is not None
    assert (missed.limit, missed.bound) == (limit, low if limit < 0 else high)
    assert missed.short_by == pytest.approx(short_by)
    assert shortfall(finding(Status.MISSING)) is None
