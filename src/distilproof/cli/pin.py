"""`distilproof pin`: records which teacher it is, and sees whether it moved."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Group, Parameter

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import PROJECT_FILE, File, Json, Money, Switch, Whole, with_project
from distilproof.errors import UsageError
from distilproof.render.visible import visible

if TYPE_CHECKING:
    from distilproof.sources.project_file import ProjectFile
    from distilproof.teachers.teacher import Cost
    from distilproof.workflows.pin import Wishes

ASKING = Group.create_ordered(
    "Canaries", help="A teacher behind a server is known by its answers to these prompts."
)

SCHEMA = "distilproof.pin-cost/1"


@Parameter(name="*", group=ASKING)
@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFlags:
    """How the canaries are made, and what asking them may take.

    Parameters
    ----------
    canaries
        Prompts to keep, 50 without it, and at least 20; gives a teacher at hand canaries too.
    repeats
        Times that each is asked to learn how much the teacher wavers, 10 without it and at least.
    max_usd
        US dollars that asking may take; a fifth more than is announced without it.
    max_requests
        Requests that asking may take; a fifth more than is announced without it.
    dry_run
        Say what pinning would take, and send nothing.
    """

    canaries: Whole | None = None
    repeats: Whole | None = None
    max_usd: Money | None = None
    max_requests: Whole | None = None
    dry_run: Switch = False

    def wishes(self, *, replace: bool) -> "Wishes":
        """How the teacher is pinned.

        Raises
        ------
        UsageError
            When the canaries or the repeats are too few.
        """
        from distilproof.teachers.fingerprint import Canaries
        from distilproof.workflows.pin import Wishes

        usual, said = Canaries(), self.canaries is not None or self.repeats is not None
        canaries = Canaries(
            count=usual.count if self.canaries is None else self.canaries,
            repeats=usual.repeats if self.repeats is None else self.repeats,
        )
        return Wishes(
            replace=replace,
            canaries=canaries if said else None,
            max_usd=self.max_usd,
            max_requests=self.max_requests,
            tell=say,
        )


def pin(
    *,
    check: Switch = False,
    replace: Switch = False,
    asking: CanaryFlags = CanaryFlags(),
    project: File = PROJECT_FILE,
    as_json: Json = False,
) -> int:
    """Record which teacher it is, or with --check see whether it is still the same.

    Exit status: 0 pinned or the same, 1 moved, 3 could not tell.

    Parameters
    ----------
    check
        Look whether the teacher is the one that was pinned.
    replace
        Make a new pin in the place of the one that is there.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    if check and (replace or asking.dry_run or asking.canaries or asking.repeats):
        raise UsageError(
            "--check looks at the pin that is there, and makes none",
            hint="Leave out --check, or the flags that say how a pin is made.",
        )
    with loading():
        from distilproof.sources.project_file import read_project_file
        from distilproof.workflows.pin import foresee

        wishes = asking.wishes(replace=replace)
    file = read_project_file(project)
    if check:
        return _check(file, wishes, project, as_json=as_json)
    if asking.dry_run:
        return _said_cost(foresee(project.parent, file, wishes), project, as_json=as_json)
    return _pin(file, wishes, project, as_json=as_json)


def _pin(file: "ProjectFile", wishes: "Wishes", project: Path, *, as_json: bool) -> int:
    from distilproof.render.pin import pinned_dict, pinned_text
    from distilproof.workflows.pin import pin as run_pin
    from distilproof.workflows.pin_files import pin_file

    made, kept = run_pin(project.parent, file, wishes), pin_file(project.parent)
    if as_json:
        print_json(pinned_dict(made.pin, made.spent, kept=made.kept) | {"file": str(kept)})
    else:
        flag = with_project("", project)
        text = pinned_text(made.pin, made.spent, kept=made.kept, colour=colour(), flag=flag)
        print_answer(text, pin=kept)
    return 0


def _check(file: "ProjectFile", wishes: "Wishes", project: Path, *, as_json: bool) -> int:
    from distilproof.render.pin import EXIT_CODES, checked_dict, checked_text
    from distilproof.workflows.pin import check_pin

    seen = check_pin(project.parent, file, wishes)
    if as_json:
        print_json(
            checked_dict(seen.pin, seen.found, seen.reasons, watch=seen.watch, spent=seen.spent)
        )
    else:
        flag = with_project("", project)
        print(
            checked_text(
                seen.pin, seen.found, seen.reasons, watch=seen.watch, colour=colour(), flag=flag
            )
        )
    return EXIT_CODES[seen.found]


def _said_cost(cost: "Cost", project: Path, *, as_json: bool) -> int:
    from distilproof.render.pin import cost_words

    if as_json:
        print_json({"schema": SCHEMA, "requests": cost.requests, "usd": cost.usd})
    else:
        print(f"pinning takes {cost_words(cost)} at most, and nothing was sent")
        print(visible(f"next: {with_project('distilproof pin', project)}"))
    return 0
