"""Recalibration from 1M rows: curves fitted, one chosen, beside scikit-learn and SciPy by hand."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from contender import Task
from measure import Contender, Cost, measure_in_turn
from pipeline import import_early
from results import Result, Target
from synthetic import CHUNK, SEED, write_predictions

_ALIKE = 1e-4
"""Most that a parameter of the same curve may differ."""

_LEAST = 1e-6
"""Distance from 0 and 1 that a confidence is kept at, as distilproof does."""

_COLUMNS = ("label", "student", "student_confidence", "split")


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Compare with fits by hand on one file."""
    del long
    rows = 200_000 if quick else 1_000_000
    path = _write_split(folder / "recalibration.parquet", rows)
    costs = measure_in_turn(list(_contenders(str(path))))
    path.unlink()
    ours, by_hand = costs[0], costs[-1]
    for name, expected in by_hand.answer["parameters"].items():
        for cost in costs[:2]:
            found = cost.answer["parameters"][name]
            if not np.allclose(found, expected, rtol=0, atol=_ALIKE):
                raise SystemExit(f"{cost.name} fits {name} {found}, and by hand it is {expected}")
    return Result(
        name="recalibration",
        title=f"Recalibration from {rows:,} rows, half to fit to and half to choose by",
        notes=_notes(ours),
        header=["", "CPU-s", "ratio", "peak MiB", "s", "runs", "computes"],
        rows=[_row(cost, ours) for cost in costs],
        targets=[
            Target(text=f"CPU-seconds of {cost.name}", value=cost.cpu_s, at_most=1.0)
            for cost in costs[:2]
        ],
        costs=costs,
    )


def _contenders(path: str) -> Iterator[Contender]:
    yield Contender(
        name="distilproof, from arrays",
        call="recalibration:from_arrays",
        arguments={"path": path},
        repeats=5,
        computes="identity, temperature, Platt, beta, isotonic in float64; gains with standard "
        "errors",
    )
    yield Contender(
        name="distilproof, from the file",
        call="recalibration:from_the_file",
        arguments={"path": path},
        repeats=5,
        computes="the same, the rows read and sorted",
    )
    yield Contender(
        name="`recalibrate` without the look at rows to certify on",
        call="recalibration:whole",
        arguments={"path": path},
        repeats=3,
        computes="the same, the table's contract checked, and the recalibrated table written",
    )
    yield Contender(
        name="by hand: scikit-learn and SciPy, from arrays",
        call="recalibration:by_hand",
        arguments={"path": path},
        repeats=3,
        computes="the same four curves and their log-losses; no standard error",
    )


def from_the_file(path: str) -> Task:
    """Read the rows of both splits, fit and choose."""
    import_early()
    from distilproof.counts.schema import Layout, Roles
    from distilproof.distil.recalibrate import fit_recalibrator
    from distilproof.sources.judged_rows import of_split
    from distilproof.sources.outcome_rows import fit_rows
    from distilproof.sources.tables import open_table

    roles, layout = Roles(**_roles()), Layout()

    def work() -> Any:  # noqa: ANN401 - imported where it is measured
        with open_table(path, roles=roles, layout=layout) as opened:
            fit, select = (
                fit_rows(of_split(opened.frame, roles, name), roles, layout).outcomes
                for name in ("fit", "select")
            )
        return fit, fit_recalibrator(fit, select, student="small")

    return Task(work=work, answer=_answer)


def from_arrays(path: str) -> Task:
    """Fit and choose, from rows that were read before."""
    from distilproof.distil.recalibrate import fit_recalibrator
    from distilproof.stats.outcomes import outcomes_of_rows

    rows = _read(path)

    def work() -> Any:  # noqa: ANN401 - imported where it is measured
        fit, select = (outcomes_of_rows(*rows[name]) for name in ("fit", "select"))
        return fit, fit_recalibrator(fit, select, student="small")

    return Task(work=work, answer=_answer)


def whole(path: str) -> Task:
    """Recalibrate as the verb does, but for the look at the rows to certify on."""
    import_early()
    from tempfile import TemporaryDirectory

    from distilproof.workflows.options import Settings, settings
    from distilproof.workflows.recalibrate import fit_and_keep

    named = {name.removeprefix("student_"): column for name, column in _roles().items()}
    chosen: Settings = settings(**named)

    def work() -> Any:  # noqa: ANN401 - imported where it is measured
        with TemporaryDirectory(prefix="distilproof-bench-") as folder:
            return fit_and_keep(path, chosen, folder=Path(folder)).recalibrator

    return Task(work=work, answer=lambda found: {"chosen": found.kind})


