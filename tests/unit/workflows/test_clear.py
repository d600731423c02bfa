"""Clearing a project: what it names and what people put on record decide, and nothing else."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from distilproof.domain.clearance import Verdict
from distilproof.domain.hint import Hint
from distilproof.errors import NotClearedError, ProjectFileError, UsageError
from distilproof.sources.project_file import read_project_file
from distilproof.sources.project_lineage import Lineage
from distilproof.workflows.clear import Answers, clear, judge, standing_clearance
from distilproof.workflows.lineage_files import (
    keep_hints,
    permissions_of,
    read_clearance,
    read_grounds,
)
from distilproof.workflows.permit import Grant, permit
from distilproof.workflows.project import Project

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 12, 24, 9, 30, tzinfo=UTC)
UNTIL = date(2027, 1, 15)
COMPETES = "openai-services-2026-01.not_competing"
AUTHORISED = "anthropic-commercial-2025-06"

HEAD = """
[student]
name = "small"
owner = "team@example.org"
distribution = "{distribution}"

[predictions]
table = "p.parquet"
label = "y"

[teacher]
name = "big-1"
terms = {terms}
"""
OWN = """
as_of = 2026-11-01

[[terms]]
id = "{id}"
family = "a contract"
version = "of 2026"
route = "api"
permits = "{permits}"
scope = "any_model"
summary = "What the contract says."
source = "the contract"
evidence = "primary"
review_by = {review_by}
"""

Write = Callable[..., Lineage]


def own(id_: str = "our-contract", permits: str = "yes", review_by: str = "2027-01-20") -> str:
    return OWN.format(id=id_, permits=permits, review_by=review_by)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a project file, and read what it says of its models."""

    def write_it(terms: str, distribution: str = "internal", more: str = "") -> Lineage:
        path = tmp_path / "distilproof.toml"
        path.write_text(HEAD.format(terms=terms, distribution=distribution) + more, "utf-8")
        return read_project_file(path).lineage

    return write_it


def answers(key: str, *, answer: bool = True, until: date = UNTIL) -> Answers:
    return Answers(given={key: answer}, by="counsel", because="we looked", until=until)


def grant(model: str = "big-1", terms: str = AUTHORISED, until: date = UNTIL) -> Grant:
    return Grant(
        read_by="counsel",
        permits="May train an internal classifier.",
        models=(model,),
        terms=(terms,),
        student_kinds=("classifier",),
        distributions=("internal",),
        until=until,
    )


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("You may.", "utf-8")
    return path


class TestVerdict:
    def test_it_is_kept_whatever_it_says(self, write: Write, tmp_path: Path) -> None:
        for terms, verdict in (
            (f'"{AUTHORISED}"', Verdict.FORBIDDEN),
            ('"nowhere-1.0"', Verdict.UNKNOWN),
            ('"own-model"', Verdict.NEEDS_REVIEW),
            ('"mit"', Verdict.ALLOWED),
        ):
            found = clear(tmp_path, write(terms), by="team", at=AT)
            assert found.verdict is verdict
            assert read_clearance(tmp_path) == found
        assert len([*(tmp_path / ".distilproof" / "clearances").iterdir()]) == 4

    def test_the_strictest_layer_and_model_decides(self, write: Write, tmp_path: Path) -> None:
        judge_ = f'[[models]]\nname = "j"\nrole = "judge"\nterms = "{AUTHORISED}"\n'
        found = clear(tmp_path, write('["mit", "llama-3.1"]', more=judge_), by="t", at=AT)
        assert found.verdict is Verdict.FORBIDDEN
        assert [(r.model, r.terms) for r in found.rulings] == [
            ("big-1", "mit"),
            ("big-1", "llama-3.1"),
            ("j", AUTHORISED),
        ]

    def test_a_hint_changes_no_verdict(self, write: Write, tmp_path: Path) -> None:
        lineage = {
            terms: write(f'"{terms}"')
            for terms in (AUTHORISED, "nowhere-1.0", "own-model", "mit", "openrouter-2026-08")
        }
        before = {t: clear(tmp_path, one, by="t", at=AT).rulings for t, one in lineage.items()}
        for says in ("allowed", "disallowed", "unknown"):
            hints = [
                Hint(gateway=g, model="maker/big-1", says=says, file_digest="0", at=AT)
                for g in ("openrouter", "nanogpt")
            ]
            keep_hints(tmp_path, hints)
            after = {t: clear(tmp_path, one, by="t", at=AT).rulings for t, one in lineage.items()}
            assert after == before

    def test_python_says_the_same(self, write: Write, tmp_path: Path) -> None:
        write('"own-data"')
        project = Project.load(tmp_path / "distilproof.toml")
        (question,) = project.clear().questions
        until = date(datetime.now(UTC).year + 1, 1, 1)
        said = project.judge(question.key, answer=True, by="counsel", because="it is", until=until)
        found = project.clear()
        assert found.verdict.opens
        assert found.by == "team@example.org"
        assert (found.expires, said.sentence) == (until, question.sentence)


