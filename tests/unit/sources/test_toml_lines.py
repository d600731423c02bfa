"""Every key of a TOML text is found on the line it stands on."""

from distilproof.sources.toml_lines import key_lines, line_of

TEXT = '''\
title = "x"

[a]
# comment with = and [brackets]
b.c = 1
list = [
  "not = a key",
  2,
]
inline = { p = 1, q = { r = 2 } }
text = """
k = 3
[no.table]
"""

[a."x=y & z"]
d = 1

[[many]]
e = 1
'''


def test_keys_stand_where_they_stand() -> None:
    lines = key_lines(TEXT)
    assert lines["title",] == 1
    assert lines["a",] == 3
    assert lines["a", "b", "c"] == 5
    assert lines["a", "list"] == 6
    assert lines["a", "inline", "q", "r"] == 10
    assert lines["a", "text"] == 11
    assert ("a", "k") not in lines
    assert ("no", "table") not in lines
    assert lines["a", "x=y & z", "d"] == 17
    assert lines["many", "e"] == 20


def test_a_key_that_is_not_there_has_the_line_of_its_table() -> None:
    lines = key_lines(TEXT)
    assert line_of(("a", "missing"), lines) == 3
    assert line_of(("nowhere",), lines) is None


def test_a_table_without_a_head_stands_where_a_key_of_it_first_does() -> None:
    lines = key_lines("x = 1\n[brs.slice]\ny = 2\n[brs]\nz = 3\n")
    assert lines["brs",] == 2
    assert lines["brs", "slice", "y"] == 3
    assert lines["brs", "z"] == 5


def test_an_empty_text_has_no_lines() -> None:
    assert key_lines("") == {}
