"""What a chat-completions server answered: one of the labels, a refusal, or nothing usable."""

import json
import math
from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field, ValidationError

from distilproof.teachers.adapters.chat_failures import shown
from distilproof.teachers.adapters.chat_parameters import Choice, Options
from distilproof.teachers.adapters.chat_request import LABEL, ChatForm
from distilproof.teachers.failures import BadAnswerError, RejectedError
from distilproof.teachers.probabilities import likeliest
from distilproof.teachers.teacher import Answer, Usage

_WRAPPING = " \t\r\n\"'`*_.,:;!()[]{}"
"""What may stand around an answer, or in one token with it."""

_Logprob = Annotated[float, Field(le=1e-3, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]


class _Token(BaseModel):
    token: str
    logprob: _Logprob | None = None  # some write a probability of 0 as null


class _Position(_Token):
    top_logprobs: list[_Token] = []


class _Logprobs(BaseModel):
    content: list[_Position] | None = None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Usage(BaseModel):
    prompt_tokens: _Count
    completion_tokens: _Count


class _Completion(BaseModel):
    model: Annotated[str, Field(min_length=1)]
    choices: Annotated[list[_Choice], Field(min_length=1)]
    system_fingerprint: str | None = None
    usage: _Usage | None = None


def read_answer(form: ChatForm, body: bytes, *, latency_seconds: float, most: Usage) -> Answer:
    """Read the body of a chat completion.

    Parameters
    ----------
    form
        How the server was asked.
    body
        What came back with status 200.
    latency_seconds
        How long that took.
    most
        Tokens that the request takes at most: what counts as used where the server does not say.

    Returns
    -------
    Answer
        With probabilities where log-probabilities were asked for; a refusal has no label.

    Raises
    ------
    BadAnswerError
        When it is no chat completion, was cut off, or chooses none of the labels.
    RejectedError
        When log-probabilities were asked for and the server does not give them.
    """
    said = _completion(body)
    first = said.choices[0]
    label, probabilities, tail_mass = None, None, None
    refusal = _refusal(first)
    if refusal is None and form.parameters.choice is Choice.LOGPROBS:
        probabilities, tail_mass = _weighed(form, first.logprobs)
        label = likeliest(probabilities, form.labels)
    elif refusal is None:
        label = _written(form, first)
    return Answer(
        label=label,
        refusal=refusal,
        probabilities=probabilities,
        tail_mass=tail_mass,
        model=said.model,
        system_fingerprint=said.system_fingerprint or None,
        usage=_used(said.usage) if said.usage else most,
        latency_seconds=latency_seconds,
    )


def _completion(body: bytes) -> _Completion:
    try:
        return _Completion.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        # The cause would show what was answered.
        raise BadAnswerError(f"no chat completion came back: {where}: {first['msg']}") from None


def _used(said: _Usage) -> Usage:
    return Usage(input_tokens=said.prompt_tokens, output_tokens=said.completion_tokens)


def _refusal(choice: _Choice) -> str | None:
    if choice.message.refusal:
        return shown(choice.message.refusal)
    if choice.finish_reason == "content_filter":
        return "filtered by the provider"
    return None


def _written(form: ChatForm, choice: _Choice) -> str:
    if choice.finish_reason == "length":
        raise BadAnswerError("the answer was cut off: it is longer than max_tokens")
    text = choice.message.content
    if not text or not text.strip():
        raise BadAnswerError("the answer is empty")
    if form.parameters.choice is Choice.JSON_SCHEMA:
        text = _label_in(text)
    if text.strip() in form.labels:
        return text.strip()
    if form.parameters.choice is Choice.PLAIN:
        bare = text.strip(_WRAPPING).casefold()
        meant = [x for x in form.labels if x.strip(_WRAPPING).casefold() == bare]
        if len(meant) == 1:
            return meant[0]
    raise BadAnswerError("the answer is none of the labels")


def _label_in(text: str) -> str:
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise BadAnswerError(
            "the answer is no JSON: the server may not know response_format"
        ) from None
    label = cast("dict[str, Any]", said).get(LABEL) if isinstance(said, dict) else None
    if not isinstance(label, str):
        raise BadAnswerError(f"the answer is JSON without a text under {LABEL!r}")
    return label


def _weighed(form: ChatForm, given: _Logprobs | None) -> tuple[tuple[float, ...], float]:
    """Probability of each label, scaled to sum to 1, and what fell on none of them before that."""
    at = next((one for one in (given and given.content) or () if one.token.strip()), None)
    if at is None or not at.top_logprobs:
        raise RejectedError(
            "the server gives no log-probabilities: set choice to json_schema in "
            "[teacher.parameters], with votes for probabilities"
        )
    share = dict.fromkeys(form.options, 0.0)
    for one in _listed(at):
        option = _meant(one.token, form)
        if option is not None and one.logprob is not None:
            share[option] += math.exp(one.logprob)
    mass = math.fsum(share.values())
    if mass <= 0 or 1 - mass > form.parameters.max_tail:
        raise BadAnswerError(
            f"a share of {max(0.0, 1 - mass):.3f} of the probability is on none of the labels, "
            f"more than max_tail = {form.parameters.max_tail:g}"
        )
    return tuple(p / mass for p in share.values()), min(1.0, max(0.0, 1 - mass))


def _listed(at: _Position) -> Sequence[_Token]:
    """Tokens with a probability: the likeliest, and the one drawn where it is none of them."""
    among = any(one.token == at.token for one in at.top_logprobs)
    return at.top_logprobs if among else [*at.top_logprobs, at]


def _meant(token: str, form: ChatForm) -> str | None:
    """Option that a first token begins, if it begins but one of them."""
    start = token.strip(_WRAPPING)
    if not start:
        return None
    if form.parameters.options is Options.LETTERS:
        return start if start in form.options else None
    begun = [option for option in form.options if option.casefold().startswith(start.casefold())]
    return begun[0] if len(begun) == 1 else None
