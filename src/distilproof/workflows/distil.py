"""Distils one student: trains, recalibrates, measures, and judges it on rows to select on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from distilproof.distil.trainers.trainer import STUDENT
from distilproof.domain.sweep import RungCost, SweptRung
from distilproof.errors import TrainingError
from distilproof.sources.project_file import ProjectFile
from distilproof.workflows.options import Settings
from distilproof.workflows.rung import PREDICTIONS
from distilproof.workflows.rung_pool import RungPool
from distilproof.workflows.sweep import sweep_tables
from distilproof.workflows.sweep_files import one_sweep
from distilproof.workflows.sweep_judging import sound_judge
from distilproof.workflows.sweep_plan import learn_by, plan_rung, read_size, require_ladder
from distilproof.workflows.sweep_wishes import SweepWishes
from distilproof.workflows.sweeping import Sweeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Distilled:
    """What came of distilling one student.

    Parameters
    ----------
    rung, cost
        The student as it came out on the rows to select on; what it cost, and costs to run.
    student, predictions
        Its folder, and what it says of every row.
    notes
        What was decided because nobody said otherwise: to be said aloud.
    """

    rung: SweptRung
    cost: RungCost
    student: Path
    predictions: Path
    notes: tuple[str, ...] = ()


def distil(
    folder: Path,
    file: ProjectFile,
    settings: Settings,
    name: str,
    wishes: SweepWishes,
    *,
    at: datetime | None = None,
) -> Distilled:
    """Train one student of the family of a project's ladder; no row to certify on is looked at.

    Parameters
    ----------
    folder, file
        The project.
    settings
        How predictions are read, and what is asked of them.
    name
        The size, on the ladder or not.
    wishes
        As for a sweep.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    TrainingError
        When no student came of it.
    DistilproofError
        As of `distilproof.workflows.sweep.sweep`.
    """
    at = at or datetime.now(UTC)
    with one_sweep(folder), RungPool(1) as pool:
        said = require_ladder(folder, file)
        read_size(name, said)
        tables = sweep_tables(folder, file, wishes, at=at)
        said, notes = learn_by(said, tables.lessons)
        planned = plan_rung(folder, name, said, tables, at=at)
        judge = sound_judge(folder, settings, tables)
        sweeping = Sweeping(folder, tables, judge, pool, wishes)
        sweeping.make([planned])
        sweeping.select([planned])
        rung = sweeping.swept(planned)
        if rung.error:
            raise TrainingError(f"there is no student {name}: {rung.error}")
        (cost,) = sweeping.costs([planned]).values()
        kept = folder / rung.folder
        return Distilled(
            rung=rung,
            cost=cost,
            student=kept / STUDENT,
            predictions=kept / PREDICTIONS,
            notes=(*tables.notes, *notes, *sweeping.notes),
        )
