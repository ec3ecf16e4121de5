"""Bootstrap over groups: sentences of one article are dependent, so whole articles are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]  # (rows, columns); a row has the counts of one decision or sentence
Score = Callable[[Counts], Counts]  # from summed counts (b, columns) to scores (b,)


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two scores of the same rows lie apart, first minus second.

    Attributes:
        value: The difference.
        low: Lower end of its 95 % percentile interval.
        high: Upper end of that interval.
        deviation: Standard deviation of the difference over the draws.
        p: Two-sided bootstrap p-value: twice the share of draws on the rarer side of 0.
    """

    value: float
    low: float
    high: float
    deviation: float
    p: float


def interval(
    groups: Sequence[str], counts: Counts, score: Score, bootstrap: int, seed: int = 0
) -> tuple[float | None, float | None]:
    """Return the 95 % percentile interval of a score; null with fewer than two groups or no draws."""
    if not bootstrap or len(set(groups)) < 2:
        return None, None
    low, high = np.quantile(_drawn(groups, counts, score, bootstrap, seed), [0.025, 0.975])
    return float(low), float(high)


def pearson(
    groups: Sequence[str], gold: Sequence[float], found: Sequence[float], bootstrap: int, seed: int = 0
) -> dict[str, float | int | None]:
    """Return Pearson's r of two lists with its 95 % percentile interval; null if one of them is constant."""
    x, y = np.asarray(gold, dtype=float), np.asarray(found, dtype=float)
    sums = pearson_sums(x, y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return {"r": None, "low": None, "high": None, "n": len(x)}
    low, high = interval(groups, sums, pearson_of_sums, bootstrap, seed)
    return {"r": float(pearson_of_sums(sums.sum(axis=0, keepdims=True))[0]), "low": low, "high": high, "n": len(x)}


def pearson_sums(x: Counts, y: Counts) -> Counts:
    """Return what each pair of numbers adds to the sums of ``pearson_of_sums``: (rows, 6)."""
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def pearson_of_sums(sums: Counts) -> Counts:
    """Pearson's r (b,) of summed counts (b, 6)."""
    n, x, y, xx, yy, xy = sums.T
    spread = np.sqrt(np.maximum((n * xx - x * x) * (n * yy - y * y), 0))
    return np.asarray(np.where(spread > 0, (n * xy - x * y) / np.maximum(spread, 1e-12), 0.0))


def loss_with_bound(
    groups: Sequence[str], before: Counts, after: Counts, score: Score, bootstrap: int, seed: int = 0
) -> tuple[float, float]:
    """Return how much lower a score is after than before, and the lower bound of this loss with 95 % confidence.

    Both sides count the same rows; the draws are paired.
    """
    loss = float((score(before.sum(axis=0, keepdims=True)) - score(after.sum(axis=0, keepdims=True)))[0])
    drawn = [_drawn(groups, side, score, bootstrap, seed) for side in (before, after)]
    return loss, float(np.quantile(drawn[0] - drawn[1], 0.05))


def difference(
    groups: Sequence[str], first: Counts, second: Counts, score: Score, bootstrap: int, seed: int = 0
) -> Difference | None:
    """Return how far two scores of the same rows lie apart; null where there is one group only.

    Both sides count the same rows, so the draws are paired.
    """
    if len(set(groups)) < 2:
        return None
    whole = score(first.sum(axis=0, keepdims=True)) - score(second.sum(axis=0, keepdims=True))
    drawn = _drawn(groups, first, score, bootstrap, seed) - _drawn(groups, second, score, bootstrap, seed)
    low, high = np.quantile(drawn, [0.025, 0.975])
    rarer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    p = min(1.0, 2 * (rarer + 1) / (bootstrap + 1))  # never 0: the draws are few
    return Difference(float(whole[0]), float(low), float(high), float(drawn.std()), p)


def _drawn(groups: Sequence[str], counts: Counts, score: Score, bootstrap: int, seed: int) -> Counts:
    names, index = np.unique(np.array(groups), return_inverse=True)
    sums = np.zeros((len(names), counts.shape[1]))
    np.add.at(sums, index, counts)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=bootstrap)  # (b, groups)
    return score(draws.astype(float) @ sums)
