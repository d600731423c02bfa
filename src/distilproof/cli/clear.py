"""`distilproof clear`: asks whether a student may learn from the models that its project names."""

from dataclasses import dataclass
from datetime import date

from cyclopts import Group, Parameter

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json
from distilproof.cli.values import PROJECT_FILE, Answers, Day, File, Json, Said, Who, with_project
from distilproof.errors import UsageError

JUDGING = Group.create_ordered(
    "Judging", help="Records what a person judges, before the models are cleared."
)


@Parameter(name="*", group=JUDGING)
@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFlags:
    """An answer to what only a person can judge.

    Parameters
    ----------
    judge
        Question, and whether its sentence is true; repeat the flag for another.
    because
        Why it is judged so.
    until
        Last day on which the judgement holds.
    """

    judge: Answers | None = None
    because: Said | None = None
    until: Day | None = None

    def said(self, by: str | None) -> tuple[dict[str, bool], str, str, date] | None:
        """Say what is judged, by whom, why, and until when; `None` where nothing is.

        Raises
        ------
        UsageError
            When one of the three is missing, or nothing is judged and one of them is given.
        """
        if not self.judge:
            given = "--because" if self.because else "--until" if self.until else None
            if given:
                raise UsageError(f"{given} is given, and no --judge", hint="Add --judge KEY=yes.")
            return None
        if by and self.because and self.until:
            return dict(self.judge), by, self.because, self.until
        words = [("--by", by), ("--because", self.because), ("--until", self.until)]
        lacking = " and ".join(flag for flag, value in words if not value)
        raise UsageError(
            f"--judge needs {lacking}",
            hint="A judgement says who gives it, why, and until when: "
            "--by WHO --because WHY --until DATE.",
        )


def clear(
    *,
    by: Who | None = None,
    judging: JudgeFlags = JudgeFlags(),
    project: File = PROJECT_FILE,
    as_json: Json = False,
) -> int:
    """Hold the terms of every model of the project against its use, and keep the answer.

    Exit status: 0 the student may learn, 1 it may not, 3 a person must judge or nobody knows.

    Parameters
    ----------
    by
        Who asks, and who judges; the student's owner asks without it.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    said = judging.said(by)
    with loading():
        from distilproof.render.clearance import clearance_dict, clearance_text
        from distilproof.sources.project_file import read_project_file
        from distilproof.workflows.clear import Answers as Given
        from distilproof.workflows.clear import clear as run_clear
        from distilproof.workflows.clear import judge
        from distilproof.workflows.lineage_files import (
            current_clearance,
            kept_hints,
            void_permissions,
        )

    file, folder = read_project_file(project), project.parent
    if said is not None:
        given, who, because, until = said
        answers = Given(given=given, by=who, because=because, until=until)
        judge(folder, file.lineage, answers)
    found = run_clear(folder, file.lineage, by=by or file.owner)
    hints, kept = kept_hints(folder), current_clearance(folder)
    void = [one.file for one in void_permissions(folder)]
    if as_json:
        print_json(clearance_dict(found, hints) | {"void_permissions": void, "file": str(kept)})
    else:
        flag = with_project("", project)
        text = clearance_text(found, hints, void=void, colour=colour(), flag=flag)
        print_answer(text, clearance=kept)
    return found.verdict.exit_code