class TestOwnTerms:
    def test_a_file_may_stand_for_its_entries(self, write: Write, tmp_path: Path) -> None:
        (tmp_path / "contract.toml").write_text(own(), "utf-8")
        found = clear(tmp_path, write('"contract.toml"'), by="t", at=AT)
        assert (found.verdict, found.rulings[0].terms) == (Verdict.ALLOWED, "our-contract")
        assert found.expires == date(2027, 1, 20)

    def test_all_entries_of_a_file_bind(self, write: Write, tmp_path: Path) -> None:
        second = own("our-addendum", "no").partition("\n[[")
        (tmp_path / "contract.toml").write_text(own() + "[[" + second[2], "utf-8")
        found = clear(tmp_path, write('"contract.toml"'), by="t", at=AT)
        assert [r.terms for r in found.rulings] == ["our-contract", "our-addendum"]
        assert found.verdict is Verdict.FORBIDDEN

    def test_entries_of_the_folder_are_known_by_their_id(
        self, write: Write, tmp_path: Path
    ) -> None:
        (tmp_path / "terms").mkdir()
        (tmp_path / "terms" / "contract.toml").write_text(own(), "utf-8")
        for terms in ('"our-contract"', '"terms/contract.toml"'):
            assert clear(tmp_path, write(terms), by="t", at=AT).verdict is Verdict.ALLOWED

    def test_one_of_them_may_stand_in_for_the_register(self, write: Write, tmp_path: Path) -> None:
        lineage = write('"mit"')
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.ALLOWED
        (tmp_path / "terms").mkdir()
        (tmp_path / "terms" / "mit.toml").write_text(own("mit", "no"), "utf-8")
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.FORBIDDEN

    def test_past_its_review_it_is_unknown(self, write: Write, tmp_path: Path) -> None:
        (tmp_path / "contract.toml").write_text(own(review_by="2026-11-23"), "utf-8")
        found = clear(tmp_path, write('"contract.toml"'), by="t", at=AT)
        assert found.verdict is Verdict.UNKNOWN

    @pytest.mark.parametrize(
        ("text", "says"), [("", "contract.toml"), ("[[terms", "is not TOML"), (None, "cannot be")]
    )
    def test_a_file_that_cannot_be_used(
        self, write: Write, tmp_path: Path, text: str | None, says: str
    ) -> None:
        if text is not None:
            (tmp_path / "contract.toml").write_text(text, "utf-8")
        with pytest.raises(UsageError, match=says):
            clear(tmp_path, write('"contract.toml"'), by="t", at=AT)


class TestWhatIsMissing:
    def test_terms(self, write: Write, tmp_path: Path) -> None:
        more = '[[models]]\nname = "j"\nrole = "simulator"\n'
        with pytest.raises(ProjectFileError, match=r"no terms of big-1 \(teacher\), j \(simula"):
            clear(tmp_path, write("[]", more=more), by="t", at=AT)
        assert read_clearance(tmp_path) is None

    def test_a_teacher(self, write: Write, tmp_path: Path) -> None:
        write('"mit"')
        path = tmp_path / "distilproof.toml"
        path.write_text(path.read_text("utf-8").partition("[teacher]")[0], "utf-8")
        with pytest.raises(ProjectFileError, match="names no teacher") as refused:
            clear(tmp_path, read_project_file(path).lineage, by="t", at=AT)
        assert "[teacher]" in refused.value.hint

    def test_a_distribution(self, write: Write, tmp_path: Path) -> None:
        write('"mit"')
        path = tmp_path / "distilproof.toml"
        text = path.read_text("utf-8").replace('distribution = "internal"', "")
        path.write_text(text, "utf-8")
        with pytest.raises(ProjectFileError, match="how far the student goes") as refused:
            clear(tmp_path, read_project_file(path).lineage, by="t", at=AT)
        assert 'distribution = "internal"' in refused.value.hint

    @pytest.mark.parametrize("by", [None, "", "  "])
    def test_somebody_who_asks(self, write: Write, tmp_path: Path, by: str | None) -> None:
        with pytest.raises(UsageError, match="nobody answers"):
            clear(tmp_path, write('"mit"'), by=by, at=AT)


