"""What a project file says of the models behind its student, of its use and of labelling."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distilproof.distil.settings import LabelSettings
from distilproof.domain.clearance import Subject, Use
from distilproof.errors import ProjectFileError
from distilproof.sources.project_file import read_project_file
from distilproof.sources.project_lineage import Lineage
from distilproof.teachers.settings import Price

Read = Callable[[str], Lineage]

HEAD = """\
[student]
name = "s"
kind = "generator"
distribution = "published"
[predictions]
table = "p.parquet"
label = "y"
"""
TEACHER = """\
[teacher]
name = "big"
adapter = "openai"
source = "https://models.example.org/v1"
model = "big-2026-05-01"
terms = ["host", "maker"]
inputs = ["text"]
labels = ["no", "yes"]
parameters = { temperature = 0.0, seed = 1 }
key_env = "BIG_KEY"
votes = 3
price = { input = 0.5, output = 2.0 }
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> Lineage:
        path = tmp_path / "distilproof.toml"
        path.write_text(HEAD + text, "utf-8")
        return read_project_file(path).lineage

    return read_text


def test_a_teacher_is_called_by_the_servers_id(read: Read) -> None:
    found = read(TEACHER)
    assert found.teacher is not None
    assert found.teacher.called == "big-2026-05-01"
    assert found.teacher.name == "big"
    assert found.teacher.source == "https://models.example.org/v1"
    assert found.teacher.parameters == (("seed", 1), ("temperature", 0.0))
    assert found.teacher.price == Price(usd_per_million_input=0.5, usd_per_million_output=2.0)
    assert found.subjects == (
        Subject(model="big-2026-05-01", role="teacher", terms=("host", "maker")),
    )


def test_a_teacher_of_files_is_found_from_the_project_file(read: Read, tmp_path: Path) -> None:
    found = read('[teacher]\nname = "t"\nadapter = "sklearn"\nsource = "models/t.skops"\n')
    assert found.teacher is not None
    assert Path(found.teacher.source) == tmp_path / "models" / "t.skops"
    assert (found.teacher.called, found.teacher.votes) == ("t", 1)


def test_a_teacher_that_is_only_named_is_a_subject_without_terms(read: Read) -> None:
    found = read('[teacher]\nname = "t"\n')
    assert found.teacher is None
    assert found.subjects == (Subject(model="t", role="teacher", terms=()),)


def test_every_model_is_a_subject_after_the_teacher(read: Read) -> None:
    found = read(
        '[[models]]\nname = "j"\nrole = "judge"\nterms = "mit"\n'
        '[[models]]\nname = "sim"\nrole = "simulator"\n[teacher]\nname = "t"\n'
    )
    assert [(one.model, one.role, one.terms) for one in found.subjects] == [
        ("t", "teacher", ()),
        ("j", "judge", ("mit",)),
        ("sim", "simulator", ()),
    ]


def test_a_use_is_read_from_student_and_use(read: Read) -> None:
    found = read('[use]\ncommercial = false\nterritory = ["DE", "FR"]\nmonthly_users = 10\n')
    assert found.use == Use(
        student="s",
        student_kind="generator",
        distribution="published",
        commercial=False,
        territory=("DE", "FR"),
        monthly_users=10,
    )


def test_without_a_distribution_there_is_no_use(tmp_path: Path) -> None:
    path = tmp_path / "distilproof.toml"
    path.write_text(HEAD.replace('distribution = "published"\n', ""), "utf-8")
    assert read_project_file(path).lineage.use is None


def test_labelling_has_defaults_and_takes_what_is_said(read: Read) -> None:
    assert read("").labelling == LabelSettings()
    said = read('[labelling]\nconnections = 4\nmax_usd = 20.0\napart_by = "id"\n').labelling
    assert said == LabelSettings(connections=4, max_usd=20.0, apart_by="id")


def test_obligations_are_sorted_by_key(read: Read) -> None:
    found = read('[obligations]\n"b.notice" = "B.txt"\n"a.notice" = "A.txt"\n')
    assert found.obligations == (("a.notice", "A.txt"), ("b.notice", "B.txt"))


def test_a_prompt_stands_in_the_file_or_beside_it(read: Read, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("Is {text} good?\n", "utf-8")
    beside = read(f'{TEACHER}prompt_file = "prompt.txt"\n').teacher
    assert beside is not None
    assert beside.prompt == "Is {text} good?\n"
    with pytest.raises(ProjectFileError, match="a prompt and a prompt_file"):
        read(f'{TEACHER}prompt = "x"\nprompt_file = "prompt.txt"\n')
    (tmp_path / "prompt.txt").unlink()
    with pytest.raises(ProjectFileError, match=r"prompt\.txt cannot be read as UTF-8 text"):
        read(f'{TEACHER}prompt_file = "prompt.txt"\n')


MISTAKES = {
    "a role that there is not": (
        '[[models]]\nname = "j"\nrole = "juge"\n',
        "models[0].role: is 'juge', and may be 'judge'",
        "'judge'",
    ),
    "a model without a role": ('[[models]]\nname = "j"\n', "models[0].role: is missing", "role"),
    "a country in words": (
        '[use]\nterritory = ["Germany"]\n',
        "use.territory[0]: is 'Germany'",
        "",
    ),
    "a distribution of the use": (
        '[use]\ndistribution = "internal"\n',
        "use.distribution: unknown key",
        "",
    ),
    "no vote": (f"{TEACHER}\n".replace("votes = 3", "votes = 0"), "teacher.votes: is 0", ""),
    "a key in the file": (
        TEACHER.replace('key_env = "BIG_KEY"', 'key = "secret"'),
        "teacher.key: unknown key",
        "'key_env'",
    ),
    "a negative price": (TEACHER.replace("0.5", "-0.5"), "teacher.price.input: is -0.5", ""),
    "no connection": ("[labelling]\nconnections = 0\n", "labelling.connections: is 0", ""),
    "another way to tell rows apart": (
        '[labelling]\napart_by = "ids"\n',
        "labelling.apart_by: is 'ids'",
        "'id'",
    ),
    "an obligation without a file": (
        '[obligations]\n"a.notice" = true\n',
        'obligations."a.notice": is true',
        "",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_key(read: Read, name: str) -> None:
    text, words, mend = MISTAKES[name]
    with pytest.raises(ProjectFileError) as refused:
        read(text)
    assert words in refused.value.message
    assert mend in refused.value.hint
    assert "secret" not in refused.value.message
