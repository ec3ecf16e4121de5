"""One number for a whole model: the share of claims whose decisions are all right."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.evaluation import metrics
from claimstance.evaluation.resampling import Counts, interval
from claimstance.schema import Example, Kind, Prediction, Stance

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


def labels_whole_claims(example: Example) -> bool:
    """Return whether an example's corpus labels all that ``is_clean`` looks at."""
    return set(example.labelled) >= {*_NEEDED, heads.KIND.name, heads.TARGET.name}


def is_clean(example: Example, prediction: Prediction) -> bool:
    """Return whether a claim's row or rows can be used as they are, targets to be found.

    Kind, act, strength and source are right, every gold target is overlapped by one that was found with its stance, and
    nothing else is supported or opposed.
    """
    if example.kind is not Kind.CLAIM or example.source != prediction.source:
        return False
    decided = (d for head in heads.of_claims() for d in metrics.decisions(head, [example], [prediction]))
    if any(d.gold != d.found for d in decided):
        return False
    found = [(one.span, heads.STANCE.labels[int(np.argmax(one.stance))]) for one in prediction.targets]
    for target in example.targets:
        if not any(span.overlaps(target.span) and stance == target.stance for span, stance in found):
            return False
    return all(
        stance == Stance.NEUTRAL or any(span.overlaps(target.span) for target in example.targets)
        for span, stance in found
    )


def share(sums: Counts) -> Counts:
    """Return right / all for sums of shape (resamples, 2)."""
    return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1))
