"""The page of a sweep: the answer first, every number beside its picture, names only text."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from distilproof.domain.certificate import Rung
from distilproof.domain.sweep import GoldBaseline, Sweep, SweptRung
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.render.html import sweep_html
from distilproof.render.ladder.page import MOST_SLICES
from distilproof.render.page import BUDGET
from distilproof.render.visible import visible
from made_sweep import LADDER, WEAK, Made, Maker, attacked, none_holds, usual

VERSIONS = {"distilproof": "1.2.3", "numpy": "2.0.0"}
VOID = {"meta", "br", "circle"}
TAGS = {
    *VOID, "html", "head", "title", "style", "body", "header", "main", "footer", "nav", "section",
    "article", "h1", "h2", "h3", "h4", "p", "a", "ul", "li", "dl", "dt", "dd", "div", "span",
    "strong", "em", "code", "pre", "small", "bdi", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "details", "summary", "figure", "figcaption", "svg", "g", "path", "text",
}  # fmt: skip
SIGNS = "[\n\u2013\u2018\u2019\u201c\u201d\u2264\u2265\u2212\u2026\u00b7\u2190\u2192\u2193]"


class Reader(HTMLParser):
    """Reads a page strictly: every element that opens has to close, in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[tuple[str, int]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))
        self.text.append("")
        if tag == "br":
            self.handle_data(" ")
        if tag not in VOID:
            self.open.append((tag, len(self.seen) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, at in self.open:
            self.text[at] += data

    def words(self, *tags: str) -> list[str]:
        """Text of each element of these tags, in one line."""
        return [
            " ".join(text.split())
            for (tag, _), text in zip(self.seen, self.text, strict=True)
            if tag in tags
        ]

    def attributes(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.seen if tag in tags]


def page_of(made: Made, title: str = "A sweep") -> str:
    return sweep_html(made.sweep, made.costs, made.chosen, title=title, versions=VERSIONS)


def body_rows(html: str, caption: str) -> list[list[str]]:
    """Texts of the cells of the table whose caption begins so, without their bounds."""
    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    table = next(t for t in tables if caption in Reader(t).words("caption")[0])
    rows = re.findall(r"<tr\b.*?</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [[*Reader(row).words("th", "td")] for row in rows]


@pytest.fixture(scope="module")
def made() -> Made:
    return usual()


@pytest.fixture(scope="module")
def html(made: Made) -> str:
    return page_of(made)


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    return Reader(html)


def test_nothing_is_loaded_or_run(html: str, page: Reader) -> None:
    assert not re.search(r"https?:|<script|<link|<iframe|<img|@import|url\(|javascript:", html)
    names = {name for _, attributes in page.seen for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("src", "srcset")}
    assert {a["href"][0] for a in page.attributes("a")} == {"#"}
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in html
    assert {tag for tag, _ in page.seen} <= TAGS


def test_the_answer_comes_first_then_the_slices_then_the_rest(page: Reader) -> None:
    assert page.words("h2") == [
        "The smallest size that holds",
        "Every size on every critical slice",
        "What each size costs",
        "Was it worth distilling?",
        "Calibration before and after",
        "Slices that nobody declared",
        "The chosen size, 60x16",
        "Record of the sweep",
        "How the size was chosen",
        "How to read this",
    ]
    assert page.words("h3")[:3] == [
        "What does not hold at the next step, 30x16",
        "Decided because nobody said otherwise",
        "Step by step",
    ]
    levels = [int(tag[1]) for tag, _ in page.seen if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_answer_says_which_slice_by_how_much_and_what_is_needed(page: Reader) -> None:
    verdict = page.words("p")[2]
    assert verdict == "PASS 60x16 is the smallest size that holds every critical slice."
    (found,) = [text for text in page.words("li") if text.startswith(f"INSUFFICIENT {WEAK}")]
    assert re.search(r"lower bound \u22120\.059, must be \u2265 \u22120\.05, n 843, ", found)
    needed = re.search(r"([\d,]+) rows needed", found)
    assert needed
    said = page.words("p")
    assert (
        f"Its bound is short by 0.009; {needed[1]} labelled rows of the slice in all, 843 of which "
        "are there, would settle it at the rate seen."
    ) in said
    assert any(text.startswith("On all rows the same size holds, at \u22120.009") for text in said)


def test_every_id_is_one_and_every_reference_finds_it(page: Reader) -> None:
    ids = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
    assert len({*ids}) == len(ids)
    named = [attributes.get("aria-labelledby", "") for _, attributes in page.seen]
    links = [a["href"][1:] for a in page.attributes("a")]
    assert {name for name in (*named, *links) if name} <= {*ids}


def test_tables_and_figures_have_names_and_headers(html: str, page: Reader) -> None:
    pictures = [s for s in page.attributes("svg") if "aria-hidden" not in s]
    assert len(pictures) == len(page.words("figure")) == len(page.words("figcaption"))
    assert len(pictures) > 25
    assert all(s["role"] == "img" and len(s["aria-label"]) > 20 for s in pictures)
    assert all("scope" in header for header in page.attributes("th"))
    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    assert all("<caption>" in table for table in tables)
    for table in tables:
        rows = re.findall(r"<tr\b.*?</tr>", table.partition("<tbody>")[2], re.DOTALL)
        assert len({len(re.findall(r"<t[hd]\b", row)) for row in rows}) == 1, table[:200]


def test_every_size_stands_in_the_table_with_what_became_of_it(html: str, made: Made) -> None:
    rows = body_rows(html, "Every size in the order declared")
    assert [row[0].split()[0] for row in rows] == [rung.name for rung in made.sweep.rungs]
    became = {row[0].split()[0]: row[1] for row in rows}
    assert became["60x16"] == "chosen"
    assert became["100x16"] == "failed"
    assert became["20x8"] == "set aside figures: select rows"
    assert became["60x16@hard"] == "compared"
    why = {row[0].split()[0]: row[4] for row in rows}
    assert why["100x16"] == "Its process was killed by signal 9"
    assert why["10x8"].startswith("The order ended at 30x16 INSUFFICIENT")
    assert why["60x16"] == ""


def test_under_the_small_pictures_stand_the_same_numbers(html: str, made: Made) -> None:
    rows = {row[0]: row for row in body_rows(html, f"{WEAK}: ")}
    assert list(rows) == [rung.name for rung in made.sweep.rungs if not rung.error]
    for name in ("60x16", "20x8", "60x16@gold"):
        rung = made.sweep.rung(name)
        assert rung
        value = rung.estimate("accuracy_difference", WEAK)
        assert value
        shown = f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]".replace("-", "\u2212")
        assert rows[name][3] == shown
        assert rows[name][1] == rung.judged_on
    labels = [unescape(label) for label in re.findall(r'aria-label="([^"]*)"', html)]
    (panel,) = [label for label in labels if label.startswith(f"Accuracy difference on {WEAK}")]
    assert "30x16 -0.044" in panel
    assert panel.endswith("It breaks at 30x16. A table beneath has every bound.")


def test_the_slice_that_breaks_stands_beside_all_rows(page: Reader) -> None:
    assert page.words("figcaption")[:4] == [
        "All rows holds wherever it was looked at",
        f"{WEAK} no longer proven at 30x16",
        "disability=yes holds wherever it was looked at",
        "race=asian holds wherever it was looked at",
    ]


def test_costs_stand_by_themselves(html: str) -> None:
    rows = {row[0].split()[0]: row for row in body_rows(html, "Size, speed and training")}
    assert rows["200x16"][1:9] == [
        "48,750", "381 KiB", "90,000", "1.9", "2.6", "1", "8.3", "296 MiB",
    ]  # fmt: skip
    assert rows["30x16"][1:9] == ["\u2013"] * 5 + ["1", "2.1", "296 MiB"]
    assert "100x16" not in rows


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.012, 0.02, "helped"),
        (-0.02, -0.012, "hurt"),
        (-0.02, 0.02, "is not shown to help or to hurt"),
    ],
)
def test_gold_is_said_whichever_way_it_goes(
    made: Made, low: float, high: float, words: str
) -> None:
    assert made.sweep.gold
    first = replace(made.sweep.gold.estimates[0], value=(low + high) / 2, low=low, high=high)
    sweep = replace(made.sweep, gold=replace(made.sweep.gold, estimates=(first,)))
    text = Reader(sweep_html(sweep, {}, None, title="t", versions={})).words("p")
    assert any(f"On all rows distilling {words}: " in paragraph for paragraph in text)


