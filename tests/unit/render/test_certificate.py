"""A certificate in words and in JSON: the size first, then what broke where, and by how much."""

import json
import re
from dataclasses import replace

import pytest

from distilproof.domain.certificate import Certificate, Rung
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.requirement import Requirement
from distilproof.render.certificate import MOST_BREAKS, certificate_dict, certificate_text

SLICE = "disability=yes & employed=yes"
SAID = (
    f"{SLICE}: accuracy difference -0.058, lower bound -0.070, must be >= -0.05, n 1,834, "
    "14,219 rows needed, short by 0.020"
)
PROMISE = (
    "2 of 4 sizes tested in the order declared, fixed sequence at level 0.05: a size that breaks "
    "a bar is chosen with a chance of at most 0.05"
)


def finding(status: Status, *, low: float = -0.0701, slice_name: str = SLICE) -> Finding:
    asked = Requirement(
        code="G3-accuracy-margin", metric="accuracy_difference", slice=slice_name, at_least=-0.05
    )
    estimate = Estimate(
        metric=asked.metric,
        slice=slice_name,
        value=low + 0.012,
        low=low,
        high=low + 0.024,
        n=1834,
        n_eff=1834.0,
        confidence=0.95,
        method="Tango score",
    )
    return Finding(
        code=asked.code,
        status=status,
        message="",
        requirement=asked,
        estimate=estimate,
        rows_needed=14_219 if status is Status.INSUFFICIENT else None,
    )


def certificate(*rungs: Rung, procedure: str = "fixed_sequence") -> Certificate:
    return Certificate(procedure=procedure, alpha=0.05, rungs=rungs, certified_on="d1g3st")


HOLDS = Rung(
    name="60x16", outcome="passed", level=0.05, findings=(finding(Status.PASS, low=-0.04),)
)
SHORT = Rung(
    name="30x16", outcome="not_passed", level=0.05, findings=(finding(Status.INSUFFICIENT),)
)
BROKEN = Rung(
    name="20x8", outcome="not_passed", level=0.05, findings=(finding(Status.FAIL, low=-0.139),)
)


def test_the_chosen_size_and_what_broke_after_it() -> None:
    found = certificate(
        Rung(name="200x16", outcome="set_aside", reason="out of memory"),
        HOLDS,
        SHORT,
        Rung(name="linear", outcome="not_looked_at"),
    )
    assert certificate_text(found, "employment-screen").splitlines() == [
        "PASS employment-screen: 60x16 is the smallest size that holds every critical slice",
        "  200x16 was set aside: out of memory",
        "  60x16 holds",
        "  30x16 does not hold",
        f"    INSUFFICIENT {SAID}",
        "  linear was not looked at: the order ended at 30x16",
        PROMISE,
        "next: distilproof gate",
    ]


@pytest.mark.parametrize(
    ("rungs", "first", "last"),
    [
        (
            (BROKEN, Rung(name="10x8", outcome="not_looked_at")),
            "FAIL s: no size holds: 20x8, the largest that was judged, breaks a critical slice",
            "next: distilproof explain G3-accuracy-margin",
        ),
        (
            (SHORT,),
            "CANNOT JUDGE s: no size is shown to hold: 30x16, the largest that was judged, is not",
            "next: distilproof explain G3-accuracy-margin",
        ),
        (
            (Rung(name="60x16", outcome="set_aside", reason="no record"),),
            "CANNOT JUDGE s: no size was looked at",
            "next: mend what kept the sizes from being trained, and sweep again",
        ),
        (
            (Rung(name="60x16", outcome="not_passed", level=0.05),),
            "CANNOT JUDGE s: no size was looked at",
            "next: mend what kept the sizes from being trained, and sweep again",
        ),
        (
            (Rung(name="60x16", outcome="set_aside", reason="no record"), SHORT),
            "CANNOT JUDGE s: no size is shown to hold: 30x16, the largest that was judged, is not",
            "next: mend what kept the sizes from being trained, and sweep again",
        ),
        ((), "CANNOT JUDGE s: no size is on the ladder", "next: mend"),
    ],
)
def test_where_no_size_holds(rungs: tuple[Rung, ...], first: str, last: str) -> None:
    lines = certificate_text(certificate(*rungs), "s").splitlines()
    assert lines[0] == first
    assert lines[-1].startswith(last)


def test_a_hopeless_rung_shows_what_is_broken() -> None:
    given_up = Rung(
        name="10x8",
        outcome="set_aside",
        findings=(finding(Status.FAIL, low=-0.2),),
        reason="hopeless on the rows to select on",
    )
    twice = replace(given_up, findings=given_up.findings * 2)
    lines = certificate_text(certificate(HOLDS, twice), "s").splitlines()
    assert lines[2] == "  10x8 was set aside: hopeless on the rows to select on"
    assert lines[4] == "    and 1 more: see --json"
    assert lines[3].startswith("    FAIL disability=yes & employed=yes: accuracy difference")


def test_a_share_of_the_level_is_said() -> None:
    part = Rung(name="60x16", outcome="passed", level=0.0125, findings=HOLDS.findings)
    text = certificate_text(certificate(part, procedure="fallback"), "s")
    assert "  60x16 holds at level 0.0125\n" in text
    assert "fallback procedure at level 0.05" in text


def test_the_rest_of_many_breaks_is_counted() -> None:
    many = tuple(
        finding(Status.FAIL, low=-0.2, slice_name=f"g={at}") for at in range(MOST_BREAKS + 3)
    )
    text = certificate_text(
        certificate(Rung(name="a", outcome="not_passed", level=0.05, findings=many)), "s"
    )
    assert text.count("FAIL g=") == MOST_BREAKS
    assert "    and 3 more: see --json\n" in text


def test_no_name_breaks_a_line(hostile: tuple[str, ...]) -> None:
    rungs = [
        Rung(
            name=name,
            outcome="not_passed",
            level=0.05,
            findings=(finding(Status.FAIL, slice_name=name),),
            reason=name,
        )
        for name in hostile
    ]
    set_aside = [Rung(name=name, outcome="set_aside", reason=name) for name in hostile]
    text = certificate_text(certificate(*rungs, *set_aside), hostile[4])
    assert len(text.splitlines()) == 3 + 3 * len(hostile)
    assert re.sub(r"\n", "", text).isprintable()


def test_the_same_in_json() -> None:
    found = certificate(HOLDS, SHORT, Rung(name="linear", outcome="not_looked_at"))
    value = json.loads(json.dumps(certificate_dict(found, "s"), allow_nan=False))
    assert value["schema"] == "distilproof.certificate/1"
    assert (value["chosen"], value["broke_at"], value["exit_code"]) == ("60x16", "30x16", 0)
    assert [rung["outcome"] for rung in value["rungs"]] == [
        "passed", "not_passed", "not_looked_at",
    ]  # fmt: skip
    (broke,) = value["rungs"][1]["breaks"]
    assert (broke["slice"], broke["limit"], broke["rows_needed"]) == (SLICE, -0.05, 14_219)
    assert broke["short_by"] == pytest.approx(0.0201)
    assert value["rungs"][0]["breaks"] == []
    assert value["rungs"][0]["findings"][0]["check"] == "G3"


def test_colour_is_only_for_statuses() -> None:
    plain = certificate_text(certificate(HOLDS, SHORT), "s")
    coloured = certificate_text(certificate(HOLDS, SHORT), "s", colour=True)
    assert "\x1b[" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured.count("\x1b[1;3") == 2
