"""Begins an encoder student: its teacher with fewer layers, or another width from scratch."""

import copy
import os
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast

from distilproof.distil.trainers.options import named_for, options_of
from distilproof.distil.trainers.spec import Spec
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import MissingDependencyError, UsageError
from distilproof.teachers.weights_folder import require_safe_folder

Model = Any
"""A `PreTrainedModel`: torch and transformers are extras without types here."""

_BOUNDLESS = 1_000_000
_LEAST_HEAD = 8
_NUMBERED = re.compile(r"\.(\d+)\.")


class Start(NamedTuple):
    """A student before its first step.

    Parameters
    ----------
    model
        On the CPU, in single precision.
    tokenizer
        That of the model it comes from.
    layers
        Layers that were kept, counted from 0; empty where it begins with random weights.
    max_tokens
        Where a text is cut; `None` where nobody says.
    """

    model: Model
    tokenizer: Any
    layers: tuple[int, ...]
    max_tokens: int | None


def kept_layers(total: int, keep: int) -> tuple[int, ...]:
    """Layers to keep, evenly spaced from the first to the last.

    Parameters
    ----------
    total
        Layers that there are.
    keep
        How many, from 1 to `total`; a single one is the first, which the embeddings fit.

    Examples
    --------
    >>> kept_layers(12, 4), kept_layers(6, 1), kept_layers(3, 3)
    ((0, 4, 7, 11), (0,), (0, 1, 2))
    """
    if keep == 1:
        return (0,)
    # Halves are rounded up, the same way for every number.
    return tuple((2 * at * (total - 1) + keep - 1) // (2 * (keep - 1)) for at in range(keep))


def libraries() -> tuple[Any, Any]:
    """Load PyTorch and transformers; nothing that they report of their use is asked for.

    Raises
    ------
    MissingDependencyError
        When one of them is not installed.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")  # https://donottrack.sh
    try:
        torch, transformers = import_module("torch"), import_module("transformers")
    except ImportError as error:
        raise MissingDependencyError(
            "training an encoder needs torch and transformers, which are not installed",
            hint="pip install 'distilproof[torch]'",
        ) from error
    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return torch, transformers


def source_of(job: TrainingJob) -> Path:
    """Folder that a student begins from: `base` in the options, or else its teacher.

    Raises
    ------
    UsageError
        When there is none.
    """
    said = named_for(options_of(job).get("base"), job)
    if said is not None:
        return job.root / said
    if job.teacher_source is None:
        raise UsageError(
            f"nobody says what the student {job.rung} begins from",
            hint="The teacher has no files here. Write base under [ladder.options]: the folder of "
            "an encoder, with its tokenizer.",
        )
    return job.teacher_source


def start(job: TrainingJob, spec: Spec) -> Start:
    """Make a student from the model in `source_of`; chance is that of torch, seeded before.

    Raises
    ------
    UnsafeModelError
        When the folder could run code when it is loaded.
    UsageError
        When the folder is of no encoder, or has fewer layers than the rung keeps.
    """
    torch, transformers = libraries()
    folder = source_of(job)
    require_safe_folder(folder)
    whole, tokenizer = _loaded(transformers, torch, folder, job)
    if spec.kind == "width":
        config = _narrowed(whole.config, spec.sizes)
        model, layers = transformers.AutoModelForSequenceClassification.from_config(config), ()
    else:
        model, layers = _dropped(transformers, whole, spec.sizes["layers"], job)
    return Start(model.float(), tokenizer, layers, _most(model, tokenizer, job))


def _loaded(transformers: Any, torch: Any, folder: Path, job: TrainingJob) -> tuple[Model, Any]:  # noqa: ANN401 - modules
    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    names = {"id2label": dict(enumerate(job.labels)), "label2id": _places(job.labels)}
    try:
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(str(folder), **here)
        model, found = transformers.AutoModelForSequenceClassification.from_pretrained(
            str(folder),
            use_safetensors=True,
            dtype=torch.float32,
            num_labels=len(job.labels),
            output_loading_info=True,
            **names,
            **here,
        )
    except Exception as error:  # a damaged folder may raise anything
        raise UsageError(
            f"transformers cannot load {folder} as a classifier of {len(job.labels)} labels: "
            f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
            hint="It must be an encoder with its tokenizer, in safetensors.",
        ) from error
    lacking: list[str] = sorted(name for name in found["missing_keys"] if not _is_head(name))
    if lacking:
        raise UsageError(
            f"{folder} is of no encoder: it lacks the weights {', '.join(lacking[:3])}"
        )
    return model, tokenizer


def _is_head(name: str) -> bool:
    """Whether a weight is of a head, which is new where the folder has none."""
    return (
        name.split(".", maxsplit=1)[0] in {"classifier", "pre_classifier", "score", "head"}
        or ".pooler." in name
    )


def _places(labels: Sequence[str]) -> dict[str, int]:
    return {label: at for at, label in enumerate(labels)}


def _dropped(
    transformers: Any,  # noqa: ANN401 - a module
    whole: Model,
    keep: int,
    job: TrainingJob,
) -> tuple[Model, tuple[int, ...]]:
    """Keep embeddings, head and some layers of a model."""
    total = int(whole.config.num_hidden_layers)
    if keep > total:
        raise UsageError(
            f"the rung {job.rung!r} keeps {keep} layers, and there are {total}",
            hint="Write fewer.",
        )
    layers = kept_layers(total, keep)
    if keep == total:
        return whole, layers
    weights: Mapping[str, Any] = whole.state_dict()
    prefix = _prefix(weights, total, job)
    config = copy.deepcopy(whole.config)
    config.num_hidden_layers = keep
    _keep_lists(config, total, layers)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    own = {f"{prefix}{old}.": f"{prefix}{new}." for new, old in enumerate(layers)}
    moved: dict[str, Any] = {}
    for name, value in weights.items():
        if not name.startswith(prefix):
            moved[name] = value
            continue
        number = name[len(prefix) :].partition(".")[0]
        old = f"{prefix}{number}."
        if old in own:
            moved[own[old] + name[len(old) :]] = value
    model.load_state_dict(moved, strict=True)
    return model, layers


def _prefix(weights: Mapping[str, Any], total: int, job: TrainingJob) -> str:
    """Find what the names of all layers' weights begin with."""
    numbers: dict[str, set[int]] = {}
    for name in weights:
        for found in _NUMBERED.finditer(name):
            numbers.setdefault(name[: found.start() + 1], set()).add(int(found[1]))
    fits = [prefix for prefix, seen in numbers.items() if seen == set(range(total))]
    if len(fits) != 1:
        raise UsageError(
            f"the layers of {source_of(job)} cannot be told apart: it shares them, or has several "
            "stacks",
            hint="Write rungs of another width, such as width:128x2, or train with a command.",
        )
    return fits[0]


def _keep_lists(config: Any, total: int, layers: Sequence[int]) -> None:  # noqa: ANN401 - a config
    """Cut what a configuration says of each layer."""
    for name in [one for one in config.__dict__ if "layer" in one]:
        value = getattr(config, name)
        if isinstance(value, list) and len(cast("list[object]", value)) == total:
            setattr(config, name, [value[at] for at in layers])


def _narrowed(config: Any, sizes: Mapping[str, int]) -> Any:  # noqa: ANN401 - a config
    """Configure another width, and so many layers."""
    width, layers = sizes["width"], sizes.get("layers", int(config.num_hidden_layers))
    found, total = copy.deepcopy(config), int(config.num_hidden_layers)
    heads = int(config.num_attention_heads)
    ratio = width / config.hidden_size
    inner = "hidden_dim" if hasattr(config, "hidden_dim") else "intermediate_size"
    found.hidden_size = width
    found.num_hidden_layers = layers
    found.num_attention_heads = _heads(width, heads)
    setattr(found, inner, max(width, round(getattr(config, inner) * ratio)))
    _keep_lists(found, total, kept_layers(total, layers) if layers <= total else range(total))
    return found


def _heads(width: int, most: int) -> int:
    """Most heads of at least eight numbers each that divide a width, and no more than before."""
    fits = [n for n in range(1, most + 1) if width % n == 0 and width // n >= _LEAST_HEAD]
    return max(fits, default=1)


def _most(model: Model, tokenizer: Any, job: TrainingJob) -> int | None:  # noqa: ANN401 - as the model
    said = options_of(job).get("max_tokens")
    if isinstance(said, int):
        return said
    places = getattr(model.config, "max_position_embeddings", None)
    if tokenizer.model_max_length and tokenizer.model_max_length < _BOUNDLESS:
        return min(tokenizer.model_max_length, places or tokenizer.model_max_length)
    # Some architectures keep two places to themselves.
    return places - 2 if places else None
