"""Sweeps made of seeded rows: students of chosen faults, counted, judged and certified for real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.distil.recalibrate import (
    fit_recalibrator,
    raw_confidence,
    recalibrated_confidence,
    search_threshold,
)
from distilproof.distil.select import Candidate, Order, certify
from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding
from distilproof.domain.recalibration import Recalibration
from distilproof.domain.slices import OVERALL, Slice
from distilproof.domain.sweep import GoldBaseline, JudgedOn, Part, RungCost, Sweep, SweptRung
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.records import Records
from distilproof.gate.slicing import Slicing
from distilproof.sources.scan import scan
from distilproof.stats.outcomes import outcomes_of_rows
from made_beside import DISCOVERY, cost_of

CROSS = ("disability", "employed")
WEAK = "disability=yes & employed=yes"
CRITICAL = ("disability=yes", "race=asian", WEAK)
COLUMNS = ("race", "disability")
ROLES = Roles(
    label="employed",
    teacher="teacher",
    student="student",
    teacher_confidence="teacher_confidence",
    student_confidence="student_confidence",
)
BARS = Bars(accuracy_floor=0.4, accuracy_margin=0.04, introduced_error_cap=0.06)
OF_SLICE = ((WEAK, Bars(accuracy_margin=0.05, introduced_error_cap=0.09)),)
KEPT = {
    "student_accuracy",
    "teacher_accuracy",
    "fidelity",
    "accuracy_difference",
    "introduced_error",
    "student_calibration_error",
    "student_calibration_in_the_large",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A student to make: where it is wrong although its teacher is right, and how sure it is.

    Parameters
    ----------
    name
        Of the rung.
    wrong, wrong_there
        Share of its answers that are not its teacher's, of all rows and of the weak slice.
    sure
        By how much it is surer than it is right.
    part, targets, error
        As `SweptRung` has them.
    """

    name: str
    wrong: float = 0.004
    wrong_there: float = 0.004
    sure: float = 0.01
    part: Part = "rung"
    targets: str = "soft"
    error: str = ""


