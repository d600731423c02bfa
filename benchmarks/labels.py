"""Labels: how near to what a server allows, what keeping answers costs, and what a second pass is.

The server answers after 50 ms whatever it is asked, so that 32 connections could at best get 640
answers a second. Beside `label` stands a loop by hand that posts the same bodies with the same
client and keeps nothing: what is between them is planning, claiming, keeping and writing.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contender import Task
from measure import Contender, Cost, measure_in_turn
from results import Result, Target
from slow_server import MODEL

_HERE = Path(__file__).parent
_SECONDS, _CONNECTIONS = 0.05, 32
_IDEAL = _CONNECTIONS / _SECONDS

# The project of the tests: its terms are its own, so that it is cleared whenever this runs.
sys.path[:0] = [str(_HERE.parent / "tests" / name) for name in ("servers", "teachers")]


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Label a table, label it again, and ask the same by hand."""
    del long
    rows = 600 if quick else 6000
    with _served() as port:
        arguments = {"port": port, "rows": rows}
        kept = _project(folder / "labels", port, rows)
        _label(kept)
        sent = _sent(port)
        costs = measure_in_turn(
            [
                Contender(name="label", call="labels:label_anew", arguments=arguments),
                Contender(name="by hand", call="labels:ask_by_hand", arguments=arguments),
                Contender(
                    name="label again", call="labels:label_again", arguments={"folder": str(kept)}
                ),
            ]
        )
        asked = _sent(port) - sent
    anew, by_hand, again = costs
    extra = asked - rows * (anew.runs + by_hand.runs)
    return Result(
        name="labels",
        title="Labels of a server that takes 50 ms",
        notes=f"{rows:,} rows, {_CONNECTIONS} connections, medians of {anew.runs} runs in fresh "
        f"processes; the ideal is {_IDEAL:.0f} answers a second. Seconds and CPU of `label` are of "
        "the whole: reading, holding against the rows to certify on, planning, asking, keeping, "
        "writing. A second pass finds every answer kept.",
        header=["", "answers a second while asking", "of the ideal", "s", "CPU-s", "CPU-µs a row"],
        rows=[_row(cost, rows) for cost in costs],
        targets=[
            Target(
                text="throughput of `label` at 32 connections, as a share of the ideal",
                value=_rate(anew, rows) / _IDEAL,
                at_least=0.9,
            ),
            Target(
                text="a pass over rows that are all kept, µs of processor a row",
                value=again.cpu_s / rows * 1e6,
                at_most=250,
            ),
            Target(text="requests that such a pass sends", value=float(extra), at_most=0),
        ],
        costs=costs,
    )


def label_anew(port: int, rows: int) -> Task:
    """Label a project that has no answer yet."""
    folder = _project(Path(tempfile.mkdtemp(prefix="distilproof-bench-")), port, rows)
    return Task(work=lambda: _label(folder), answer=_answer)


def label_again(folder: str) -> Task:
    """Label a project that has every answer."""
    _load()
    return Task(work=lambda: _label(Path(folder)), answer=_answer)


def ask_by_hand(port: int, rows: int) -> Task:
    """Post as many bodies with a loop by hand, which keeps nothing."""
    import time

    import aiohttp

    body = {"model": MODEL, "messages": [{"role": "user", "content": "Is this urgent?"}]}
    content = json.dumps(body).encode()

    async def ask(left: Iterator[int]) -> None:
        async with aiohttp.ClientSession() as client:
            for _ in left:
                async with client.post(f"http://127.0.0.1:{port}/v1", data=content) as response:
                    answered = await response.json()
                json.loads(answered["choices"][0]["message"]["content"])

    async def ask_all() -> None:
        left = iter(range(rows))
        await asyncio.gather(*(ask(left) for _ in range(_CONNECTIONS)))

    def work() -> float:
        began = time.perf_counter()
        asyncio.run(ask_all())
        return time.perf_counter() - began

    return Task(work=work, answer=lambda seconds: {"asked": rows, "seconds": seconds})


def _answer(done: Any) -> dict[str, Any]:  # noqa: ANN401 - what `label` gives
    if not done.complete:
        msg = f"{done.written} of {done.progress.rows} rows are labelled"
        raise AssertionError(msg)
    return {"asked": done.progress.answered, "seconds": done.progress.seconds}


def _label(folder: Path) -> Any:  # noqa: ANN401 - as above
    from distilproof.workflows.project import Project

    return Project.load(folder / "distilproof.toml").label()


def _load() -> None:
    """Import what labelling uses, so that it counts as importing."""
    import distilproof.distil.label_table
    import distilproof.teachers.adapters.openai
    import distilproof.workflows.project

    del distilproof


def _project(folder: Path, port: int, rows: int) -> Path:
    from chat_project import clear_it, pin_it, write_project, write_rows, write_terms

    _load()
    folder.mkdir(exist_ok=True)
    write_terms(folder)
    write_rows(folder, rows)
    url = f"http://127.0.0.1:{port}/v1"
    write_project(folder, url, connections=_CONNECTIONS, model=MODEL)
    clear_it(folder)
    pin_it(folder, MODEL)
    return folder


@contextmanager
def _served() -> Iterator[int]:
    command = [sys.executable, str(_HERE / "slow_server.py"), str(_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own script
        try:
            yield int(server.stdout.readline() if server.stdout else "")
        finally:
            server.terminate()


def _sent(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        return int(answer.read())


def _rate(cost: Cost, rows: int) -> float:
    return rows / cost.answer["seconds"] if cost.answer["asked"] else 0.0


def _row(cost: Cost, rows: int) -> list[str]:
    rate = _rate(cost, rows)
    return [
        cost.name,
        f"{rate:,.0f}" if rate else "asks nothing",
        f"{rate / _IDEAL:.2f}" if rate else "",
        f"{cost.wall_s:.2f}",
        f"{cost.cpu_s:.2f}",
        f"{cost.cpu_s / rows * 1e6:,.0f}",
    ]
