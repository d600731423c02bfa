"""A perfect student of a cleared and pinned teacher; each test takes something away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.domain.clearance import Clearance, Obligation, Ruling, Subject, Use, Verdict
from distilproof.domain.decision import Decision
from distilproof.domain.identity import Canary, Fingerprint, ModelRef, TeacherPin
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.records import Records
from distilproof.gate.slicing import Slicing

AT = datetime(2026, 12, 1, tzinfo=UTC)
USE = Use(student="screen", territory=("DE",))
SUBJECTS = (
    Subject(model="trees", role="teacher", terms=("own-model",)),
    Subject(model="picker", role="judge", terms=("apache-2.0", "host-terms")),
)
ALL_BARS = Bars(
    accuracy_floor=0.5,
    accuracy_margin=0.1,
    introduced_error_cap=0.2,
    gap_growth_cap=0.2,
    calibration_cap=0.2,
)


def ruling(subject: Subject, terms: str, verdict: Verdict = Verdict.ALLOWED) -> Ruling:
    return Ruling(
        model=subject.model,
        role=subject.role,
        terms=terms,
        terms_digest=f"digest of {terms}",
        verdict=verdict,
        reasons=(f"{terms} says so", "and more"),
    )


@pytest.fixture
def clearance() -> Clearance:
    rulings = tuple(ruling(subject, terms) for subject in SUBJECTS for terms in subject.terms)
    return Clearance(teacher="trees", use=USE, rulings=rulings, by="ana@example.org", at=AT)


@pytest.fixture
def pin() -> TeacherPin:
    model = ModelRef(provider="local", name="trees", digest="d" * 64)
    return TeacherPin(model=model, adapter="sklearn", files=(("t.skops", "f" * 64),), pinned_at=AT)


@pytest.fixture
def server_pin(pin: TeacherPin) -> TeacherPin:
    canaries = (Canary(request="{}", modal="yes", repeats=10, disagreeing=0),)
    seen = Fingerprint(
        returned_model="trees-2026-05-01",
        system_fingerprints=("fp_1",),
        canaries=canaries,
        disagreement=0.01,
        disagreement_high=0.0216,
        confidence=0.95,
    )
    model = replace(pin.model, digest=None, provider="models.example.org")
    return replace(pin, model=model, adapter="openai", files=(), fingerprint=seen)


@pytest.fixture
def records(clearance: Clearance, pin: TeacherPin) -> Records:
    """All that opens: the same answer today, and nothing moved."""
    return Records(teacher="trees", clearance=clearance, asked=clearance, pin=pin, at=AT)


@pytest.fixture
def owing(records: Records, clearance: Clearance) -> Callable[..., Records]:
    """Records whose clearance owes what is given, with documents by key."""

    def owing_it(*owed: Obligation, **documents: str) -> Records:
        verdict = Verdict.ALLOWED_WITH_OBLIGATIONS
        first = replace(clearance.rulings[0], verdict=verdict, obligations=owed)
        changed = replace(clearance, rulings=(first, *clearance.rulings[1:]))
        named = tuple(sorted((o.key, documents[o.kind]) for o in owed if o.kind in documents))
        return replace(records, clearance=changed, asked=changed, documents=named)

    return owing_it


@pytest.fixture
def asks(records: Records, clearance: Clearance) -> Callable[..., Records]:
    """Records that would be answered otherwise today: of one layer, and of another teacher."""

    def asks_it(at: int, *, teacher: str = "trees", **said: object) -> Records:
        rulings = list(clearance.rulings)
        rulings[at] = replace(rulings[at], **said)
        today = replace(clearance, teacher=teacher, rulings=tuple(rulings))
        return replace(records, asked=today)

    return asks_it


@pytest.fixture
def perfect() -> Callable[[Policy], Assessment]:
    """Assess a student that is always right and always sure, by a policy."""
    return _perfect


@pytest.fixture
def decided() -> Callable[[Records], Decision]:
    """Decide on a perfect student with the records given."""
    return lambda records: decide(replace(_perfect(Policy(bars=ALL_BARS)), records=records))


@pytest.fixture
def ruled(records: Records, clearance: Clearance) -> Callable[..., Records]:
    """Records whose clearance, and today's answer, say something else of one layer."""

    def ruled_it(at: int = 0, **said: object) -> Records:
        rulings = list(clearance.rulings)
        rulings[at] = replace(rulings[at], **said)
        changed = replace(clearance, rulings=tuple(rulings))
        return replace(records, clearance=changed, asked=changed)

    return ruled_it


def _perfect(policy: Policy) -> Assessment:
    cells = [
        Cell(column, value, True, True, True, n, 0.99)
        for column, value, n in (("", "", 1000), ("g", "a", 600), ("g", "b", 400))
    ]
    origin = Origin(
        student="s",
        teacher="t",
        source="test",
        rows=1000,
        labelled_rows=1000,
        roles=Roles(label="y", teacher="t", student="s", student_confidence="p"),
        layout=Layout(columns=("g",)),
    )
    return assess(Cube.from_cells(cells), origin, Slicing(protected=("g",)), policy)
