"""A folder of transformers is refused before it is loaded when that could run or fetch code."""

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distilproof.errors import MissingDependencyError, UnsafeModelError, UsageError
from distilproof.teachers.adapters.transformers import load
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.weights_folder import require_safe_folder

Break = Callable[[Path], object]


def safetensors(header: bytes = b'{"__metadata__":{}}', *, length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "teacher"
    path.mkdir()
    (path / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    (path / "tokenizer.json").write_text("{}", "utf-8")
    (path / "model.safetensors").write_bytes(safetensors())
    return path


def test_a_folder_of_safetensors_is_taken(folder: Path) -> None:
    (folder / "training_args.bin").write_bytes(b"\x80\x04K\x01.")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", "utf-8")
    require_safe_folder(folder)


@pytest.mark.parametrize("length", [640, 640 + 256 * 2, 640 + 65536 * 8, 0x78, 0x9C78])
def test_the_length_of_a_description_is_not_taken_for_a_pickle(folder: Path, length: int) -> None:
    header = b"{" + b" " * (length - 2) + b"}"
    (folder / "model.safetensors").write_bytes(safetensors(header))
    require_safe_folder(folder)


def write(name: str, content: str | bytes) -> Break:
    data = content.encode() if isinstance(content, str) else content

    def broken(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    return broken


def only(name: str) -> Break:
    def broken(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / name)

    return broken


def config(**said: object) -> Break:
    return write("config.json", json.dumps({"model_type": "bert", **said}))


PICKLED = pickle.dumps({"weights": [1.0]})
UNSAFE: dict[str, tuple[Break, str]] = {
    "code": (write("modeling_own.py", "import os\n"), r"holds code \(modeling_own\.py\)"),
    "code below": (write("kernels/fast.so", b"\x7fELF"), r"holds code \(kernels/fast\.so\)"),
    "code of a hub": (
        config(auto_map={"AutoConfig": "own/repo--modeling.Config"}),
        r"names code of elsewhere \(auto_map\)",
    ),
    "code of a hub, deep": (config(text_config={"a": [{"auto_map": {}}]}), "auto_map"),
    "a tokenizer's code": (
        write("tokenizer_config.json", '{"auto_map": {"AutoTokenizer": ["own.Tokenizer", null]}}'),
        r"tokenizer_config\.json names code of elsewhere",
    ),
    "a kernel of a hub": (config(attn_implementation="own/attention"), "attn_implementation"),
    "a kernel by its name": (config(_attn_implementation="flash_attention_2"), "_attn_impl"),
    "kernels by part": (config(attn_implementation={"text": "own/kernel"}), "attn_impl"),
    "experts of a hub": (config(experts_implementation="own/experts"), "experts_implementation"),
    "weights of torch only": (
        only("pytorch_model.bin"),
        r"weights in pytorch_model\.bin only, a format that could run code: it was not opened",
    ),
    "weights of keras only": (only("tf_model.h5"), r"weights in tf_model\.h5 only"),
    "a pickle by another name": (
        write("model.safetensors", PICKLED),
        r"model\.safetensors is a pickle: loading it could run code",
    ),
    "a pickle among the parts": (
        write("parts/model-00001-of-00002.safetensors", PICKLED),
        r"model-00001-of-00002\.safetensors is a pickle",
    ),
}


@pytest.mark.parametrize("how", UNSAFE)
def test_code_and_pickles_are_refused(how: str, folder: Path) -> None:
    breaking, said = UNSAFE[how]
    breaking(folder)
    with pytest.raises(UnsafeModelError, match=said) as caught:
        require_safe_folder(folder)
    assert caught.value.hint


def without(name: str) -> Break:
    return lambda folder: (folder / name).unlink()


UNUSABLE: dict[str, tuple[Break, str]] = {
    "no settings": (without("config.json"), r"there is no .*config\.json"),
    "no weights": (without("model.safetensors"), r"holds no model\.safetensors"),
    "no tokenizer": (without("tokenizer.json"), "holds no tokenizer"),
    "settings that are no JSON": (
        write("config.json", "{"),
        r"config\.json cannot be read as JSON",
    ),
    "settings that are a list": (write("config.json", "[]"), r"config\.json is no JSON object"),
    "settings without an end": (write("config.json", "[" * 100_000), "cannot be read as JSON"),
    "an adapter": (write("adapter_config.json", "{}"), "an adapter, whose base model would be"),
    "quantised": (config(quantization_config={"bits": 4}), "holds quantised weights"),
    "weights that are none": (write("model.safetensors", "weights"), "is no safetensors file"),
    "weights cut off": (
        write("model.safetensors", safetensors(length=10**6)),
        "is no safetensors file",
    ),
}


@pytest.mark.parametrize("how", UNUSABLE)
def test_what_cannot_be_used_is_said(how: str, folder: Path) -> None:
    breaking, said = UNUSABLE[how]
    breaking(folder)
    with pytest.raises(UsageError, match=said) as caught:
        require_safe_folder(folder)
    assert caught.value.hint


def teacher(source: Path | str, **others: object) -> TeacherSettings:
    said = {"inputs": ("text",), **others}
    return TeacherSettings(name="t", adapter="transformers", source=str(source), **said)  # pyright: ignore[reportArgumentType]


def test_nothing_is_fetched_from_a_hub() -> None:
    with pytest.raises(UsageError, match="acme/tiny is no folder") as caught:
        load(teacher("acme/tiny"))
    assert "hf download OWNER/NAME --revision COMMIT" in caught.value.hint


def test_a_single_file_is_no_folder(folder: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        load(teacher(folder / "model.safetensors"))


def test_what_the_project_must_say(folder: Path) -> None:
    with pytest.raises(UsageError, match="does not say which columns"):
        load(teacher(folder, inputs=()))
    with pytest.raises(UsageError, match="reads one text, or a pair, and the project names 3"):
        load(teacher(folder, inputs=("a", "b", "c")))
    with pytest.raises(UsageError, match="knows no parameter 'trust_remote_code'"):
        load(teacher(folder, parameters=(("trust_remote_code", True),)))


def test_without_torch_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError) as caught:
        load(teacher(folder))
    assert caught.value.hint == "pip install 'distilproof[torch]'"
