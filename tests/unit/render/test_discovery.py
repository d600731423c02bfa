"""Discovered slices in words, as JSON, and as lines that a project file takes."""

import json
import tomllib
from dataclasses import replace

import pytest

from distilproof.counts.schema import Layout
from distilproof.domain.discovery import Discovered, Discovery
from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import Slice, cross_of
from distilproof.render.discovery import Asked, discovery_dict, discovery_text, paste

SLICE_LINE = (
    "lang=lang-17 & chan=chan-03: introduced error 0.259, lower bound 0.230, n 3,238, "
    "lang=lang-17 has 0.143; on other rows 0.267 [0.254, 0.280], n 3,313, p 3.3e-125: confirmed"
)
SEARCH_LINE = (
    "looked at 1,199 slices of 3 columns, up to 3 at once, each of 284 rows or more, on 499,877 "
    "labelled rows; held against 0.116, the share of all rows"
)
PLANTED = cross_of(["lang", "chan"], ["lang-17", "chan-03"])


def estimate(name: str, value: float | None, low: float, high: float, n: int) -> Estimate:
    return Estimate(
        metric="introduced_error",
        slice=name,
        value=value,
        low=low,
        high=high,
        n=n,
        n_eff=float(n),
        confidence=0.95,
        method="Clopper-Pearson",
    )


def discovered(slice_: Slice = PLANTED, *, confirmed: bool = True) -> Discovered:
    return Discovered(
        slice=slice_,
        found=estimate(slice_.name, 0.2594, 0.2298, 0.2906, 3238),
        retold=estimate(slice_.name, 0.2665, 0.2539, 0.2795, 3313),
        p_value=3.3e-125 if confirmed else 0.2,
        confirmed=confirmed,
        beside=("lang=lang-17", 0.1426),
        rows_needed=None if confirmed else 4100,
    )


def discovery(*found: Discovered, looked_at: int = 1199) -> Discovery:
    return Discovery(
        discovered=found,
        overall=estimate("overall", 0.1156, 0.1149, 0.1163, 499_877),
        reference=0.1156,
        measure="all rows",
        columns=("lang", "chan", "tier"),
        depth=3,
        looked_at=looked_at,
        least_rows=284,
        confidence=0.95,
    )


LAYOUT = Layout(
    columns=("lang", "chan", "tier"),
    bands=(("age", (16.0, 25.5)), ("tier", (1.0,))),
)
TABLE = Asked(
    student="s", source="t.parquet", rows=1_000_000, labelled_rows=1_000_000, layout=LAYOUT
)
PROJECT = replace(TABLE, columns=("lang", "chan", "tier"), critical=("tier=1", "lang=es"))


def test_what_was_found_and_what_to_paste() -> None:
    lines = discovery_text(discovery(discovered()), TABLE).splitlines()
    assert lines == [
        "FOUND s: 1 slice that nobody declared, 1 of them again on other rows",
        f"  {SLICE_LINE}",
        SEARCH_LINE,
        "to make them count, under [slices] in the project file:",
        '  columns = ["lang", "chan"]',
        '  critical = ["lang=lang-17 & chan=chan-03"]',
        "next: paste the lines, and judge again: distilproof gate",
    ]


def test_what_is_not_confirmed_is_not_pasted() -> None:
    text = discovery_text(discovery(discovered(confirmed=False)), TABLE)
    assert "p 0.2, 4,100 rows needed: not confirmed\n" in text
    assert "[slices]" not in text
    assert text.endswith("next: label more rows of these slices, and discover again")
    assert paste(discovery(discovered(confirmed=False)), TABLE) == []


@pytest.mark.parametrize(
    ("found", "first", "last"),
    [
        (
            discovery(),
            "NOTHING FOUND s: in no slice is it shown to introduce more errors than it may",
            "next: distilproof gate --project p.toml",
        ),
        (
            discovery(looked_at=0),
            "CANNOT JUDGE s: no slice has the 284 rows it takes",
            "next: label more rows, or name fewer columns or columns with fewer levels",
        ),
    ],
)
def test_where_nothing_is_found(found: Discovery, first: str, last: str) -> None:
    lines = discovery_text(found, TABLE, judge="distilproof gate --project p.toml").splitlines()
    assert (lines[0], lines[-1]) == (first, last)
    assert len(lines) == 3


