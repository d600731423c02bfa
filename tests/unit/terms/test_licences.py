"""A file of terms that breaks a rule is refused, and the error names file, entry and key."""

from collections.abc import Callable

import pytest

from distilproof.errors import UsageError
from distilproof.terms.licences import Terms, parse_terms

Entry = Callable[..., Terms]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("colour = 1", "acme.toml, acme: colour: is no key"),
        ('conditions = [{ kind = "kindness" }]', "acme: conditions[1]: input tag 'kindness'"),
        (
            'conditions = [{ kind = "not_competing", prty = "x" }]',
            "acme: conditions[1].prty: is no key",
        ),
        ('conditions = [{ kind = "monthly_users" }]', "acme: conditions[1].at_most: is missing"),
        (
            'conditions = [{ kind = "monthly_users", at_most = "3" }]',
            "acme: conditions[1].at_most: input should be a valid integer",
        ),
        (
            'conditions = [{ kind = "owned", when = ["sunny"] }]',
            "acme: conditions[1].when[1]: input should be 'task_model'",
        ),
        ('conditions = [{ kind = "owned" }, { kind = "owned" }]', "conditions: one of a kind"),
        ('conditions = [{ kind = "not_competing" }]', "not_competing needs the party"),
        (
            'conditions = [{ kind = "written_authorisation", form = "a letter" }]',
            'permits: "yes" cannot need an authorisation for every use',
        ),
        (
            'obligations = [{ kind = "name_prefix", text = "t" }]',
            "obligations: name_prefix needs the value to meet",
        ),
        (
            'obligations = [{ kind = "user_limit", value = "3", text = "t" }]',
            "obligations: user_limit follows from a condition",
        ),
        (
            'obligations = [{ kind = "notice", text = "t" }, { kind = "notice", text = "u" }]',
            "obligations: one of a kind",
        ),
        ('text_as_of = "last year"', "acme: text_as_of: string should match"),
        ("text_as_of = 10:00:00", "acme.toml: time cannot be said in JSON"),
        ('aliases = ["acme"]', "acme.toml: two entries are called acme"),
    ],
)
def test_an_entry_that_breaks_a_rule(entry: Entry, rest: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        entry(rest)
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("permits", "said"),
    [
        ("perhaps", "permits: input should be 'yes', 'no'"),
        ("conditional", 'permits: "conditional" needs a condition'),
        ("inherits", 'permits: "inherits" needs the condition upstream_terms'),
    ],
)
def test_what_it_permits(entry: Entry, permits: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        entry(permits=permits)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[terms", "acme.toml is not TOML"),
        ("", "as_of: is missing; terms: is missing"),
        ("as_of = 2026-01-01\nterms = 3", "terms: input should be a valid array"),
        ("as_of = 2026-01-01\nterms = []", "terms: "),
        ("as_of = 2026-01-01\n[[terms]]", "acme.toml, entry 1: id: is missing"),
        ("as_of = 2026-01-01\nx = 1\n[[terms]]", "x: is no key"),
    ],
)
def test_a_file_that_is_none(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_terms(text, "acme.toml")
    assert said in caught.value.message


def test_a_review_is_due_unless_it_is_a_statement_of_ones_own(entry: Entry) -> None:
    text = 'conditions = [{ kind = "owned" }]'
    assert entry(text).review_by is not None
    for rest, refused in ((text, False), ("", True)):
        said = _text(rest).replace("review_by = 2027-05-23\n", "")
        if refused:
            with pytest.raises(UsageError, match="review_by: only a statement of one's own"):
                parse_terms(said, "acme.toml")
        else:
            assert parse_terms(said, "acme.toml")[0].review_by is None
    with pytest.raises(UsageError, match="review_by: lies before as_of"):
        parse_terms(_text("").replace("2027-05-23", "2026-05-23"), "acme.toml")


def test_a_date_of_its_own(entry: Entry) -> None:
    assert entry("as_of = 2026-12-01").as_of.isoformat() == "2026-12-01"


def _text(rest: str) -> str:
    return f"""
as_of = 2026-11-24
[[terms]]
id = "acme"
family = "Acme"
version = "1"
route = "api"
permits = "yes"
scope = "any_model"
summary = "Says little."
source = "https://acme.example"
evidence = "primary"
review_by = 2027-05-23
{rest}
"""
