"""1M rows, 31 slices: every metric with its interval, beside Fairlearn and scikit-learn loops."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from contender import Task
from measure import Contender, Cost, measure_in_turn
from results import Result, Target
from synthetic import CLASSES, SLICES, write_predictions

Figures = dict[str, float]
"""Value by `metric|slice`, in distilproof's names."""

NAMES = [f"class-{k:02d}" for k in range(CLASSES)]
MODELS = ("student", "teacher")
BINS = 15
_TOLERANCE = 2e-6
"""The cube sums confidences in millionths."""


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Compare with peers on one table."""
    rows = 100_000 if quick else 1_000_000
    path = str(write_predictions(folder / "peers.parquet", rows))
    costs = measure_in_turn(list(_contenders(path, long=long)))
    ours, *peers = costs
    checked = [_check(ours, peer) for peer in peers]
    by_name = {cost.name: cost for cost in costs}

    def ratio(name: str) -> float:
        return by_name[name].cpu_s / ours.cpu_s

    targets = [
        Target(text=f"CPU of {text} beside ours", value=ratio(name), at_least=least)
        for name, text, least in _TARGETS
        if name in by_name
    ]
    return Result(
        name="peers",
        title=f"{rows:,} rows, 31 slices, from a Parquet file to figures",
        notes=f"Every figure that a peer gives is among those of distilproof: {sum(checked):,} "
        "values compared, equal to 2 in a million (binned calibration is not compared). Reading "
        "the file is part of each figure; importing is not, and stands apart.",
        header=["", "CPU-s", "ratio", "peak MiB", "s", "import CPU-s", "runs", "computes"],
        rows=[[*_figures(cost, ours), cost.computes] for cost in costs],
        targets=targets,
        costs=costs,
    )


_TARGETS = (
    ("Fairlearn, all metrics", "Fairlearn on the same rates and accuracies", 300),
    ("Fairlearn, five metrics", "Fairlearn on five metrics only, the floor", 300),
    ("scikit-learn, by group", "scikit-learn loops over the table's groups", 5),
    ("scikit-learn, integer codes", "scikit-learn loops over integer codes, the floor", 5),
)


def _contenders(path: str, *, long: bool) -> Iterator[Contender]:
    yield Contender(
        name="distilproof",
        call="pipeline:evaluate_table",
        arguments={"path": path},
        repeats=5,
        computes="100 estimates a slice with bounds, effective rows, a floor judged on each slice; "
        "the table checked",
    )
    yield Contender(
        name="Fairlearn, five metrics",
        call="peers:fairlearn_frames",
        arguments={"path": path, "classes": 1, "models": ["student"]},
        repeats=1,
        computes="`MetricFrame` a column: the student's accuracy, and selection rate, TPR, FPR, "
        "PPV of one class; no interval",
    )
    yield Contender(
        name="Fairlearn, confusion matrices",
        call="peers:fairlearn_matrices",
        arguments={"path": path},
        repeats=1,
        computes="`MetricFrame` a column with a confusion matrix as its one metric: student by "
        "label, teacher by label, student by teacher; no rate, no interval",
    )
    if long:
        yield Contender(
            name="Fairlearn, all metrics",
            call="peers:fairlearn_frames",
            arguments={"path": path, "classes": CLASSES, "models": list(MODELS)},
            repeats=1,
            computes="`MetricFrame` a column: accuracy of both, fidelity, and selection rate, TPR, "
            "FPR, PPV of both for ten classes: 83 metrics; no interval",
        )
    loops = (
        "accuracy, confusion matrix, `calibration_curve`, Brier score of both, fidelity; no "
        "interval"
    )
    yield Contender(
        name="scikit-learn, by group",
        call="peers:sklearn_groups",
        arguments={"path": path},
        repeats=1,
        computes=f"`groupby` loop over classes as text: {loops}",
    )
    yield Contender(
        name="scikit-learn, integer codes",
        call="peers:sklearn_codes",
        arguments={"path": path},
        repeats=5,
        computes=f"the same over NumPy arrays, classes coded as integers once: {loops}",
    )


def fairlearn_frames(path: str, classes: int, models: Sequence[str]) -> Task:
    """One `MetricFrame` for each slice column and pair of columns, one metric for each figure."""
    import pandas as pd
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import accuracy_score

    rates = [_rates_of(k) for k in range(classes)]

    def metrics(model: str) -> dict[str, Callable[..., float]]:
        named: dict[str, Callable[..., float]] = {f"{model}_accuracy": accuracy_score}
        for k, by_name in enumerate(rates):
            named |= {f"{model}_{name}[{NAMES[k]}]": rate for name, rate in by_name.items()}
        return named

    def work() -> Figures:
        table = pd.read_parquet(path)
        codes = _codes(table)
        frames = [(codes["label"], codes[model], metrics(model)) for model in models]
        if len(models) == len(MODELS):
            frames.append((codes["teacher"], codes["student"], {"fidelity": accuracy_score}))
        found: Figures = {}
        for column in SLICES:
            for truth, predicted, wanted in frames:
                frame = MetricFrame(
                    metrics=wanted,
                    y_true=truth,
                    y_pred=predicted,
                    sensitive_features=table[column],
                )
                found |= {f"{name}|overall": value for name, value in frame.overall.items()}
                for level, values in frame.by_group.iterrows():
                    found |= {f"{name}|{column}={level}": v for name, v in values.items()}
        return found

    return Task(work=work, answer=_plain)


def fairlearn_matrices(path: str) -> Task:
    """Confusion matrices by `MetricFrame`: the cheapest way to what its rates are made of."""
    import pandas as pd
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import confusion_matrix

    matrix = partial(confusion_matrix, labels=range(CLASSES))
    pairs = (("label", "student"), ("label", "teacher"), ("teacher", "student"))

    def work() -> dict[str, Any]:
        table = pd.read_parquet(path)
        codes = _codes(table)
        found: dict[str, Any] = {}
        for column in SLICES:
            for truth, predicted in pairs:
                frame = MetricFrame(
                    metrics=matrix,
                    y_true=codes[truth],
                    y_pred=codes[predicted],
                    sensitive_features=table[column],
                )
                code = "fidelity" if truth == "teacher" else f"{predicted}_accuracy"
                found[f"{code}|overall"] = frame.overall
                found |= {f"{code}|{column}={name}": m for name, m in frame.by_group.items()}
        return found

    def answer(found: Mapping[str, Any]) -> Figures:
        return _plain({name: m.trace() / m.sum() for name, m in found.items()})

    return Task(work=work, answer=answer)


def sklearn_groups(path: str) -> Task:
    """Loop as it is mostly written: pandas groups, classes as text."""
    import pandas as pd

    one = _sklearn_metrics(NAMES)

    def work() -> Figures:
        table = pd.read_parquet(path)
        found = one(table, "overall")
        for column in SLICES:
            for level, rows in table.groupby(column):
                found |= one(rows, f"{column}={level}")
        return found

    return Task(work=work, answer=_plain)


def sklearn_codes(path: str) -> Task:
    """Loop as fast as scikit-learn allows: NumPy arrays, classes coded once."""
    import pandas as pd

    one = _sklearn_metrics(list(range(CLASSES)))

    def work() -> Figures:
        table = pd.read_parquet(path)
        confidences = {f"{m}_confidence": table[f"{m}_confidence"].to_numpy() for m in MODELS}
        columns = _codes(table) | confidences
        found = one(columns, "overall")
        for column in SLICES:
            for level, at in table.groupby(column).indices.items():
                rows = {name: values[at] for name, values in columns.items()}
                found |= one(rows, f"{column}={level}")
        return found

    return Task(work=work, answer=_plain)


def _sklearn_metrics(labels: Sequence[Any]) -> Callable[[Any, str], Figures]:
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import accuracy_score, brier_score_loss, confusion_matrix

    def one(rows: Any, name: str) -> Figures:  # noqa: ANN401 - a data frame or arrays by name
        found = {f"fidelity|{name}": accuracy_score(rows["teacher"], rows["student"])}
        for model in MODELS:
            label, predicted = rows["label"], rows[model]
            right, confidence = label == predicted, rows[f"{model}_confidence"]
            found[f"{model}_accuracy|{name}"] = accuracy_score(label, predicted)
            found[f"{model}_brier|{name}"] = brier_score_loss(right, confidence)
            confusion_matrix(label, predicted, labels=labels)
            calibration_curve(right, confidence, n_bins=BINS, strategy="quantile")
        return found

    return one


def _rates_of(k: int) -> dict[str, Callable[..., float]]:
    """Rates of class `k` against the rest, by distilproof's names."""
    from fairlearn.metrics import false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import precision_score

    return {
        "selection_rate": partial(selection_rate, pos_label=k),
        "true_positive_rate": lambda y, p: true_positive_rate(y == k, p == k, pos_label=True),
        "false_positive_rate": lambda y, p: false_positive_rate(y == k, p == k, pos_label=True),
        "positive_predictive_value": lambda y, p: precision_score(y == k, p == k),
    }


