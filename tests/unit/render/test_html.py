"""The report is one small, closed, well-formed page in which every name is only text."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.records import Records
from distilproof.render.html import assessment_html, notebook_html
from distilproof.render.page import BUDGET
from distilproof.render.visible import visible

Assess = Callable[..., Assessment]

VERSIONS = {"distilproof": "1.2.3", "numpy": "2.0.0"}
VOID = {"meta", "br", "circle"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TAGS = {
    *HEADINGS, *VOID, "html", "head", "title", "style", "body", "header", "main", "footer", "nav",
    "section", "article", "p", "a", "ul", "li", "dl", "dt", "dd", "div", "span", "strong", "em",
    "code", "small", "bdi", "table", "caption", "thead", "tbody", "tr", "th", "td", "details",
    "summary", "figure", "figcaption", "svg", "g", "path", "text",
}  # fmt: skip


@dataclass
class Element:
    """One element of a page: its tag, attributes, and the text directly or deeply inside."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """Reads a page strictly: every element that opens has to close, in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        element = Element(tag, {name: value or "" for name, value in attrs})
        for outer in self.open:
            outer.inside.append(tag)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def page_of(assessment: Assessment) -> str:
    return assessment_html(assessment, decide(assessment), title="A student", versions=VERSIONS)


@pytest.fixture(scope="module")
def html(ordinary: Assessment) -> str:
    return page_of(ordinary)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_nothing_is_loaded_or_run(html: str, page: Page) -> None:
    assert not re.search(r"https?:|<script|<link|<iframe|<img|@import|url\(|javascript:", html)
    names = {name for element in page.elements for name in element.attributes}
    assert not {name for name in names if name.startswith("on") or name in ("src", "srcset")}
    assert {a.attributes["href"][0] for a in page.all("a")} <= {"#"}
    policies = [m for m in page.all("meta") if "http-equiv" in m.attributes]
    assert [m.attributes["content"] for m in policies] == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    ]


def test_only_known_elements_stand_on_the_page(page: Page) -> None:
    assert {element.tag for element in page.elements} <= TAGS
    assert page.all("html")[0].attributes["lang"] == "en"
    assert [element.text for element in page.all("title")] == ["A student"]


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(heading.tag[1]) for heading in page.all(*HEADINGS)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_decision_comes_first_then_the_checks_then_the_slices(page: Page) -> None:
    assert [heading.text for heading in page.all("h2")] == [
        "Decision",
        "The six checks",
        "Slices",
        "Where errors come from",
        "Confidence",
        "Rates by group",
        "How the table was read",
        "How to read this",
    ]


def test_every_id_is_one_and_every_reference_finds_it(page: Page) -> None:
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    named = [e.attributes.get("aria-labelledby") for e in page.elements]
    links = [e.attributes["href"][1:] for e in page.all("a")]
    assert {name for name in (*named, *links) if name} <= set(ids)


def test_tables_and_figures_have_names_and_headers(page: Page) -> None:
    assert all("caption" in table.inside for table in page.all("table"))
    assert all("scope" in header.attributes for header in page.all("th"))
    assert all("figcaption" in figure.inside for figure in page.all("figure"))
    pictures = [s for s in page.all("svg") if "aria-hidden" not in s.attributes]
    assert len(pictures) == len(page.all("figure")) >= 12
    assert all(s.attributes["role"] == "img" and s.attributes["aria-label"] for s in pictures)
    scrolled = [e for e in page.elements if e.attributes.get("class") == "scroll"]
    assert all(e.attributes["tabindex"] == "0" and e.attributes["aria-label"] for e in scrolled)


def test_every_table_row_has_the_same_number_of_cells(html: str) -> None:
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        body = table.partition("<tbody>")[2]
        rows = re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
        assert len({len(re.findall(r"<t[hd]\b", row)) for row in rows}) == 1


def test_it_holds_the_evidence(html: str, ordinary: Assessment) -> None:
    assert ordinary.cube.digest in html
    assert ordinary.policy_digest in html
    assert "distilproof 1.2.3, numpy 2.0.0" in html
    assert ordinary.origin.labelled_rows == 1421
    assert "1,500, of which 1,421 with a label (5.27 % unlabelled" in html
    for view in ordinary.slices:
        assert f"<bdi>{view.name}</bdi>" in html
    student = ordinary.estimate("student_accuracy", "lang=es")
    assert student is not None
    assert f"{student.value:.3f} <small>[{student.low:.3f}, {student.high:.3f}]</small>" in html


def test_every_status_is_a_word(page: Page) -> None:
    chips = [e for e in page.elements if e.attributes.get("class") == "chip"]
    assert chips
    assert all(chip.text == chip.attributes["data-status"] for chip in chips)
    verdict = next(e for e in page.elements if e.attributes.get("class") == "verdict")
    assert verdict.text.startswith(("FAIL", "CANNOT JUDGE"))


def test_all_six_checks_say_what_is_missing(page: Page) -> None:
    checks = next(t for t in page.all("table") if t.attributes.get("class") == "checks")
    for code in ("G1 Terms", "G2 Student", "G3 Slices", "G4 Confidence", "G5 Teacher", "G6 "):
        assert code in checks.text
    assert "no clearance of the terms of large is on record" in checks.text


def test_without_a_decision_there_are_no_checks(ordinary: Assessment) -> None:
    page = Page(assessment_html(ordinary, title="A student", versions={}))
    assert "The six checks" not in [heading.text for heading in page.all("h2")]


