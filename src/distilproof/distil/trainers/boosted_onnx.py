"""Writes boosted trees as an ONNX graph of their logits, with thresholds in double precision.

One operator says it all: TreeEnsembleRegressor, version 3 of
https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html. Thresholds in double
precision send every row to the leaf that scikit-learn sends it to.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from distilproof.errors import TrainingError

OPSET, TREES_OPSET = 18, 3
"""Versions of the operators that are written: onnxruntime 1.14 and newer read them."""

Model = Any
"""A scikit-learn model: scikit-learn has no types."""


class _Tree(NamedTuple):
    """Nodes of a tree, and the column of the output that its leaves add to."""

    nodes: Any
    target: int


def boosted_graph(model: Model, columns: int, onnx: Any) -> bytes:  # noqa: ANN401 - the module
    """ONNX file of a model of boosted trees: `inputs` in, `logits` out.

    Parameters
    ----------
    model
        A `HistGradientBoostingRegressor` or `-Classifier`, or several regressors of one output.
    columns
        How many it reads.
    onnx
        The package, loaded.

    Returns
    -------
    bytes
        Of the regression, or of the classifier's scores before they become probabilities: one
        column, or one for each label.

    Raises
    ------
    TrainingError
        When the model reads categories, by which a tree may split: the operator has no form for it.
    """
    parts = list(getattr(model, "estimators_", [model]))
    base = np.concatenate([np.ravel(part._baseline_prediction) for part in parts])  # noqa: SLF001
    trees = list(_trees(parts))
    if any(_reads_categories(part) for part in parts):
        raise TrainingError(
            "trees that split by categories have no ONNX form",
            hint="Make the inputs numbers and leave [ladder.options] categorical out, or leave "
            "@onnx out.",
        )
    helper, kinds = onnx.helper, onnx.TensorProto

    def doubles(name: str, values: Any) -> Any:  # noqa: ANN401 - arrays and tensors of onnx
        return helper.make_tensor(name, kinds.DOUBLE, [len(values)], np.asarray(values, np.float64))

    attributes = {**_nodes(trees, doubles), **_leaves(trees, doubles)}
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["inputs"],
        ["logits"],
        domain="ai.onnx.ml",
        n_targets=len(base),
        base_values_as_tensor=doubles("base_values", base),
        aggregate_function="SUM",
        post_transform="NONE",
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        "boosted_trees",
        [helper.make_tensor_value_info("inputs", kinds.DOUBLE, [None, columns])],
        [helper.make_tensor_value_info("logits", kinds.FLOAT, [None, len(base)])],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES_OPSET)]
    found = helper.make_model(graph, opset_imports=opsets, producer_name="distilproof")
    found.ir_version = 8  # that of the opset, and not of the package that is installed
    onnx.checker.check_model(found)
    return found.SerializeToString(deterministic=True)


def _reads_categories(part: Model) -> bool:
    """Whether a model reads categories; it moves them before the numbers, used by a tree or not."""
    categories: Any = part.is_categorical_
    return categories is not None and bool(np.any(categories))


def _trees(parts: list[Model]) -> Iterator[_Tree]:
    first = 0
    for part in parts:
        of_each_step = 0
        for step in part._predictors:  # noqa: SLF001 - there is no other way to see them
            of_each_step = len(step)
            for target, tree in enumerate(step):
                yield _Tree(tree.nodes, first + target)
        first += max(1, of_each_step)


def _nodes(trees: list[_Tree], doubles: Any) -> dict[str, Any]:  # noqa: ANN401 - a function
    """Attributes of all nodes, tree after tree."""
    nodes = np.concatenate([tree.nodes for tree in trees])
    leaf = nodes["is_leaf"] != 0
    lengths = [len(tree.nodes) for tree in trees]
    inner = (~leaf).astype(np.int64)
    return {
        "nodes_treeids": np.repeat(np.arange(len(trees)), lengths).tolist(),
        "nodes_nodeids": np.concatenate([np.arange(length) for length in lengths]).tolist(),
        "nodes_featureids": (nodes["feature_idx"].astype(np.int64) * inner).tolist(),
        "nodes_modes": ["LEAF" if end else "BRANCH_LEQ" for end in leaf.tolist()],
        "nodes_values_as_tensor": doubles(
            "nodes_values", np.where(leaf, 0, nodes["num_threshold"])
        ),
        "nodes_truenodeids": (nodes["left"].astype(np.int64) * inner).tolist(),
        "nodes_falsenodeids": (nodes["right"].astype(np.int64) * inner).tolist(),
        "nodes_missing_value_tracks_true": (
            nodes["missing_go_to_left"].astype(np.int64) * inner
        ).tolist(),
    }


def _leaves(trees: list[_Tree], doubles: Any) -> dict[str, Any]:  # noqa: ANN401 - a function
    """Attributes of all leaves: where each is, and what it adds to which column."""
    ends = [np.flatnonzero(tree.nodes["is_leaf"]) for tree in trees]
    lengths = [len(at) for at in ends]
    values = [tree.nodes["value"][at] for tree, at in zip(trees, ends, strict=True)]
    return {
        "target_treeids": np.repeat(np.arange(len(trees)), lengths).tolist(),
        "target_nodeids": np.concatenate(ends).tolist(),
        "target_ids": np.repeat([tree.target for tree in trees], lengths).tolist(),
        "target_weights_as_tensor": doubles("target_weights", np.concatenate(values)),
    }
