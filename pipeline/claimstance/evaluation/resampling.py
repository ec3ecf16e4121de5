"""Bootstrap over groups: sentences of one article are dependent, so whole articles are drawn."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]  # (rows, columns); a row has the counts of one decision or sentence
Score = Callable[[Counts], Counts]  # from summed counts (b, columns) to scores (b,)


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
    sums = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return {"r": None, "low": None, "high": None, "n": len(x)}
    low, high = interval(groups, sums, _pearson_of_sums, bootstrap, seed)
    return {"r": float(_pearson_of_sums(sums.sum(axis=0, keepdims=True))[0]), "low": low, "high": high, "n": len(x)}


def _pearson_of_sums(sums: Counts) -> Counts:
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


def _drawn(groups: Sequence[str], counts: Counts, score: Score, bootstrap: int, seed: int) -> Counts:
    names, index = np.unique(np.array(groups), return_inverse=True)
    sums = np.zeros((len(names), counts.shape[1]))
    np.add.at(sums, index, counts)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=bootstrap)  # (b, groups)
    return score(draws.astype(float) @ sums)
