"""Keeps what a gate decided: immutable run folders, each named by the digest of its inputs."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from pydantic import TypeAdapter

from distilproof.counts.cube import Cube
from distilproof.counts.tables import KEYS
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.decide import decide
from distilproof.gate.policy import Policy
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.gate.slicing import Slicing
from distilproof.render.plain import decision_dict

_ID_LENGTH = 12
_INPUTS = "inputs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What an assessment was made of besides the cube.

    Parameters
    ----------
    origin, slicing, policy
        Whose predictions, which slices bind, and the bars.
    records
        What was on record of the models behind the student, and the day it was held against.
    """

    origin: Origin
    slicing: Slicing
    policy: Policy
    records: Records = NO_RECORDS


def runs_of(folder: Path) -> Path:
    """Folder that holds the runs of the project in `folder`."""
    return folder / ".distilproof" / "runs"


def keep_run(folder: Path, assessment: Assessment, slicing: Slicing) -> Path:
    """Keep an assessment and its decision in a folder of its own; the same inputs, once.

    Parameters
    ----------
    folder
        Folder of the project.
    assessment
        What was measured and found.
    slicing
        Which slices bind.

    Returns
    -------
    Path
        Folder of the run: the cube as Parquet files, `inputs.json` and `decision.json`.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    inputs = Inputs(
        origin=assessment.origin,
        slicing=slicing,
        policy=assessment.policy,
        records=assessment.records,
    )
    said = TypeAdapter(Inputs).dump_json(inputs)
    run = runs_of(folder) / _run_id(assessment.cube, said)
    if run.is_dir():
        # What was judged last is the newest; a folder that may not be written keeps its place.
        with suppress(OSError):
            run.touch()
        return run
    decision = json.dumps(
        decision_dict(assessment, decide(assessment)), default=str, allow_nan=False
    )
    files = {_INPUTS: said, "decision.json": decision.encode()} | {
        f"{name}.parquet": data for name, data in assessment.cube.to_parquet().items()
    }
    try:
        _write_at_once(run, files)
    except OSError as error:
        raise UsageError(
            f"the run cannot be kept under {run.parent}: {error.strerror}",
            hint="Run where the project's folder can be written.",
        ) from error
    return run


def read_run(run: Path) -> Assessment:
    """Assess the counts that a run kept, by the bars, the records and the day that it kept.

    Raises
    ------
    UsageError
        When the folder is no run, was written by another version, or was changed since.
    """
    try:
        said = (run / _INPUTS).read_bytes()
        inputs = TypeAdapter(Inputs).validate_json(said)
        cube = Cube.from_parquet({name: (run / f"{name}.parquet").read_bytes() for name in KEYS})
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{run} holds no run that this distilproof can read",
            hint="Judge again: distilproof gate",
        ) from error
    if run.name != _run_id(cube, said):
        raise UsageError(
            f"{run} was changed since it was kept: its name is not the digest of what it holds",
            hint="Remove it and judge again: distilproof gate",
        )
    return assess(cube, inputs.origin, inputs.slicing, inputs.policy, inputs.records)


def find_run(folder: Path, run_id: str | None) -> Path:
    """Folder of the run whose name begins with `run_id`; of what was judged last when `None`.

    Raises
    ------
    CannotJudgeError
        When the project has no run yet.
    UsageError
        When no run has that name, or several have.
    """
    kept = [run for run in runs_of(folder).glob("*") if (run / _INPUTS).is_file()]
    if not kept:
        raise CannotJudgeError(
            f"the project in {folder} has no run yet", hint="Judge first: distilproof gate"
        )
    if run_id is None:
        return max(kept, key=lambda run: (run.stat().st_mtime_ns, run.name))
    found = [run for run in kept if run.name.startswith(run_id)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(run.name for run in found or kept))
    problem = "several runs begin" if found else "no run begins"
    raise UsageError(f"{problem} with {run_id!r}", hint=f"Runs: {names}.")


def _run_id(cube: Cube, inputs: bytes) -> str:
    return hashlib.sha256(f"{cube.digest}\n".encode() + inputs).hexdigest()[:_ID_LENGTH]


def _write_at_once(run: Path, files: dict[str, bytes]) -> None:
    """Write a folder that is there whole or not at all."""
    run.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix="draft-", dir=run.parent))
    try:
        for name, data in files.items():
            (draft / name).write_bytes(data)
        draft.chmod(0o755)
        draft.rename(run)
    except OSError:
        rmtree(draft, ignore_errors=True)
        if not run.is_dir():
            raise
