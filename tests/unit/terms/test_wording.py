"""What an entry asks and what is owed, as a reader meets it."""

import pytest

from distilproof.terms.licences import Duty
from distilproof.terms.register import packaged_register
from distilproof.terms.wording import condition_words, duty_words

REGISTER = packaged_register()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "openai-services-2026-01",
            (
                "a person judges that the student, as it is used, competes with no product or "
                "service of OpenAI, unless the student is a classifier or an embedding model and "
                "stays in the house"
            ),
        ),
        ("anthropic-commercial-2025-06", "needs a prior written authorisation of Anthropic"),
        ("llama-3", "no large language model but one that starts from Llama 3"),
        ("llama-3.1", "at most 700,000,000 users a month"),
        ("llama-4", "nobody with a seat in EU"),
        ("hunyuan-3d-2", "neither made nor offered in EU or GB or KR"),
        ("mistral-medium-modified-mit", "at most 20,000,000 US dollars of revenue a month"),
        ("exaone-1.1-nc", "no commercial use"),
        ("openrouter-2026-08", "the terms of the model itself are named beside these"),
    ],
)
def test_the_first_condition(name: str, said: str) -> None:
    assert condition_words(REGISTER[name].conditions[0]) == said


def test_every_condition_and_duty_has_words_of_its_own() -> None:
    for entry in REGISTER.values():
        said = [*map(condition_words, entry.conditions), *map(duty_words, entry.obligations)]
        assert len(set(said)) == len(entry.conditions) + len(entry.obligations)
        assert not {"{", "}"} & {letter for words in said for letter in words}


def test_a_duty_of_the_large() -> None:
    duty = Duty(kind="notice", text="It says so.", above_users=10, above_revenue_usd=20)
    assert duty_words(duty) == (
        "It says so, above 10 users a month or 20 US dollars of revenue a month"
    )
