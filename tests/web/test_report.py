"""The report in a real browser: quiet, legible on every width and ground, whole on paper."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing
from distilproof.render.figures.one_student import student_svg
from distilproof.render.html import assessment_html, notebook_html, sweep_html
from distilproof.render.view import binding_views
from made_sweep import usual

if TYPE_CHECKING:
    from playwright.sync_api import Page

Opener = Callable[..., "Page"]

pytestmark = pytest.mark.browser

LEAST_CONTRAST = 4.5
WIDTHS = (360, 390, 1280)
KINDS = ("one", "sweep")
SCHEMES = ("light", "dark")
LONG = "a level with a name that is far too long for its place on a small screen " * 3

OPEN_ALL = "document.querySelectorAll('details').forEach(d => { d.open = true })"
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(e => !e.closest('.scroll *') && !e.closest('svg'))
    .filter(e => getComputedStyle(e).position !== 'absolute')
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML)"""
FIGURE_WORDS = """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    return [...svg.querySelectorAll('text')].map(t => {
        const b = t.getBoundingClientRect();
        const out = b.left < box.left - 1 || b.right > box.right + 1 || b.bottom > box.bottom + 1;
        return {size: 11 * scale, text: t.textContent, out: out};
    });
})"""
OVERLAPS = """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
    const words = [...svg.querySelectorAll('text')];
    const boxes = words.map(t => [t.textContent, t.getBoundingClientRect()]);
    const found = [];
    boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
        const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
        const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
        if (x > 1 && y > 4) found.push([a, b]);
    }));
    return found;
})"""
INKS = """() => [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => {
        const clear = at => /, 0\\)$|transparent/.test(getComputedStyle(at).backgroundColor);
        let ground = e;
        while (ground.parentElement && clear(ground)) ground = ground.parentElement;
        const style = getComputedStyle(e);
        return {
            text: e.textContent.trim().slice(0, 40),
            ink: e.namespaceURI.endsWith('svg') ? style.fill : style.color,
            ground: getComputedStyle(ground).backgroundColor,
        };
    })"""
HIDDEN_TABLES = """() => [...document.querySelectorAll('table')]
    .filter(t => !t.checkVisibility({contentVisibilityAuto: true}) || !t.offsetHeight).length"""
COLOURS = """() => {
    const found = {};
    for (const e of document.querySelectorAll('figure svg *')) {
        for (const name of ['fill', 'stroke']) {
            const role = e.getAttribute(name);
            if (role && role.startsWith('var')) found[role] = getComputedStyle(e)[name];
        }
    }
    found.page = getComputedStyle(document.body).backgroundColor;
    found.text = getComputedStyle(document.body).color;
    return found;
}"""


@pytest.fixture(scope="module")
def student(count_rows: Callable[..., Cube], make_rows: Callable[..., pd.DataFrame]) -> Assessment:
    frame = make_rows(21, 3000)
    rng = np.random.default_rng(22)
    frame["place"] = rng.choice([LONG, "<script>console.log('no')</script>", "x" * 120], len(frame))
    columns = ("lang", "tier", "place")
    origin = Origin(
        student="30x16",
        teacher="400x63",
        source="predictions.parquet",
        rows=len(frame),
        labelled_rows=int(frame["label"].notna().sum()),
        roles=Roles(
            label="label",
            teacher="teacher",
            student="student",
            teacher_confidence="teacher_confidence",
            student_confidence="student_confidence",
        ),
        layout=Layout(columns=columns),
    )
    bars = Bars(
        accuracy_floor=0.7,
        accuracy_margin=0.03,
        introduced_error_cap=0.08,
        gap_growth_cap=0.05,
        calibration_cap=0.05,
    )
    slicing = Slicing(critical=("lang=es", "tier=a"), protected=("lang",))
    return assess(count_rows(frame, columns), origin, slicing, Policy(bars=bars))


@pytest.fixture(scope="module")
def html(student: Assessment) -> str:
    return assessment_html(student, decide(student), title="30x16", versions={"numpy": "2"})


@pytest.fixture(scope="module")
def sweep() -> str:
    made = usual()
    # Names that fill their place, in the pictures and in the tables.
    rungs = tuple(replace(rung, error=LONG) if rung.error else rung for rung in made.sweep.rungs)
    named = replace(made.sweep, rungs=rungs, notes=(LONG, "x" * 120))
    return sweep_html(named, made.costs, made.chosen, title="A sweep", versions={"numpy": "2"})


