"""Ids of hosted models: those that stay with one version, and the names that move on.

What each maker says of its ids: https://platform.openai.com/docs/models (snapshots),
https://platform.claude.com/docs/en/about-claude/models/model-ids-and-versions,
https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versioning,
https://docs.mistral.ai/getting-started/models/, https://docs.x.ai/docs/models,
https://api-docs.deepseek.com/quick_start/pricing, https://docs.cohere.com/docs/models,
https://help.aliyun.com/zh/model-studio/models. A maker's word that an id is fixed is no proof: the
canaries are asked all the same.
"""

import re
from typing import NamedTuple

from distilproof.errors import UsageError


class Family(NamedTuple):
    """Ids of one maker.

    Parameters
    ----------
    maker
        Who makes the models.
    called
        Pattern that its ids match, without the prefixes of hosts and gateways.
    fixed
        Pattern in an id that stays with one version.
    example
        An id that stays.
    """

    maker: str
    called: str
    fixed: str
    example: str


_DAY = r"20\d\d-?[01]\d-?[0-3]\d"
_YYMM = r"(?<!\d)2[3-9][01]\d(?!\d)"
_MMDD = r"(?<!\d)[01]\d[0-3]\d(?!\d)"

FAMILIES = (
    Family(
        maker="OpenAI",
        called=r"(gpt|chatgpt|o\d|codex|davinci|babbage|computer-use)\b",
        fixed=rf"{_DAY}|-{_MMDD}",
        example="gpt-4o-2024-08-06",
    ),
    Family(
        maker="Anthropic",
        called=r"claude\b",
        # From 4.6 on an id without a date is that of one snapshot.
        fixed=rf"{_DAY}|^claude-[a-z]+-(4-([6-9]|\d\d)|([5-9]|\d\d)(-\d{{1,2}})?)(-v1)?$",
        example="claude-sonnet-4-5-20250929",
    ),
    Family(
        maker="Google",
        called=r"(gemini|palm|text-bison|chat-bison)\b",
        fixed=r"[-@]\d{3}$|-preview(-\w+)*-\d\d-(\d\d|20\d\d)$",
        example="gemini-2.0-flash-001",
    ),
    Family(
        maker="Mistral AI",
        called=r"((open-)?(mistral|mixtral|ministral|codestral|pixtral|magistral|devstral|voxtral)|"
        r"open-codestral)\b",
        fixed=rf"-{_YYMM}",
        example="mistral-large-2411",
    ),
    Family(maker="xAI", called=r"grok\b", fixed=rf"-{_MMDD}|{_DAY}", example="grok-4-0709"),
    Family(
        maker="DeepSeek",
        called=r"deepseek-(chat|reasoner|coder)\b",
        fixed=r"(?!)",
        example="the open weights, pinned by their files",
    ),
    Family(
        maker="Cohere",
        called=r"(command|c4ai-aya)\b",
        fixed=r"-[01]\d-20\d\d",
        example="command-r-08-2024",
    ),
    Family(
        maker="Alibaba Cloud",
        called=r"(qwen-(max|plus|turbo|flash|long|coder)|qwq-plus|qwen3-max)\b",
        fixed=_DAY,
        example="qwen-max-2025-01-25",
    ),
    Family(
        maker="Amazon",
        called=r"(nova|titan)\b",
        fixed=r"-v\d+(:\d+)?$",
        example="amazon.nova-pro-v1:0",
    ),
    Family(
        maker="Moonshot AI",
        called=r"(moonshot|kimi)\b",
        fixed=rf"-{_MMDD}",
        example="kimi-k2-0711-preview",
    ),
    Family(
        maker="Perplexity",
        called=r"(sonar|pplx)\b",
        fixed=r"(?!)",
        example="none: it answers from a web that changes",
    ),
)
"""Makers whose ids are known, each with the ids of theirs that stay."""

_MOVING = re.compile(r"(^|[-_/:.@])(latest|auto|default|current|newest|router|main|master)$")
"""Words that say of any id, whoever made it, that it moves."""

_HOST_PREFIX = re.compile(r"^((us|eu|apac|global)\.)?(openai|anthropic|amazon|mistral|cohere)\.")
_VARIANT = re.compile(r":(free|nitro|online|floor|extended|thinking|exacto)$")
_DATED = re.compile(rf"(?<!\d){_DAY}(?!\d)")


def require_fixed(model: str, revision: str | None) -> None:
    """Refuse an id that can come to mean another model while it stays the same.

    An id of a maker that is known must be one that its maker leaves with a version. Of any other,
    such as a path that one's own server answers to, nobody here can know: it must have a date, or
    the project must say which revision is served.

    Parameters
    ----------
    model
        Id that a server is asked for, with or without the prefix of a gateway.
    revision
        What the project says is served under it; `None` when it does not say.

    Raises
    ------
    UsageError
        When it moves, or may.

    Examples
    --------
    >>> require_fixed("openai/gpt-4o-2024-08-06", None)
    >>> require_fixed("acme/intents", "f3c9a0d commit of the weights")
    """
    bare = _bare(model)
    family = next((f for f in FAMILIES if re.match(f.called, bare)), None)
    if _MOVING.search(bare):
        raise UsageError(f"the model id {model!r} is a name that moves", hint=_hint(family))
    # Whoever tunes a model on a host gets an id of its own, which stays with it.
    if family and not re.search(family.fixed, bare) and not bare.startswith("ft:"):
        raise UsageError(
            f"the model id {model!r} has no date or number that {family.maker} keeps to one "
            "version: what it names can move",
            hint=_hint(family),
        )
    if family is None and revision is None and not _DATED.search(bare):
        raise UsageError(
            f"nobody can tell from the model id {model!r} which version is served",
            hint="Say it in [teacher] revision: the commit of the weights, or the image or build "
            "that serves them.",
        )


def _bare(model: str) -> str:
    name = _VARIANT.sub("", model.strip().lower()).rsplit("/", maxsplit=1)[-1]
    return _HOST_PREFIX.sub("", name)


def _hint(family: Family | None) -> str:
    if family is None:
        return "Ask for one version by its own id in [teacher] model."
    return f"Ask for one version in [teacher] model; one that stays: {family.example}."
