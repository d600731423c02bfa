"""What a condition says where its answer hangs on a detail."""

from datetime import UTC, datetime

import pytest

from distilproof.domain.clearance import Use, Verdict
from distilproof.terms.conditions import SENTENCES, NotAnotherLlm, Place, Statement, outcome
from distilproof.terms.countries import EU, countries
from distilproof.terms.triggers import Asked, starts_from

AT = datetime(2026, 11, 24, tzinfo=UTC)


def asked(**use: object) -> Asked:
    return Asked(terms="acme", families=("Acme 3",), model="m", use=Use(student="s", **use))


@pytest.mark.parametrize(
    ("family", "named", "told"),
    [
        (None, ("Llama 3",), False),
        ("Llama 3", ("Llama 3",), True),
        ("llama3", ("Llama 3",), True),
        ("meta-llama/Meta-Llama-3-8B-Instruct", ("Llama 3",), True),
        ("Llama 3.1", ("Llama 3",), False),
        ("Llama 3.1", ("Llama 3", "Llama 3.1"), True),
        ("Meta Llama", ("Llama 3",), None),
        ("Qwen2.5-7B", ("Qwen",), True),
        ("Qwen2.5-7B", ("Qwen 2.5",), True),
        ("gpt-oss-20b", ("gpt oss",), True),
        ("BERT", ("Qwen", "Gemma"), False),
        ("BERT", (), None),
    ],
)
def test_what_a_student_starts_from(
    family: str | None, named: tuple[str, ...], told: object
) -> None:
    assert starts_from(Use(student="s", student_family=family), named) is told


@pytest.mark.parametrize(
    ("use", "verdict"),
    [
        ({"student_kind": "classifier"}, Verdict.ALLOWED),
        ({"student_kind": "embedding"}, Verdict.ALLOWED),
        ({"student_kind": "generator"}, Verdict.FORBIDDEN),
        ({"student_kind": "generator", "modality": "image"}, Verdict.FORBIDDEN),
        ({"student_kind": "generator", "student_family": "Acme 3 small"}, Verdict.ALLOWED),
        ({"student_kind": "generator", "student_family": "Acme"}, Verdict.NEEDS_REVIEW),
        ({"student_kind": "generator", "student_family": "Falcon"}, Verdict.FORBIDDEN),
        ({"student_kind": "classifier", "student_family": "Falcon"}, Verdict.NEEDS_REVIEW),
        ({"student_kind": "classifier", "student_family": "Acme 3"}, Verdict.ALLOWED),
    ],
)
def test_a_bar_on_other_language_models(use: dict[str, object], verdict: Verdict) -> None:
    bar = NotAnotherLlm(kind="not_another_llm", families=("Acme 3",))
    found = outcome(bar, asked(**use))
    assert found is not None
    assert found.verdict == verdict


def test_a_condition_that_does_not_bind_says_nothing() -> None:
    bar = Statement(kind="not_competing", party="Acme", when=("generator", "distributed"))
    assert outcome(bar, asked(student_kind="generator")) is None
    assert outcome(bar, asked(distribution="hosted")) is None
    assert outcome(bar, asked(student_kind="generator", distribution="hosted")) is not None


def test_where_a_trigger_cannot_be_told_the_stricter_reading_holds() -> None:
    unclear = asked(student_family="Acme")
    bound = Statement(kind="not_replicating", party="Acme", when=("starts_from",))
    excepted = Statement(kind="not_replicating", party="Acme", unless=("starts_from",))
    for condition in (bound, excepted):
        found = outcome(condition, unclear)
        assert found is not None
        assert found.verdict == Verdict.NEEDS_REVIEW
    sure = outcome(excepted, asked(student_family="Acme 3"))
    assert sure is not None
    assert sure.verdict == Verdict.ALLOWED


@pytest.mark.parametrize(
    ("kind", "territory", "verdict"),
    [
        ("territory", ("US",), Verdict.ALLOWED),
        ("territory", ("US", "FR"), Verdict.FORBIDDEN),
        ("territory", ("GB",), Verdict.FORBIDDEN),
        ("territory", ("UK",), Verdict.FORBIDDEN),
        ("seat", ("EU",), Verdict.FORBIDDEN),
        ("seat", ("EL",), Verdict.FORBIDDEN),
        ("seat", ("US", "FR"), Verdict.NEEDS_REVIEW),
        ("seat", ("FR", "DE"), Verdict.FORBIDDEN),
        ("seat", (), Verdict.ALLOWED_WITH_OBLIGATIONS),
    ],
)
def test_countries_left_out(kind: str, territory: tuple[str, ...], verdict: Verdict) -> None:
    place = Place(kind=kind, excludes=("EU", "GB"))
    found = outcome(place, asked(territory=territory))
    assert found is not None
    assert found.verdict == verdict


def test_the_union_has_27_members() -> None:
    assert len(set(EU)) == 27
    assert {"EU", "EL", "GB", "UK"} <= set(countries(("EU", "GB")))


def test_a_sentence_on_the_model_is_asked_for_each_model() -> None:
    for kind, template in SENTENCES.items():
        if kind in {"not_an_llm", "starts_from_family", "seat_elsewhere"}:
            assert "{model}" not in template
            continue
        found = outcome(Statement(kind=kind, party="Acme"), asked())
        assert found is not None
        assert found.question is not None
        of_model = "@m" if "{model}" in template else ""
        assert found.question.key == f"acme.{kind}{of_model}"
