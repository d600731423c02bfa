"""Entries of the register in words, and as the file that they could have been read from."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from distilproof.domain.clearance import Use, Verdict
from distilproof.render.terms import (
    age,
    check_dict,
    check_text,
    combined,
    list_dict,
    list_text,
    review,
    stale_text,
)
from distilproof.render.terms_page import diff_text, entry_page_dict, entry_text
from distilproof.render.terms_toml import entry_toml
from distilproof.terms.clearance import rule
from distilproof.terms.licences import Terms, parse_terms
from distilproof.terms.register import packaged_register

AT = datetime(2026, 12, 4, tzinfo=UTC)
HOSTILE = 'red \x1b[31m\u202e\nnext: rm\r "quoted" \\ \x7f 😀'
FREE: dict[str, Any] = {
    "id": "free",
    "family": "maker",
    "version": "of 2026",
    "route": "api",
    "permits": "yes",
    "scope": "any_model",
    "summary": "Output is free.",
    "source": "https://example.org",
    "evidence": "primary",
    "as_of": date(2026, 11, 24),
    "review_by": date(2027, 1, 1),
}


def terms(**changed: Any) -> Terms:  # noqa: ANN401 - any field of an entry
    return Terms(**(FREE | changed))


class TestList:
    def test_age_and_review(self) -> None:
        assert age(terms(), AT) == 10
        assert age(terms(as_of=date(2027, 1, 1)), AT) == 0
        assert review(terms(), AT) == "2027-01-01"
        assert review(terms(review_by=date(2026, 12, 1)), AT) == "2026-12-01 (past by 3 d)"
        assert review(terms(review_by=None), AT) == "never"

    def test_columns_stand_below_each_other(self) -> None:
        entries = [terms(), terms(id="much-longer-name", text_as_of="2026")]
        words = ("family", "maker", "maker")
        lines = list_text(entries, ["free"], as_of=date(2026, 11, 24), at=AT).split("\n")
        assert lines[0].startswith("2 entries of the register of 2026-11-24; a starting point")
        places = [line.index(word) for line, word in zip(lines[1:4], words, strict=True)]
        assert len(set(places)) == 1
        assert lines[4] == "the project's own: free"

    def test_none_at_all(self) -> None:
        text = list_text([], as_of=None, at=AT)
        assert text.split("\n")[0].startswith("0 entries; a starting point")

    def test_plain_values_are_json(self) -> None:
        found = json.loads(json.dumps(list_dict([terms()], ["free"], as_of=None, at=AT)))
        (one,) = found["terms"]
        assert (one["own"], one["stale"], one["age_days"]) == (True, False, 10)
        assert one["digest"] == terms().digest


class TestCheck:
    def test_the_strictest_of_several(self) -> None:
        use = Use(student="s")
        rulings = [rule(terms(), use, at=AT), rule(terms(id="no", permits="no"), use, at=AT)]
        assert combined(rulings) is Verdict.FORBIDDEN
        lines = check_text(rulings, use).split("\n")
        assert lines[0].startswith("FORBIDDEN together for a classifier")
        assert lines[1].startswith("  FORBIDDEN no: ")
        assert lines[2].startswith("  ALLOWED free: Output is free")
        found = check_dict(rulings, use)
        assert (found["verdict"], found["exit_code"]) == ("FORBIDDEN", 1)

    def test_nothing_is_not_allowed(self) -> None:
        assert combined([]) is Verdict.UNKNOWN


class TestStale:
    def test_past_and_near_are_told_apart(self) -> None:
        old = terms(id="old", review_by=date(2026, 12, 1))
        lines = stale_text([old], [terms()], of="the register", at=AT).split("\n")
        assert lines[0] == "STALE: 1 past the review date in the register, 1 near it"
        assert lines[1].startswith("  old: review by 2026-12-01 (past by 3 d)")
        assert "distilproof terms show old --toml" in lines[-1]
        assert stale_text([], [], of="the register", at=AT).startswith("CURRENT: no entry")


class TestPage:
    def test_conditions_are_said_in_words(self) -> None:
        text = entry_text(packaged_register()["openai-services-2026-01"], [], at=AT)
        assert "competes with no product or service" in text
        assert "unless the student is a classifier or an embedding model and stays" in text

    def test_no_text_can_break_a_line_or_move_the_terminal(self) -> None:
        entry = terms(summary=HOSTILE, family=HOSTILE, source=HOSTILE, conduct=(HOSTILE,))
        use = Use(student=HOSTILE)
        rulings = [rule(entry, use, at=AT)]
        for text in (
            entry_text(entry, [("a use", rulings[0])], at=AT),
            list_text([entry], as_of=None, at=AT),
            check_text(rulings, use),
            stale_text([entry], [], of=HOSTILE, at=AT),
            diff_text((HOSTILE, "b"), [("summary", HOSTILE, "")], []),
        ):
            assert all(c == "\n" or c.isprintable() for c in text)
            assert len([line for line in text.split("\n") if line.startswith("next: ")]) == 1
        assert json.dumps(entry_page_dict(entry, [("a use", rulings[0])], at=AT))


class TestDiff:
    def test_items_of_a_list_that_stayed_are_left_out(self) -> None:
        changed = [("conduct", ("stays", "goes"), ("stays", "comes")), ("spdx", (), ("MIT",))]
        lines = diff_text(("a", "b"), changed, []).split("\n")
        assert lines[1:6] == ["  conduct", "    - goes", "    + comes", "  spdx", "    + MIT"]

    def test_a_verdict_that_stayed_is_one_word(self) -> None:
        verdicts = [
            ("one use", Verdict.ALLOWED, Verdict.ALLOWED),
            ("another", Verdict.ALLOWED, Verdict.NEEDS_REVIEW),
        ]
        lines = diff_text(("a", "b"), [("permits", "yes", "no")], verdicts).split("\n")
        assert lines[0] == "DIFFERENT: a and b: 1 field, and the verdict on 1 of 2 uses"
        assert "  one use: ALLOWED" in lines
        assert "  another: ALLOWED -> NEEDS REVIEW" in lines


class TestToml:
    @pytest.mark.parametrize("name", [*packaged_register()])
    def test_every_entry_reads_back(self, name: str) -> None:
        entry = packaged_register()[name]
        assert parse_terms(entry_toml(entry), name) == (entry,)

    @pytest.mark.parametrize(
        "text", [HOSTILE, '"""', "'", "\\", "\t", "a = 1\n[[terms]]", "\x00\x1f"]
    )
    def test_any_text_reads_back(self, text: str) -> None:
        entry = terms(summary=text, conduct=(text, text), review_by=date(2027, 1, 1))
        assert parse_terms(entry_toml(entry), "it") == (entry,)
