"""A value that is kept comes back as what it was, or is refused."""

from pathlib import Path

import pytest

from distilproof.errors import UsageError
from distilproof.workflows.keeping import keep_json, read_kept, state_of


def test_a_value_comes_back_in_its_type(tmp_path: Path) -> None:
    path = state_of(tmp_path) / "value.json"
    keep_json(path, ("a", "b"), tuple[str, ...])
    assert read_kept(path, tuple[str, ...], what="names", mend="Mend it.") == ("a", "b")
    with pytest.raises(UsageError, match="holds no number that this distilproof can read") as no:
        read_kept(path, int, what="number", mend="Mend it.")
    assert no.value.hint == "Mend it."
