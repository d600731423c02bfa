"""Every row is asked once, what was answered is kept, and what was not is said."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from distilproof.distil.examples import Example, Shard
from distilproof.distil.labels import Labelling
from distilproof.distil.leakage import HeldOut, input_hash
from distilproof.distil.progress import Progress
from distilproof.errors import (
    BudgetError,
    LeakageError,
    NotClearedError,
    TableError,
    TeacherMovedError,
)
from distilproof.teachers.asking import Limits
from distilproof.teachers.budget import Budget
from distilproof.teachers.failures import BadAnswerError, RejectedError
from distilproof.teachers.teacher import Answer, Cost
from parity import ALLOWED, AT, NOW, Bench, Parity, clearance, numbers


def test_every_row_is_asked_once_and_kept(bench: Bench) -> None:
    labels = bench.label(numbers(300))
    assert sorted(bench.teacher.asked) == [*range(300)]
    assert labels.complete
    found = bench.kept(labels)
    assert {name: one.answer for name, one in found.items()} == {
        f"r{n}": bench.teacher.right(n) for n in range(300)
    }
    assert {(one.attempts, one.cost) for one in found.values()} == {(1, Cost(requests=1, usd=0.01))}
    assert {one.clearance for one in found.values()} == {bench.clearance.digest}
    assert labels.progress.spent == Cost(requests=300, usd=3.0)


def test_a_second_pass_asks_nothing(bench: Bench) -> None:
    bench.label(numbers(100))
    bench.teacher.asked.clear()
    labels = bench.label(numbers(120))
    assert sorted(bench.teacher.asked) == [*range(100, 120)]
    assert (labels.progress.to_ask, labels.progress.answered) == (20, 20)


def test_rows_that_ask_the_same_are_asked_once(bench: Bench) -> None:
    rows = [Example(f"r{i}", i, {"n": i % 7, "other": i}) for i in range(9000)]
    labels = bench.label(rows)
    assert sorted(bench.teacher.asked) == [*range(7)]
    assert len(bench.kept(labels)) == 9000


def test_another_pin_is_another_teacher(bench: Bench) -> None:
    bench.label(numbers(10))
    other = replace(bench.pin, prompt_digest="12" * 32)
    replace(bench, pin=other).label(numbers(10))
    assert sorted(bench.teacher.asked) == sorted([*range(10), *range(10)])


@pytest.mark.parametrize("batch_size", [1, 64])
def test_a_failure_is_never_kept_and_is_asked_again_the_next_time(
    bench: Bench, batch_size: int
) -> None:
    def fails(n: int, _times: int) -> Answer | Exception | None:
        return {3: BadAnswerError("no JSON"), 5: RejectedError("too long")}.get(n)

    teacher = Parity(otherwise=fails, batch_size=batch_size)
    labels = replace(bench, teacher=teacher).label(numbers(200))
    assert sorted(labels.failed.values()) == ["no JSON", "too long"]
    assert not labels.complete
    assert sorted(bench.kept(labels)) == sorted(f"r{n}" for n in range(200) if n not in {3, 5})
    bench.label(numbers(200))
    assert sorted(bench.teacher.asked) == [3, 5]


def test_a_refusal_is_an_answer_and_is_kept(bench: Bench) -> None:
    def refuses(n: int, _times: int) -> Answer | None:
        given = bench.teacher.right(n)
        return Answer(label=None, refusal="I cannot", model=given.model) if n == 2 else None

    labels = replace(bench, teacher=Parity(otherwise=refuses)).label(numbers(5))
    assert labels.complete
    assert bench.kept(labels)["r2"].answer.refusal == "I cannot"
    bench.label(numbers(5))
    assert bench.teacher.asked == []


def test_an_answer_of_another_model_ends_it_and_is_not_kept(bench: Bench) -> None:
    def moved(n: int, _times: int) -> Answer | None:
        return Answer(label="even", model="another-1") if n == 50 else None

    teacher = Parity(otherwise=moved)
    with pytest.raises(TeacherMovedError, match="came from the model 'another-1'"):
        replace(bench, teacher=teacher).label(
            numbers(800), replace(NOW, limits=Limits(connections=4))
        )
    assert 51 <= len(teacher.asked) <= 60
    labels = bench.label(numbers(800))
    assert 50 in bench.teacher.asked
    asked_twice = set(teacher.asked) & set(bench.teacher.asked)
    assert asked_twice == {50}
    assert len(bench.kept(labels)) == 800


def test_nothing_is_sent_for_rows_that_are_certified_on(bench: Bench) -> None:
    held_out = HeldOut(
        "certify.parquet",
        inputs=frozenset(input_hash({"n": n}, ["n"]) for n in (7, "8", 9.0, 1000)),
    )
    with pytest.raises(LeakageError) as error:
        bench.label(numbers(20), replace(NOW, held_out=held_out))
    assert "3 rows are also in certify.parquet" in error.value.message
    assert "r7, r8, r9" in error.value.message
    assert bench.teacher.asked == []


def test_rows_are_told_apart_by_id_where_the_project_says_so(bench: Bench) -> None:
    held_out = HeldOut("certify.parquet", ids=frozenset({"r3"}))
    with pytest.raises(LeakageError, match="1 rows are also in"):
        bench.label(numbers(20), replace(NOW, held_out=held_out))
    bench.label(numbers(3), replace(NOW, held_out=held_out))


def test_an_id_that_is_there_twice_is_refused_before_anything_is_sent(bench: Bench) -> None:
    rows = [Example("same", i, {"n": i}) for i in range(3)]
    with pytest.raises(TableError, match="2 ids of rows to label are there twice: same"):
        bench.label(rows)
    assert bench.teacher.asked == []


def test_rows_that_can_be_walked_through_only_once_are_refused(bench: Bench) -> None:
    with pytest.raises(TypeError, match="pass a list"):
        bench.label(iter(numbers(3)))


def test_a_table_that_changes_while_it_is_read_is_not_labelled_by_half(bench: Bench) -> None:
    class Changing:
        times = 0

        def __iter__(self) -> Iterator[Example]:
            self.times += 1
            return iter([Example(f"r{i}", i, {"n": i * self.times}) for i in range(10)])

    with pytest.raises(TableError, match="changed while it was read"):
        bench.label(Changing())
    assert set(bench.teacher.asked) <= {0}


def test_a_clearance_that_ends_meanwhile_ends_it(bench: Bench) -> None:
    class Clock:
        time = 0.0

        def now(self) -> float:
            self.time += 3600.0  # an hour each time somebody looks
            return self.time

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(min(seconds, 0.01))

    today = replace(ALLOWED, terms="some-terms", expires=AT.date())
    how = replace(NOW, clock=Clock(), limits=Limits(grace_seconds=1e9))
    with pytest.raises(NotClearedError) as error:
        replace(bench, clearance=clearance(today)).label(numbers(500), how)
    assert "ended on 2026-03-01, under some-terms" in error.value.message
    assert 0 < len(bench.teacher.asked) < 30


def test_a_budget_holds_over_all_runs_on_a_cache(bench: Bench) -> None:
    for _ in range(3):
        with pytest.raises(BudgetError):
            bench.label(numbers(100), budget=Budget(max_requests=20))
    assert len(bench.teacher.asked) == 20
    with pytest.raises(BudgetError):
        bench.label(numbers(100), budget=Budget(max_usd=0.30))
    assert len(bench.teacher.asked) == 29  # one more might have cost 0.02
    bench.label(numbers(100), budget=Budget(max_requests=100))
    assert sorted(bench.teacher.asked) == [*range(100)]


def test_a_stop_keeps_what_was_answered(bench: Bench) -> None:
    stop = asyncio.Event()

    def tell(progress: Progress) -> None:
        if progress.answered >= 20:
            stop.set()

    teacher = Parity(seconds=0.01)
    labels = replace(bench, teacher=teacher).label(
        numbers(5000), Labelling(at=AT, stop=stop, tell=tell)
    )
    assert labels.interrupted
    assert not labels.complete
    assert len(bench.kept(labels)) == len(set(teacher.asked)) == labels.progress.answered < 2500


def test_shards_are_apart_and_together_the_whole(bench: Bench) -> None:
    rows = numbers(500)
    names = []
    for part in (1, 2, 3):
        labels = bench.label(rows, replace(NOW, shard=Shard(part, 3)))
        names += [name for name, _ in labels.plan.named]
        assert 100 < labels.plan.rows < 240
    assert sorted(names) == sorted(row.id for row in rows)
    assert sorted(bench.teacher.asked) == [*range(500)]


def test_progress_is_told_and_ends_with_all_of_it(bench: Bench) -> None:
    told: list[Progress] = []
    bench.label(numbers(50), replace(NOW, tell=told.append))
    assert (told[-1].rows, told[-1].to_ask, told[-1].answered) == (50, 50, 50)
    assert told[-1].seconds_left == 0.0
