"""A project file is read as it is meant, or refused with the line, the key, the rule and a mend."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from distilproof.errors import ProjectFileError
from distilproof.gate.policy import Bars
from distilproof.sources.project_file import ProjectFile, read_project_file

Read = Callable[..., ProjectFile]

CENSUS = files("distilproof.examples").joinpath("census.toml").read_text("utf-8")

WHOLE = Path(__file__).with_name("whole.toml").read_text("utf-8")

MINIMAL = """\
[student]
name = "s"

[predictions]
table = "p.parquet"
label = "y"
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str, policy: str | None = None) -> ProjectFile:
        (tmp_path / "distilproof.toml").write_text(text, "utf-8")
        if policy is not None:
            (tmp_path / "policy.toml").write_text(policy, "utf-8")
        return read_project_file(tmp_path / "distilproof.toml")

    return read_text


def test_the_census_file_becomes_roles_slices_and_bars(read: Read) -> None:
    file = read(CENSUS)
    assert file.roles.label == "employed"
    assert file.roles.label_source == "label_source"
    assert file.table is None
    assert file.layout.columns == ("race", "sex", "age", "disability", "citizenship")
    assert file.layout.bands == (("age", (16.0, 25.0, 45.0, 65.0)),)
    assert file.policy.bars_of("race=asian").accuracy_floor == 0.70
    own = file.policy.bars_of("disability=yes & employed=yes")
    assert own.accuracy_floor == 0.20
    assert own.calibration_cap == 0.03, "a bar the slice does not name stays the general one"


def test_a_file_of_two_sections_is_enough(read: Read) -> None:
    file = read(MINIMAL)
    assert (file.student, file.roles.teacher, file.roles.student) == ("s", "teacher", "student")
    assert file.policy.bars == Bars()


def test_the_label_may_stand_in_the_data_section(read: Read) -> None:
    file = read('[student]\nname = "s"\n[data]\nlabel = "z"\n[predictions]\ntable = "p.csv"\n')
    assert file.roles.label == "z"


