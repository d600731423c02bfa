"""Every entry of the register against four uses: the verdicts are written out, not derived."""

from datetime import UTC, datetime

import pytest

from distilproof.domain.clearance import Distribution, StudentKind, Use, Verdict
from distilproof.terms.clearance import rule
from distilproof.terms.register import packaged_register

AT = datetime(2026, 11, 24, tzinfo=UTC)

USES: tuple[tuple[StudentKind, Distribution], ...] = (
    ("classifier", "internal"),
    ("classifier", "published"),
    ("generator", "internal"),
    ("generator", "published"),
)

LETTERS = {
    "A": Verdict.ALLOWED,
    "O": Verdict.ALLOWED_WITH_OBLIGATIONS,
    "R": Verdict.NEEDS_REVIEW,
    "U": Verdict.UNKNOWN,
    "F": Verdict.FORBIDDEN,
}

# An internal classifier, a distributed one, an internal generator, a published one: of a German
# company that earns money, with 10,000 users and 50,000 US dollars a month; text only.
EXPECTED = {
    # services: not to compete is a person's judgement, classifiers in the house are excepted
    "openai-services-2026-01": "ARRR",
    "openai-tou-2024-12": "FFFF",
    "anthropic-commercial-2025-06": "FFFF",  # any model, without an authorisation
    "gemini-api-2025-05": "RRRR",
    "gemini-api-2026-03": "RRRR",
    "vertex-ai": "UUUU",  # secondary
    "mistral-commercial-2026-09": "AAAA",  # text is free
    "xai-enterprise": "FFFF",  # without an order form
    "deepseek-api-2026-04": "AOAO",  # distillation by name; what goes out is marked
    "aws-bedrock": "UUUU",  # secondary
    "aws-nova": "UUUU",  # secondary
    "ai21": "UUUU",  # secondary
    "cohere-saas-2024-02": "UUUU",  # secondary
    "alibaba-model-studio-2026-09": "RRRR",
    "moonshot-api-2026-07": "RRRR",
    "zai-api-2026-04": "FFFF",
    "minimax-api-2026-03": "UUUU",  # silent
    "openrouter-2026-08": "UUUU",  # hands on terms that are not named
    # weights that bar other large language models
    "llama-2": "AAFF",
    "llama-3": "AAFF",
    "qwen-2023": "AAFF",
    "dbrx": "AAFF",
    # weights whose duties begin when the student leaves the house
    "llama-3.1": "AOAO",
    "llama-3.2": "AOAO",
    "llama-3.3": "AOAO",
    "gemma-1-3": "AOAO",
    "qwen-2024": "AOAO",
    "deepseek-weights-1.0": "AOAO",
    "openrail-m": "AOAO",
    "bigcode-openrail-m": "AOAO",
    "mistral-medium-modified-mit": "AOAO",
    # weights with questions of their own
    "qwen-community-1": "ARAR",  # whether the student is a derivative matters to who gets it
    "falcon-2": "RRRR",  # the use policy may change at any time
    "stability-community": "OORR",  # registered; no foundational generative model
    "nvidia-cosmos": "OOOO",  # names Cosmos, in the house too
    # weights closed to a German company that earns money
    "llama-3.2-vision": "FFFF",
    "llama-4": "FFFF",
    "hunyuan-3d-2": "FFFF",
    "exaone-1.1-nc": "FFFF",
    "open-aleph": "FFFF",
    "cc-by-nc-4": "FFFF",
    # free weights
    "gemma-4": "AAAA",
    "qwen3-apache": "AAAA",
    "deepseek-mit": "AAAA",
    "nvidia-open-model": "AAAA",
    "mistral-apache": "AAAA",
    "gpt-oss": "AAAA",
    "apache-2.0": "AAAA",
    "mit": "AAAA",
    "openmdw-1.0": "AAAA",
    "phi": "UUUU",  # not read
    "granite": "UUUU",  # not read
    # statements by a named person
    "own-model": "RRRR",
    "own-data": "RRRR",
}


def verdicts(name: str, **changes: object) -> list[Verdict]:
    plain = {"territory": ("DE",), "monthly_users": 10_000, "monthly_revenue_usd": 50_000}
    return [
        rule(
            packaged_register()[name],
            Use(student="screen", student_kind=kind, distribution=where, **(plain | changes)),
            at=AT,
        ).verdict
        for kind, where in USES
    ]


def expected(letters: str) -> list[Verdict]:
    return [LETTERS[letter] for letter in letters]


@pytest.mark.parametrize("name", EXPECTED)
def test_four_uses(name: str) -> None:
    assert verdicts(name) == expected(EXPECTED[name])


def test_every_entry_is_in_the_table() -> None:
    assert sorted(EXPECTED) == sorted(packaged_register())
    assert len(EXPECTED) >= 50


def test_the_use_decides_not_the_model() -> None:
    assert sum(len(set(letters)) > 1 for letters in EXPECTED.values()) >= 17


@pytest.mark.parametrize(
    ("name", "changes", "letters"),
    [
        ("llama-4", {"territory": ("US",)}, "AOAO"),
        ("llama-4", {"territory": ("DE", "US")}, "RRRR"),  # where is the seat?
        ("llama-4", {"territory": ()}, "OOOO"),
        ("llama-3.2", {"teacher_sees": "image"}, "FFFF"),
        ("llama-3.3", {"teacher_sees": "image", "territory": ("US",)}, "AOAO"),
        ("llama-3.1", {"monthly_users": 700_000_000}, "AOAO"),
        ("llama-3.1", {"monthly_users": 700_000_001}, "FFFF"),
        ("llama-3.1", {"monthly_users": None}, "OOOO"),
        ("llama-3", {"student_family": "meta-llama/Meta-Llama-3-8B"}, "AOAO"),
        ("llama-3", {"student_family": "Llama 3.1"}, "RRFF"),
        ("llama-3", {"student_family": "Meta Llama"}, "RRRR"),  # which Llama?
        ("qwen-2023", {"monthly_users": 200_000_000}, "FFFF"),
        ("qwen-2023", {"monthly_users": 200_000_000, "commercial": False}, "AAFF"),
        ("stability-community", {"commercial": False}, "AORR"),
        ("stability-community", {"monthly_revenue_usd": 83_334}, "FFFF"),
        ("stability-community", {"monthly_revenue_usd": 83_333}, "OORR"),
        ("mistral-commercial-2026-09", {"modality": "image"}, "AARR"),
        ("mistral-medium-modified-mit", {"monthly_revenue_usd": 20_000_001}, "FFFF"),
        ("cc-by-nc-4", {"commercial": False}, "AOAO"),
        ("open-aleph", {"commercial": False}, "RRRR"),
        ("exaone-1.1-nc", {"commercial": False}, "FFFF"),
        ("hunyuan-3d-2", {"territory": ("US",)}, "FFFF"),
        ("qwen-community-1", {"model_as_a_service": True}, "FFFF"),
        ("nvidia-open-model", {"teacher_sees": "image"}, "OOOO"),
        ("apache-2.0", {"student_family": "some weights under it"}, "AOAO"),
        ("gpt-oss", {"student_family": "Qwen3"}, "AAAA"),
    ],
)
def test_other_uses(name: str, changes: dict[str, object], letters: str) -> None:
    assert verdicts(name, **changes) == expected(letters)


def test_a_hosted_classifier_is_outside_the_exception_of_openai() -> None:
    terms = packaged_register()["openai-services-2026-01"]
    hosted = Use(student="screen", distribution="hosted", commercial=False)
    assert rule(terms, hosted, at=AT).verdict == Verdict.NEEDS_REVIEW
