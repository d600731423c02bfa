"""Reads the prompt of a student that is a language model."""

from collections.abc import Sequence

from distilproof.errors import UsageError
from distilproof.teachers.prompt_template import PromptTemplate, parse_prompt


def student_prompt(prompt: str, inputs: Sequence[str]) -> PromptTemplate:
    """Cut a student's prompt at its places, `{column}`: see `parse_prompt`.

    Raises
    ------
    UsageError
        When it has a place for no input, or an input has no place.
    """
    try:
        return parse_prompt(prompt, inputs)
    except UsageError as error:
        message = error.message.replace("the teacher's prompt", "the student's prompt")
        hint = "Write {column} for each input in [ladder.options] prompt; {{ or }} for a brace."
        raise UsageError(message, hint=hint) from error
