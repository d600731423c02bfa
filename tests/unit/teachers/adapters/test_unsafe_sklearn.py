"""Whatever could run code when it is loaded is refused before it is: no payload leaves a trace."""

import bz2
import gzip
import io as streams
import json
import lzma
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier
from skops import io

from distilproof.errors import UnsafeModelError, UsageError
from distilproof.teachers.adapters.sklearn import load
from distilproof.teachers.settings import TeacherSettings

Payload = Any
Model = Any
Save = Callable[..., TeacherSettings]

NUMBERS = np.random.default_rng(5).normal(size=(120, 3))
LABELS = (NUMBERS[:, 0] > 0).astype(int)
COLUMNS = ("a", "b", "c")


def zipped(name: str) -> Callable[[bytes], bytes]:
    def made(content: bytes) -> bytes:
        buffer = streams.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("schema.json", "{}")
            archive.writestr(name, content)
        return buffer.getvalue()

    return made


def joblib_dump(compress: str | int) -> Callable[[object], bytes]:
    def dumped(thing: object) -> bytes:
        buffer = streams.BytesIO()
        joblib.dump(thing, buffer, compress=compress)
        return buffer.getvalue()

    return dumped


PICKLED: dict[str, Callable[[Payload], bytes]] = {
    **{f"protocol {n}": lambda p, n=n: pickle.dumps(p, protocol=n) for n in range(6)},
    "a list of protocol 0": lambda p: pickle.dumps([p], protocol=0),
    "a dict of protocol 1": lambda p: pickle.dumps({"model": p}, protocol=1),
    "joblib": joblib_dump(0),
    "joblib zlib": joblib_dump(3),
    "joblib gzip": joblib_dump("gzip"),
    "joblib bz2": joblib_dump("bz2"),
    "joblib xz": joblib_dump("xz"),
    "joblib lzma": joblib_dump("lzma"),
    "gzip": lambda p: gzip.compress(pickle.dumps(p)),
    "bz2": lambda p: bz2.compress(pickle.dumps(p)),
    "xz": lambda p: lzma.compress(pickle.dumps(p)),
    "zlib fast": lambda p: zlib.compress(pickle.dumps(p), level=1),
    "zlib small window": lambda p: zlib.compress(pickle.dumps(p), wbits=9),
    "torch zip": lambda p: zipped("archive/data.pkl")(pickle.dumps(p)),
    "zip under another name": lambda p: zipped("archive/weights")(pickle.dumps(p)),
}


@pytest.mark.parametrize("name", ["teacher.skops", "teacher", "teacher.zip"])
@pytest.mark.parametrize("how", PICKLED)
def test_a_pickle_is_refused_under_any_name(
    how: str, name: str, payload: Payload, tmp_path: Path, settings: Save
) -> None:
    content = PICKLED[how](payload)
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnsafeModelError, match="so it was not opened") as caught:
        load(settings("sklearn", path, inputs=COLUMNS))
    assert "skops.io.dump" in caught.value.hint
    assert "ONNX" in caught.value.hint
    assert not payload.trace.exists()


def test_the_payload_does_leave_a_trace_when_it_is_loaded(payload: Payload) -> None:
    pickle.loads(pickle.dumps(payload))  # noqa: S301 - what the other tests show not to happen
    assert payload.trace.exists()


