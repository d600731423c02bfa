"""Which engine runs a teacher's files: another version of it can answer otherwise."""

from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version

ENTRY_POINTS = "distilproof.teachers"
"""Entry point group under which installed packages offer adapters."""

ENGINES: dict[str, tuple[str, ...]] = {
    "table": (),
    "python": (),
    "openai": (),
    "sklearn": ("scikit-learn", "skops"),
    "onnx": ("onnxruntime",),
    "transformers": ("safetensors", "tokenizers", "torch", "transformers"),
}
"""Packages that compute the answers, by built-in adapter."""


def stack_of(adapter: str) -> tuple[tuple[str, str], ...]:
    """Name and version of every package that computes an adapter's answers, sorted by name.

    Parameters
    ----------
    adapter
        A built-in adapter, or one that an installed package offers: that package then.

    Returns
    -------
    tuple of pairs
        Without what is not installed; empty where nothing of ours or of a package computes.

    Examples
    --------
    >>> stack_of("table")
    ()
    """
    names = ENGINES.get(adapter)
    if names is None:
        offered = entry_points(group=ENTRY_POINTS, name=adapter)
        names = tuple(sorted({_package(entry) for entry in offered} - {""}))
    return tuple((name, found) for name in names if (found := _version(name)))


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else ""


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
