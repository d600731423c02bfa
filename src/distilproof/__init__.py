"""Take a distilled student model from its teacher to a cleared, measured and watched release.

Names are loaded when they are first used, so that `import distilproof` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distilproof.counts.cube import Cube
    from distilproof.domain.decision import Decision
    from distilproof.domain.estimate import Estimate
    from distilproof.domain.finding import Finding, Status
    from distilproof.domain.requirement import Requirement
    from distilproof.domain.slices import Slice
    from distilproof.domain.window import Window
    from distilproof.errors import DistilproofError
    from distilproof.gate.policy import Bars, Policy
    from distilproof.workflows.evaluate import evaluate
    from distilproof.workflows.evaluation import Evaluation
    from distilproof.workflows.project import Project

__all__ = [
    "Bars",
    "Cube",
    "Decision",
    "DistilproofError",
    "Estimate",
    "Evaluation",
    "Finding",
    "Policy",
    "Project",
    "Requirement",
    "Slice",
    "Status",
    "Window",
    "evaluate",
]

_HOMES = {
    "Bars": "gate.policy",
    "Cube": "counts.cube",
    "Decision": "domain.decision",
    "DistilproofError": "errors",
    "Estimate": "domain.estimate",
    "Evaluation": "workflows.evaluation",
    "Finding": "domain.finding",
    "Policy": "gate.policy",
    "Project": "workflows.project",
    "Requirement": "domain.requirement",
    "Slice": "domain.slices",
    "Status": "domain.finding",
    "Window": "domain.window",
    "evaluate": "workflows.evaluate",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'distilproof' has no attribute {name!r}")
    value: object = getattr(import_module(f"distilproof.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
