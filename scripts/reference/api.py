"""The page on the public names of the package, filled in by mkdocstrings."""

from collections.abc import Iterator

import distilproof
from distilproof.workflows.options import EvaluateOptions


def page() -> Iterator[str]:
    """Write one directive a public name."""
    yield "# Python\n\n```python\nimport distilproof as dp\n```\n\nThe public names, in order:\n\n"
    for name in distilproof.__all__:
        thing = getattr(distilproof, name)
        yield f"::: {thing.__module__}.{thing.__qualname__}\n\n"
    yield f"The options of `evaluate`:\n\n::: {EvaluateOptions.__module__}.EvaluateOptions\n"
