"""What labelling came to is said in words that a person can act on, and that data cannot break."""

import doctest
from dataclasses import replace
from datetime import date

import distilproof.render.labelling as words
from distilproof.distil.labelled import Imported, Labelled
from distilproof.distil.progress import Progress
from distilproof.distil.quote import Quote
from distilproof.teachers.teacher import Cost

WENT = Progress(
    rows=6000,
    to_ask=3000,
    answered=3000,
    failed=0,
    spent=Cost(requests=3100, usd=1.25),
    seconds=10.0,
)
DONE = Labelled(
    teacher="big",
    table="train.parquet",
    progress=WENT,
    written=6000,
    refused=2,
    labels={"no": 2000, "yes": 3998},
    failed={},
    interrupted=False,
    taken_over=0,
    apart_from="certify.parquet",
    pin_digest="ab" * 32,
    clearance_digest="cd" * 32,
    expires=date(2027, 1, 31),
    file="labels.parquet",
)
QUOTE = Quote(rows=100, to_ask=90, most=Cost(requests=90, usd=2.0), least_usd=0.5, sample=50)


def test_the_first_line_is_the_answer_and_the_last_the_next_step() -> None:
    lines = words.labelled_text(DONE, flag=" --project p.toml").split("\n")
    assert lines[0] == "LABELLED 6,000 of 6,000 rows"
    assert lines[1] == "  asked 3,000 in 10 s (300 a second), 3,100 requests and 1.2500 US dollars"
    assert lines[2:4] == ["  yes 3,998, no 2,000", "  refused by the teacher: 2"]
    assert lines[4] == "  none of the rows is in certify.parquet"
    assert (
        lines[5] == "  under the clearance cdcdcdcdcdcd, until 2027-01-31, by the pin abababababab"
    )
    assert lines[-1].endswith("distilproof gate --project p.toml")


def test_what_lacks_is_said_first() -> None:
    lacking = replace(DONE, written=5990, failed={"no JSON": 8, "too\x1b[31m long": 2})
    text = words.labelled_text(lacking, colour=True)
    assert text.startswith("\x1b[1;33mINCOMPLETE\x1b[0m 5,990 of 6,000 rows\n")
    assert "no answer to 8: no JSON" in text
    assert "too\\x1b[31m long" in text
    assert text.endswith("ask again for what has no answer: distilproof label")
    assert words.labelled_dict(lacking)["exit_code"] == 3


def test_a_stop_says_how_to_go_on() -> None:
    went = replace(WENT, answered=1000)
    stopped = replace(DONE, interrupted=True, written=0, file=None, labels={}, progress=went)
    text = words.labelled_text(stopped)
    assert text.startswith("STOPPED with 2,000 requests left to ask\n")
    assert text.endswith("to go on: distilproof label")


def test_what_was_not_held_against_anything_is_said() -> None:
    text = words.labelled_text(replace(DONE, apart_from=None, taken_over=7))
    assert "not held against rows to certify on" in text
    assert "7 requests were in flight when an earlier run died" in text


def test_a_quote_is_a_range() -> None:
    lines = words.quote_text(QUOTE).split("\n")
    assert lines[0] == "90 requests to ask for 100 rows, and nothing was sent"
    assert "from 0.5000 US dollars" in lines[2]
    assert "to 2.0000, which they cannot exceed without retries" in lines[2]
    assert lines[-1] == "next: distilproof label --max-usd USD"
    known = words.quote_text(replace(QUOTE, about_usd=0.75, about_seconds=200.0))
    assert "about 0.7500 US dollars" in known
    assert "about 3 min" in known


def test_a_quote_without_a_price_or_without_requests_says_so() -> None:
    priceless = replace(QUOTE, most=Cost(requests=90), least_usd=0.0)
    assert "no price is known" in words.quote_text(priceless)
    at_hand = replace(QUOTE, most=Cost(), least_usd=0.0)
    assert "answers on this machine" in words.quote_text(at_hand)
    there = replace(QUOTE, to_ask=0, most=Cost(), least_usd=0.0)
    assert "every answer is there already" in words.quote_text(there)


def test_what_came_in_is_counted() -> None:
    came = Imported(kept=90, known=5, failed={"status 500": 5}, left=5)
    text = words.imported_text(came)
    assert text.startswith("IMPORTED 90 answers\n  5 were there before\n")
    assert text.endswith("next: ask for them, and write all labels: distilproof label")
    assert words.imported_dict(came)["left"] == 5


def test_progress_without_an_answer_yet_promises_nothing() -> None:
    first = replace(WENT, answered=0, seconds=0.0, spent=Cost())
    assert words.progress_line(first) == "0 of 3,000 answered, 0.0 a second"


def test_examples_hold() -> None:
    failed, tried = doctest.testmod(words)
    assert (failed, tried > 0) == (0, True)
