"""`transformers`: a text classifier in a folder of safetensors, with its tokenizer.

Nothing is fetched, and no code is run that lies in the folder or is named there: there is no
setting that would allow it. The model runs in single precision, and its logits become probabilities
by their softmax. A text that is longer than the model takes is cut at its end.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from distilproof.errors import MissingDependencyError, TableError, UsageError
from distilproof.teachers.at_hand import Said, TeacherAtHand, identity_of
from distilproof.teachers.failures import RejectedError
from distilproof.teachers.probabilities import checked, likeliest
from distilproof.teachers.project_says import (
    placed,
    renamed,
    require_inputs,
    require_parameters,
)
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Request, Row, Signal
from distilproof.teachers.weights_folder import require_safe_folder

TEXTS_AT_ONCE = 32
"""Texts that go through the model at once, padded to the longest of them."""

TEXTS_A_CALL = 4 * TEXTS_AT_ONCE
"""Texts that are asked about in one call; those of like length go through at once."""

Model = Any
"""A `PreTrainedModel`: torch and transformers are loaded with the first model, seconds later."""

_PAIR = 2
_BOUNDLESS = 1_000_000
_SHOWN = 300


class Loaded(NamedTuple):
    """A model that is ready, its tokenizer, and the most tokens it takes; `None` for any number."""

    model: Model
    tokenizer: Any
    most: int | None


def load(settings: TeacherSettings) -> "TextClassifier":
    """Load a folder of safetensors.

    Parameters
    ----------
    settings
        With a folder as `source`, and one input, or two for a pair of texts. `labels` may be left
        out where the model's own are good. The parameter `device` says where it runs, `cpu` where
        nobody says; `max_tokens` where a text is cut.

    Raises
    ------
    UnsafeModelError
        When the folder holds code or names it, or has pickled weights only.
    UsageError
        When it is no folder of a text classifier that fits the settings.
    MissingDependencyError
        When torch or transformers is not installed.
    """
    said = require_parameters(settings, {"device": str, "max_tokens": int})
    inputs = require_inputs(settings)
    if len(inputs) > _PAIR:
        raise UsageError(
            f"the teacher {settings.name} reads one text, or a pair, and the project names "
            f"{len(inputs)} columns",
            hint="Join them to one column of text, as it was trained on.",
        )
    folder = Path(settings.source)
    require_safe_folder(folder)
    most = said.get("max_tokens")
    loaded = _loaded(
        folder, str(said.get("device", "cpu")), most if isinstance(most, int) else None
    )
    own = _labels(loaded.model, folder)
    padded = loaded.tokenizer.pad_token is not None
    return TextClassifier(
        identity=identity_of(settings),
        signal=Signal.PROBABILITIES,
        labels=renamed(own, settings),
        inputs=placed((), None, settings),
        batch_size=TEXTS_A_CALL if padded else 1,
        loaded=loaded,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextClassifier(TeacherAtHand):
    """A classifier of one text, or of a pair of texts.

    Parameters
    ----------
    loaded
        Model and tokenizer.
    """

    loaded: Loaded

    def request(self, row: Row) -> Request:
        """Text of each input, by its column.

        Raises
        ------
        TableError
            When a column is missing, or holds no text.
        """
        found = TeacherAtHand.request(self, row)
        for name, value in found.items():
            if not isinstance(value, str):
                raise TableError(
                    f"the column {name!r} holds {value!r} in the place of a text",
                    hint="Leave such rows out, or fill them in.",
                )
        return found

    def predict(self, requests: Sequence[Request]) -> list[Said]:
        """Classify a batch of texts.

        Raises
        ------
        RejectedError
            When the model cannot take them.
        BadAnswerError
            When its output is no probabilities.
        """
        found = [checked(row, self.labels) for row in self.weighed(requests)]
        return [Said(likeliest(row, self.labels), row) for row in found]

    def weighed(self, requests: Sequence[Request]) -> list[list[float]]:
        """Weigh the labels of a batch of texts, in its order; NaN where the model goes astray.

        Raises
        ------
        RejectedError
            When the model cannot take them.
        """
        try:
            return self._in_order(requests)
        except Exception as error:  # a model may raise anything at texts it was not made for
            raise RejectedError(
                f"the model cannot take the texts: {type(error).__name__}: {str(error)[:_SHOWN]}"
            ) from error

    def _in_order(self, requests: Sequence[Request]) -> list[list[float]]:
        """Probabilities in the order of the texts, which go through by their length."""
        lengths = [sum(len(str(request[name])) for name in self.inputs) for request in requests]
        order = sorted(range(len(requests)), key=lengths.__getitem__)
        found: dict[int, list[float]] = {}
        for start in range(0, len(order), TEXTS_AT_ONCE):
            at = order[start : start + TEXTS_AT_ONCE]
            found.update(zip(at, self._through([requests[place] for place in at]), strict=True))
        return [found[place] for place in range(len(requests))]

    def _through(self, requests: Sequence[Request]) -> list[list[float]]:
        torch: Any = import_module("torch")
        model, tokenizer, most = self.loaded
        texts = [[request[name] for request in requests] for name in self.inputs]
        tokens = tokenizer(
            *texts,
            padding=len(requests) > 1,
            truncation=most is not None,
            max_length=most,
            return_tensors="pt",
        )
        with torch.inference_mode():
            logits = model(**tokens.to(model.device)).logits
            return torch.softmax(logits.double(), dim=-1).tolist()


def _loaded(folder: Path, device: str, said: object) -> Loaded:
    # What a library reports of its use is not asked for: https://donottrack.sh
    os.environ.setdefault("DO_NOT_TRACK", "1")
    try:
        torch: Any = import_module("torch")
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise MissingDependencyError(
            "the transformers adapter needs torch and transformers, which are not installed",
            hint="pip install 'distilproof[torch]'",
        ) from error
    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        with _quiet(transformers.utils.logging):
            tokenizer: Any = transformers.AutoTokenizer.from_pretrained(str(folder), **here)
            model, found = transformers.AutoModelForSequenceClassification.from_pretrained(
                str(folder),
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
                **here,
            )
        model = model.to(device).eval()
    except Exception as error:  # a damaged folder may raise anything
        raise UsageError(
            f"transformers cannot load {folder}: {type(error).__name__}: {str(error)[:_SHOWN]}",
            hint="It must be a text classifier (AutoModelForSequenceClassification) with its "
            "tokenizer, saved by a version of transformers that is not newer than the one here.",
        ) from error
    lacking: list[str] = sorted(found["missing_keys"])
    if lacking:
        raise UsageError(
            f"{folder} holds no trained classifier: the weights lack {', '.join(lacking[:3])}",
            hint="A model without a trained head would answer at random. Name the folder of the "
            "tuned model.",
        )
    return Loaded(model, tokenizer, said if isinstance(said, int) else _most(model, tokenizer))


@contextmanager
def _quiet(logging: Any) -> Generator[None]:  # noqa: ANN401 - a module of transformers
    """Keep transformers from drawing bars and reports: what is wrong is said by an error."""
    level, drawn = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if drawn:
            logging.enable_progress_bar()


def _most(model: Model, tokenizer: Any) -> int | None:  # noqa: ANN401 - as the model
    """Most tokens that a model takes; `None` where neither it nor its tokenizer says."""
    said, places = (
        tokenizer.model_max_length,
        getattr(model.config, "max_position_embeddings", None),
    )
    if said and said < _BOUNDLESS:
        return min(said, places or said)
    # Some architectures keep two places to themselves.
    return places - 2 if places else None


def _labels(model: Model, folder: Path) -> tuple[str, ...]:
    config = model.config
    if config.problem_type not in {None, "single_label_classification"} or config.num_labels == 1:
        raise UsageError(
            f"{folder} answers with numbers, or with several labels at once, not with one label of "
            "several",
            hint="A teacher of the transformers adapter answers one of several labels.",
        )
    return tuple(str(config.id2label[at]) for at in range(config.num_labels))
