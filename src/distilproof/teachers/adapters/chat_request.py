"""What a chat-completions server is sent: the body of a request, the same for the same row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from distilproof.canonical import Json, canonical_json
from distilproof.errors import UsageError
from distilproof.teachers.adapters.chat_parameters import (
    ChatParameters,
    Choice,
    Options,
    chat_parameters,
)
from distilproof.teachers.asked_values import asked
from distilproof.teachers.prompt_template import PromptTemplate, parse_prompt
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Request, Row

LETTERS = "ABCDEFGHJKLMNOPQRSTU"
"""Letters that labels are answered by: no I, which is how a refusal in English begins."""

LABEL = "label"
"""Key of the label in an answer that is JSON."""

_LIMITS = ("max_completion_tokens", "max_tokens")
_ROOM = 32  # tokens beside the label: braces, quotes, whatever blanks a grammar allows
_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatForm:
    """How rows become requests, and what an answer to them may be.

    Parameters
    ----------
    model
        Id that is asked for.
    labels
        Labels, in the order of the probabilities.
    options
        What each of them is answered by: a letter, or the label itself.
    inputs
        Columns of a row that the prompt takes.
    template
        The prompt.
    parameters
        Everything else that the project says.
    """

    model: str
    labels: tuple[str, ...]
    options: tuple[str, ...]
    inputs: tuple[str, ...]
    template: PromptTemplate
    parameters: ChatParameters

    def body(self, row: Row) -> Request:
        """Body of the request for a row: all of it goes over the wire, and nothing else.

        Raises
        ------
        TableError
            When a value of the row cannot be asked.
        """
        prompt = self.template.fill(asked(row, self.inputs)) + self._instruction()
        messages = [{"role": "user", "content": prompt}]
        if self.parameters.system is not None:
            messages.insert(0, {"role": "system", "content": self.parameters.system})
        return {
            "model": self.model,
            "messages": messages,
            **self.parameters.passed,
            **self._limit(),
            **self._held_to_labels(),
        }

    def _instruction(self) -> str:
        """Tell the labels: a model that is held to them does not see what holds it."""
        if self.options != self.labels:
            pairs = zip(self.options, self.labels, strict=True)
            listed = "\n".join(f"{letter}) {label}" for letter, label in pairs)
            return f"\n\nAnswer with the letter of one of these and nothing else.\n{listed}"
        listed = "\n".join(self.labels)
        if self.parameters.choice is Choice.JSON_SCHEMA:
            return (
                f'\n\nAnswer with a JSON object whose one key is "{LABEL}" and whose value is one '
                f"of these:\n{listed}"
            )
        return f"\n\nAnswer with one of these and nothing else:\n{listed}"

    def _limit(self) -> dict[str, Json]:
        """Bound an answer's tokens: a text has at most one for each byte."""
        if self.parameters.max_tokens is not None:
            return {}
        if self.parameters.choice is Choice.LOGPROBS:
            return {"max_tokens": 1}
        return {"max_tokens": _longest(self.options) + _ROOM}

    def _held_to_labels(self) -> dict[str, Json]:
        match self.parameters.choice:
            case Choice.JSON_SCHEMA:
                return {"response_format": _response_format(self.labels)}
            case Choice.STRUCTURED_OUTPUTS:
                return {"structured_outputs": {"choice": list(self.labels)}}
            case Choice.LOGPROBS:
                return {"logprobs": True, "top_logprobs": self.parameters.top_logprobs}
            case Choice.PLAIN:
                return {}


def chat_form(settings: TeacherSettings) -> ChatForm:
    """Work out how a server is asked; everything that can be wrong with that is said here.

    Parameters
    ----------
    settings
        A teacher behind a chat-completions server.

    Raises
    ------
    UsageError
        When something lacks, or does not go together.
    """
    if not settings.model:
        raise UsageError(
            "the project does not say which model the server is asked for",
            hint="Write its id in [teacher] model, as the server lists it.",
        )
    if settings.prompt is None or not settings.inputs:
        raise UsageError(
            "the project does not say what the server is asked about a row",
            hint="Write [teacher] prompt with {column} for each of [teacher] inputs.",
        )
    parameters = chat_parameters(settings)
    labels = _distinct(settings.labels)
    return ChatForm(
        model=settings.model,
        labels=labels,
        options=_options(labels, parameters),
        inputs=settings.inputs,
        template=parse_prompt(settings.prompt, settings.inputs),
        parameters=parameters,
    )


@cache
def _longest(options: tuple[str, ...]) -> int:
    """Bytes of the longest answer; worked out once, not for every row."""
    return max(len(canonical_json({LABEL: option})) for option in options)


def most_output_tokens(request: Request) -> int:
    """Most tokens that a request lets the server write."""
    return max(int(str(request[key])) for key in _LIMITS if key in request)


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) < _FEWEST:
        raise UsageError(
            "a server is asked to choose, and [teacher] labels does not name two labels",
            hint="Write every label it may answer in [teacher] labels.",
        )
    if len({label.casefold() for label in labels}) < len(labels):
        raise UsageError(
            "two of [teacher] labels differ in nothing but case",
            hint="Give each label a name of its own.",
        )
    for label in labels:
        if label != label.strip() or not label.isprintable():
            raise UsageError(
                f"the label {label!r} begins or ends with a blank, or holds what cannot be printed",
                hint="Give the label a plain name in [teacher] labels.",
            )
    return labels


def _options(labels: tuple[str, ...], parameters: ChatParameters) -> tuple[str, ...]:
    if parameters.choice is not Choice.LOGPROBS:
        return labels
    if len(labels) > min(len(LETTERS), parameters.top_logprobs):
        raise UsageError(
            f"{len(labels)} labels are more than the {parameters.top_logprobs} log-probabilities "
            "that the server is asked for",
            hint="Set choice = 'json_schema' in [teacher.parameters], with votes for shares.",
        )
    if parameters.options is Options.LETTERS:
        return tuple(LETTERS[: len(labels)])
    for label in labels:
        longer = _that_begin_with(label, labels)
        if longer:
            raise UsageError(
                f"the label {longer[0]!r} begins with the label {label!r}: the first token of an "
                "answer does not tell them apart",
                hint="Set options = 'letters' in [teacher.parameters].",
            )
    return labels


def _that_begin_with(label: str, labels: Sequence[str]) -> list[str]:
    start = label.casefold()
    return [other for other in labels if other != label and other.casefold().startswith(start)]


def _response_format(labels: Sequence[str]) -> Mapping[str, Json]:
    schema = {
        "type": "object",
        "properties": {LABEL: {"type": "string", "enum": list(labels)}},
        "required": [LABEL],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": schema},
    }
