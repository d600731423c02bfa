"""Versions of distilproof and of the packages whose arithmetic a result rests on."""

from importlib.metadata import version

_PACKAGES = ("distilproof", "numpy", "scipy", "pyarrow", "narwhals")


def versions() -> dict[str, str]:
    """Installed version by package name."""
    return {name: version(name) for name in _PACKAGES}
