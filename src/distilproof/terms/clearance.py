"""What terms say to a use: every layer of every model ruled, the strictest of them the answer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from distilproof.domain.clearance import (
    STRICTNESS,
    Clearance,
    Obligation,
    Question,
    Ruling,
    Subject,
    Use,
    Verdict,
)
from distilproof.terms.conditions import Outcome, outcome
from distilproof.terms.hints import licence_hint
from distilproof.terms.judgement import Judgement, newest
from distilproof.terms.licences import Scope, Terms
from distilproof.terms.permission import Permission
from distilproof.terms.register import Register
from distilproof.terms.triggers import Asked

_BARRED: dict[Scope, str] = {
    "any_model": "any model",
    "other_llm": "another large language model",
    "competing_model": "a competing model",
    "foundational_generative": "a foundational generative model",
}
_UNPROVEN = {
    "secondary": "known only from what others say of them",
    "unread": "nobody has read them for this register",
}
_NOT_OF_A_MODEL = frozenset({"gateway", "data"})
_OWING = frozenset({Verdict.ALLOWED, Verdict.ALLOWED_WITH_OBLIGATIONS, Verdict.NEEDS_REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What people have put on record: documents that permit, and answers to questions.

    Parameters
    ----------
    permissions
        Those whose document is still kept.
    judgements
        All, revised ones too.
    """

    permissions: tuple[Permission, ...] = ()
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One text of terms that binds one model's output; `terms` is `None` for an unknown id."""

    subject: Subject
    name: str
    terms: Terms | None
    register: Register
    use: Use

    @property
    def names(self) -> tuple[str, ...]:
        """What a permission may call it."""
        return (self.terms.id, *self.terms.aliases) if self.terms else (self.name,)

    @property
    def asked(self) -> Asked:
        """What its conditions are asked about."""
        beside = (name for name in self.subject.terms if name not in self.names)
        return Asked(
            terms=self.names[0],
            families=self.terms.families if self.terms else (),
            model=self.subject.model,
            use=self.use,
            upstream_named=any(_is_of_a_model(name, self.register) for name in beside),
        )


def clear(
    subjects: Iterable[Subject],
    use: Use,
    register: Register,
    *,
    grounds: Grounds,
    by: str,
    at: datetime,
) -> Clearance:
    """Rule on every layer of terms of every model whose output reaches a student.

    Parameters
    ----------
    subjects
        The teacher and all other models; without a teacher the answer is UNKNOWN.
    use
        What the student is and what becomes of it.
    register
        What is known of terms.
    grounds
        Permissions and judgements on record.
    by, at
        Who asks, and when, in UTC.
    """
    models = tuple(subjects)
    teacher = next((one.model for one in models if one.role == "teacher"), "")
    rulings = tuple(
        verdict_of(model, terms, use, register, grounds=grounds, at=at)
        for model in models
        for terms in (dict.fromkeys(model.terms) or ("",))
    )
    return Clearance(teacher=teacher, use=use, rulings=rulings, by=by, at=at)


def verdict_of(
    subject: Subject, terms_id: str, use: Use, register: Register, *, grounds: Grounds, at: datetime
) -> Ruling:
    """Rule on one layer of terms of one model; an empty or unknown id is UNKNOWN."""
    layer = _Layer(
        subject=subject,
        name=terms_id,
        terms=register.get(terms_id),
        register=register,
        use=use,
    )
    return _ruled(layer, grounds, at)


def rule(terms: Terms, use: Use, *, at: datetime, model: str = "the model") -> Ruling:
    """Say what one entry of the register says to a use, with nothing else on record."""
    subject = Subject(model=model, role="teacher", terms=(terms.id,))
    register = Register((terms,))
    return verdict_of(subject, terms.id, use, register, grounds=Grounds(), at=at)


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """Strictest of several verdicts; ALLOWED when there is none."""
    return max(verdicts, key=STRICTNESS.index, default=Verdict.ALLOWED)


def _ruled(layer: _Layer, grounds: Grounds, at: datetime) -> Ruling:
    outcomes, used = _judged(_read(layer, at), layer, grounds.judgements, at)
    ordered = sorted(outcomes, key=lambda one: STRICTNESS.index(one.verdict), reverse=True)
    verdict = strictest(one.verdict for one in ordered)
    permission, refused = None, ()
    if not verdict.opens and all(one.curable for one in ordered):
        permission, refused = _permitted(layer, grounds.permissions, at)
    owed = tuple(one.obligation for one in ordered if one.obligation)
    reasons = (*(one.words.rstrip(".") for one in ordered), *refused)
    if permission:
        verdict = Verdict.ALLOWED_WITH_OBLIGATIONS if owed else Verdict.ALLOWED
        reasons = (_opened(permission), *reasons)
    review = layer.terms.review_by if layer.terms and not layer.terms.stale(at) else None
    ends = [permission.until] if permission else [one.until for one in used]
    return Ruling(
        model=layer.subject.model,
        role=layer.subject.role,
        terms=layer.names[0],
        terms_digest=layer.terms.digest if layer.terms else "",
        verdict=verdict,
        reasons=reasons,
        questions=_asked(ordered) if verdict == Verdict.NEEDS_REVIEW else (),
        obligations=owed if verdict in _OWING else (),
        permission=permission.document if permission else None,
        judged_by=() if permission else tuple(dict.fromkeys(one.by for one in used)),
        expires=min((*ends, *([review] if review else ())), default=None),
    )


