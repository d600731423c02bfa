"""Which model it is: a reference to a model, and the pin that a teacher is held to."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from distilproof.canonical import digest, plain


class Route(StrEnum):
    """How a model is reached: it decides whose terms bind."""

    WEIGHTS = "weights"
    API = "api"
    GATEWAY = "gateway"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A model; equal references are the same weights, or the same name at the same provider.

    Parameters
    ----------
    provider
        Who serves it or made it; `local` for a file or folder, the host of a server.
    name
        What it is asked for by, or its name in the project.
    revision
        Commit or dated id; `None` where its digest says it all.
    digest
        SHA-256 of its files in hexadecimal; `None` only where nobody can see them: behind an API.
    route
        How it is reached.
    """

    provider: str
    name: str
    revision: str | None = None
    digest: str | None = None
    route: Route = Route.WEIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A frozen prompt, and what the teacher said to it when it was pinned.

    Parameters
    ----------
    request
        Canonical JSON of the request, asked again word for word.
    modal
        Most frequent answer; `None` when that was a refusal.
    repeats, disagreeing
        How often it was asked, and how often the answer was not the modal one.
    log_probability
        Mean log-probability of the modal answer, at most 0; `None` where none is offered.
    """

    request: str
    modal: str | None
    repeats: int
    disagreeing: int
    log_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """How a teacher answers that nobody can look into: canaries, and how much it wavers.

    Parameters
    ----------
    returned_model
        Model string that came back with every answer.
    system_fingerprints
        Those that came back, sorted; empty where none is offered. A hint, never proof.
    canaries
        The frozen prompts.
    near_boundary
        How many of them are known to sit near the decision boundary.
    disagreement
        Share of answers that were not the modal one, from 0 to 1.
    disagreement_high
        Its upper bound, which the watch takes as what is normal.
    confidence
        Of that bound.
    log_probability_spread
        Mean distance of a repeat's log-probability of the modal answer from their mean, at least
        0: what change of it is normal. `None` where none is offered.
    """

    returned_model: str
    system_fingerprints: tuple[str, ...]
    canaries: tuple[Canary, ...]
    near_boundary: int = 0
    disagreement: float
    disagreement_high: float
    confidence: float
    log_probability_spread: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherPin:
    """The teacher a student is made from, to the byte or by a fingerprint of its answers.

    Parameters
    ----------
    model
        Which model.
    adapter
        How it is asked.
    files
        SHA-256 by path, sorted by path, of a teacher whose files are at hand; empty behind an API.
    parameters
        Canonical JSON of the settings that an answer depends on: columns read, parameters of a
        request such as the temperature, votes.
    prompt_digest
        SHA-256 of the prompt template; `None` where the teacher takes no prompt.
    labels
        Labels it may answer, in the order of its probabilities.
    stack
        Engine and version that run the files, sorted by name; empty behind an API.
    fingerprint
        How it answers; a teacher without files and without a fingerprint is not pinned.
    pinned_at
        When, in UTC; not part of the digest.
    """

    model: ModelRef
    adapter: str
    files: tuple[tuple[str, str], ...] = ()
    parameters: str = "{}"
    prompt_digest: str | None = None
    labels: tuple[str, ...] = ()
    stack: tuple[tuple[str, str], ...] = ()
    fingerprint: Fingerprint | None = None
    pinned_at: datetime

    def __post_init__(self) -> None:
        """Refuse a pin that pins nothing."""
        if not self.files and self.fingerprint is None:
            msg = "a teacher without files and without a fingerprint is not pinned"
            raise ValueError(msg)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of everything but the time, in hexadecimal."""
        said = {k: v for k, v in asdict(self).items() if k != "pinned_at"}
        return digest(plain(said))
