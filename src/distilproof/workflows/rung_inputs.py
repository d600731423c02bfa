"""What shapes a student besides its table: options, the files that they name, and packages."""

import shlex
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from distilproof.canonical import Json
from distilproof.distil.trainers.choose import BUILT_IN, offered
from distilproof.distil.trainers.making import versions_of
from distilproof.distil.trainers.options import OPTIONS, listed, named_for
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError
from distilproof.teachers.manifest import files_digest, manifest

Signature = tuple[tuple[str, int, int], ...]

_SHAPES_NOTHING = frozenset({"timeout_seconds"})
_OF_EVERY_RUNG = frozenset({"environment"})
_PATHS = ("base", "path", "paths")
_COMMANDS = ("command", "launch")
_ALL = ("distilproof", "numpy", "pyarrow")
_ONNX = ("onnx", "onnxruntime", "skl2onnx")
_SKLEARN = ("scikit-learn", "scipy", "skops")
_TORCH = ("accelerate", "safetensors", "tokenizers", "torch", "transformers")
_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "constant": _ALL,
    "sklearn": (*_ALL, *_SKLEARN, *_ONNX),
    "table": _ALL,
}
_ANY = (*_ALL, *_SKLEARN, *_ONNX, *_TORCH)


def own_options(job: TrainingJob) -> dict[str, Json]:
    """Options that shape this student: those of its family, and of one for each rung its own.

    Options of a family that another package offers are all taken: nobody else can tell.
    """
    own = OPTIONS.get(job.family)
    if own is None:
        return dict(job.options)
    shaping = own.keys() - _SHAPES_NOTHING
    return {n: _of_rung(n, value, job) for n, value in job.options.items() if n in shaping}


def _of_rung(name: str, value: Json, job: TrainingJob) -> Json:
    if not isinstance(value, Mapping) or name in _OF_EVERY_RUNG:
        return value
    return value.get(job.rung, value.get(job.rung.partition("@")[0]))


def named_files(job: TrainingJob) -> list[Path]:
    """Files and folders that the options of a student name, where they are there.

    Of the words of a command these are files in the project's folder: its script and its settings,
    not what they read in turn.
    """
    options = own_options(job)
    said = [named_for(options.get(name), job) for name in _PATHS]
    if job.family == "checkpoints" and options.get("paths") is None:
        said.append(job.rung)
    named = [job.root / one for one in said if one]
    for name in _COMMANDS:
        scripts = (job.root / one for one in _words(options.get(name)) if not Path(one).anchor)
        named += [path for path in scripts if path.is_file() and not path.is_symlink()]
    return [path for path in named if path.exists()]


def _words(command: Json) -> tuple[str, ...]:
    if not isinstance(command, str):
        return listed(command)
    try:
        return tuple(shlex.split(command))
    except ValueError:  # its trainer says so
        return ()


def shaping_versions(job: TrainingJob) -> dict[str, str]:
    """Version of each installed package that trains a student of this family, or answers for it."""
    packages = _PACKAGES.get(BUILT_IN.get(job.family, ""), _ANY)
    other = offered().get(job.family) if job.family not in BUILT_IN else None
    if other is not None and other.dist is not None:
        packages = (*packages, other.dist.name)
    return _versions(packages)


@lru_cache(maxsize=8)
def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    return versions_of(packages)


def content_digest(path: Path) -> str:
    """SHA-256 of a file, or of the list of the files of a folder; its own name is no part of it.

    What has neither grown nor changed since is not read again.

    Raises
    ------
    UsageError
        When it is not there, or is none that `manifest` takes.
    CannotJudgeError
        When it cannot be read.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    try:
        stats = [(file, file.stat()) for file in files]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return _digest_of(path, tuple((str(at), each.st_size, each.st_mtime_ns) for at, each in stats))


@lru_cache(maxsize=64)
def _digest_of(path: Path, signature: Signature) -> str:
    del signature  # what is remembered holds as long as it is the same
    files = manifest(path)
    return files_digest(files) if path.is_dir() else files[0][1]
