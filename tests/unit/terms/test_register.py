"""The register that ships: every file, every entry, every identifier."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from distilproof.canonical import digest
from distilproof.domain.clearance import Distribution, StudentKind, Use
from distilproof.errors import UsageError
from distilproof.terms.clearance import rule
from distilproof.terms.licences import Terms, differences, parse_terms
from distilproof.terms.register import Register, packaged_register, read_terms

FOLDER = files("distilproof.terms") / "register"
FILES = sorted(one.name for one in FOLDER.iterdir() if one.name.endswith(".toml"))
REGISTER = packaged_register()


@pytest.mark.parametrize("name", FILES)
def test_every_file_keeps_the_schema(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert text.startswith("# "), "says what it holds"
    assert [entry.id for entry in parse_terms(text, name)] == [
        entry["id"] for entry in tomllib.loads(text)["terms"]
    ]


def test_all_files_are_in_it() -> None:
    read = sum(len(parse_terms((FOLDER / one).read_text("utf-8"), one)) for one in FILES)
    assert read == len(REGISTER) >= 50


@pytest.mark.parametrize("entry", REGISTER.values(), ids=lambda entry: entry.id)
def test_every_entry_says_what_a_reader_needs(entry: Terms) -> None:
    assert entry.summary.endswith(".")
    assert len(entry.summary) <= 320, "our words, no copied clause"
    own = entry.id.startswith("own-")
    assert own or entry.source.startswith("https://")
    assert own or (entry.review_by is not None)
    assert all(duty.text.endswith(".") for duty in entry.obligations)


@pytest.mark.parametrize("entry", REGISTER.values(), ids=lambda entry: entry.id)
def test_terms_that_move_are_looked_at_within_half_a_year(entry: Terms) -> None:
    at_most = timedelta(days=180 if entry.route in {"api", "gateway", "chat"} else 365)
    assert entry.review_by is None or entry.review_by - entry.as_of <= at_most


@pytest.mark.parametrize("entry", REGISTER.values(), ids=lambda entry: entry.id)
def test_no_sentence_has_a_hole(entry: Terms) -> None:
    for kind, where in product(get_args(StudentKind), get_args(Distribution)):
        use = Use(student="screen", student_kind=kind, distribution=where, student_family="Falcon")
        ruling = rule(entry, use, at=datetime(2026, 11, 24, tzinfo=UTC))
        assert ruling.reasons
        for words in (*ruling.reasons, *(one.sentence for one in ruling.questions)):
            assert words == " ".join(words.split())
            assert not {"{", "}"} & set(words)
            assert "None" not in words


def test_keys_of_obligations_are_single() -> None:
    use = Use(student="screen", distribution="published", student_family="x")
    for entry in REGISTER.values():
        owed = rule(entry, use, at=datetime(2026, 11, 24, tzinfo=UTC)).obligations
        assert len({one.key for one in owed}) == len(owed)


def test_it_says_when_it_was_made() -> None:
    assert REGISTER.as_of == date(2026, 11, 24)
    assert Register(()).as_of is None


def test_an_alias_is_the_entry_and_no_entry_of_its_own() -> None:
    assert REGISTER["in-house"] is REGISTER["own-model"]
    assert "in-house" in REGISTER
    assert "in-house" not in list(REGISTER)


def test_a_digest_for_every_entry() -> None:
    assert len({entry.digest for entry in REGISTER.values()}) == len(REGISTER)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("openai", "openai-tou-2024-12"),
        ("llama3.1", "llama-3.1"),
        ("Own-Modell", "own-model"),
        ("inhouse", "own-model"),
        ("gpt-os", "gpt-oss"),
    ],
)
def test_did_you_mean(said: str, meant: str) -> None:
    assert meant in REGISTER.closest(said)


def test_nothing_is_near() -> None:
    assert REGISTER.closest("zzzzqqqq") == ()


def test_a_project_takes_the_place_of_an_entry(entry: object) -> None:
    own = entry()
    changed = Register([own]).with_entries([entry(permits="no")])
    assert changed["acme"].permits == "no"
    assert len(REGISTER.with_entries([own])) == len(REGISTER) + 1
    assert len(REGISTER) == len(packaged_register()), "the packaged one stays as it is"


def test_no_two_of_a_name(entry: object) -> None:
    with pytest.raises(UsageError, match="two terms are called acme"):
        Register([entry(), entry()])
    with pytest.raises(UsageError, match=r"acme takes the alias mit, which is mit"):
        REGISTER.with_entries([entry('aliases = ["mit"]')])


def test_stale_the_day_after_the_review_is_due() -> None:
    due = REGISTER["openai-services-2026-01"].review_by
    assert due is not None
    on = datetime(due.year, due.month, due.day, 23, 59, tzinfo=UTC)
    assert REGISTER["openai-services-2026-01"] not in REGISTER.stale(on)
    assert REGISTER["openai-services-2026-01"] in REGISTER.stale(on + timedelta(minutes=1))
    assert REGISTER["own-model"] not in REGISTER.stale(on.replace(year=2100))


def test_differences_name_the_fields(entry: object) -> None:
    a, b = entry(), entry('aliases = ["road-runner"]', permits="no")
    assert differences(a, b) == (
        ("permits", "yes", "no"),
        ("aliases", (), ("road-runner",)),
    )
    assert differences(a, a) == ()
    assert a.digest != b.digest
    assert len(a.digest) == len(digest(""))


def test_a_file_of_a_project(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("\ufeff" + (FOLDER / "own.toml").read_text("utf-8"), encoding="utf-8")
    assert [one.id for one in read_terms(path)] == ["own-model", "own-data"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "acme.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"acme\.toml cannot be read as UTF-8 text"):
        read_terms(path)
