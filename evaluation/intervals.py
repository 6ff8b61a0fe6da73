"""Intervals around proportions: how much a count of right answers is worth."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from statistics import NormalDist

from foundation.errors import EvaluationError

DEFAULT_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """A share of right answers with its interval.

    Attributes:
        value: successes / trials; NaN without trials.
        low: lower bound, 0..1; NaN without trials.
        high: upper bound, 0..1; NaN without trials.
        successes: the numerator.
        trials: the denominator.
        confidence: of the interval, 0.95 by default.
    """

    value: float
    low: float
    high: float
    successes: int
    trials: int
    confidence: float = DEFAULT_CONFIDENCE


def wilson_interval(successes: int, trials: int, *, confidence: float = DEFAULT_CONFIDENCE) -> Proportion:
    """Return a proportion with its Wilson score interval.

    The centre is (p + z²/2n) / (1 + z²/n) and the half width z/(1 + z²/n) · √(p(1-p)/n + z²/4n²), without
    a correction for continuity. It stays inside 0..1 and holds for small n, where p ± z·√(p(1-p)/n) does not.

    Args:
        successes: 0..trials.
        trials: 0 or more; with 0 all three numbers are NaN.
        confidence: between 0 and 1, both excluded.

    Raises:
        EvaluationError: the counts or the confidence are out of range.

    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of
    the American Statistical Association 22 (1927) 209-212; method 3 of R. G. Newcombe, Statistics in Medicine
    17 (1998) 857-872, who recommends it for small n.

    Example:
        >>> accuracy = wilson_interval(24, 26)
        >>> round(accuracy.low, 3), round(accuracy.high, 3)
        (0.759, 0.979)
    """
    if not 0 <= successes <= trials:
        raise EvaluationError(
            f"A proportion needs 0 <= successes <= trials. Received: {successes} of {trials}."
        )
    if not 0 < confidence < 1:
        raise EvaluationError(f"A confidence lies between 0 and 1. Received: {confidence}.")
    if trials == 0:
        return Proportion(nan, nan, nan, 0, 0, confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    shrink = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / shrink
    half_width = z / shrink * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # Rounding must not move a bound past the proportion itself (0 of n, n of n).
    low, high = min(share, max(0.0, centre - half_width)), max(share, min(1.0, centre + half_width))
    return Proportion(share, low, high, successes, trials, confidence)
