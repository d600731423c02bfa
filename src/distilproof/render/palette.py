"""Colours of report and figures, light and dark, told apart by people who see few colours."""

LIGHT: dict[str, str] = {
    "ink": "#1c2127",
    "muted": "#59636e",
    "line": "#c9ced4",
    "hair": "#e6e9ec",
    "paper": "#ffffff",
    "ground": "#f5f6f7",
    "student": "#1f5fa9",
    "teacher": "#857a6b",
    "pass": "#1b7a4b",
    "warn": "#8f5f00",
    "fail": "#bf3019",
    "introduced": "#c65a1e",
    "inherited": "#8591a0",
    "different": "#bfc7d0",
    "repaired": "#22857b",
}
"""Colours on white, by role; figures are drawn in them."""

DARK: dict[str, str] = {
    "ink": "#e7eaed",
    "muted": "#a3acb6",
    "line": "#454d57",
    "hair": "#2a3037",
    "paper": "#15181c",
    "ground": "#1d2126",
    "student": "#7ab2f2",
    "teacher": "#b9ab98",
    "pass": "#5ac690",
    "warn": "#e3b04b",
    "fail": "#ff8069",
    "introduced": "#f08b52",
    "inherited": "#8d99a8",
    "different": "#586371",
    "repaired": "#4fbdb1",
}
"""The same roles on a dark page."""


def declarations(colours: dict[str, str]) -> str:
    """Write colours as CSS custom properties: `--ink:#1c2127;` and so on."""
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())
