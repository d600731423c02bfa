"""What a project says of its teacher: where it is, what it reads, how it is asked."""

from dataclasses import dataclass

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a server asks for, in US dollars a million tokens; neither below 0."""

    usd_per_million_input: float
    usd_per_million_output: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherSettings:
    """A teacher, as a project file names it.

    Parameters
    ----------
    name
        Its name in the project.
    adapter
        Kind: `table`, `sklearn`, `onnx`, `transformers`, `openai`, `python`, or one that an
        installed package offers under the entry point group `distilproof.teachers`.
    source
        File or folder, already a path from here; base URL of a server; `module:callable`.
    model
        Id that a server is asked for; `None` elsewhere.
    revision
        Commit of a hub snapshot; `None` where the digest says it all.
    inputs
        Columns it reads, in its order.
    labels
        Labels it may answer, in the order of its probabilities; empty where the model names them.
    answer, probabilities
        Columns of the `table` adapter: its answer, and a list of probabilities or `None`.
    prompt
        Template with `{column}` for each input; `None` where the teacher takes none.
    parameters
        Parameters of a request, sorted by name.
    key_env
        Environment variable that holds the key of a server; `None` when it needs none.
    votes
        Times a server without log-probabilities is asked for each row; 1 or more.
    price
        What the server asks for; `None` when it costs nothing or nobody said.
    """

    name: str
    adapter: str
    source: str
    model: str | None = None
    revision: str | None = None
    inputs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    answer: str | None = None
    probabilities: str | None = None
    prompt: str | None = None
    parameters: tuple[tuple[str, Scalar], ...] = ()
    key_env: str | None = None
    votes: int = 1
    price: Price | None = None

    @property
    def called(self) -> str:
        """What its terms, its pin and its permissions know it by: the server's id, or its name."""
        return self.model or self.name
