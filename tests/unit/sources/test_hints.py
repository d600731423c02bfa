"""Gateways' lists of models: what they say is read as it stands, and nothing is made up."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distilproof.errors import UsageError
from distilproof.sources.hints import read_hints

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MODEL = {"slug": "maker/big-1", "is_trainable_text": True}


def written(tmp_path: Path, value: object) -> Path:
    path = tmp_path / "models.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


def said(tmp_path: Path, value: object) -> dict[str, str]:
    return {hint.model: hint.says for hint in read_hints(written(tmp_path, value), at=AT)}


class TestShapes:
    @pytest.mark.parametrize(
        "value",
        [[MODEL], {"data": [MODEL]}, {"models": [MODEL]}, {"data": {"models": [MODEL]}}],
    )
    def test_a_list_may_be_wrapped(self, tmp_path: Path, value: object) -> None:
        assert said(tmp_path, value) == {"maker/big-1": "allowed"}

    def test_flags_have_three_values(self, tmp_path: Path) -> None:
        flags = {"a": True, "b": False, "c": None, "d": "yes", "e": 1}
        models = [{"id": name, "is_trainable_text": flag} for name, flag in flags.items()]
        assert said(tmp_path, models) == {
            "a": "allowed",
            "b": "disallowed",
            "c": "unknown",
            "d": "unknown",
            "e": "unknown",
        }

    def test_a_policy_gives_its_basis(self, tmp_path: Path) -> None:
        policy = {
            "status": "disallowed",
            "basis": "provider terms",
            "sourceUrl": "https://example.org/terms",
            "note": "read in October",
        }
        path = written(tmp_path, {"data": [{"id": "big-1", "distillationPolicy": policy}]})
        (hint,) = read_hints(path, at=AT)
        assert (hint.gateway, hint.says) == ("nanogpt", "disallowed")
        assert hint.because == "provider terms; read in October"
        assert hint.source == "https://example.org/terms"
        assert hint.file_digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert hint.at == AT

    @pytest.mark.parametrize(
        "status", ["perhaps", None, 1, ["allowed"], {"allowed": True}, "Allowed"]
    )
    def test_a_status_nobody_knows_is_unknown(self, tmp_path: Path, status: object) -> None:
        model = {"id": "m", "distillationPolicy": {"status": status}}
        assert said(tmp_path, [model]) == {"m": "unknown"}

    def test_models_without_a_flag_or_a_name_are_passed_over(self, tmp_path: Path) -> None:
        models = [
            {"id": "a"},
            {"distillable": True},
            "text",
            None,
            {"id": "b", "distillable": False},
        ]
        assert said(tmp_path, models) == {"b": "disallowed"}

    def test_the_last_counts_where_a_model_stands_twice(self, tmp_path: Path) -> None:
        models = [{"id": "a", "distillable": True}, {"id": "a", "distillable": False}]
        assert said(tmp_path, models) == {"a": "disallowed"}


class TestMistakes:
    @pytest.mark.parametrize("text", ["", "no json", "[" * 100_000, '{"data": '])
    def test_what_is_no_json(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(UsageError, match="is no JSON"):
            read_hints(written(tmp_path, text), at=AT)

    @pytest.mark.parametrize("value", [1, [], {}, {"data": 1}, [{"id": "a"}], "text"])
    def test_a_list_that_says_nothing(self, tmp_path: Path, value: object) -> None:
        path = written(tmp_path, json.dumps(value))
        with pytest.raises(UsageError, match="says of no model") as refused:
            read_hints(path, at=AT)
        assert "is_trainable_text" in refused.value.hint

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"nowhere\.json cannot be read"):
            read_hints(tmp_path / "nowhere.json", at=AT)

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="cannot be read"):
            read_hints(tmp_path, at=AT)

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "models.json").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UsageError, match="is no JSON"):
            read_hints(tmp_path / "models.json", at=AT)
