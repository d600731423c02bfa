"""A project whose teacher is a chat-completions server: its file, its rows, cleared and pinned."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from chat_server import MODEL
from distilproof.domain.identity import Canary, Fingerprint, TeacherPin
from distilproof.sources.project_file import read_project_file
from distilproof.teachers.pin import pin_server
from distilproof.workflows.clear import clear
from distilproof.workflows.pin import teacher_of
from distilproof.workflows.pin_files import keep_pin

NOW = datetime.now(UTC)
TODAY = NOW.date()

FILE = """
[student]
name = "router"
owner = "team@example.org"
distribution = "{distribution}"

[teacher]
name = "big"
adapter = "openai"
source = "{url}"
model = "{model}"
terms = {terms}
inputs = ["body"]
labels = ["no", "yes"]
prompt = "{prompt}"
{more}

[labelling]
connections = {connections}

[data]
train = "train.parquet"
calibrate = "calibrate.csv"
certify = "certify.parquet"
id = "id"

[predictions]
table = "certify.parquet"
"""
ENTRY = """
[[terms]]
id = "{id}"
family = "maker"
version = "of today"
route = "api"
permits = "{permits}"
scope = "any_model"
summary = "What {id} says."
source = "https://example.org/{id}"
evidence = "primary"
review_by = {review_by}
"""
PRICE = "[teacher.price]\ninput = 1.0\noutput = 2.0"
PROMPT = "Is this urgent? {body}"


def write_project(
    folder: Path,
    url: str,
    *,
    terms: Sequence[str] = ("free",),
    distribution: str = "internal",
    connections: int = 8,
    **others: str,
) -> Path:
    """Write a project file; its terms are of the project itself, and reviewed in time."""
    said = {"prompt": PROMPT, "more": PRICE, "model": MODEL} | others
    text = FILE.format(
        url=url,
        terms=json.dumps([*terms]),
        distribution=distribution,
        connections=connections,
        **said,
    )
    (folder / "distilproof.toml").write_text(text, "utf-8")
    return folder / "distilproof.toml"


def write_terms(folder: Path, **review_by: object) -> None:
    """Write the terms that a project may name: `free` permits, `barred` does not."""
    (folder / "terms").mkdir(exist_ok=True)
    soon = TODAY + timedelta(days=300)
    entries = [
        ENTRY.format(id=name, permits=permits, review_by=review_by.get(name, soon))
        for name, permits in (("free", "yes"), ("barred", "no"), ("other", "yes"))
    ]
    as_of = f"as_of = {TODAY - timedelta(days=400)}\n"
    (folder / "terms" / "maker.toml").write_text(as_of + "".join(entries), "utf-8")


def write_rows(folder: Path, rows: int, *, certify: int = 20) -> None:
    """Write rows to learn from, to calibrate on and to certify on, apart from each other."""
    train = {"id": [f"r{i}" for i in range(rows)], "body": [f"ticket {i}" for i in range(rows)]}
    pq.write_table(pa.table(train), folder / "train.parquet")
    lines = [f"0{i},ticket 0{i} of calibration" for i in range(10)]
    (folder / "calibrate.csv").write_text("\n".join(["id,body", *lines]), "utf-8")
    held = {"id": [f"c{i}" for i in range(certify)], "body": [f"other {i}" for i in range(certify)]}
    pq.write_table(pa.table(held), folder / "certify.parquet")


def pin_it(folder: Path, returned_model: str = MODEL) -> TeacherPin:
    """Pin the teacher as if it had been asked."""
    canary = Canary(request="{}", modal="no", repeats=10, disagreeing=0)
    fingerprint = Fingerprint(
        returned_model=returned_model,
        system_fingerprints=(),
        canaries=(canary,) * 20,
        disagreement=0.0,
        disagreement_high=0.02,
        confidence=0.95,
    )
    settings = teacher_of(read_project_file(folder / "distilproof.toml"))
    pin = pin_server(settings, fingerprint, labels=settings.labels, at=NOW)
    keep_pin(folder, pin)
    return pin


def clear_it(folder: Path, at: datetime = NOW) -> None:
    """Hold its terms against its use, and keep the answer."""
    file = read_project_file(folder / "distilproof.toml")
    clear(folder, file.lineage, by="team@example.org", at=at)


def make_project(folder: Path, url: str, rows: int = 60, *, connections: int = 8) -> Path:
    """Make a project that may label: cleared, pinned, with rows."""
    write_terms(folder)
    write_rows(folder, rows)
    path = write_project(folder, url, connections=connections)
    clear_it(folder)
    pin_it(folder)
    return path