def by_hand(path: str) -> Task:
    """Fit the same curves as most people would, in float64, and take the least log-loss."""
    from scipy.optimize import minimize_scalar
    from scipy.special import expit, logit
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    rows = _read(path)

    def logarithms(confidence: Any) -> Any:  # noqa: ANN401 - an array
        return np.column_stack([np.log(confidence), -np.log1p(-confidence)])

    def work() -> dict[str, Any]:
        (c, right), (other, true) = (
            (np.clip(c, _LEAST, 1 - _LEAST), right)
            for c, right in (rows[name] for name in ("fit", "select"))
        )
        odds = logit(c)

        def loss(slope: float) -> float:
            return float(np.mean(np.logaddexp(0.0, slope * odds) - right * slope * odds))

        slope = float(minimize_scalar(loss, bounds=(0.05, 20.0), options={"xatol": 1e-8}).x)
        platt = LogisticRegression(C=np.inf, tol=1e-8).fit(odds[:, None], right)
        beta = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(logarithms(c), right)
        isotonic = IsotonicRegression(out_of_bounds="clip").fit(c, right)
        after = {
            "identity": other,
            "temperature": expit(slope * logit(other)),
            "platt": platt.predict_proba(logit(other)[:, None])[:, 1],
            "beta": beta.predict_proba(logarithms(other))[:, 1],
            "isotonic": np.clip(isotonic.predict(other), _LEAST, 1 - _LEAST),
        }
        losses = {name: log_loss(true, value) for name, value in after.items()}
        fitted = {"platt": platt, "beta": beta}
        parameters = {n: [*m.coef_[0].tolist(), *m.intercept_.tolist()] for n, m in fitted.items()}
        return {
            "chosen": min(losses, key=losses.__getitem__),
            "parameters": {"temperature": [1 / slope], **parameters},
        }

    return Task(work=work, answer=lambda found: found)


def _answer(found: Any) -> dict[str, Any]:  # noqa: ANN401 - imported where it is measured
    """Read what was chosen, and fit once more what both sides fit: after the measurement."""
    from distilproof.stats.recalibration_fit import fit

    rows, fitted = found
    curves = ("temperature", "platt", "beta")
    gains = {one.kind: (one.gain, one.standard_error) for one in fitted.tried}
    return {
        "chosen": fitted.recalibrator.kind,
        "gain": gains[fitted.recalibrator.kind],
        "parameters": {kind: list(fit(kind, rows)) for kind in curves},
    }


def _read(path: str) -> Mapping[str, tuple[Any, Any]]:
    """Confidence and whether it came true, by split."""
    table = pq.read_table(path, columns=list(_COLUMNS))
    label, student, confidence, split = (np.asarray(table[name]) for name in _COLUMNS)
    right = (label == student).astype(np.float64)
    return {name: (confidence[split == name], right[split == name]) for name in ("fit", "select")}


def _roles() -> dict[str, str]:
    names = ("label", "teacher", "student", "student_confidence", "split")
    return {name: name for name in names}


def _write_split(path: Path, rows: int) -> Path:
    """Write a table whose student is too sure of itself, half to fit to and half to select by."""
    whole = pq.ParquetFile(write_predictions(path.with_suffix(".whole"), rows, {}))
    writer: pq.ParquetWriter | None = None
    for at, batch in enumerate(whole.iter_batches(batch_size=CHUNK)):
        dice = np.random.default_rng([SEED, 2, at])
        table = pa.Table.from_batches([batch])
        place = table.column_names.index("student_confidence")
        told = _too_sure(table["student_confidence"].to_numpy())
        table = table.set_column(place, "student_confidence", pa.array(told))
        named = np.where(dice.random(table.num_rows) < 1 / 2, "fit", "select")
        table = table.append_column("split", pa.array(named.tolist()))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    path.with_suffix(".whole").unlink()
    return path


def _too_sure(confidence: Any) -> Any:  # noqa: ANN401 - arrays
    """Double the log-odds."""
    square, other = confidence**2, (1 - confidence) ** 2
    return square / (square + other)


def _notes(ours: Cost) -> str:
    gain, error = ours.answer["gain"]
    return (
        "Ten classes, one confidence, twice the log-odds it should have. The parameters of "
        f"temperature, Platt and beta agree with the fits by hand to {_ALIKE:g}; "
        f"{ours.answer['chosen']} is chosen, better than leaving the confidence as it is by "
        f"{gain:.4f} nats with a standard error of {error:.5f}."
    )


def _row(cost: Cost, ours: Cost) -> list[str]:
    return [
        cost.name,
        f"{cost.cpu_s:.2f}",
        f"{cost.cpu_s / ours.cpu_s:.1f}",
        f"{cost.peak_mib:.0f}",
        f"{cost.wall_s:.2f}",
        str(cost.runs),
        f"takes {cost.answer['chosen']}: {cost.computes}",
    ]
