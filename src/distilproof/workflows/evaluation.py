"""What `evaluate` returns: the findings and estimates of one table, and ways to show them."""

from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, SEVERITY, Finding, Status
from distilproof.domain.slices import Slice
from distilproof.errors import MissingDependencyError, UsageError
from distilproof.gate.assessment import Assessment
from distilproof.render.html import assessment_html, notebook_html
from distilproof.render.plain import evaluation_dict
from distilproof.render.text import assessment_text
from distilproof.workflows.page import write_page
from distilproof.workflows.versions import versions


class Failure(NamedTuple):
    """One binding requirement that is not shown to hold.

    `bound` is the bound that had to clear the limit; `None` when no row bears on it.
    """

    slice: str
    metric: str
    bound: float | None
    requirement: str
    n: int
    rows_needed: int | None
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Evaluation:
    """A measured and judged prediction table.

    Parameters
    ----------
    assessment
        Everything that was measured and found.
    """

    assessment: Assessment

    @property
    def status(self) -> Status | None:
        """Worst status of the requirements that bind; `None` when no bar was given."""
        return self.assessment.status

    @property
    def exit_code(self) -> int:
        """0 when nothing was asked or all holds, 1 refused, 3 cannot judge."""
        return self.assessment.exit_code

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Every metric on every slice."""
        return self.assessment.estimates

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What each bar came to on each slice, those of critical slices and the others."""
        return self.assessment.findings

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Slices that were judged, overall first."""
        return self.assessment.slices

    def estimate(self, metric: str, slice_name: str = "overall") -> Estimate:
        """Estimate of one metric on one slice.

        Raises
        ------
        UsageError
            When the metric was not measured on that slice.
        """
        found = self.assessment.estimate(metric, slice_name)
        if found is None:
            raise UsageError(
                f"{metric!r} was not measured on {slice_name!r}",
                hint="evaluation.to_frame() lists what was.",
            )
        return found

    def failures(self) -> tuple[Failure, ...]:
        """Binding requirements that are not shown to hold, worst first; none when all do."""
        open_ = [f for f in self.findings if f.binding and EXIT_CODES[f.status]]
        open_.sort(key=lambda f: -SEVERITY.index(f.status))
        return tuple(_failure(finding) for finding in open_)

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"] = "pandas") -> Any:  # noqa: ANN401 - the frame of a package that may be absent
        """Estimates as a data frame, one row for each metric and slice.

        Parameters
        ----------
        backend
            Package whose frame is returned.

        Raises
        ------
        MissingDependencyError
            When the package is not installed.
        """
        rows = [asdict(estimate) | {"window": None} for estimate in self.estimates]
        for row in rows:
            del row["window"]
        try:
            package = import_module(backend)
        except ImportError:
            raise MissingDependencyError(
                f"{backend} is not installed", hint=f"Run: pip install {backend}"
            ) from None
        if backend == "pyarrow":
            return package.Table.from_pylist(rows)
        return package.DataFrame(rows)

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file without script, and return its path.

        Raises
        ------
        UsageError
            When the file cannot be written.
        """
        target = Path(path)
        page = assessment_html(self.assessment, title=self.assessment.student, versions=versions())
        write_page(target, page)
        return target

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, under the schema `distilproof.evaluation/1`."""
        return evaluation_dict(self.assessment)

    def __str__(self) -> str:
        """Answer first, then a line a reason."""
        return assessment_text(self.assessment)

    def __repr__(self) -> str:
        """Name the student, what was read and what came of it."""
        status = self.status or "no bar given"
        return f"<Evaluation of {self.assessment.student}: {status}>"

    def _repr_html_(self) -> str:
        return notebook_html(self.assessment)


def _failure(finding: Finding) -> Failure:
    requirement, estimate = finding.requirement, finding.estimate
    bound: float | None = None
    if requirement is not None and estimate is not None and estimate.n:
        floor = requirement.at_least
        low_is_short = floor is not None and estimate.low < floor
        bound = estimate.low if low_is_short else estimate.high
    return Failure(
        slice=requirement.slice if requirement else "overall",
        metric=requirement.metric if requirement else finding.code,
        bound=bound,
        requirement=requirement.limit if requirement else "",
        n=estimate.n if estimate else 0,
        rows_needed=finding.rows_needed,
        status=finding.status,
    )