class TestJudgement:
    def test_yes_opens_until_it_ends(self, write: Write, tmp_path: Path) -> None:
        lineage = write('"openai-services-2026-01"', "published")
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.NEEDS_REVIEW
        judge(tmp_path, lineage, answers(COMPETES), at=AT)
        found = clear(tmp_path, lineage, by="t", at=AT)
        assert (found.verdict, found.expires) == (Verdict.ALLOWED, UNTIL)
        after = datetime(2027, 1, 16, tzinfo=UTC)
        assert not found.opens("big-1", after)
        assert clear(tmp_path, lineage, by="t", at=after).verdict is Verdict.NEEDS_REVIEW

    def test_no_forbids_and_can_be_revised(self, write: Write, tmp_path: Path) -> None:
        lineage = write('"openai-services-2026-01"', "published")
        judge(tmp_path, lineage, answers(COMPETES, answer=False), at=AT)
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.FORBIDDEN
        judge(tmp_path, lineage, answers(COMPETES), at=LATER)
        assert clear(tmp_path, lineage, by="t", at=LATER).verdict is Verdict.ALLOWED

    def test_it_is_void_for_another_use(self, write: Write, tmp_path: Path) -> None:
        judge(tmp_path, write('"openai-services-2026-01"', "hosted"), answers(COMPETES), at=AT)
        lineage = write('"openai-services-2026-01"', "published")
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.NEEDS_REVIEW

    def test_what_is_not_asked_is_not_recorded(self, write: Write, tmp_path: Path) -> None:
        lineage = write('"openai-services-2026-01"', "published")
        both = Answers(
            given={COMPETES: True, "mit.not_competing": True},
            by="counsel",
            because="we looked",
            until=UNTIL,
        )
        with pytest.raises(UsageError, match=r"mit\.not_competing"):
            judge(tmp_path, lineage, both, at=AT)
        assert read_grounds(tmp_path).judgements == ()


class TestPermission:
    def test_it_opens_what_it_names(self, write: Write, tmp_path: Path, letter: Path) -> None:
        lineage = write(f'"{AUTHORISED}"')
        found = permit(letter, grant(), tmp_path, lineage, at=AT)
        cleared = clear(tmp_path, lineage, by="t", at=AT)
        assert cleared.verdict.opens
        assert cleared.permissions == (found.document,)
        assert cleared.expires == UNTIL

    @pytest.mark.parametrize(
        "changed", [{"model": "big-2"}, {"terms": "xai-enterprise"}], ids=["model", "terms"]
    )
    def test_it_opens_nothing_else(
        self, write: Write, tmp_path: Path, letter: Path, changed: dict[str, str]
    ) -> None:
        lineage = write(f'"{AUTHORISED}"')
        permit(letter, grant(**changed), tmp_path, lineage, at=AT)
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.FORBIDDEN

    def test_it_opens_no_other_use(self, write: Write, tmp_path: Path, letter: Path) -> None:
        permit(letter, grant(), tmp_path, write(f'"{AUTHORISED}"'), at=AT)
        lineage = write(f'"{AUTHORISED}"', "published")
        assert clear(tmp_path, lineage, by="t", at=AT).verdict is Verdict.FORBIDDEN

    def test_an_alias_names_the_entry(self, write: Write, tmp_path: Path, letter: Path) -> None:
        lineage = write('"in-house"')
        found = permit(letter, grant(terms="in-house"), tmp_path, lineage, at=AT)
        assert found.terms == ("own-model",)
        assert clear(tmp_path, lineage, by="t", at=AT).verdict.opens

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"read_by": " "}, "who read it"),
            ({"permits": ""}, "what it grants"),
            ({"models": ()}, "names no model"),
            ({"terms": ()}, "names no terms"),
            ({"student_kinds": ()}, "no kind of student"),
            ({"distributions": ()}, "no distribution"),
            ({"terms": ("anthropic",)}, "no terms 'anthropic'"),
            ({"until": date(2026, 11, 23)}, "ended on 2026-11-23"),
        ],
    )
    def test_what_would_open_nothing_is_not_kept(
        self, write: Write, tmp_path: Path, letter: Path, changed: dict[str, object], says: str
    ) -> None:
        given = grant()
        values = {name: getattr(given, name) for name in given.__slots__} | changed
        with pytest.raises(UsageError, match=says):
            permit(letter, Grant(**values), tmp_path, write(f'"{AUTHORISED}"'), at=AT)
        assert not permissions_of(tmp_path).exists()


