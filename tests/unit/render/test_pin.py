"""A pin and its checks in words: what is said, and that no name of a model can break a line."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from distilproof.domain.identity import Canary, Fingerprint, ModelRef, Route, TeacherPin
from distilproof.render.pin import checked_dict, checked_text, pinned_dict, pinned_text
from distilproof.teachers.canary import Found, Poll, Watch, counted, standing
from distilproof.teachers.teacher import Cost

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HINT = "system fingerprint fp_1, which is a hint and no proof"
SEEN = "about 31 checks, five times as much in about 3 checks"
HOSTILE = "big\x1b[31m\nnext: rm\u202e"
NOTHING = Cost()

FILES = TeacherPin(
    model=ModelRef(provider="local", name="trees", digest="a" * 64),
    adapter="sklearn",
    files=(("teacher.skops", "b" * 64),),
    labels=("no", "yes"),
    stack=(("scikit-learn", "1.7.0"), ("skops", "0.13.0")),
    pinned_at=AT,
)
MADE = Fingerprint(
    returned_model="m-2026-01-01",
    system_fingerprints=("fp_1",),
    canaries=tuple(Canary(request="{}", modal="no", repeats=10, disagreeing=0) for _ in range(50)),
    near_boundary=21,
    disagreement=0.006,
    disagreement_high=0.01,
    confidence=0.95,
    log_probability_spread=0.002,
)
SERVER = TeacherPin(
    model=ModelRef(provider="models.example.org", name="m-2026-01-01", route=Route.API),
    adapter="openai",
    labels=("no", "yes"),
    fingerprint=MADE,
    pinned_at=AT,
)
POLL = Poll(
    at=AT,
    asked=50,
    answered=50,
    disagreeing=1,
    models=("m-2026-01-01",),
    system_fingerprints=("fp_1", "fp_2"),
    log_probability_shift=-0.25,
    log_probability_change=0.5,
)


def watch_of(*polls: Poll) -> Watch:
    watch = Watch(pin=SERVER.digest)
    for day, poll in enumerate(polls):
        watch = counted(watch, replace(poll, at=AT + timedelta(days=day)), MADE)
    return watch


def checked(*polls: Poll) -> str:
    watch = watch_of(*polls)
    found, why = standing(watch, MADE)
    return checked_text(SERVER, found, [why], watch=watch)


def test_files_in_words() -> None:
    assert pinned_text(FILES, NOTHING, kept=False).split("\n") == [
        "PINNED trees to the byte",
        f"  1 file, SHA-256 of all of it {'a' * 64}",
        "  run by scikit-learn 1.7.0, skops 0.13.0",
        "  labels: no, yes",
        "next: distilproof label",
    ]
    assert pinned_text(FILES, NOTHING, kept=True).startswith(
        "KEPT trees to the byte, on 2026-03-01"
    )


def test_a_fingerprint_in_words() -> None:
    assert pinned_text(SERVER, Cost(requests=1000, usd=0.5), kept=False).split("\n") == [
        "PINNED m-2026-01-01 at models.example.org, by how it answers",
        "  labels: no, yes",
        f"  the model that answers: m-2026-01-01; {HINT}",
        "  canaries: 50 prompts, asked 10 times each",
        "  21 of them known to be near its decision boundary",
        "  it contradicts itself in 0.6 % of answers, at most in 1 % at 95 % confidence",
        f"  twice as much as that would be seen in {SEEN}",
        "  log-probabilities of a repeat are off their mean by 0.0020",
        "  it took 1,000 requests and 0.50 US dollars",
        "next: distilproof label",
    ]


def test_a_check_in_words() -> None:
    lines = checked(POLL).split("\n")
    assert lines[0].startswith("SAME m-2026-01-01, pinned on 2026-03-01: 1 of 50 answers differ")
    assert lines[1].startswith("  evidence of a change: 0.8")
    assert lines[1].endswith("alarm at 100, after 1 check")
    assert lines[2] == "  new system fingerprint, which is a hint and no proof: fp_2"
    assert lines[3].startswith(
        "  log-probabilities of the pinned answers are off by 0.5000, 0.0020"
    )
    assert "moved by -0.2500" in lines[3]
    assert lines[-1] == ("next: check again before each use, or daily: distilproof pin --check")


def test_an_alarm_in_words() -> None:
    text = checked(*[replace(POLL, disagreeing=20)] * 3)
    assert text.startswith("MOVED m-2026-01-01, pinned on 2026-03-01: its answers to the canaries")
    assert "evidence reached 100 on 2026-03-01" in text
    assert "next: distilproof pin --replace" in text


def test_outages_in_a_row_are_counted() -> None:
    down = replace(POLL, answered=0, outage="50 of 50 canaries were not answered: down")
    text = checked(POLL, down, down, down)
    assert text.startswith("CANNOT TELL m-2026-01-01")
    assert "  no check could tell for 3 times in a row" in text
    assert text.endswith("next: check again later: distilproof pin --check")


@pytest.mark.parametrize("colour", [False, True])
def test_no_name_breaks_a_line(colour: bool) -> None:  # noqa: FBT001 - a case of the test
    pin = replace(FILES, model=replace(FILES.model, name=HOSTILE), labels=(HOSTILE,))
    texts = [
        pinned_text(pin, NOTHING, kept=False, colour=colour, flag=f" --project {HOSTILE}"),
        checked_text(pin, Found.MOVED, [f"{HOSTILE} changed", HOSTILE], colour=colour),
    ]
    for text in texts:
        assert text.count("next: ") == text.count("\\nnext: ") + 1
        assert "\u202e" not in text
        assert text.count("\x1b") == (2 if colour else 0)


def test_plain_values_say_the_same() -> None:
    watch = watch_of(POLL)
    said = checked_dict(SERVER, Found.SAME, ["so"], watch=watch, spent=Cost(requests=50))
    assert json.loads(json.dumps(said))["last_poll"]["disagreeing"] == 1
    assert said["exit_code"] == 0
    assert said["polls"] == 1
    made = json.loads(json.dumps(pinned_dict(SERVER, NOTHING, kept=True)))
    assert made["digest"] == SERVER.digest
    assert made["pin"]["fingerprint"]["returned_model"] == "m-2026-01-01"
