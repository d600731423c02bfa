"""The certificate: in which order rungs are looked at, which is chosen, and what is said."""

from collections.abc import Mapping

import pytest

from distilproof.distil.select import HOPELESS, Candidate, Order, certify, holds
from distilproof.domain.certificate import Certificate, shortfall
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.requirement import Requirement
from distilproof.stats.interval import Interval

ALPHA = 0.05
MARGIN = -0.05

Bounds = Mapping[str, Interval]
"""Bounds of student minus teacher by slice."""


def found(
    bounds: Bounds, *, level: float = ALPHA, binding: bool = True, rows_needed: int | None = None
) -> tuple[Finding, ...]:
    """Judge each slice by a margin, as the gate does: by the whole bound."""
    findings: list[Finding] = []
    for name, (low, high) in bounds.items():
        asked = Requirement(
            code="G3-accuracy-margin", metric="accuracy_difference", slice=name, at_least=MARGIN
        )
        estimate = Estimate(
            metric="accuracy_difference",
            slice=name,
            value=(low + high) / 2,
            low=low,
            high=high,
            n=1000,
            n_eff=1000.0,
            confidence=1 - level,
            method="Tango score",
        )
        standing = asked.standing(estimate)
        status = {"holds": Status.PASS, "broken": Status.FAIL}.get(standing, Status.INSUFFICIENT)
        findings.append(
            Finding(
                code=asked.code,
                status=status,
                message=standing,
                binding=binding,
                requirement=asked,
                estimate=estimate,
                rows_needed=rows_needed if status is Status.INSUFFICIENT else None,
            )
        )
    return tuple(findings)


GOOD = found({"overall": Interval(-0.01, 0.01), "disability=yes": Interval(-0.04, 0.0)})
SHORT = found(
    {"overall": Interval(-0.001, 0.01), "disability=yes": Interval(-0.07, -0.046)},
    rows_needed=14_219,
)
BROKEN = found({"overall": Interval(-0.02, 0.0), "disability=yes": Interval(-0.14, -0.109)})


class Rows:
    """Rows to certify on, that remember who looked at them."""

    def __init__(self, found_of: Mapping[str, tuple[Finding, ...]]) -> None:
        self.found_of = found_of
        self.looks: list[tuple[str, float]] = []

    def __call__(self, name: str, level: float) -> tuple[Finding, ...]:
        self.looks.append((name, level))
        return self.found_of[name]


def certified(rows: Rows, *candidates: Candidate) -> Certificate:
    ladder = candidates or tuple(Candidate(name=name) for name in rows.found_of)
    return certify(ladder, rows, Order(alpha=ALPHA), certified_on="d1g3st")


class TestTheOrder:
    def test_it_stops_at_the_first_that_does_not_hold_and_looks_no_further(self) -> None:
        rows = Rows({"200x16": GOOD, "60x16": GOOD, "30x16": SHORT, "20x8": GOOD})
        certificate = certified(rows)
        assert certificate.chosen == "60x16"
        assert rows.looks == [("200x16", ALPHA), ("60x16", ALPHA), ("30x16", ALPHA)]
        assert [rung.outcome for rung in certificate.rungs] == [
            "passed", "passed", "not_passed", "not_looked_at",
        ]  # fmt: skip
        assert certificate.rungs[-1].findings == ()
        assert (certificate.certified_on, certificate.exit_code) == ("d1g3st", 0)

    def test_it_is_the_one_declared_and_not_that_of_the_results(self) -> None:
        rows = Rows({"small": SHORT, "large": GOOD})
        certificate = certified(rows)
        assert (certificate.chosen, rows.looks) == (None, [("small", ALPHA)])

    def test_the_smallest_of_all_may_hold(self) -> None:
        certificate = certified(Rows({"60x16": GOOD, "30x16": GOOD}))
        assert (certificate.chosen, certificate.broke_at) == ("30x16", None)


class TestWhatBroke:
    def test_the_step_says_which_slice_and_by_how_much(self) -> None:
        certificate = certified(Rows({"60x16": GOOD, "30x16": SHORT}))
        assert certificate.broke_at is not None
        (broken,) = certificate.broke_at.breaks
        missed = shortfall(broken)
        assert missed is not None
        assert (missed.slice, missed.bound, missed.limit) == ("disability=yes", -0.07, MARGIN)
        assert missed.short_by == pytest.approx(0.02)
        assert (missed.rows, missed.rows_needed) == (1000, 14_219)

    @pytest.mark.parametrize(
        ("first", "status", "exit_code"),
        [(SHORT, Status.INSUFFICIENT, 3), (BROKEN, Status.FAIL, 1), ((), Status.MISSING, 3)],
    )
    def test_where_none_holds_it_is_no_or_cannot_tell(
        self, first: tuple[Finding, ...], status: Status, exit_code: int
    ) -> None:
        certificate = certified(Rows({"200x16": first, "60x16": GOOD}))
        assert certificate.chosen is None
        assert (certificate.status, certificate.exit_code) == (status, exit_code)

    def test_what_only_warns_stops_nothing(self) -> None:
        warned = (*GOOD, *found({"race=other": Interval(-0.2, -0.1)}, binding=False))
        assert certified(Rows({"60x16": warned})).chosen == "60x16"
        assert not holds(found({"race=other": Interval(0.0, 0.1)}, binding=False))


