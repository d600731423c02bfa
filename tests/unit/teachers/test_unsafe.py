"""First bytes tell a pickle from what cannot run code, and nothing else is taken for one."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from distilproof.errors import UnsafeModelError, UsageError
from distilproof.teachers.unsafe import pickle_in, refuse_bomb, refuse_pickle


def array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(5))
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


HARMLESS = {
    "nothing": b"",
    "text": b"call me back\nwhen you can\n",
    "json": b'{"a": [1, 2]}',
    "a list": b"[1, 2, 3]\n",
    "toml": b"[teacher]\nname = 'x'\n",
    "an array": array(),
    "parquet": b"PAR1\x15\x04",
    "onnx": helper.make_model(helper.make_graph([], "g", [], [])).SerializeToString(),
    "a zip": zipped(**{"schema.json": b"{}", "1.npy": array(), "2.bin": pickle.dumps(1)}),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_no_pickle_is_not_taken_for_one(what: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(HARMLESS[what])
    assert pickle_in(path) is None
    refuse_pickle(path, instead="")


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "thing", [[], {}, [1], {"a": 1}, ([1], 2), Path("x"), {1, 2}, np.arange(3)]
)
def test_a_pickle_of_anything_that_is_no_plain_number_is_seen(
    thing: object, protocol: int, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(pickle.dumps(thing, protocol=protocol))
    assert pickle_in(tmp_path / "file") == "is a pickle"


def test_the_way_out_is_the_hint(tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(b"")
    with pytest.raises(UnsafeModelError, match=r"is named as a pickle \(\.pt\)") as caught:
        refuse_pickle(tmp_path / "m.pt", instead="Save it as safetensors.")
    assert caught.value.hint == "Save it as safetensors."


def test_a_zip_that_is_damaged_or_locked_is_said(tmp_path: Path) -> None:
    whole = bytearray(zipped(data=b"x" * 100))
    directory = whole.rindex(b"PK\x01\x02")
    whole[directory + 8] |= 1  # encrypted
    (tmp_path / "locked").write_bytes(bytes(whole))
    with pytest.raises(UsageError, match="a damaged or encrypted zip"):
        pickle_in(tmp_path / "locked")
    (tmp_path / "cut").write_bytes(bytes(whole[:60]))
    with pytest.raises(UsageError, match="a damaged zip"):
        refuse_bomb(tmp_path / "cut")


def test_a_large_file_that_is_as_large_unpacked_is_no_bomb(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(zipped(data=b"\0" * (1 << 20)))
    refuse_bomb(tmp_path / "file")
