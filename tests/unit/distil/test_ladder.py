"""Rungs are read as they are written, in the order declared, with baselines beside them."""

import pytest

from distilproof.distil.ladder import TEXT_BASELINE, read_ladder, read_rung
from distilproof.errors import UsageError


class TestRungs:
    @pytest.mark.parametrize(
        ("id_", "family", "kind", "sizes"),
        [
            ("60x16", "boosted-trees", "", {"trees": 60, "leaves": 16}),
            ("64", "tree", "", {"leaves": 64}),
            ("linear", "boosted-trees", "linear", {}),
            ("tfidf:16384", "text-linear", "tfidf", {"features": 16384}),
            ("hash:2048", "text-linear", "hash", {"features": 2048}),
            ("hash:16384x16", "text-linear", "hash", {"features": 16384, "width": 16}),
            ("layers:2", "encoder", "layers", {"layers": 2}),
            ("width:64x2", "encoder", "width", {"width": 64, "layers": 2}),
            ("qwen-0.5B/lora", "command", "", {}),
        ],
    )
    def test_what_a_spec_means(
        self, id_: str, family: str, kind: str, sizes: dict[str, int]
    ) -> None:
        rung = read_rung(id_, family)
        assert (rung.id, rung.kind, dict(rung.sizes)) == (id_, kind, sizes)
        assert (rung.targets, rung.precision, rung.baseline) == ("soft", "float", False)

    def test_the_baselines_are_trained_by_their_own_family(self) -> None:
        assert read_rung("majority", "encoder").family == "majority"
        assert read_rung("linear", "tree").family == "linear"

    def test_what_stands_behind_a_size(self) -> None:
        rung = read_rung("60x16@hard@int8", "boosted-trees")
        assert (rung.targets, rung.precision, rung.size) == ("hard", "int8", 960)
        assert rung.trained_as == "60x16@hard"
        exported = read_rung("60x16@onnx@hard", "boosted-trees")
        assert (exported.written, exported.precision) == ("onnx", "float")
        assert exported.trained_as == "60x16@hard"
        assert read_rung("60x16", "boosted-trees").trained_as == "60x16"
        assert read_rung("60x16", "boosted-trees", targets="hard").targets == "hard"

    def test_the_same_size_on_gold_labels(self) -> None:
        gold = read_rung("60x16@hard@int8", "boosted-trees").of_gold()
        assert (gold.id, gold.targets, gold.precision) == ("60x16@int8@gold", "gold", "int8")
        assert (gold.sizes, gold.baseline) == ((("trees", 60), ("leaves", 16)), True)
        assert read_rung(gold.id, "boosted-trees").targets == "gold"

    @pytest.mark.parametrize(
        ("id_", "family", "said"),
        [
            ("60", "boosted-trees", "is no size of the family boosted-trees"),
            ("60x0", "boosted-trees", "is no size of the family boosted-trees"),
            ("60x16x2", "boosted-trees", "is no size of the family boosted-trees"),
            ("layers:2x3", "encoder", "is no size of the family encoder"),
            ("tfidf", "text-linear", "is no size of the family text-linear"),
            ("", "tree", "is no size of the family tree"),
            ("60x16@int4", "boosted-trees", "ends in @int4"),
            ("60x16@soft@hard", "boosted-trees", "ends in @soft@hard"),
            ("60x16@int8@int8", "boosted-trees", "ends in @int8@int8"),
            ("60x16@onnx@int8", "boosted-trees", "ends in @onnx@int8"),
            ("@hard", "command", "has no name"),
            ("60x16", "boosted-tree", "there is no family 'boosted-tree'"),
        ],
    )
    def test_what_cannot_be_read_is_refused(self, id_: str, family: str, said: str) -> None:
        with pytest.raises(UsageError, match=said) as refused:
            read_rung(id_, family)
        assert refused.value.hint

    def test_a_family_is_guessed_at(self) -> None:
        with pytest.raises(UsageError) as refused:
            read_rung("60x16", "boosted-tree")
        assert "Did you mean 'boosted-trees'?" in refused.value.hint


class TestLadders:
    def test_the_order_is_the_one_declared_and_baselines_come_last(self) -> None:
        ladder = read_ladder(["200x16", "60x16", "60x16@int8"], "boosted-trees")
        assert [rung.id for rung in ladder.rungs] == [
            "200x16", "60x16", "60x16@int8", "linear", "majority",
        ]  # fmt: skip
        assert [rung.baseline for rung in ladder.rungs] == [False, False, False, True, True]
        assert ladder.rung("60x16@int8") == ladder.declared[2]

    @pytest.mark.parametrize(
        ("family", "rungs", "baselines"),
        [
            ("boosted-trees", ["60x16", "linear"], ["majority"]),
            ("encoder", ["layers:4"], [TEXT_BASELINE, "majority"]),
            ("text-linear", ["tfidf:65536", "hash:2048"], ["majority"]),
            ("tree", ["64", "majority"], ["linear"]),
            ("table", ["a", "b"], ["majority"]),
        ],
    )
    def test_no_baseline_is_named_twice(
        self, family: str, rungs: list[str], baselines: list[str]
    ) -> None:
        assert [rung.id for rung in read_ladder(rungs, family).baselines] == baselines

    @pytest.mark.parametrize(
        ("rungs", "said"),
        [
            ([], "the ladder has no rung"),
            (["60x16", "60x16"], "the rung '60x16' is named twice"),
            (["60x16", "20x8", "30x16"], "'30x16' is larger than '20x8', and stands behind it"),
        ],
    )
    def test_an_order_that_is_none_is_refused(self, rungs: list[str], said: str) -> None:
        with pytest.raises(UsageError, match=said):
            read_ladder(rungs, "boosted-trees")

    def test_only_sizes_of_one_kind_are_compared(self) -> None:
        read_ladder(["hash:1024x8", "tfidf:65536", "hash:16384"], "text-linear")
        read_ladder(["10x8@int8", "60x16"], "boosted-trees")

    def test_an_unknown_rung_is_guessed_at(self) -> None:
        with pytest.raises(UsageError, match="the ladder has no rung '60x17'") as refused:
            read_ladder(["60x16"], "boosted-trees").rung("60x17")
        assert refused.value.hint.startswith("Did you mean '60x16'?")
