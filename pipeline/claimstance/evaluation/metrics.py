"""Metrics of predictions against gold labels: per head and class, with n and bootstrap intervals by article.

Only labelled heads count, and masked words do not. ``macro_f1`` is the mean F1 of the classes that occur in gold; one
that does not (``left_out``) is no part of it, and one that is never predicted has precision 0. ``low`` and ``high``
bound the 95 % bootstrap interval over groups (articles). Act and strength count gold claims; stance and sentiment count
gold targets, which are given; in ``stance_found`` they have to be found, and a missed one counts as wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.evaluation.resampling import Counts, Score, interval, loss_with_bound, pearson
from claimstance.evaluation.spans import Labelled, binary_scores, span_counts, span_f1, span_scores
from claimstance.heads import Head, Level
from claimstance.schema import Cue, CueType, Example, Kind, PredictedTarget, Prediction, Span
from claimstance.words import WORD

MISSED: Final = "missed"
SILENT_ON: Final = {"szeged_wiki": CueType.INTENTION, "szeged_news": CueType.INTENTION}  # never labelled there
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
    """Return the metrics of all heads that these examples label; ``bootstrap`` is the number of draws."""
    pairs = list(zip(examples, predictions, strict=True))
    result: dict[str, Any] = {"examples": len(examples), "groups": len({example.group for example in examples})}
    for head in heads.with_labels():
        if found := decisions(head, examples, predictions):
            result[head.name] = classification(found, head.labels, bootstrap, seed)
            if head.level is Level.TARGET:
                result[head.name]["contrast"] = _contrast(found)
    for head in heads.of_level(Level.SPANS):
        if labelled := [pair for pair in pairs if head.name in pair[0].labelled]:
            spans = [_spans(head, *pair) for pair in labelled]
            scores = span_scores([example.group for example, _ in labelled], spans, bootstrap, seed)
            result[span_field(head)] = scores | (_cue_details(labelled, spans) if head is heads.CUES else {})
    if found := [decision for pair in pairs for decision in _found_stances(*pair)]:
        result["stance_found"] = classification(found, heads.STANCE.labels, bootstrap, seed)
        result["stance_found"]["missed"] = sum(decision.found == MISSED for decision in found)
    if rated := [(e.group, e.certainty, firmness(p)) for e, p in pairs if e.certainty is not None]:
        groups, ratings, expected = zip(*rated, strict=True)
        result["certainty"] = pearson(groups, ratings, expected, bootstrap, seed)
    return result


def span_field(head: Head) -> str:
    """Return the name of a head of spans in results: cues, source_span …"""
    return head.name if len(head.labels) > 1 else f"{head.name}_span"


def headline(result: dict[str, Any]) -> dict[str, float]:
    """Return one number a head, for curves and comparisons."""
    names = {head.name: head.metric for head in heads.with_labels()}
    names |= {span_field(head): head.metric for head in heads.of_level(Level.SPANS)}
    return {f"{head}_f1": float(result[head][name]) for head, name in names.items() if head in result}


@dataclass(frozen=True, slots=True)
class Pairing:
    """One output of two models on the same rows.

    Attributes:
        name: As in ``headline``.
        groups: Article of each row.
        counts: What each row adds to the score of the first model, and to that of the second.
        score: The headline number of summed counts.
        right: Of decisions: which rows each model decides as gold does.
    """

    name: str
    groups: Sequence[str]
    counts: tuple[Counts, Counts]
    score: Score
    right: tuple[Sequence[bool], Sequence[bool]] | None = None


def pairings(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> Iterator[Pairing]:
    """Yield every output that these examples label, of two models."""
    for head in heads.with_labels():
        a, b = decisions(head, examples, first), decisions(head, examples, second)
        if a:
            counts = _class_counts(a, head.labels), _class_counts(b, head.labels)
            right = [d.gold == d.found for d in a], [d.gold == d.found for d in b]
            yield Pairing(f"{head.name}_f1", [d.example.group for d in a], counts, _macro_f1, right)
    for head in heads.of_level(Level.SPANS):
        if rows := [row for row in zip(examples, first, second, strict=True) if head.name in row[0].labelled]:
            counts = (
                span_counts([_spans(head, example, one) for example, one, _ in rows]),
                span_counts([_spans(head, example, other) for example, _, other in rows]),
            )
            yield Pairing(f"{span_field(head)}_f1", [example.group for example, _, _ in rows], counts, span_f1)


def losses(
    examples: Sequence[Example], before: Sequence[Prediction], after: Sequence[Prediction], bootstrap: int = 1000
) -> dict[str, tuple[float, float]]:
    """Return how much lower each headline number is after than before, and the 95 % lower bound (paired bootstrap)."""
    return {
        pair.name: loss_with_bound(pair.groups, *pair.counts, pair.score, bootstrap)
        for pair in pairings(examples, before, after)
    }


def decisions(head: Head, examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[Decision]:
    """Return all labelled decisions of a head; a target head has one a gold target (``Prediction.given``)."""
    return [d for pair in zip(examples, predictions, strict=True) for d in _decisions(head, *pair)]


Outcome = tuple[str, float, bool]  # article, probability, whether it is right


def outcomes(head: Head, examples: Sequence[Example], predictions: Sequence[Prediction]) -> list[Outcome]:
    """Return how sure each labelled decision or found span of a head is, and whether it is right."""
    if head.level is not Level.SPANS:
        return [(d.example.group, d.probability, d.gold == d.found) for d in decisions(head, examples, predictions)]
    found = []
    for example, prediction in zip(examples, predictions, strict=True):
        if head.name in example.labelled and example.kind is not Kind.OTHER:
            gold = _spans(head, example, prediction)[0]
            for span, label, probability in _found_spans(head, prediction):
                if not _masked(head, example, span):
                    right = (span, label if len(head.labels) > 1 else "") in gold
                    found.append((example.group, probability, right))
    return found


def _found_spans(head: Head, prediction: Prediction) -> Iterator[tuple[Span, str, float]]:
    if head is heads.TARGET:
        yield from ((one.span, head.labels[0], one.probability or 0.0) for one in prediction.targets)
    else:
        yield from ((one.span, one.label, one.probability) for one in prediction.spans.get(head.name, ()))


def _decisions(head: Head, example: Example, prediction: Prediction) -> Iterator[Decision]:
    if head.name not in example.labelled:
        return
    if head.level is Level.TARGET:
        for target, given in zip(example.targets, prediction.given, strict=True):
            if not _masked(head, example, target.span):
                yield _decide(head, example, target.stance, given.toward[head.name], target.span)
    elif (gold := heads.gold_label(head, example)) is not None and (
        head is heads.KIND or example.kind is not Kind.OTHER
    ):
        yield _decide(head, example, gold, prediction.labels[head.name])


def _decide(
    head: Head, example: Example, gold: str, probabilities: Sequence[float], target: Span | None = None
) -> Decision:
    best, ours = int(np.argmax(probabilities)), head.labels.index(gold)
    chances = float(probabilities[best]), float(probabilities[ours])
    return Decision(example, str(gold), head.labels[best], *chances, target=target)


def firmness(prediction: Prediction) -> float:
    """Return the expected strength from 0 (uncommitted) to 3 (certain)."""
    return float(np.dot(prediction.strength, [3, 2, 1, 0]))


def _found_stances(example: Example, prediction: Prediction) -> Iterator[Decision]:
    """Yield the stance of each gold target whose exact span was found, ``MISSED`` for the others."""
    if not {heads.STANCE.name, heads.TARGET.name} <= set(example.labelled):
        return
    found: dict[Span, PredictedTarget] = {target.span: target for target in prediction.targets}
    for target in example.targets:
        if _masked(heads.STANCE, example, target.span) or _masked(heads.TARGET, example, target.span):
            continue
        if target.span in found:
            yield _decide(heads.STANCE, example, target.stance, found[target.span].stance, target.span)
        else:
            yield Decision(example, str(target.stance), MISSED, 0.0, target=target.span)


def classification(
    found: Sequence[Decision], labels: Sequence[str], bootstrap: int = 0, seed: int = 0
) -> dict[str, Any]:
    """Return macro-F1 with its interval, accuracy, and precision, recall, F1 and n per class."""
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
    """Return counts of gold, found and right per class: (rows, 3c)."""
    in_gold = np.array([[d.gold == label for label in labels] for d in found], dtype=float)
    in_found = np.array([[d.found == label for label in labels] for d in found], dtype=float)
    return np.hstack([in_gold, in_found, in_gold * in_found])


def _macro_f1(sums: Counts) -> Counts:
    """Return macro-F1 (b,) of summed gold, found and right counts (b, 3c)."""
    gold, found, right = np.split(sums, 3, axis=1)
    f1 = 2 * right / np.maximum(gold + found, 1)
    return np.asarray(np.where(gold > 0, f1, 0).sum(axis=1) / np.maximum((gold > 0).sum(axis=1), 1))


def _contrast(found: Sequence[Decision]) -> dict[str, Any]:
    """Return the accuracy in sentences whose targets have different gold labels."""
    labels: dict[str, set[str]] = {}
    for d in found:
        labels.setdefault(d.example.example_id, set()).add(d.gold)
    hard = [d.gold == d.found for d in found if len(labels[d.example.example_id]) > 1]
    return {"accuracy": float(np.mean(hard)) if hard else None, "n": len(hard)}


def _masked(head: Head, example: Example, span: Span) -> bool:
    return any(masked.head == head.name and masked.span.overlaps(span) for masked in example.masked)


def _spans(head: Head, example: Example, prediction: Prediction) -> tuple[set[Labelled], set[Labelled]]:
    """Return the gold and the found spans of one head, with their labels if it has several; masked ones left out."""
    silent = SILENT_ON.get(example.corpus) if head is heads.CUES else None
    found = [(span, label) for span, label, _ in _found_spans(head, prediction)]
    sides = (heads.gold_spans(head, example), found)
    gold_set, found_set = (
        {
            (span, label if len(head.labels) > 1 else "")
            for span, label in side
            if label != silent and not _masked(head, example, span)
        }
        for side in sides
    )
    return gold_set, found_set


def _cue_details(pairs: Sequence[Pair], spans: Sequence[tuple[set[Labelled], set[Labelled]]]) -> dict[str, Any]:
    """Return scores of each cue type by itself, and of cues of any type by sentence and by word."""
    groups = [example.group for example, _ in pairs]
    result: dict[str, Any] = {"types": {}}
    for kind in heads.CUES.labels:
        of_kind = [({x for x in gold if x[1] == kind}, {x for x in found if x[1] == kind}) for gold, found in spans]
        result["types"][kind] = span_scores(groups, of_kind)
        result["types"][kind]["sentence"] = binary_scores([(bool(gold), bool(found)) for gold, found in of_kind])
    result["sentence"] = any_cue(pairs)
    if any(masked.head == heads.CUES.name for example, _ in pairs for masked in example.masked):
        result["sentence_with_masked"] = any_cue(pairs, with_masked=True)  # the corpus's own reading of a cue
    result["word"] = binary_scores([flags for pair in pairs for flags in _cue_words(*pair)])
    return result


def any_cue(pairs: Sequence[Pair], with_masked: bool = False) -> dict[str, Any]:
    """Return the F1 of "has a cue" by sentence; ``with_masked`` counts masked words as gold cues."""
    if not with_masked:
        return binary_scores([(bool(_unmasked(e, e.cues)), bool(_unmasked(e, p.cues))) for e, p in pairs])
    gold = [bool(e.cues) or any(m.head == heads.CUES.name for m in e.masked) for e, _ in pairs]
    found = [any(cue.type is not SILENT_ON.get(e.corpus) for cue in p.cues) for e, p in pairs]
    return binary_scores(list(zip(gold, found, strict=True)))


def _unmasked(example: Example, cues: Sequence[Cue]) -> list[Cue]:
    silent = SILENT_ON.get(example.corpus)
    return [cue for cue in cues if cue.type is not silent and not _masked(heads.CUES, example, cue.span)]


def _cue_words(example: Example, prediction: Prediction) -> Iterator[tuple[bool, bool]]:
    for word in (Span(*match.span()) for match in WORD.finditer(example.text)):
        if not _masked(heads.CUES, example, word):
            gold, found = (any(cue.span.overlaps(word) for cue in side.cues) for side in (example, prediction))
            yield gold, found
