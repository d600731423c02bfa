"""A prompt with a place for each input: what a row holds can never open another place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from distilproof.canonical import canonical_json
from distilproof.errors import TableError, UsageError
from distilproof.teachers.asked_values import Scalar

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<column>[^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A prompt, cut at its places once.

    Parameters
    ----------
    literals
        Text before the first place, between places and after the last: one more than places.
    places
        Column that each place takes.
    """

    literals: tuple[str, ...]
    places: tuple[str, ...]

    def fill(self, values: Mapping[str, Scalar]) -> str:
        """Put values into their places, as they are: braces in them mean nothing.

        Parameters
        ----------
        values
            By column; `None` is said as no text at all.

        Raises
        ------
        TableError
            When nothing is there to be asked, or a text holds half a character of UTF-16.

        Examples
        --------
        >>> template = parse_prompt("{lang}: {text} {{sic}}", ["lang", "text"])
        >>> template.fill({"lang": None, "text": "{lang}"})
        ': {lang} {sic}'
        """
        said = [_text(values[column], column) for column in self.places]
        if not any(text.strip() for text in said):
            raise TableError(
                f"a row has nothing in {', '.join(self.places)}: there is nothing to ask",
                hint="Leave such rows out of the table.",
            )
        return "".join(
            part for pair in zip(self.literals, (*said, ""), strict=True) for part in pair
        )


def parse_prompt(prompt: str, inputs: Sequence[str]) -> PromptTemplate:
    """Cut a prompt at its places, `{column}`; a brace that is meant is written twice.

    Parameters
    ----------
    prompt
        The template.
    inputs
        Columns that the teacher reads: each has a place, and no other has one.

    Raises
    ------
    UsageError
        When a brace stands alone, a place is of no input, or an input has no place.
    """
    literals, places, end = [""], list[str](), 0
    for piece in _PIECE.finditer(prompt):
        literals[-1] += prompt[end : piece.start()]
        end = piece.end()
        column = piece["column"]
        if column is not None:
            places.append(_known(column, inputs))
            literals.append("")
        elif len(piece[0]) > 1:
            literals[-1] += piece[0][0]
        else:
            line = prompt.count("\n", 0, piece.start()) + 1
            raise UsageError(
                f"a {piece[0]} stands alone in line {line} of the teacher's prompt",
                hint="Write {column} for an input, and {{ or }} for a brace that is meant.",
            )
    literals[-1] += prompt[end:]
    lacking = [name for name in inputs if name not in places]
    if lacking:
        raise UsageError(
            f"the teacher's prompt has no place for {', '.join(lacking)}",
            hint=f"Write {{{lacking[0]}}} where it belongs, or leave it out of [teacher] inputs.",
        )
    return PromptTemplate(tuple(literals), tuple(places))


def _known(column: str, inputs: Sequence[str]) -> str:
    if column in inputs:
        return column
    close = get_close_matches(column, inputs, n=1)
    meant = f"Did you mean {{{close[0]}}}? " if close else ""
    raise UsageError(
        f"the teacher's prompt has a place for {column!r}, which is none of its inputs",
        hint=f"{meant}Name the columns that the prompt takes in [teacher] inputs; a brace that is "
        "meant is written twice.",
    )


def _text(value: Scalar, column: str) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else canonical_json(value).decode()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TableError(
            f"the column {column!r} holds text that is no Unicode: half of a pair of UTF-16",
            hint="Repair the text, or leave the row out.",
        ) from None
    return text