def test_the_only_date_is_the_decisions(ordinary: Assessment, html: str) -> None:
    at = datetime(2031, 5, 6, tzinfo=UTC)
    dated = page_of(replace(ordinary, records=Records(at=at)))
    assert "Decided on 2031-05-06, in UTC." in dated
    assert "Decided on" not in html
    assert html.count("20") == dated.count("20") - 1


def test_hostile_names_are_text_and_nothing_else(
    attacked: Assessment, hostile: tuple[str, ...]
) -> None:
    decision = decide(attacked)
    html = assessment_html(attacked, decision, title=hostile[1] + hostile[9], versions=VERSIONS)
    page = Page(html)
    assert {element.tag for element in page.elements} <= TAGS
    assert "49" not in page.all("title")[0].text
    assert re.sub(
        "[\n\u2013\u2019\u201c\u201d\u2264\u2265\u2212\u2026\u00b7]", "", html
    ).isprintable()
    names = {element.text for element in page.all("bdi")}
    for name in hostile:
        assert f"{visible(name)}={visible(name)}" in names, ascii(name)
    assert {visible(name) for name in (attacked.student, attacked.teacher)} <= names


def test_hostile_names_are_text_in_a_notebook(
    attacked: Assessment, hostile: tuple[str, ...]
) -> None:
    page = Page(notebook_html(attacked))
    assert {element.tag for element in page.elements} <= TAGS
    names = {element.text for element in page.all("bdi")}
    assert {f"{visible(name)}={visible(name)}" for name in hostile} <= names
    assert not page.all("svg")


def test_a_notebook_fragment_styles_only_itself(ordinary: Assessment) -> None:
    html = notebook_html(ordinary)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    selectors = re.findall(r"([^{}]+)\{", style[1])
    assert all(
        part.strip().startswith(".distilproof-evaluation")
        for selector in selectors
        for part in selector.split(",")
    )
    assert "CANNOT JUDGE" in html or "FAIL" in html


def test_two_hundred_slices_stay_under_the_budget(crowded: Assessment) -> None:
    html = page_of(crowded)
    assert len(html.encode()) < BUDGET
    page = Page(html)
    assert "slices more are left to the table" in re.sub(r"\s+", " ", html)
    assert sum("Lowest:" in s.attributes.get("aria-label", "") for s in page.all("svg")) > 4


def test_what_is_left_out_to_stay_under_the_budget_is_said(
    assessed: Assess, make_rows: Callable[..., pd.DataFrame]
) -> None:
    frame = make_rows(6, 3_000)
    frame["number"] = [f"a level with a number, {at % 270}" for at in range(len(frame))]
    html = page_of(assessed(frame, ("number",)))
    assert len(html.encode()) < BUDGET
    assert "left out of this page to keep it small" in html


@pytest.mark.parametrize(
    "lacking",
    [
        "bars",
        "labels",
        "confidence",
        "teacher's confidence",
        "slices",
        "rows but one",
        "evidence",
        "a declared slice",
        "disagreement",
    ],
)
def test_what_lacks_something_is_still_a_page(bare: dict[str, Assessment], lacking: str) -> None:
    assessment = bare[lacking]
    for html in (
        page_of(assessment),
        assessment_html(assessment, title="t", versions={}),
        notebook_html(assessment),
    ):
        Page(html)
        assert "nan" not in html.lower().split()
        assert "None" not in html


def test_what_lacks_something_says_so(bare: dict[str, Assessment]) -> None:
    said = {
        "bars": "no bar was given, so nothing was judged",
        "labels": "No slice has a labelled row",
        "teacher's confidence": "Reliability of the student",
        "confidence": "The table holds no confidence on labelled rows",
        "slices": "No slice column was given",
    }
    assert "Rates of the class <bdi>yes</bdi>" in assessment_html(
        bare["labels"], title="t", versions={}
    )
    for lacking, words in said.items():
        assert words in assessment_html(bare[lacking], title="t", versions={}), lacking


def test_a_slice_of_the_label_is_no_group_and_not_asked_for_calibration(
    assessed: Assess, make_rows: Callable[..., pd.DataFrame]
) -> None:
    frame = make_rows(9, 300)
    frame = frame[frame.label.notna()]
    page = Page(page_of(assessed(frame, ("label", "lang"))))
    tables = {
        table.text.strip().split(",")[0].split(" of ")[0]: table for table in page.all("table")
    }
    assert "label=yes" in tables["Accuracy"].text
    assert "label=yes" not in tables["Rates"].text
    assert "label=yes" not in tables["Calibration error (root mean square"].text


SCRIPT = """
import hashlib, sys
from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Origin
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing
from distilproof.render.html import assessment_html, notebook_html
from distilproof.render.text import decision_text

cells = [
    Cell(column, value, bool(i % 5), bool(i % 7), bool(i % 3), n=10 + i, confidence=0.5 + i / 80)
    for column, value in (("", ""), ("lang", "es"), ("lang", "<b>"), ("tier", "a"))
    for i in range(40)
]
origin = Origin(
    student="small", teacher="large", source="cells", rows=1180, labelled_rows=1180,
    roles=Roles(label="y", teacher="t", student="s", student_confidence="p"),
    layout=Layout(columns=("lang", "tier")),
)
bars = Bars(accuracy_floor=0.7, accuracy_margin=0.1, calibration_cap=0.1)
found = assess(Cube.from_cells(cells), origin, Slicing(), Policy(bars=bars))
decision = decide(found)
pages = [
    assessment_html(found, decision, title="t", versions={"a": "1"}),
    notebook_html(found),
    decision_text(decision),
]
sys.stdout.write(hashlib.sha256("".join(pages).encode()).hexdigest())
"""


def test_two_processes_write_the_same_bytes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop()) == hashlib.sha256().digest_size * 2
