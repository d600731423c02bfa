"""A project file that was read: what it says, and what there is to judge."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from distilproof.errors import CannotJudgeError
from distilproof.sources.files import is_table
from distilproof.sources.project_file import ProjectFile, read_project_file
from distilproof.sources.project_lineage import Lineage
from distilproof.workflows.options import Settings
from distilproof.workflows.swept_rung import Judgeable, find_swept

PROJECT_FILE = "distilproof.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProject:
    """A project file that was read.

    Parameters
    ----------
    path
        The file.
    file
        What it says.
    """

    path: Path
    file: ProjectFile

    @classmethod
    def load(cls, path: str | Path = PROJECT_FILE) -> Self:
        """Read a project file.

        Raises
        ------
        ProjectFileError
            When it cannot be read or used.
        """
        return cls(path=Path(path), file=read_project_file(Path(path)))

    @property
    def name(self) -> str:
        """Name of the student."""
        return self.file.student

    @property
    def folder(self) -> Path:
        """Folder that the file's paths are relative to."""
        return self.path.parent

    @property
    def settings(self) -> Settings:
        """How the predictions are read, and what is asked of them."""
        file = self.file
        return Settings(
            roles=file.roles,
            layout=file.layout,
            slicing=file.slicing,
            policy=file.policy,
            student_name=file.student,
            teacher_name=file.teacher,
            table_name=file.table_name,
            query=file.query,
        )

    def predictions(self, named: str | None = None) -> Judgeable:
        """Table of predictions to judge, how it is read, and which size it is of a sweep.

        Parameters
        ----------
        named
            A table, by its path from here or its URL, or a size of the newest sweep. When `None`
            the table that the project file names; where it names none, the size that was chosen.

        Raises
        ------
        CannotJudgeError
            When there is nothing to judge yet, or no student of that size.
        UsageError
            When the newest sweep cannot be read.
        """
        table = named or self.file.table
        if named is not None and is_table(named):
            return Judgeable(named, self.settings)
        if named is not None or table is None:
            swept = find_swept(self.folder, self.file, self.settings, named)
            if swept is not None:
                return swept
        if table is None:
            raise CannotJudgeError(
                f"there is nothing to judge: {self.path} names no table under [predictions], and "
                "the project was not swept yet",
                hint="Sweep first: distilproof sweep. Or name a table.",
            )
        if named is None and "://" not in table:
            table = str(self.folder / table)
        return Judgeable(table, self.settings)

    @property
    def lineage(self) -> Lineage:
        """The models behind the student, and the use it is meant for."""
        return self.file.lineage
