"""Conditions of terms: typed predicates over a use that hold, are broken or must be judged."""

from dataclasses import dataclass
from typing import Literal

from distilproof.domain.clearance import Obligation, Question, Use, Verdict
from distilproof.terms.countries import countries
from distilproof.terms.triggers import Asked, Trigger, binds, met, starts_from

StatementKind = Literal[
    "not_competing",
    "not_replicating",
    "not_reverse_engineering",
    "no_grounded_results",
    "no_policy_conflict",
    "not_derivative",
    "not_foundational",
    "not_administrative",
    "owned",
    "owned_data",
    "upstream_lineage",
]
"""What a condition can ask a person outright."""

FollowUpKind = Literal["not_an_llm", "starts_from_family", "seat_elsewhere"]
"""What a person is asked where the use does not tell whether a condition holds."""

SENTENCES: dict[StatementKind | FollowUpKind, str] = {
    "not_competing": "{student}, {what}, competes with no product or service of {party}",
    "not_replicating": "{student}, {what}, neither extracts nor replicates a model of {party}",
    "not_reverse_engineering": (
        "no answer of {model} is used to find out how a model of {party} is built"
    ),
    "no_grounded_results": "no answer of {model} that reaches {student} was grounded in a search",
    "no_policy_conflict": (
        "making and using {student} conflicts with nothing in the policy of {party} as it stands"
    ),
    "not_derivative": (
        "{student}, trained on outputs of {model}, is no derivative work under the licence"
    ),
    "not_foundational": "{student}, {what}, is no foundational generative model",
    "not_administrative": (
        "whoever makes and uses {student} is no public body, or one that teaches and researches"
    ),
    "not_an_llm": "{student}, which starts from {family}, is no large language model",
    "starts_from_family": "{student} starts from weights of {party}, or of what was made of them",
    "seat_elsewhere": "whoever makes {student} has the principal place of business outside {party}",
    "owned": "{model} is our own: we made it, and may train {student} on its answers",
    "owned_data": "the data that {model} answers on is our own, or free to train {student} on",
    "upstream_lineage": (
        "every model whose answers {model} learnt from is cleared for this use, or there is none"
    ),
}
"""Sentence to judge by what it is about; those on the model are judged for each model."""

