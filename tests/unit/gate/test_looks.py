"""Earlier looks at the same rows are said in the decision, and bind nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding, Status
from distilproof.domain.look import Look
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.records import NO_RECORDS

Perfect = Callable[[Policy], Assessment]

FIRST = datetime(2026, 5, 1, 9, tzinfo=UTC)


def decided(perfect: Perfect, looks: int, *, share: float = 1.0) -> Decision:
    bars = Bars(accuracy_floor=0.5, accuracy_margin=0.1, introduced_error_cap=0.2)
    taken = tuple(
        Look(data="d", candidate=f"{at}" * 64, name=f"size-{at}", at=FIRST + timedelta(days=at))
        for at in range(looks)
    )
    assessment = perfect(Policy(bars=bars))
    return decide(replace(assessment, records=replace(NO_RECORDS, looks=taken, looked_share=share)))


def of_looks(decision: Decision) -> list[Finding]:
    return [finding for finding in decision.findings if finding.code == "G3-looks"]


def test_a_first_look_is_not_talked_about(perfect: Perfect) -> None:
    assert of_looks(decided(perfect, 0)) == []


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        (1, "once before for other candidates, size-0 (00000000) on 2026-05-01: "),
        (
            5,
            "5 times before for other candidates, lately size-2 (22222222) on 2026-05-03, size-3 ",
        ),
    ],
)
def test_earlier_looks_warn(perfect: Perfect, looks: int, said: str) -> None:
    (warned,) = of_looks(decided(perfect, looks))
    assert warned.message.startswith(f"the same rows were looked at {said}")
    assert (warned.status, warned.binding, warned.check) == (Status.STALE, False, "G3")


def test_of_rows_that_were_seen_in_part_the_share_is_said(perfect: Perfect) -> None:
    (warned,) = of_looks(decided(perfect, 1, share=0.974))
    assert warned.message.startswith("about 97% of the same rows were looked at once before for ")


def test_they_bind_nobody(perfect: Perfect) -> None:
    fresh, stale = decided(perfect, 0), decided(perfect, 3)
    assert stale.check("G3") is fresh.check("G3") is Status.PASS
    assert (stale.status, stale.failures) == (fresh.status, fresh.failures)
    new = {finding.code for finding in stale.warnings} - {f.code for f in fresh.warnings}
    assert new == {"G3-looks"}
