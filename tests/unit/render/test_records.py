"""What is on record is shown whole, once, and only as text: in the page, the terminal and JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest

from distilproof.domain.clearance import Clearance, Obligation, Ruling, Use, Verdict
from distilproof.domain.identity import Canary, Fingerprint, ModelRef, TeacherPin
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.records import Records
from distilproof.render.html import assessment_html
from distilproof.render.plain import decision_dict, evaluation_dict
from distilproof.render.text import decision_text
from distilproof.render.visible import visible

AT = datetime(2026, 12, 1, tzinfo=UTC)
USE = Use(student="small", territory=("DE",), monthly_users=1000)
NOTICE = Obligation(terms="house", kind="notice", value="", text="A notice goes along.")
LINE = Obligation(terms="house", kind="attribution", value="By House", text="Say: By House.")


def records_of(name: str = "large", **said: object) -> Records:
    """Records of a teacher; every text that a user gives is `name`."""
    ruling = Ruling(
        model=name,
        role="teacher",
        terms=name,
        terms_digest="d",
        verdict=Verdict.ALLOWED_WITH_OBLIGATIONS,
        reasons=(name, "so it says"),
        obligations=(NOTICE, replace(LINE, terms=name)),
        permission="ab" * 32,
        judged_by=(name,),
        expires=date(2027, 1, 31),
    )
    judge = replace(ruling, model="picker", role="judge", verdict=Verdict.ALLOWED, obligations=())
    clearance = Clearance(
        teacher=name,
        use=replace(USE, student=name, student_family=name),
        rulings=(judge, ruling),
        by=name,
        at=AT,
    )
    model = ModelRef(provider="local", name=name, revision=name, digest="e" * 64)
    pin = TeacherPin(
        model=model, adapter=name, files=((name, "f" * 64),), labels=(name, "no"), pinned_at=AT
    )
    given: dict[str, Any] = {"clearance": clearance, "asked": clearance, "pin": pin, "at": AT}
    documents = (("house.notice", "kept"),)
    return Records(teacher=name, documents=documents, **(given | said))


def shown(assessment: Assessment, records: Records) -> str:
    recorded = replace(assessment, records=records)
    return assessment_html(recorded, decide(recorded), title="t", versions={})


def section(html: str) -> str:
    """Words of the section on terms and teacher, a space for each tag."""
    found = re.search(r"<h2[^>]*>Terms and teacher</h2>(.*?)</section>", html, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split())


@pytest.fixture
def server_pin() -> TeacherPin:
    fingerprint = Fingerprint(
        returned_model="big-2026-05-01",
        system_fingerprints=("fp_1",),
        canaries=(
            Canary(request='{"text":"secret prompt"}', modal="yes", repeats=9, disagreeing=0),
            Canary(request='{"text":"another"}', modal=None, repeats=9, disagreeing=1),
        ),
        disagreement=0.01,
        disagreement_high=0.05,
        confidence=0.95,
    )
    model = ModelRef(provider="models.example.org", name="large", revision=None)
    return TeacherPin(model=model, adapter="openai", fingerprint=fingerprint, pinned_at=AT)


class TestPage:
    def test_it_shows_rulings_reasons_duties_expiry_and_the_pin(self, ordinary: Assessment) -> None:
        records = records_of()
        words = section(shown(ordinary, records))
        for said in (
            "a classifier, kept in the house, commercial, in DE, 1,000 users a month",
            "Asked by large on 2026-12-01, it holds until 2027-01-31.",
            "large teacher large ALLOWED WITH OBLIGATIONS large; so it says",
            "picker judge large ALLOWED large; so it says",
            "opened by a permission, sha256 abababababab",
            "until 2027-01-31",
            "house.notice PASS A notice goes along.",
            "large.attribution MISSING Say: By House.",
            "1 file, each to the byte",
            f"sha256 {records.pin.digest}",
            "Held against 2026-12-01, in UTC.",
        ):
            assert said in words, said
        assert words.index("ALLOWED WITH") < words.index("picker"), "the strictest first"

    def test_a_fingerprint_is_shown_with_its_bound_and_without_its_prompts(
        self, ordinary: Assessment, server_pin: TeacherPin
    ) -> None:
        html = shown(ordinary, records_of(pin=server_pin))
        said = "2 prompts; big-2026-05-01 came back; 0.010 of the answers waver, and at most 0.050"
        assert said in section(html)
        assert "secret prompt" not in html

    def test_what_moved_is_listed(self, ordinary: Assessment) -> None:
        words = section(shown(ordinary, records_of(moved=("t.skops changed", "prompt changed"))))
        assert "Moved since t.skops changed prompt changed" in words

    def test_what_is_not_on_record_is_said(self, ordinary: Assessment) -> None:
        assert "No pin of the teacher is on record." in section(
            shown(ordinary, records_of(pin=None))
        )
        bare = records_of(clearance=None, asked=None)
        assert "No clearance of the terms is on record." in section(shown(ordinary, bare))
        empty = shown(ordinary, Records(teacher="large", at=AT))
        assert "Terms and teacher" not in empty

    def test_an_evaluation_shows_no_records(self, ordinary: Assessment) -> None:
        recorded = replace(ordinary, records=records_of())
        assert "Terms and teacher" not in assessment_html(recorded, title="t", versions={})


class TestText:
    def test_what_holds_stands_on_record_and_what_does_not_decides(
        self, ordinary: Assessment
    ) -> None:
        recorded = replace(ordinary, records=records_of(moved=("t.skops changed",)))
        lines = decision_text(decide(recorded)).split("\n")
        at = lines.index("on record:")
        assert lines[at + 1].startswith("  G1 Terms: large allows this use, cleared by large")
        assert (
            "  FAIL G5 Teacher pinned: large is not the model that was pinned: t.skops changed"
        ) in lines
        assert not [line for line in lines[at:] if line.startswith("  G5")]


class TestJson:
    def test_it_holds_every_ruling_and_the_pin_without_prompts(
        self, ordinary: Assessment, server_pin: TeacherPin
    ) -> None:
        recorded = replace(ordinary, records=records_of(pin=server_pin))
        said = as_json(decision_dict(recorded, decide(recorded)))
        assert [ruling["role"] for ruling in said["clearance"]["rulings"]] == ["judge", "teacher"]
        assert said["clearance"]["expires"] == "2027-01-31"
        assert said["pin"]["fingerprint"]["canaries"] == 2
        assert said["pin"]["fingerprint"]["disagreement_high"] == 0.05
        assert "secret prompt" not in json.dumps(said)

    def test_what_is_not_on_record_is_null(self, ordinary: Assessment) -> None:
        said = as_json(decision_dict(ordinary, decide(ordinary)))
        assert (said["clearance"], said["pin"], said["day"]) == (None, None, None)
        assert "clearance" not in as_json(evaluation_dict(ordinary))


def as_json(value: Mapping[str, object]) -> dict[str, Any]:
    return json.loads(json.dumps(value, default=str, allow_nan=False))


def test_hostile_names_are_text_wherever_they_are_shown(
    ordinary: Assessment, hostile: tuple[str, ...]
) -> None:
    plain = shown(ordinary, records_of())
    tags = set(re.findall(r"<[a-z0-9]+", plain))
    for name in hostile:
        recorded = replace(ordinary, records=records_of(name, moved=(name, name)))
        decision = decide(recorded)
        html = shown(ordinary, recorded.records)
        assert set(re.findall(r"<[a-z0-9]+", html)) <= tags | {"<ul"}, ascii(name)
        assert visible(name) in unescape(html), ascii(name)
        assert html.replace("\n", "").isprintable(), ascii(name)
        text = decision_text(decision)
        assert all(line.isprintable() for line in text.split("\n")), ascii(name)
        said = as_json(decision_dict(recorded, decision))
        assert said["clearance"]["by"] == name
        assert said["pin"]["moved"] == [name, name]
