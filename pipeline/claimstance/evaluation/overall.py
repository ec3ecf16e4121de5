"""One number for a whole model: the share of claims whose decisions are all right."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from claimstance import heads
from claimstance.evaluation import metrics
from claimstance.evaluation.resampling import Counts, interval
from claimstance.schema import Example, Kind, Prediction


def overall(
    examples: Sequence[Example], predictions: Sequence[Prediction], bootstrap: int = 0, seed: int = 0
) -> dict[str, Any] | None:
    """Return the share of claims with the right act, strength and source and the right stance toward every target.

    Only claims whose corpus labels all four count; null if there are none. ``low`` and ``high`` bound the 95 % interval
    by article.
    """
    needed = {heads.ACT.name, heads.STRENGTH.name, heads.STANCE.name, heads.SOURCE.name}
    pairs = zip(examples, predictions, strict=True)
    rows = [(e.group, _right(e, p)) for e, p in pairs if e.kind is Kind.CLAIM and needed <= set(e.labelled)]
    if not rows:
        return None
    counts = np.array([[right, 1.0] for _, right in rows])
    low, high = interval([group for group, _ in rows], counts, _share, bootstrap, seed)
    return {"share": float(counts[:, 0].mean()), "low": low, "high": high, "n": len(rows)}


def _right(example: Example, prediction: Prediction) -> bool:
    decided = (heads.ACT, heads.STRENGTH, heads.STANCE)
    found = (d for head in decided for d in metrics.decisions(head, [example], [prediction]))
    return example.source == prediction.source and all(d.gold == d.found for d in found)


def _share(sums: Counts) -> Counts:
    return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1))
