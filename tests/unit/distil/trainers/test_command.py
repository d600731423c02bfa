"""Any program trains a student; what it does wrong is one line, and it never outlives us."""

import ast
import json
import os
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.student import open_student
from distilproof.distil.student_prompt import student_prompt
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.opt_out import QUIET
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TrainingError, UsageError
from distilproof.teachers.asked_values import asked

Make = Callable[..., TrainingJob]
Job = Callable[..., TrainingJob]

GOOD = """
import json, os, sys
from pathlib import Path
job = json.loads(Path(os.environ["DISTILPROOF_JOB"]).read_text())
student = {
    "schema": "distilproof.student/1", "form": "constant", "rung": "mine", "family": "mine",
    "labels": job["labels"], "probabilities": [0.5, 0.25, 0.25],
}
(Path(os.environ["DISTILPROOF_STUDENT"]) / "student.json").write_text(json.dumps(student))
Path("environment.json").write_text(json.dumps(dict(os.environ)))
Path("job.json").write_text(json.dumps(job))
print("trained", sys.argv[1:])
record = {
    "schema": "distilproof.train_record/1", "rows": 9, "versions": {"mine": "1.2"}, "loss": 0.5
}
Path(os.environ["DISTILPROOF_RECORD"]).write_text(json.dumps(record))
"""


def test_what_it_writes_is_the_student(job: Job, table: pa.Table) -> None:
    one = job(GOOD, "--fast")
    record = trainer_of("command").train(one)
    student = open_student(one.student)
    assert student.predict(table).labels[:2] == ["bug", "bug"]
    assert (student.said.rung, student.said.family) == ("0.5B@hard", "command")
    assert student.said.targets == "hard"
    assert record == read_record(one.record)
    assert record.digests["student"] == student.identity.digest
    assert (record.rows, record.rows_used, record.versions["mine"]) == (9, 9, "1.2")
    assert record.said["command"] == [sys.executable, "train.py", "--fast"]
    assert record.said["record"]["loss"] == 0.5  # pyright: ignore[reportIndexIssue]
    assert record.cost.cpu_seconds is not None
    assert 0 < record.cost.cpu_seconds < 60
    assert record.cost.peak_bytes is not None
    assert 10**6 < record.cost.peak_bytes < 10**9
    assert "trained ['--fast']" in (one.folder / "stdout.log").read_text("utf-8")
    kept = {"inputs", "stderr.log", "stdout.log", "student", "train_record.json"}
    assert {path.name for path in one.folder.iterdir()} == kept


def test_it_finds_what_to_do_in_its_environment(job: Job, tmp_path: Path) -> None:
    one = job(GOOD)
    trainer_of("command").train(one)
    given = json.loads((tmp_path / "environment.json").read_text("utf-8"))
    said = json.loads((tmp_path / "job.json").read_text("utf-8"))
    assert given["DISTILPROOF_RUNG"] == said["rung"] == "0.5B@hard"
    assert given["DISTILPROOF_TARGETS"] == said["targets"] == "hard"
    assert (given["DISTILPROOF_SEED"], said["seed"]) == ("3", 3)
    assert (given["DISTILPROOF_THREADS"], said["threads"]) == ("2", 2)
    assert json.loads(given["DISTILPROOF_LABELS"]) == said["labels"] == ["bug", "praise", "refund"]
    assert json.loads(given["DISTILPROOF_COLUMNS"]) == said["columns"]
    assert given["DISTILPROOF_TABLE"] == said["table"]
    assert given["DISTILPROOF_TEACHER"] == ""
    assert said["teacher"] is None
    assert given["OMP_NUM_THREADS"] == os.environ.get("OMP_NUM_THREADS", "2")
    assert Path(given["DISTILPROOF_JOB"]).parent == Path(given["DISTILPROOF_INPUTS"])


def test_it_reads_a_copy_of_the_table(job: Job, table: pa.Table) -> None:
    one = job("import os; open(os.environ['DISTILPROOF_TABLE'], 'wb').write(b'')\n" + GOOD)
    trainer_of("command").train(one)
    assert pq.read_table(one.table).num_rows == table.num_rows


