"""Recording a judgement: what was asked, word for word, by a name and for a reason."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from distilproof.domain.clearance import Clearance, Subject, Use
from distilproof.errors import UsageError
from distilproof.terms.clearance import Grounds, clear
from distilproof.terms.judgement import judged
from distilproof.terms.register import packaged_register


@pytest.fixture
def asked(use: Callable[..., Use], at: datetime) -> Clearance:
    own = Subject(model="trees", role="teacher", terms=("own-model",))
    return clear([own], use(), packaged_register(), grounds=Grounds(), by="me", at=at)


def test_it_keeps_what_was_asked(asked: Clearance, at: datetime) -> None:
    key = "own-model.owned@trees"
    given = judged(
        asked, key, answer=True, by="owner", because="trained here", until=date(2027, 1, 1)
    )
    assert given.sentence == "trees is our own: we made it, and may train screen on its answers"
    assert (given.at, given.use_digest) == (at, asked.use.digest)
    assert given.terms_digest == packaged_register()["own-model"].digest


def test_what_is_not_asked_cannot_be_judged(asked: Clearance) -> None:
    with pytest.raises(UsageError, match=r"own-model\.owned is not asked") as caught:
        judged(asked, "own-model.owned", answer=True, by="o", because="b", until=date(2027, 1, 1))
    assert "own-model.owned@trees" in caught.value.hint


@pytest.mark.parametrize(
    ("by", "because", "until", "said"),
    [
        (" ", "b", date(2027, 1, 1), "names who gives it and why"),
        ("o", "", date(2027, 1, 1), "names who gives it and why"),
        ("o", "b", date(2026, 11, 23), "holds on no day"),
    ],
)
def test_it_names_a_person_a_reason_and_a_day(
    asked: Clearance, by: str, because: str, until: date, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        judged(asked, "own-model.owned@trees", answer=True, by=by, because=because, until=until)