class TestStanding:
    def test_nobody_has_cleared(self, write: Write, tmp_path: Path) -> None:
        with pytest.raises(NotClearedError, match=r"big-1 \(teacher\) under mit, own-data") as no:
            standing_clearance(tmp_path, write('["mit", "own-data"]'), at=AT)
        assert "distilproof clear" in no.value.hint

    def test_the_one_that_was_kept(self, write: Write, tmp_path: Path) -> None:
        lineage = write('"mit"')
        kept = clear(tmp_path, lineage, by="t", at=AT)
        assert standing_clearance(tmp_path, lineage, at=LATER) == kept

    def test_one_that_does_not_open_is_what_it_is(self, write: Write, tmp_path: Path) -> None:
        lineage = write(f'"{AUTHORISED}"')
        clear(tmp_path, lineage, by="t", at=AT)
        assert not standing_clearance(tmp_path, lineage, at=LATER).opens("big-1", LATER)

    def test_another_use(self, write: Write, tmp_path: Path) -> None:
        clear(tmp_path, write('"mit"'), by="t", at=AT)
        with pytest.raises(NotClearedError, match="for another use of small"):
            standing_clearance(tmp_path, write('"mit"', "published"), at=LATER)

    @pytest.mark.parametrize("terms", ['"apache-2.0"', '["mit", "apache-2.0"]'])
    def test_other_terms(self, write: Write, tmp_path: Path, terms: str) -> None:
        clear(tmp_path, write('"mit"'), by="t", at=AT)
        with pytest.raises(NotClearedError, match="have changed"):
            standing_clearance(tmp_path, write(terms), at=LATER)

    def test_another_model(self, write: Write, tmp_path: Path) -> None:
        clear(tmp_path, write('"mit"'), by="t", at=AT)
        more = '[[models]]\nname = "j"\nrole = "judge"\nterms = "mit"\n'
        with pytest.raises(NotClearedError, match="have changed"):
            standing_clearance(tmp_path, write('"mit"', more=more), at=LATER)

    def test_the_register_says_something_else(self, write: Write, tmp_path: Path) -> None:
        contract = tmp_path / "contract.toml"
        contract.write_text(own(), "utf-8")
        lineage = write('"contract.toml"')
        clear(tmp_path, lineage, by="t", at=AT)
        contract.write_text(own().replace("the contract says", "it says now"), "utf-8")
        with pytest.raises(NotClearedError, match="have changed"):
            standing_clearance(tmp_path, lineage, at=LATER)

    def test_a_permission_is_gone(self, write: Write, tmp_path: Path, letter: Path) -> None:
        lineage = write(f'"{AUTHORISED}"')
        found = permit(letter, grant(), tmp_path, lineage, at=AT)
        clear(tmp_path, lineage, by="t", at=AT)
        assert standing_clearance(tmp_path, lineage, at=LATER).verdict.opens
        (permissions_of(tmp_path) / f"{found.document}.txt").unlink()
        with pytest.raises(NotClearedError, match=f"would not be given today: .*{AUTHORISED}"):
            standing_clearance(tmp_path, lineage, at=LATER)

    def test_a_judgement_is_revised(self, write: Write, tmp_path: Path) -> None:
        lineage = write('"openai-services-2026-01"', "published")
        judge(tmp_path, lineage, answers(COMPETES), at=AT)
        clear(tmp_path, lineage, by="t", at=AT)
        judge(tmp_path, lineage, answers(COMPETES, answer=False), at=LATER)
        with pytest.raises(NotClearedError, match="judged by counsel"):
            standing_clearance(tmp_path, lineage, at=LATER)

    def test_a_permission_has_ended(self, write: Write, tmp_path: Path, letter: Path) -> None:
        lineage = write(f'"{AUTHORISED}"')
        permit(letter, grant(), tmp_path, lineage, at=AT)
        clear(tmp_path, lineage, by="t", at=AT)
        with pytest.raises(NotClearedError, match="ended on 2027-01-15"):
            standing_clearance(tmp_path, lineage, at=datetime(2027, 1, 16, tzinfo=UTC))
