"""Examples as a model trains on them: labels over tokens, a teacher's logits beside them, padded batches of both."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import torch
from torch import Tensor

from claimstance.model.decoding import Floats
from claimstance.model.encoding import IGNORE, Ids, SentenceEncoder, label_tokens, tokens_of
from claimstance.schema import Act, Example, Head, Kind, Stance, Strength

SOFT: Final = "soft_"  # what begins the names of a teacher's tensors in a batch
SENTENCE: Final = ("kind", "act", "strength")
TOWARD: Final = ("stance", "sentiment")
TOKENS: Final = ("cues", "roles")


@dataclass(frozen=True, slots=True)
class MixParams:
    """``repeat`` is how often an epoch shows each corpus (0.5: half of it, drawn once); 1 where it is not named.

    ``repeat_plain`` says the same for a corpus's examples without any cue or stance, where these would drown the rest.
    """

    seed: int = 13
    repeat: Mapping[str, float] = field(default_factory=dict)
    repeat_plain: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TeacherLogits:
    """What a teacher says of one sentence; the tokens are those of ``Features.ids``, the targets its ``targets``."""

    sentence: Mapping[str, Floats]  # kind (2,), act (7,), strength (4,)
    toward: Mapping[str, Floats]  # stance and sentiment (k, 3)
    tokens: Mapping[str, Floats]  # cues (n, 11), roles (n, 12)


@dataclass(frozen=True, slots=True)
class Features:
    """One example over its tokens, without the special ones."""

    ids: Ids  # (n,)
    sentence: dict[str, int]  # kind, act, strength
    toward: dict[str, list[int]]  # stance, sentiment: one label a target
    targets: list[Ids]  # token indices of each target
    cues: Ids  # (n,)
    roles: Ids  # (n, 4)
    teacher: TeacherLogits | None = None


def mix(examples: Sequence[Example], params: MixParams) -> list[Example]:
    """The examples of an epoch: each corpus repeated or thinned out."""
    rng = np.random.default_rng(params.seed)
    mixed = []
    for example in examples:
        times = params.repeat.get(example.corpus, 1.0)
        if _is_plain(example):
            times = params.repeat_plain.get(example.corpus, times)
        mixed += [example] * (int(times) + int(rng.random() < times - int(times)))
    return mixed


def _is_plain(example: Example) -> bool:
    return not example.cues and all(target.stance is Stance.NEUTRAL for target in example.targets)


def build_features(
    examples: Sequence[Example],
    encoder: SentenceEncoder,
    params: MixParams,
    teacher: Mapping[str, TeacherLogits] | None = None,
) -> tuple[list[Features], Counter[str]]:
    """Mix the corpora and encode them; counts what is used, what is too long for one window and what is not taught.

    ``teacher`` has the logits of the examples, by ``example_id``.
    """
    counts: Counter[str] = Counter()
    result: list[Features] = []
    mixed = mix(examples, params)
    for example, encoded in zip(mixed, encoder.encode([e.text for e in mixed]), strict=True):
        if len(encoded.windows) > 1:
            counts[f"{example.corpus}: longer than max_tokens, left out"] += 1
        elif len(encoded.ids):
            of_teacher = None if teacher is None else teacher.get(example.example_id)
            result.append(features(example, encoded.ids, encoded.offsets, of_teacher))
            counts[f"{example.corpus}: used"] += 1
            counts[f"{example.corpus}: without the teacher's logits"] += teacher is not None and of_teacher is None
    return result, +counts


def features(example: Example, ids: Ids, offsets: Ids, teacher: TeacherLogits | None = None) -> Features:
    """Label one example's tokens; ``IGNORE`` stands where its corpus says nothing."""
    stances = [list(Stance).index(target.stance) for target in example.targets]
    cues, roles = label_tokens(example, offsets)
    return Features(
        ids=ids,
        sentence={
            "kind": _index(Kind, example.kind),
            "act": _index(Act, example.act),
            "strength": _index(Strength, example.strength),
        },
        toward={
            head.value: stances if head in example.labelled else [IGNORE] * len(stances)
            for head in (Head.STANCE, Head.SENTIMENT)
        },
        targets=[tokens_of(target.span, offsets) for target in example.targets],
        cues=cues,
        roles=roles,
        teacher=teacher,
    )


def _index(enum: type[StrEnum], label: StrEnum | None) -> int:
    return IGNORE if label is None else list(enum).index(label)


def collate(batch: Sequence[Features], encoder: SentenceEncoder) -> dict[str, Tensor]:
    """Pad a batch; the keys are ``input_ids``, ``attention_mask``, the fields of ``Labels``, and a teacher's logits."""
    inputs = encoder.batch([item.ids for item in batch])
    b, t = inputs.input_ids.shape
    k = max(1, *(len(item.targets) for item in batch), 1)
    toward = {name: np.full((b, k), IGNORE) for name in TOWARD}
    weights = np.zeros((b, k, t), dtype=np.float32)
    cues, roles = np.full((b, t), IGNORE), np.full((b, t, 4), IGNORE)
    for row, item in enumerate(batch):
        n = len(item.ids)
        cues[row, 1 : n + 1], roles[row, 1 : n + 1] = item.cues, item.roles
        for i, tokens in enumerate(item.targets):
            if len(tokens):
                weights[row, i, tokens + 1] = 1 / len(tokens)
                for name in toward:
                    toward[name][row, i] = item.toward[name][i]
    arrays = {
        "input_ids": inputs.input_ids,
        "attention_mask": inputs.attention_mask,
        **{name: np.array([item.sentence[name] for item in batch]) for name in SENTENCE},
        **toward,
        "target_weights": weights,
        "cues": cues,
        "roles": roles,
        **_collate_teacher([item.teacher for item in batch], k, t),
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _collate_teacher(batch: Sequence[TeacherLogits | None], k: int, t: int) -> dict[str, Floats]:
    """A teacher's logits, padded; NaN where it says nothing, no tensor where it says nothing of the batch."""
    taught = [item for item in batch if item is not None]
    if not taught:
        return {}
    b, some = len(batch), taught[0]
    shapes = {name: (b, *some.sentence[name].shape) for name in SENTENCE}
    shapes |= {name: (b, k, some.toward[name].shape[-1]) for name in TOWARD}
    shapes |= {name: (b, t, some.tokens[name].shape[-1]) for name in TOKENS}
    arrays = {name: np.full(shape, np.nan, dtype=np.float32) for name, shape in shapes.items()}
    for row, item in enumerate(batch):
        if item is None:
            continue
        for name in SENTENCE:
            arrays[name][row] = item.sentence[name]
        for name in TOWARD:
            arrays[name][row, : len(item.toward[name])] = item.toward[name]
        for name in TOKENS:
            arrays[name][row, 1 : len(item.tokens[name]) + 1] = item.tokens[name]
    return {f"{SOFT}{name}": array for name, array in arrays.items()}
