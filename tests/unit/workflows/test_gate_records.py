"""The gate reads clearance, pin and documents of the day, and a run keeps them with its answer."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from distilproof.domain.finding import Status
from distilproof.domain.identity import Canary, Fingerprint
from distilproof.errors import ProjectFileError, UsageError
from distilproof.gate.decide import decide
from distilproof.gate.records import NO_RECORDS
from distilproof.render.html import assessment_html
from distilproof.render.plain import decision_dict
from distilproof.teachers.canary import Watch
from distilproof.teachers.pin import pin_files, pin_server
from distilproof.workflows.clear import clear
from distilproof.workflows.lineage_files import permissions_of
from distilproof.workflows.permit import Grant, permit
from distilproof.workflows.pin_files import keep_pin, keep_watch
from distilproof.workflows.project import Project
from distilproof.workflows.runs import read_run, runs_of

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(hours=14)
TOMORROW = AT + timedelta(days=1)

PROJECT = """\
[student]
name = "small"
owner = "ana@example.org"
distribution = "hosted"
[teacher]
name = "large"
adapter = "table"
source = "answers.csv"
answer = "said"
terms = "house"
[use]
territory = ["DE"]
[predictions]
table = "p.parquet"
label = "outcome"
[slices]
columns = ["sex"]
[bars]
accuracy.floor = 0.7
"""
HOUSE = """\
as_of = 2026-11-24
[[terms]]
id = "house"
family = "a house"
version = "of 2026"
route = "weights"
permits = "yes"
scope = "any_model"
summary = "Output may train."
source = "a letter"
evidence = "primary"
review_by = 2026-12-31
obligations = [
    { kind = "name_prefix", value = "sma", text = "The name starts with sma." },
    { kind = "attribution", value = "Made with House", text = "A line says: Made with House." },
]
"""
SERVER = '"openai"\nsource = "https://models.example.org/v1"\nmodel = "large-2026-05-01"'
FINGERPRINT = Fingerprint(
    returned_model="large-2026-05-01",
    system_fingerprints=(),
    canaries=(Canary(request="{}", modal="yes", repeats=10, disagreeing=0),),
    disagreement=0.0,
    disagreement_high=0.05,
    confidence=0.95,
)
OWED = '[obligations]\n"house.attribution" = "NOTICE.txt"\n[use]'


@pytest.fixture
def project(table: Path, tmp_path: Path) -> Project:
    """A project that is cleared, pinned and says what it owes."""
    assert table.exists()
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "house.toml").write_text(HOUSE, "utf-8")
    (tmp_path / "answers.csv").write_text("id,said\n1,yes\n", "utf-8")
    (tmp_path / "NOTICE.txt").write_text("Made  with\nHouse.", "utf-8")
    project = rewritten(tmp_path, "[use]", OWED)
    clear(project.folder, project.lineage, by="ana@example.org", at=AT)
    teacher = project.lineage.teacher
    assert teacher is not None
    keep_pin(tmp_path, pin_files(teacher, labels=("no", "yes"), stack=(), at=AT, root=tmp_path))
    return project


def rewritten(folder: Path, old: str, new: str) -> Project:
    """The project in `folder`, its file with something else in the place of `old`."""
    path = folder / "distilproof.toml"
    text = path.read_text("utf-8") if path.exists() else PROJECT
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return Project.load(path)


def found(project: Project, code: str, at: datetime = AT) -> tuple[Status, str]:
    """Worst finding of a code."""
    decision = project.gate(at=at).decision
    named = [f for f in decision.findings if f.code == code and f.status is not Status.PASS]
    named = named or [f for f in decision.findings if f.code == code]
    return named[0].status, named[0].message


class TestTerms:
    def test_what_is_cleared_pinned_and_met_passes(self, project: Project) -> None:
        decision = project.gate(at=AT).decision
        assert {decision.check(check) for check in ("G1", "G5")} == {Status.PASS}
        owed = [f.message for f in decision.findings if f.code == "G1-obligation"]
        assert len(owed) == 2
        assert owed[0] == "house.name_prefix: small starts with 'sma'"

    def test_a_clearance_ends_with_its_terms(self, project: Project) -> None:
        last = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
        assert found(project, "G1-terms", last)[0] is Status.PASS
        status, message = found(project, "G1-terms", last + timedelta(minutes=2))
        assert status is Status.STALE
        assert "distilproof clear" in message
        assert project.gate(at=last + timedelta(minutes=2)).decision.exit_code == 3

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('"hosted"', '"published"', "the use is another: distribution"),
            ('["DE"]', '["FR"]', "the use is another: territory"),
            ('terms = "house"', 'terms = ["house", "mit"]', "it says nothing of mit"),
            ('name = "large"', 'name = "other"', "given for the teacher large, which is now other"),
            ('distribution = "hosted"\n', "", "no longer says of which teacher and for which use"),
        ],
    )
    def test_another_question_makes_it_stale(
        self, project: Project, old: str, new: str, said: str
    ) -> None:
        status, message = found(rewritten(project.folder, old, new), "G1-terms")
        assert status is Status.STALE
        assert said in message

    def test_a_register_that_changed_makes_it_stale(self, project: Project) -> None:
        entry = HOUSE.replace("Output may train.", "Output may train, for a while.")
        (project.folder / "terms" / "house.toml").write_text(entry, "utf-8")
        status, message = found(project, "G1-terms")
        assert status is Status.STALE
        assert "the register says something else of house" in message

    def test_terms_that_forbid_refuse(self, project: Project) -> None:
        entry = HOUSE.replace('permits = "yes"', 'permits = "no"')
        (project.folder / "terms" / "house.toml").write_text(entry, "utf-8")
        clear(project.folder, project.lineage, by="ana@example.org", at=AT)
        gated = project.gate(at=AT)
        assert found(project, "G1-terms")[0] is Status.FAIL
        assert gated.decision.exit_code == 1
        assert not [f for f in gated.decision.findings if f.code == "G1-obligation"]

    def test_a_permission_that_is_gone_makes_it_stale(self, project: Project) -> None:
        entry = HOUSE.replace('permits = "yes"', 'permits = "no"')
        (project.folder / "terms" / "house.toml").write_text(entry, "utf-8")
        letter = permitted(project)
        assert clear(project.folder, project.lineage, by="ana@example.org", at=AT).verdict.opens
        assert found(project, "G1-terms")[0] is Status.PASS
        letter.unlink()
        status, message = found(project, "G1-terms")
        assert status is Status.STALE
        assert "it would not be given today" in message

    def test_a_clearance_that_was_edited_is_refused(self, project: Project) -> None:
        path = project.folder / ".distilproof" / "clearance.json"
        path.write_text(path.read_text("utf-8").replace("2026-12-31", "2036-12-31"), "utf-8")
        with pytest.raises(UsageError, match="was changed since it was kept"):
            project.gate(at=AT)


class TestObligations:
    def test_a_name_that_does_not_begin_as_owed_fails(self, project: Project) -> None:
        renamed = rewritten(project.folder, 'name = "small"', 'name = "tiny"')
        clear(renamed.folder, renamed.lineage, by="ana@example.org", at=AT)
        status, message = found(renamed, "G1-obligation")
        assert status is Status.FAIL
        assert message == "house.name_prefix: tiny does not start with 'sma'"
        assert renamed.gate(at=AT).decision.exit_code == 1

    def test_a_line_is_missing_then_wrong_then_met(self, project: Project) -> None:
        bare = rewritten(project.folder, OWED, "[use]")
        assert found(bare, "G1-obligation")[0] is Status.MISSING
        again = rewritten(project.folder, "[use]", OWED)
        notice = project.folder / "NOTICE.txt"
        notice.write_text("Made by hand.", "utf-8")
        assert found(again, "G1-obligation")[0] is Status.FAIL
        notice.write_text("**Made with House**", "utf-8")
        assert found(again, "G1-obligation")[0] is Status.PASS

    def test_a_document_that_cannot_be_read_is_a_mistake(self, project: Project) -> None:
        (project.folder / "NOTICE.txt").unlink()
        with pytest.raises(ProjectFileError, match=r"NOTICE\.txt cannot be read"):
            project.gate(at=AT)


class TestPin:
    def test_a_teacher_whose_file_changed_fails(self, project: Project) -> None:
        (project.folder / "answers.csv").write_text("id,said\n1,no\n", "utf-8")
        gated = project.gate(at=AT)
        status, message = found(project, "G5-teacher-pin")
        assert status is Status.FAIL
        assert message.startswith("large is not the model that was pinned: answers.csv")
        assert gated.decision.exit_code == 1
        assert gated.decision.teacher_pin is not None

    def test_a_teacher_that_is_no_longer_named_cannot_be_told(self, project: Project) -> None:
        bare = rewritten(project.folder, 'adapter = "table"\nsource = "answers.csv"\n', "")
        status, message = found(bare, "G5-teacher-pin")
        assert status is Status.MISSING
        assert "does not say with what and where" in message

    def test_a_server_is_held_to_its_canaries_as_they_last_answered(self, project: Project) -> None:
        path = project.path
        text = path.read_text("utf-8").replace('"table"\nsource = "answers.csv"', SERVER)
        path.write_text(text.replace('answer = "said"\n', ""), "utf-8")
        served = Project.load(path)
        teacher = served.lineage.teacher
        assert teacher is not None
        pin = pin_server(teacher, FINGERPRINT, labels=(), at=AT)
        keep_pin(served.folder, pin)
        status, message = found(served, "G5-teacher-pin")
        assert status is Status.PASS
        assert "at most 0.05 of them waver (0.95 bound)" in message
        keep_watch(served.folder, Watch(pin=pin.digest, alarmed_at=AT))
        status, message = found(served, "G5-teacher-pin")
        assert status is Status.FAIL
        assert "its answers to the canaries changed" in message
        keep_watch(served.folder, Watch(pin="another pin", alarmed_at=AT))
        assert found(served, "G5-teacher-pin")[0] is Status.PASS


class TestRun:
    def test_it_reads_back_as_it_was_decided_whatever_became_of_the_project(
        self, project: Project
    ) -> None:
        gated = project.gate(at=AT)
        before = decision_dict(gated.assessment, gated.decision)
        (project.folder / "answers.csv").unlink()
        (project.folder / "NOTICE.txt").unlink()
        (project.folder / ".distilproof" / "clearance.json").unlink()
        again = read_run(gated.run)
        assert again == gated.assessment
        assert decision_dict(again, decide(again)) == before
        assert again.records.at == datetime(2026, 12, 1, tzinfo=UTC)

    def test_the_same_day_is_one_run_and_the_next_another(self, project: Project) -> None:
        first = project.gate(at=AT).run
        assert project.gate(at=LATER).run == first
        assert project.gate(at=TOMORROW).run != first
        assert len(list(runs_of(project.folder).iterdir())) == 2

    def test_a_day_is_utc(self, project: Project) -> None:
        zone = datetime.fromisoformat("2026-12-02T00:30:00+02:00")
        assert project.gate(at=zone).run == project.gate(at=AT).run

    def test_a_record_that_was_edited_in_a_run_is_refused(self, project: Project) -> None:
        inputs = project.gate(at=AT).run / "inputs.json"
        said = inputs.read_text("utf-8")
        assert '"2026-12-31"' in said
        inputs.write_text(said.replace('"2026-12-31"', '"2036-12-31"'), "utf-8")
        with pytest.raises(UsageError, match="was changed since it was kept"):
            read_run(inputs.parent)

    def test_a_run_from_before_there_were_records_still_reads(self, project: Project) -> None:
        run = project.gate(at=AT).run
        cube = read_run(run).cube
        inputs = json.loads((run / "inputs.json").read_text("utf-8"))
        del inputs["records"]
        said = json.dumps(inputs).encode()
        (run / "inputs.json").write_bytes(said)
        name = hashlib.sha256(f"{cube.digest}\n".encode() + said).hexdigest()[:12]
        old = read_run(run.rename(run.parent / name))
        assert old.records == NO_RECORDS
        assert decide(old).check("G1") is Status.MISSING


class TestShown:
    def test_json_holds_the_clearance_and_the_pin(self, project: Project) -> None:
        gated = project.gate(at=AT)
        said: dict[str, Any] = json.loads(
            json.dumps(decision_dict(gated.assessment, gated.decision), default=str)
        )
        assert said["day"] == "2026-12-01"
        assert said["clearance"]["verdict"] == "ALLOWED_WITH_OBLIGATIONS"
        assert said["clearance"]["rulings"][0]["terms"] == "house"
        assert said["clearance"]["expires"] == "2026-12-31"
        assert said["pin"]["digest"] == gated.decision.teacher_pin
        assert said["pin"]["moved"] == []
        assert list(said["pin"]["files"]) == ["answers.csv"]

    def test_the_report_shows_terms_duties_and_the_pin(self, project: Project) -> None:
        project.gate(at=AT)
        page = project.report(project.folder / "r.html").read_text("utf-8")
        assert ">Terms and teacher</h2>" in page
        for words in ("<bdi>house</bdi>", "ALLOWED WITH OBLIGATIONS", "house.attribution"):
            assert words in page
        assert "The name starts with sma." in page

    def test_the_page_is_the_same_bytes_on_the_same_day(self, project: Project) -> None:
        pages = {
            assessment_html(gated.assessment, gated.decision, title="t", versions={})
            for gated in (project.gate(at=AT), project.gate(at=LATER))
        }
        assert len(pages) == 1
        assert "09:30" not in pages.pop()


def permitted(project: Project) -> Path:
    """Record a letter that opens the terms of the house, and return the copy that is kept."""
    letter = project.folder / "letter.txt"
    letter.write_text("You may.", "utf-8")
    grant = Grant(
        read_by="ana@example.org",
        permits="May train a classifier.",
        models=["large"],
        terms=["house"],
        student_kinds=["classifier"],
        distributions=["hosted"],
        until=TOMORROW.date(),
    )
    permission = permit(letter, grant, project.folder, project.lineage, at=AT)
    return permissions_of(project.folder) / f"{permission.document}.txt"
