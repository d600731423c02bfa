"""Licence tags hint, and open nothing."""

from datetime import UTC, datetime

import pytest

from distilproof.domain.clearance import Subject, Use, Verdict
from distilproof.terms.clearance import Grounds, clear
from distilproof.terms.hints import OWN_LICENCE, licence_hint
from distilproof.terms.register import packaged_register

REGISTER = packaged_register()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("llama3.1", {"llama-3.1"}),
        ("license:llama3.2", {"llama-3.2", "llama-3.2-vision"}),
        ("LicenseRef-scancode-qwen-2024", {"qwen-2024"}),
        ("qwen-2024", {"qwen-2024"}),
        ("deepseek-la-1.0", {"deepseek-weights-1.0"}),
        ("OpenMDW-1.0", {"openmdw-1.0"}),
        ("bigscience-openrail-m", {"openrail-m"}),
        ("CC-BY-NC-4.0", {"cc-by-nc-4"}),
        ("(CC-BY-NC-4.0 AND LicenseRef-scancode-qwen-2024)", {"cc-by-nc-4", "qwen-2024"}),
    ],
)
def test_tags_identifiers_and_expressions(said: str, meant: set[str]) -> None:
    assert set(licence_hint(said, REGISTER)) == meant


def test_a_tag_of_many_hints_at_many() -> None:
    found = licence_hint("mit", REGISTER)
    assert {"mit", "deepseek-mit", "phi"} <= set(found)
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    "said",
    [*sorted(OWN_LICENCE), "", "openrail++", "MIT OR LicenseRef-own", "Apache-2.0 AND other"],
)
def test_a_licence_of_its_own_gives_no_hint(said: str) -> None:
    assert licence_hint(said, REGISTER) == ()


@pytest.mark.parametrize("tag", ["other", "llama3.1", "Apache-2.0", "license:mit", "MIT OR x"])
def test_package_metadata_clears_nothing(tag: str) -> None:
    teacher = Subject(model="m", role="teacher", terms=(tag,))
    at = datetime(2026, 11, 24, tzinfo=UTC)
    found = clear([teacher], Use(student="s"), REGISTER, grounds=Grounds(), by="me", at=at)
    assert found.verdict == Verdict.UNKNOWN