class TestReports:
    def test_they_are_off(self, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WANDB_MODE", "online")
        trainer_of("command").train(job(GOOD))
        given = json.loads((tmp_path / "environment.json").read_text("utf-8"))
        assert QUIET.items() <= given.items()
        assert {"HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "WANDB_MODE"} <= QUIET.keys()

    def test_a_user_can_turn_them_on(
        self, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WANDB_MODE", "online")
        monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY", raising=False)
        own = {"MINE": "1"}
        trainer_of("command").train(job(GOOD, usage_reports=True, environment=own))
        given = json.loads((tmp_path / "environment.json").read_text("utf-8"))
        assert given["WANDB_MODE"] == "online"
        assert given["MINE"] == "1"
        assert "HF_HUB_DISABLE_TELEMETRY" not in given

    def test_or_one_of_them(self, job: Job, tmp_path: Path) -> None:
        trainer_of("command").train(job(GOOD, environment={"WANDB_MODE": "offline"}))
        given = json.loads((tmp_path / "environment.json").read_text("utf-8"))
        assert given["WANDB_MODE"] == "offline"
        assert "MINE" not in json.loads((tmp_path / "job.json").read_text("utf-8"))["options"]


TOLD = {"filled", "text"}
"""Functions of the recipe that write a prompt."""

VALUES = (
    *("text {d}", "", None, True, False, 0, -7, 2**53 - 1),
    *(float("nan"), 0.0, -0.0, 3.0, -12.5, 0.1, 1e-5, 1.5e-6, 1e-6, 9.99e-7, 1e-7, -2.5e-12),
    *(1e15 + 0.5, 1e16, 1e20, 5e-324, Decimal("1.50")),
)

WEIGHTS = (
    GOOD
    + """
folder = Path(os.environ["DISTILPROOF_STUDENT"])
(folder / "student.json").unlink()
said = {"architectures": ["BertForSequenceClassification"]}
said["id2label"] = dict(enumerate(job["labels"]))
(folder / "config.json").write_text(json.dumps(said))
"""
)

FAILURES = {
    "a link among weights": (
        WEIGHTS + "(folder / 'model.safetensors').symlink_to('/etc/hostname')",
        "is no student: the link",
    ),
    "code among weights": (
        WEIGHTS + "(folder / 'modeling.py').write_text('raise SystemExit')",
        r"is no student: .* holds code \(modeling\.py\)",
    ),
    "weights that are not there": (WEIGHTS, r"is no student: .* holds no model\.safetensors"),
    "no record": (
        GOOD.replace('Path(os.environ["DISTILPROOF_RECORD"])', "Path('x.json')"),
        "wrote no train_record.json",
    ),
    "a record elsewhere": (
        GOOD.replace('Path(os.environ["DISTILPROOF_RECORD"])', "Path('mine.json')")
        + "\nPath(os.environ['DISTILPROOF_RECORD']).symlink_to(Path('mine.json').absolute())",
        "wrote no train_record.json",
    ),
    "a large record": (
        GOOD.replace("json.dumps(record)", "json.dumps(record | {'x': 'x' * 2**24})"),
        "train_record.json is larger than 16 MiB",
    ),
    "no object": (GOOD.replace("json.dumps(record)", "'[]'"), "train_record.json is no record"),
    "no JSON": (
        GOOD.replace("json.dumps(record)", "'{'"),
        "train_record.json cannot be read as JSON",
    ),
    "no student": (GOOD.replace('"student.json"', '".." / "x"'), "wrote no student"),
    "no folder": (
        GOOD + "\nimport shutil; shutil.rmtree(os.environ['DISTILPROOF_STUDENT'])",
        "wrote no student",
    ),
    "a folder elsewhere": (
        GOOD
        + "\ns = Path(os.environ['DISTILPROOF_STUDENT']); s.rename('mine')"
        + "\ns.symlink_to(Path('mine').absolute())",
        "wrote no student",
    ),
    "other labels": (
        GOOD.replace('job["labels"]', '["a", "b", "c"]'),
        "is no student: the student 0.5B@hard answers a, b, c",
    ),
    "status": (
        "import sys; print('first\\n\\nlast', file=sys.stderr); sys.exit(7)",
        r"ended with status 7: first \| last$",
    ),
    "a long line": (
        "import sys; print('x' * 9000 + ' and why', file=sys.stderr); sys.exit(7)",
        r"ended with status 7: \.\.\.x{192} and why$",
    ),
    "a traceback": (
        "raise ValueError('no such thing')",
        r"ended with status 1: .* \| ValueError: no such thing",
    ),
    "memory": ("raise MemoryError", "ended with status 1"),
    "a signal": ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
    "a link": (
        GOOD + "\n(Path(os.environ['DISTILPROOF_STUDENT']) / 'x').symlink_to('/etc')",
        "is no student: the link",
    ),
    "code": (
        GOOD
        + "\nimport pickle; s = Path(os.environ['DISTILPROOF_STUDENT'])"
        + "\n(s / 'student.json').unlink(); (s / 'm.skops').write_bytes(pickle.dumps({}))",
        "is no student: .* could run code",
    ),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_is_one_line(job: Job, what: str) -> None:
    source, said = FAILURES[what]
    one = job(source)
    with pytest.raises(TrainingError, match=said) as caught:
        trainer_of("command").train(one)
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith("0.5B@hard: ")
    assert not one.student.exists()
    record = read_record(one.record)
    assert record.error
    assert [path for path in one.folder.iterdir() if path.name.startswith("draft-")] == []
    if what == "memory":
        assert "smaller batches" in caught.value.hint


def test_a_program_that_is_not_there(make: Make, tmp_path: Path) -> None:
    one = make("r", "command", root=tmp_path, options={"command": ["no-such-program"]})
    with pytest.raises(TrainingError, match="no-such-program cannot be started: No such file"):
        trainer_of("command").train(one)


def test_keys_are_not_in_the_error(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-very")
    source = "import os, sys; sys.exit(' '.join(os.environ[name] for name in sys.argv[1:]))"
    one = job(source, "SOME_API_KEY", "MY_TOKEN", environment={"MY_TOKEN": "sk-very-secret"})
    with pytest.raises(TrainingError, match=r"status 1: \(SOME_API_KEY\) \(MY_TOKEN\)$"):
        trainer_of("command").train(one)
    said = json.loads(one.record.read_text("utf-8"))
    assert said["error"].endswith("(SOME_API_KEY) (MY_TOKEN)")
    assert "sk-very" not in (one.folder / "inputs" / "job.json").read_text("utf-8")
    assert (one.folder / "stderr.log").read_text("utf-8") == "(SOME_API_KEY) (MY_TOKEN)\n"


def test_keys_are_not_in_what_is_kept_of_a_program_that_was_ended(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNING_KEY", "-- begin --\nMIIEvQIBADAN\n-- end --")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
    source = (
        "import os; print('false', 'x' * 100_000, os.environ['SIGNING_KEY'], flush=True);"
        "os.kill(os.getpid(), 9)"
    )
    one = job(source)
    with pytest.raises(TrainingError, match="was ended by SIGKILL"):
        trainer_of("command").train(one)
    said = (one.folder / "stdout.log").read_text("utf-8")
    assert said.startswith("false xxx")
    assert said.endswith("x (SIGNING_KEY)\n(SIGNING_KEY)\n(SIGNING_KEY)\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "needs a command"),
        ({"command": ""}, "needs a command"),
        ({"command": "python 'train.py"}, "command cannot be read"),
        ({"command": 3}, "command is 3"),
        ({"recipe": "trl-sft"}, "needs to know what r starts from"),
        ({"recipe": "trl-dpo"}, "recipe is 'trl-dpo'"),
        ({"recipe": "trl-sft", "base": "m", "prompt": "{txt}"}, "place for 'txt', which is none"),
    ],
)
def test_a_job_without_a_command(make: Make, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        trainer_of("command").check(make("r", "command", options=options))


def test_what_ran_it_is_lost(job: Job) -> None:
    source = "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(0.5)"
    one = job(source)
    one.folder.mkdir(parents=True)
    told = {"status": 0, "why": "", "cpu_seconds": 1.0, "peak_bytes": 1}
    (one.folder / "leash.json").write_text(json.dumps(told), "utf-8")  # of an earlier one
    with pytest.raises(TrainingError, match=r"nobody knows what became of .*python"):
        trainer_of("command").train(one)


def test_the_recipe_is_a_program_that_compiles(make: Make, tmp_path: Path) -> None:
    options = {
        "recipe": "trl-sft",
        "command": [sys.executable, "-c", "import sys; sys.exit(5 * open(sys.argv[1]).readable())"],
        "base": {"r": "models/tiny"},
        "prompt": "{number} {town} {paid} ->",
        "learning_rate": {"r": 0.25},
    }
    one = make("r", "command", root=tmp_path, options=options)
    with pytest.raises(TrainingError, match="status 5"):
        trainer_of("command").train(one)
    script = (one.folder / "inputs" / "train.py").read_text("utf-8")
    compile(script, "train.py", "exec")
    assert '"trl==' in script
    said = json.loads((one.folder / "inputs" / "job.json").read_text("utf-8"))["options"]
    assert said["base"] == str(tmp_path / "models" / "tiny")
    assert said["learning_rate"] == 0.25


def test_the_recipe_asks_as_the_student_is_asked_later() -> None:
    script = resources.files("distilproof.distil.trainers") / "recipes" / "trl_sft.py.txt"
    tree = ast.parse(script.read_text("utf-8"))
    parts = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name in TOLD]
    assert {one.name for one in parts} == TOLD
    names: dict[str, Any] = {"json": json, "re": re, "Decimal": Decimal}
    exec(compile(ast.Module(parts, []), "train.py", "exec"), names)  # noqa: S102 - our own script
    inputs = ("a.b", "c[0]", "d")
    prompt = "{{x}} {a.b}|{c[0]} {d}{d}"
    for value in VALUES:
        row = {"a.b": value, "c[0]": "{d} é", "d": 2.0}
        expected = student_prompt(prompt, inputs).fill(asked(row, inputs))
        assert names["filled"](prompt, row) == expected
