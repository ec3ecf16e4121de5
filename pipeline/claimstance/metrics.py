"""How predictions compare with gold labels: per head, per class with n, with bootstrap intervals by article.

Only labelled heads count, and masked words do not. A class without gold examples is left out of the macro mean; a class
that is never predicted has precision 0 (``zero_division=0``).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from claimstance.schema import Act, Example, Head, Kind, PredictedTarget, Prediction, Span, Stance, Strength

LABELS: Final[dict[str, list[str]]] = {
    "kind": list(Kind),
    "act": list(Act),
    "strength": list(Strength),
    "stance": list(Stance),
    "sentiment": list(Stance),
}
SPAN_ROLES: Final = (Head.SOURCE, Head.TARGET, Head.CONDITION, Head.TRIGGER)
Pair = tuple[Example, Prediction]


@dataclass(frozen=True, slots=True)
class Decision:
    """One classification: a gold label, the label chosen instead or rightly, and its probability."""

    group: str
    example: Example
    gold: str
    found: str
    probability: float


@dataclass(frozen=True, slots=True)
class SpanCount:
    """The spans of one sentence: how many gold ones, found ones, and right ones."""

    group: str
    gold: int
    found: int
    right: int
    overlapping: int


def decisions(head: str, examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[Decision]:
    """All labelled decisions of a head; for stance and sentiment, one a gold target (the oracle-target setting)."""
    return [d for pair in zip(examples, predictions, strict=True) for d in _decisions(head, *pair)]


def _decisions(head: str, example: Example, prediction: Prediction) -> Iterator[Decision]:
    if head not in example.labelled:
        return
    if head in (Head.STANCE, Head.SENTIMENT):
        for target, given in zip(example.targets, prediction.given, strict=True):
            yield _decide(head, example, target.stance, getattr(given, head))
    elif (gold := getattr(example, head)) is not None:
        yield _decide(head, example, gold, getattr(prediction, head))


def _decide(head: str, example: Example, gold: str, probabilities: Sequence[float]) -> Decision:
    best = int(np.argmax(probabilities))
    return Decision(example.group, example, str(gold), str(LABELS[head][best]), float(probabilities[best]))


def evaluate(
    examples: Sequence[Example], predictions: Sequence[Prediction], bootstrap: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """All heads that these examples label, as JSON-safe numbers."""
    result: dict[str, Any] = {"examples": len(examples), "groups": len({example.group for example in examples})}
    for head, labels in LABELS.items():
        found = decisions(head, examples, predictions)
        if found:
            result[head] = classification(found, labels, bootstrap, seed)
    pairs = list(zip(examples, predictions, strict=True))
    for role in SPAN_ROLES:
        counts = [_span_count(role, *pair) for pair in pairs if role in pair[0].labelled]
        if counts:
            result[f"{role}_span"] = span_scores(counts, bootstrap, seed)
    cue_pairs = [pair for pair in pairs if Head.CUES in pair[0].labelled]
    if cue_pairs:
        result["cues"] = _cue_scores(cue_pairs, bootstrap, seed)
    found_targets = [d for pair in pairs for d in _found_stances(*pair)]
    if found_targets:
        right = sum(d.gold == d.found for d in found_targets)
        result["stance_found"] = {
            "note": "gold targets found exactly and given the right stance, of all gold targets",
            "accuracy": right / len(found_targets),
            "n": len(found_targets),
        }
    return result


def _found_stances(example: Example, prediction: Prediction) -> Iterator[Decision]:
    if not {Head.STANCE, Head.TARGET} <= set(example.labelled):
        return
    found: dict[Span, PredictedTarget] = {target.span: target for target in prediction.targets}
    for target in example.targets:
        if target.span in found:
            yield _decide("stance", example, target.stance, found[target.span].stance)
        else:
            yield Decision(example.group, example, target.stance, "missed", 0.0)


def classification(found: Sequence[Decision], labels: Sequence[str], bootstrap: int, seed: int) -> dict[str, Any]:
    """Macro-F1 with its interval, accuracy, and precision, recall, F1 and n per class."""
    from sklearn.metrics import precision_recall_fscore_support

    gold, chosen = [d.gold for d in found], [d.found for d in found]
    table = precision_recall_fscore_support(gold, chosen, labels=list(map(str, labels)), zero_division=0)
    classes = {
        str(label): {"precision": float(p), "recall": float(r), "f1": float(f), "n": int(n)}
        for label, p, r, f, n in zip(labels, *table, strict=True)
    }
    low, high = _interval(found, lambda rows: macro_f1(rows, labels), bootstrap, seed)
    return {
        "macro_f1": macro_f1(found, labels),
        "low": low,
        "high": high,
        "accuracy": float(np.mean([d.gold == d.found for d in found])),
        "n": len(found),
        "classes": classes,
    }


def macro_f1(found: Sequence[Decision], labels: Sequence[str]) -> float:
    """The mean F1 of the classes that occur in gold."""
    scores = []
    for label in labels:
        gold = sum(d.gold == label for d in found)
        if gold:
            right = sum(d.gold == d.found == label for d in found)
            scores.append(2 * right / (gold + sum(d.found == label for d in found)))
    return float(np.mean(scores)) if scores else 0.0


def _interval(
    rows: Sequence[Any], score: Callable[[Sequence[Any]], float], bootstrap: int, seed: int
) -> tuple[float | None, float | None]:
    """A 95 % interval from resampling whole groups, since sentences of one article hang together."""
    if not bootstrap:
        return None, None
    groups: dict[Hashable, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    members = list(groups.values())
    rng = np.random.default_rng(seed)
    draws = [
        score([row for i in rng.integers(0, len(members), len(members)) for row in members[i]])
        for _ in range(bootstrap)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def _span_count(role: Head, example: Example, prediction: Prediction) -> SpanCount:
    if role is Head.TARGET:
        gold, found = [t.span for t in example.targets], [t.span for t in prediction.targets]
    else:
        gold, found = _one(getattr(example, role)), _one(getattr(prediction, role))
    return count_spans(example.group, gold, found)


def _one(span: Span | None) -> list[Span]:
    return [] if span is None else [span]


def count_spans(group: str, gold: Sequence[Span], found: Sequence[Span]) -> SpanCount:
    """Count exact matches, and found spans that overlap any gold one."""
    overlapping = sum(any(f.overlaps(g) for g in gold) for f in found)
    return SpanCount(group, len(gold), len(found), len(set(gold) & set(found)), min(overlapping, len(gold)))


def span_scores(counts: Sequence[SpanCount], bootstrap: int, seed: int) -> dict[str, Any]:
    """Exact span F1 with its interval, and F1 where any overlap counts."""
    low, high = _interval(counts, _span_f1, bootstrap, seed)
    gold, found = sum(c.gold for c in counts), sum(c.found for c in counts)
    overlapping = sum(c.overlapping for c in counts)
    return {
        "f1": _span_f1(counts),
        "low": low,
        "high": high,
        "overlap_f1": 2 * overlapping / (gold + found) if gold + found else 0.0,
        "precision": sum(c.right for c in counts) / found if found else 0.0,
        "recall": sum(c.right for c in counts) / gold if gold else 0.0,
        "n": gold,
    }


def _span_f1(counts: Sequence[SpanCount]) -> float:
    total = sum(c.gold + c.found for c in counts)
    return 2 * sum(c.right for c in counts) / total if total else 0.0


def _cue_scores(pairs: Sequence[Pair], bootstrap: int, seed: int) -> dict[str, Any]:
    """Typed span F1, F1 per type, and F1 of "this sentence holds a cue"."""
    typed = [count_spans(e.group, *_typed_cues(e, p)) for e, p in pairs]
    result = span_scores(typed, bootstrap, seed)
    kinds = sorted({cue.type for e, _ in pairs for cue in e.cues})
    result["types"] = {
        str(kind): span_scores(
            [
                count_spans(
                    e.group, [c.span for c in e.cues if c.type == kind], [c.span for c in _cues(e, p) if c.type == kind]
                )
                for e, p in pairs
            ],
            0,
            seed,
        )
        for kind in kinds
    }
    result["any_cue"] = any_cue(pairs)
    return result


def any_cue(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Sentence-level detection: does the sentence hold any cue?"""
    gold = [bool(e.cues) for e, _ in pairs]
    found = [bool(list(_cues(e, p))) for e, p in pairs]
    right = sum(g and f for g, f in zip(gold, found, strict=True))
    return {
        "f1": 2 * right / max(1, sum(gold) + sum(found)),
        "precision": right / max(1, sum(found)),
        "recall": right / max(1, sum(gold)),
        "n": sum(gold),
    }


