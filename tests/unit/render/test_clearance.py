"""A clearance in words: the strictest first, every name harmless, and plain values for JSON."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from distilproof.domain.clearance import Clearance, Obligation, Question, Ruling, Use, Verdict
from distilproof.domain.hint import Hint
from distilproof.render.clearance import clearance_dict, clearance_text, judging_command
from distilproof.render.verdicts import use_words, verdict_words

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOSTILE = "\x1b[31m\u202e\nnext: rm\r"


def ruling(verdict: Verdict = Verdict.ALLOWED, **changed: object) -> Ruling:
    base = Ruling(
        model="big",
        role="teacher",
        terms="free",
        terms_digest="0" * 64,
        verdict=verdict,
        reasons=("it may",),
    )
    return replace(base, **changed)


def clearance(*rulings: Ruling, student: str = "small") -> Clearance:
    use = Use(student=student)
    return Clearance(teacher="big", use=use, rulings=rulings, by="team", at=AT)


def lines(*rulings: Ruling) -> list[str]:
    return clearance_text(clearance(*rulings)).split("\n")


class TestText:
    @pytest.mark.parametrize("verdict", Verdict)
    def test_the_verdict_is_the_first_word(self, verdict: Verdict) -> None:
        first = lines(ruling(verdict))[0]
        assert first.startswith(f"{verdict.value.replace('_', ' ')} small: it ")
        assert first.endswith(" from big")

    def test_models_that_keep_it_closed_are_named(self) -> None:
        barred = ruling(Verdict.FORBIDDEN, model="judge", role="judge", terms="barred")
        found = lines(ruling(), barred)
        assert found[0] == "FORBIDDEN small: it may not learn from judge"
        assert found[2:4] == [
            "  FORBIDDEN judge (judge) under barred: it may",
            "  ALLOWED big (teacher) under free: it may",
        ]

    def test_all_models_are_named_where_it_opens(self) -> None:
        found = lines(ruling(), ruling(model="judge", role="judge"))
        assert found[0] == "ALLOWED small: it may learn from big, judge"

    def test_without_a_ruling_nobody_knows(self) -> None:
        found = lines()
        assert found[0].startswith("UNKNOWN small: ")
        assert found[-1] == "next: name the terms in the project file: distilproof terms list"

    def test_how_long_it_holds(self) -> None:
        assert "holds as long as nothing changes" in lines(ruling())
        days = (date(2027, 3, 1), date(2027, 2, 1))
        assert "holds until 2027-02-01" in lines(*(ruling(expires=day) for day in days))
        closed = lines(ruling(Verdict.FORBIDDEN, expires=days[0]))
        assert not [line for line in closed if line.startswith("holds")]

    @pytest.mark.parametrize(
        ("verdict", "command"),
        [
            (Verdict.ALLOWED, "distilproof pin --project x"),
            (Verdict.FORBIDDEN, "ask whoever can allow it, then distilproof permit"),
            (Verdict.UNKNOWN, "distilproof terms show free"),
        ],
    )
    def test_what_to_do_next(self, verdict: Verdict, command: str) -> None:
        text = clearance_text(clearance(ruling(verdict)), flag=" --project x")
        assert text.split("\n")[-1].startswith(f"next: {command}")

    def test_a_question_comes_with_its_command(self) -> None:
        question = Question(key="free.own data@it's", sentence="it is so")
        found = lines(ruling(Verdict.NEEDS_REVIEW, questions=(question,)))
        command = judging_command(question)
        assert command.startswith("""distilproof clear --judge 'free.own data@it'"'"'s=yes' --by""")
        at = found.index("  it is so")
        assert found[at + 1] == f"    {command}"
        assert found[-1] == f"next: {command}"

    def test_colour_is_only_around_verdicts(self) -> None:
        bare = clearance_text(clearance(ruling(Verdict.FORBIDDEN)))
        coloured = clearance_text(clearance(ruling(Verdict.FORBIDDEN)), colour=True)
        assert "\x1b" not in bare
        painted = verdict_words(Verdict.FORBIDDEN, colour=True)
        assert coloured.replace(painted, "FORBIDDEN") == bare
        assert coloured.count(painted) == 2


class TestHarmless:
    def test_no_name_can_break_a_line_or_move_the_terminal(self) -> None:
        question = Question(key=HOSTILE, sentence=HOSTILE)
        owed = Obligation(terms=HOSTILE, kind="notice", value="", text=HOSTILE)
        said = ruling(
            Verdict.NEEDS_REVIEW,
            model=HOSTILE,
            terms=HOSTILE,
            reasons=(HOSTILE,),
            questions=(question,),
            obligations=(owed,),
        )
        hint = Hint(
            gateway="g",
            model=HOSTILE,
            says="allowed",
            because=HOSTILE,
            source=HOSTILE,
            file_digest="0",
            at=AT,
        )
        text = clearance_text(
            clearance(ruling(), said, student=HOSTILE), [hint], void=[HOSTILE], flag=f" {HOSTILE}"
        )
        assert all(c == "\n" or c.isprintable() for c in text)
        assert len([line for line in text.split("\n") if line.startswith("next: ")]) == 1
        found = clearance_dict(clearance(said, student=HOSTILE), [hint])
        assert json.loads(json.dumps(found))["student"] == HOSTILE


class TestDict:
    def test_it_is_json_and_says_its_schema(self) -> None:
        found = json.loads(json.dumps(clearance_dict(clearance(ruling(expires=date(2027, 1, 2))))))
        assert found["schema"] == "distilproof.clearance/1"
        assert (found["verdict"], found["exit_code"]) == ("ALLOWED", 0)
        assert found["expires"] == found["rulings"][0]["expires"] == "2027-01-02"
        assert found["at"] == "2026-11-24T09:30:00+00:00"
        assert found["digest"] == clearance(ruling(expires=date(2027, 1, 2))).digest

    def test_only_hints_on_its_models_are_in_it(self) -> None:
        hints = [
            Hint(gateway="g", model=m, says="allowed", file_digest="0", at=AT)
            for m in ("maker/big", "maker/other")
        ]
        found = clearance_dict(clearance(ruling()), hints)["hints"]
        assert isinstance(found, list)
        assert [hint["model"] for hint in found] == ["maker/big"]

    @pytest.mark.parametrize(("verdict", "status"), [*zip(Verdict, [0, 0, 3, 3, 1], strict=True)])
    def test_a_verdict_has_its_status(self, verdict: Verdict, status: int) -> None:
        assert clearance_dict(clearance(ruling(verdict)))["exit_code"] == status


def test_a_use_says_all_that_was_said_of_it() -> None:
    use = Use(
        student="s",
        student_kind="embedding",
        distribution="published",
        commercial=False,
        territory=("DE", "FR"),
        monthly_users=10_000,
        monthly_revenue_usd=0,
        student_family="Big 7B",
        modality="image",
        teacher_sees="audio",
        model_as_a_service=True,
    )
    assert use_words(use) == (
        "an embedding, with its weights published, not commercial, in DE, FR, 10,000 users a "
        "month, 0 US dollars a month, started from Big 7B weights, for image, its teacher shown "
        "audio, by a maker that sells access to models"
    )
