"""Examples to batches, and the training loop: ``transformers.Trainer`` over ``ClaimModel``.

Every head's loss is masked where its corpus says nothing, so corpora that label different things train together.
"""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, Trainer, TrainerCallback, TrainingArguments, set_seed

from claimstance.encoding import IGNORE, EncodedSentence, Ids, SentenceEncoder, WindowParams, label_tokens, tokens_of
from claimstance.errors import ParamsError
from claimstance.model import (
    PACKAGED_ENCODER,
    ClaimModel,
    Labels,
    encoder_folder,
    from_encoder,
    head_losses,
    load_weights,
)
from claimstance.model_folder import TOKENIZER
from claimstance.schema import Act, Example, Head, Kind, Stance, Strength


@dataclass(frozen=True, slots=True)
class TrainParams:
    """``repeat`` is how often an epoch shows each corpus (0.5: half of it, drawn once); 1 where it is not named.

    ``repeat_plain`` says the same for a corpus's examples without any cue or stance, where these would drown the rest.
    ``learning_rate`` is the encoder's, ``head_learning_rate`` that of the new layers.
    """

    encoder: str = PACKAGED_ENCODER  # or a Hugging Face name, or a local folder
    start_from: str = ""  # a model folder that `train` made, to go on from; its encoder is used
    epochs: int = 4
    batch_size: int = 32
    learning_rate: float = 5e-5
    head_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.06  # share of all steps
    dropout: float = 0.1
    max_tokens: int = 256
    overlap: int = 64
    seed: int = 13
    threads: int = 0  # torch threads; 0: torch's own choice
    bf16: bool = False
    repeat: Mapping[str, float] = field(default_factory=dict)
    repeat_plain: Mapping[str, float] = field(default_factory=dict)
    loss_weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.loss_weights) - {head.value for head in Head}
        if unknown:
            raise ParamsError(f"train.loss_weights: there is no head {sorted(unknown)[0]!r}")

    @property
    def windows(self) -> WindowParams:
        return WindowParams(self.max_tokens, self.overlap)


def start_model(params: TrainParams) -> ClaimModel:
    """The model that training starts from.

    Raises:
        ModelError: if the encoder or the model to go on from cannot be loaded.
    """
    return load_weights(Path(params.start_from)) if params.start_from else from_encoder(params.encoder, params.dropout)


def start_folder(folder: Path, params: TrainParams) -> Path:
    """Put the encoder's tokenizer into the model folder, its silent truncation and padding switched off."""
    folder.mkdir(parents=True, exist_ok=True)
    if params.start_from:
        shutil.copyfile(Path(params.start_from) / TOKENIZER, folder / TOKENIZER)
        return folder
    tokenizer = AutoTokenizer.from_pretrained(encoder_folder(params.encoder)).backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    (folder / TOKENIZER).write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False), encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Features:
    """One example over its tokens, without the special ones."""

    ids: Ids  # (n,)
    sentence: dict[str, int]  # kind, act, strength
    toward: dict[str, list[int]]  # stance, sentiment: one label a target
    targets: list[Ids]  # token indices of each target
    cues: Ids  # (n,)
    roles: Ids  # (n, 4)


def features(example: Example, encoded: EncodedSentence) -> Features:
    """Label one example's tokens; ``IGNORE`` stands where its corpus says nothing."""
    stances = [list(Stance).index(target.stance) for target in example.targets]
    cues, roles = label_tokens(example, encoded.offsets)
    return Features(
        ids=encoded.ids,
        sentence={
            "kind": _index(Kind, example.kind),
            "act": _index(Act, example.act),
            "strength": _index(Strength, example.strength),
        },
        toward={
            head.value: stances if head in example.labelled else [IGNORE] * len(stances)
            for head in (Head.STANCE, Head.SENTIMENT)
        },
        targets=[tokens_of(target.span, encoded.offsets) for target in example.targets],
        cues=cues,
        roles=roles,
    )


def _index(enum: type[StrEnum], label: StrEnum | None) -> int:
    return IGNORE if label is None else list(enum).index(label)


