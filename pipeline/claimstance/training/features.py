"""Examples as a model trains on them: labels over tokens, a teacher's logits beside them, padded batches of both."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from claimstance import heads
from claimstance.corpus.exchange import exchange_names
from claimstance.heads import Level
from claimstance.model.certainty import Floats
from claimstance.model.encoding import Ids, SentenceEncoder, tokens_of
from claimstance.schema import Example, Stance
from claimstance.training.labels import IGNORE, label_tokens, sentence_label, target_labels
from claimstance.training.params import MixParams

SOFT: Final = "soft_"  # prefix of a teacher's tensors in a batch
TeacherLogits = Mapping[str, Floats]  # by output: sentence (c,), target (k, c), tokens (n, c)


@dataclass(frozen=True, slots=True)
class Features:
    """One example over its tokens, without the special ones."""

    ids: Ids  # (n,)
    sentence: dict[str, int]  # by sentence head
    toward: dict[str, list[int]]  # by target head: one label a target
    targets: list[Ids]  # token indices of each target
    tags: dict[str, Ids]  # by head of spans: (n,)
    teacher: TeacherLogits | None = None


def mix(examples: Sequence[Example], params: MixParams) -> list[Example]:
    """Return the examples of an epoch: each corpus limited to some articles, repeated or thinned out, names exchanged.

    An example with other names has an ``example_id`` of its own.
    """
    rng = np.random.default_rng(params.seed)
    mixed: list[Example] = []
    for example in limit_articles(examples, params.limit, params.seed):
        if left := params.leave_out.get(example.corpus):
            example = replace(example, labelled=tuple(name for name in example.labelled if name not in left))
        times = params.repeat.get(example.corpus, 1.0)
        if _is_plain(example):
            times = params.repeat_plain.get(example.corpus, times)
        mixed += [example] * (int(times) + int(rng.random() < times - int(times)))
    return [_exchanged(example, i, params.exchange_names, rng) for i, example in enumerate(mixed)]


def _exchanged(example: Example, number: int, share: float, rng: np.random.Generator) -> Example:
    """Return an example, perhaps with other names."""
    if not share or rng.random() >= share:
        return example
    other = exchange_names(example, rng)
    return example if other is None else replace(other, example_id=f"{example.example_id}~names{number}")


def limit_articles(examples: Sequence[Example], limit: int, seed: int) -> Sequence[Example]:
    """Return the examples of at most ``limit`` articles (groups) of each corpus, drawn by the seed; all if it is 0."""
    if not limit:
        return examples
    rng = np.random.default_rng(seed)
    kept: set[tuple[str, str]] = set()
    for corpus in sorted({example.corpus for example in examples}):
        groups = sorted({example.group for example in examples if example.corpus == corpus})
        kept |= {(corpus, groups[i]) for i in rng.permutation(len(groups))[:limit]}
    return [example for example in examples if (example.corpus, example.group) in kept]


def _is_plain(example: Example) -> bool:
    return not example.cues and all(target.stance is Stance.NEUTRAL for target in example.targets)


def build_features(
    mixed: Sequence[Example],
    encoder: SentenceEncoder,
    teacher: Mapping[str, TeacherLogits] | None = None,
) -> tuple[list[Features], Counter[str]]:
    """Encode the examples of an epoch (``mix``).

    Args:
        mixed: The examples.
        encoder: Of the model that trains.
        teacher: Logits by ``example_id``.

    Returns:
        The features, and how many examples of each corpus were used, left out or are without the teacher's logits.
    """
    counts: Counter[str] = Counter()
    result: list[Features] = []
    for example, encoded in zip(mixed, encoder.encode([e.text for e in mixed]), strict=True):
        if len(encoded.windows) > 1:
            counts[f"{example.corpus}: longer than max_tokens, left out"] += 1
        elif len(encoded.ids):
            of_teacher = None if teacher is None else teacher.get(example.example_id)
            result.append(features(example, encoded.ids, encoded.offsets, of_teacher))
            counts[f"{example.corpus}: used"] += 1
            counts[f"{example.corpus}: without the teacher's logits"] += teacher is not None and of_teacher is None
        else:
            counts[f"{example.corpus}: without a token, left out"] += 1
    return result, +counts


def features(example: Example, ids: Ids, offsets: Ids, teacher: TeacherLogits | None = None) -> Features:
    """Label one example's tokens; ``IGNORE`` stands where its corpus has no label."""
    return Features(
        ids=ids,
        sentence={head.name: sentence_label(head, example) for head in heads.of_level(Level.SENTENCE)},
        toward={head.name: target_labels(head, example) for head in heads.of_level(Level.TARGET)},
        targets=[tokens_of(target.span, offsets) for target in example.targets],
        tags=label_tokens(example, offsets),
        teacher=teacher,
    )


def collate(batch: Sequence[Features], encoder: SentenceEncoder) -> dict[str, Tensor]:
    """Pad a batch.

    Returns:
        ``input_ids`` and ``attention_mask`` (b, t); ``target_weights`` (b, k, t); the labels of each head by its name:
        sentence (b,), target (b, k), spans (b, t); and a teacher's logits by output, prefixed with ``SOFT``.
    """
    inputs = encoder.batch([item.ids for item in batch])
    b, t = inputs.input_ids.shape
    k = max(1, *(len(item.targets) for item in batch))
    toward = {head.name: np.full((b, k), IGNORE) for head in heads.of_level(Level.TARGET)}
    tags = {head.name: np.full((b, t), IGNORE) for head in heads.of_level(Level.SPANS)}
    weights = np.zeros((b, k, t), dtype=np.float32)
    for row, item in enumerate(batch):
        for name, values in item.tags.items():
            tags[name][row, 1 : len(values) + 1] = values
        for i, tokens in enumerate(item.targets):
            if len(tokens):
                weights[row, i, tokens + 1] = 1 / len(tokens)
                for name in toward:
                    toward[name][row, i] = item.toward[name][i]
    arrays = {
        "input_ids": inputs.input_ids,
        "attention_mask": inputs.attention_mask,
        "target_weights": weights,
        **{h.name: np.array([item.sentence[h.name] for item in batch]) for h in heads.of_level(Level.SENTENCE)},
        **toward,
        **tags,
        **_collate_teacher([item.teacher for item in batch], k, t),
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _collate_teacher(batch: Sequence[TeacherLogits | None], k: int, t: int) -> dict[str, Floats]:
    """Return a teacher's padded logits; NaN for examples without, and nothing if the whole batch is without."""
    if all(item is None for item in batch):
        return {}
    shapes = {Level.SENTENCE: (), Level.TARGET: (k,), Level.SPANS: (t,)}
    arrays = {}
    for output in heads.outputs():
        level = heads.output_level(output)
        padded = np.full((len(batch), *shapes[level], heads.output_width(output)), np.nan, dtype=np.float32)
        for row, item in enumerate(batch):
            if item is None:
                continue
            if level is Level.SENTENCE:
                padded[row] = item[output]
            else:
                first = int(level is Level.SPANS)  # [CLS] has no logits
                padded[row, first : len(item[output]) + first] = item[output]
        arrays[f"{SOFT}{output}"] = padded
    return arrays
