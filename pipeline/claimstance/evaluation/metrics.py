"""How predictions compare with gold labels: per head, per class with n, with bootstrap intervals by article.

Only labelled heads count, and masked words do not. The rules that a reader of the numbers needs are in ``RULES``.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from claimstance.evaluation.resampling import Counts, interval, loss_with_bound, pearson
from claimstance.evaluation.spans import Labelled, span_counts, span_f1, span_scores
from claimstance.schema import (
    Act,
    Cue,
    CueType,
    Example,
    Head,
    Kind,
    PredictedTarget,
    Prediction,
    Span,
    Stance,
    Strength,
)

LABELS: Final[dict[str, list[str]]] = {
    head: [str(label) for label in labels]
    for head, labels in (
        ("kind", Kind),
        ("act", Act),
        ("strength", Strength),
        ("stance", Stance),
        ("sentiment", Stance),
    )
}
TARGET_HEADS: Final = (Head.STANCE, Head.SENTIMENT)
SPAN_ROLES: Final = (Head.SOURCE, Head.TARGET, Head.CONDITION, Head.TRIGGER)
MISSED: Final = "missed"
SILENT_ON: Final = {"szeged_wiki": CueType.INTENTION, "szeged_news": CueType.INTENTION}  # never labelled there
RULES: Final = (
    "macro_f1 is the mean F1 of the classes that occur in gold; one that does not (left_out) is no part of it, and one "
    "that is never predicted has precision 0 (zero_division=0). low and high bound the 95 % bootstrap interval over "
    "groups (articles). act and strength count gold claims; stance and sentiment count gold targets, which are "
    "given; in stance_found they have to be found, and a missed one counts as wrong. Masked words do not count."
)
_WORD: Final = re.compile(r"\w+(?:['’-]\w+)*")
Pair = tuple[Example, Prediction]


@dataclass(frozen=True, slots=True)
class Decision:
    """One classification: its gold label, the label found, and the probability of each."""

    example: Example
    gold: str
    found: str
    probability: float
    gold_probability: float = 0.0
    target: Span | None = None


def evaluate(
    examples: Sequence[Example], predictions: Sequence[Prediction], bootstrap: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """All heads that these examples label, as JSON-safe numbers; ``bootstrap`` is the number of draws."""
    pairs = list(zip(examples, predictions, strict=True))
    result: dict[str, Any] = {"examples": len(examples), "groups": len({example.group for example in examples})}
    for head, labels in LABELS.items():
        if found := decisions(head, examples, predictions):
            result[head] = classification(found, labels, bootstrap, seed)
            if head in TARGET_HEADS:
                result[head]["contrast"] = _contrast(found)
    for role in SPAN_ROLES:
        if of_role := [pair for pair in pairs if role in pair[0].labelled]:
            spans = [_role_spans(role, *pair) for pair in of_role]
            result[f"{role.value}_span"] = span_scores([e.group for e, _ in of_role], spans, bootstrap, seed)
    if of_cues := [pair for pair in pairs if Head.CUES in pair[0].labelled]:
        result["cues"] = _cue_scores(of_cues, bootstrap, seed)
    if found := [decision for pair in pairs for decision in _found_stances(*pair)]:
        result["stance_found"] = classification(found, LABELS["stance"], bootstrap, seed)
        result["stance_found"]["missed"] = sum(decision.found == MISSED for decision in found)
    if rated := [(e.group, e.certainty, _firmness(p)) for e, p in pairs if e.certainty is not None]:
        groups, ratings, firmness = zip(*rated, strict=True)
        result["certainty"] = pearson(groups, ratings, firmness, bootstrap, seed)
    return result


def headline(result: dict[str, Any]) -> dict[str, float]:
    """The one number a head, for curves and comparisons."""
    names = dict.fromkeys(LABELS, "macro_f1") | {f"{role.value}_span": "f1" for role in SPAN_ROLES}
    names["cues"] = "f1"
    return {f"{head}_f1": float(result[head][name]) for head, name in names.items() if head in result}


def losses(
    examples: Sequence[Example], before: Sequence[Prediction], after: Sequence[Prediction], bootstrap: int = 1000
) -> dict[str, tuple[float, float]]:
    """How much lower each headline number is after than before, and the 95 % lower bound of that (paired bootstrap)."""
    result = {}
    for head, labels in LABELS.items():
        if found := decisions(head, examples, before):
            counts = [_class_counts(side, labels) for side in (found, decisions(head, examples, after))]
            groups = [d.example.group for d in found]
            result[f"{head}_f1"] = loss_with_bound(groups, counts[0], counts[1], _macro_f1, bootstrap)
    readers: dict[Head, Callable[..., Any]] = {role: partial(_role_spans, role) for role in SPAN_ROLES}
    for head, read in (readers | {Head.CUES: _cue_spans}).items():
        if rows := [row for row in zip(examples, before, after, strict=True) if head in row[0].labelled]:
            counts = [span_counts([read(row[0], row[side]) for row in rows]) for side in (1, 2)]
            name = "cues_f1" if head is Head.CUES else f"{head.value}_span_f1"
            groups = [row[0].group for row in rows]
            result[name] = loss_with_bound(groups, counts[0], counts[1], span_f1, bootstrap)
    return result


def decisions(head: str, examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[Decision]:
    """All labelled decisions of a head; for stance and sentiment, one a gold target (``Prediction.given``)."""
    return [d for pair in zip(examples, predictions, strict=True) for d in _decisions(Head(head), *pair)]


def _decisions(head: Head, example: Example, prediction: Prediction) -> Iterator[Decision]:
    if head not in example.labelled:
        return
    if head in TARGET_HEADS:
        for target, given in zip(example.targets, prediction.given, strict=True):
            if not _masked(head, example, target.span):
                yield _decide(head, example, target.stance, getattr(given, head.value), target.span)
    elif (gold := getattr(example, head.value)) is not None and (head is Head.KIND or example.kind is not Kind.OTHER):
        yield _decide(head, example, gold, getattr(prediction, head.value))


def _decide(
    head: Head, example: Example, gold: str, probabilities: Sequence[float], target: Span | None = None
) -> Decision:
    best, ours = int(np.argmax(probabilities)), LABELS[head].index(gold)
    chances = float(probabilities[best]), float(probabilities[ours])
    return Decision(example, str(gold), LABELS[head][best], *chances, target=target)


def _firmness(prediction: Prediction) -> float:
    """The expected strength on a scale from 0, uncommitted, to 3, certain."""
    return float(np.dot(prediction.strength, [3, 2, 1, 0]))


def _found_stances(example: Example, prediction: Prediction) -> Iterator[Decision]:
    """The stance of each gold target whose very span was found, ``MISSED`` for the others."""
    if not {Head.STANCE, Head.TARGET} <= set(example.labelled):
        return
    found: dict[Span, PredictedTarget] = {target.span: target for target in prediction.targets}
    for target in example.targets:
        if _masked(Head.STANCE, example, target.span) or _masked(Head.TARGET, example, target.span):
            continue
        if target.span in found:
            yield _decide(Head.STANCE, example, target.stance, found[target.span].stance, target.span)
        else:
            yield Decision(example, str(target.stance), MISSED, 0.0, target=target.span)


def classification(
    found: Sequence[Decision], labels: Sequence[str], bootstrap: int = 0, seed: int = 0
) -> dict[str, Any]:
    """Macro-F1 with its interval, accuracy, and precision, recall, F1 and n per class."""
    from sklearn.metrics import precision_recall_fscore_support

    gold, chosen = [d.gold for d in found], [d.found for d in found]
    table = precision_recall_fscore_support(gold, chosen, labels=labels, zero_division=0)
    classes = {
        label: {"precision": float(p), "recall": float(r), "f1": float(f), "n": int(n)}
        for label, p, r, f, n in zip(labels, *table, strict=True)
    }
    low, high = interval([d.example.group for d in found], _class_counts(found, labels), _macro_f1, bootstrap, seed)
    return {
        "macro_f1": float(np.mean([c["f1"] for c in classes.values() if c["n"]])),
        "low": low,
        "high": high,
        "accuracy": float(np.mean([d.gold == d.found for d in found])),
        "n": len(found),
        "left_out": [label for label, c in classes.items() if not c["n"]],
        "classes": classes,
    }


def _class_counts(found: Sequence[Decision], labels: Sequence[str]) -> Counts:
    """Gold, found and right, each per class: (rows, 3c)."""
    in_gold = np.array([[d.gold == label for label in labels] for d in found], dtype=float)
    in_found = np.array([[d.found == label for label in labels] for d in found], dtype=float)
    return np.hstack([in_gold, in_found, in_gold * in_found])


def _macro_f1(sums: Counts) -> Counts:
    """Macro-F1 (b,) of summed gold, found and right counts (b, 3c)."""
    gold, found, right = np.split(sums, 3, axis=1)
    f1 = 2 * right / np.maximum(gold + found, 1)
    return np.asarray(np.where(gold > 0, f1, 0).sum(axis=1) / np.maximum((gold > 0).sum(axis=1), 1))


def _contrast(found: Sequence[Decision]) -> dict[str, Any]:
    """Accuracy where one sentence holds targets of different gold labels: what only a look at the target can solve."""
    labels: dict[str, set[str]] = {}
    for d in found:
        labels.setdefault(d.example.example_id, set()).add(d.gold)
    hard = [d.gold == d.found for d in found if len(labels[d.example.example_id]) > 1]
    return {"accuracy": float(np.mean(hard)) if hard else None, "n": len(hard)}


def _masked(head: Head, example: Example, span: Span) -> bool:
    return any(masked.head is head and masked.span.overlaps(span) for masked in example.masked)


def _role_spans(role: Head, example: Example, prediction: Prediction) -> tuple[set[Labelled], set[Labelled]]:
    if role is Head.TARGET:
        sides = [[target.span for target in side.targets] for side in (example, prediction)]
    else:
        sides = [[span] if (span := getattr(side, role.value)) else [] for side in (example, prediction)]
    gold, found = ({(span, "") for span in side if not _masked(role, example, span)} for side in sides)
    return gold, found


def _cue_scores(pairs: Sequence[Pair], bootstrap: int, seed: int) -> dict[str, Any]:
    """Typed spans, each type by itself, and cues of any type by sentence and by word."""
    groups = [example.group for example, _ in pairs]
    spans = [_cue_spans(*pair) for pair in pairs]
    result = span_scores(groups, spans, bootstrap, seed)
    result["types"] = {}
    for kind in map(str, CueType):
        of_kind = [({x for x in gold if x[1] == kind}, {x for x in found if x[1] == kind}) for gold, found in spans]
        result["types"][kind] = span_scores(groups, of_kind)
        result["types"][kind]["sentence"] = _binary([(bool(gold), bool(found)) for gold, found in of_kind])
    result["sentence"] = any_cue(pairs)
    if any(masked.head is Head.CUES for example, _ in pairs for masked in example.masked):
        result["sentence_with_masked"] = any_cue(pairs, with_masked=True)  # the corpus's own reading of a cue
    result["word"] = _binary([flags for pair in pairs for flags in _cue_words(*pair)])
    return result


def _cue_spans(example: Example, prediction: Prediction) -> tuple[set[Labelled], set[Labelled]]:
    gold, found = (
        {(cue.span, str(cue.type)) for cue in _unmasked(example, side.cues)} for side in (example, prediction)
    )
    return gold, found


def any_cue(pairs: Sequence[Pair], with_masked: bool = False) -> dict[str, Any]:
    """Does the sentence hold a cue? ``with_masked`` counts masked words as gold cues, and cues found there."""
    if not with_masked:
        return _binary([(bool(_unmasked(e, e.cues)), bool(_unmasked(e, p.cues))) for e, p in pairs])
    gold = [bool(e.cues) or any(m.head is Head.CUES for m in e.masked) for e, _ in pairs]
    found = [any(cue.type is not SILENT_ON.get(e.corpus) for cue in p.cues) for e, p in pairs]
    return _binary(list(zip(gold, found, strict=True)))


def _unmasked(example: Example, cues: Sequence[Cue]) -> list[Cue]:
    silent = SILENT_ON.get(example.corpus)
    return [cue for cue in cues if cue.type is not silent and not _masked(Head.CUES, example, cue.span)]


def _cue_words(example: Example, prediction: Prediction) -> Iterator[tuple[bool, bool]]:
    for word in (Span(*match.span()) for match in _WORD.finditer(example.text)):
        if not _masked(Head.CUES, example, word):
            gold, found = (any(cue.span.overlaps(word) for cue in side.cues) for side in (example, prediction))
            yield gold, found


def _binary(flags: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    """F1 of (gold, found) flags."""
    gold, found, right = sum(g for g, _ in flags), sum(f for _, f in flags), sum(g and f for g, f in flags)
    f1 = 2 * right / max(gold + found, 1)
    return {"f1": f1, "precision": right / max(found, 1), "recall": right / max(gold, 1), "n": gold}


def confusion(found: Sequence[Decision], labels: Sequence[str]) -> NDArray[np.int64]:
    """Counts (c, c); rows are gold, columns found."""
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for d in found:
        matrix[labels.index(d.gold), labels.index(d.found)] += 1
    return matrix


def worst_mistakes(examples: Sequence[Example], predictions: Sequence[Prediction], n: int) -> list[dict[str, Any]]:
    """Each head's ``n`` surest wrong decisions, surest first."""
    rows = []
    for head in LABELS:
        wrong = [d for d in decisions(head, examples, predictions) if d.gold != d.found]
        for d in sorted(wrong, key=lambda d: -d.probability)[:n]:
            target = None if d.target is None else d.target.of(d.example.text)
            rows.append(
                {"head": head, "gold": d.gold, "found": d.found, "probability": round(d.probability, 4),
                 "target": target, "text": d.example.text, "example_id": d.example.example_id}
            )  # fmt: skip
    return rows