def test_a_slice_without_other_rows_says_so() -> None:
    lonely = replace(discovered(confirmed=False), retold=estimate(PLANTED.name, None, 0.0, 1.0, 0))
    assert "; on other rows there is none, 4,100 rows needed: not confirmed" in discovery_text(
        discovery(lonely), TABLE
    )


def test_of_one_column_it_is_held_beside_all_rows() -> None:
    one = replace(discovered(Slice(column="lang", value="es")), beside=("overall", 0.1156))
    assert "lang=es: introduced error 0.259, lower bound 0.230, n 3,238, all rows have 0.116" in (
        discovery_text(discovery(one), TABLE)
    )


class TestPaste:
    def test_in_a_project_the_line_keeps_what_was_critical(self) -> None:
        assert paste(discovery(discovered()), PROJECT) == [
            'critical = ["tier=1", "lang=es", "lang=lang-17 & chan=chan-03"]'
        ]

    def test_a_column_that_the_project_lacks_comes_along_with_its_band(self) -> None:
        young = discovered(cross_of(["lang", "age"], ["es", "16..25.5"]))
        wider = replace(LAYOUT, columns=(*LAYOUT.columns, "age"))
        lines = paste(discovery(young), replace(PROJECT, layout=wider))
        assert tomllib.loads("\n".join(lines)) == {
            "columns": ["lang", "chan", "tier", "age"],
            "bands": {"age": [16, 25.5], "tier": [1]},
            "critical": ["tier=1", "lang=es", "lang=es & age=16..25.5"],
        }

    def test_whatever_the_names_the_lines_are_toml_that_says_them(
        self, hostile: tuple[str, ...]
    ) -> None:
        found = [discovered(Slice(column=f"c {name}", value=name)) for name in hostile]
        layout = Layout(
            columns=tuple(f"c {name}" for name in hostile),
            bands=tuple((f"c {name}", (1.0,)) for name in hostile),
        )
        lines = paste(discovery(*found), replace(TABLE, layout=layout))
        assert all(line.isprintable() for line in lines)
        said = tomllib.loads("\n".join(lines))
        assert said["columns"] == [f"c {name}" for name in hostile]
        assert said["critical"] == [f"c {name}={name}" for name in hostile]
        assert said["bands"] == {f"c {name}": [1] for name in hostile}


def test_no_name_breaks_a_line(hostile: tuple[str, ...]) -> None:
    found = [discovered(Slice(column="c", value=name)) for name in hostile]
    text = discovery_text(discovery(*found), replace(TABLE, student=hostile[4]))
    assert len(text.split("\n")) == len(hostile) + 5
    assert text.replace("\n", "").isprintable()


def test_the_same_in_json() -> None:
    asked = replace(PROJECT, student="größe")
    value = json.loads(json.dumps(discovery_dict(discovery(discovered()), asked), allow_nan=False))
    assert value["schema"] == "distilproof.discovery/1"
    assert (value["student"], value["looked_at"], value["exit_code"]) == ("größe", 1199, 0)
    (one,) = value["discovered"]
    assert (one["slice"], one["confirmed"]) == ("lang=lang-17 & chan=chan-03", True)
    assert one["beside"] == {"slice": "lang=lang-17", "share": 0.1426}
    assert one["found"]["low"] == 0.2298
    assert value["paste"] == paste(discovery(discovered()), asked)


def test_colour_is_only_for_the_answer() -> None:
    found = discovery(discovered())
    coloured = discovery_text(found, TABLE, colour=True)
    assert coloured.startswith("\x1b[1;33mFOUND\x1b[0m s: ")
    assert coloured.replace("\x1b[1;33m", "").replace("\x1b[0m", "") == discovery_text(found, TABLE)