def _cues(example: Example, prediction: Prediction) -> list[Any]:
    masked = [m.span for m in example.masked if m.head is Head.CUES]
    return [cue for cue in prediction.cues if not any(cue.span.overlaps(span) for span in masked)]


def _typed_cues(example: Example, prediction: Prediction) -> tuple[list[Any], list[Any]]:
    """Spans made unequal by their type: offsets are far apart for different types."""
    return [_typed(c) for c in example.cues], [_typed(c) for c in _cues(example, prediction)]


def _typed(cue: Any) -> Span:
    shift = 1_000_000 * (1 + sorted({*LABELS_OF_CUES}).index(cue.type))
    return cue.span.shift(shift)  # type: ignore[no-any-return]


LABELS_OF_CUES: Final = ("epistemic", "doxastic", "conditional", "investigation", "intention")


def headline(result: dict[str, Any]) -> dict[str, float]:
    """The one number a head, for curves and comparisons."""
    names = {head: "macro_f1" for head in LABELS} | {f"{role}_span": "f1" for role in SPAN_ROLES} | {"cues": "f1"}
    return {f"{head}_f1": float(result[head][name]) for head, name in names.items() if head in result}


def confusion(found: Iterable[Decision]) -> list[dict[str, str]]:
    """Rows of actual and predicted, as ``dvc plots`` reads them."""
    return [{"actual": d.gold, "predicted": d.found} for d in found]


def worst_mistakes(examples: Sequence[Example], predictions: Sequence[Prediction], n: int) -> list[dict[str, Any]]:
    """The most confident wrong decisions over all heads, surest first."""
    wrong = [
        {"head": head, "gold": d.gold, "found": d.found, "probability": round(d.probability, 4),
         "example_id": d.example.example_id, "text": d.example.text}
        for head in LABELS
        for d in decisions(head, examples, predictions)
        if d.gold != d.found
    ]  # fmt: skip
    return sorted(wrong, key=lambda row: -float(row["probability"]))[:n]
