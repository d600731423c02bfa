"""A teacher is opened by the adapter the project names: built in first, then those of packages."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from importlib import invalidate_caches
from pathlib import Path

import pytest

from distilproof.errors import MissingDependencyError, UsageError
from distilproof.teachers.open_teacher import BUILT_IN, open_teacher
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Signal

ADAPTER = '''
from distilproof.domain.identity import ModelRef
from distilproof.errors import MissingDependencyError
from distilproof.teachers.teacher import Answer, Cost, Signal


class Always:
    """Says the same of everything."""

    def __init__(self, settings):
        self.identity = ModelRef(provider="local", name=settings.called)
        self.signal, self.labels = Signal.HARD, settings.labels
        self.inputs, self.batch_size = settings.inputs, 8

    def request(self, row):
        return {name: row[name] for name in self.inputs}

    def cost(self, request):
        return Cost()

    def paid(self, answer):
        return Cost()

    async def answer(self, requests):
        return [Answer(label=self.labels[0], model="always") for _ in requests]

    async def close(self):
        pass


def broken(settings):
    raise KeyError("weights")


def lacking(settings):
    raise MissingDependencyError("it needs acme", hint="pip install acme")


def nothing(settings):
    return settings
'''

Offer = Callable[..., None]


def teacher(adapter: str) -> TeacherSettings:
    return TeacherSettings(
        name="t", adapter=adapter, source="s", labels=("no", "yes"), inputs=("text",)
    )


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Install packages that offer adapters: their metadata on the path of modules."""
    (tmp_path / "acme_adapter.py").write_text(ADAPTER, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def offered(package: str = "acme", **adapters: str) -> None:
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {package}\nVersion: 1.0\n", "utf-8")
        lines = [f"{name} = acme_adapter:{value}" for name, value in adapters.items()]
        group = "\n".join(["[distilproof.teachers]", *lines, ""])
        (folder / "entry_points.txt").write_text(group, "utf-8")
        invalidate_caches()

    return offered


def test_a_package_offers_an_adapter(offer: Offer) -> None:
    offer(always="Always")
    opened = open_teacher(teacher("always"))
    (answer,) = asyncio.run(opened.answer([opened.request({"text": "hello"})]))
    assert (answer.label, opened.signal) == ("no", Signal.HARD)


def test_a_built_in_name_wins(offer: Offer, tmp_path: Path) -> None:
    offer(table="broken")
    (tmp_path / "s").write_text("said\nno\n", "utf-8")
    settings = TeacherSettings(
        name="t", adapter="table", source="s", labels=("no", "yes"), answer="said"
    )
    opened = open_teacher(settings, root=tmp_path)
    assert type(opened).__module__ == "distilproof.teachers.adapters.table"


def test_what_a_package_does_wrong_is_said_as_its(offer: Offer) -> None:
    offer(broken="broken", nothing="nothing", gone="gone")
    with pytest.raises(UsageError, match=r"adapter 'broken' of acme cannot open .* KeyError"):
        open_teacher(teacher("broken"))
    with pytest.raises(UsageError, match="a TeacherSettings that is no teacher: it has no identi"):
        open_teacher(teacher("nothing"))
    with pytest.raises(UsageError, match=r"adapter 'gone' of acme .* AttributeError: .*gone"):
        open_teacher(teacher("gone"))


def test_an_error_that_a_package_means_for_the_user_is_left_alone(offer: Offer) -> None:
    offer(lacking="lacking")
    with pytest.raises(MissingDependencyError, match="it needs acme"):
        open_teacher(teacher("lacking"))


def test_a_name_that_two_packages_offer_is_refused(offer: Offer) -> None:
    offer("acme", one="Always")
    offer("other", one="broken")
    with pytest.raises(UsageError, match=r"more than one package offers .* 'one': acme, other"):
        open_teacher(teacher("one"))


def test_an_unknown_name_has_those_that_there_are(offer: Offer) -> None:
    offer(always="Always")
    with pytest.raises(UsageError, match="no teacher adapter 'Sklern'") as caught:
        open_teacher(teacher("Sklern"))
    assert caught.value.hint == (
        "Did you mean 'sklearn'? There are always, onnx, openai, python, sklearn, table, "
        "transformers."
    )
    with pytest.raises(UsageError) as caught:
        open_teacher(teacher("allways"))
    assert caught.value.hint.startswith("Did you mean 'always'?")


def test_every_built_in_name_has_its_module_and_none_of_them_is_heavy() -> None:
    lines = [
        "import sys",
        *(f"import distilproof.teachers.adapters.{name}" for name in BUILT_IN),
        "import distilproof.teachers.open_teacher",
        "heavy = {'numpy', 'sklearn', 'skops', 'torch', 'transformers', 'onnxruntime', 'pandas'}",
        "print(*sorted(heavy & set(sys.modules)))",
    ]
    found = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert (found.stdout, found.stderr, found.returncode) == ("\n", "", 0)
