"""The order in which sizes are tested is declared before anything is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from distilproof.distil.ladder import read_ladder, read_rung
from distilproof.distil.ladder_settings import LadderSettings
from distilproof.errors import UsageError
from distilproof.gate.policy import Bars, Policy
from distilproof.workflows.look_files import read_looks
from distilproof.workflows.options import Settings, settings
from distilproof.workflows.project import Project
from distilproof.workflows.sweep_order import DeclaredOrder, declared_order
from distilproof.workflows.sweep_plan import PlannedRung
from ladder_project import QUICK, SECTIONS

Ladder = Callable[..., Project]

SAID = LadderSettings(family="tree", rungs=("32", "12", "3"))
ASKED = settings(label="y", teacher="t", student="s", slices=["region"])
FALLBACK: dict[str, Any] = {"procedure": "fallback"}


def planned(rungs: Sequence[str] = SAID.rungs, compare: Sequence[str] = ()) -> list[PlannedRung]:
    ladder = read_ladder(rungs, "tree").rungs
    found = [PlannedRung(spec=one, part="baseline" if one.baseline else "rung") for one in ladder]
    compared = (read_rung(name, "tree") for name in compare)
    return [*found, *(PlannedRung(spec=one, part="compared") for one in compared)]


def order(said: LadderSettings = SAID, asked: Settings = ASKED) -> DeclaredOrder:
    return declared_order(said, asked, planned(said.rungs, said.compare))


class TestOrder:
    def test_it_is_that_of_the_ladder_with_baselines_last_and_nothing_to_compare(self) -> None:
        found = order(replace(SAID, compare=("60",)))
        assert found.names == ("32", "12", "3", "linear", "majority")
        assert found.order.procedure == "fixed_sequence"
        assert found.order.alpha == 0.05
        assert found.order.shares is None

    @pytest.mark.parametrize(
        "said",
        [
            replace(SAID, rungs=("32", "12")),
            replace(SAID, compare=("60",)),
            replace(SAID, **FALLBACK),
        ],
    )
    def test_what_is_declared_otherwise_is_another_order(self, said: LadderSettings) -> None:
        assert order(said).digest != order().digest
        assert order().digest == order().digest

    def test_what_is_asked_otherwise_is_another_order(self) -> None:
        bars = Policy(bars=Bars(accuracy_floor=0.5))
        sliced = settings(label="y", teacher="t", student="s", slices=["region", "tier"])
        digests = {order(asked=one).digest for one in (ASKED, replace(ASKED, policy=bars), sliced)}
        assert len(digests) == 3

    def test_names_that_are_only_shown_change_nothing(self) -> None:
        assert order(asked=replace(ASKED, student_name="other")).digest == order().digest


class TestShares:
    def test_each_size_may_have_its_own_and_baselines_are_left_out_without(self) -> None:
        shares = (("32", 0.2), ("12", 0.3), ("3", 0.5))
        found = order(replace(SAID, shares=shares, **FALLBACK))
        assert found.names == ("32", "12", "3")
        assert found.order.shares == dict(shares)

    def test_a_baseline_may_have_one(self) -> None:
        shares = (("32", 0.2), ("12", 0.3), ("3", 0.4), ("majority", 0.1))
        found = order(replace(SAID, shares=shares, **FALLBACK))
        assert found.names == ("32", "12", "3", "majority")

    def test_they_are_of_the_fallback_alone(self) -> None:
        with pytest.raises(UsageError, match="shares are of the fallback procedure alone"):
            order(replace(SAID, shares=(("32", 1.0),)))

    @pytest.mark.parametrize(
        "shares",
        [
            (("32", 0.5), ("12", 0.5)),
            (("32", 0.5), ("12", 0.3), ("3", 0.3)),
            (("32", 0.5), ("12", 0.2), ("3", 0.2), ("60", 0.1)),
        ],
    )
    def test_those_that_do_not_fit_are_refused(self, shares: tuple[tuple[str, float], ...]) -> None:
        with pytest.raises(UsageError, match=r"\[ladder\] shares are of 32") as refused:
            order(replace(SAID, shares=shares, **FALLBACK))
        assert refused.value.hint == "Give each of 32, 12, 3 a share; together they are 1."


class TestSwept:
    def test_a_share_of_the_level_and_what_is_handed_on_is_what_a_size_is_tested_at(
        self, again: Ladder
    ) -> None:
        lines = SECTIONS["ladder"] + (
            '\nprocedure = "fallback"\nshares = { "32" = 0.5, "12" = 0.3, "3" = 0.2 }'
        )
        project = again(ladder=lines)
        found = project.sweep(QUICK)
        levels = {rung.name: rung.level for rung in found.sweep.certificate.rungs}
        assert levels == pytest.approx({"32": 0.025, "12": 0.04, "3": 0.0})
        assert found.sweep.certificate.procedure == "fallback"
        rung = found.sweep.rung("32")
        assert rung is not None
        assert {one.confidence for one in rung.estimates} == {0.975}
        assert found.chosen == "12"
        assert found.sweep.rung("linear") is not None
        declared = {look.declared for look in read_looks(project.folder)}
        assert found.sweep.declared in declared

    def test_shares_that_do_not_fit_are_refused_before_anything_is_trained(
        self, ladder: Ladder
    ) -> None:
        lines = SECTIONS["ladder"] + '\nprocedure = "fallback"\nshares = { "32" = 1.0 }'
        project = ladder(ladder=lines)
        with pytest.raises(UsageError, match="shares are of 32, and sum to 1"):
            project.sweep(QUICK)
        assert not (project.folder / ".distilproof/rungs").exists()
