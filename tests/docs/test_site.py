"""The site has every page in its navigation, and asks no other host for anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
PAGES = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}


def pages(nav: Any) -> Iterator[str]:  # noqa: ANN401 - YAML nests as it likes
    """Every page that a part of the navigation leads to."""
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from pages(entry)


def test_the_navigation_leads_to_every_page_once() -> None:
    assert sorted(pages(CONFIG["nav"])) == sorted(PAGES)


def test_every_decision_is_listed_and_has_its_parts() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "index.md").read_text(encoding="utf-8")
    decisions = sorted(folder.glob("[0-9]*.md"))
    assert [path.name[:4] for path in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert f"]({path.name})" in index
        assert text.startswith(f"# {path.name[:4]}. ")
        assert "Status: " in text
        for part in ("Context", "Decision", "Consequences", "Turned down"):
            assert f"\n## {part}\n" in text, f"{path.name} lacks {part}"


def test_nothing_is_fetched_from_another_host() -> None:
    assert CONFIG["theme"]["font"] is False
    assert not {"extra_css", "extra_javascript", "extra"} & set(CONFIG)
