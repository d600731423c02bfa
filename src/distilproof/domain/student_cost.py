"""What a student costs: its size and its speed, on so many threads. No two are made one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentCost:
    """What a student costs.

    Parameters
    ----------
    parameters
        Numbers that training set; `None` where nobody counted them.
    bytes
        Of all files in its folder.
    rows_per_second
        In batches: the median of several passes.
    p50_ms, p95_ms
        Milliseconds to answer one row: half of the rows take no longer, 95% take no longer.
    threads
        How many worked.
    batch
        Rows of a batch.
    passes, single_rows
        Passes over the batch, and rows that were asked one by one.
    """

    parameters: int | None
    bytes: int
    rows_per_second: float
    p50_ms: float
    p95_ms: float
    threads: int
    batch: int
    passes: int
    single_rows: int
