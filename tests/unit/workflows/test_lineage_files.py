"""What is kept on terms comes back as it was, or is refused: never half, never changed."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from distilproof.domain.clearance import Clearance, Obligation, Question, Ruling, Use, Verdict
from distilproof.domain.hint import Hint
from distilproof.errors import UsageError
from distilproof.terms.judgement import Judgement
from distilproof.terms.permission import Permission, keep_document
from distilproof.workflows.lineage_files import (
    clearance_file,
    current_clearance,
    keep_clearance,
    keep_hints,
    keep_judgement,
    keep_permission,
    kept_hints,
    own_entries,
    permissions_of,
    read_clearance,
    read_grounds,
    read_permissions,
    void_permissions,
)

AT = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
USE = Use(student="small", territory=("DE",), monthly_users=10_000)
RULING = Ruling(
    model="big",
    role="teacher",
    terms="t",
    terms_digest="0" * 64,
    verdict=Verdict.NEEDS_REVIEW,
    reasons=("somebody must judge",),
    questions=(Question(key="t.q", sentence="it is so"),),
    obligations=(Obligation(terms="t", kind="name_prefix", value="X", text="It starts with X."),),
    permission="1" * 64,
    judged_by=("somebody",),
    expires=date(2027, 1, 2),
)
CLEARANCE = Clearance(teacher="big", use=USE, rulings=(RULING,), by="owner", at=AT)
JUDGEMENT = Judgement(
    key="t.q",
    sentence="it is so",
    answer=True,
    by="somebody",
    because="it is",
    at=AT,
    until=date(2027, 1, 2),
    use_digest=USE.digest,
    terms_digest="0" * 64,
)


def permission(folder: Path, text: str = "You may.", **changed: object) -> Permission:
    """Permission whose document is kept in the project."""
    letter = folder / "letter.txt"
    letter.write_text(text, "utf-8")
    base = Permission(
        document=keep_document(letter, permissions_of(folder)),
        file=letter.name,
        grantor="maker",
        read_by="counsel",
        read_at=AT,
        permits="an internal classifier",
        models=("big",),
        terms=("t",),
        student_kinds=("classifier",),
        distributions=("internal",),
        until=date(2027, 1, 2),
    )
    return replace(base, **changed)


def hint(model: str, *, says: str = "allowed", gateway: str = "openrouter") -> Hint:
    return Hint(gateway=gateway, model=model, says=says, file_digest="0" * 64, at=AT)  # pyright: ignore[reportArgumentType]


class TestClearance:
    def test_it_comes_back_as_it_was(self, tmp_path: Path) -> None:
        keep_clearance(tmp_path, CLEARANCE)
        found = read_clearance(tmp_path)
        assert found == CLEARANCE
        assert found is not None
        assert found.digest == CLEARANCE.digest

    def test_none_was_asked_for(self, tmp_path: Path) -> None:
        assert read_clearance(tmp_path) is None

    def test_the_last_one_is_current_and_the_others_are_kept(self, tmp_path: Path) -> None:
        later = replace(CLEARANCE, by="another")
        for one in (CLEARANCE, later):
            keep_clearance(tmp_path, one)
        assert read_clearance(tmp_path) == later
        assert clearance_file(tmp_path, CLEARANCE).is_file()
        assert not [*tmp_path.rglob("draft-*")]

    def test_a_changed_one_is_refused(self, tmp_path: Path) -> None:
        keep_clearance(tmp_path, CLEARANCE)
        path = current_clearance(tmp_path)
        path.write_text(path.read_text("utf-8").replace("NEEDS_REVIEW", "ALLOWED"), "utf-8")
        with pytest.raises(UsageError, match="was changed since it was kept") as refused:
            read_clearance(tmp_path)
        assert "distilproof clear" in refused.value.hint

    @pytest.mark.parametrize(
        "text", ["", "{}", "null", "[]", '{"teacher": 1}', "\x00", '{"teacher": "big"', "[" * 9999]
    )
    def test_a_broken_one_is_refused(self, tmp_path: Path, text: str) -> None:
        keep_clearance(tmp_path, CLEARANCE)
        current_clearance(tmp_path).write_text(text, "utf-8")
        with pytest.raises(UsageError, match="holds no clearance"):
            read_clearance(tmp_path)

    def test_a_link_to_nothing_is_no_free_pass(self, tmp_path: Path) -> None:
        current_clearance(tmp_path).parent.mkdir()
        current_clearance(tmp_path).symlink_to(tmp_path / "gone.json")
        with pytest.raises(UsageError, match="holds no clearance"):
            read_clearance(tmp_path)

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / ".distilproof").touch()
        with pytest.raises(UsageError, match="cannot be written"):
            keep_clearance(tmp_path, CLEARANCE)


class TestJudgements:
    def test_they_come_back_as_they_were(self, tmp_path: Path) -> None:
        revised = replace(JUDGEMENT, answer=False)
        for one in (JUDGEMENT, revised, JUDGEMENT):
            keep_judgement(tmp_path, one)
        found = read_grounds(tmp_path).judgements
        assert len(found) == 2
        assert {one.answer for one in found} == {True, False}
        assert set(found) == {JUDGEMENT, revised}

    def test_a_changed_one_is_refused(self, tmp_path: Path) -> None:
        path = keep_judgement(tmp_path, replace(JUDGEMENT, answer=False))
        said = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(said | {"answer": True}), "utf-8")
        with pytest.raises(UsageError, match="was changed since it was kept"):
            read_grounds(tmp_path)

    def test_a_broken_one_is_refused(self, tmp_path: Path) -> None:
        keep_judgement(tmp_path, JUDGEMENT).write_text("{", "utf-8")
        with pytest.raises(UsageError, match="holds no judgement"):
            read_grounds(tmp_path)


class TestPermissions:
    def test_they_come_back_as_they_were(self, tmp_path: Path) -> None:
        one = permission(tmp_path)
        keep_permission(tmp_path, one)
        assert read_permissions(tmp_path) == read_grounds(tmp_path).permissions == (one,)
        assert void_permissions(tmp_path) == ()

    def test_the_same_twice_is_one(self, tmp_path: Path) -> None:
        keep_permission(tmp_path, permission(tmp_path))
        later = permission(tmp_path, until=date(2028, 1, 2))
        keep_permission(tmp_path, later)
        assert read_permissions(tmp_path) == (later,)

    def test_one_document_may_permit_several_things(self, tmp_path: Path) -> None:
        first, second = permission(tmp_path), permission(tmp_path, models=("other",))
        for one in (first, second):
            keep_permission(tmp_path, one)
        assert read_permissions(tmp_path) == (first, second)

    @pytest.mark.parametrize("mend", ["unlink", "change"])
    def test_it_is_void_without_its_document(self, tmp_path: Path, mend: str) -> None:
        one = permission(tmp_path)
        keep_permission(tmp_path, one)
        (document,) = (p for p in permissions_of(tmp_path).iterdir() if p.suffix != ".json")
        if mend == "unlink":
            document.unlink()
        else:
            document.write_text("You may not.", "utf-8")
        assert read_permissions(tmp_path) == read_grounds(tmp_path).permissions == ()
        assert void_permissions(tmp_path) == (one,)

    def test_it_cannot_borrow_the_document_of_another(self, tmp_path: Path) -> None:
        path = keep_permission(tmp_path, permission(tmp_path))
        other = permission(tmp_path, "You may not.")
        path.rename(path.with_name(f"{other.document}.json"))
        assert read_permissions(tmp_path) == ()
        assert len(void_permissions(tmp_path)) == 1

    def test_a_document_that_is_json_is_kept_too(self, tmp_path: Path) -> None:
        letter = tmp_path / "order.json"
        letter.write_text('{"may": true}', "utf-8")
        document = keep_document(letter, permissions_of(tmp_path))
        one = permission(tmp_path, document=document)
        keep_permission(tmp_path, one)
        assert read_permissions(tmp_path) == (one,)

    def test_a_broken_record_is_refused(self, tmp_path: Path) -> None:
        keep_permission(tmp_path, permission(tmp_path)).write_text('{"models": []}', "utf-8")
        with pytest.raises(UsageError, match="holds no permission"):
            read_grounds(tmp_path)


class TestHints:
    def test_a_newer_one_takes_the_place_of_an_older(self, tmp_path: Path) -> None:
        keep_hints(tmp_path, (hint("b"), hint("a")))
        keep_hints(tmp_path, (hint("b", says="disallowed"), hint("b", gateway="nanogpt")))
        found = [(one.gateway, one.model, one.says) for one in kept_hints(tmp_path)]
        assert found == [
            ("nanogpt", "b", "allowed"),
            ("openrouter", "a", "allowed"),
            ("openrouter", "b", "disallowed"),
        ]

    def test_there_are_none(self, tmp_path: Path) -> None:
        assert kept_hints(tmp_path) == ()

    def test_a_broken_file_is_refused(self, tmp_path: Path) -> None:
        keep_hints(tmp_path, (hint("b"),)).write_text("[1]", "utf-8")
        with pytest.raises(UsageError, match="holds no hints"):
            kept_hints(tmp_path)


def test_a_project_without_entries_has_none(tmp_path: Path) -> None:
    assert own_entries(tmp_path) == ()
