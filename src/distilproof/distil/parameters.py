"""Counts the numbers that training set in a scikit-learn model."""

from collections.abc import Callable, Iterator
from typing import Any

Model = Any
"""A scikit-learn model: scikit-learn has no types."""


def count_parameters(model: Model) -> int | None:
    """Numbers that training set: coefficients, and of a tree its thresholds, columns and leaves.

    Parameters
    ----------
    model
        Trained.

    Returns
    -------
    int or None
        `None` where a part of the model is of a kind that is not known here.
    """
    total = 0
    for part in _parts(model):
        count = next((found for name, found in _COUNTS.items() if hasattr(part, name)), None)
        if count is not None:
            total += count(part)
        elif type(part).__name__ not in _NO_PARAMETERS:
            return None
    return total


def _parts(model: Model) -> Iterator[Model]:
    """Models that a model is put together of, itself where it is one piece."""
    if hasattr(model, "steps"):
        for _, step in model.steps:
            yield from _parts(step)
    elif hasattr(model, "transformers_"):
        for _, step, _ in model.transformers_:
            yield from _parts(step) if not isinstance(step, str) else ()
    elif hasattr(model, "estimators_") and not hasattr(model, "_predictors"):
        for one in getattr(model.estimators_, "ravel", lambda: model.estimators_)():
            yield from _parts(one)
    else:
        yield model


def _of_boosted(model: Model) -> int:
    """Two numbers of each inner node, one of each leaf, and where boosting begins."""
    trees = [tree for step in model._predictors for tree in step]  # noqa: SLF001 - no other way
    leaves = sum(int(tree.nodes["is_leaf"].sum()) for tree in trees)
    nodes = sum(len(tree.nodes) for tree in trees)
    start: Any = getattr(model, "_baseline_prediction", 0)
    return 2 * (nodes - leaves) + leaves + int(getattr(start, "size", 1))


def _of_tree(model: Model) -> int:
    """Two numbers of each inner node, and a value for each output or class of each leaf."""
    tree = model.tree_
    leaves = int((tree.children_left < 0).sum())
    return 2 * (tree.node_count - leaves) + leaves * int(tree.value[0].size)


def _of_linear(model: Model) -> int:
    return int(model.coef_.size + model.intercept_.size)


def _of_network(model: Model) -> int:
    return sum(int(part.size) for part in (*model.coefs_, *model.intercepts_))


_COUNTS: dict[str, Callable[[Model], int]] = {
    "_predictors": _of_boosted,
    "tree_": _of_tree,
    "coefs_": _of_network,
    "coef_": _of_linear,
    "idf_": lambda model: int(model.idf_.size),
    "statistics_": lambda model: int(model.statistics_.size),
    "scale_": lambda model: 2 * int(model.scale_.size),
    "categories_": lambda model: sum(int(one.size) for one in model.categories_),
}
_NO_PARAMETERS = frozenset({"HashingVectorizer"})
