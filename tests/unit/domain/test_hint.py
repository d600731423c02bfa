"""A hint is about a model by its whole name, or by the part after its maker's."""

from datetime import UTC, datetime

import pytest

from distilproof.domain.hint import Hint, hints_about


def hint(model: str) -> Hint:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    return Hint(gateway="g", model=model, says="allowed", file_digest="0", at=at)


@pytest.mark.parametrize(
    ("theirs", "ours", "about"),
    [
        ("maker/big-1", "maker/big-1", True),
        ("maker/big-1", "Big-1", True),
        ("big-1", "Maker/big-1", True),
        ("maker/big-1", "other/big-1", False),
        ("maker/big-1", "big", False),
        ("maker/big-1", "maker/big-10", False),
        ("maker/", "maker", False),
    ],
)
def test_names(theirs: str, ours: str, *, about: bool) -> None:
    assert hint(theirs).names(ours) is about


def test_those_about_a_model_keep_their_order() -> None:
    hints = (hint("b/big-1"), hint("a/big-1"), hint("a/big-2"))
    assert hints_about("big-1", hints) == hints[:2]
