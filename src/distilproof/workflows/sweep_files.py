"""What a project keeps of sweeps: what each came to, and what its sizes cost.

`.distilproof/sweeps/<id>/` holds `sweep.json`, whose digest is the id, and `costs.json`, which was
timed and is no part of it.
"""

import fcntl
import hashlib
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import TypeAdapter

from distilproof.distil.whole_file import write_whole
from distilproof.domain.sweep import RungCost, Sweep
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.workflows.drafts import DRAFT, remove_left
from distilproof.workflows.keeping import keep_json, read_kept, state_of
from distilproof.workflows.recalibration_files import recalibrations_of

SWEEP, COSTS = "sweep.json", "costs.json"

Costs = Mapping[str, RungCost]
"""What each size cost to train and costs to run, by its name."""

_ID_LENGTH = 12
_AGAIN = "Sweep again, what was trained is kept: distilproof sweep"


def sweeps_of(folder: Path) -> Path:
    """Folder that holds the sweeps of the project in `folder`."""
    return state_of(folder) / "sweeps"


def keep_sweep(folder: Path, sweep: Sweep, costs: Costs) -> Path:
    """Keep what a sweep came to, and return its folder; the same again is the newest again.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    said = TypeAdapter(Sweep).dump_json(sweep, indent=2) + b"\n"
    kept = sweeps_of(folder) / hashlib.sha256(said).hexdigest()[:_ID_LENGTH]
    keep_json(kept / COSTS, dict(costs), dict[str, RungCost])
    write_whole(kept / SWEEP, said)
    with suppress(OSError):
        kept.touch()
    return kept


def read_sweep(kept: Path) -> tuple[Sweep, Costs]:
    """Read back what a sweep came to, and what its sizes cost.

    Raises
    ------
    UsageError
        When it cannot be read, or was changed since it was kept.
    """
    path = kept / SWEEP
    sweep = read_kept(path, Sweep, what="sweep", mend=_AGAIN)
    if hashlib.sha256(path.read_bytes()).hexdigest()[:_ID_LENGTH] != kept.name:
        raise UsageError(
            f"{path} was changed since it was kept: its folder is not named by its digest",
            hint=_AGAIN,
        )
    costs = read_kept(kept / COSTS, dict[str, RungCost], what="costs of sizes", mend=_AGAIN)
    return sweep, costs


def was_swept(folder: Path) -> bool:
    """Whether the project in `folder` was swept."""
    return any(sweeps_of(folder).glob(f"*/{SWEEP}"))


def find_sweep(folder: Path, sweep_id: str | None = None) -> Path:
    """Folder of the sweep whose id begins with `sweep_id`; of the newest when `None`.

    Raises
    ------
    CannotJudgeError
        When there was no sweep yet.
    UsageError
        When no sweep has that id, or several have.
    """
    kept = [path.parent for path in sweeps_of(folder).glob(f"*/{SWEEP}")]
    if not kept:
        raise CannotJudgeError(
            f"the project in {folder} was not swept yet", hint="Sweep first: distilproof sweep"
        )
    if sweep_id is None:
        return max(kept, key=lambda path: ((path / SWEEP).stat().st_mtime_ns, path.name))
    found = [path for path in kept if path.name.startswith(sweep_id)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(path.name for path in found or kept))
    problem = "several sweeps begin" if found else "no sweep begins"
    raise UsageError(f"{problem} with {sweep_id!r}", hint=f"Sweeps: {names}.")


@contextmanager
def one_sweep(folder: Path) -> Generator[None]:
    """Let one sweep of a project run at a time; however it ends, the next may begin.

    What one that was killed left half written is removed.

    Raises
    ------
    UsageError
        When another one runs, or the project's folder cannot be written.
    """
    path = state_of(folder) / "sweep.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}",
            hint="Run where the project's folder can be written.",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                f"the project in {folder} is being swept by another process",
                hint="Wait for it, or end it: what it has made is kept.",
            ) from error
        _remove_drafts(folder)
        yield
    finally:
        os.close(handle)


def _remove_drafts(folder: Path) -> None:
    """Remove what is not whole where only sweeps write, and what nobody writes any more."""
    for pattern in (f"tables/{DRAFT}*", f"sweeps/*/{DRAFT}*"):
        for path in state_of(folder).glob(pattern):
            path.unlink(missing_ok=True)
    remove_left(recalibrations_of(folder))
