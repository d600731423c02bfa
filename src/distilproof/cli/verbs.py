"""The verbs: where each lives, and what `--help` says of it before it is loaded."""

from typing import NamedTuple


class Verb(NamedTuple):
    """A verb of the command line, or a group of verbs that share their first word.

    `name` is all of its words; `text` is one sentence, which the list of verbs shows, and below it
    more for the verb's own page.
    """

    name: str
    text: str
    verbs: tuple["Verb", ...] = ()

    @property
    def word(self) -> str:
        """Last of its words, by which its group knows it."""
        return self.name.rpartition(" ")[2]

    @property
    def target(self) -> str:
        """Function that carries it out, as `module:name`; a group has none."""
        return f"distilproof.cli.{self.name.partition(' ')[0]}:{self.name.replace(' ', '_')}"


VERBS = (
    Verb(
        "demo",
        """See it work: three students of one teacher, on census data.

Trains a teacher, distils three students, and judges each by slice. Needs
scikit-learn and no network. A demo that ran exits 0, whatever it found.

  distilproof demo --keep demo""",
    ),
    Verb(
        "init",
        """Write a project file from a table.

Guesses roles, slices and bars from the table, and says what it guessed.

  distilproof init predictions.parquet""",
    ),
    Verb(
        "evaluate",
        """Measure a prediction table, and judge it by the bars given.

With no bar it reports and exits 0. With a bar it exits 0 when every critical
slice is shown to hold it, 1 when one is shown to break it, and 3 when the
rows are too few to tell.

  distilproof evaluate predictions.parquet --label y --teacher t --student s
  distilproof evaluate predictions.parquet --label y --teacher t --student s \\
    --slices lang,tier --critical lang=es --floor 0.9 --report report.html""",
    ),
    Verb(
        "gate",
        """May this student be released?

Asks all six checks of the project file, and keeps the run. Exits 0 released,
1 refused, 3 cannot judge, which includes a check that nobody measured.

  distilproof gate""",
    ),
    Verb(
        "report",
        """Write the report of a run.

One HTML page without script; judges first if nothing was judged yet.

  distilproof report --out report.html""",
    ),
    Verb(
        "explain",
        """Say what a finding means, and what to do.

Also how it is computed, and where that comes from. Lists all codes without one.

  distilproof explain G3-accuracy-floor""",
    ),
)
"""In the order in which they are met."""

COMMANDS = tuple(command for verb in VERBS for command in verb.verbs or (verb,))
"""What can be carried out: verbs, and the verbs of groups in the place of their group."""