LADDER = (
    Plan(name="200x16"),
    Plan(name="100x16", error="its process was killed by signal 9"),
    Plan(name="60x16", wrong=0.006, wrong_there=0.012),
    Plan(name="30x16", wrong=0.008, wrong_there=0.07),
    Plan(name="20x8", wrong=0.02, wrong_there=0.2),
    Plan(name="10x8", wrong=0.03, wrong_there=0.1),
    Plan(name="linear", wrong=0.06, wrong_there=0.3, part="baseline"),
    Plan(name="majority", wrong=0.35, wrong_there=0.9, sure=0.0, part="baseline"),
    Plan(name="60x16@hard", wrong_there=0.012, sure=0.16, part="compared", targets="hard"),
    Plan(name="60x16@gold", wrong=0.02, wrong_there=0.1, sure=0.03, part="gold", targets="gold"),
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A sweep, with what it is of."""

    sweep: Sweep
    costs: Mapping[str, RungCost]
    chosen: tuple[Assessment, Decision] | None


@dataclass(kw_only=True)
class Maker:
    """Makes rows, lets students answer them, and judges the students on them.

    Parameters
    ----------
    rows
        Rows to certify on; half as many to fit, and to select by.
    seed
        Of everything.
    extra
        More slice columns, each of one level that is critical: its level.
    """

    rows: int = 8_000
    seed: int = 1
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def splits(self) -> dict[str, pd.DataFrame]:
        """Rows of each split, with the labels and what the teacher says."""
        sizes = {"certify": self.rows, "select": self.rows // 2, "fit": self.rows // 2}
        return {name: self._rows(self.seed + at, n) for at, (name, n) in enumerate(sizes.items())}

    @property
    def critical(self) -> tuple[str, ...]:
        """Names of the critical slices."""
        return (*CRITICAL, *(f"{column}={level}" for column, level in self.extra.items()))

    @property
    def layout(self) -> Layout:
        """What rows are counted by."""
        return Layout(columns=(*COLUMNS, *self.extra), crosses=(CROSS,))

    def sweep(self, plans: Sequence[Plan] = LADDER, **changes: object) -> Made:
        """Judge students as a sweep does, and certify the smallest."""
        made = {plan.name: self._judged(plan) for plan in plans if not plan.error}
        declared = [plan for plan in plans if plan.part in {"rung", "baseline"}]
        candidates = [
            Candidate(name=p.name, failed=p.error, selected=self._on_select(made.get(p.name)))
            for p in declared
        ]
        certificate = certify(
            candidates, lambda name, _: made[name].findings, Order(), certified_on="c0" * 32
        )
        looked_at = {*certificate.looked_at}
        looked_at |= {p.name for p in plans if p.part in {"compared", "gold"}}
        rungs = tuple(
            self._swept(plan, made.get(plan.name), looked_at=plan.name in looked_at)
            for plan in plans
        )
        chosen = certificate.chosen
        sweep = Sweep(
            student="employment-screen",
            teacher="boosted-trees",
            certificate=certificate,
            rungs=rungs,
            slices=("overall", *self.critical),
            gold=self._gold(plans, made, chosen),
            discovery=None if chosen is None else DISCOVERY,
            notes=("no rows were named to select by, so that a fifth of calibrate selects",),
            declared="d0" * 32,
            pin="b1" * 32,
            clearance="c1" * 32,
        )
        assessment = None if chosen is None else made[chosen].assessment
        return Made(
            sweep=replace(sweep, **changes),
            costs={p.name: cost_of(at) for at, p in enumerate(plans) if not p.error},
            chosen=None if assessment is None else (assessment, decide(assessment)),
        )

    def _rows(self, seed: int, n: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        label = np.where(rng.random(n) < 0.55, "yes", "no").astype(object)
        chance = rng.beta(6, 1.3, n)
        right = rng.random(n) < chance
        frame = pd.DataFrame(
            {
                "employed": label,
                "teacher": np.where(right, label, other(label)),
                "teacher_confidence": chance,
                "race": rng.choice(["white", "asian", "black"], n, p=[0.75, 0.15, 0.1]),
                "disability": rng.choice(["no", "yes"], n, p=[0.8, 0.2]),
                "draw": rng.random(n),
            }
        )
        for column, level in self.extra.items():
            frame[column] = rng.choice([level, "others"], n, p=[0.3, 0.7])
        return frame

    def _answered(self, plan: Plan, split: str) -> pd.DataFrame:
        frame = self.splits[split].copy()
        there = (frame["disability"] == "yes") & (frame["employed"] == "yes")
        differs = frame["draw"] < np.where(there, plan.wrong_there, plan.wrong)
        teacher = frame["teacher"].to_numpy()
        frame["student"] = np.where(differs, other(teacher), teacher)
        chance = frame["teacher_confidence"].to_numpy()
        frame["student_confidence"] = chance + plan.sure * (1.0 - chance) / 0.18
        return frame.assign(student_confidence=frame["student_confidence"].clip(0.0, 0.999))

    def _judged(self, plan: Plan) -> "_Judged":
        frames = {split: self._answered(plan, split) for split in self.splits}
        fit, select = (
            outcomes_of_rows(f["student_confidence"].to_numpy(), right_of(f))
            for f in (frames["fit"], frames["select"])
        )
        fitted = fit_recalibrator(fit, select, student=plan.name)
        raw = raw_confidence(overall(counted(frames["certify"], Layout())), confidence=0.95)
        for frame in frames.values():
            given = frame["student_confidence"].to_numpy()
            frame["student_confidence"] = recalibrated_confidence(fitted.recalibrator, given)
        cubes = {name: counted(frames[name], self.layout) for name in ("certify", "select")}
        search = search_threshold(
            overall(cubes["select"]), fitted.recalibrator, precision=0.9, confidence=0.95
        )
        recalibration = Recalibration(
            recalibrator=fitted.recalibrator.digest,
            kind=fitted.recalibrator.kind,
            tried=fitted.tried,
            fitted_on=fit.n,
            chosen_on=select.n,
            source=f"rungs/{plan.name}",
            source_digest=None,
            table_digest="7a" * 32,
            read="9e" * 32,
            rows=tuple((split, len(frame)) for split, frame in frames.items()),
            search=search,
        )
        records = Records(
            recalibrator=fitted.recalibrator,
            recalibration=recalibration,
            applied=fitted.recalibrator.digest,
            raw=raw,
        )
        return _Judged(
            assessment=self._assessed(plan.name, cubes["certify"], records),
            selected=self._assessed(plan.name, cubes["select"], records),
            frames=frames,
        )

    def _assessed(self, name: str, cube: Cube, records: Records) -> Assessment:
        origin = Origin(
            student=name,
            teacher="boosted-trees",
            source=f"rungs/{name}/predictions.parquet",
            rows=int(overall(cube).outcomes.n.sum()),
            labelled_rows=int(overall(cube).student_bins.n.sum()),
            roles=ROLES,
            layout=self.layout,
        )
        slicing = Slicing(critical=self.critical, protected=("race",))
        return assess(cube, origin, slicing, Policy(bars=BARS, by_slice=OF_SLICE), records)

    def _on_select(self, judged: "_Judged | None") -> tuple[Finding, ...]:
        return () if judged is None else of_slices(judged.selected)

    def _swept(self, plan: Plan, judged: "_Judged | None", *, looked_at: bool) -> SweptRung:
        shown = judged and (judged.assessment if looked_at else judged.selected)
        judged_on: JudgedOn = "nothing" if not shown else "certify" if looked_at else "select"
        named = {"overall", *self.critical}
        return SweptRung(
            name=plan.name,
            family=plan.name if plan.part == "baseline" else "boosted-trees",
            targets=plan.targets,
            written="trained",
            part=plan.part,
            folder="" if plan.error else f".distilproof/rungs/{plan.name}",
            error=plan.error,
            student="" if plan.error else "5a" * 32,
            judged_on=judged_on,
            findings=of_slices(shown) if shown else (),
            estimates=tuple(
                e
                for e in (shown.estimates if shown else ())
                if e.metric in KEPT and e.slice in named
            ),
            recalibration=shown.records.recalibration if shown else None,
            raw=shown.records.raw if shown and looked_at else None,
        )

    def _gold(
        self, plans: Sequence[Plan], made: Mapping[str, "_Judged"], chosen: str | None
    ) -> GoldBaseline | None:
        gold = next((plan for plan in plans if plan.part == "gold"), None)
        if gold is None or chosen is None:
            return None
        if gold.error:
            return GoldBaseline(of=chosen, name=gold.name, error=gold.error)
        people = made[gold.name].frames["certify"]["student"]
        beside = made[chosen].frames["certify"].assign(teacher=people)
        found = self._assessed(chosen, counted(beside, self.layout), Records())
        kept = [found.estimate("accuracy_difference", s) for s in ("overall", *self.critical)]
        known = tuple(estimate for estimate in kept if estimate is not None)
        return GoldBaseline(of=chosen, name=gold.name, estimates=known)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    assessment: Assessment
    selected: Assessment
    frames: Mapping[str, pd.DataFrame]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return of_slices(self.assessment)


def counted(frame: pd.DataFrame, layout: Layout) -> Cube:
    """Counts of a table, by the scan that everything is judged by."""
    return scan(nw.from_native(pl.from_pandas(frame)).lazy(), ROLES, layout)


def overall(cube: Cube) -> SliceTally:
    """Counts of all rows."""
    return tallies(cube, [OVERALL])[OVERALL]


def of_slices(assessment: Assessment) -> tuple[Finding, ...]:
    """Findings of check G3."""
    return tuple(f for f in assessment.findings if f.check == "G3")


def other(answers: np.ndarray) -> np.ndarray:
    """The other of two answers."""
    return np.where(answers == "yes", "no", "yes").astype(object)


def right_of(frame: pd.DataFrame) -> np.ndarray:
    """Whether each answer is right."""
    return (frame["student"] == frame["employed"]).to_numpy()


@cache
def usual() -> Made:
    """Make the sweep that tests share: one size short on one slice, one failed, one not reached."""
    return Maker().sweep()


@cache
def none_holds() -> Made:
    """Make a sweep whose only size breaks, with nothing beside it."""
    return Maker(rows=2_000).sweep((Plan(name="2x2", wrong=0.2, wrong_there=0.5),))


@cache
def attacked(names: tuple[str, ...]) -> Made:
    """Make a sweep in which every name that comes from the user is hostile."""
    plans = [
        replace(plan, name=name) for plan, name in zip(LADDER, names[: len(LADDER)], strict=True)
    ]
    plans[1] = replace(plans[1], error=names[5] + names[4])
    made = Maker(rows=1_500, extra={name: name for name in names[:8]}).sweep(plans)
    slices = tuple(Slice(column=name, value=name) for name in names)
    found = tuple(
        replace(DISCOVERY.discovered[at % 2], slice=slice_, beside=(slice_.name, 0.01))
        for at, slice_ in enumerate(slices)
    )
    discovery = replace(DISCOVERY, discovered=found, columns=names)
    sweep = replace(
        made.sweep, student=names[5], teacher=names[0], discovery=discovery, notes=names
    )
    return replace(made, sweep=sweep)