def _codes(table: Any) -> dict[str, Any]:  # noqa: ANN401 - pandas is imported where it is measured
    """Labels and predictions as integers: what the peers' metrics are fastest on."""
    import pandas as pd

    return {
        name: pd.Categorical(table[name], categories=NAMES).codes.astype("int64")
        for name in ("label", *MODELS)
    }


def _plain(found: Mapping[str, Any]) -> Figures:
    return {name: float(value) for name, value in found.items()}


def _check(ours: Cost, peer: Cost) -> int:
    """Compare a peer's figures with ours; how many there were.

    Raises
    ------
    SystemExit
        When one differs: the two do not compute the same, and their costs do not compare.
    """
    for name, value in peer.answer.items():
        if abs(ours.answer[name] - value) > _TOLERANCE:
            raise SystemExit(f"{peer.name}: {name} is {value}, distilproof {ours.answer[name]}")
    return len(peer.answer)


def _figures(cost: Cost, ours: Cost) -> list[str]:
    ratio = "1" if cost is ours else f"{cost.cpu_s / ours.cpu_s:.3g}"
    times = [f"{cost.cpu_s:.2f}", ratio, f"{cost.peak_mib:.0f}", f"{cost.wall_s:.2f}"]
    return [cost.name, *times, f"{cost.import_cpu_s:.2f}", str(cost.runs)]