def _read(layer: _Layer, at: datetime) -> tuple[Outcome, ...]:
    """Ask the register alone: at least one outcome."""
    terms = layer.terms
    if terms is None:
        return (Outcome(verdict=Verdict.UNKNOWN, words=_unknown(layer)),)
    asked = layer.asked
    said = [one for one in (outcome(c, asked) for c in terms.conditions) if one]
    owed = [
        Obligation(terms=terms.id, kind=duty.kind, value=duty.value, text=duty.text)
        for duty in terms.obligations
        if duty.binds(asked)
    ]
    said += [
        Outcome(verdict=Verdict.ALLOWED_WITH_OBLIGATIONS, words=one.text, obligation=one)
        for one in owed
    ]
    closed = _closed(terms, at)
    if closed:
        # What is not known well enough decides nothing, but what it asks for stays asked for.
        kept = (one for one in said if one.obligation or not one.curable)
        return (Outcome(verdict=Verdict.UNKNOWN, words=closed), *kept)
    if terms.permits == "no":
        said.append(
            Outcome(
                verdict=Verdict.FORBIDDEN,
                words=f"output may not train {_BARRED[terms.scope]}: {terms.summary}",
            )
        )
    return tuple(said) or (Outcome(verdict=Verdict.ALLOWED, words=terms.summary),)


def _closed(terms: Terms, at: datetime) -> str:
    """Why an entry may not be relied on; empty when it may."""
    if terms.stale(at):
        return f"the review of {terms.id} was due by {terms.review_by}: read the terms of today"
    if terms.evidence in _UNPROVEN:
        return f"{_UNPROVEN[terms.evidence]}: read them and keep a dated copy. {terms.summary}"
    if terms.permits == "unknown":
        return f"they do not say whether output may train a model: {terms.summary}"
    return ""


def _unknown(layer: _Layer) -> str:
    if not layer.name:
        return f"no terms are named for {layer.subject.model}"
    register = layer.register
    hinted = licence_hint(layer.name, register)
    near = tuple(dict.fromkeys((*hinted, *register.closest(layer.name))))[:5]
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"the register has no terms {layer.name!r}{meant}"


def _judged(
    outcomes: tuple[Outcome, ...], layer: _Layer, judgements: tuple[Judgement, ...], at: datetime
) -> tuple[tuple[Outcome, ...], tuple[Judgement, ...]]:
    """Put answers in the place of questions; with the judgements that gave them."""
    answered: list[Outcome] = []
    used: list[Judgement] = []
    for one in outcomes:
        found = _answer(one, layer, judgements, at)
        if found is None:
            answered.append(one)
        elif found.expired(at):
            words = f"{one.words}; what {found.by} judged of it ended on {found.until}"
            answered.append(replace(one, words=words))
        else:
            used.append(found)
            answered.append(_settled(found))
    return tuple(answered), tuple(used)


def _answer(
    one: Outcome, layer: _Layer, judgements: tuple[Judgement, ...], at: datetime
) -> Judgement | None:
    if one.question is None or layer.terms is None:
        return None
    question, use, terms = one.question, layer.use.digest, layer.terms.digest
    return newest(
        (j for j in judgements if j.answers(question, use_digest=use, terms_digest=terms)), at
    )


def _settled(found: Judgement) -> Outcome:
    on = f"{found.by} on {found.at.date()}"
    if found.answer:
        return Outcome(verdict=Verdict.ALLOWED, words=f"judged by {on}: {found.sentence}")
    return Outcome(
        verdict=Verdict.FORBIDDEN,
        words=f"judged by {on} not to be so: {found.sentence} ({found.because})",
    )


def _permitted(
    layer: _Layer, permissions: tuple[Permission, ...], at: datetime
) -> tuple[Permission | None, tuple[str, ...]]:
    """Find the permission that lasts longest; without one, why those on these terms do not open."""
    model, use = layer.subject.model, layer.use
    on_it = [one for one in permissions if set(one.terms) & set(layer.names)]
    opening = [one for one in on_it if not one.why_closed(model, use, at)]
    if opening:
        return max(opening, key=lambda one: (one.until, one.document)), ()
    return None, tuple(
        f"the permission of {_from(one)} does not open it: {one.why_closed(model, use, at)}"
        for one in on_it
    )


def _opened(permission: Permission) -> str:
    return (
        f"opened by {_from(permission)}, read by {permission.read_by} on "
        f"{permission.read_at.date()}, until {permission.until}: {permission.permits.rstrip('.')}"
    )


def _from(permission: Permission) -> str:
    """Name who gave it and its document; whoever is not said is left out."""
    file = permission.file
    return f"{permission.grantor} ({file})" if permission.grantor else file


def _asked(outcomes: Iterable[Outcome]) -> tuple[Question, ...]:
    return tuple(one.question for one in outcomes if one.question)


def _is_of_a_model(name: str, register: Register) -> bool:
    """Whether terms are a model's own, or may be: not those of a go-between or of data."""
    terms = register.get(name)
    return terms is None or terms.route not in _NOT_OF_A_MODEL
