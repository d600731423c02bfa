"""`distilproof sweep`: finds the smallest student that holds every critical slice."""

from dataclasses import dataclass
from shlex import quote

from cyclopts import Group, Parameter

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import PROJECT_FILE, File, Json, Money, Whole, with_project
from distilproof.errors import UsageError
from distilproof.render.visible import visible

LIMITS = Group.create_ordered(
    "Limits", help="Of asking the teacher about rows that it has not answered yet."
)

_NONE = 0


@Parameter(name="*", group=LIMITS)
@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLimitFlags:
    """What asking the teacher may take.

    Parameters
    ----------
    max_usd
        US dollars that may be spent; as the project says without it.
    max_requests
        Requests that may be sent; as the project says without it.
    """

    max_usd: Money | None = None
    max_requests: Whole | None = None


def sweep(
    *,
    jobs: Whole = 1,
    limits: SweepLimitFlags = SweepLimitFlags(),
    project: File = PROJECT_FILE,
    as_json: Json = False,
) -> int:
    """Train every size of the ladder, and certify the smallest that holds.

    Exit status: 0 a size is chosen, 1 every size is broken, 3 cannot judge.

    Parameters
    ----------
    jobs
        Sizes to train at once.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    if jobs == _NONE:
        raise UsageError("--jobs 0 would train nothing", hint="Write 1 or more.")
    with loading():
        from distilproof.render.sweep import sweep_dict, sweep_text
        from distilproof.workflows.project import Project
        from distilproof.workflows.sweep_wishes import SweepWishes

    loaded = Project.load(project)
    wishes = SweepWishes(
        jobs=jobs, max_usd=limits.max_usd, max_requests=limits.max_requests, say=say
    )
    swept = loaded.sweep(wishes)
    if as_json:
        print_json(sweep_dict(swept.sweep, swept.costs) | {"folder": str(swept.folder)})
        return swept.exit_code
    command = None
    if swept.chosen is not None:
        command = visible(with_project(f"distilproof gate {quote(swept.chosen)}", project))
    text = sweep_text(swept.sweep, swept.costs, colour=colour(), next_command=command)
    print_answer(text, sweep=swept.folder)
    return swept.exit_code
