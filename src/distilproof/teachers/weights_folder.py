"""Looks through the folder of a transformers model before anything in it is loaded.

What could make loading run or fetch code is refused: code in the folder, settings that name code of
elsewhere, weights that are pickles, and weights that are put together with those of a hub.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from distilproof.errors import UnsafeModelError, UsageError
from distilproof.teachers.unsafe import refuse_pickle

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
"""Files that hold or list the weights."""

TOKENIZERS = frozenset(
    {
        "sentencepiece.bpe.model",
        "spiece.model",
        "tokenizer.json",
        "tokenizer.model",
        "vocab.json",
        "vocab.txt",
    }
)
"""Files of which a tokenizer is made: one of them at least is needed."""

OTHER_WEIGHTS = frozenset(
    {
        ".bin",
        ".ckpt",
        ".gguf",
        ".h5",
        ".joblib",
        ".msgpack",
        ".ot",
        ".pickle",
        ".pkl",
        ".pt",
        ".pth",
    }
)
"""Endings of weights in other formats: most are pickles, none is read."""

_CODE = frozenset({".py", ".pyc", ".so", ".pyd", ".dll", ".dylib"})
_PLAIN_ATTENTION = {None, "eager", "sdpa"}
_HEADER = 8
_SAFE = (
    "Save it again where it was trained: model.save_pretrained(folder, safe_serialization=True), "
    "and the tokenizer beside it."
)


def require_safe_folder(folder: Path) -> None:
    """Refuse a folder that does not load as it lies, without code of its own or of elsewhere.

    Parameters
    ----------
    folder
        What the project names.

    Raises
    ------
    UnsafeModelError
        When it holds code, names code, or has its weights in another format than safetensors only.
    UsageError
        When it is no folder, or lacks the settings, the weights or the tokenizer.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder, and a teacher of the transformers adapter is one",
            hint="Nothing is fetched from a hub. Download one commit of the model, for example "
            "with: hf download OWNER/NAME --revision COMMIT --local-dir models/NAME; then name the "
            "folder in [teacher] source, and the commit in revision.",
        )
    _refuse_code(folder)
    if (folder / "adapter_config.json").exists():
        raise UsageError(
            f"{folder} holds an adapter, whose base model would be fetched by its name",
            hint="Merge the adapter into its model (merge_and_unload in peft), and save that.",
        )
    config = _settings(folder / "config.json")
    for name, said in _all_settings(folder):
        _refuse_named_code(folder / name, said)
    if "quantization_config" in config:
        raise UsageError(
            f"{folder} holds quantised weights, which need another library's code",
            hint="Save the model in full precision.",
        )
    _require_weights(folder)
    if not any((folder / name).exists() for name in TOKENIZERS):
        raise UsageError(
            f"{folder} holds no tokenizer",
            hint="Save it beside the model: tokenizer.save_pretrained(folder).",
        )


def _refuse_code(folder: Path) -> None:
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _CODE)
    if found:
        raise UnsafeModelError(
            f"{folder} holds code ({found[0].relative_to(folder)}): it was not loaded",
            hint="A model that needs code of its own is asked with the python adapter, by a "
            "function of yours that loads it. If the code is not needed, remove it.",
        )


def _require_weights(folder: Path) -> None:
    if not any((folder / name).exists() for name in WEIGHTS):
        others = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in OTHER_WEIGHTS)
        if others:
            raise UnsafeModelError(
                f"{folder} has its weights in {others[0]} only, a format that could run code: it "
                "was not opened",
                hint=_SAFE,
            )
        raise UsageError(f"{folder} holds no {WEIGHTS[0]}", hint=_SAFE)
    for path in sorted(folder.rglob("*.safetensors")):
        _require_safetensors(path)


def _require_safetensors(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEADER + 1)
    # The length of a description that follows, as JSON: https://github.com/huggingface/safetensors
    length = int.from_bytes(head[:_HEADER], "little")
    if head[_HEADER:] != b"{" or length > path.stat().st_size - _HEADER:
        refuse_pickle(path, instead=_SAFE)
        raise UsageError(f"{path} is no safetensors file", hint=_SAFE)


def _all_settings(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted(folder.glob("*config.json")):
        yield path.name, _settings(path)


def _settings(path: Path) -> Mapping[str, Any]:
    try:
        said = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"there is no {path}", hint=_SAFE) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}", hint=_SAFE) from error
    if not isinstance(said, dict):
        raise UsageError(f"{path} is no JSON object", hint=_SAFE)
    return cast("Mapping[str, Any]", said)


def _refuse_named_code(path: Path, said: Mapping[str, Any]) -> None:
    for key, value in _entries(said):
        plain = not key.endswith(("attn_implementation", "experts_implementation")) or (
            isinstance(value, str | None) and value in _PLAIN_ATTENTION
        )
        if key in {"auto_map", "custom_pipelines"} or not plain:
            raise UnsafeModelError(
                f"{path} names code of elsewhere ({key}): the model was not loaded",
                hint="Use a model whose architecture transformers has itself; or load it in a "
                "function of your own, and use the python adapter. If the entry is not needed, "
                "remove it.",
            )


def _entries(said: object) -> Iterator[tuple[str, object]]:
    """Every key in a settings file with its value, however deep."""
    waiting = [said]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            members = cast("dict[str, object]", part)
            yield from members.items()
            waiting.extend(members.values())
        elif isinstance(part, list):
            waiting.extend(cast("list[object]", part))
