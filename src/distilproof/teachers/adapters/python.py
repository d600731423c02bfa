"""`python`: a function that the user names as `module:callable`.

It is the user's own code. It runs with everything the user may do, nothing here looks into it, and
the pin holds no more than the file of its module or the files of its package. What it loads from
elsewhere, such as weights or a server, it must pin itself.

The function takes a list of rows, each a dict of the inputs with `None` for what is missing, and
gives a list as long: of labels, or of dicts of the probability of each label. `None` is a refusal.
It may be `async`.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import Any, cast

from distilproof.errors import DistilproofError, UsageError
from distilproof.teachers.asked_values import column, label_text, nested
from distilproof.teachers.at_hand import Said, TeacherAtHand, identity_of
from distilproof.teachers.failures import AskingError, BadAnswerError, RejectedError
from distilproof.teachers.probabilities import checked, likeliest
from distilproof.teachers.project_says import require_inputs, require_labels, require_parameters
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.source_files import source_path
from distilproof.teachers.teacher import Request, Row, Signal

GIVES = {"labels": Signal.HARD, "probabilities": Signal.PROBABILITIES}
"""What a function may give, as the parameter `gives` says it; labels where nobody says."""

ROWS_A_CALL = 64

Function = Callable[[list[dict[str, Any]]], Any]
"""The user's function."""

_SHOWN = 300


