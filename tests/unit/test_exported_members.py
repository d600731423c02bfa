"""The public names of the package: sorted, resolvable, and all that `dir` shows."""

import distilproof


def test_exported_names_are_sorted_and_unique() -> None:
    assert list(distilproof.__all__) == sorted(set(distilproof.__all__))


def test_every_exported_name_resolves() -> None:
    unresolved = [name for name in distilproof.__all__ if not hasattr(distilproof, name)]
    assert unresolved == []


def test_something_is_exported() -> None:
    assert "evaluate" in distilproof.__all__


def test_dir_shows_the_exported_names() -> None:
    assert set(distilproof.__all__) <= set(dir(distilproof))