class TestSetAside:
    def test_a_rung_hopeless_on_other_rows_costs_no_look(self) -> None:
        rows = Rows({"60x16": GOOD, "30x16": GOOD, "20x8": GOOD})
        ladder = [Candidate(name="60x16", selected=GOOD), Candidate(name="30x16", selected=BROKEN)]
        certificate = certified(rows, *ladder, Candidate(name="20x8", selected=SHORT))
        assert [name for name, _ in rows.looks] == ["60x16", "20x8"]
        assert certificate.chosen == "20x8"
        _, given_up, _ = certificate.rungs
        assert (given_up.outcome, given_up.reason) == ("set_aside", HOPELESS)
        assert [missed.slice for f in given_up.breaks if (missed := shortfall(f))] == [
            "disability=yes"
        ]

    def test_a_rung_that_other_rows_only_warn_of_is_looked_at(self) -> None:
        warned = found({"race=other": Interval(-0.2, -0.1)}, binding=False)
        rows = Rows({"60x16": GOOD})
        certificate = certified(rows, Candidate(name="60x16", selected=(*GOOD, *warned)))
        assert (certificate.chosen, rows.looks) == ("60x16", [("60x16", ALPHA)])

    def test_a_rung_that_failed_to_train_is_a_step_with_its_error(self) -> None:
        rows = Rows({"60x16": GOOD})
        failed = Candidate(name="200x16", failed="out of memory")
        certificate = certified(rows, failed, Candidate(name="60x16"))
        assert (certificate.rungs[0].reason, certificate.chosen) == ("out of memory", "60x16")
        alone = certified(Rows({}), failed)
        assert (alone.status, alone.exit_code) == (Status.MISSING, 3)

    def test_where_all_are_hopeless_the_answer_is_no(self) -> None:
        certificate = certified(Rows({}), Candidate(name="60x16", selected=BROKEN))
        assert (certificate.chosen, certificate.exit_code) == (None, 1)
        assert certificate.looked_at == ()


class TestFallback:
    def test_it_gets_past_one_that_does_not_hold(self) -> None:
        def look(name: str, level: float) -> tuple[Finding, ...]:
            return found({"s": Interval(-0.1 if name == "b" else 0.0, 0.1)}, level=level)

        ladder = [Candidate(name=name) for name in "abc"]
        certificate = certify(ladder, look, Order(procedure="fallback"), certified_on="")
        assert certificate.chosen == "c"
        assert [rung.level for rung in certificate.rungs] == pytest.approx(
            [ALPHA / 3, 2 * ALPHA / 3, ALPHA / 3]
        )

    def test_the_share_of_one_set_aside_goes_to_the_next(self) -> None:
        def look(name: str, level: float) -> tuple[Finding, ...]:
            assert name == "b"
            return found({"overall": Interval(0, 0.1)}, level=level)

        ladder = [Candidate(name="a", failed="no record"), Candidate(name="b")]
        order = Order(procedure="fallback", shares={"a": 0.5, "b": 0.25})
        certificate = certify(ladder, look, order, certified_on="")
        assert certificate.rungs[1].level == pytest.approx(0.75 * ALPHA)

    @pytest.mark.parametrize("shares", [None, {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}])
    def test_a_share_is_handed_on_once(self, shares: dict[str, float] | None) -> None:
        """Of four with even shares one is set aside; none of the others holds."""
        broken = {"overall": Interval(-0.3, -0.2)}
        ladder = [Candidate(name=name, failed="no record" * (name == "a")) for name in "abcd"]
        order = Order(procedure="fallback", shares=shares)
        certificate = certify(
            ladder, lambda _, level: found(broken, level=level), order, certified_on=""
        )
        levels = [rung.level for rung in certificate.rungs[1:]]
        third = [1 / 3] * 3 if shares is None else [0.5, 0.25, 0.25]
        assert levels == pytest.approx([ALPHA * share for share in third])

    @pytest.mark.parametrize(
        ("order", "said"),
        [
            (Order(shares={"a": 1.0}), "it has no shares"),
            (Order(procedure="fallback", shares={"b": 1.0}), "shares are of"),
        ],
    )
    def test_shares_have_to_fit(self, order: Order, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            certify([Candidate(name="a")], Rows({}), order, certified_on="")


class TestHonestBounds:
    def test_a_bound_of_less_confidence_than_the_level_is_refused(self) -> None:
        rows = Rows({"a": found({"overall": Interval(0, 0.1)}, level=0.1)})
        with pytest.raises(ValueError, match=r"the level 0\.05 asks for 0\.95"):
            certified(rows)

    def test_two_rungs_of_one_name_are_refused(self) -> None:
        with pytest.raises(ValueError, match="two rungs have one name"):
            certified(Rows({}), Candidate(name="a"), Candidate(name="a"))