def test_what_is_not_there_is_said(made: Made) -> None:
    bare = replace(made.sweep, gold=None, discovery=None, notes=(), pin="", clearance="")
    text = Reader(sweep_html(bare, {}, None, title="t", versions={})).words("p", "dd")
    assert "No cost was measured." in text
    assert any(p.startswith("No student of the same size was trained on labels") for p in text)
    assert any(p.startswith("They were not looked for: no size is chosen") for p in text)
    assert text.count("none: no size learned from the teacher\u2019s labels") == 2
    failed = replace(made.sweep, gold=GoldBaseline(of="a", name="b", error="it was not trained"))
    words = Reader(sweep_html(failed, {}, None, title="t", versions={})).words("p")
    assert any(p.endswith("are not compared: it was not trained.") for p in words)


def test_calibration_is_shown_before_and_after(html: str) -> None:
    rows = {row[0].split()[0]: row for row in body_rows(html, "All rows to certify on")}
    assert [*rows] == ["200x16", "60x16", "30x16", "60x16@hard", "60x16@gold"]
    name, kind, before, after, *_ = rows["60x16@hard"]
    assert name == "60x16@hard from the teacher's answers"
    assert kind == "beta"
    assert float(before.split()[0]) > 0.1
    assert abs(float(after.split()[0].replace("\u2212", "-"))) < 0.03


def test_discovered_slices_come_with_the_line_to_paste(page: Reader) -> None:
    (pasted,) = page.words("pre")
    assert pasted == (
        'critical = ["disability=yes", "race=asian", "disability=yes & employed=yes", '
        '"race=asian & disability=yes"]'
    )


