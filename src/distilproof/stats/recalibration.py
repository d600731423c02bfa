"""Maps of a confidence to one that means what it says: how each is applied.

Each kind is a curve with few parameters, so that a recalibrator is a small piece of JSON:

    identity      c                                        no parameters
    temperature   expit(logit(c) / t)                      t
    platt         expit(a logit(c) + b)                    a, b
    beta          expit(a log(c) - b log(1 - c) + m)       a, b, m
    isotonic      through given points, straight between   all x, then all y
    vector        softmax(v log(p) + b), of all classes    all v, then all b

All but `vector` map the confidence of the answer, and rise with it wherever their slopes are at
least 0, as fitted ones are: who was surer than another still is, or is as sure. `vector` maps the
probabilities of all classes. No kind changes the answer, so that accuracy stays what it was.

References
----------
Platt, Advances in Large Margin Classifiers (1999), 61-74; Zadrozny and Elkan, KDD 2002; Guo et al.,
ICML 2017, for temperature and vector scaling; Kull, Silva Filho and Flach, AISTATS 2017, for beta.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from scipy.special import expit, logit, softmax

from distilproof.stats.bins import Floats
from distilproof.stats.outcomes import Real, clipped

Kind = Literal["identity", "temperature", "platt", "beta", "isotonic", "vector"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind, from the simplest on: of two that are as good the first is kept."""


def recalibrated(kind: Kind, parameters: Sequence[float], confidence: Real) -> Floats:
    """Apply a recalibrator to confidences of any precision.

    Parameters
    ----------
    kind, parameters
        As in the table above; not `vector`, which needs all classes.
    confidence
        Any shape, in [0, 1]; where it is no number, nor is the result.

    Returns
    -------
    ndarray of float64
        Of the same shape, in [0, 1].

    Examples
    --------
    >>> recalibrated("temperature", [2.0], np.array([0.5, 0.9])).tolist()
    [0.5, 0.75]
    """
    c = clipped(confidence)
    if kind == "temperature":
        return expit(logit(c) / parameters[0])
    if kind == "platt":
        return expit(parameters[0] * logit(c) + parameters[1])
    if kind == "beta":
        return expit(parameters[0] * np.log(c) - parameters[1] * np.log1p(-c) + parameters[2])
    if kind == "isotonic":
        x, y = np.split(np.asarray(parameters, dtype=np.float64), 2)
        return np.interp(c, x, y)
    if kind == "vector":
        raise ValueError("vector scaling needs the probabilities of all classes")
    return np.asarray(confidence, dtype=np.float64)


def recalibrated_classes(parameters: Sequence[float], probabilities: Real) -> Floats:
    """Apply vector scaling to the probabilities of all classes.

    Parameters
    ----------
    parameters
        Slopes of all classes, then their intercepts.
    probabilities
        Shape (n, classes), each in [0, 1].

    Returns
    -------
    ndarray of float64
        Shape (n, classes), rows sum to 1; the confidence is that of the answer given before.

    Examples
    --------
    >>> recalibrated_classes([1.0, 1.0, 0.0, 0.0], np.array([[0.75, 0.25]])).round(4).tolist()
    [[0.75, 0.25]]
    """
    slopes, intercepts = np.split(np.asarray(parameters, dtype=np.float64), 2)
    return softmax(slopes * np.log(clipped(probabilities)) + intercepts, axis=-1)