ENDINGS = [".pkl", ".pickle", ".joblib", ".PKL", ".joblib.gz", ".pt", ".pkl.skops"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_named_as_a_pickle_is_refused_whatever_is_in_it(
    ending: str, tmp_path: Path, settings: Save
) -> None:
    path = tmp_path / f"teacher{ending}"
    io.dump(LogisticRegression().fit(NUMBERS, LABELS), path)
    with pytest.raises(UnsafeModelError, match="is named as a pickle"):
        load(settings("sklearn", path, inputs=COLUMNS))


@pytest.fixture
def saved(tmp_path: Path, settings: Save) -> Save:
    def save(model: Model) -> TeacherSettings:
        path = tmp_path / "teacher.skops"
        io.dump(model, path)
        return settings("sklearn", path, inputs=COLUMNS)

    return save


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the schema of a skops file, as somebody who means harm would."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    change(schema)
    members["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def node(kind: str, loader: str, content: object, **others: object) -> dict[str, Any]:
    """One object in the schema of a skops file."""
    module, _, name = kind.rpartition(".")
    return {
        "__module__": module,
        "__class__": name,
        "__loader__": loader,
        "content": content,
        **others,
    }


def call(kind: str, argument: str) -> dict[str, Any]:
    """A function with its argument, to be called by whoever comes by."""
    text = node("builtins.str", "JsonNode", json.dumps(argument))
    return node(
        "functools.partial",
        "PartialNode",
        {
            "func": node(kind, "FunctionNode", None),
            "args": node("builtins.tuple", "TupleNode", [text]),
            "kwds": node(
                "builtins.dict", "DictNode", {}, key_types=node("builtins.list", "ListNode", [])
            ),
            "namespace": node("builtins.str", "JsonNode", "null"),
        },
    )


@pytest.mark.parametrize("kind", ["os.system", "pathlib.Path.touch", "builtins.eval"])
def test_a_function_that_is_not_known_is_named_and_not_called(
    kind: str, saved: Save, tmp_path: Path
) -> None:
    chosen = saved(LogisticRegression().fit(NUMBERS, LABELS))
    trace = tmp_path / "trace"
    harm = call(kind, f"touch {trace}")
    rewritten(Path(chosen.source), lambda schema: schema["content"]["content"].update(x=harm))
    with pytest.raises(UnsafeModelError, match=f"not known to be harmless: {kind};") as caught:
        load(chosen)
    assert "python adapter" in caught.value.hint
    assert not trace.exists()


def test_a_function_of_the_users_own_is_named(saved: Save) -> None:
    model = make_pipeline(FunctionTransformer(json.dumps), LogisticRegression())
    model.steps[1][1].fit(NUMBERS, LABELS)
    with pytest.raises(UnsafeModelError, match=r"harmless: json\.dumps; it was not loaded"):
        load(saved(model))


def test_a_method_that_the_file_replaces_is_refused(saved: Save) -> None:
    model = DecisionTreeClassifier().fit(NUMBERS, LABELS)
    model._validate_X_predict = np.negative  # noqa: SLF001 - what a file could do
    with pytest.raises(UnsafeModelError, match="in the place of its own _validate_X_predict"):
        load(saved(model))


def test_gradient_boosting_without_histograms_is_refused(saved: Save) -> None:
    model = GradientBoostingClassifier(n_estimators=2).fit(NUMBERS, LABELS)
    with pytest.raises(UnsafeModelError, match="whose trees cannot be checked") as caught:
        load(saved(model))
    assert "HistGradientBoostingClassifier" in caught.value.hint


def boosted() -> Model:
    numbers = np.column_stack([NUMBERS[:, :2], np.arange(120) % 4])
    target = (numbers[:, 2] > 1) ^ (numbers[:, 0] > 0)
    return HistGradientBoostingClassifier(
        max_iter=3, categorical_features=[2], min_samples_leaf=3
    ).fit(numbers, target)


def spoiled_boosted(field: str, value: int, *, categories: bool = False) -> Model:
    model = boosted()
    for nodes in (tree.nodes for (tree,) in model._predictors):  # noqa: SLF001 - what a file could do
        chosen = (nodes["is_leaf"] == 0) & ((nodes["is_categorical"] != 0) | (not categories))
        if chosen.any():
            nodes[field][np.flatnonzero(chosen)[-1]] = value
    return model


def spoiled_width(name: str) -> Model:
    model = boosted()
    setattr(model if name == "n_features_in_" else model._bin_mapper, name, VALUES[name])  # noqa: SLF001 - what a file could do
    return model


VALUES = {"n_features_in_": 2, "is_categorical_": np.zeros(3, dtype=np.uint8)}


def spoiled_preprocessor() -> Model:
    model = boosted()
    preparing = model._preprocessor  # noqa: SLF001 - what a file could do
    name, step, _ = preparing.transformers_[1]
    preparing.transformers_[1] = (name, step, np.array([True, False, False]))
    return model


def spoiled_tree(field: str, value: int) -> Model:
    model = DecisionTreeClassifier(max_depth=3).fit(NUMBERS, LABELS)
    state = model.tree_.__getstate__()
    state["nodes"][field][0] = value
    model.tree_.__setstate__(state)
    return model


def narrow_forest() -> Model:
    model = RandomForestClassifier(n_estimators=3).fit(NUMBERS, LABELS)
    model.estimators_[1] = DecisionTreeClassifier().fit(np.hstack([NUMBERS] * 2), LABELS)
    return model


def loose_tree() -> Model:
    model = LogisticRegression().fit(NUMBERS, LABELS)
    model.extra = DecisionTreeClassifier().fit(NUMBERS, LABELS).tree_
    return model


SPOILED: dict[str, tuple[Callable[[], Model], str]] = {
    "a child behind the end": (lambda: spoiled_boosted("left", 10**6), "leads out of its tree"),
    "a child that is its parent": (lambda: spoiled_boosted("right", 0), "leads out of its tree"),
    "a column behind the end": (lambda: spoiled_boosted("feature_idx", 3), "column that is not"),
    "a column before the first": (lambda: spoiled_boosted("feature_idx", -1), "column that is not"),
    "a set behind the end": (
        lambda: spoiled_boosted("bitset_idx", 10**6, categories=True),
        "a set of categories that is not there",
    ),
    "categories of numbers": (lambda: spoiled_width("is_categorical_"), "column of numbers"),
    "fewer columns": (lambda: spoiled_width("n_features_in_"), "in a way of its own"),
    "a narrower preparation": (spoiled_preprocessor, "in a way of its own"),
    "a left child behind the end": (lambda: spoiled_tree("left_child", 999), "leads out of"),
    "a right child that is its parent": (lambda: spoiled_tree("right_child", 0), "leads out of"),
    "a feature behind the end": (lambda: spoiled_tree("feature", 3), "column that is not there"),
    "a wider tree in a forest": (narrow_forest, "another number of columns"),
    "a tree outside of a model": (loose_tree, "a tree outside of any model"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_tree_that_leads_out_of_itself_is_refused(how: str, saved: Save) -> None:
    make, said = SPOILED[how]
    with pytest.raises(UnsafeModelError, match=said):
        load(saved(make()))


def test_a_zip_that_unpacks_to_far_more_is_not_unpacked(saved: Save) -> None:
    chosen = saved(LogisticRegression().fit(NUMBERS, LABELS))
    zeros = b"\0" * (1 << 20)
    with (
        zipfile.ZipFile(chosen.source, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("1.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(zeros)
    with pytest.raises(UnsafeModelError, match=r"would unpack to 314,\d+,\d+: it was not unpacked"):
        load(chosen)


DAMAGED = {
    "no zip": b"weights",
    "nothing": b"",
    "the first bytes of a zip alone": b"PK\x03\x04" + b"\0" * 40,
    "a zip of something else": zipped("model.json")(b"{}"),
    "a description that is no JSON": zipped("model.json")(b"{}").replace(b"{}", b"{]"),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_what_is_no_skops_file_is_said(how: str, tmp_path: Path, settings: Save) -> None:
    path = tmp_path / "teacher.skops"
    path.write_bytes(DAMAGED[how])
    with pytest.raises(UsageError, match=r"is no skops file|cannot be read|is a damaged"):
        load(settings("sklearn", path, inputs=COLUMNS))


def test_a_folder_and_a_file_that_is_not_there_are_said(tmp_path: Path, settings: Save) -> None:
    with pytest.raises(UsageError, match="is no file, and the sklearn adapter reads one"):
        load(settings("sklearn", tmp_path))
    with pytest.raises(UsageError, match="there is no file"):
        load(settings("sklearn", tmp_path / "gone.skops"))
