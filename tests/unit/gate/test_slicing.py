"""Slice names are read as users write them; critical ones bind whether the data has them or not."""

import pytest

from distilproof.counts.schema import Layout
from distilproof.domain.slices import OVERALL, Slice, cross_of
from distilproof.errors import UsageError
from distilproof.gate.slicing import (
    Slicing,
    declared_slice,
    declared_slices,
    parse_slice,
    with_crosses,
)

COLUMNS = ("lang", "tier", "a & b", "x=y")


@pytest.mark.parametrize(
    ("name", "columns", "levels"),
    [
        ("lang=es", ("lang",), ("es",)),
        ("lang=es & tier=pro", ("lang", "tier"), ("es", "pro")),
        ("lang=a=b", ("lang",), ("a=b",)),
        ("lang=rock & roll", ("lang",), ("rock & roll",)),
        ("lang=", ("lang",), ("",)),
        ("a & b=1 & tier=2", ("a & b", "tier"), ("1", "2")),
        ("x=y=z", ("x=y",), ("z",)),
        ("lang=two\nlines", ("lang",), ("two\nlines",)),
    ],
)
def test_a_name_is_read(name: str, columns: tuple[str, ...], levels: tuple[str, ...]) -> None:
    found = parse_slice(name, COLUMNS)
    assert (found.columns, found.levels) == (columns, levels)
    assert found.name == name


@pytest.mark.parametrize("name", ["", "es", "language=es", "lang", "lang=es & lang=de"])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        parse_slice(name, COLUMNS)


def test_a_declared_cross_gives_the_order_of_its_columns() -> None:
    layout = Layout(columns=("lang", "tier"), crosses=(("tier", "lang"),))
    assert declared_slice("lang=es & tier=pro", layout, label="y").name == "tier=pro & lang=es"
    assert declared_slice("y=no & lang=es", layout, label="y").name == "y=no & lang=es"


def test_without_declaration_every_slice_is_critical() -> None:
    found = [Slice(column="lang", value="es"), Slice(column="lang", value="fr")]
    slices = declared_slices(found, Slicing(), Layout(columns=("lang",)), label="y")
    assert slices[0] == OVERALL
    assert all(slice_.critical for slice_ in slices)


def test_a_cross_is_found_in_whatever_order_it_is_named() -> None:
    layout = Layout(columns=("lang", "tier"), crosses=(("tier", "lang"),))
    slicing = Slicing(critical=("lang=es & tier=pro",))
    assert with_crosses(layout, slicing, label="y") == layout
    found = [cross_of(("tier", "lang"), ("pro", "es"))]
    slices = declared_slices(found, slicing, layout, label="y")
    assert [s.name for s in slices if s.critical] == ["overall", "tier=pro & lang=es"]
    assert len(slices) == 2


def test_the_label_may_be_sliced_without_being_declared() -> None:
    layout = with_crosses(Layout(columns=("lang",)), Slicing(critical=("y=yes",)), label="y")
    assert layout.columns == ("lang", "y")
    crossed = Slicing(critical=("lang=es & y=yes",))
    assert with_crosses(Layout(columns=("lang",)), crossed, label="y").crosses == (("lang", "y"),)


def test_a_cross_is_protected_only_if_all_its_columns_are() -> None:
    layout = Layout(columns=("sex", "tier"), crosses=(("sex", "tier"),))
    found = [Slice(column="sex", value="f"), cross_of(("sex", "tier"), ("f", "pro"))]
    slices = declared_slices(found, Slicing(protected=("sex",)), layout, label="y")
    assert [s.protected for s in slices[1:]] == [True, False]


def test_two_slices_of_one_name_are_refused() -> None:
    found = [
        Slice(column="a", value="x & b=y"),
        cross_of(("a", "b"), ("x", "y")),
    ]
    layout = Layout(columns=("a", "b"), crosses=(("a", "b"),))
    with pytest.raises(UsageError, match="both called"):
        declared_slices(found, Slicing(), layout, label="l")
