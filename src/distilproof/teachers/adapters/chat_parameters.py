"""What a project may say under `[teacher.parameters]` of a chat-completions server."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from distilproof.errors import UsageError
from distilproof.teachers.settings import Scalar, TeacherSettings

TOP_LOGPROBS = 20
"""Log-probabilities of a token that are asked for: providers give no more in a chat."""

_OURS = frozenset({"choice", "options", "max_tail", "system", "top_logprobs"})
_FOLLOWS = frozenset(
    {
        *("logprobs", "messages", "model", "n", "response_format", "stop", "stream"),
        *("stream_options", "structured_outputs", "tool_choice", "tools"),
    }
)
_SECRET = frozenset(
    {"api-key", "api_key", "apikey", "authorization", "key", "password", "secret", "token"}
)
_LIMITS = ("max_completion_tokens", "max_tokens")
_HOTTEST = 10.0


class Choice(StrEnum):
    """How an answer is held to the labels."""

    JSON_SCHEMA = "json_schema"
    STRUCTURED_OUTPUTS = "structured_outputs"
    LOGPROBS = "logprobs"
    PLAIN = "plain"


class Options(StrEnum):
    """What a label is answered by where log-probabilities are read."""

    LETTERS = "letters"
    LABELS = "labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatParameters:
    """Parameters, checked.

    Parameters
    ----------
    choice
        How an answer is held to the labels.
    options
        What a label is answered by.
    max_tail
        Most probability that may fall on no label where log-probabilities are read, in [0, 1].
    system
        First message; `None` for none.
    top_logprobs
        Log-probabilities of a token that are asked for, from 1 to 20.
    max_tokens
        Most tokens of an answer; `None` where the project does not say.
    passed
        What the server is sent as it stands.
    """

    choice: Choice
    options: Options
    max_tail: float
    system: str | None
    top_logprobs: int
    max_tokens: int | None
    passed: Mapping[str, Scalar]


def chat_parameters(settings: TeacherSettings) -> ChatParameters:
    """Check the parameters of a teacher behind a chat-completions server.

    Raises
    ------
    UsageError
        When one is none that can be given, or two do not go together.

    Examples
    --------
    >>> at = TeacherSettings(name="t", adapter="openai", source="", parameters=(("top_p", 0.9),))
    >>> chat_parameters(at).choice, chat_parameters(at).passed
    (<Choice.JSON_SCHEMA: 'json_schema'>, {'top_p': 0.9})
    """
    said = dict(settings.parameters)
    for key in said:
        _require_passable(key)
    limits = [_whole(said, key, 1) for key in _LIMITS if key in said]
    found = ChatParameters(
        choice=Choice(_one_of(said, "choice", tuple(Choice))),
        options=Options(_one_of(said, "options", tuple(Options))),
        max_tail=_number(said, "max_tail", 0.5, most=1.0),
        system=_text(said, "system"),
        top_logprobs=_whole(said, "top_logprobs", TOP_LOGPROBS, most=TOP_LOGPROBS),
        max_tokens=max(limits, default=None),
        passed={key: value for key, value in said.items() if key not in _OURS},
    )
    if settings.votes > 1:
        _require_votes_differ(found)
    return found


def _require_passable(key: str) -> None:
    if key.lower() in _SECRET:
        raise UsageError(
            f"the parameter {key!r} of the teacher looks like a key, which no file may hold",
            hint="Name the environment variable that holds it in [teacher] key_env. If the key was "
            "written down, have the provider make a new one.",
        )
    if key in _FOLLOWS:
        raise UsageError(
            f"the parameter {key!r} of a request follows from the rest of [teacher]",
            hint="Leave it out. How an answer is held to the labels is said by 'choice'.",
        )


def _require_votes_differ(found: ChatParameters) -> None:
    if found.choice is Choice.LOGPROBS:
        raise UsageError(
            "votes are for servers without log-probabilities, and choice = 'logprobs' reads them",
            hint="Leave out one of the two.",
        )
    if "seed" in found.passed:
        raise UsageError(
            "votes with a seed are the same answer again and again",
            hint="Leave seed out of [teacher.parameters].",
        )
    if not _number(found.passed, "temperature", 0.0, most=_HOTTEST):
        raise UsageError(
            "votes at temperature 0 are the same answer again and again",
            hint="Set temperature in [teacher.parameters]: 1.0 for the model's own shares.",
        )


def _one_of(said: Mapping[str, Scalar], key: str, known: tuple[str, ...]) -> str:
    value = said.get(key, known[0])
    if value not in known:
        close = get_close_matches(str(value), known, n=1)
        meant = f"Did you mean {str(close[0])!r}? " if close else ""
        raise UsageError(
            f"the teacher's parameter {key} cannot be {value!r}",
            hint=f"{meant}It is one of {', '.join(known)}.",
        )
    return str(value)


def _whole(said: Mapping[str, Scalar], key: str, otherwise: int, *, most: int | None = None) -> int:
    value = said.get(key, otherwise)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= (most or value):
        return value
    upper = "" if most is None else f" and at most {most}"
    raise UsageError(
        f"the teacher's parameter {key} is no whole number of at least 1{upper}: {value!r}"
    )


def _number(said: Mapping[str, Scalar], key: str, otherwise: float, *, most: float) -> float:
    value = said.get(key, otherwise)
    if isinstance(value, bool | str) or not 0 <= value <= most:
        raise UsageError(
            f"the teacher's parameter {key} is no number from 0 to {most:g}: {value!r}"
        )
    return value


def _text(said: Mapping[str, Scalar], key: str) -> str | None:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"the teacher's parameter {key} is no text: {value!r}")
    return value
