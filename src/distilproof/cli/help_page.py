"""Draws panels of `--help`: lines break where the page ends, not where a docstring broke them."""

from typing import TYPE_CHECKING

from cyclopts.help import DefaultFormatter, InlineText

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions


class Paragraphs(DefaultFormatter):
    """Draws a page as the library does, and what is said of each parameter as one paragraph."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        """Draw a panel of commands or parameters.

        Parameters
        ----------
        console, options
            Where to draw it, and how wide.
        panel
            What to draw.
        """
        # Drawing loads rich, which no verb at work needs.
        from rich.text import Text

        for entry in panel.entries:
            if isinstance(entry.description, InlineText):
                said = entry.description.primary_renderable
                if isinstance(said, Text):
                    said.plain = " ".join(said.plain.split())
        super().__call__(console, options, panel)