@pytest.fixture(scope="module")
def reports(html: str, sweep: str) -> dict[str, str]:
    return {"one": html, "sweep": sweep}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_overflows_the_page(
    opened: Opener, reports: dict[str, str], kind: str, width: int
) -> None:
    page = opened(reports[kind], width=width)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(TOO_WIDE)
    assert wide == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_words_of_a_figure_are_legible_and_within_it(
    opened: Opener, reports: dict[str, str], kind: str, width: int
) -> None:
    page = opened(reports[kind], width=width)
    found = page.evaluate(FIGURE_WORDS)
    assert len(found) > 100
    assert min(word["size"] for word in found) >= 10.3
    assert max(word["size"] for word in found) <= 16
    assert [word["text"] for word in found if word["out"]] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_words_of_a_figure_do_not_overlap(
    opened: Opener, reports: dict[str, str], kind: str, width: int
) -> None:
    page = opened(reports[kind], width=width)
    overlaps = page.evaluate(OVERLAPS)
    assert overlaps == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_words_stand_out_from_their_ground(
    opened: Opener, reports: dict[str, str], kind: str, scheme: str
) -> None:
    page = opened(reports[kind], scheme=scheme)
    page.evaluate(OPEN_ALL)
    found = page.evaluate(INKS)
    assert len(found) > 300
    weak = [w for w in found if contrast(w["ink"], w["ground"]) < LEAST_CONTRAST]
    assert weak == []


@pytest.mark.parametrize("kind", KINDS)
def test_dark_turns_every_colour(opened: Opener, reports: dict[str, str], kind: str) -> None:
    seen = {scheme: colours(opened(reports[kind], scheme=scheme)) for scheme in SCHEMES}
    assert seen["light"].keys() == seen["dark"].keys()
    same = [name for name, colour in seen["light"].items() if colour == seen["dark"][name]]
    assert same == []


def test_headings_figures_and_tables_are_there_for_a_reader(opened: Opener, html: str) -> None:
    page = opened(html)
    page.evaluate(OPEN_ALL)
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["30x16"]
    assert page.get_by_role("heading", level=2).all_inner_texts()[0] == "Decision"
    pictures = page.locator("figure").get_by_role("img")
    assert pictures.count() == page.locator("figure").count() > 10
    names = [picture.get_attribute("aria-label") or "" for picture in pictures.all()]
    assert all(len(name) > 20 for name in names)
    assert page.get_by_role("table", name=re.compile("Accuracy of student and teacher")).count()
    rows = page.get_by_role("row", name=re.compile("lang=es"))
    assert rows.count() >= 3


def test_a_sweep_reads_from_the_answer_to_the_reasons(opened: Opener, sweep: str) -> None:
    page = opened(sweep)
    page.evaluate(OPEN_ALL)
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings[:2] == ["The smallest size that holds", "Every size on every critical slice"]
    assert page.get_by_text("60x16 is the smallest size that holds").is_visible()
    pictures = page.locator("figure").get_by_role("img")
    assert pictures.count() == page.locator("figure").count() > 20
    steps = page.get_by_role("table", name=re.compile("Every size in the order declared"))
    assert steps.get_by_role("row").count() == 11
    page.get_by_role("navigation").get_by_role("link", name="Gold baseline").click()
    assert page.evaluate("location.hash") == "#gold"


def test_a_drawer_opens_by_keyboard(opened: Opener, html: str) -> None:
    page = opened(html)
    drawer = page.locator("details", has_text="Table of accuracy by confidence")
    assert not drawer.locator("table").is_visible()
    drawer.locator("summary").focus()
    page.keyboard.press("Enter")
    assert drawer.locator("table").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "scroll"


@pytest.mark.parametrize("kind", KINDS)
def test_paper_has_every_table_and_light_colours(
    opened: Opener, reports: dict[str, str], kind: str
) -> None:
    page = opened(reports[kind], scheme="dark")
    closed = page.locator("details:not([open]) table").count()
    assert closed > 3
    page.emulate_media(media="print")
    hidden = page.evaluate(HIDDEN_TABLES)
    assert hidden == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_forced_palette_is_followed(opened: Opener, html: str) -> None:
    page = opened(html)
    page.emulate_media(forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.locator("figure svg").first.is_visible()


def test_the_notebook_fragment_and_the_picture_are_quiet(
    opened: Opener, student: Assessment
) -> None:
    picture = student_svg("30x16", binding_views(student))
    page = opened(f"<!doctype html><meta charset=utf-8><body>{notebook_html(student)}{picture}")
    assert page.get_by_role("table").count() == 1
    assert page.get_by_role("img").get_attribute("aria-label")


def colours(page: "Page") -> dict[str, str]:
    """Computed colour of each role of the palette that the page uses."""
    return page.evaluate(COLOURS)


def contrast(one: str, other: str) -> float:
    """Contrast of two `rgb(...)` colours as WCAG 2 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@cache
def luminance(colour: str) -> float:
    """Relative luminance of an `rgb(...)` colour."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
