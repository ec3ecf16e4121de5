"""One number for a whole model: the share of claims whose decisions are all right."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.evaluation import metrics
from claimstance.evaluation.resampling import Counts, interval
from claimstance.schema import Example, Kind, Prediction

_NEEDED: Final = frozenset(head.name for head in (heads.ACT, heads.STRENGTH, heads.STANCE, heads.SOURCE))


def overall(
    examples: Sequence[Example], predictions: Sequence[Prediction], bootstrap: int = 0, seed: int = 0
) -> dict[str, Any] | None:
    """Return the share of claims with the right act, strength and source and the right stance toward every target.

    Only claims whose corpus labels all four count; null if there are none. ``low`` and ``high`` bound the 95 % interval
    by article.
    """
    pairs = zip(examples, predictions, strict=True)
    rows = [(example.group, is_right(example, prediction)) for example, prediction in pairs if counts(example)]
    if not rows:
        return None
    right = np.array([[right, 1.0] for _, right in rows])
    low, high = interval([group for group, _ in rows], right, share, bootstrap, seed)
    return {"share": float(right[:, 0].mean()), "low": low, "high": high, "n": len(rows)}


def counts(example: Example) -> bool:
    """Return whether an example is a claim whose corpus labels act, strength, stance and source."""
    return example.kind is Kind.CLAIM and set(example.labelled) >= _NEEDED


def is_right(example: Example, prediction: Prediction) -> bool:
    """Return whether act, strength, source and every stance are right."""
    decided = (heads.ACT, heads.STRENGTH, heads.STANCE)
    found = (d for head in decided for d in metrics.decisions(head, [example], [prediction]))
    return example.source == prediction.source and all(d.gold == d.found for d in found)


def share(sums: Counts) -> Counts:
    """Return right / all for sums of shape (resamples, 2)."""
    return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1))
