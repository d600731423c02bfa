"""What a section gathers: which slices, groups and classes are shown, and which is weakest."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from distilproof.domain.finding import Status
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.render.sections import MOST_CLASSES, student_section
from distilproof.render.view import by_column, missing_by_check, open_findings, slice_views, weakest

Assess = Callable[..., Assessment]
MakeRows = Callable[..., pd.DataFrame]


def test_estimates_and_findings_stand_with_their_slice(ordinary: Assessment) -> None:
    views = slice_views(ordinary)
    assert [view.slice for view in views] == list(ordinary.slices)
    for view in views:
        assert all(e.slice == view.slice.name for e in view.estimates.values())
        assert all(f.requirement and f.requirement.slice == view.slice.name for f in view.findings)
    assert sum(len(view.estimates) for view in views) == len(ordinary.estimates)


def test_slices_are_grouped_by_column_in_order(ordinary: Assessment) -> None:
    columns = by_column(slice_views(ordinary))
    assert [(c.title, [v.level for v in c.slices]) for c in columns] == [
        ("All rows", ["All rows"]),
        ("lang", ["de", "es", "fr"]),
        ("tier", ["a", "b"]),
    ]


def test_the_weakest_slice_is_critical_and_lowest_by_bound(
    assessed: Assess, make_rows: MakeRows
) -> None:
    frame = make_rows(11, 900)
    found = weakest(slice_views(assessed(frame, ("lang",), critical=("lang=de", "lang=es"))))
    assert found is not None
    assert found.slice.name in ("lang=de", "lang=es")
    every = assessed(frame, ("lang",))
    lows = {e.slice: e.low for e in every.estimates if e.metric == "accuracy_difference"}
    del lows["overall"]
    lowest = weakest(slice_views(every))
    assert lowest is not None
    assert lowest.slice.name == min(lows, key=lambda name: lows[name])
    assert weakest(slice_views(assessed(frame))) is None


def test_of_two_classes_the_last_is_shown_of_more_the_most_frequent(
    assessed: Assess, make_rows: MakeRows
) -> None:
    two = student_section(assessed(make_rows(12, 200)), None, key="s")
    assert two.classes == ("yes",)
    frame = make_rows(13, 800, classes="abcde")
    frame = frame[(frame.label != "a") | (frame.index % 7 == 0)]
    counts = frame.label.value_counts()
    by_count = sorted(counts.index, key=lambda name: (-counts[name], name))
    five = student_section(assessed(frame), None, key="s")
    assert list(five.classes) == by_count[:MOST_CLASSES]


def test_measured_findings_are_told_from_missing_ones(ordinary: Assessment) -> None:
    section = student_section(ordinary, decide(ordinary), key="s")
    assert section.decision is not None
    assert section.status is section.decision.status
    assert section.measured is ordinary.status
    assert all(f.status is not Status.MISSING for f in section.deciding + section.warnings)
    assert set(section.missing) == {"G1", "G2", "G4", "G5", "G6"}
    assert [check.code for check in section.checks] == ["G1", "G2", "G3", "G4", "G5", "G6"]


def test_missing_reasons_stand_once_with_their_number(bare: dict[str, Assessment]) -> None:
    reasons = missing_by_check(bare["confidence"].findings)
    assert len(reasons["G4"]) == 1
    assert reasons["G4"][0].endswith("(8 requirements)")


def test_open_findings_leave_out_what_passes_and_keep_what_is_waived(ordinary: Assessment) -> None:
    passing = replace(ordinary.findings[0], status=Status.PASS)
    waived = replace(passing, status=Status.WAIVED)
    failing = replace(passing, status=Status.FAIL)
    assert open_findings([passing, waived, failing]) == (failing, waived)


def test_tables_hold_as_many_slices_as_they_may(crowded: Assessment) -> None:
    section = student_section(crowded, None, key="s", most=50)
    assert sum(len(column.slices) for column in section.listed) == 50
    assert section.unlisted == 151
    assert section.listed[0].title == "All rows"
