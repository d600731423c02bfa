"""What stands beside a made sweep: slices that a search found, and costs, both written by hand."""

from distilproof.domain.discovery import Discovered, Discovery
from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import SEPARATOR, Slice
from distilproof.domain.student_cost import StudentCost
from distilproof.domain.sweep import RungCost


def share(slice_: str, value: float, low: float, high: float, n: int) -> Estimate:
    """A share of introduced errors."""
    return Estimate(
        metric="introduced_error",
        slice=slice_,
        value=value,
        low=low,
        high=high,
        n=n,
        n_eff=float(n),
        confidence=0.95,
        method="Clopper-Pearson",
    )


FOUND = Slice(column=SEPARATOR.join(("race", "disability")), value=f"asian{SEPARATOR}yes")
DISCOVERY = Discovery(
    discovered=(
        Discovered(
            slice=FOUND,
            found=share(FOUND.name, 0.081, 0.04, 0.13, 310),
            retold=share(FOUND.name, 0.074, 0.041, 0.12, 240),
            p_value=0.012,
            confirmed=True,
            beside=("disability=yes", 0.016),
        ),
        Discovered(
            slice=Slice(column="race", value="black"),
            found=share("race=black", 0.021, 0.01, 0.03, 810),
            retold=share("race=black", 0.009, 0.003, 0.02, 640),
            p_value=0.4,
            confirmed=False,
            beside=("overall", 0.006),
            rows_needed=11_000,
        ),
    ),
    overall=share("overall", 0.006, 0.005, 0.008, 4_000),
    reference=0.006,
    measure="all rows",
    columns=("race", "disability"),
    depth=3,
    looked_at=17,
    least_rows=120,
    confidence=0.95,
)


def cost_of(position: int) -> RungCost:
    """A cost that falls with the position on the ladder; every fourth student cannot be run."""
    bytes_ = int(390_000 / 1.6**position)
    running = StudentCost(
        parameters=None if position % 3 == 2 else bytes_ // 8,
        bytes=bytes_,
        rows_per_second=90_000.0 * (position + 1),
        p50_ms=1.9 / (position + 1),
        p95_ms=2.6 / (position + 1),
        threads=1,
        batch=1024,
        passes=5,
        single_rows=200,
    )
    return RungCost(
        cpu_seconds=8.3 / (position + 1),
        wall_seconds=8.4 / (position + 1),
        peak_bytes=310_000_000,
        rows_used=57_738,
        threads=1,
        running=None if position % 4 == 3 else running,
    )
