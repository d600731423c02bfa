"""Ids that move are refused, whoever made them; ids that stay are taken."""

import re

import pytest

from distilproof.errors import UsageError
from distilproof.teachers.aliases import FAMILIES, Family, require_fixed

MOVES = [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-5",
    "gpt-4-turbo",
    "gpt-3.5-turbo-16k",
    "chatgpt-4o-latest",
    "gpt-5-chat-latest",
    "o3",
    "o3-mini",
    "openai/gpt-4o",
    "openai/gpt-4o:free",
    "claude-3-5-sonnet-latest",
    "claude-3-opus",
    "claude-sonnet-4-5",
    "claude-opus-4-0",
    "claude-3.7-sonnet",
    "anthropic/claude-3.5-sonnet",
    "anthropic.claude-3-haiku",
    "gemini-1.5-pro",
    "gemini-2.5-pro",
    "gemini-flash-latest",
    "models/gemini-2.0-flash",
    "google/gemini-2.5-flash-preview",
    "gemini-2.0-flash-exp",
    "mistral-large-latest",
    "mistral-small",
    "open-mistral-nemo",
    "codestral-latest",
    "grok-4",
    "grok-beta",
    "x-ai/grok-3",
    "deepseek-chat",
    "deepseek/deepseek-reasoner",
    "command-r-plus",
    "qwen-max",
    "qwen-plus-latest",
    "kimi-latest",
    "sonar-pro",
    "openrouter/auto",
    "acme/intents-latest",
    "acme/intents:latest",
    "intents@main",
    "GPT-4o",
]

STAYS = [
    "gpt-4o-2024-08-06",
    "openai/gpt-4o-2024-08-06",
    "gpt-4-0613",
    "gpt-3.5-turbo-1106",
    "o3-mini-2025-01-31",
    "gpt-5-2025-08-07",
    "ft:gpt-4o-mini-2024-07-18:acme::abc123",
    "claude-3-5-sonnet-20241022",
    "claude-sonnet-4-5-20250929",
    "claude-sonnet-4-5@20250929",
    "claude-opus-4-6",
    "claude-sonnet-5",
    "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
    "anthropic.claude-opus-4-6-v1",
    "gemini-1.5-pro-002",
    "gemini-2.0-flash-001",
    "models/gemini-2.5-flash-preview-09-2025",
    "gemini-2.5-pro-preview-05-06",
    "mistral-large-2411",
    "open-mistral-nemo-2407",
    "mistral.mistral-large-2407-v1:0",
    "codestral-2508",
    "grok-4-0709",
    "grok-2-1212",
    "command-r-08-2024",
    "qwen-max-2025-01-25",
    "amazon.nova-pro-v1:0",
    "kimi-k2-0711-preview",
    "acme/intents-2026-02-01",
    "intents-20260201",
]

NOBODY_KNOWS = [
    "acme/intents",
    "meta-llama/Llama-3.1-8B-Instruct",
    "deepseek-ai/DeepSeek-V3",
    "llama-3.3-70b-versatile",
    "my-deployment",
    "model-1024",
]


@pytest.mark.parametrize("model", MOVES)
@pytest.mark.parametrize("revision", [None, "2026-01"])
def test_a_name_that_moves_is_refused_whatever_is_said_of_it(
    model: str, revision: str | None
) -> None:
    with pytest.raises(UsageError, match="move") as refused:
        require_fixed(model, revision)
    assert "[teacher] model" in refused.value.hint


@pytest.mark.parametrize("model", STAYS)
def test_an_id_that_stays_is_taken(model: str) -> None:
    require_fixed(model, None)


@pytest.mark.parametrize("model", NOBODY_KNOWS)
def test_of_an_unknown_id_the_project_must_say_the_revision(model: str) -> None:
    with pytest.raises(UsageError, match="nobody can tell") as refused:
        require_fixed(model, None)
    assert "[teacher] revision" in refused.value.hint
    require_fixed(model, "commit 0a1b2c")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.maker)
def test_the_example_of_each_family_stays(family: Family) -> None:
    if re.fullmatch(r"[\w.:-]+", family.example):
        require_fixed(family.example, None)
