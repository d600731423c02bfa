"""Holds what a project says of its teacher to what the teacher needs to be told."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from distilproof.errors import UsageError
from distilproof.teachers.settings import Scalar, TeacherSettings


def require_labels(settings: TeacherSettings) -> tuple[str, ...]:
    """Labels that the project names, of a teacher that cannot name them itself.

    Raises
    ------
    UsageError
        When it names none.
    """
    if not settings.labels:
        raise UsageError(
            f"the project does not say which labels the teacher {settings.name} may answer",
            hint="Name them all in [teacher] labels, in the order of its probabilities.",
        )
    return settings.labels


def require_inputs(settings: TeacherSettings) -> tuple[str, ...]:
    """Columns that the project names, of a teacher that cannot name them itself.

    Raises
    ------
    UsageError
        When it names none.
    """
    if not settings.inputs:
        raise UsageError(
            f"the project does not say which columns the teacher {settings.name} reads",
            hint="Name them in [teacher] inputs, in its order.",
        )
    return settings.inputs


def placed(own: Sequence[str], count: int | None, settings: TeacherSettings) -> tuple[str, ...]:
    """Columns that a model reads, in its order, as the rows call them.

    The project may call them otherwise than the model, but not put one that both know in another
    place: nobody would see that values were mixed up.

    Parameters
    ----------
    own
        Names that the model knows; empty where it knows none.
    count
        How many it reads; `None` where it does not say.
    settings
        The teacher, as the project names it.

    Raises
    ------
    UsageError
        When nobody names them, or the project names more or fewer or in another order.
    """
    inputs = settings.inputs or tuple(own)
    order = f"It was trained on: {', '.join(own)}." if own else ""
    if not inputs:
        raise UsageError(
            f"the teacher {settings.name} does not know the names of its columns",
            hint="Name them in [teacher] inputs, in the order it was trained on.",
        )
    if count is not None and len(inputs) != count:
        raise UsageError(
            f"the teacher {settings.name} reads {count} columns, and the project names "
            f"{len(inputs)}",
            hint=order or "Name them in [teacher] inputs, in the order it was trained on.",
        )
    moved = [name for name, at in zip(inputs, own, strict=False) if name in own and name != at]
    if moved:
        raise UsageError(
            f"[teacher] inputs has {', '.join(moved)} in another place than the teacher "
            f"{settings.name} was trained with",
            hint=order,
        )
    return inputs


def renamed(own: Sequence[str], settings: TeacherSettings) -> tuple[str, ...]:
    """Labels of a model by the project's names for them, one for one; its own where it names none.

    Raises
    ------
    UsageError
        When the project names more or fewer, or the model's own names are not unique.
    """
    if settings.labels and len(settings.labels) != len(own):
        raise UsageError(
            f"the teacher {settings.name} has {len(own)} labels ({', '.join(own)}), and the "
            f"project names {len(settings.labels)}",
            hint="Name one for each in [teacher] labels, in that order, or leave it out.",
        )
    if len(set(own)) != len(own):
        raise UsageError(f"two labels of the teacher {settings.name} are the same as text")
    return settings.labels or tuple(own)


def require_parameters(
    settings: TeacherSettings, known: Mapping[str, type]
) -> Mapping[str, Scalar]:
    """Parameters that the project gives, by name: none that the adapter does not know.

    Raises
    ------
    UsageError
        When one is unknown, or of another type.
    """
    for name, value in settings.parameters:
        if name not in known:
            takes = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
            raise UsageError(
                f"the {settings.adapter} adapter knows no parameter {name!r}", hint=takes
            )
        if not isinstance(value, known[name]):
            raise UsageError(
                f"the parameter {name!r} of the {settings.adapter} adapter is no "
                f"{known[name].__name__}: {value!r}"
            )
    return dict(settings.parameters)


def require_file(settings: TeacherSettings) -> Path:
    """File that the source names.

    Raises
    ------
    UsageError
        When there is none, or it is a folder.
    """
    path = Path(settings.source)
    if not path.exists():
        raise UsageError(f"there is no file {path}", hint="Name what is there in [teacher] source.")
    if not path.is_file():
        raise UsageError(
            f"{path} is no file, and the {settings.adapter} adapter reads one",
            hint="Name the file itself in [teacher] source.",
        )
    return path