MISTAKES = {
    "unknown key": ("critical =", "critcal =", 49, "slices.critcal: unknown key", "'critical'"),
    "unknown section": ("[monitor]", "[moniter]", 73, "moniter: unknown key", "'monitor'"),
    "unknown bar": (
        "accuracy.margin = 0.03", "accuracy.margn = 0.03",
        58, "bars.accuracy.margn: unknown key", "'margin'",
    ),
    "unknown bar of a slice": (
        "introduced_error.cap = 0.09", "introduced_eror.cap = 0.09",
        67, "introduced_eror: unknown key", "'introduced_error'",
    ),
    "floor above 1": (
        "accuracy.floor = 0.70", "accuracy.floor = 70",
        57, "bars.accuracy.floor: is 70, and has to be less than or equal to 1", "",
    ),
    "negative margin": (
        "accuracy.margin = 0.03", "accuracy.margin = -0.03",
        58, "is -0.03, and has to be greater than or equal to 0", "",
    ),
    "nan bar": ("accuracy.floor = 0.70", "accuracy.floor = nan", 57, "is nan", ""),
    "text bar": (
        "accuracy.floor = 0.70", 'accuracy.floor = "0.70"',
        57, "is '0.70', and has to be a number", "",
    ),
    "bar without a name": (
        "calibration.cap = 0.03", "calibration = 0.03",
        61, "bars.calibration: is 0.03, and has to be a table of keys", "Keys here: cap",
    ),
    "unknown exposure": (
        'exposure = "server"', 'exposure = "sever"',
        14, "student.exposure: is 'sever', and may be 'internal'", "'server'",
    ),
    "unknown kind": ('kind = "classifier"', 'kind = "clasifier"', 10, "student.kind", "classifier"),
    "unknown distribution": (
        'distribution = "internal"', 'distribution = "secret"', 15, "student.distribution", "",
    ),
    "cadence in words": ('"90d"', '"90 days"', 13, "is '90 days', no number of days", '"90d"'),
    "no name": ('name = "employment-screen"', "", 8, "student.name: is missing", "student.name"),
    "empty name": ('name = "employment-screen"', 'name = ""', 9, "student.name: is ''", ""),
    "critical slice of no column": (
        '"race=asian"', '"rac=asian"', 49, "'rac', which is not a slice column", "'race'",
    ),
    "critical slice without a level": ('"race=asian"', '"asian"', 49, "not of the form", "race="),
    "critical slice twice": (
        '"race=asian"', '"disability=yes"', 49, "'disability=yes' is named twice", "once",
    ),
    "protected column of no slice": (
        'protected = ["race"', 'protected = ["rase"', 50, "'rase' is not a slice column", "'race'",
    ),
    "cross of no column": (
        '["disability", "age"]', '["disability", "ages"]', 51, "'ages' is not", "'age'",
    ),
    "cross of one column": ('["disability", "age"]', '["disability"]', 51, "is no cross", "two"),
    "band that does not ascend": ("[16, 25,", "[26, 25,", 52, "do not ascend", "smallest first"),
    "band of no column": ("{ age =", "{ aeg =", 52, "'aeg' is not a slice column", "'age'"),
    "infinite edge": ("[16, 25,", "[inf, 25,", 52, "slices.bands.age", ""),
    "critical slice of one column twice": (
        '"race=asian"', '"sex=f & sex=m"', 49, "names the column 'sex' twice", "once",
    ),
    "critical cross twice, in another order": (
        '"race=asian"', '"employed=yes & disability=yes"', 49, "is named twice", "once",
    ),
    "protected column twice": ('"race", "sex", "disability"]', '"race", "race"]', 50, "twice", ""),
    "cross twice, in another order": (
        '["disability", "employed"]', '["age", "disability"]', 51, "is named twice", "once",
    ),
    "bars of a slice that does not bind": (
        'slice."disability=yes & employed=yes"', 'slice."disability=ye & employed=yes"',
        64, "is not a critical slice", "Did you mean 'disability=yes & employed=yes'?",
    ),
    "bars of an undeclared cross": (
        'slice."disability=yes & employed=yes"', 'slice."sex=f & race=asian"',
        64, "is not a critical slice", "add 'sex=f & race=asian' to slices.critical",
    ),
    "bars of all rows": (
        'slice."disability=yes & employed=yes"', "slice.overall",
        64, "'overall' is no slice of its own", "hold overall",
    ),
    "a number among columns": (
        '"race", "sex", "age"', '"race", 3, "age"',
        48, "slices.columns[1]: is 3, and has to be text in double quotes", "",
    ),
    "no rungs": ('rungs = ["200x16"', 'rungs = []#["200x16"', 71, "a list that is not empty", ""),
    "a date for a column": ('id = "id"', "id = 2020-01-01", 36, "is 2020-01-01, and has", ""),
    "slice bars of no slice": (
        'slice."disability=yes & employed=yes"', 'slice."disability"', 64, "not of the form", "",
    ),
    "columns as text": ('columns = ["race", "sex", "age", "disability", "citizenship"]',
        'columns = "race"', 48, "slices.columns: is 'race', and has to be a list", ""),
    "labels in words": ("labels_per_day = 200", 'labels_per_day = "200"', 74, "monitor", ""),
    "alpha of one": ("alpha = 0.05", "alpha = 1.0", 75, "monitor.alpha", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_its_mend(read: Read, name: str) -> None:
    right, wrong, line, words, mend = MISTAKES[name]
    assert WHOLE.count(right) >= 1
    with pytest.raises(ProjectFileError) as refused:
        read(WHOLE.replace(right, wrong, 1))
    assert f"line {line}, " in refused.value.message
    assert words in refused.value.message
    assert mend in refused.value.hint


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(read: Read) -> None:
    text = WHOLE.replace('"90d"', "90").replace("accuracy.floor = 0.70", "accuracy.floor = 2")
    text = text.replace('protected = ["race"', 'protected = ["rase"')
    with pytest.raises(ProjectFileError) as refused:
        read(text.replace("alpha = 0.05", "alpah = 0.05"))
    message = refused.value.message
    assert "4 problems" in message
    places = [message.index(key) for key in ("review_every", "'rase'", "bars.accuracy", "alpah")]
    assert places == sorted(places)


def test_a_list_over_lines_does_not_move_the_lines_below(read: Read) -> None:
    text = WHOLE.replace('"sex", "age", ', '\n  "sex",\n  "age",\n', 1)
    with pytest.raises(ProjectFileError, match=r"line 60, bars\.accuracy\.floor"):
        read(text.replace("accuracy.floor = 0.70", "accuracy.floor = 2"))


NO_TOML = {
    "open head": ("[student]", "[student", 8, "expected ']' at the end of a table", "[student]"),
    "number without a digit before its point": (
        "accuracy.floor = 0.70", "accuracy.floor = .70", 57, "no value", "0.5",
    ),
    "text without quotes": ('"server"', "server", 14, "no value", "double quotes"),
    "key twice": (
        "accuracy.margin = 0.03", "accuracy.floor = 0.03", 58, "a key stands here for the second",
        "once",
    ),
    "section twice": ("[monitor]", "[ladder]", 73, "a section stands here for the second", "head"),
    "colon": ("alpha = 0.05", "alpha: 0.05", 75, "expected '=' after a key", "key = value"),
    "open list": ("[monitor]", "x = [1,", 74, "no TOML", ""),
    "too many digits": ("= 200", f"= {'2' * 5000}", None, "too many digits", "Shorten"),
    "too deep": ("bands = {", f"x = {'[' * 5000} #", None, "nested too deeply", "list of lists"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_TOML)
def test_what_is_no_toml_is_refused_with_its_line(read: Read, name: str) -> None:
    right, wrong, line, words, mend = NO_TOML[name]
    assert WHOLE.count(right) >= 1
    with pytest.raises(ProjectFileError) as refused:
        read(WHOLE.replace(right, wrong, 1))
    assert "distilproof.toml" in refused.value.message
    assert line is None or f", line {line}: no TOML: " in refused.value.message
    assert words in refused.value.message
    assert mend in refused.value.hint


def test_a_file_of_another_editor_is_read(read: Read) -> None:
    file = read("\ufeff" + MINIMAL.replace('"s"', '"s\u2028s"').replace("\n", "\r\n"))
    assert file.student == "s\u2028s"
    with pytest.raises(ProjectFileError, match=r"line 3, student\.unknown"):
        read('[student]\nname = "s\u2028s"\nunknown = 1\n[predictions]\ntable = "p"\n')


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError) as refused:
        read_project_file(tmp_path / "distilproof.toml")
    assert "cannot be read" in refused.value.message
    assert "distilproof init" in refused.value.hint


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "distilproof.toml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ProjectFileError, match="not UTF-8"):
        read_project_file(tmp_path / "distilproof.toml")


def test_missing_sections_are_named_with_what_they_need(read: Read) -> None:
    with pytest.raises(ProjectFileError) as refused:
        read("[bars]\naccuracy.floor = 0.9\n")
    assert "student: is missing" in refused.value.message
    assert "Add a section [student] with its name." in refused.value.hint


def test_overall_may_be_called_critical_and_binds_anyway(read: Read) -> None:
    file = read(MINIMAL + '[slices]\ncolumns = ["a"]\ncritical = ["overall", "a=1"]\n')
    assert file.slicing.critical == ("a=1",)


def test_bars_find_their_slice_in_whatever_order_it_is_named(read: Read) -> None:
    own = '[bars.slice."employed=yes & disability=yes"]\n'
    file = read(WHOLE.replace('[bars.slice."disability=yes & employed=yes"]\n', own))
    assert file.policy.bars_of("disability=yes & employed=yes").accuracy_floor == 0.20


def test_a_policy_makes_bars_stricter_and_never_laxer(read: Read) -> None:
    policy = "accuracy.floor = 0.80\ncalibration.cap = 0.10\n"
    policy += '[slice."race=asian"]\naccuracy.margin = 0.01\n'
    bars = read(WHOLE, policy).policy.bars_of("race=asian")
    assert bars.accuracy_floor == 0.80
    assert bars.calibration_cap == 0.03
    assert bars.accuracy_margin == 0.01
    own = read(WHOLE, policy).policy.bars_of("disability=yes & employed=yes")
    assert own.accuracy_floor == 0.80, "a slice's own bar is held to the policy too"


def test_a_policy_can_ask_more_of_a_threshold(read: Read) -> None:
    project = MINIMAL + "[bars]\nthreshold.precision = 0.9\nthreshold.coverage_gap = 0.1\n"
    assert read(project).policy.bars_of("overall") == Bars(
        threshold_precision=0.9, coverage_gap_cap=0.1
    )
    stricter = read(project, "threshold.precision = 0.95\nthreshold.coverage_gap = 0.2\n")
    assert stricter.policy.bars_of("overall") == Bars(
        threshold_precision=0.95, coverage_gap_cap=0.1
    )


@pytest.mark.parametrize("precision", ["0.0", "1.0", "95", '"0.9"'])
def test_a_precision_that_nobody_can_show_is_refused(read: Read, precision: str) -> None:
    with pytest.raises(ProjectFileError, match=r"bars\.threshold\.precision: is"):
        read(MINIMAL + f"[bars]\nthreshold.precision = {precision}\n")


def test_a_policy_adds_a_bar_that_the_project_lacks(read: Read) -> None:
    assert read(MINIMAL, "accuracy.floor = 0.9\n").policy.bars_of("overall").accuracy_floor == 0.9


def test_a_broken_policy_is_refused_by_its_own_name(read: Read) -> None:
    with pytest.raises(ProjectFileError, match=r"policy\.toml, line 1, accuracy\.flor"):
        read(MINIMAL, "accuracy.flor = 0.9\n")


def test_what_a_policy_asks_of_a_slice_binds(read: Read) -> None:
    policy = '[slice."employed=yes & sex=female"]\naccuracy.floor = 0.9\n'
    file = read(WHOLE, policy)
    assert "employed=yes & sex=female" in (file.slicing.critical or ())
    assert ("employed", "sex") in file.layout.crosses
    crossed = '[slice."employed=yes & disability=yes"]\naccuracy.floor = 0.9\n'
    bars = read(WHOLE, crossed).policy.bars_of("disability=yes & employed=yes")
    assert bars.accuracy_floor == 0.9, "found in the order of the project's cross"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ('[slice."rase=asian"]\n', "line 1, slice.\"rase=asian\": the slice 'rase=asian' names"),
        ("[bars]\n", "line 1, bars: unknown key"),
        ("accuracy.floor = 2\n", "line 1, accuracy.floor: is 2"),
        ("[slice.overall]\n", "'overall' is no slice of its own"),
        (
            '[slice."race=asian & sex=f"]\n[slice."sex=f & race=asian"]\n',
            "line 2, slice.\"sex=f & race=asian\": 'sex=f & race=asian' is named twice",
        ),
        ("accuracy.floor = .9\n", "line 1: no TOML"),
    ],
)
def test_a_policy_that_would_ask_nothing_is_refused(read: Read, policy: str, words: str) -> None:
    with pytest.raises(ProjectFileError) as refused:
        read(WHOLE, policy)
    assert "policy.toml, " in refused.value.message
    assert words in refused.value.message


def test_of_several_mistakes_each_has_its_own_mend(read: Read) -> None:
    text = WHOLE.replace("critical =", "critcal =").replace("accuracy.margin", "accuracy.margn", 1)
    with pytest.raises(ProjectFileError) as refused:
        read(text)
    lines = [line for line in refused.value.message.split("\n") if "unknown key" in line]
    assert [line.rpartition(". ")[2] for line in lines] == [
        "Did you mean 'critical'?",
        "Did you mean 'margin'?",
    ]


def test_a_policy_that_is_gone_is_not_passed_over(read: Read, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").symlink_to(tmp_path / "gone.toml")
    with pytest.raises(ProjectFileError, match=r"policy\.toml cannot be read"):
        read(MINIMAL)


def test_a_key_of_many_parts_is_just_unknown(read: Read) -> None:
    with pytest.raises(ProjectFileError, match="line 1, x: unknown key"):
        read(f"x{'.x' * 2000} = 1\n{MINIMAL}")
