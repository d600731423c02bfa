"""Runs one contender in this fresh process, and prints what it cost and what it found as JSON.

Called by `measure.py` with `module:function` and the function's arguments as JSON. The function
does its imports and returns a `Task`; only its `work` is measured.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_MIB = 2**20
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is measured, and what is read off its result afterwards."""

    work: Callable[[], Any]
    answer: Callable[[Any], dict[str, Any]]


def main() -> None:
    """Measure one contender."""
    name, arguments = sys.argv[1:]
    module, _, function = name.partition(":")
    task: Task = getattr(import_module(module), function)(**json.loads(arguments))
    base = _resident()
    _forget_peak()
    imported, began = _cpu_seconds(), time.perf_counter()
    result = task.work()
    cost = {
        "cpu_s": _cpu_seconds() - imported,
        "wall_s": time.perf_counter() - began,
        "peak_mib": _peak(),
        "base_mib": base,
        "import_cpu_s": imported,
        "answer": task.answer(result),
    }
    json.dump(cost, sys.stdout)


def _cpu_seconds() -> float:
    """CPU-seconds, user and system, of this process and the children it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in used)


def _resident() -> float:
    return _status("VmRSS") if _STATUS.exists() else _peak()


def _peak() -> float:
    """Most memory that the process held, MiB; on Linux since `_forget_peak`."""
    if _STATUS.exists():
        return _status("VmHWM")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / _MIB if sys.platform == "darwin" else most / 1024


def _status(field: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def _forget_peak() -> None:
    """Start the peak anew after the imports, where the kernel lets a process do so."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    # `contender` is imported again by the contender's module: one module, one `Task`.
    sys.modules["contender"] = sys.modules["__main__"]
    main()