_STAYS = {
    "internal": "that stays in the house",
    "hosted": "that serves third parties",
    "published": "whose weights are published",
}
_KINDS = {
    "classifier": "a classifier",
    "embedding": "an embedding model",
    "generator": "a generator",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one condition says to a use.

    Parameters
    ----------
    verdict
        ALLOWED where it holds, NEEDS_REVIEW where a person must judge, FORBIDDEN where it is
        broken or asks for a permission, UNKNOWN where other terms must be known first,
        ALLOWED_WITH_OBLIGATIONS where it holds as long as a limit is kept.
    words
        Why.
    question
        What to judge; given exactly with NEEDS_REVIEW.
    obligation
        The limit to keep; given exactly with ALLOWED_WITH_OBLIGATIONS.
    curable
        Whether a permission can stand in for it.
    """

    verdict: Verdict
    words: str
    question: Question | None = None
    obligation: Obligation | None = None
    curable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """When a condition binds: all of `when` are met, and not all of `unless`."""

    when: tuple[Trigger, ...] = ()
    unless: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Binding):
    """Holds when a person judges its sentence to be true; `party` is whom it speaks of."""

    kind: StatementKind
    party: str = ""

    def judge(self, asked: Asked) -> Outcome:
        """Ask for a judgement."""
        return _ask(asked, self.kind, self.party)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAnotherLlm(Binding):
    """Broken by a generator, unless it starts from weights of one of `families`."""

    kind: Literal["not_another_llm"]
    families: tuple[str, ...]

    def judge(self, asked: Asked) -> Outcome:
        """Tell by the kind of the student and what it starts from."""
        use, allowed = asked.use, " or ".join(self.families)
        inside = starts_from(use, self.families)
        if inside:
            return _holds(f"{use.student} starts from {allowed}")
        if use.student_kind == "generator":
            if inside is None:
                return _ask(asked, "starts_from_family", allowed)
            return _broken(f"output may improve no large language model but {allowed}")
        if use.student_family:
            return _ask(asked, "not_an_llm", "")
        return _holds(f"the bar is on other large language models, not on {_what(use)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Binding):
    """Broken above `at_most` users a month, or US dollars of revenue; owed where not said."""

    kind: Literal["monthly_users", "monthly_revenue_usd", "yearly_revenue_usd"]
    at_most: int

    def judge(self, asked: Asked) -> Outcome:
        """Compare, or hand on as an obligation."""
        of_users, yearly = self.kind == "monthly_users", self.kind == "yearly_revenue_usd"
        said = asked.use.monthly_users if of_users else asked.use.monthly_revenue_usd
        at_most = self.at_most // 12 if yearly else self.at_most
        what = "users a month" if of_users else "US dollars of revenue a month"
        limit = f"at most {at_most:,} {what}"
        if said is None:
            return Outcome(
                verdict=Verdict.ALLOWED_WITH_OBLIGATIONS,
                words=f"{limit}, and how many there are is not said",
                obligation=Obligation(
                    terms=asked.terms,
                    kind="user_limit" if of_users else "revenue_limit",
                    value=str(at_most),
                    text=f"There are {limit}.",
                ),
            )
        if said > at_most:
            return _broken(f"{limit}, and there are {said:,}")
        return _holds(f"{limit}, and there are {said:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Binding):
    """Broken in countries that are left out; `EU` stands for all of its members.

    `territory` leaves out whatever happens there; `seat`, whoever has the principal place of
    business there, which a person tells where the use names countries on both sides.
    """

    kind: Literal["territory", "seat"]
    excludes: tuple[str, ...]

    def judge(self, asked: Asked) -> Outcome:
        """Compare with where the student is made and offered, or hand on as an obligation."""
        use, out = asked.use, ", ".join(self.excludes)
        inside = set(use.territory) & set(countries(self.excludes))
        if not use.territory:
            return Outcome(
                verdict=Verdict.ALLOWED_WITH_OBLIGATIONS,
                words=f"not in {out}, and where it is made and offered is not said",
                obligation=Obligation(
                    terms=asked.terms,
                    kind="territory_limit",
                    value=" ".join(countries(self.excludes)),
                    text=f"It is neither made nor offered in {out}.",
                ),
            )
        if not inside:
            return _holds(f"{', '.join(use.territory)} is outside {out}")
        if self.kind == "seat" and inside != set(use.territory):
            return _ask(asked, "seat_elsewhere", out)
        return _broken(f"no rights are given in {', '.join(sorted(inside))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NonCommercial(Binding):
    """Broken by a use that earns money."""

    kind: Literal["non_commercial"]

    def judge(self, asked: Asked) -> Outcome:
        """Tell by the use."""
        if asked.use.commercial:
            return _broken("only for use that is not commercial")
        return _holds("the use is not commercial")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAuthorisation(Binding):
    """Needs a permission, whatever the use; `form` says what sort of document."""

    kind: Literal["written_authorisation"]
    form: str

    def judge(self, asked: Asked) -> Outcome:
        """Ask for the document."""
        return _broken(f"needs {self.form} for {asked.model}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamTerms(Binding):
    """Needs the terms of the model itself beside it: a go-between hands them on."""

    kind: Literal["upstream_terms"]

    def judge(self, asked: Asked) -> Outcome:
        """Tell by the other layers; no document of a go-between stands in for them."""
        if asked.upstream_named:
            return _holds("the terms of the model behind it are named beside it")
        return Outcome(
            verdict=Verdict.UNKNOWN,
            words=f"it hands on the terms of whoever made {asked.model}, and they are not named",
            curable=False,
        )


Condition = (
    Statement | NotAnotherLlm | Limit | Place | NonCommercial | WrittenAuthorisation | UpstreamTerms
)


def outcome(condition: Condition, asked: Asked) -> Outcome | None:
    """Ask one condition; `None` where it does not bind this use.

    Where it is not known whether a trigger is met, the stricter reading holds.
    """
    if not binds(condition.when, asked):
        return None
    excepted = condition.unless
    if excepted and all(met(trigger, asked) for trigger in excepted):
        named = condition.kind.replace("_", " ")
        return _holds(f"the condition {named!r} does not reach {_what(asked.use)}")
    return condition.judge(asked)


def _what(use: Use) -> str:
    return f"{_KINDS[use.student_kind]} {_STAYS[use.distribution]}"


def _holds(words: str) -> Outcome:
    return Outcome(verdict=Verdict.ALLOWED, words=words)


def _broken(words: str) -> Outcome:
    return Outcome(verdict=Verdict.FORBIDDEN, words=words)


def _ask(asked: Asked, kind: StatementKind | FollowUpKind, party: str) -> Outcome:
    use, template = asked.use, SENTENCES[kind]
    sentence = template.format(
        student=use.student,
        what=_what(use),
        model=asked.model,
        family=use.student_family,
        party=party,
    )
    of_model = f"@{asked.model}" if "{model}" in template else ""
    return Outcome(
        verdict=Verdict.NEEDS_REVIEW,
        words=f"somebody must judge: {sentence}",
        question=Question(key=f"{asked.terms}.{kind}{of_model}", sentence=sentence),
    )
