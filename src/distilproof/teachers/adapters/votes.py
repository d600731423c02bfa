"""Several answers to the same request, counted: how a server without log-probabilities wavers."""

from collections.abc import Sequence

from distilproof.teachers.probabilities import likeliest
from distilproof.teachers.teacher import Answer, Usage


def counted(answers: Sequence[Answer], labels: tuple[str, ...]) -> Answer:
    """Make one answer of several: the label most often given, and the share of each.

    Parameters
    ----------
    answers
        To the same request, at least one.
    labels
        Labels in the order of the shares; of those given equally often the first counts.

    Returns
    -------
    Answer
        A refusal where more than half refused; else the shares are of those that did not. When
        they came from several models, `model` names them all, and so is none that was pinned.

    References
    ----------
    X. Wang et al., "Self-Consistency Improves Chain of Thought Reasoning in Language Models",
    ICLR 2023: sampled answers, and the majority of them.

    Examples
    --------
    >>> said = [Answer(label=label, model="m") for label in ("yes", "no", "yes", "yes")]
    >>> counted(said, ("no", "yes")).probabilities
    (0.25, 0.75)
    """
    given = [answer.label for answer in answers if answer.label is not None]
    refusals = [answer.refusal for answer in answers if answer.label is None]
    refused = len(refusals) * 2 > len(answers)
    shares = None if refused else tuple(given.count(label) / len(given) for label in labels)
    fingerprints = sorted({x.system_fingerprint for x in answers if x.system_fingerprint})
    return Answer(
        label=None if shares is None else likeliest(shares, labels),
        refusal=refusals[0] if refused else None,
        probabilities=shares,
        model=" and ".join(sorted({answer.model for answer in answers})),
        system_fingerprint=" and ".join(fingerprints) or None,
        usage=Usage(
            input_tokens=sum(answer.usage.input_tokens for answer in answers),
            output_tokens=sum(answer.usage.output_tokens for answer in answers),
        ),
        latency_seconds=sum(answer.latency_seconds for answer in answers),
    )
