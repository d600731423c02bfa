"""What the loopback server says: a label by the seed and the prompt, in the form that was asked."""

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_server import ChatBehaviour

OPTION = re.compile(r"^([A-Z])\) (.+)$", re.MULTILINE)
SURE = 0.9
ELSEWHERE = 0.02  # probability of tokens that are no option


def draw(*of: object) -> float:
    """Share in [0, 1) that is the same for the same arguments, on every machine."""
    said = hashlib.sha256("\x1f".join(map(str, of)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(said[:7], "big") / 2**56


def prompt_of(body: dict[str, Any]) -> str:
    """Last message of a request."""
    return body["messages"][-1]["content"]


def choices_of(body: dict[str, Any], otherwise: str) -> list[str]:
    """Labels that a request may be answered with."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
    for said in schema.get("properties", {}).values():
        return said["enum"]
    return body.get("structured_outputs", {}).get("choice") or otherwise.split(",")


def expected(prompt: str, labels: list[str], seed: int = 0) -> str:
    """Label that a prompt is mostly answered with."""
    return labels[int(draw(seed, "label", prompt) * len(labels))]


def completion(
    said: "ChatBehaviour", body: dict[str, Any], prompt: str, ask: int
) -> dict[str, Any]:
    """Whole body of a chat completion, for the `ask`-th time that a prompt is asked."""
    options = (
        dict(reversed(found) for found in OPTION.findall(prompt)) if body.get("logprobs") else {}
    )
    labels = list(options) or choices_of(body, said.labels)
    modal = expected(prompt, labels, said.seed)
    others = [label for label in labels if label != modal]
    label = modal
    if others and draw(said.seed, "noise", prompt, ask) < said.noise:
        label = others[int(draw(said.seed, "other", prompt, ask) * len(others))]
    text = options.get(label, label)
    if draw(said.seed, "wrong", prompt, ask) < said.rate_wrong_label:
        text = "none of these"
    if "response_format" in body:
        text = json.dumps({"label": text}, ensure_ascii=False)
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "finish_reason": "stop",
        "logprobs": None,
    }
    if draw(said.seed, "length", prompt, ask) < said.rate_length:
        choice["finish_reason"] = "length"
        choice["message"]["content"] = text[: len(text) // 2]
    if draw(said.seed, "refused", prompt) < said.rate_refused:
        choice["message"] |= {"content": None, "refusal": "I cannot help with that."}
    elif body.get("logprobs") and said.logprobs:
        tokens = {options.get(other, other): probability(modal, other, labels) for other in labels}
        choice["logprobs"] = logprobs(text, tokens, body.get("top_logprobs", 0))
    words = sum(len(message["content"].split()) for message in body["messages"])
    return {
        "id": f"chatcmpl-{int(draw(prompt, ask) * 1e12)}",
        "object": "chat.completion",
        "created": 1_769_817_600,
        "model": said.model,
        "choices": [choice],
        **({"system_fingerprint": said.fingerprint} if said.fingerprint else {}),
        **({"usage": usage(words, len(text.split()))} if said.usage else {}),
    }


def probability(modal: str, label: str, labels: list[str]) -> float:
    """Probability that the model gives a label, of all its first tokens."""
    if label == modal:
        return (1 - ELSEWHERE) * (SURE if len(labels) > 1 else 1.0)
    return (1 - ELSEWHERE) * (1 - SURE) / (len(labels) - 1)


def logprobs(text: str, tokens: dict[str, float], top: int) -> dict[str, Any]:
    """Log-probabilities of the first token, the likeliest `top` of them."""
    every = sorted([*tokens.items(), ("The", ELSEWHERE)], key=lambda pair: -pair[1])
    listed = [token(name, p) for name, p in every[:top]]
    return {"content": [token(text, tokens.get(text, ELSEWHERE)) | {"top_logprobs": listed}]}


def token(name: str, p: float) -> dict[str, Any]:
    """Token as the protocol writes it."""
    return {"token": name, "logprob": math.log(p), "bytes": list(name.encode())}


def usage(words: int, said: int) -> dict[str, int]:
    """Tokens: a word counts as one."""
    return {"prompt_tokens": words, "completion_tokens": said, "total_tokens": words + said}
