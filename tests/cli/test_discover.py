"""`discover` on the command line: a table by itself, or the project's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Command = Callable[..., Any]

ROLES = ("--label", "y", "--teacher", "t", "--student", "s")
CELL = "lang=es & plan=paid"
PROJECT = """\
[student]
name = "small"

[predictions]
table = "predictions.parquet"
label = "y"
teacher = "t"
student = "s"
id = "id"

[slices]
columns = ["lang", "plan"]
critical = ["lang=de"]

[bars]
introduced_error.cap = 0.08
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose student loses 3 % of the rows, and 40 % of paid ones in Spanish."""
    dice = np.random.default_rng(3)
    n = 8000
    label = dice.choice(["no", "yes"], n)
    lang, plan = dice.choice(["de", "en", "es"], n), dice.choice(["free", "paid"], n)
    lost = dice.random(n) < np.where((lang == "es") & (plan == "paid"), 0.4, 0.03)
    table = pa.table(
        {
            "id": [f"r{at}" for at in range(n)],
            "y": label,
            "t": label,
            "s": np.where(lost, np.where(label == "no", "yes", "no"), label),
            "lang": lang,
            "plan": plan,
            "age": dice.integers(16, 90, n),
        }
    )
    made = tmp_path_factory.mktemp("discover")
    pq.write_table(table, made / "predictions.parquet")
    (made / "distilproof.toml").write_text(PROJECT, "utf-8")
    return made


class TestProject:
    def test_it_says_what_was_found_and_what_to_paste(self, call: Command, folder: Path) -> None:
        answer = call("discover", cwd=folder)
        assert (answer.status, answer.err) == (0, "")
        assert answer.first == (
            "FOUND small: 1 slice that nobody declared, 1 of them again on other rows"
        )
        assert answer.lines[1].startswith(f"  {CELL}: introduced error 0.")
        assert answer.lines[1].endswith(": confirmed")
        assert "held against 0.080, the cap of the bars" in answer.out
        assert f'  critical = ["lang=de", "{CELL}"]' in answer.lines
        assert answer.lines[-1] == "next: paste the lines, and judge again: distilproof gate"

    def test_what_is_pasted_makes_it_count(
        self, call: Command, folder: Path, tmp_path: Path
    ) -> None:
        line = call("discover", "--json", cwd=folder).json["paste"][0]
        pasted = PROJECT.replace('critical = ["lang=de"]', line)
        table = (folder / "predictions.parquet").read_bytes()
        (tmp_path / "predictions.parquet").write_bytes(table)
        (tmp_path / "distilproof.toml").write_text(pasted, "utf-8")
        gated = call("gate", cwd=tmp_path)
        assert gated.status == 1
        assert f"FAIL {CELL}: introduced error 0." in gated.out
        again = call("discover", cwd=tmp_path)
        assert again.first.startswith("NOTHING FOUND small: ")

    def test_it_is_a_look_that_gate_takes_no_second_time(
        self, call: Command, folder: Path, tmp_path: Path
    ) -> None:
        for name in ("predictions.parquet", "distilproof.toml"):
            (tmp_path / name).write_bytes((folder / name).read_bytes())
        kept = tmp_path / ".distilproof" / "looks.jsonl"
        call("discover", "--slices", "age", "--bands", "age=30,60", cwd=tmp_path)
        call("gate", cwd=tmp_path)
        (line,) = kept.read_bytes().splitlines()
        table = pq.read_table(tmp_path / "predictions.parquet")
        perfect = table.set_column(3, "s", table.column("y"))
        pq.write_table(perfect, tmp_path / "predictions.parquet")
        found = call("gate", "--json", cwd=tmp_path).json["findings"]
        assert "G3-looks" in {finding["code"] for finding in found}
        assert kept.read_bytes().splitlines()[0] == line

    def test_columns_besides_those_of_the_project(self, call: Command, folder: Path) -> None:
        answer = call("discover", "--slices", "age", "--bands", "age=30,60", cwd=folder)
        assert "looked at" in answer.out
        assert " of 3 columns," in answer.out

    def test_another_table_and_another_project_file(
        self, call: Command, folder: Path, tmp_path: Path
    ) -> None:
        answer = call(
            *("discover", folder / "predictions.parquet"),
            *("--project", folder / "distilproof.toml"),
            cwd=tmp_path,
        )
        assert answer.status == 0
        assert answer.lines[-1].startswith(
            "next: paste the lines, and judge again: distilproof gate --project "
        )

    def test_without_a_project_file_it_says_so(self, call: Command, tmp_path: Path) -> None:
        answer = call("discover", cwd=tmp_path)
        assert answer.status == 2
        assert "distilproof.toml cannot be read" in answer.err


class TestTable:
    def test_a_table_by_itself(self, call: Command, folder: Path, tmp_path: Path) -> None:
        table = folder / "predictions.parquet"
        words = ("discover", table, *ROLES, "--id", "id", "--slices", "lang,plan")
        answer = call(*words, cwd=tmp_path)
        assert answer.status == 0
        assert '  columns = ["lang", "plan"]' in answer.lines
        assert f'  critical = ["{CELL}"]' in answer.lines
        assert "the share of all rows" in answer.out

    def test_the_same_as_one_object(self, call: Command, folder: Path) -> None:
        table = folder / "predictions.parquet"
        words = ("discover", table, *ROLES, "--id", "id", "--slices", "lang,plan", "--json")
        value = call(*words, "--above", "0.1", "--depth", "2", "--most", "3").json
        assert value["schema"] == "distilproof.discovery/1"
        assert (value["measure"], value["reference"], value["depth"]) == ("asked", 0.1, 2)
        assert [one["slice"] for one in value["discovered"]] == [CELL]

    def test_what_is_critical_already(self, call: Command, folder: Path) -> None:
        table = folder / "predictions.parquet"
        words = ("discover", table, *ROLES, "--id", "id", "--slices", "lang,plan")
        assert call(*words, "--critical", CELL).first.startswith("NOTHING FOUND s: ")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--label", "y"), "discover needs --teacher, --student"),
            ((*ROLES, "--slices", "lang"), "nothing says which rows to discover slices on"),
            ((*ROLES, "--id", "id"), "no slice column is named"),
            ((*ROLES, "--id", "id", "--slices", "lang", "--share", "1"), "share is 1.0"),
            ((*ROLES, "--id", "id", "--slices", "lang", "--depth", "4"), "depth is 4"),
            ((*ROLES, "--id", "id", "--slices", "lnag"), "the table has no column 'lnag'"),
        ],
    )
    def test_mistakes(self, call: Command, folder: Path, words: tuple[str, ...], said: str) -> None:
        answer = call("discover", folder / "predictions.parquet", *words)
        assert answer.status == 2
        assert said in answer.err
        assert "hint:" in answer.err

    def test_columns_without_a_table(self, call: Command) -> None:
        answer = call("discover", *ROLES)
        assert answer.status == 2
        assert "columns are named by their role, and no table is" in answer.err

    def test_a_mistake_as_one_object(self, call: Command, folder: Path) -> None:
        answer = call("discover", folder / "predictions.parquet", "--label", "y", "--json")
        assert answer.status == 2
        assert answer.json["error"]["kind"] == "usage"

    def test_too_few_rows(self, call: Command, folder: Path, tmp_path: Path) -> None:
        few = pq.read_table(folder / "predictions.parquet").slice(0, 100)
        pq.write_table(few, tmp_path / "few.parquet")
        words = ("discover", tmp_path / "few.parquet", *ROLES, "--id", "id", "--slices", "lang")
        answer = call(*words, "--above", "0.1")
        assert answer.status == 3
        assert answer.first.startswith("CANNOT JUDGE s: no slice has the ")