def build_features(
    examples: Sequence[Example], encoder: SentenceEncoder, params: TrainParams
) -> tuple[list[Features], Counter[str]]:
    """Repeat or thin out each corpus, and encode; counts what is used and what is too long for one window."""
    rng = np.random.default_rng(params.seed)
    counts: Counter[str] = Counter()
    result = []
    for example, encoded in zip(examples, encoder.encode([e.text for e in examples]), strict=True):
        times = params.repeat.get(example.corpus, 1.0)
        if _is_plain(example):
            times = params.repeat_plain.get(example.corpus, times)
        copies = int(times) + int(rng.random() < times - int(times))
        if len(encoded.windows) > 1:
            counts[f"{example.corpus}: longer than max_tokens, left out"] += 1
        elif copies and len(encoded.ids):
            result += [features(example, encoded)] * copies
            counts[f"{example.corpus}: used"] += copies
    return result, counts


def _is_plain(example: Example) -> bool:
    return not example.cues and all(target.stance is Stance.NEUTRAL for target in example.targets)


def collate(batch: Sequence[Features], encoder: SentenceEncoder) -> dict[str, Tensor]:
    """Pad a batch; the keys are ``input_ids``, ``attention_mask`` and the fields of ``Labels``."""
    inputs = encoder.batch([item.ids for item in batch])
    b, t = inputs.input_ids.shape
    k = max(1, *(len(item.targets) for item in batch), 1)
    toward = {name: np.full((b, k), IGNORE) for name in ("stance", "sentiment")}
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
        **{name: np.array([item.sentence[name] for item in batch]) for name in ("kind", "act", "strength")},
        **toward,
        "target_weights": weights,
        "cues": cues,
        "roles": roles,
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


class _WithLoss(nn.Module):
    """The model as ``Trainer`` wants it: labels in, a weighted loss out."""

    def __init__(self, model: ClaimModel, weights: Mapping[str, float]) -> None:
        super().__init__()
        self.model = model
        self.weights = weights
        self.last: dict[str, Tensor] = {}  # each head's loss in the last batch, for the progress log

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **labels: Tensor) -> dict[str, Tensor]:
        losses = head_losses(self.model(input_ids, attention_mask), Labels(**labels))
        self.last = {name: loss.detach() for name, loss in losses.items()}
        weighted = [self.weights.get(name, 1.0) * loss for name, loss in losses.items()]
        return {"loss": torch.stack(weighted).sum()}


def checkpoint_key(params: TrainParams, data_hash: str) -> str:
    """Names the checkpoint folder: another setting or other data never resumes from these."""
    return hashlib.sha256(json.dumps([asdict(params), data_hash], sort_keys=True).encode()).hexdigest()[:16]


def train(
    model: ClaimModel,
    data: Sequence[Features],
    encoder: SentenceEncoder,
    params: TrainParams,
    checkpoints: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> ClaimModel:
    """Train in place, resuming from the newest checkpoint in ``checkpoints``; callbacks see the Trainer's logs."""
    if params.threads:
        torch.set_num_threads(params.threads)
    set_seed(params.seed)
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(model.encoder.parameters()), "lr": params.learning_rate},
            {"params": heads, "lr": params.head_learning_rate},
        ],
        weight_decay=params.weight_decay,
    )
    steps_per_epoch = -(-len(data) // params.batch_size)
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=params.epochs,
        per_device_train_batch_size=params.batch_size,
        warmup_steps=round(params.warmup * params.epochs * steps_per_epoch),
        lr_scheduler_type="linear",
        train_sampling_strategy="group_by_length",
        seed=params.seed,
        bf16=params.bf16,
        use_cpu=not torch.cuda.is_available(),
        ddp_backend="gloo" if "WORLD_SIZE" in os.environ and not torch.cuda.is_available() else None,
        save_strategy="steps",
        save_steps=max(20, min(200, steps_per_epoch // 2)),
        save_total_limit=1,
        logging_steps=max(1, min(50, steps_per_epoch // 4)),
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        max_grad_norm=1.0,
    )
    trainer = Trainer(
        model=_WithLoss(model, params.loss_weights),
        args=arguments,
        train_dataset=_Dataset(data),
        data_collator=lambda batch: collate([item["features"] for item in batch], encoder),
        optimizers=(optimizer, None),
        callbacks=list(callbacks),
    )
    trainer.train(resume_from_checkpoint=any(checkpoints.glob("checkpoint-*")) or None)
    return model.eval()


class _Dataset(torch.utils.data.Dataset[dict[str, Any]]):
    def __init__(self, data: Sequence[Features]) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"features": self.data[index], "input_ids": self.data[index].ids}  # the sampler groups by input_ids


def label_fields() -> tuple[str, ...]:
    """The names of the label tensors that ``collate`` makes."""
    return tuple(field.name for field in fields(Labels))
