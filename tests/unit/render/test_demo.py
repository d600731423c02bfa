"""What the demo found, for somebody new: one screen, and nothing claimed that is not shown."""

import re
from dataclasses import replace

import pytest

from distilproof.render.demo import demo_text
from made_sweep import WEAK, Made, attacked, none_holds, usual

NEXT = "distilproof gate 30x16"


@pytest.fixture(scope="module")
def made() -> Made:
    return usual()


def told(made: Made, *, colour: bool = False) -> list[str]:
    decision = None if made.chosen is None else made.chosen[1]
    return demo_text(made.sweep, decision, colour=colour, next_command=NEXT).splitlines()


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.startswith(f"  {name}  "))


def test_the_answer_comes_first_and_what_to_do_next_last(made: Made) -> None:
    lines = told(made)
    assert lines[0] == "PASS 60x16 is the smallest size that holds every critical slice"
    assert lines[-1] == f"next: {NEXT}"
    assert len(lines) <= 45


def test_sizes_stand_in_their_order_with_what_each_is_shown_to_keep(made: Made) -> None:
    lines = told(made)
    named = [rung.name for rung in made.sweep.rungs if rung.part in {"rung", "baseline"}]
    at = next(n for n, line in enumerate(lines) if line.startswith("  size  "))
    assert lines[at].split("  ")[-1] == WEAK
    assert [line.split()[0] for line in lines[at + 1 :]][: len(named)] == named
    for name in ("60x16", "30x16", "20x8"):
        rung = made.sweep.rung(name)
        assert rung is not None
        estimate = rung.estimate("accuracy_difference", WEAK)
        assert estimate is not None
        assert row(lines, name).rstrip("*").endswith(f"{estimate.low:+.3f}")


def test_only_what_does_not_clear_its_margin_is_marked(made: Made) -> None:
    lines = told(made)
    assert "*" not in row(lines, "60x16")
    assert row(lines, "30x16").endswith("*")
    assert row(lines, "30x16").count("*") == 1
    (note,) = (line for line in lines if line.startswith("  * "))
    assert note.endswith("what is set aside was hopeless on the 4,000 rows to select on")


def test_a_size_that_failed_says_why(made: Made) -> None:
    lines = told(made)
    assert row(lines, "100x16").split()[1:] == ["failed", "-", "-", "-", "-"]
    assert "  100x16: its process was killed by signal 9" in lines


def test_what_an_average_hides_stands_beside_what_broke(made: Made) -> None:
    lines = told(made)
    at = next(n for n, line in enumerate(lines) if line.startswith("30x16, where the order ended"))
    assert re.search(r"is right on 0\.\d+ of all rows, its teacher on 0\.\d+, and:$", lines[at])
    assert lines[at + 1].startswith(f"  INSUFFICIENT {WEAK}: ") or WEAK in lines[at + 1]


def test_confidence_is_shown_before_and_after(made: Made) -> None:
    lines = told(made)
    at = next(n for n, line in enumerate(lines) if line.startswith("mean confidence less"))
    chosen, hard = lines[at + 2 : at + 4]
    assert (chosen.split()[0], hard.split()[0]) == ("60x16", "60x16@hard")
    before, after = (float(cell) for cell in hard.split()[2:4])
    assert before > 0.1 > after
    without = replace(made.sweep, rungs=tuple(r for r in made.sweep.rungs if r.part != "compared"))
    assert not any("@hard" in line for line in told(replace(made, sweep=without)))


def test_gold_and_what_a_release_lacks_are_said(made: Made) -> None:
    text = "\n".join(told(made))
    assert "60x16 beside 60x16@gold, which learned from people's labels" in text
    assert "release of 60x16: CANNOT JUDGE, " in text
    assert "and nobody measured, which blocks:" in text
    assert "release" not in "\n".join(told(replace(made, chosen=None)))


def test_nothing_is_claimed_where_no_size_holds() -> None:
    lines = told(none_holds())
    assert lines[0].startswith(("FAIL no size holds", "CANNOT JUDGE no size is shown to hold"))
    assert not any("chosen" in line for line in lines)


def test_no_name_breaks_a_line_or_colours_one(hostile: tuple[str, ...]) -> None:
    made = attacked(hostile)
    lines = "\n".join(told(made)).split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines) < 80


def test_colour_is_only_for_statuses(made: Made) -> None:
    painted = "\n".join(told(made, colour=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == "\n".join(told(made))
    assert painted != "\n".join(told(made))
