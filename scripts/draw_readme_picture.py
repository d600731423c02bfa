"""Draws the README's picture from the demo's 30 x 16 student: docs/assets/30x16.svg."""

from pathlib import Path

from distilproof.render.figures.students import smallest_student_svg
from distilproof.render.view import binding_views
from distilproof.workflows.demo import demo

SIZE = "30x16"
PICTURE = Path(__file__).parents[1] / "docs" / "assets" / f"{SIZE}.svg"


def main() -> None:
    """Run the demo and write the picture."""
    students = demo(keep=None, report=None, say=print).students
    assessment = next(a for a, _ in students if a.student == SIZE)
    svg = smallest_student_svg(assessment.student, binding_views(assessment))
    PICTURE.write_text(svg, encoding="utf-8")
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
