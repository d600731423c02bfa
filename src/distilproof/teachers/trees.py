"""Checks that the trees of a loaded scikit-learn model lead nowhere but to their own leaves.

scikit-learn walks the arrays of a tree without looking at their bounds, so that a file with an
index out of range reads memory that is not the tree's, or ends the process. skops leaves such types
to whoever loads them: https://github.com/skops-dev/skops/pull/535. They are looked at here, after
loading and before the first prediction.

A tree is sound when each inner node has its children behind itself and inside the arrays, and reads
a column that the rows have; and when whoever holds it checks how many columns the rows have.
scikit-learn's own check is to be the same: https://github.com/scikit-learn/scikit-learn/pull/34558.
"""

from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, cast

from distilproof.errors import UnsafeModelError

TREE_TYPES = (
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""Types that may be loaded because `require_sound_trees` looks at them before they are used."""

_UNCHECKED = {"GradientBoostingClassifier", "GradientBoostingRegressor", "IsolationForest"}
_FORESTS = {
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "RandomTreesEmbedding",
}
_OTHER_COLUMNS = "with a tree of another number of columns"
_LEAF = -1
_BITSET_WORDS = 8
_DAMAGED = (
    "The file is damaged, or made to do harm. Train the model again and save it with skops.io.dump."
)
_NO_INSIDE = (type, ModuleType, FunctionType, BuiltinFunctionType, str, bytes, int, float)

SklearnObject = Any
"""An object of scikit-learn, which has no types."""


def require_sound_trees(model: SklearnObject, *, called: str) -> None:
    """Refuse a model with a tree whose arrays lead out of themselves, or that nobody guards.

    Parameters
    ----------
    model
        A scikit-learn model, loaded and not yet used.
    called
        Its file, for the error.

    Raises
    ------
    UnsafeModelError
        When a tree is not sound, or is held by a kind of model that is not known to check the rows
        before it walks its trees.
    """
    found = list(_everything_in(model))
    trees = {id(part) for part in found if _name(part) in TREE_TYPES}
    if not trees:
        return
    guarded = set[int]()
    for part in found:
        kind = type(part).__name__
        if replaced := _replaced(part):
            raise UnsafeModelError(
                f"{called} holds a {kind} that puts something in the place of its own {replaced}: "
                "it was not used",
                hint=_DAMAGED,
            )
        if kind in _UNCHECKED:
            raise UnsafeModelError(
                f"{called} holds a {kind}, whose trees cannot be checked before they are walked",
                hint="Export the model to ONNX and use the onnx adapter, or train one of "
                "HistGradientBoostingClassifier, RandomForestClassifier, ExtraTreesClassifier.",
            )
        held, problem = _look(part, kind)
        if problem:
            raise UnsafeModelError(
                f"{called} holds a {kind} {problem}: it was not used",
                hint=_DAMAGED,
            )
        guarded |= held
    if trees - guarded:
        raise UnsafeModelError(
            f"{called} holds a tree outside of any model that is known to check it",
            hint="Export the model to ONNX and use the onnx adapter.",
        )


def _look(part: SklearnObject, kind: str) -> tuple[set[int], str | None]:
    """Trees that a part of a model holds and guards, and what is wrong with them."""
    if hasattr(part, "tree_"):
        return {id(part.tree_)}, next(_tree_problems(part), None)
    if hasattr(part, "_predictors"):
        held = {id(tree) for tree in _predictors(part)}
        return held, next(_boosted_problems(part), None)
    if kind in _FORESTS:
        return set(), next(_forest_problems(part), None)
    return set(), None


def _tree_problems(owner: SklearnObject) -> Iterator[str]:
    tree, columns = owner.tree_, getattr(owner, "n_features_in_", None)
    if _name(tree) not in TREE_TYPES:
        yield "with something in the place of its tree"
    elif not isinstance(columns, int) or tree.n_features != columns:
        yield _OTHER_COLUMNS
    else:
        inner = tree.children_left != _LEAF
        yield from _walk_problems(tree.children_left, tree.children_right, inner)
        yield from _column_problems(tree.feature[inner], columns)


def _forest_problems(forest: SklearnObject) -> Iterator[str]:
    columns = getattr(forest, "n_features_in_", None)
    members = [getattr(member, "n_features_in_", None) for member in forest.estimators_]
    if not isinstance(columns, int) or any(member != columns for member in members):
        yield _OTHER_COLUMNS


def _boosted_problems(owner: SklearnObject) -> Iterator[str]:
    columns = getattr(owner, "n_features_in_", None)
    categorical = getattr(getattr(owner, "_bin_mapper", None), "is_categorical_", None)
    prepares = getattr(owner, "_preprocessor", None)
    if prepares is not None and not _keeps_columns(prepares, columns):
        yield "that prepares its columns in a way of its own"
    elif not isinstance(columns, int) or getattr(categorical, "shape", None) != (columns,):
        yield _OTHER_COLUMNS
    else:
        for tree in _predictors(owner):
            yield from _predictor_problems(tree, columns, categorical)


def _keeps_columns(prepares: SklearnObject, columns: object) -> bool:
    """Whether what a boosted model does to its columns gives as many as it takes."""
    if _name(prepares) != "sklearn.compose._column_transformer.ColumnTransformer":
        return False
    width = 0
    for _, step, chosen in prepares.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        encodes = _name(step) == "sklearn.preprocessing._encoders.OrdinalEncoder"
        checks = getattr(getattr(getattr(step, "func", None), "func", None), "__name__", "")
        if not encodes and checks != "check_array":
            return False
        mask = getattr(getattr(chosen, "dtype", None), "kind", "") == "b"
        width += int(chosen.sum()) if mask else len(chosen)
    return width == columns


def _predictor_problems(
    tree: SklearnObject, columns: int, categorical: SklearnObject
) -> Iterator[str]:
    if _name(tree) not in TREE_TYPES:
        yield "with something in the place of a tree"
        return
    nodes, bitsets = tree.nodes, tree.raw_left_cat_bitsets
    inner = nodes["is_leaf"] == 0
    yield from _walk_problems(nodes["left"], nodes["right"], inner)
    yield from _column_problems(nodes["feature_idx"][inner], columns)
    sets = nodes[inner & (nodes["is_categorical"] != 0)]
    if not len(sets):
        return
    if bitsets.shape != (len(bitsets), _BITSET_WORDS):
        yield "with sets of categories of another shape"
    if (sets["bitset_idx"] >= len(bitsets)).any():
        yield "with a split by a set of categories that is not there"
    if (categorical[sets["feature_idx"]] == 0).any():
        yield "with a split by categories of a column of numbers"


def _predictors(owner: SklearnObject) -> Iterator[SklearnObject]:
    for trees in owner._predictors:  # noqa: SLF001 - there is no other way to see them
        yield from trees


def _walk_problems(
    left: SklearnObject, right: SklearnObject, inner: SklearnObject
) -> Iterator[str]:
    if left.ndim != 1 or not len(left):
        yield "with an empty tree"
        return
    places = inner.nonzero()[0]
    for child in (left[inner], right[inner]):
        if (child <= places).any() or (child >= len(left)).any():
            yield "with a node that leads out of its tree or back"


def _column_problems(read: SklearnObject, columns: int) -> Iterator[str]:
    if (read < 0).any() or (read >= columns).any():
        yield "with a node that reads a column that is not there"


def _replaced(part: SklearnObject) -> str | None:
    """Name of a method of its class that an object brings along as a value of its own."""
    kind = cast("object", type(part))
    return next((name for name in _own(part) if callable(getattr(kind, name, None))), None)


def _everything_in(model: SklearnObject) -> Iterator[SklearnObject]:
    """Every object that can be reached from a model, itself first, each once."""
    seen, waiting = {id(model): model}, [model]
    while waiting:
        part = waiting.pop()
        yield part
        for inside in _inside(part):
            if inside is not None and id(inside) not in seen:
                # Kept, so that no other object gets its id while the walk goes on.
                seen[id(inside)] = inside
                waiting.append(inside)


def _inside(part: SklearnObject) -> Iterator[SklearnObject]:
    if isinstance(part, _NO_INSIDE):
        return
    holds: Any = part
    if isinstance(part, dict):
        yield from holds
        yield from holds.values()
    elif isinstance(part, list | tuple | set | frozenset):
        yield from holds
    elif getattr(getattr(holds, "dtype", None), "kind", "") == "O":
        yield from holds.ravel()
    yield from _own(holds).values()


def _own(part: SklearnObject) -> dict[str, Any]:
    return {} if isinstance(part, _NO_INSIDE) else getattr(part, "__dict__", {})


def _name(part: SklearnObject) -> str:
    return f"{type(part).__module__}.{type(part).__name__}"
