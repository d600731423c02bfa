"""A fingerprint is made of a teacher that wavers, and a watch of it tells change from outage."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from distilproof.domain.identity import Fingerprint
from distilproof.errors import TeacherError, UsageError
from distilproof.stats.binomial import clopper_pearson
from distilproof.teachers.boundary import SCOUTS
from distilproof.teachers.canary import (
    Found,
    Poll,
    Watch,
    collect,
    counted,
    log_e,
    look,
    polls_to_see,
    requests_of,
    standing,
)
from distilproof.teachers.failures import AskingError, UnavailableError
from distilproof.teachers.fingerprint import Canaries, fingerprint
from distilproof.teachers.teacher import Answer, Request

AT = datetime(2026, 3, 1, tzinfo=UTC)
LABELS = ("no", "yes")
PROMPTS = [{"x": x / 40} for x in range(-100, 100)]
Model = Callable[["Classifier", float], Answer | AskingError]


@dataclass
class Classifier:
    """A small noisy classifier: a logistic curve whose answers are drawn by its probabilities."""

    steepness: float = 12.0
    centre: float = 0.0
    tells: bool = False
    model: str = "m-2026-01-01"
    seed: int = 1
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = np.random.default_rng(self.seed)

    def answer(self, x: float) -> Answer | AskingError:
        yes = 1 / (1 + math.exp(-self.steepness * (x - self.centre)))
        label = LABELS[int(self.chance.random() < yes)]
        probabilities = (1 - yes, yes) if self.tells else None
        return Answer(label=label, model=self.model, probabilities=probabilities)

    async def ask(
        self, requests: Sequence[Request]
    ) -> AsyncIterator[tuple[int, Answer | AskingError]]:
        for at, request in enumerate(requests):
            self.asked.append(request)
            x = request["x"]
            assert isinstance(x, float)
            yield at, self.answer(x)


class Faulty(Classifier):
    """The same classifier behind a server in trouble."""

    trouble: Model

    def answer(self, x: float) -> Answer | AskingError:
        return self.trouble(self, x)


def with_trouble(trouble: Model) -> Faulty:
    teacher = Faulty()
    teacher.trouble = trouble
    return teacher


def made(teacher: Classifier, prompts: Sequence[Request] = PROMPTS, count: int = 40) -> Fingerprint:
    shuffled = np.random.default_rng(2).permutation(len(prompts))
    return asyncio.run(
        fingerprint(
            teacher.ask,
            [prompts[at] for at in shuffled],
            labels=LABELS,
            canaries=Canaries(count=count),
            probable=teacher.tells,
        )
    )


def polled(pinned: Fingerprint, teacher: Classifier, days: int = 0) -> Poll:
    outcomes = asyncio.run(collect(teacher.ask, requests_of(pinned)))
    return look(pinned, outcomes, labels=LABELS, at=AT + timedelta(days=days))


def watched(pinned: Fingerprint, teacher: Classifier, polls: int) -> Watch:
    watch = Watch(pin="p")
    for day in range(polls):
        watch = counted(watch, polled(pinned, teacher, day), pinned)
    return watch


@pytest.fixture(scope="module")
def pinned() -> Fingerprint:
    return made(Classifier())


def test_a_fingerprint_holds_prompts_modal_answers_and_how_much_the_teacher_wavers(
    pinned: Fingerprint,
) -> None:
    assert pinned.returned_model == "m-2026-01-01"
    assert len(pinned.canaries) == 40
    assert {canary.repeats for canary in pinned.canaries} == {10}
    wrong = sum(canary.disagreeing for canary in pinned.canaries)
    assert pinned.disagreement == wrong / 400
    assert pinned.disagreement_high == clopper_pearson(wrong, 400, confidence=0.95).high
    assert {canary.modal for canary in pinned.canaries} == set(LABELS)
    assert all(canary.log_probability is None for canary in pinned.canaries)
    for canary in pinned.canaries:
        x = json.loads(canary.request)["x"]
        assert canary.modal == LABELS[int(x > 0)] or abs(x) < 0.2


def test_it_takes_as_many_answers_as_it_announces() -> None:
    teacher, canaries = Classifier(), Canaries(count=40)
    made(teacher)
    assert len(teacher.asked) == canaries.answers == 80 * SCOUTS + 40 * 10


def test_answers_that_choose_what_the_teacher_says_are_not_counted() -> None:
    teacher = Classifier(steepness=0.1)
    with pytest.raises(UsageError) as refused:
        made(teacher)
    # Counted on the answers that chose the most frequent one it would seem to be a third.
    assert "contradicts itself in 4" in refused.value.message
    assert "temperature = 0" in refused.value.hint


def distances(pinned: Fingerprint) -> list[float]:
    return sorted(abs(json.loads(canary.request)["x"]) for canary in pinned.canaries)


def test_half_of_the_prompts_sit_near_the_boundary_where_probabilities_tell() -> None:
    pinned = made(Classifier(steepness=1.2, tells=True))
    near = sum(x * 1.2 < math.log(3) for x in distances(pinned))  # a lead below 1/2
    assert pinned.near_boundary == near
    assert near >= 20
    assert sum(x > 1 for x in distances(pinned)) >= 10


def test_prompts_near_the_boundary_are_found_by_wavering_where_nothing_else_tells() -> None:
    pinned = made(Classifier(steepness=4.0))
    wavering = [canary for canary in pinned.canaries if canary.disagreeing]
    assert pinned.near_boundary > 0
    assert all(abs(json.loads(c.request)["x"]) < 1.5 for c in wavering)


def test_a_steady_teacher_gives_no_prompt_near_its_boundary_away() -> None:
    pinned = made(Classifier(steepness=200.0))
    assert pinned.near_boundary == 0
    assert pinned.disagreement == 0.0
    assert pinned.disagreement_high == pytest.approx(1 - 0.05 ** (1 / 400))
    labels = [canary.modal for canary in pinned.canaries]
    assert labels.count("yes") == labels.count("no") == 20


def test_log_probabilities_are_kept_where_they_are_offered() -> None:
    pinned = made(Classifier(tells=True))
    for canary in pinned.canaries:
        yes = 1 / (1 + math.exp(-12 * json.loads(canary.request)["x"]))
        expected = math.log(yes if canary.modal == "yes" else 1 - yes)
        assert canary.log_probability == pytest.approx(expected)


def test_two_models_under_one_id_are_refused() -> None:
    def trouble(teacher: Classifier, x: float) -> Answer | AskingError:
        answer = Classifier.answer(teacher, x)
        assert isinstance(answer, Answer)
        return replace(answer, model="other") if teacher.chance.random() < 0.01 else answer

    with pytest.raises(TeacherError, match=r"2 models answered under one id: m-2026-01-01, other"):
        made(with_trouble(trouble))


def test_a_server_that_names_no_model_is_refused() -> None:
    with pytest.raises(TeacherError, match="does not say which model"):
        made(Classifier(model=""))


def down(_: Classifier, __: float) -> Answer | AskingError:
    return UnavailableError("the server is down")


def often_down(teacher: Classifier, x: float) -> Answer | AskingError:
    return down(teacher, x) if teacher.chance.random() < 0.8 else Classifier.answer(teacher, x)


def seldom_down(teacher: Classifier, x: float) -> Answer | AskingError:
    return down(teacher, x) if teacher.chance.random() < 0.05 else Classifier.answer(teacher, x)


def refusing(teacher: Classifier, _: float) -> Answer | AskingError:
    return Answer(label=None, refusal="I cannot help with that", model=teacher.model)


def always_yes(teacher: Classifier, _: float) -> Answer | AskingError:
    return Answer(label="yes", model=teacher.model)


@pytest.mark.parametrize("trouble", [down, often_down])
def test_a_teacher_that_does_not_answer_cannot_be_pinned(trouble: Model) -> None:
    with pytest.raises(TeacherError, match=r"were not answered .* the server is down"):
        made(with_trouble(trouble))


def test_what_failed_now_and_then_is_asked_again() -> None:
    found = made(with_trouble(seldom_down))
    assert len(found.canaries) == 40
    assert {canary.repeats for canary in found.canaries} == {10}


def test_a_prompt_that_is_never_answered_is_no_canary() -> None:
    def trouble(teacher: Classifier, x: float) -> Answer | AskingError:
        return down(teacher, x) if x > 2.2 else Classifier.answer(teacher, x)

    found = made(with_trouble(trouble))
    assert len(found.canaries) == 40
    assert all(json.loads(canary.request)["x"] <= 2.2 for canary in found.canaries)


def test_too_few_different_prompts_are_refused() -> None:
    with pytest.raises(UsageError, match="19 different prompts are too few"):
        made(Classifier(), [{"x": x / 1.0} for x in range(19)] * 5)


@pytest.mark.parametrize("wrong", [{"count": 19}, {"repeats": 9}])
def test_too_few_canaries_or_repeats_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="too few"):
        Canaries(**wrong)


def test_the_same_teacher_stays_the_same(pinned: Fingerprint) -> None:
    watch = watched(pinned, Classifier(seed=9), 60)
    assert standing(watch, pinned)[0] is Found.SAME
    assert log_e(watch) < 0


def test_another_teacher_is_found_and_stays_found(pinned: Fingerprint) -> None:
    watch = watched(pinned, Classifier(centre=0.8, seed=9), 5)
    found, why = standing(watch, pinned)
    assert found is Found.MOVED
    assert "evidence reached 100" in why
    watch = counted(watch, polled(pinned, Classifier(seed=3), 9), pinned)
    assert standing(watch, pinned)[0] is Found.MOVED
    assert watch.alarmed_at is not None
    assert watch.alarmed_at < AT + timedelta(days=5)


def test_another_model_string_is_a_move_at_once_and_no_evidence(pinned: Fingerprint) -> None:
    watch = watched(pinned, Classifier(model="m-2026-02-02"), 1)
    assert standing(watch, pinned) == (
        Found.MOVED,
        "'m-2026-02-02' answered, pinned is 'm-2026-01-01'",
    )
    assert log_e(watch) == 0.0
    watch = counted(watch, polled(pinned, Classifier()), pinned)
    assert standing(watch, pinned)[0] is Found.SAME


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (down, "40 of 40 canaries were not answered: the server is down"),
        (often_down, "canaries were not answered: the server is down"),
        (refusing, "40 of 40 canaries were refused that were answered"),
        (always_yes, "all 40 answers are 'yes'"),
    ],
)
def test_an_outage_is_no_change_and_no_evidence(
    pinned: Fingerprint, trouble: Model, said: str
) -> None:
    watch = watched(pinned, with_trouble(trouble), 50)
    found, why = standing(watch, pinned)
    assert found is Found.UNKNOWN
    assert said in why
    assert log_e(watch) == 0.0
    assert len(watch.polls) == 50
    assert standing(counted(watch, polled(pinned, Classifier()), pinned), pinned)[0] is Found.SAME


def test_a_canary_without_an_answer_counts_as_one_that_agreed(pinned: Fingerprint) -> None:
    whole = Poll(at=AT, asked=40, answered=40, disagreeing=2, models=("m-2026-01-01",))
    partly = replace(whole, answered=34)
    once, other = (counted(Watch(pin="p"), poll, pinned) for poll in (whole, partly))
    assert log_e(once) == log_e(other)


def test_a_watch_that_was_never_polled_cannot_tell(pinned: Fingerprint) -> None:
    assert standing(Watch(pin="p"), pinned)[0] is Found.UNKNOWN


def test_a_refusal_can_be_what_the_teacher_says() -> None:
    def trouble(teacher: Classifier, x: float) -> Answer | AskingError:
        return refusing(teacher, x) if x > 1 else Classifier.answer(teacher, x)

    pinned = made(with_trouble(trouble))
    refused = [canary for canary in pinned.canaries if canary.modal is None]
    assert refused
    assert all(canary.disagreeing == 0 for canary in refused)
    assert standing(watched(pinned, with_trouble(trouble), 5), pinned)[0] is Found.SAME


def test_log_probabilities_show_a_shift_before_any_answer_changes() -> None:
    pinned = made(Classifier(tells=True))
    same = polled(pinned, Classifier(tells=True))
    moved = polled(pinned, Classifier(tells=True, centre=0.02))
    assert pinned.log_probability_spread == pytest.approx(0.0, abs=1e-9)
    assert same.log_probability_change == pytest.approx(0.0, abs=1e-9)
    assert moved.log_probability_change is not None
    assert moved.log_probability_change > 0.001
    assert polled(pinned, Classifier()).log_probability_change is None


def test_it_says_how_long_a_change_would_take_to_be_seen(pinned: Fingerprint) -> None:
    slow, fast = polls_to_see(pinned, 2.0), polls_to_see(pinned, 5.0)
    assert slow is not None
    assert fast is not None
    assert 1 <= fast < slow
    assert polls_to_see(pinned, 1.0) is None
