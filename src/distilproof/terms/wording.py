"""What an entry asks and what is owed under it, in words."""

from distilproof.terms.conditions import (
    SENTENCES,
    Condition,
    Limit,
    NonCommercial,
    NotAnotherLlm,
    Place,
    Statement,
    WrittenAuthorisation,
)
from distilproof.terms.licences import Duty
from distilproof.terms.triggers import Trigger

_IS: dict[Trigger, str] = {
    "task_model": "is a classifier or an embedding model",
    "generator": "is a generator",
    "internal": "stays in the house",
    "distributed": "leaves the house",
    "published": "goes out with its weights",
    "commercial": "earns money",
    "image": "takes or makes images",
    "multimodal_teacher": "has a teacher that is shown more than text",
    "starts_from": "starts from these weights",
    "model_as_a_service": "is by a maker that sells access to models",
}

_UNITS = {
    "monthly_users": "users a month",
    "monthly_revenue_usd": "US dollars of revenue a month",
    "yearly_revenue_usd": "US dollars of revenue a year",
}


def condition_words(condition: Condition) -> str:
    """Say what must hold, where, and who tells.

    Examples
    --------
    >>> condition_words(Limit(kind="monthly_users", at_most=700_000_000, when=("commercial",)))
    'at most 700,000,000 users a month, where the student earns money'
    """
    parts = [_what(condition), _where("where", condition.when), _where("unless", condition.unless)]
    return ", ".join(part for part in parts if part)


def duty_words(duty: Duty) -> str:
    """Say what is owed, and where.

    Examples
    --------
    >>> duty_words(Duty(kind="notice", text="The notices stay.", when=("distributed",)))
    'The notices stay, where the student leaves the house'
    """
    sizes = [f"{duty.above_users:,} users a month"] if duty.above_users is not None else []
    if duty.above_revenue_usd is not None:
        sizes.append(f"{duty.above_revenue_usd:,} US dollars of revenue a month")
    above = f"above {' or '.join(sizes)}" if sizes else ""
    parts = [duty.text.rstrip("."), _where("where", duty.when), above]
    return ", ".join(part for part in parts if part)


def _what(condition: Condition) -> str:
    """Say what a condition is on; one that no other case takes is that of a go-between."""
    said = "the terms of the model itself are named beside these"
    match condition:
        case Statement():
            sentence = SENTENCES[condition.kind].format(
                student="the student",
                what="as it is used",
                model="the model",
                party=condition.party,
            )
            said = f"a person judges that {sentence}"
        case NotAnotherLlm():
            said = f"no large language model but one that starts from {_or(condition.families)}"
        case Limit():
            said = f"at most {condition.at_most:,} {_UNITS[condition.kind]}"
        case Place():
            whose = "nobody with a seat" if condition.kind == "seat" else "neither made nor offered"
            said = f"{whose} in {_or(condition.excludes)}"
        case NonCommercial():
            said = "no commercial use"
        case WrittenAuthorisation():
            said = f"needs {condition.form}"
        case _:
            pass
    return said


def _where(word: str, triggers: tuple[Trigger, ...]) -> str:
    said = " and ".join(_IS[one] for one in triggers)
    return f"{word} the student {said}" if said else ""


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(names)
