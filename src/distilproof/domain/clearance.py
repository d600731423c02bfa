"""A clearance: whether the terms of every model behind a student open it for a use."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from distilproof.canonical import digest, plain


class Verdict(StrEnum):
    """What terms say to a use, least strict to strictest."""

    ALLOWED = "ALLOWED"
    ALLOWED_WITH_OBLIGATIONS = "ALLOWED_WITH_OBLIGATIONS"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    UNKNOWN = "UNKNOWN"
    FORBIDDEN = "FORBIDDEN"

    @property
    def opens(self) -> bool:
        """Whether labels may be made under it."""
        return self in {Verdict.ALLOWED, Verdict.ALLOWED_WITH_OBLIGATIONS}

    @property
    def exit_code(self) -> int:
        """Status of a verb that says it: 0 open, 1 forbidden, 3 cannot judge."""
        if self.opens:
            return 0
        return 1 if self is Verdict.FORBIDDEN else 3


STRICTNESS: tuple[Verdict, ...] = tuple(Verdict)
"""Verdicts from least strict to strictest: several terms together are the strictest of them."""

StudentKind = Literal["classifier", "embedding", "generator"]
Distribution = Literal["internal", "hosted", "published"]
Modality = Literal["text", "image", "audio"]
Role = Literal["teacher", "judge", "simulator", "label-model", "selector"]
"""How a model's output reaches training, calibration or selection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a student is and what becomes of it: verdicts are functions of it.

    Parameters
    ----------
    student
        Name that the student is released under.
    student_kind
        What it does.
    distribution
        `internal` stays in the house, `hosted` serves third parties, `published` gives its
        weights away.
    commercial
        Whether it earns money.
    territory
        ISO 3166 codes of the countries of whoever makes and offers it; empty when not said.
    monthly_users
        Active users a month of all the maker's products; `None` when not said.
    monthly_revenue_usd
        Revenue of the maker; `None` when not said.
    student_family
        Family of the weights that the student starts from, such as `Meta Llama`; `None` for none.
    modality
        What the student takes or makes.
    teacher_sees
        What the teacher is shown: images bind more than text in some licences.
    model_as_a_service
        Whether the maker sells access to models.
    """

    student: str
    student_kind: StudentKind = "classifier"
    distribution: Distribution = "internal"
    commercial: bool = True
    territory: tuple[str, ...] = ()
    monthly_users: int | None = None
    monthly_revenue_usd: int | None = None
    student_family: str | None = None
    modality: Modality = "text"
    teacher_sees: Modality = "text"
    model_as_a_service: bool = False

    @property
    def distributed(self) -> bool:
        """Whether anybody outside the house meets the student."""
        return self.distribution != "internal"

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON: a judgement or permission given for a use holds for it."""
        return digest(plain(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model whose output reaches the student, and the layers of terms that bind its output.

    Parameters
    ----------
    model
        What it is called by.
    role
        What its output does.
    terms
        Ids of all terms that bind: weights licence, author's API terms, host, gateway, dataset,
        prompts. Empty when not said.
    """

    model: str
    role: Role
    terms: tuple[str, ...]


ObligationKind = Literal[
    "name_prefix",
    "attribution",
    "licence_copy",
    "notice",
    "flow_down",
    "output_label",
    "documentation",
    "use_policy",
    "user_limit",
    "revenue_limit",
    "territory_limit",
    "upstream_lineage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What the student owes to terms that open it.

    Parameters
    ----------
    terms
        Id of the terms.
    kind
        What sort of duty.
    value
        What has to be met exactly: the prefix, the line, the limit; empty where the kind says it.
    text
        The duty in one sentence.
    """

    terms: str
    kind: ObligationKind
    value: str
    text: str

    @property
    def key(self) -> str:
        """Name in a project file and a finding: terms and kind."""
        return f"{self.terms}.{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A sentence that a person must judge before terms can open.

    Parameters
    ----------
    key
        Terms and condition, as the flag that records the answer names it.
    sentence
        What is to be judged, a statement that is true or not.
    """

    key: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What one layer of terms says to a use of one model's output.

    Parameters
    ----------
    model, role
        Whose output, and what it does.
    terms, terms_digest
        Id of the terms, and the digest of what the register said of them.
    verdict
        What they say.
    reasons
        Conditions that decided it, each in words, the deciding one first.
    questions
        What a person must judge; empty unless the verdict is NEEDS_REVIEW.
    obligations
        What is owed.
    permission
        SHA-256 of the document that opened it; `None` when none did.
    judged_by
        Who answered its questions; empty when nobody had to.
    expires
        Last day on which it holds; `None` when nothing in it ages.
    """

    model: str
    role: Role
    terms: str
    terms_digest: str
    verdict: Verdict
    reasons: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    permission: str | None = None
    judged_by: tuple[str, ...] = ()
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """The answer for one use: a ruling for every layer of terms of every model.

    Parameters
    ----------
    teacher
        What the teacher is called by.
    use
        For which use.
    rulings
        At least one for each model; a model without known terms has a ruling UNKNOWN.
    by
        Who asked for it.
    at
        When, in UTC.
    """

    teacher: str
    use: Use
    rulings: tuple[Ruling, ...]
    by: str
    at: datetime

    @property
    def verdict(self) -> Verdict:
        """Strictest of the rulings; UNKNOWN when there is none for the teacher."""
        if not any(r.role == "teacher" and r.model == self.teacher for r in self.rulings):
            return Verdict.UNKNOWN
        return max((r.verdict for r in self.rulings), key=STRICTNESS.index)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """All that is owed, each once."""
        return tuple(dict.fromkeys(o for r in self.rulings for o in r.obligations))

    @property
    def questions(self) -> tuple[Question, ...]:
        """All that a person must judge, each once."""
        return tuple(dict.fromkeys(q for r in self.rulings for q in r.questions))

    @property
    def permissions(self) -> tuple[str, ...]:
        """Digests of the documents that opened it."""
        return tuple(dict.fromkeys(r.permission for r in self.rulings if r.permission))

    @property
    def expires(self) -> date | None:
        """Last day on which all of it holds; `None` when nothing in it ages."""
        return min((r.expires for r in self.rulings if r.expires), default=None)

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON, in hexadecimal."""
        return digest(plain(self))

    def expired(self, at: datetime) -> bool:
        """Whether something in it no longer holds at a time, in UTC."""
        return self.expires is not None and at.date() > self.expires

    def opens(self, teacher: str, at: datetime) -> bool:
        """Whether labels may be made of this teacher's answers at a time, in UTC."""
        return self.verdict.opens and self.teacher == teacher and not self.expired(at)
