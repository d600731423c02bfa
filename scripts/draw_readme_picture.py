"""Draws the README's picture from the demo's 30 x 16 student: docs/assets/30x16.svg."""

from pathlib import Path
from tempfile import TemporaryDirectory

from distilproof.examples.census_project import PROJECT_FILE
from distilproof.render.figures.one_student import student_svg
from distilproof.render.view import binding_views
from distilproof.workflows.demo import demo
from distilproof.workflows.project import Project

SIZE = "30x16"
PICTURE = Path(__file__).parents[1] / "docs" / "assets" / f"{SIZE}.svg"


def main() -> None:
    """Run the demo and write the picture."""
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "demo"
        demo(keep=kept, report=None, say=print)
        assessment = Project.load(kept / PROJECT_FILE).evaluate(SIZE).assessment
    PICTURE.write_text(student_svg(SIZE, binding_views(assessment)), encoding="utf-8")
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
