"""Bars overlay and tighten each other, and become requirements on slices."""

from itertools import product

import pytest

from distilproof.domain.requirement import Requirement
from distilproof.domain.slices import OVERALL, Slice
from distilproof.gate.policy import BAR_NAMES, Bars, Policy, requirements

HIGHER_IS_STRICTER = {"accuracy_floor", "threshold_precision"}
ESPANOL = Slice(column="lang", value="es", critical=True)
DEUTSCH = Slice(column="lang", value="de")


def asked(policy: Policy, *slices: Slice) -> tuple[Requirement, ...]:
    return requirements(policy, slices, label="y", gaps=lambda _: ())


def bars_with(name: str, value: float | None) -> Bars:
    return Bars(**{name: value})


@pytest.mark.parametrize("name", BAR_NAMES)
@pytest.mark.parametrize(("own", "policy"), [*product((None, 0.2, 0.7), repeat=2)])
def test_the_stricter_of_two_bars_is_asked_for(
    name: str, own: float | None, policy: float | None
) -> None:
    both = {own, policy} - {None}
    strict = max if name in HIGHER_IS_STRICTER else min
    found = getattr(bars_with(name, own).strictest(bars_with(name, policy)), name)
    assert found == (strict(bar for bar in both if bar is not None) if both else None)


@pytest.mark.parametrize("name", BAR_NAMES)
def test_no_bar_of_a_project_is_laxer_than_the_policy(name: str) -> None:
    lax, strict = (0.1, 0.9) if name in HIGHER_IS_STRICTER else (0.9, 0.1)
    policy = Policy(
        bars=bars_with(name, lax),
        by_slice=(("lang=es", bars_with(name, lax)),),
        at_least_as_strict=bars_with(name, strict),
    )
    for slice_name in ("overall", "lang=es", "lang=de"):
        assert getattr(policy.bars_of(slice_name), name) == strict


def test_a_policy_of_one_slice_leaves_the_others() -> None:
    policy = Policy(
        bars=Bars(accuracy_floor=0.5),
        by_slice=(("lang=es", Bars(accuracy_floor=0.3)),),
        strict_by_slice=(("lang=es", Bars(accuracy_floor=0.4, calibration_cap=0.1)),),
    )
    assert policy.bars_of("lang=es") == Bars(accuracy_floor=0.4, calibration_cap=0.1)
    assert policy.bars_of("lang=de") == Bars(accuracy_floor=0.5)


def test_without_bars_nothing_is_asked() -> None:
    assert asked(Policy(), OVERALL, ESPANOL) == ()


def test_bars_are_asked_of_all_slices_and_bind_the_critical_ones() -> None:
    found = asked(Policy(bars=Bars(accuracy_floor=0.9)), OVERALL, ESPANOL, DEUTSCH)
    assert {(r.slice, r.binding) for r in found} == {
        ("overall", True),
        ("lang=es", True),
        ("lang=de", False),
    }
    assert {(r.at_least, r.at_most) for r in found} == {(0.9, None)}


def test_a_margin_is_a_floor_under_the_difference() -> None:
    (margin,) = asked(Policy(bars=Bars(accuracy_margin=0.03)), OVERALL)
    assert (margin.metric, margin.at_least, margin.at_most) == ("accuracy_difference", -0.03, None)


def test_every_bar_asks_for_something_of_a_protected_slice() -> None:
    sex = Slice(column="sex", value="f", critical=True, protected=True)
    for name in BAR_NAMES:
        found = requirements(
            Policy(bars=bars_with(name, 0.1)),
            [sex],
            label="y",
            gaps=lambda _: ("gap_growth[accuracy]",),
        )
        assert found, name


def test_digest_tells_policies_apart_and_not_their_spelling() -> None:
    one = Policy(bars=Bars(accuracy_floor=0.9), by_slice=(("a=1", Bars(calibration_cap=0.1)),))
    same = Policy(by_slice=(("a=1", Bars(calibration_cap=0.1)),), bars=Bars(accuracy_floor=0.9))
    other = Policy(bars=one.bars, strict_by_slice=one.by_slice)
    assert one.digest == same.digest
    assert one.digest != other.digest