def test_the_chosen_size_has_its_own_section(html: str, page: Reader, made: Made) -> None:
    assert made.chosen
    assert made.chosen[0].cube.digest in html
    headings = page.words("h3")
    assert "Slices" in headings
    assert "Confidence" in headings
    assert "Accepting by confidence" in page.words("h4")
    assert any(label.startswith("Share of wrong answers") for label in labels_of(page))


def test_provenance_is_on_the_page(html: str, made: Made) -> None:
    sweep = made.sweep
    digests = (sweep.declared, sweep.pin, sweep.clearance, sweep.certificate.certified_on)
    assert all(digest in html for digest in digests)
    assert "distilproof 1.2.3, numpy 2.0.0" in html
    rung = sweep.rung("60x16")
    assert rung
    assert rung.recalibration
    assert rung.recalibration.recalibrator[:16] in html


def test_where_no_size_holds_the_page_says_what_broke() -> None:
    page = Reader(page_of(none_holds()))
    assert page.words("p")[2].startswith("FAIL No size holds: 2x2, the largest that was judged, ")
    assert page.words("h3")[0] == "What does not hold at 2x2"
    assert any(
        text.startswith("It was not looked at on the rows to certify") for text in page.words("p")
    )
    assert "no size was looked at to certify" in page.words("figcaption")[0]
    assert "The chosen size" not in " ".join(page.words("h2"))


def test_there_is_no_score(html: str) -> None:
    sentences = re.findall(r"[^<>.;]*\bscores?\b[^<>.;]*", html)
    allowed = ("no score", "Tango score")
    assert [s for s in sentences if not any(words in s for words in allowed)] == []


def test_hostile_names_are_text_and_nothing_else(hostile: tuple[str, ...]) -> None:
    made = attacked(hostile)
    html = page_of(made, title=hostile[1] + hostile[9])
    page = Reader(html)
    assert {tag for tag, _ in page.seen} <= TAGS
    assert re.sub(SIGNS, "", html).isprintable()
    assert "49" not in page.words("title")[0]
    names = {*page.words("bdi")}
    for rung in made.sweep.rungs:
        assert " ".join(visible(rung.name).split()) in names, ascii(rung.name)


def test_a_long_ladder_stays_under_the_budget(made: Made, crowded: Assessment) -> None:
    sweep = lengthened(made.sweep, slices=20, sizes=2, compared=7)
    html = sweep_html(
        sweep, made.costs, (crowded, decide(crowded)), title="A sweep", versions=VERSIONS
    )
    assert len(html.encode()) <= BUDGET
    assert len(sweep.rungs) == 8 + 2 + 8 + 1
    assert all(f"<bdi>{rung.name}</bdi>" in html for rung in sweep.rungs)
    words = " ".join(html.split())
    left_out = len(sweep.slices) - MOST_SLICES
    assert f"{left_out} slices more are left out of the pictures and tables" in words
    assert "slices more are left to the table" in words


def lengthened(sweep: Sweep, *, slices: int, sizes: int, compared: int) -> Sweep:
    """Add slices that look like one that is there, and sizes that look like others."""
    extra = [f"column_{at}=a level of it, number {at}" for at in range(slices)]

    def wider(rung: SweptRung) -> SweptRung:
        estimates = [e for e in rung.estimates if e.slice == WEAK]
        findings = [f for f in rung.findings if f.requirement and f.requirement.slice == WEAK]
        more = [replace(e, slice=name) for name in extra for e in estimates]
        asked = [
            replace(f, requirement=replace(f.requirement, slice=name))
            for name in extra
            for f in findings
            if f.requirement
        ]
        return replace(rung, estimates=(*rung.estimates, *more), findings=(*rung.findings, *asked))

    by_name = {rung.name: wider(rung) for rung in sweep.rungs}
    small = [replace(by_name["10x8"], name=f"{5 - at}x8") for at in range(sizes)]
    hard = [replace(by_name["60x16@hard"], name=f"{at}x8@hard") for at in range(compared)]
    not_reached = [Rung(name=rung.name, outcome="not_looked_at") for rung in small]
    certificate = replace(sweep.certificate, rungs=(*sweep.certificate.rungs, *not_reached))
    return replace(
        sweep,
        certificate=certificate,
        rungs=(*by_name.values(), *small, *hard),
        slices=(*sweep.slices, *extra),
    )


def test_the_same_values_give_the_same_bytes(made: Made, html: str) -> None:
    assert page_of(made) == html
    program = (
        "import hashlib, sys; sys.path.insert(0, 'tests/sweeps'); import made_sweep as m;"
        "from distilproof.render.html import sweep_html; a = m.Maker(rows=400).sweep(m.LADDER[:1]);"
        "h = sweep_html(a.sweep, a.costs, a.chosen, title='t', versions={});"
        "print(hashlib.sha256(h.encode()).hexdigest())"
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    again = Maker(rows=400).sweep(LADDER[:1])
    here = sweep_html(again.sweep, again.costs, again.chosen, title="t", versions={})
    assert ran.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def labels_of(page: Reader) -> list[str]:
    return [svg.get("aria-label", "") for svg in page.attributes("svg")]
