"""A project: the folder of a project file, and what the file says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from distilproof.gate.slicing import with_crosses
from distilproof.sources.project_file import ProjectFile, read_project_file
from distilproof.workflows.options import Settings

PROJECT_FILE = "distilproof.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
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
    def folder(self) -> Path:
        """Folder that the file's paths are relative to."""
        return self.path.parent

    @property
    def table(self) -> str:
        """Table of predictions: a path from here, or a URL."""
        table = self.file.table
        return table if "://" in table else str(self.folder / table)

    @property
    def settings(self) -> Settings:
        """How the predictions are read, and what is asked of them."""
        file = self.file
        return Settings(
            roles=file.roles,
            layout=with_crosses(file.layout, file.slicing, label=file.roles.label),
            slicing=file.slicing,
            policy=file.policy,
            student_name=file.student,
            teacher_name=file.teacher,
            table_name=file.table_name,
            query=file.query,
        )
