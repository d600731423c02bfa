"""What a rung and its options ask for reaches the model of scikit-learn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from distilproof.distil.student import Student
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.teachers.adapters.sklearn import open_skops

Make = Callable[..., TrainingJob]
Train = Callable[..., Student]


def of_trees(model: Any) -> Any:  # noqa: ANN401 - scikit-learn has no types
    return model.estimators_[-1]


def of_words(model: Any) -> Any:  # noqa: ANN401 - as above
    return model.named_steps["words"]


def of_line(model: Any) -> Any:  # noqa: ANN401 - as above
    return model.named_steps["linear"]


def itself(model: Any) -> Any:  # noqa: ANN401 - as above
    return model


class TestWhatIsAskedFor:
    @pytest.mark.parametrize(
        ("rung", "family", "options", "part", "expected"),
        [
            ("20x8", "boosted-trees", {}, of_trees, {"max_iter": 20, "max_leaf_nodes": 8}),
            ("20x8", "boosted-trees", {"l2": 0.5}, of_trees, {"l2_regularization": 0.5}),
            ("20x8", "boosted-trees", {"early_stopping": False}, of_trees, {"early_stopping": 0}),
            (
                *("20x8", "boosted-trees", {"learning_rate": {"9x8": 0.6, "20x8": 0.25}}),
                *(of_trees, {"learning_rate": 0.25, "random_state": 11}),
            ),
            (
                *("20x8@soft", "boosted-trees", {"learning_rate": {"20x8": 0.25}}),
                *(of_trees, {"learning_rate": 0.25}),
            ),
            ("6", "tree", {"min_leaf": 3}, itself, {"max_leaf_nodes": 6, "min_samples_leaf": 3}),
            ("6", "tree", {}, itself, {"random_state": 11}),
            ("linear", "linear", {"C": 0.5}, of_line, {"C": 0.5}),
            ("tfidf:16", "text-linear", {}, of_words, {"max_features": 16, "ngram_range": (1, 2)}),
            (
                *("tfidf:16", "text-linear", {"ngrams": 3, "analyzer": "char"}),
                *(of_words, {"ngram_range": (1, 3), "analyzer": "char"}),
            ),
            ("tfidf:16", "text-linear", {"C": 9}, of_line, {"C": 9}),
            ("hash:256", "text-linear", {"ngrams": 1}, of_words, {"ngram_range": (1, 1)}),
            (
                *("hash:256x3", "text-linear", {"epochs": 4}),
                *(of_line, {"hidden_layer_sizes": (3,), "max_iter": 4, "random_state": 11}),
            ),
        ],
    )
    def test_it_reaches_the_model(
        self,
        make: Make,
        rung: str,
        family: str,
        options: dict[str, Any],
        part: Callable[[Any], Any],
        expected: dict[str, Any],
    ) -> None:
        inputs = ("text",) if family == "text-linear" else ("town", "number", "paid")
        job = make(rung, family, inputs=inputs, options=options, seed=11)
        trainer_of(family).train(job)
        found = part(open_skops(job.student / "model.skops")).get_params()
        assert {name: found[name] for name in expected} == expected

    def test_codes_have_no_order(self, train: Train) -> None:
        rng = np.random.default_rng(1)
        code = rng.integers(0, 3, 300)  # of which only the one in the middle is praise
        named = ["praise" if one == 1 else "bug" for one in code.tolist()]
        rows = pa.table({"id": map(str, range(300)), "code": code, "teacher_label": named})
        said: dict[str, Any] = {"rows": rows, "inputs": ("code",), "targets": "hard"}
        line = train("linear", "linear", **said)
        assert "praise" not in line.predict(rows).labels
        codes = train("linear@hard", "linear", **said, options={"categorical": ["code"]})
        assert codes.predict(rows).labels == named
