"""A code is looked up as people write it, and explained in the order of the checks."""

import re

import pytest

from distilproof.domain.slices import Slice
from distilproof.errors import UsageError
from distilproof.gate.decide import CHECKS
from distilproof.gate.explanations import EXPLANATIONS, Explanation, explain
from distilproof.gate.policy import BAR_NAMES, Bars, Policy, requirements

CODES = [one.code for one in EXPLANATIONS]


def test_codes_are_unique_and_stand_in_the_order_of_the_checks() -> None:
    checks = [code.partition("-")[0] for code in CODES]
    assert len(set(CODES)) == len(CODES)
    assert checks == sorted(checks)
    assert set(checks) == {check.code for check in CHECKS}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_found_in_any_case(code: str) -> None:
    assert explain(code.lower()).code == code
    assert explain(code.upper()).code == code


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("G3-acuracy-floor", "G3-accuracy-floor"),
        ("G4-calibration", "G4-calibration-cap"),
        ("g1-term", "G1-terms"),
        ("accuracy-floor", "G3-accuracy-floor"),
    ],
)
def test_a_near_miss_is_asked_back(wrong: str, right: str) -> None:
    with pytest.raises(UsageError) as refused:
        explain(wrong)
    assert repr(wrong) in refused.value.message
    assert f"Did you mean {right}" in refused.value.hint


def test_what_is_no_code_is_told_where_all_are() -> None:
    with pytest.raises(UsageError) as refused:
        explain("%")
    assert refused.value.hint == "distilproof explain lists them all."


@pytest.mark.parametrize("one", EXPLANATIONS, ids=CODES)
def test_an_explanation_is_in_whole_sentences(one: Explanation) -> None:
    for part in ("meaning", "computed", "source", "act"):
        assert getattr(one, part).endswith("."), part


@pytest.mark.parametrize("code", [code for code in CODES if code[1] in "34"])
def test_a_judged_check_names_its_literature(code: str) -> None:
    assert re.search(r"\((19|20)\d\d\)", explain(code).source)


def test_every_code_of_a_policy_is_explained() -> None:
    bars = Bars(**dict.fromkeys(BAR_NAMES, 0.1))
    sex = Slice(column="sex", value="f", critical=True, protected=True)
    found = requirements(Policy(bars=bars), [sex], label="y", gaps=lambda _: ("gap_growth[x]",))
    assert {requirement.code for requirement in found} <= set(CODES)
    assert len({requirement.code for requirement in found}) == 8
