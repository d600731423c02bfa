"""Looks: which make a claim weaker, how they are kept, and what tells rows and candidates apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from distilproof.canonical import digest
from distilproof.counts.cube import Cube
from distilproof.distil.looks import (
    SAMPLED,
    adds,
    candidate_digest,
    data_digest,
    line_of,
    order_digest,
    other_looks,
    parse_looks,
    share_seen,
)
from distilproof.distil.select import Order
from distilproof.distil.splits import hash_of
from distilproof.domain.look import Look
from distilproof.errors import UsageError

MakeRows = Callable[..., pd.DataFrame]
CountRows = Callable[..., Cube]

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def look(candidate: str, *, data: str = "rows", declared: str = "", day: int = 0) -> Look:
    at = NOON + timedelta(days=day)
    return Look(data=data, candidate=candidate, name=candidate, at=at, declared=declared)


def others(looks: Sequence[Look], candidate: str, *, data: str = "rows") -> tuple[Look, ...]:
    return tuple(one.look for one in other_looks(looks, look(candidate, data=data)))


def sampled(candidate: str, ids: Iterable[int], *, wrong: int = 0, declared: str = "") -> Look:
    """Look at rows of these ids, of which the first few digits are answered otherwise."""
    rows = sorted((hash_of(str(at))[:12], at) for at in ids)
    sample = tuple(f"{name}:{int(at < wrong)}" for name, at in rows[:SAMPLED])
    data = digest([name for name, _ in rows])
    taken = look(candidate, data=data, declared=declared)
    return replace(taken, candidate=f"{candidate} on {data}", sample=sample)


class TestWhichCount:
    def test_a_first_look_has_none_before_it(self) -> None:
        assert others([], "a") == ()
        assert others([look("a")], "a") == ()

    def test_another_candidate_on_the_same_rows_does(self) -> None:
        before = look("a")
        assert others([before], "b") == (before,)
        assert others([before], "b", data="fresh rows") == ()

    def test_the_steps_of_one_declared_order_are_paid_for(self) -> None:
        sweep = [look(name, declared="ladder") for name in ("large", "chosen", "broken")]
        assert others(sweep, "chosen") == ()
        assert others(sweep, "another") == tuple(sweep)
        judged_again = [*sweep, look("chosen", day=1)]
        assert others(judged_again, "chosen") == ()

    def test_a_step_looked_at_again_by_itself_weakens_no_other_step(self) -> None:
        sweep = [look(name, declared="ladder") for name in ("chosen", "broken")]
        again = [*sweep, look("broken", day=1)]
        assert others(again, "chosen") == ()
        assert others(again, "another") == tuple(again)
        peeked = [look("broken"), *sweep]
        assert others(peeked, "chosen") == (peeked[0],)

    def test_a_second_order_on_the_same_rows_is_a_second_look(self) -> None:
        first = [look(name, declared="ladder") for name in ("large", "chosen", "broken")]
        second = [look(name, declared="longer", day=1) for name in ("huge", "large", "chosen")]
        found = others([*first, *second], "chosen")
        assert found == (first[0], first[2])

    def test_what_was_only_compared_is_paid_for_by_the_order_and_not_chosen_for_free(self) -> None:
        beside = replace(look("beside", declared="ladder"), compared=True)
        sweep = [look("large", declared="ladder"), look("chosen", declared="ladder"), beside]
        assert others(sweep, "chosen") == ()
        assert others(sweep, "beside") == tuple(sweep[:2])
        assert parse_looks(line_of(beside)) == (beside,)
        assert adds(sweep, replace(beside, compared=False))

    def test_a_look_of_its_own_before_the_order_counts(self) -> None:
        tried = look("tried")
        sweep = [look("chosen", declared="ladder", day=1)]
        assert others([tried, *sweep], "chosen") == (tried,)

    def test_the_same_again_is_no_other_look(self) -> None:
        looks = [look("a", declared="ladder")]
        assert not adds(looks, look("a", declared="ladder", day=9))
        assert adds(looks, look("a"))
        assert adds(looks, look("b", declared="ladder"))
        assert adds(looks, look("a", data="fresh rows", declared="ladder"))

    def test_an_order_is_its_names_and_what_is_asked(self) -> None:
        def of(names: list[str], asked: str = "bars", alpha: float = 0.05) -> str:
            return order_digest(names, Order(alpha=alpha), asked=asked)

        assert of(["a", "b"]) == of(["a", "b"])
        others = {of(["b", "a"]), of(["a", "b"], "laxer"), of(["a", "b"], alpha=0.1)}
        assert len({*others, of(["a", "b"])}) == 4


class TestRowsInCommon:
    def test_a_few_rows_more_or_less_are_the_same_data(self) -> None:
        before = sampled("a", range(4000))
        for rows in (range(3999), range(4001), range(200, 4000)):
            ((found, share),) = other_looks([before], sampled("b", rows, wrong=400))
            assert found == before
            assert share == pytest.approx(len({*rows} & {*range(4000)}) / len(rows), abs=0.06)

    @pytest.mark.parametrize("shared", [0, 200, 1000, 2000, 3000])
    def test_the_share_is_about_that_of_the_rows(self, shared: int) -> None:
        one, two = (sampled("a", range(at, at + 4000)) for at in (0, 4000 - shared))
        assert share_seen(one, two) == pytest.approx(shared / 4000, abs=0.08)
        assert bool(other_looks([one], replace(two, sample=_otherwise(two)))) == (shared >= 1000)

    def test_fresh_rows_beside_many_old_ones_are_judged_by_their_share_of_now(self) -> None:
        few, many = sampled("a", range(300)), sampled("b", range(3000), wrong=3000)
        ((_, share),) = other_looks([many], few)
        assert share == 1.0
        assert share_seen(few, many) == pytest.approx(0.1, abs=0.04)

    def test_the_same_answers_to_more_rows_are_no_other_candidate(self) -> None:
        before = sampled("a", range(4000), wrong=400)
        assert other_looks([before], sampled("a", range(5000), wrong=400)) == ()
        assert len(other_looks([before], sampled("a", range(5000), wrong=900))) == 1

    def test_small_tables_are_compared_row_by_row(self) -> None:
        one, two = sampled("a", range(40)), sampled("b", range(30, 70), wrong=99)
        assert share_seen(one, two) == 0.25
        assert other_looks([one], sampled("b", range(37, 77), wrong=99)) == ()

    def test_an_order_pays_for_its_own_rows_alone(self) -> None:
        first = [
            sampled(name, range(4000), wrong=at * 400, declared="ladder")
            for at, name in enumerate(("large", "chosen", "broken"))
        ]
        again = [
            sampled(name, range(3999), wrong=at * 400, declared="ladder")
            for at, name in enumerate(("large", "chosen", "broken"))
        ]
        found = other_looks([*first, *again], again[1])
        assert [one.look for one in found] == [first[0], first[2]]

    def test_records_without_a_sample_know_only_the_very_same_rows(self) -> None:
        old = replace(sampled("a", range(400)), sample=())
        assert other_looks([old], sampled("b", range(399), wrong=99)) == ()
        assert len(other_looks([old], sampled("b", range(400), wrong=99))) == 1

    def test_a_sample_is_kept(self) -> None:
        one = sampled("a", range(400))
        assert parse_looks(line_of(one)) == (one,)
        line = line_of(one)
        start = line.index(b',"sample"')
        assert parse_looks(line[:start] + b',"schema":"distilproof.look/1"}\n') == (
            replace(one, sample=()),
        )


def _otherwise(look: Look) -> tuple[str, ...]:
    return tuple(f"{row}other" for row in look.sample)


class TestTheFile:
    def test_what_is_written_is_read(self) -> None:
        looks = (look("größe\n", day=1), look("b", declared="ladder"))
        assert parse_looks(b"".join(map(line_of, looks))) == looks
        assert all(line_of(one).count(b"\n") == 1 for one in looks)

    def test_a_time_of_another_zone_is_the_same_moment(self) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        moved = Look(data="d", candidate="c", name="c", at=there)
        assert parse_looks(line_of(moved))[0].at == NOON

    def test_a_line_that_was_not_finished_never_came_about(self) -> None:
        whole, other = line_of(look("a")), line_of(look("b"))
        for cut in range(len(other) - 1):
            assert parse_looks(whole + other[:cut]) == (look("a"),)
            assert parse_looks(other[:cut] + b"\n" + whole) == (look("a"),)
        assert parse_looks(whole + other[:-1]) == (look("a"), look("b"))

    @pytest.mark.parametrize(
        "line",
        [
            b"{}",
            b"[}",
            b'{"schema":"distilproof.look/2"}',
            line_of(look("a")).strip().replace(b'"at":"2026', b'"at":"May 2026'),
            line_of(look("a")).strip().replace(b"{", b'{"by":"me",'),
            line_of(look("a")).strip().replace(b"+00:00", b""),
        ],
    )
    def test_what_nobody_can_read_hides_nothing(self, line: bytes) -> None:
        with pytest.raises(UsageError, match=r"line 2 of looks\.jsonl is no look"):
            parse_looks(line_of(look("a")) + line + b"\n" + line_of(look("b")))


class TestDigests:
    def test_the_rows_are_the_same_whatever_the_student_says(
        self, make_rows: MakeRows, count_rows: CountRows
    ) -> None:
        rows = make_rows(3, 400)
        other = rows.assign(student=rows["label"], student_confidence=0.9)
        one, two = count_rows(rows), count_rows(other)
        assert data_digest(one) == data_digest(two)
        assert candidate_digest(one) != candidate_digest(two)

    def test_other_rows_are_others(self, make_rows: MakeRows, count_rows: CountRows) -> None:
        one, two = count_rows(make_rows(3, 400)), count_rows(make_rows(4, 400))
        assert data_digest(one) != data_digest(two)

    def test_neither_changes_with_the_slices_or_the_order_of_rows(
        self, make_rows: MakeRows, count_rows: CountRows
    ) -> None:
        rows = make_rows(3, 400)
        one, two = count_rows(rows), count_rows(rows[::-1], ["lang", "tier"])
        assert data_digest(one) == data_digest(two)
        assert candidate_digest(one) == candidate_digest(two)

    def test_names_of_rows_tell_them_apart_where_counts_do_not(
        self, make_rows: MakeRows, count_rows: CountRows
    ) -> None:
        cube = count_rows(make_rows(3, 400))
        assert data_digest(cube, {"0a": 3, "0b": 1}) == data_digest(cube, {"0b": 1, "0a": 3})
        assert data_digest(cube, {"0a": 3}) != data_digest(cube, {"0a": 2, "0b": 1})
