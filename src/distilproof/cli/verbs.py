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
        """See it work: a ladder of students, on census data.

Trains a teacher, clears and pins it, asks it for labels, trains students of
eight sizes on its probabilities and on its answers, and finds the smallest
that holds every critical slice. Needs scikit-learn, no network, and about a
minute. A demo that ran exits 0, whatever it found.

  distilproof demo --keep demo""",
    ),
    Verb(
        "init",
        """Write a project file from a table.

Guesses roles, slices and bars from the table, and says what it guessed.

  distilproof init predictions.parquet""",
    ),
    Verb(
        "terms",
        """What may teachers' answers be used for?

The register says what licences and terms of service let a student learn from.
It is a starting point with a date, and no legal advice.

  distilproof terms list
  distilproof terms check llama-3.1 --kind generator --distribution published""",
        (
            Verb(
                "terms list",
                """List the register.

One line an entry: how the model is reached, how well the text is known, of
which date it is, and when somebody has to read it again.

  distilproof terms list
  distilproof terms list --route api --family openai""",
            ),
            Verb(
                "terms show",
                """Show what one entry permits, asks and owes.

Also how well that is known, since when, and where the text stands. As TOML it
can be changed and added to a project.

  distilproof terms show llama-3.1
  distilproof terms show llama-3.1 --toml""",
            ),
            Verb(
                "terms check",
                """What would these terms say to a use?

Writes nothing, and knows no permission and no judgement: clear does. The use
is that of the project where there is one, and flags change it. Exits 0 open,
1 forbidden, 3 a person must judge or nobody knows.

  distilproof terms check llama-3.1
  distilproof terms check llama-3.1 --kind generator --distribution published""",
            ),
            Verb(
                "terms stale",
                """Which entries must be read again?

Of the project's terms where there is a project, else of the whole register:
those past their review date, and those that will be within 30 days. Exits 3
when one is past it.

  distilproof terms stale""",
            ),
            Verb(
                "terms add",
                """Add entries of your own to the project.

Checks a TOML file and copies it to the folder terms beside the project file.
An entry with the id of another takes its place there, and says so.

  distilproof terms add our-contract.toml""",
            ),
            Verb(
                "terms diff",
                """What changed between two entries, and which verdicts.

Each is an id of the register or a TOML file.

  distilproof terms diff llama-3 llama-3.1""",
            ),
            Verb(
                "terms hints",
                """Keep what a gateway says of its models.

Reads a gateway's list of models, as JSON, with its flags on training or
distillation. Hints are shown by clear and terms show; they never clear.

  distilproof terms hints models.json""",
            ),
        ),
    ),
    Verb(
        "clear",
        """May this student learn from these models?

Holds the terms of every model that the project names against its use, and
keeps the answer. Asks nothing: where a person must judge, it prints the
sentence and the command that records the answer. Exits 0 open, 1 forbidden,
3 a person must judge or nobody knows.

  distilproof clear
  distilproof clear --judge openai-services-2026-01.not_competing=yes \\
    --by counsel@example.org --because "we sell no models" --until 2027-05-01""",
    ),
    Verb(
        "permit",
        """Keep a permission that somebody gave.

A letter, an order form or a dated copy of terms: its bytes are kept with who
read it, what it grants, for which models and uses, and until when. It opens
what it names and nothing else.

  distilproof permit letter.pdf --reads counsel@example.org \\
    --grants "May train an internal classifier on outputs." \\
    --model big-1 --terms anthropic-commercial-2025-06 \\
    --kind classifier --distribution internal --until 2027-05-01""",
    ),
    Verb(
        "pin",
        """Record which teacher it is, and see whether it moved.

Files are pinned to the byte. A server nobody can look into is asked some
prompts of the task many times, and known by its answers; what that takes is
bounded and can be asked before. --check exits 0 the same, 1 moved, 3 could
not tell.

  distilproof pin
  distilproof pin --dry-run
  distilproof pin --check""",
    ),
    Verb(
        "label",
        """Ask the teacher for labels, once.

Sends nothing without a clearance that opens and a pin that holds, and nothing
for rows to certify on. Every answer is kept: what is interrupted goes on where
it was. Money and requests are bounded. Exits 0 labelled, 1 refused or over
budget, 3 when answers are missing.

  distilproof label --dry-run
  distilproof label --max-usd 20
  distilproof label --shard 2/8""",
    ),
    Verb(
        "distil",
        """Train one student, and see what it costs.

Any size of the ladder's family, on the labels that the teacher gave. It is
recalibrated, measured, and judged on rows to select on alone: that is no look
at the rows to certify on. Exits 0 trained, 3 when no student came of it.

  distilproof distil 60x16
  distilproof distil 45x16@hard""",
    ),
    Verb(
        "sweep",
        """Find the smallest student that holds every critical slice.

Trains every size of the ladder, recalibrates it, and certifies from large to
small: the last that holds is chosen, with a bound on the chance that it is a
bad one. What ends it early, it goes on from. Exits 0 chosen, 1 when every
size is broken, 3 when that cannot be told.

  distilproof sweep
  distilproof sweep --jobs 4""",
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
        "recalibrate",
        """Make the student's confidence mean what it says.

Fits curves to some rows, chooses by others, or leaves the confidence as it
is, and learns the threshold that the project asks for. Verifies both on rows
that took no part, which gate then judges by. Exits 0 shown to hold, 1 broken,
3 cannot judge.

  distilproof recalibrate""",
    ),
    Verb(
        "discover",
        """Find slices that nobody declared.

Combines the levels of up to three columns, and offers slices in which the
student introduces more errors than it may: found on some rows, told again on
others, with the lines to paste into the project file. Exits 0 whatever was
found, 3 when no slice has rows enough.

  distilproof discover
  distilproof discover predictions.parquet --label y --teacher t --student s \\
    --id id --slices lang,tier,channel""",
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
        """Write the report of the sweep, or of a run.

One HTML page without script: every size of the ladder and the chosen one in
full, or without a sweep the newest run; judges first if nothing was judged.

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
