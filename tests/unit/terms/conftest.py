"""Uses, permissions and judgements that each test changes in one point."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from distilproof.domain.clearance import Clearance, Ruling, Subject, Use
from distilproof.terms.clearance import Grounds, clear, verdict_of
from distilproof.terms.judgement import Judgement
from distilproof.terms.licences import Terms, parse_terms
from distilproof.terms.permission import Permission
from distilproof.terms.register import Register, packaged_register

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)

ENTRY = """
as_of = 2026-11-24

[[terms]]
id = "acme"
family = "Acme"
version = "1"
route = "api"
permits = "{permits}"
scope = "any_model"
summary = "Says little."
source = "https://acme.example"
evidence = "{evidence}"
review_by = 2027-05-23
{rest}
"""


@pytest.fixture
def at() -> datetime:
    """When everything is asked, unless a test says otherwise."""
    return AT


@pytest.fixture
def use() -> Callable[..., Use]:
    """Make a use: an internal classifier of a small German company, and what is changed of it."""

    def made(**changes: object) -> Use:
        plain = Use(
            student="screen",
            territory=("DE",),
            monthly_users=10_000,
            monthly_revenue_usd=50_000,
        )
        return replace(plain, **changes)

    return made


@pytest.fixture
def entry() -> Callable[..., Terms]:
    """Read one entry: that of a made-up Acme, with more keys of TOML."""

    def made(rest: str = "", permits: str = "yes", evidence: str = "primary") -> Terms:
        text = ENTRY.format(rest=rest, permits=permits, evidence=evidence)
        return parse_terms(text, "acme.toml")[0]

    return made


@pytest.fixture
def permission() -> Callable[..., Permission]:
    """Make a permission: of Acme, for one model and internal classifiers, and what is changed."""

    def made(**changes: object) -> Permission:
        plain = Permission(
            document="0" * 64,
            file="letter.pdf",
            grantor="Acme",
            read_by="counsel",
            read_at=datetime(2026, 11, 1, tzinfo=UTC),
            permits="Outputs may train internal classifiers.",
            models=("acme-large",),
            terms=("acme",),
            student_kinds=("classifier",),
            distributions=("internal",),
            until=date(2027, 1, 31),
        )
        return replace(plain, **changes)

    return made


@pytest.fixture
def answer() -> Callable[..., Judgement]:
    """Answer the first question of a ruling with yes, and what is changed."""

    def made(ruling: Ruling, use: Use, **changes: object) -> Judgement:
        plain = Judgement(
            key=ruling.questions[0].key,
            sentence=ruling.questions[0].sentence,
            answer=True,
            by="counsel",
            because="we looked",
            at=datetime(2026, 11, 20, tzinfo=UTC),
            until=date(2027, 3, 31),
            use_digest=use.digest,
            terms_digest=ruling.terms_digest,
        )
        return replace(plain, **changes)

    return made


@pytest.fixture
def ruled() -> Callable[..., Ruling]:
    """Rule on one entry as a layer of acme-large, in the register that ships, on these grounds."""

    def made(
        terms: Terms,
        use: Use,
        at: datetime,
        *grounds: Permission | Judgement,
        beside: tuple[str, ...] = (),
    ) -> Ruling:
        return verdict_of(
            Subject(model="acme-large", role="teacher", terms=(terms.id, *beside)),
            terms.id,
            use,
            packaged_register().with_entries([terms]),
            grounds=Grounds(
                permissions=tuple(one for one in grounds if isinstance(one, Permission)),
                judgements=tuple(one for one in grounds if isinstance(one, Judgement)),
            ),
            at=at,
        )

    return made


@pytest.fixture
def cleared() -> Callable[..., Clearance]:
    """Clear models for a use, by the register that ships or another, on these grounds."""

    def made(
        use: Use, at: datetime, *subjects: Subject, register: Register | None = None, **on: object
    ) -> Clearance:
        known = register or packaged_register()
        return clear(subjects, use, known, grounds=Grounds(**on), by="me", at=at)

    return made
