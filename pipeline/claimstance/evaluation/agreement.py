"""Agreement of two labellings of the same sentences: Cohen's kappa for decisions, F1 for spans."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from claimstance import heads
from claimstance.evaluation.resampling import Counts, interval
from claimstance.evaluation.spans import Labelled, span_scores
from claimstance.schema import Example, Holder, Kind

Pair = tuple[Example, Example]  # the first labelling and the second of one sentence
Labels = list[tuple[str, str, str]]  # group, first label, second label


@dataclass(frozen=True, slots=True)
class Agreement:
    """``measure`` is kappa or f1; ``raw`` is the share of equal labels or, for spans, F1 with any overlap."""

    field: str
    measure: str
    value: float
    low: float | None  # 95 % bootstrap interval by article
    high: float | None
    raw: float
    n: int  # decisions that both made; for spans, spans of the first labelling


def compare(first: Mapping[str, Example], second: Mapping[str, Example], bootstrap: int = 1000) -> list[Agreement]:
    """Return the agreement of every field over the sentences that both labelled.

    Act, strength and spans count where both see a claim; stance where both have the very same target; type and
    holder of a cue where both have the very same cue.
    """
    both = [(first[name], second[name]) for name in first if name in second]
    claims = [pair for pair in both if pair[0].kind is pair[1].kind is Kind.CLAIM]
    rows = [_kappa("kind", [(a.group, str(a.kind), str(b.kind)) for a, b in both], heads.KIND.labels, bootstrap)]
    for head in (heads.ACT, heads.STRENGTH):
        labels = [(a.group, str(getattr(a, head.field)), str(getattr(b, head.field))) for a, b in claims]
        rows.append(_kappa(head.name, labels, head.labels, bootstrap))
    for field, found, known in (
        ("stance", _shared(claims, _stances), heads.STANCE.labels),
        ("cue type", _shared(claims, _cue_types), heads.CUES.labels),
        ("holder", _shared(claims, _holders), list(map(str, Holder))),
    ):
        rows.append(_kappa(field, found, known, bootstrap))
    for field, read in SPANS.items():
        scores = span_scores([a.group for a, _ in claims], [(read(a), read(b)) for a, b in claims], bootstrap)
        overlap = float(scores["overlap_f1"])
        rows.append(Agreement(field, "f1", scores["f1"], scores["low"], scores["high"], overlap, scores["n"]))
    return rows


def kappa(matrix: Counts) -> Counts:
    """Return Cohen's kappa (b,) of flattened count matrices (b, c * c); 0 if chance explains all agreement."""
    size = round(matrix.shape[1] ** 0.5)
    table = matrix.reshape(-1, size, size) / np.maximum(matrix.sum(axis=1), 1).reshape(-1, 1, 1)
    observed = np.trace(table, axis1=1, axis2=2)
    chance = (table.sum(axis=1) * table.sum(axis=2)).sum(axis=1)
    return np.asarray(np.where(chance < 1, (observed - chance) / np.where(chance < 1, 1 - chance, 1), 0.0))


def _kappa(field: str, found: Labels, labels: Sequence[str], bootstrap: int) -> Agreement:
    cells = np.zeros((len(found), len(labels) ** 2))
    for row, (_, a, b) in enumerate(found):
        cells[row, labels.index(a) * len(labels) + labels.index(b)] = 1
    low, high = interval([group for group, _, _ in found], cells, kappa, bootstrap)
    value = float(kappa(cells.sum(axis=0, keepdims=True))[0])
    raw = sum(a == b for _, a, b in found) / max(1, len(found))
    return Agreement(field, "kappa", value, low, high, raw, len(found))


def _shared(claims: Sequence[Pair], read: Callable[[Example], dict[Any, str]]) -> Labels:
    """Return both labels of the spans that both labellings have."""
    return [(a.group, label, read(b)[span]) for a, b in claims for span, label in read(a).items() if span in read(b)]


def _stances(example: Example) -> dict[Any, str]:
    return {target.span: str(target.stance) for target in example.targets}


def _cue_types(example: Example) -> dict[Any, str]:
    return {cue.span: str(cue.type) for cue in example.cues}


def _holders(example: Example) -> dict[Any, str]:
    return {cue.span: str(cue.holder) for cue in example.cues if cue.holder is not None}


def _one(name: str) -> Callable[[Example], set[Labelled]]:
    return lambda example: {(span, "")} if (span := getattr(example, name)) is not None else set()


SPANS: Final[dict[str, Callable[[Example], set[Labelled]]]] = {
    "source": _one("source"),
    "targets": lambda example: {(target.span, "") for target in example.targets},
    "trigger": _one("trigger"),
    "cues": lambda example: {(cue.span, str(cue.type)) for cue in example.cues},
    "condition": _one("condition"),
}


def disagreements(first: Mapping[str, Example], second: Mapping[str, Example]) -> Iterator[tuple[str, list[str]]]:
    """Yield each sentence on which the two differ, with the fields."""
    for name, a in first.items():
        if (b := second.get(name)) is None:
            continue
        if a.kind is not b.kind:
            yield name, ["kind"]
        elif fields := [field for field, read in READERS.items() if read(a) != read(b)]:
            yield name, fields


READERS: Final[dict[str, Callable[[Example], object]]] = {
    "act": lambda example: example.act,
    "strength": lambda example: example.strength,
    **SPANS,
    "stance": _stances,
    "holder": _holders,
    "speaker": lambda example: example.speaker,
}
