"""G1 and G5 pass only for what is on record, opens, answers today's question and has not moved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from distilproof.domain.clearance import Clearance, Obligation, Verdict
from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding, Status
from distilproof.domain.identity import TeacherPin
from distilproof.gate.asked import missing
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.policy import Policy
from distilproof.gate.records import Records

AT = datetime(2026, 12, 1, tzinfo=UTC)
TODAY = AT.date()
OPENING = {Verdict.ALLOWED, Verdict.ALLOWED_WITH_OBLIGATIONS}

Decide = Callable[[Records], Decision]
Ruled = Callable[..., Records]
Owing = Callable[..., Records]


def of(decision: Decision, code: str) -> Finding:
    """The one finding of a code."""
    (found,) = (f for f in decision.findings if f.code == code)
    return found


class TestTerms:
    def test_a_clearance_that_opens_passes_and_names_its_terms(
        self, decided: Decide, records: Records
    ) -> None:
        found = of(decided(records), "G1-terms")
        assert found.status is Status.PASS
        assert found.message == (
            "own-model, apache-2.0, host-terms allow this use, cleared by ana@example.org"
        )

    def test_without_a_clearance_it_is_missing(self, decided: Decide, records: Records) -> None:
        found = of(decided(replace(records, clearance=None)), "G1-terms")
        assert found == missing(
            "G1-terms", "no clearance of the terms of t is on record: distilproof clear"
        )

    def test_a_table_alone_is_not_told_to_clear(self, decided: Decide) -> None:
        said = of(decided(Records()), "G1-terms").message
        assert said == "no clearance of the terms of t is on record"

    @pytest.mark.parametrize(
        ("verdict", "status", "words"),
        [
            (Verdict.FORBIDDEN, Status.FAIL, "forbidden: trees under own-model: not yours"),
            (Verdict.UNKNOWN, Status.MISSING, "unknown, which is closed: trees under own-model"),
            (Verdict.NEEDS_REVIEW, Status.MISSING, "a person has to judge: trees under own-model"),
        ],
    )
    def test_one_layer_that_does_not_open_decides(
        self, decided: Decide, ruled: Ruled, verdict: Verdict, status: Status, words: str
    ) -> None:
        decision = decided(ruled(0, verdict=verdict, reasons=("not yours", "and more")))
        found = of(decision, "G1-terms")
        assert found.status is status
        assert found.message.startswith(words)
        assert "host-terms" not in found.message
        assert decision.check("G1") is status

    @pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.NEEDS_REVIEW])
    def test_what_is_open_says_the_next_command(
        self, decided: Decide, ruled: Ruled, verdict: Verdict
    ) -> None:
        assert "distilproof clear" in of(decided(ruled(2, verdict=verdict)), "G1-terms").message

    def test_a_judge_closes_it_as_a_teacher_does(self, decided: Decide, ruled: Ruled) -> None:
        found = of(decided(ruled(2, verdict=Verdict.FORBIDDEN)), "G1-terms")
        assert found.status is Status.FAIL
        assert "picker under host-terms" in found.message

    def test_a_clearance_without_a_ruling_on_the_teacher_is_unknown(
        self, decided: Decide, records: Records, clearance: Clearance
    ) -> None:
        others = replace(clearance, rulings=clearance.rulings[1:])
        found = of(decided(replace(records, clearance=others, asked=others)), "G1-terms")
        assert found.status is Status.MISSING
        assert "nobody said which terms bind trees" in found.message


class TestExpiry:
    def test_its_last_day_still_holds_and_the_next_does_not(
        self, decided: Decide, ruled: Ruled
    ) -> None:
        last = ruled(1, expires=TODAY)
        found = of(decided(last), "G1-terms")
        assert found.status is Status.PASS
        assert found.message.endswith("until 2026-12-01")
        gone = of(decided(replace(last, at=AT + timedelta(days=1))), "G1-terms")
        assert gone.status is Status.STALE
        assert "held until 2026-12-01, for apache-2.0" in gone.message

    def test_the_first_layer_to_end_ends_it(self, decided: Decide, ruled: Ruled) -> None:
        soon = ruled(2, expires=date(2026, 11, 30))
        late = replace(soon.clearance.rulings[0], expires=date(2030, 1, 1))
        rulings = (late, *soon.clearance.rulings[1:])
        both = replace(soon.clearance, rulings=rulings)
        found = of(decided(replace(soon, clearance=both, asked=both)), "G1-terms")
        assert found.status is Status.STALE
        assert "for host-terms" in found.message

    def test_without_a_time_nothing_that_ages_passes(self, decided: Decide, ruled: Ruled) -> None:
        ages = replace(ruled(0, expires=date(2999, 1, 1)), at=None)
        assert of(decided(ages), "G1-terms").status is Status.STALE

    def test_what_is_forbidden_stays_so(self, decided: Decide, ruled: Ruled) -> None:
        old = ruled(0, verdict=Verdict.FORBIDDEN, expires=date(2020, 1, 1))
        assert of(decided(old), "G1-terms").status is Status.FAIL


class TestAnotherQuestion:
    """A clearance answers for one teacher, one use and the terms that were named."""

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("distribution", "published", "the use is another: distribution"),
            ("student_kind", "generator", "the use is another: student kind"),
            ("territory", (), "the use is another: territory"),
            ("monthly_users", 5, "the use is another: monthly users"),
            ("student", "other", "the use is another: student"),
        ],
    )
    def test_another_use(
        self, decided: Decide, records: Records, field: str, value: object, said: str
    ) -> None:
        use = replace(records.clearance.use, **{field: value})
        changed = replace(records, asked=replace(records.clearance, use=use))
        found = of(decided(changed), "G1-terms")
        assert found.status is Status.STALE
        assert said in found.message
        assert found.message.endswith("ask again, distilproof clear")

    def test_a_question_that_is_no_longer_asked(self, decided: Decide, records: Records) -> None:
        found = of(decided(replace(records, asked=None)), "G1-terms")
        assert found.status is Status.STALE
        assert "no longer says of which teacher and for which use" in found.message

    def test_another_teacher(self, decided: Decide, asks: Callable[..., Records]) -> None:
        found = of(decided(asks(0, model="forest", teacher="forest")), "G1-terms")
        assert found.status is Status.STALE
        assert "it was given for the teacher trees, which is now forest" in found.message

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"terms": "gateway"}, "it says nothing of gateway, which bind the judge picker"),
            ({"terms": "gateway"}, "host-terms no longer bind the judge picker"),
            ({"model": "asker"}, "it says nothing of host-terms, which bind the judge asker"),
            ({"role": "selector"}, "which bind the selector picker"),
            ({"terms_digest": "another"}, "the register says something else of host-terms"),
            ({"verdict": Verdict.NEEDS_REVIEW}, "not be given today: host-terms: host-terms says"),
            ({"verdict": Verdict.FORBIDDEN}, "it would not be given today"),
        ],
    )
    def test_other_models_terms_register_or_grounds(
        self, decided: Decide, asks: Callable[..., Records], said: dict[str, object], words: str
    ) -> None:
        found = of(decided(asks(2, **said)), "G1-terms")
        assert found.status is Status.STALE
        assert words in found.message

    def test_a_layer_that_was_added_or_dropped_since(
        self, decided: Decide, records: Records, clearance: Clearance
    ) -> None:
        fewer = replace(clearance, rulings=clearance.rulings[:-1])
        for changed in (replace(records, asked=fewer), replace(records, clearance=fewer)):
            assert of(decided(changed), "G1-terms").status is Status.STALE

    def test_a_permission_that_came_since_has_to_be_asked_with(
        self, decided: Decide, records: Records, clearance: Clearance
    ) -> None:
        first = replace(clearance.rulings[0], verdict=Verdict.FORBIDDEN)
        refused = replace(clearance, rulings=(first, *clearance.rulings[1:]))
        found = of(decided(replace(records, clearance=refused)), "G1-terms")
        assert found.status is Status.STALE
        assert "it was FORBIDDEN, and today it opens" in found.message


PREFIX = Obligation(terms="llama-3.1", kind="name_prefix", value="Llama", text="Name it so.")
LINE = Obligation(terms="qwen", kind="attribution", value="Built with Qwen", text="Say so.")
NOTICE = Obligation(terms="gemma", kind="notice", value="", text="Keep the notice.")
LIMIT = Obligation(terms="llama-3.1", kind="user_limit", value="700", text="Not too many.")


class TestObligations:
    def test_each_is_tested_for_itself(self, decided: Decide, owing: Owing) -> None:
        decision = decided(
            owing(PREFIX, LINE, NOTICE, LIMIT, attribution="made by us", notice="a notice")
        )
        found = [f for f in decision.findings if f.code == "G1-obligation"]
        assert [f.status for f in found] == [
            Status.FAIL,
            Status.FAIL,
            Status.PASS,
            Status.MISSING,
        ]
        for owed, finding in zip((PREFIX, LINE, NOTICE, LIMIT), found, strict=True):
            assert owed.key in finding.message
        assert of(decision, "G1-terms").status is Status.PASS
        assert decision.check("G1") is Status.FAIL

    def test_a_name_that_begins_as_owed_is_met(self, decided: Decide, owing: Owing) -> None:
        owed = owing(PREFIX)
        use = replace(owed.clearance.use, student="Llama-screen")
        named = replace(owed.clearance, use=use)
        decision = decided(replace(owed, clearance=named, asked=named))
        assert decision.check("G1") is Status.PASS

    def test_a_line_is_missing_without_a_file_and_met_with_it(
        self, decided: Decide, owing: Owing
    ) -> None:
        assert of(decided(owing(LINE)), "G1-obligation").status is Status.MISSING
        met = decided(owing(LINE, attribution="# Card\n\nBuilt  with\nQwen."))
        assert met.check("G1") is Status.PASS

    def test_nothing_is_owed_to_terms_that_do_not_open(self, decided: Decide, owing: Owing) -> None:
        owed = owing(NOTICE)
        first = replace(owed.clearance.rulings[0], verdict=Verdict.FORBIDDEN)
        closed = replace(owed.clearance, rulings=(first, *owed.clearance.rulings[1:]))
        decision = decided(replace(owed, clearance=closed, asked=closed))
        codes = {f.code for f in decision.findings}
        assert "G1-obligation" not in codes


class TestPin:
    def test_files_pass_by_digest(self, decided: Decide, records: Records, pin: TeacherPin) -> None:
        decision = decided(records)
        found = of(decision, "G5-teacher-pin")
        assert found.status is Status.PASS
        assert found.message == f"trees is pinned to the byte: 1 file, digest {pin.digest[:12]}"
        assert decision.teacher_pin == pin.digest

    def test_a_server_passes_by_its_fingerprint(
        self, decided: Decide, records: Records, server_pin: TeacherPin
    ) -> None:
        found = of(decided(replace(records, pin=server_pin)), "G5-teacher-pin")
        assert found.status is Status.PASS
        assert "trees-2026-05-01 came back" in found.message
        assert "at most 0.0216 of them waver (0.95 bound)" in found.message

    def test_without_a_pin_it_is_missing(self, decided: Decide, records: Records) -> None:
        decision = decided(replace(records, pin=None))
        assert of(decision, "G5-teacher-pin") == missing(
            "G5-teacher-pin", "no pin of t is on record: distilproof pin"
        )
        assert decision.teacher_pin is None

    def test_a_teacher_that_moved_fails_and_says_in_what(
        self, decided: Decide, records: Records
    ) -> None:
        moved = replace(records, moved=("t.skops changed", "the prompt changed"))
        found = of(decided(moved), "G5-teacher-pin")
        assert found.status is Status.FAIL
        assert found.message == (
            "trees is not the model that was pinned: t.skops changed, and 1 more"
        )

    @pytest.mark.parametrize("now", ["forest", None])
    def test_a_pin_of_another_teacher_fails(
        self, decided: Decide, records: Records, now: str | None
    ) -> None:
        found = of(decided(replace(records, teacher=now)), "G5-teacher-pin")
        assert found.status is Status.FAIL
        assert "the pin is of the teacher trees" in found.message


def test_the_time_of_a_decision_is_that_of_its_records(decided: Decide, records: Records) -> None:
    assert decided(records).decided_at == AT
    assert decided(Records()).decided_at is None


def test_terms_pass_only_where_every_layer_opens_and_none_has_ended(
    perfect: Callable[[Policy], Assessment], records: Records, clearance: Clearance
) -> None:
    assessment = perfect(Policy())
    ends = {day: None if day is None else TODAY + timedelta(days=day) for day in (None, -1, 0)}
    passed = 0
    for verdicts in product(Verdict, repeat=3):
        for days in product(ends, repeat=3):
            rulings = tuple(
                replace(ruling, verdict=verdict, expires=ends[day])
                for ruling, verdict, day in zip(clearance.rulings, verdicts, days, strict=True)
            )
            kept = replace(clearance, rulings=rulings)
            said = replace(records, clearance=kept, asked=kept)
            status = decide(replace(assessment, records=said)).check("G1")
            open_ = all(verdict in OPENING for verdict in verdicts) and -1 not in days
            assert (status is Status.PASS) is open_, (verdicts, days)
            passed += open_
    assert passed == 2**3 * 2**3
