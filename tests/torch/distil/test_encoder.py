"""An encoder learns from its teacher: with fewer of its layers, or at another width."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from distilproof.distil.student import Student, open_student
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.encoder_loop import Pace, loss_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, TrainingError, UnsafeModelError, UsageError

pytestmark = pytest.mark.torch

Library = Any
Make = Callable[..., TrainingJob]
Train = Callable[..., Student]
Far = Callable[[Student], float]

FAST = {"epochs": 20, "batch_size": 8, "learning_rate": 0.01}


class TestLayers:
    def test_all_layers_and_no_step_is_the_teacher(self, train: Train, far: Far) -> None:
        student = train("layers:4", options={"epochs": 0})
        assert far(student) < 1e-9

    def test_layers_are_the_teachers_own_evenly_spaced(
        self, torch: Library, transformers: Library, make: Make, teacher: Path
    ) -> None:
        job = make("layers:2", options={"epochs": 0})
        record = trainer_of("encoder").train(job)
        assert record.said["layers"] == [0, 3]
        load = transformers.AutoModelForSequenceClassification.from_pretrained
        old, new = (load(folder).state_dict() for folder in (teacher, job.student))
        assert len(new) < len(old)
        for name, value in new.items():
            origin = name.replace("encoder.layer.1.", "encoder.layer.3.")
            assert torch.equal(value, old[origin]), name

    def test_steps_bring_it_nearer(self, train: Train, far: Far) -> None:
        before = far(train("layers:1", options={"epochs": 0}, folder="a"))
        after = far(train("layers:1", folder="b"))
        assert after < before / 2
        assert after < 0.01

    def test_more_layers_than_there_are(self, train: Train) -> None:
        with pytest.raises(UsageError, match=r"'layers:5' keeps 5 layers, and there are 4"):
            train("layers:5")

    def test_layers_that_are_shared_cannot_be_dropped(
        self, transformers: Library, tokenizer: Library, train: Train, tmp_path: Path
    ) -> None:
        config = transformers.AlbertConfig(
            vocab_size=32, hidden_size=16, embedding_size=8, num_hidden_layers=3,
            num_attention_heads=2, intermediate_size=16, max_position_embeddings=24,
        )  # fmt: skip
        transformers.AlbertForSequenceClassification(config).save_pretrained(tmp_path / "albert")
        tokenizer.save_pretrained(tmp_path / "albert")
        with pytest.raises(UsageError, match="cannot be told apart"):
            train("layers:2", options={"base": "albert"})

    def test_another_architecture(
        self,
        transformers: Library,
        tokenizer: Library,
        train: Train,
        tmp_path: Path,
        rows: pa.Table,
    ) -> None:
        config = transformers.DistilBertConfig(
            vocab_size=32, dim=16, n_layers=3, n_heads=2, hidden_dim=16, max_position_embeddings=24
        )
        transformers.DistilBertModel(config).save_pretrained(tmp_path / "bare")
        tokenizer.save_pretrained(tmp_path / "bare")
        student = train("layers:2", options=FAST | {"base": "bare"})
        said = student.predict(rows).labels
        assert (
            np.mean([a == b for a, b in zip(said, rows["teacher_label"].to_pylist(), strict=True)])
            > 0.9
        )
        assert student.said.parameters is not None
        narrow = train("width:8", options=FAST | {"base": "bare"})
        assert narrow.said.parameters is not None
        assert narrow.said.parameters < student.said.parameters


class TestLearning:
    def test_from_scratch_at_another_width(self, make: Make, far: Far) -> None:
        job = make("width:8x1")
        record = trainer_of("encoder").train(job)
        student = open_student(job.student)
        assert far(student) < 0.05
        config = json.loads((job.student / "config.json").read_text("utf-8"))
        assert (config["hidden_size"], config["num_hidden_layers"]) == (8, 1)
        assert record.said["layers"] == []
        assert record.said["steps"] == 20 * 5
        assert record.said["device"] == "cpu"
        assert record.versions["torch"]

    @pytest.mark.parametrize("targets", ["hard", "gold"])
    def test_answers_alone_make_it_surer(
        self, train: Train, rows: pa.Table, shares: np.ndarray, targets: str
    ) -> None:
        found = train("layers:2", targets=targets).predict(rows)
        assert found.confidence is not None
        assert found.labels == rows["teacher_label"].to_pylist()
        assert found.confidence.mean() > shares.max(axis=1).mean() + 0.03

    def test_labels_of_people_are_mixed_in(self, train: Train, rows: pa.Table) -> None:
        plain = train("layers:2", folder="plain").predict(rows).confidence
        mixed = train("layers:2", folder="mixed", options=FAST | {"gold_share": 0.9})
        surer = mixed.predict(rows).confidence
        assert plain is not None
        assert surer is not None
        assert surer.mean() > plain.mean() + 0.01

    def test_no_row_is_left_out_of_a_pass(self, make: Make) -> None:
        job = make("layers:1", options={"epochs": 1, "batch_size": 5})
        assert trainer_of("encoder").train(job).said["steps"] == 8  # 36 rows

    def test_the_same_job_gives_the_same_bytes(self, make: Make, torch: Library) -> None:
        """Wherever chance stood in this process before."""
        first, again, other = (
            make("layers:2"),
            make("layers:2", folder="b"),
            make("layers:2", seed=1, folder="c"),
        )
        digests: list[str] = []
        for before, job in enumerate((first, again, other)):
            torch.manual_seed(before)
            digests.append(trainer_of("encoder").train(job).digests["student"])
        assert digests[0] == digests[1] != digests[2]
        held = b"".join(path.read_bytes() for path in first.student.iterdir())
        assert str(first.root).encode() not in held

    def test_chance_of_others_is_left_alone(self, torch: Library, train: Train) -> None:
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        train("layers:1", options={"epochs": 0.2})
        assert torch.equal(torch.rand(3), expected)
        assert torch.get_num_threads() == 1

    def test_a_pair_of_texts(self, train: Train, rows: pa.Table) -> None:
        two = rows.append_column("more", rows["text"])
        student = train("layers:1", inputs=("text", "text"), options={"epochs": 0.1})
        assert len(student.predict(two).labels) == rows.num_rows

    def test_a_long_text_is_cut(self, train: Train) -> None:
        student = train("layers:1", options={"epochs": 0.1, "max_tokens": 6})
        assert student.said.max_tokens == 6
        long, cut = "the parcel is late " * 20, "the parcel is late the"
        found = student.predict(pa.table({"text": [long, cut]})).probabilities
        assert found is not None
        assert np.allclose(found[0], found[1], atol=1e-6)


class TestLoss:
    def test_it_is_the_divergence_at_a_temperature(self, torch: Library) -> None:
        logits = torch.tensor([[0.5, -1.0, 0.2], [2.0, 0.0, -2.0]])
        teacher = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
        batch = {"shares": teacher, "gold": torch.tensor([-1, 2]), "soft": True}
        pace = Pace(1, 2, 0.1, 0, 0, temperature=2.0, gold_share=0.0)
        p, q = (np.exp(np.log(t.numpy().astype(float)) / 2) for t in (teacher, logits.softmax(-1)))
        p, q = p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
        each = 4 * (p * np.log(p / q)).sum(1)
        assert float(loss_of(torch, logits, batch, pace)) == pytest.approx(each.mean(), rel=1e-5)
        right = -np.log(logits.softmax(-1).numpy()[1, 2])
        mixed = np.mean([each[0], 0.75 * each[1] + 0.25 * right])
        found = float(loss_of(torch, logits, batch, pace._replace(gold_share=0.25)))
        assert found == pytest.approx(mixed, rel=1e-5)

    def test_a_teacher_that_is_certain(self, torch: Library) -> None:
        batch = {"shares": torch.tensor([[1.0, 0.0]]), "gold": torch.tensor([-1]), "soft": True}
        pace = Pace(1, 2, 0.1, 0, 0, temperature=1.0, gold_share=0.0)
        assert np.isfinite(float(loss_of(torch, torch.zeros(1, 2), batch, pace)))


class TestDivergence:
    """What is no number is never kept: not in a loss, not in a weight."""

    def test_a_loss_that_is_no_number_ends_the_training(self, make: Make) -> None:
        job = make("layers:2", options=FAST | {"learning_rate": 1e30})
        with pytest.raises(TrainingError, match=r"layers:2: the loss of step 2 is nan") as e:
            trainer_of("encoder").train(job)
        assert "lower learning_rate than 1e+30" in e.value.hint
        assert read_record(job.record).error == e.value.message
        assert not job.student.exists()

    def test_the_last_step_leaves_none(self, make: Make) -> None:
        # One step, whose loss is still that of the teacher's own layers.
        options = {"epochs": 0.1, "batch_size": 36, "warmup": 0}
        far = {"learning_rate": 3.3e37, "weight_decay": 10.0}
        job = make("layers:2", options=options | far)
        with pytest.raises(TrainingError, match="after step 1 a weight is no finite number"):
            trainer_of("encoder").train(job)
        assert not job.student.exists()

    def test_weights_that_were_none_before(
        self, torch: Library, transformers: Library, make: Make, teacher: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(teacher, tmp_path / "broken")
        load = transformers.AutoModelForSequenceClassification.from_pretrained
        model = load(teacher)
        with torch.no_grad():
            model.bert.encoder.layer[0].output.dense.bias[0] = float("nan")
        model.save_pretrained(tmp_path / "broken")
        job = make("layers:2", options={"epochs": 0, "base": "broken"})
        with pytest.raises(TrainingError, match="after step 0 a weight") as refused:
            trainer_of("encoder").train(job)
        assert "what the student begins from" in refused.value.hint

    def test_one_that_was_brought_in_answers_nothing(
        self, torch: Library, transformers: Library, make: Make, rows: pa.Table
    ) -> None:
        job = make("layers:1", options={"epochs": 0})
        trainer_of("encoder").train(job)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(job.student)
        with torch.no_grad():
            model.classifier.bias[0] = float("inf")
        model.save_pretrained(job.student)
        found = open_student(job.student).predict(rows)
        assert found.labels == [None] * rows.num_rows


class TestMistakes:
    def test_nothing_to_begin_from(self, make: Make) -> None:
        check = trainer_of("encoder").check
        with pytest.raises(UsageError, match="nobody says what the student layers:2 begins from"):
            check(make("layers:2", teacher_source=None))
        with pytest.raises(UsageError, match="there is no folder"):
            check(make("layers:2", options={"base": "nowhere"}))
        with pytest.raises(UsageError, match="names 3 inputs"):
            check(make("layers:2", inputs=("a", "b", "c")))
        with pytest.raises(UsageError, match="unknown option 'temprature'"):
            check(make("layers:2", options={"temprature": 2}))

    def test_code_in_the_folder_is_not_run(
        self, train: Train, teacher: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(teacher, tmp_path / "bad")
        (tmp_path / "bad" / "modeling.py").write_text("raise SystemExit", "utf-8")
        with pytest.raises(UnsafeModelError, match="holds code"):
            train("layers:2", options={"base": "bad"})

    def test_another_number_of_labels(self, train: Train) -> None:
        with pytest.raises(TableError, match="lists of 2 numbers, and there are 3 labels"):
            train("layers:2", labels=("complaint", "praise", "other"))


class TestLaunch:
    def test_two_processes_teach_together(
        self, make: Make, far: Far, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
        words = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        job = make("layers:2", options=FAST | {"launch": [*words, "--nproc-per-node", "2"]})
        record = trainer_of("encoder").train(job)
        assert record.said["processes"] == 2
        assert record.said["steps"] == 50
        assert record.cost.cpu_seconds is not None
        assert far(open_student(job.student)) < 0.05
        names = {path.name for path in job.student.iterdir()}
        assert "student.json" in names
        assert not {"job.json", "told.json"} & names

    def test_accelerate_launches_it(self, make: Make) -> None:
        words = [sys.executable, "-m", "accelerate.commands.launch", "--cpu"]
        words += ["--num_processes", "1", "--num_machines", "1", "--mixed_precision", "no"]
        options = {"epochs": 1, "launch": [*words, "--dynamo_backend", "no"]}
        here, there = (
            make("layers:2", options={"epochs": 1}),
            make("layers:2", options=options, folder="b"),
        )
        records = [trainer_of("encoder").train(job) for job in (here, there)]
        assert records[0].digests["student"] == records[1].digests["student"]

    def test_what_goes_wrong_there_is_said_here(self, make: Make, torch: Library) -> None:
        """And not only that a launcher's process ended, which is all that its last lines say."""
        del torch
        words = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        job = make("layers:9", options={"launch": [*words, "--nproc-per-node", "1"]})
        with pytest.raises(TrainingError, match="'layers:9' keeps 9 layers, and there are 4") as no:
            trainer_of("encoder").train(job)
        assert no.value.hint == "Write fewer."
        assert read_record(job.record).error == no.value.message
        assert not job.student.exists()

    def test_a_launcher_that_fails_by_itself(self, make: Make) -> None:
        job = make("layers:2", options={"launch": [sys.executable, "-c", "import nowhere", "--"]})
        with pytest.raises(TrainingError, match=r"layers:2: .* status 1: .*No module named 'nowh"):
            trainer_of("encoder").train(job)

    def test_a_program_that_launches_nothing(self, make: Make) -> None:
        job = make("layers:2", options={"launch": "echo"})
        with pytest.raises(TrainingError, match="echo ended well, and no student was trained") as e:
            trainer_of("encoder").train(job)
        assert "accelerate launch" in e.value.hint
        assert not job.student.exists()

    def test_its_time_is_over(self, make: Make) -> None:
        words = [sys.executable, "-c", "import time; time.sleep(300)"]
        job = make("layers:2", options={"launch": words, "timeout_seconds": 2})
        with pytest.raises(TrainingError, match=r"layers:2: .* took longer than 2 seconds and was"):
            trainer_of("encoder").train(job)
        assert str(read_record(job.record).error).startswith("layers:2: ")
        assert not job.student.exists()
