"""What became of a size in its sweep is said in the decision; its own bars bind."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from distilproof.domain.certificate import Certificate, Outcome, Rung
from distilproof.domain.finding import Finding, Status
from distilproof.domain.size import SizeOnRecord
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.records import NO_RECORDS

Perfect = Callable[[Policy], Assessment]


def certificate(*outcomes: Outcome) -> Certificate:
    rungs = tuple(Rung(name=f"size-{at}", outcome=one) for at, one in enumerate(outcomes))
    return Certificate(procedure="fixed_sequence", alpha=0.05, rungs=rungs, certified_on="d")


CHOSEN = certificate("passed", "passed", "not_passed", "not_looked_at")


def of_size(perfect: Perfect, name: str | None, found: Certificate = CHOSEN) -> list[Finding]:
    size = None if name is None else SizeOnRecord(name=name, certificate=found)
    assessment = perfect(Policy(bars=Bars(accuracy_floor=0.5)))
    decision = decide(replace(assessment, records=replace(NO_RECORDS, size=size)))
    return [finding for finding in decision.findings if finding.code == "G3-size"]


def test_a_table_of_no_sweep_is_not_asked(perfect: Perfect) -> None:
    assert of_size(perfect, None) == []


def test_the_chosen_size_passes(perfect: Perfect) -> None:
    (found,) = of_size(perfect, "size-1")
    assert (found.status, found.check) == (Status.PASS, "G3")
    assert found.message == (
        "size-1 is the smallest size that is shown to hold of 4, tested from large to small at "
        "level 0.05"
    )


def test_a_larger_size_that_holds_passes_and_the_smaller_one_is_named(perfect: Perfect) -> None:
    (found,) = of_size(perfect, "size-0")
    assert (found.status, "so is size-1, which is smaller" in found.message) == (Status.PASS, True)


@pytest.mark.parametrize("name", ["size-2", "size-3", "compared@hard"])
def test_a_size_that_was_not_certified_warns_and_binds_nobody(perfect: Perfect, name: str) -> None:
    (found,) = of_size(perfect, name)
    assert (found.status, found.binding) == (Status.INSUFFICIENT, False)
    assert f"{name} is not certified by the sweep" in found.message
    assert "size-1 was chosen" in found.message


def test_a_sweep_that_no_longer_answers_what_is_asked_warns(perfect: Perfect) -> None:
    size = SizeOnRecord(name="size-1", certificate=CHOSEN, changed=("the bars", "the rows"))
    assessment = perfect(Policy(bars=Bars(accuracy_floor=0.5)))
    decision = decide(replace(assessment, records=replace(NO_RECORDS, size=size)))
    (found,) = (one for one in decision.findings if one.code == "G3-size")
    assert (found.status, found.binding) == (Status.STALE, False)
    assert found.message.startswith("since size-1 was swept the project changed the bars and the ")


def test_where_no_size_was_chosen_that_is_said(perfect: Perfect) -> None:
    (found,) = of_size(perfect, "size-0", certificate("not_passed", "not_looked_at"))
    assert "none was chosen" in found.message
