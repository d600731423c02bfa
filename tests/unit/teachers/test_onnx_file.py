"""What an ONNX file needs is found however deep it lies, by the numbers of its fields."""

from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from distilproof.errors import UsageError
from distilproof.teachers.onnx_file import _INSIDE, OnnxNeeds, needs_of

NAMES = {
    "model": onnx.ModelProto,
    "training": onnx.TrainingInfoProto,
    "function": onnx.FunctionProto,
    "graph": onnx.GraphProto,
    "node": onnx.NodeProto,
    "attribute": onnx.AttributeProto,
    "sparse": onnx.SparseTensorProto,
    "tensor": onnx.TensorProto,
    "opset": onnx.OperatorSetIdProto,
    "stored": onnx.StringStringEntryProto,
}
Message = Any


def test_every_message_is_looked_into_that_can_hold_what_is_looked_for() -> None:
    kinds = {kind.DESCRIPTOR.full_name: name for name, kind in NAMES.items()}
    for name, inside in _INSIDE.items():
        fields = NAMES[name].DESCRIPTOR.fields
        held = {
            field.number: kinds[field.message_type.full_name]
            for field in fields
            if field.message_type is not None and field.message_type.full_name in kinds
        }
        # Names and values for people only, and quantization that names tensors.
        told = {
            field.number
            for field in fields
            if field.name.endswith(("metadata_props", "_annotation"))
        }
        bound = {field.number for field in fields if field.name.endswith("_binding")}
        assert {n: kind for n, kind in held.items() if n not in told | bound} == inside, name


def outside(name: str, location: str) -> Message:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="offset", value="0")
    tensor.external_data.add(key="location", value=location)
    return tensor


def graph(name: str, *nodes: Message, tensors: tuple[Message, ...] = ()) -> Message:
    return helper.make_graph(list(nodes), name, [], [], list(tensors))


def saved(path: Path, model: Message) -> OnnxNeeds:
    path.write_bytes(model.SerializeToString())
    return needs_of(path)


def test_weights_are_found_wherever_they_are_kept(tmp_path: Path) -> None:
    branch = graph("branch", tensors=(outside("b", "in-a-branch"),))
    sparse = onnx.SparseTensorProto(values=outside("v", "sparse"), indices=outside("i", "places"))
    inner = helper.make_node("Constant", [], ["c"], value=outside("c", "in-a-constant"))
    function = helper.make_function(
        "own", "Inner", [], ["c"], [inner], [helper.make_opsetid("", 17)]
    )
    main = graph(
        "main",
        helper.make_node("If", ["x"], ["y"], then_branch=branch),
        tensors=(outside("m", "a"),),
    )
    main.sparse_initializer.append(sparse)
    model = helper.make_model(main, functions=[function])
    model.training_info.add().algorithm.CopyFrom(graph("t", tensors=(outside("t", "training"),)))
    found = saved(tmp_path / "m.onnx", model).external
    assert found == ("a", "in-a-branch", "in-a-constant", "places", "sparse", "training")


def test_a_library_that_the_model_defines_itself_is_none(tmp_path: Path) -> None:
    function = helper.make_function("own", "F", [], [], [], [helper.make_opsetid("far", 1)])
    opsets = [helper.make_opsetid(name, 1) for name in ("", "ai.onnx.ml", "own", "foreign")]
    model = helper.make_model(graph("g"), functions=[function], opset_imports=opsets)
    assert saved(tmp_path / "m.onnx", model).domains == ("far", "foreign")


def classifier(**labels: list[Any]) -> Message:
    return helper.make_node("LinearClassifier", ["x"], ["y"], domain="ai.onnx.ml", **labels)


@pytest.mark.parametrize(
    ("nodes", "classes"),
    [
        ([], None),
        ([classifier(classlabels_strings=["b", "a"])], ("b", "a")),
        ([classifier(classlabels_ints=[-1, 300])], ("-1", "300")),
        ([classifier(classlabels_ints=[0, 1])] * 2, ("0", "1")),
        ([classifier(classlabels_ints=[0, 1]), classifier(classlabels_ints=[0, 2])], None),
    ],
)
def test_labels_are_those_of_its_classifier(
    nodes: list[Message], classes: tuple[str, ...] | None, tmp_path: Path
) -> None:
    assert saved(tmp_path / "m.onnx", helper.make_model(graph("g", *nodes))).classes == classes


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 20,
        b"\x0b\x0c",
        b"\x3a\x7f\x00",
        b"\x3a\xff\xff\xff\xff\x0f",
        b"\x08\x09",
        b"\x3a\x02\x28\x01\x42\x03\x0a\x01\xff",
    ],
)
def test_what_is_no_model_is_said_and_does_no_harm(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(UsageError, match="is no ONNX model"):
        needs_of(tmp_path / "m.onnx")


def test_a_file_that_no_message_can_be_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "m.onnx").open("wb") as file:
        file.truncate(1 << 31)
    with pytest.raises(UsageError, match="over 2 GiB"):
        needs_of(tmp_path / "m.onnx")
