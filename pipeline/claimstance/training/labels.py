"""Gold labels over tokens: what the losses compare the model's outputs with."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from claimstance import heads
from claimstance.heads import Head, Level
from claimstance.model.encoding import Ids, tokens_of
from claimstance.schema import Example, Span

IGNORE: Final = -100  # the label that torch's cross-entropy leaves out
OUTSIDE: Final = 0


def sentence_label(head: Head, example: Example) -> int:
    """Return the index of an example's label; ``IGNORE`` where it has none."""
    label = heads.gold_label(head, example)
    return IGNORE if label is None else head.labels.index(label)


def target_labels(head: Head, example: Example) -> list[int]:
    """Return the index of each target's label; ``IGNORE`` where the head is not labelled."""
    if head.name not in example.labelled:
        return [IGNORE] * len(example.targets)
    return [head.labels.index(target.stance) for target in example.targets]


def tag_spans(spans: Iterable[tuple[Span, int]], offsets: Ids) -> Ids:
    """Return BIO tags (n,) for spans given with their begin tag; the inside tag is one higher."""
    tags = np.full(len(offsets), OUTSIDE, dtype=np.int64)
    for span, begin in spans:
        tokens = tokens_of(span, offsets)
        tags[tokens] = begin + 1
        tags[tokens[:1]] = begin
    return tags


def token_tags(head: Head, example: Example, offsets: Ids) -> Ids:
    """Return the tags (n,) of a head of spans; ``IGNORE`` where the example's corpus does not label it."""
    if head.name not in example.labelled:
        return np.full(len(offsets), IGNORE, dtype=np.int64)
    spans = ((span, 1 + 2 * head.labels.index(label)) for span, label in heads.gold_spans(head, example))
    tags = tag_spans(spans, offsets)
    for masked in example.masked:
        if masked.head == head.name:
            tags[tokens_of(masked.span, offsets)] = IGNORE
    return tags


def label_tokens(example: Example, offsets: Ids) -> dict[str, Ids]:
    """Return the tags (n,) of every head of spans, by name."""
    return {head.name: token_tags(head, example, offsets) for head in heads.of_level(Level.SPANS)}
