"""Students of scikit-learn learn what they are shown, and come out as the same bytes each time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from distilproof.distil.student import Student, open_student
from distilproof.distil.trainers.boosted import logits
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, TrainingError, UsageError
from distilproof.examples import census

Make = Callable[..., TrainingJob]
Train = Callable[..., Student]

COLUMNS = ("town", "number", "paid")
RUNGS = (
    ("20x8", "boosted-trees", COLUMNS),
    ("8", "tree", COLUMNS),
    ("linear", "linear", COLUMNS),
    ("tfidf:64", "text-linear", ("text",)),
    ("hash:1024", "text-linear", ("text",)),
    ("hash:256x4", "text-linear", ("text",)),
)
EXPORTED = (
    ("20x8@onnx", "boosted-trees", ("number", "paid")),
    ("8@onnx", "tree", COLUMNS),
    ("linear@onnx", "linear", COLUMNS),
    ("tfidf:64@onnx", "text-linear", ("text",)),
)


def truth(table: pa.Table) -> list[str]:
    """Label of each row, which its town gives away."""
    return [
        {"Ayr": "bug", "Bonn": "praise", "Cork": "refund"}[t] for t in table["town"].to_pylist()
    ]


@pytest.mark.parametrize("targets", ["soft", "hard", "gold"])
@pytest.mark.parametrize(("rung", "family", "inputs"), RUNGS)
class TestEveryRoute:
    def test_it_learns_what_it_is_shown(
        self,
        train: Train,
        table: pa.Table,
        rung: str,
        family: str,
        inputs: tuple[str, ...],
        targets: str,
    ) -> None:
        found = train(rung, family, inputs=inputs, targets=targets).predict(table)
        assert np.mean([a == b for a, b in zip(found.labels, truth(table), strict=True)]) > 0.97
        assert found.probabilities is not None
        assert found.confidence is not None
        assert found.probabilities.shape == (table.num_rows, 3)
        assert np.allclose(found.probabilities.sum(axis=1), 1)
        assert np.allclose(found.probabilities.max(axis=1), found.confidence)

    def test_soft_shares_keep_it_from_being_too_sure(
        self,
        train: Train,
        table: pa.Table,
        rung: str,
        family: str,
        inputs: tuple[str, ...],
        targets: str,
    ) -> None:
        found = train(rung, family, inputs=inputs, targets=targets).predict(table)
        assert found.confidence is not None
        if targets == "soft":
            assert 0.8 < found.confidence.mean() < 0.91
        elif family == "boosted-trees":
            assert found.confidence.mean() > 0.95

    def test_the_same_job_gives_the_same_bytes(
        self, make: Make, rung: str, family: str, inputs: tuple[str, ...], targets: str
    ) -> None:
        job = make(rung, family, inputs=inputs, targets=targets)
        again = replace(job, folder=job.folder / "again", threads=2)
        first, second = (trainer_of(family).train(one) for one in (job, again))
        assert first.digests["student"] == second.digests["student"]
        assert first.rows == 300
        assert first.rows_used == (150 if targets == "gold" else 270)


class TestExport:
    @pytest.mark.parametrize(("rung", "family", "inputs"), EXPORTED)
    @pytest.mark.parametrize("targets", ["soft", "hard"])
    def test_the_exported_model_answers_alike(
        self,
        make: Make,
        table: pa.Table,
        rung: str,
        family: str,
        inputs: tuple[str, ...],
        targets: str,
    ) -> None:
        job = make(rung, family, inputs=inputs, targets=targets)
        plain = replace(job, rung=rung.removesuffix("@onnx"), folder=job.folder / "plain")
        record, _ = (trainer_of(family).train(one) for one in (job, plain))
        assert record.said["agrees"]["same_label"] == 1.0  # pyright: ignore[reportIndexIssue]
        assert [path.suffix for path in sorted(job.student.iterdir())] == [".onnx", ".json"]
        exported, trained = (open_student(one.student).predict(table) for one in (job, plain))
        assert exported.labels == trained.labels
        assert exported.probabilities is not None
        assert trained.probabilities is not None
        assert np.allclose(exported.probabilities, trained.probabilities, atol=1e-6)

    @pytest.mark.parametrize(("rung", "family", "inputs"), EXPORTED)
    def test_nothing_in_it_depends_on_the_process(
        self, make: Make, rung: str, family: str, inputs: tuple[str, ...]
    ) -> None:
        job = make(rung, family, inputs=inputs)
        again = replace(job, folder=job.folder / "again")
        first, second = (trainer_of(family).train(one) for one in (job, again))
        assert first.digests["student"] == second.digests["student"]
        needed = [one.domain for one in onnx.load(str(job.student / "model.onnx")).opset_import]
        assert needed == sorted(needed)

    def test_texts_are_cut_into_words_as_before(self, make: Make) -> None:
        job = make("tfidf:64@onnx", "text-linear", inputs=("text",))
        plain = replace(job, rung="tfidf:64", folder=job.folder / "plain")
        for one in (job, plain):
            trainer_of("text-linear").train(one)
        given = ["", "a", "crash,REFUND", "refund refund money 7", "naïve_\nback", "great été"]
        rows = pa.table({"text": given})
        exported, trained = (open_student(one.student).predict(rows) for one in (job, plain))
        assert np.allclose(exported.probabilities, trained.probabilities, atol=1e-6)  # pyright: ignore[reportArgumentType]

    def test_another_model_is_no_student(self, train: Train) -> None:
        # ONNX does not know the capitals of letters beyond ASCII, and texts of them are all alike.
        named = ["bug", "praise", "praise"] * 40
        texts = [{"bug": "ÉTÉ ÖL", "praise": "hiver"}[name] for name in named]
        rows = pa.table({"id": map(str, range(120)), "text": texts, "teacher_label": named})
        said: dict[str, Any] = {"rows": rows, "inputs": ("text",), "targets": "hard"}
        with pytest.raises(TrainingError, match=r"gives another label to 33\.3% of 120 rows"):
            train("tfidf:64@onnx", "text-linear", **said)

    def test_two_labels(self, train: Train, table: pa.Table) -> None:
        shares = [
            [one[0], one[1] + one[2]] if one else None
            for one in table["teacher_probabilities"].to_pylist()
        ]
        kind = pa.list_(pa.float64())
        two = table.set_column(6, "teacher_probabilities", pa.array(shares, kind)).drop(["label"])
        two = two.set_column(
            5, "teacher_label", pa.array(["bug" if s and s[0] > 0.5 else "other" for s in shares])
        )
        said: dict[str, Any] = {"rows": two, "labels": ("bug", "other"), "inputs": ("number",)}
        plain = train("10x4", "boosted-trees", **said).predict(table)
        exported = train("10x4@onnx", "boosted-trees", **said).predict(table)
        assert plain.labels == exported.labels
        assert np.allclose(plain.probabilities, exported.probabilities, atol=1e-6)  # pyright: ignore[reportArgumentType]

    def test_what_has_no_such_form_is_said(self, train: Train, make: Make) -> None:
        with pytest.raises(TrainingError, match="HashingVectorizer"):
            train("hash:64@onnx", "text-linear", inputs=("text",))
        with pytest.raises(TrainingError, match="split by categories have no ONNX form"):
            train("20x8@onnx", "boosted-trees")
        job = make("20x8@int8", "boosted-trees")
        with pytest.raises(UsageError, match="cannot be rounded to integers"):
            trainer_of("boosted-trees").check(job)


class TestRows:
    def test_a_text_that_was_never_seen_counts_as_missing(self, train: Train) -> None:
        student = train("20x8", "boosted-trees", inputs=("town",))
        rows = pa.table({"town": ["Ayr", "Delft", None]})
        found = student.predict(rows).probabilities
        assert found is not None
        assert found[0].argmax() == 0
        assert found[1].tolist() == found[2].tolist()

    def test_a_label_that_nobody_gives_has_no_probability(
        self, train: Train, table: pa.Table
    ) -> None:
        found = train("8", "tree", labels=("bug", "none", "praise", "refund"), targets="hard")
        assert found.labels == ("bug", "none", "praise", "refund")
        said = found.predict(table)
        assert said.probabilities is not None
        assert said.probabilities[:, 1].max() == 0
        assert "none" not in said.labels

    def test_a_rare_label_of_one_row(self, train: Train, table: pa.Table) -> None:
        names = table["teacher_label"].to_pylist()
        names[0] = "rare"
        rows = table.set_column(5, "teacher_label", pa.array(names, pa.string()))
        labels = ("bug", "praise", "rare", "refund")
        student = train("20x8", "boosted-trees", rows=rows, labels=labels, targets="hard")
        assert student.predict(table).labels.count("rare") <= 1

    def test_no_rows_are_no_predictions(self, train: Train, table: pa.Table) -> None:
        found = train("8", "tree").predict(table.slice(0, 0))
        assert found.labels == []
        assert found.probabilities is not None
        assert found.probabilities.shape == (0, 3)

    def test_columns_that_are_not_there_or_of_another_type(
        self, train: Train, table: pa.Table
    ) -> None:
        student = train("8", "tree")
        with pytest.raises(TableError, match="no column 'number'"):
            student.predict(table.drop(["number"]))
        with pytest.raises(TableError, match="'number' is string"):
            student.predict(table.set_column(3, "number", table["text"]))
        with pytest.raises(TableError, match="lacks the text of 1 rows"):
            train("hash:64", "text-linear", inputs=("text",)).predict(
                pa.table({"text": ["a", None]})
            )


class TestMistakes:
    def test_options_are_held_to_what_they_take(self, make: Make) -> None:
        def check(**options: object) -> None:
            trainer_of("boosted-trees").check(make("20x8", "boosted-trees", options=options))

        check(learning_rate={"20x8": 0.1}, l2=1, early_stopping=False, categorical=["number"])
        with pytest.raises(UsageError, match="unknown option 'learningrate'") as caught:
            check(learningrate=0.1)
        assert "Did you mean 'learning_rate'?" in caught.value.hint
        with pytest.raises(UsageError, match="unknown option 'temperature'"):
            check(temperature=2.0)  # of another family
        for wrong in (
            {"learning_rate": 0},
            {"learning_rate": float("inf")},
            {"learning_rate": {"20x8": float("inf")}},
            {"l2": -1},
            {"early_stopping": 1},
            {"categorical": "number"},
        ):
            with pytest.raises(UsageError, match=rf"{next(iter(wrong))} is "):
                check(**wrong)
        with pytest.raises(UsageError, match="names 'colour', which is no input"):
            check(categorical=["colour"])

    def test_a_rung_of_another_family(self, make: Make) -> None:
        with pytest.raises(UsageError, match="no size of the family boosted-trees"):
            trainer_of("boosted-trees").check(make("layers:2", "boosted-trees"))

    @pytest.mark.parametrize(("rung", "family"), [("60x1", "boosted-trees"), ("1@hard", "tree")])
    def test_a_tree_of_one_leaf(self, make: Make, rung: str, family: str) -> None:
        with pytest.raises(UsageError, match=f"the rung '{rung}' has trees of 1 leaf"):
            trainer_of(family).check(make(rung, family))

    def test_passes_of_a_small_network(self, make: Make) -> None:
        def check(epochs: float) -> None:
            said = {"epochs": epochs}
            trainer_of("text-linear").check(
                make("hash:64x2", "text-linear", inputs=("text",), options=said)
            )

        check(2)
        with pytest.raises(UsageError, match=r"epochs is 0\.5"):
            check(0.5)

    def test_a_text_that_is_no_category(self, train: Train, make: Make) -> None:
        with pytest.raises(UsageError, match="'text' has 270 different texts"):
            train("20x8", "boosted-trees", inputs=("text",))
        with pytest.raises(UsageError, match="reads one text, and the project names 2"):
            trainer_of("text-linear").check(
                make("tfidf:64", "text-linear", inputs=("text", "town"))
            )

    def test_nothing_to_learn_from(self, train: Train, table: pa.Table) -> None:
        hard_only = table.drop(["teacher_probabilities", "label"])
        with pytest.raises(TrainingError, match="20x8: no row has teacher_probabilities"):
            train("20x8", "boosted-trees", rows=hard_only)
        with pytest.raises(TrainingError, match="20x8@gold: no row has a label that people gave"):
            train("20x8@gold", "boosted-trees", rows=hard_only, targets="gold")
        one = table.filter(pa.compute.equal(table["teacher_label"], "bug"))
        with pytest.raises(TrainingError, match="every row says 'bug'"):
            train("linear", "linear", rows=one, targets="hard")

    def test_a_table_that_breaks_the_contract(self, train: Train) -> None:
        with pytest.raises(TableError, match=r"holds 'bug', .* none of the labels a, b, c"):
            train("8", "tree", labels=("a", "b", "c"), targets="hard")
        with pytest.raises(TableError, match="lists of 3 numbers, and there are 2 labels"):
            train("4", "tree", labels=("bug", "praise"))
        with pytest.raises(TableError, match="lacks the columns colour"):
            train("2", "tree", inputs=("colour",))

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (pa.array([[1.0, 0.0], [0.0, 1.0, 0.0, 0.0]] * 150), "lists of 2 numbers, and there"),
            (pa.array(["0.9"] * 300), "is string, and no lists of probabilities"),
            (pa.array([[0.5, 0.2, 0.2]] * 300), "what are not shares that sum to 1"),
            (pa.array([[1.5, -0.2, -0.3]] * 300), "what are not shares that sum to 1"),
            (pa.array([[0.5, 0.5, None]] * 300), "what are not shares that sum to 1"),
        ],
        ids=["of several lengths", "text", "sum", "below 0", "null"],
    )
    def test_what_are_no_probabilities(
        self, train: Train, table: pa.Table, given: pa.Array, said: str
    ) -> None:
        rows = table.set_column(6, "teacher_probabilities", given)
        with pytest.raises(TableError, match=said):
            train("4", "tree", rows=rows)


@pytest.fixture(scope="module")
def adults() -> pa.Table:
    return census.load([2015]).slice(0, 6000)


class TestCensus:
    @pytest.mark.parametrize(
        ("rung", "trees", "leaves", "rate"),
        [("60x16", 60, 16, 0.2), ("20x8", 20, 8, 0.3), ("3x4", 3, 4, 0.9)],
    )
    def test_it_is_a_regression_of_the_logit(
        self, make: Make, adults: pa.Table, rung: str, trees: int, leaves: int, rate: float
    ) -> None:
        codes = np.column_stack([np.asarray(adults[name], float) for name in census.FEATURES])
        teacher = HistGradientBoostingClassifier(random_state=0).fit(codes, adults["employed"])
        table = census.with_inputs(adults).append_column(
            "teacher_probabilities",
            pa.array(teacher.predict_proba(codes).tolist(), pa.list_(pa.float64())),
        )
        table = table.append_column("teacher_label", table["employed"])
        job = make(rung, "boosted-trees", rows=table, inputs=census.INPUTS, labels=("no", "yes"))
        trainer_of("boosted-trees").train(job)
        by_hand = HistGradientBoostingRegressor(
            max_iter=trees,
            max_leaf_nodes=leaves,
            learning_rate=rate,
            early_stopping=True,
            random_state=0,
            categorical_features=None,
        )
        taught = teacher.decision_function(codes).clip(-8, 8)
        expected = by_hand.fit(codes, taught).predict(codes)
        found = open_student(job.student).predict(table)
        assert found.labels == np.where(expected > 0, "yes", "no").tolist()
        assert np.allclose(logits(found.probabilities), expected.clip(-8, 8), atol=1e-9)  # pyright: ignore[reportArgumentType]

    def test_a_teacher_that_is_certain(self) -> None:
        assert np.isfinite(logits(np.array([[1.0, 0, 0], [0, 0.5, 0.5]]))).all()


def test_where_it_lies_does_not_matter(make: Make, tmp_path: Path, table: pa.Table) -> None:
    job = make("8", "tree")
    trainer_of("tree").train(job)
    moved = job.student.rename(tmp_path / "elsewhere")
    before = open_student(moved)
    assert str(tmp_path).encode() not in b"".join(p.read_bytes() for p in moved.iterdir())
    assert before.identity.name == "8"
    assert before.identity.digest
    assert before.predict(table).labels
