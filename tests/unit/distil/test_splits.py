"""A row is in the split that the hash of its name says, wherever and whenever it is asked."""

from collections import Counter
from uuid import UUID

import pytest
from scipy.stats import chisquare

from distilproof.distil.splits import (
    SPLITS,
    Shares,
    edges_of,
    hash_of,
    plan_splits,
    require_certify_apart,
    split_of,
    splits_of,
)
from distilproof.errors import LeakageError, UsageError

FOUR: Shares = {"fit": 0.15, "select": 0.15, "certify": 0.45, "discover": 0.25}
ROWS = 20_000


class TestWhereARowIs:
    def test_it_is_the_same_on_every_machine(self) -> None:
        # SHA-256 of "distilproof.splits/1", a unit separator and the key, as any tool computes it.
        assert hash_of("row-1") == "010df2cb3f7f4a80"
        assert hash_of("Größe") == "a832daf6da70ed84"
        assert [split_of(f"row-{at}", FOUR) for at in range(6)] == [
            "discover", "fit", "certify", "certify", "discover", "fit",
        ]  # fmt: skip

    def test_neither_order_nor_company_moves_it(self) -> None:
        keys = [f"row-{at}" for at in range(500)]
        alone = {key: split_of(key, FOUR) for key in keys}
        turned: Shares = dict(reversed(FOUR.items()))
        assert dict(zip(keys[::-1], splits_of(keys[::-1], turned), strict=True)) == alone

    def test_rows_of_a_cluster_are_never_apart(self) -> None:
        clusters = [f"user-{at % 40}" for at in range(2000)]
        found = set(zip(clusters, splits_of(clusters, FOUR), strict=True))
        assert len(found) == 40
        assert {split for _, split in found} == {*SPLITS}

    def test_a_larger_share_only_takes_rows_in(self) -> None:
        keys = [f"row-{at}" for at in range(ROWS)]
        small = splits_of(keys, {"certify": 0.75, "discover": 0.25})
        large = splits_of(keys, {"certify": 0.5, "discover": 0.5})
        moved = Counter(zip(small, large, strict=True))
        assert moved["discover", "certify"] == 0
        assert moved["certify", "discover"] > 0

    def test_another_salt_draws_again(self) -> None:
        keys = [f"row-{at}" for at in range(ROWS)]
        half: Shares = {"fit": 0.5, "select": 0.5}
        pairs = zip(splits_of(keys, half), splits_of(keys, half, salt="again"), strict=True)
        counts = Counter(pairs)
        assert chisquare([*counts.values()], [ROWS / 4] * 4).pvalue > 1e-3

    @pytest.mark.parametrize(
        "keys",
        [
            [str(at) for at in range(ROWS)],
            [f"user{at:09d}@example.org" for at in range(0, 7 * ROWS, 7)],
            [str(UUID(int=at)) for at in range(ROWS)],
        ],
        ids=["numbers", "addresses", "uuids"],
    )
    def test_the_shares_are_those_asked_for(self, keys: list[str]) -> None:
        counts = Counter(splits_of(keys, FOUR))
        expected = [FOUR[split] * ROWS for split in SPLITS]
        assert chisquare([counts[split] for split in SPLITS], expected).pvalue > 1e-3


class TestShares:
    def test_a_split_without_a_share_gets_no_row(self) -> None:
        shares: Shares = {"fit": 0.0, "select": 1.0, "certify": 0.0}
        assert set(splits_of(map(str, range(1000)), shares)) == {"select"}

    def test_the_last_split_has_no_end(self) -> None:
        thirds: Shares = {"fit": 1 / 3, "select": 1 / 3, "certify": 1 / 3}
        assert [edge.before for edge in edges_of(thirds)] == [
            "5555555555555400", "aaaaaaaaaaaaa800", None,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "shares",
        [{}, {"fit": 0.5}, {"fit": 0.6, "select": 0.6}, {"fit": 1.5, "select": -0.5},
         {"test": 1.0}],
    )  # fmt: skip
    def test_impossible_shares_are_refused(self, shares: Shares) -> None:
        with pytest.raises(UsageError, match="the shares of the splits are"):
            edges_of(shares)

    @pytest.mark.parametrize("calibrate", [True, False])
    @pytest.mark.parametrize("discover", [True, False])
    def test_a_plan_uses_each_row_once_and_says_what_it_took(
        self, *, calibrate: bool, discover: bool
    ) -> None:
        plan = plan_splits(calibrate=calibrate, discover=discover)
        edges_of(plan.certify)
        assert plan.certify["certify"] > 0.4
        assert ("discover" in plan.certify) is not discover
        assert ("fit" in plan.certify) is not calibrate
        assert (plan.calibrate == {"fit": 0.5, "select": 0.5}) is calibrate
        assert len(plan.notes) == (not calibrate) + (not discover)


class TestLeakage:
    def test_rows_that_were_learnt_from_certify_nothing(self) -> None:
        certify = [(f"row-{at}", bytes([at])) for at in range(20)]
        learnt = {
            "train.parquet": {bytes([at]) for at in range(14, 99)},
            "calibrate.parquet": frozenset({b"\x00", b"\x0f"}),
        }
        with pytest.raises(LeakageError) as refused:
            require_certify_apart(certify, learnt, table="certify.parquet")
        assert refused.value.message == (
            "7 rows of certify.parquet are also among those that were learnt from "
            "(6 in train.parquet, 2 in calibrate.parquet): row-0, row-14, row-15, row-16, row-17 "
            "and 2 more"
        )
        assert refused.value.exit_code == 1

    def test_rows_apart_are_let_through(self) -> None:
        require_certify_apart([("a", b"x")], {"train": {b"y"}, "calibrate": set()}, table="c")
