"""Every row that sizes are judged by serves one end, and what cannot be told is refused early."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pytest

from distilproof.distil.splits import plan_splits, splits_of
from distilproof.errors import LeakageError, ProjectFileError, TableError, UsageError
from distilproof.workflows.ladder_rows import LadderRows, read_ladder_rows
from distilproof.workflows.project import Project
from ladder_project import INPUTS, ROWS, SECTIONS, rows_of, with_column

Ladder = Callable[..., Project]

DATA = SECTIONS["data"]
SHARES: Mapping[str, Mapping[Any, float]] = {
    "calibrate": {"fit": 0.5, "select": 0.5},
    "certify": {"certify": 0.75, "discover": 0.25},
}


def rows_in(project: Project) -> LadderRows:
    return read_ladder_rows(project.folder, project.file, INPUTS)


def splits_in(rows: LadderRows) -> dict[str, int]:
    counted = rows.table.column("split").value_counts().to_pylist()
    return {one["values"]: one["counts"] for one in counted}


def leaked(name: str, count: int, *, rename: bool = True) -> pa.Table:
    """Rows to certify on, the first of them taken out of another table."""
    taken, certify = rows_of(name).slice(0, count), rows_of("certify")
    if rename:
        taken = with_column(taken, "id", [f"as-new-{at}" for at in range(count)])
    else:
        taken = with_column(taken, "x0", np.full(count, 2.5))
    return pa.concat_tables([taken, certify.slice(count)])


class TestSplits:
    def test_each_table_is_cut_by_the_hash_of_the_id(self, ladder: Ladder) -> None:
        rows = rows_in(ladder())
        assert rows.parts == ("calibrate", "certify")
        ids = [one for use in rows.parts for one in rows_of(use)["id"].to_pylist()]
        assert rows.table["id"].to_pylist() == ids
        expected = [
            split
            for use in rows.parts
            for split in splits_of(rows_of(use)["id"].to_pylist(), SHARES[use])
        ]
        assert rows.table["split"].to_pylist() == expected
        assert [*rows.certify_ids] == rows_of("certify")["id"].to_pylist()

    def test_a_share_to_discover_on_is_taken_from_the_rows_to_certify_on_and_said(
        self, ladder: Ladder
    ) -> None:
        (note,) = rows_in(ladder()).notes
        assert note.startswith("25% of the rows to certify on are set apart to discover slices on")

    def test_a_table_to_discover_on_leaves_all_rows_to_certify_on(self, ladder: Ladder) -> None:
        rows = rows_in(ladder(data=f'{DATA}\ndiscover = "discover.parquet"'))
        assert rows.notes == ()
        found = splits_in(rows)
        assert (found["certify"], found["discover"]) == (ROWS["certify"], ROWS["discover"])

    def test_without_a_table_to_calibrate_on_a_share_certifies_nothing_and_that_is_said(
        self, ladder: Ladder
    ) -> None:
        rows = rows_in(ladder(data=DATA.replace('calibrate = "calibrate.parquet"\n', "")))
        assert rows.parts == ("certify",)
        assert rows.notes[0].startswith("no table to calibrate on is named: 30% of the rows")
        found = splits_in(rows)
        assert set(found) == {"fit", "select", "certify", "discover"}
        assert 0.25 < (found["fit"] + found["select"]) / ROWS["certify"] < 0.35

    def test_splits_of_the_table_itself_are_taken_as_they_are(self, ladder: Ladder) -> None:
        own = ["certify" if at % 3 else "discover" for at in range(ROWS["certify"])]
        tables = {
            "certify": with_column(rows_of("certify"), "part", own),
            "calibrate": with_column(rows_of("calibrate"), "part", ["production"] * 1600),
        }
        rows = rows_in(ladder(tables, predictions='split = "part"'))
        found = rows.table["part"].to_pylist()
        assert found[ROWS["calibrate"] :] == own
        assert set(found[: ROWS["calibrate"]]) == {"fit", "select"}
        assert rows.notes == ()

    def test_rows_of_one_cluster_stay_together(self, ladder: Ladder) -> None:
        tables = {
            use: with_column(rows_of(use), "who", [f"{use}{at % 200}" for at in range(ROWS[use])])
            for use in ("calibrate", "certify")
        }
        rows = rows_in(ladder(tables, predictions='cluster = "who"'))
        who, split = rows.table["who"].to_pylist(), rows.table["split"].to_pylist()
        assert len({*zip(who, split, strict=True)}) == len({*who}) == 400
        assert "who" in rows.keep


class TestColumns:
    def test_predictions_keep_what_tells_a_row_and_its_slices(self, ladder: Ladder) -> None:
        project = ladder(
            slices='columns = ["tier", "region"]\ncritical = ["region=south & y=yes"]',
        )
        rows = rows_in(project)
        assert rows.keep == ("id", "split", "y", "tier", "region")
        assert rows.inputs == INPUTS
        assert set(rows.table.column_names) == {*rows.keep, *INPUTS}

    def test_ids_and_labels_become_text_and_of_two_types_of_numbers_the_wider_is_taken(
        self, ladder: Ladder
    ) -> None:
        numbers = np.arange(ROWS["calibrate"])
        calibrate = with_column(rows_of("calibrate"), "id", numbers)
        calibrate = with_column(calibrate, "y", numbers % 2)
        calibrate = with_column(calibrate, "x1", (numbers % 3).astype(np.int32))
        rows = rows_in(ladder({"calibrate": calibrate}))
        assert rows.table["id"].to_pylist()[:2] == ["0", "1"]
        assert rows.table["y"].to_pylist()[:2] == ["0", "1"]
        assert rows.table.schema.field("x1").type == pa.float64()

    def test_a_table_may_be_csv(self, ladder: Ladder) -> None:
        project = ladder(data=DATA.replace("calibrate.parquet", "calibrate.csv"))
        before = rows_in(ladder())
        pv.write_csv(rows_of("calibrate"), project.folder / "calibrate.csv")
        assert rows_in(project).table.equals(before.table)

    def test_ids_that_two_tables_share_are_told_apart(self, ladder: Ladder) -> None:
        calibrate = with_column(
            rows_of("calibrate"), "id", [f"certify-{at}" for at in range(ROWS["calibrate"])]
        )
        ids = rows_in(ladder({"calibrate": calibrate})).table["id"].to_pylist()
        assert len({*ids}) == len(ids)
        assert ids[0] == "calibrate/certify-0"
        assert ids[ROWS["calibrate"]] == "certify-0"


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (DATA.replace('certify = "certify.parquet"\n', ""), "no rows to certify on"),
            (DATA.replace('id = "id"\n', ""), "nothing names a row"),
        ],
    )
    def test_a_project_that_does_not_say_enough(self, ladder: Ladder, data: str, said: str) -> None:
        with pytest.raises(ProjectFileError, match=said) as refused:
            rows_in(ladder(data=data))
        assert refused.value.hint

    def test_a_table_that_is_not_there(self, ladder: Ladder) -> None:
        with pytest.raises(TableError, match=r"no file .*gone\.parquet"):
            rows_in(ladder(data=DATA.replace("certify.parquet", "gone.parquet")))

    @pytest.mark.parametrize("column", ["id", "y", "x1", "tier"])
    @pytest.mark.parametrize("use", ["calibrate", "certify"])
    def test_a_column_that_is_missing_is_named_with_the_one_that_was_meant(
        self, ladder: Ladder, use: str, column: str
    ) -> None:
        names = [f"{name}_" if name == column else name for name in rows_of(use).column_names]
        with pytest.raises(TableError, match=rf"{use}\.parquet has no column '{column}'") as found:
            rows_in(ladder({use: rows_of(use).rename_columns(names)}))
        assert found.value.hint == f"Did you mean '{column}_'?"

    def test_a_role_that_only_one_table_has(self, ladder: Ladder) -> None:
        tables = {"certify": with_column(rows_of("certify"), "w", np.ones(ROWS["certify"]))}
        with pytest.raises(TableError, match=r"calibrate\.parquet has no column 'w'"):
            rows_in(ladder(tables, predictions='weight = "w"'))

    def test_rows_without_an_id(self, ladder: Ladder) -> None:
        ids = rows_of("certify")["id"].to_pylist()
        tables = {"certify": with_column(rows_of("certify"), "id", [None, None, *ids[2:]])}
        with pytest.raises(TableError, match=r"2 rows of .*certify\.parquet have no 'id'"):
            rows_in(ladder(tables))

    def test_types_that_do_not_fit_together(self, ladder: Ladder) -> None:
        tables = {"calibrate": with_column(rows_of("calibrate"), "tier", np.zeros(1600, np.int64))}
        with pytest.raises(TableError, match=r"do not fit together: .*tier") as refused:
            rows_in(ladder(tables))
        assert refused.value.hint == "Write that column in one type in each of them."

    @pytest.mark.parametrize(
        "name", ["teacher", "student", "split", "teacher_confidence", "student_confidence"]
    )
    def test_a_column_that_predictions_write(self, ladder: Ladder, name: str) -> None:
        tables = {
            use: rows_of(use).rename_columns(
                [name if column == "tier" else column for column in rows_of(use).column_names]
            )
            for use in ("calibrate", "certify")
        }
        slices = SECTIONS["slices"].replace("tier", name)
        with pytest.raises(UsageError, match=f"have a column '{name}' already"):
            rows_in(ladder(tables, slices=slices))


class TestLeaks:
    @pytest.mark.parametrize("use", ["calibrate", "discover"])
    def test_rows_to_certify_on_that_stand_elsewhere_by_their_inputs(
        self, ladder: Ladder, use: str
    ) -> None:
        project = ladder({"certify": leaked(use, 7)}, data=f'{DATA}\ndiscover = "discover.parquet"')
        with pytest.raises(LeakageError) as refused:
            rows_in(project)
        assert refused.value.message == (
            "7 rows of certify.parquet are also among those that were learnt from "
            f"(7 in {use}.parquet): as-new-0, as-new-1, as-new-2, as-new-3, as-new-4 and 2 more"
        )

    def test_rows_to_certify_on_that_stand_elsewhere_by_their_id(self, ladder: Ladder) -> None:
        project = ladder(
            {"certify": leaked("calibrate", 4, rename=False)}, labelling='apart_by = "id"'
        )
        with pytest.raises(LeakageError, match=r"4 rows of certify\.parquet .*calibrate-0"):
            rows_in(project)

    def test_rows_that_look_alike_pass_where_ids_tell_them_apart(self, ladder: Ladder) -> None:
        project = ladder({"certify": leaked("calibrate", 7)}, labelling='apart_by = "id"')
        assert len(rows_in(project).certify_ids) == ROWS["certify"]

    def test_rows_that_stand_twice_in_the_table_to_certify_on(self, ladder: Ladder) -> None:
        certify = rows_of("certify").slice(0, 800)
        again = with_column(certify, "id", [f"again-{at}" for at in range(800)])
        tables = {"certify": pa.concat_tables([certify, again])}
        assert rows_in(ladder(tables)).parts == ("calibrate", "certify")
        alone = DATA.replace('calibrate = "calibrate.parquet"\n', "")
        with pytest.raises(LeakageError) as refused:
            rows_in(ladder(tables, data=alone))
        assert " in its own rows to fit and to select by): certify-" in refused.value.message
        ids = tables["certify"]["id"].to_pylist()
        shares = plan_splits(calibrate=False, discover=False).certify
        split = dict(zip(ids, splits_of(ids, shares), strict=True))
        torn = sum(
            split[f"{one}-{at}"] == "certify" and split[f"{other}-{at}"] in {"fit", "select"}
            for at in range(800)
            for one, other in (("certify", "again"), ("again", "certify"))
        )
        assert refused.value.message.startswith(f"{torn} rows of certify.parquet are also among")
        assert 'apart_by = "id"' in refused.value.hint
        by_id = ladder(tables, data=alone, labelling='apart_by = "id"')
        assert rows_in(by_id).parts == ("certify",)

    def test_rows_told_apart_by_inputs_need_inputs(self, ladder: Ladder) -> None:
        project = ladder()
        with pytest.raises(UsageError, match="no inputs are named") as refused:
            read_ladder_rows(project.folder, project.file, ())
        assert 'apart_by = "id"' in refused.value.hint
