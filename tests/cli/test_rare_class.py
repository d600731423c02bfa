"""A rare label vanishes from a small student and accuracy stays: the certificate names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from distilproof.domain.finding import Status
from distilproof.domain.sweep import Sweep, SweptRung
from distilproof.workflows.project import Project
from distilproof.workflows.sweep_files import find_sweep, read_sweep
from file_project import labels_of
from flight_project import LABEL, RARE, write_flights

Answer = Any
"""What a command line came to: see `conftest`."""

Run = Callable[..., Answer]

WIDE = f"{LABEL}={RARE}"
HOLDS, BREAKS = "32", "24"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of four labels, its rows labelled by a forest."""
    folder = tmp_path_factory.mktemp("flights")
    labels_of(Project.load(write_flights(folder, [HOLDS, BREAKS])))
    return folder


@pytest.fixture(scope="module")
def answer(run: Run, folder: Path) -> Answer:
    return run("sweep", cwd=folder)


@pytest.fixture(scope="module")
def swept(answer: Answer, folder: Path) -> Sweep:
    assert answer.status == 0, answer.err
    return read_sweep(find_sweep(folder))[0]


@pytest.fixture(scope="module")
def broken(swept: Sweep) -> SweptRung:
    """The size that the label vanished from."""
    rung = swept.rung(BREAKS)
    assert rung is not None
    return rung


class TestTheCertificate:
    def test_it_chooses_the_size_before_and_names_what_broke(self, swept: Sweep) -> None:
        assert swept.chosen == HOLDS
        certificate = swept.certificate
        assert certificate.broke_at is not None
        assert certificate.broke_at.name == BREAKS
        assert {finding.status for finding in certificate.broke_at.breaks} == {Status.FAIL}
        named = {f.requirement.slice for f in certificate.broke_at.breaks if f.requirement}
        assert named == {WIDE}

    def test_it_says_so_in_words(self, answer: Answer) -> None:
        assert answer.first.startswith(f"PASS stands: {HOLDS} is the smallest size that holds")
        at = answer.lines.index(f"  {BREAKS} does not hold")
        assert answer.lines[at + 1].startswith(f"    FAIL {WIDE}: accuracy 0.000, ")


class TestTheSize:
    def test_its_accuracy_is_level_with_the_teachers(self, broken: SweptRung) -> None:
        overall = [f for f in broken.findings if f.requirement and f.requirement.slice == "overall"]
        assert [finding.status for finding in overall if finding.binding] == [Status.PASS] * 3
        difference = broken.estimate("accuracy_difference")
        assert difference is not None
        assert difference.low > -0.03

    def test_it_never_names_the_rare_label(self, broken: SweptRung, folder: Path) -> None:
        recall, teachers = (
            broken.estimate(f"{who}_accuracy", WIDE) for who in ("student", "teacher")
        )
        assert recall is not None
        assert teachers is not None
        assert recall.value == 0.0
        assert teachers.low > 0.3
        said = pq.read_table(folder / broken.folder / "predictions.parquet")["student"].to_pylist()
        assert {*said} == {"narrow", "regional-50", "regional-90"}

    def test_the_gate_refuses_it_for_that_label_alone(self, run: Run, folder: Path) -> None:
        answer = run("gate", BREAKS, "--json", cwd=folder)
        assert answer.status == 1
        failed = [f for f in answer.json["findings"] if f["status"] == "FAIL" and f["binding"]]
        assert {f["requirement"]["slice"] for f in failed} == {WIDE}

    def test_every_other_size_was_left_as_declared(self, swept: Sweep) -> None:
        found = {rung.name: rung.outcome for rung in swept.certificate.rungs}
        assert found == {
            HOLDS: "passed",
            BREAKS: "not_passed",
            "linear": "not_looked_at",
            "majority": "set_aside",
        }
        assert swept.gold is not None
        assert [estimate.slice for estimate in swept.gold.estimates] == ["overall", WIDE]
