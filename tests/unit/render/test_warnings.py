"""What only warns stands apart: of slices under one head, and what is of no slice under another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from distilproof.domain.look import Look
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.render.html import assessment_html
from distilproof.render.text import decision_text

Assess = Callable[..., Assessment]

HEAD = "warnings, on slices that are not critical:"


def looked_at(assessed: Assess, make_rows: Callable[..., pd.DataFrame], name: str) -> Assessment:
    found = assessed(make_rows(5, 300), ["lang"], critical=())
    look = Look(data="d", candidate="c0ffee42", name=name, at=datetime(2026, 5, 1, tzinfo=UTC))
    return replace(found, records=replace(found.records, looks=(look,)))


def test_looks_stand_before_the_slices(
    assessed: Assess, make_rows: Callable[..., pd.DataFrame], hostile: tuple[str, ...]
) -> None:
    for name in hostile:
        text = decision_text(decide(looked_at(assessed, make_rows, name)))
        lines = text.split("\n")
        at = lines.index("warnings:")
        assert lines[at + 1].startswith("  STALE G3 Slices: the same rows were looked at once ")
        assert at + 2 == lines.index(HEAD)
        assert text.replace("\n", "").isprintable()


def test_the_page_shows_them_and_counts_the_slices_alone(
    assessed: Assess, make_rows: Callable[..., pd.DataFrame]
) -> None:
    found = looked_at(assessed, make_rows, "30x16")
    page = assessment_html(found, decide(found), title="t", versions={})
    assert "To be known, and binding nobody" in page
    assert "30x16 (c0ffee42) on 2026-05-01" in page
    plain = replace(found, records=replace(found.records, looks=()))
    assert "To be known" not in assessment_html(plain, decide(plain), title="t", versions={})