def load(settings: TeacherSettings, *, root: Path = Path()) -> "PythonFunction":
    """Find the module of a function; it is imported when the first rows are asked, and not before.

    Parameters
    ----------
    settings
        With `module:callable` as `source`, `inputs` and `labels`; the parameter `gives` says
        whether the function gives `labels` or `probabilities`.
    root
        Folder of the project, where the module is looked for first.

    Raises
    ------
    UsageError
        When the source is not of that form, or there is no such module.
    """
    said = require_parameters(settings, {"gives": str})
    gives = str(said.get("gives", "labels"))
    if gives not in GIVES:
        raise UsageError(
            f"the function {settings.source} cannot give {gives!r}",
            hint=f"It gives one of {', '.join(sorted(GIVES))}.",
        )
    module, _, name = settings.source.partition(":")
    if not module or not name.isidentifier():
        raise UsageError(
            f"the source {settings.source!r} of the teacher {settings.name} names no function",
            hint="Write [teacher] source = 'module:callable', with the module beside the project "
            "file or installed.",
        )
    found = source_path(settings, root=root)
    return PythonFunction(
        identity=identity_of(settings, root=root),
        signal=GIVES[gives],
        labels=require_labels(settings),
        inputs=require_inputs(settings),
        batch_size=ROWS_A_CALL,
        notice=f"runs your own code, {name} of {found}: it may do whatever you may",
        module=module,
        name=name,
        found=found.resolve(),
        root=root.resolve(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFunction(TeacherAtHand):
    """A function of the user's.

    Parameters
    ----------
    module, name
        Where it is, and what it is called there.
    found
        File or folder that its module is to come from: the one that is pinned.
    root
        Folder that modules are looked for in first.
    """

    module: str
    name: str
    found: Path
    root: Path

    def request(self, row: Row) -> Request:
        """Value of each input, by its column: lists too; missing values are `None`.

        Raises
        ------
        TableError
            When a column is missing, or a request cannot say its value.
        """
        return {name: nested(column(row, name), name) for name in self.inputs}

    def predict(self, requests: Sequence[Request]) -> list[Said]:
        """Call the function and read what it gives.

        Raises
        ------
        RejectedError
            When the function raises; its file and line are named.
        BadAnswerError
            When what it gives is not as many answers, or not answers of these labels.
        UsageError
            When its module cannot be imported or has no such function.
        """
        return self._read(self._call(requests))

    async def _said(self, requests: Sequence[Request]) -> list[Said]:
        loop = asyncio.get_running_loop()
        given = await loop.run_in_executor(self.worker, self._call, requests)
        if inspect.isawaitable(given):
            with self._at_home(), self._speaking():
                given = await given
        return self._read(given)

    def _call(self, requests: Sequence[Request]) -> object:
        """Call the function; it gives answers, or what can be awaited for them."""
        with self._at_home():
            function = self._function()
            with self._speaking():
                return function([dict(request) for request in requests])

    def _function(self) -> Function:
        try:
            module = import_module(self.module)
        except Exception as error:  # the user's code may raise anything
            raise UsageError(
                f"the teacher's module {self.module} cannot be imported: {self._said_at(error)}",
                hint="It is code of yours: mend it, or install what it needs.",
            ) from error
        top = sys.modules[self.module.partition(".")[0]]
        loaded = [*getattr(top, "__path__", ()), getattr(top, "__file__", None) or ""]
        if self.found not in {Path(place).resolve() for place in loaded if place}:
            raise UsageError(
                f"the module {self.module} is already loaded from {loaded[0] or 'elsewhere'}, and "
                f"the teacher's is {self.found}",
                hint="Give the teacher's module a name of its own.",
            )
        function = getattr(module, self.name, None)
        if not callable(function):
            raise UsageError(
                f"the module {self.module} ({self.found}) has no function {self.name!r}",
                hint="Write [teacher] source = 'module:callable'.",
            )
        return cast("Function", function)

    @contextmanager
    def _at_home(self) -> Generator[None]:
        """Let the user's modules be found, while they are imported and while they run."""
        sys.path.insert(0, str(self.root))
        try:
            yield
        finally:
            with suppress(ValueError):  # the user's code may have taken it away
                sys.path.remove(str(self.root))

    @contextmanager
    def _speaking(self) -> Generator[None]:
        """Say what the user's code raises as its own, by file and line."""
        try:
            yield
        except (AskingError, DistilproofError):
            raise
        except Exception as error:  # the user's code may raise anything
            raise RejectedError(
                f"{self.module}:{self.name} failed at {self._said_at(error)}"
            ) from error

    def _said_at(self, error: Exception) -> str:
        frames = extract_tb(error.__traceback__)
        own = [f for f in frames if Path(f.filename).resolve().is_relative_to(self.found)]
        place = f"{own[-1].filename}:{own[-1].lineno}: " if own else ""
        if isinstance(error, SyntaxError) and error.filename:
            place = f"{error.filename}:{error.lineno}: "
        return f"{place}{type(error).__name__}: {str(error)[:_SHOWN]}"

    def _read(self, given: object) -> list[Said]:
        if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
            kind = type(cast("object", given)).__name__
            raise BadAnswerError(f"{self.module}:{self.name} gave a {kind}, not a list of answers")
        with self._speaking():
            answers = list(cast("Iterable[object]", given))
        return [self._one(answer) for answer in answers]

    def _one(self, answer: object) -> Said:
        if answer is None:
            return Said(None, refusal="None")
        if isinstance(answer, Mapping) != (self.signal is Signal.PROBABILITIES):
            raise BadAnswerError(
                f"{self.module}:{self.name} gave a {type(answer).__name__}, and the project says "
                f"that it gives {self._gives()}: see gives in [teacher.parameters]"
            )
        if not isinstance(answer, Mapping):
            return Said(self._known(answer))
        weighed = cast("Mapping[object, object]", answer)
        named = {self._known(label): value for label, value in weighed.items()}
        probabilities = checked([named.get(label, 0.0) for label in self.labels], self.labels)
        return Said(likeliest(probabilities, self.labels), probabilities)

    def _gives(self) -> str:
        return next(name for name, signal in GIVES.items() if signal is self.signal)

    def _known(self, label: object) -> str:
        text = label_text(label)
        if text not in self.labels:
            raise BadAnswerError(
                f"{self.module}:{self.name} gave {text[:_SHOWN]!r}, which is none of the labels "
                f"{', '.join(self.labels)}"
            )
        return text
