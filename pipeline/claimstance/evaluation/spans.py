"""Found spans against gold ones: exact F1 with its interval, and F1 with any overlap."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from claimstance.evaluation.resampling import Counts, interval
from claimstance.schema import Span

Labelled = tuple[Span, str]  # a span and its label, "" if the field has no labels


def span_scores(
    groups: Sequence[str], spans: Sequence[tuple[set[Labelled], set[Labelled]]], bootstrap: int = 0, seed: int = 0
) -> dict[str, Any]:
    """Return exact span F1 with its interval, and F1 that counts any overlap of the same label.

    ``spans`` has the gold and the found spans of each sentence.
    """
    counts = span_counts(spans)
    low, high = interval(groups, counts, span_f1, bootstrap, seed)
    gold, found, right, touched, touching = (float(total) for total in counts.sum(axis=0))
    recall, precision = touched / max(gold, 1), touching / max(found, 1)
    return {
        "f1": float(span_f1(counts.sum(axis=0, keepdims=True))[0]),
        "low": low,
        "high": high,
        "precision": right / max(found, 1),
        "recall": right / max(gold, 1),
        "overlap_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "n": int(gold),
        "found": int(found),
    }


def span_counts(spans: Sequence[tuple[set[Labelled], set[Labelled]]]) -> Counts:
    return np.array([_count(gold, found) for gold, found in spans], dtype=float).reshape(-1, 5)


def _count(gold: set[Labelled], found: set[Labelled]) -> tuple[int, ...]:
    """Return counts: gold, found, exact matches, gold spans with an overlap, found spans with an overlap."""
    pairs = [(g, f) for g in gold for f in found if g[1] == f[1] and g[0].overlaps(f[0])]
    return len(gold), len(found), len(gold & found), len({g for g, _ in pairs}), len({f for _, f in pairs})


def span_f1(sums: Counts) -> Counts:
    return np.asarray(2 * sums[:, 2] / np.maximum(sums[:, 0] + sums[:, 1], 1))


def binary_scores(flags: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    """Return precision, recall and F1 of (gold, found) flags."""
    gold, found, right = sum(g for g, _ in flags), sum(f for _, f in flags), sum(g and f for g, f in flags)
    f1 = 2 * right / max(gold + found, 1)
    return {"f1": f1, "precision": right / max(found, 1), "recall": right / max(gold, 1), "n": gold}
