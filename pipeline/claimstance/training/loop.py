"""The training loop: ``transformers.Trainer`` over ``ClaimModel``.

Every head's loss is masked where its corpus says nothing, so corpora that label different things train together.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, Trainer, TrainerCallback, TrainingArguments, set_seed

from claimstance.errors import ParamsError
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.folder import TOKENIZER
from claimstance.model.network import (
    PACKAGED_ENCODER,
    ClaimModel,
    Labels,
    encoder_folder,
    from_encoder,
    head_losses,
    load_weights,
    teacher_losses,
)
from claimstance.schema import Head
from claimstance.training.features import SOFT, Features, MixParams, collate


@dataclass(frozen=True, slots=True)
class TrainParams(MixParams):
    """``learning_rate`` is the encoder's, ``head_learning_rate`` that of the new layers.

    A ``teacher`` is a model folder whose probabilities are learnt too (Hinton, Vinyals & Dean 2015), softened by
    ``temperature``; ``teacher_weights`` says for each head how much that loss counts beside the labels' one (1).
    """

    encoder: str = PACKAGED_ENCODER  # or a Hugging Face name, or a local folder
    start_from: str = ""  # a model folder that `train` made, to go on from; its encoder is used
    teacher: str = ""
    temperature: float = 2.0
    epochs: int = 4
    batch_size: int = 32
    learning_rate: float = 5e-5
    head_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.06  # share of all steps
    dropout: float = 0.1
    max_tokens: int = 256
    overlap: int = 64
    threads: int = 0  # torch threads; 0: torch's own choice
    bf16: bool = False
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    teacher_weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("loss_weights", "teacher_weights"):
            if unknown := set(getattr(self, name)) - {head.value for head in Head}:
                raise ParamsError(f"train.{name}: there is no head {sorted(unknown)[0]!r}")

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


class _WithLoss(nn.Module):
    """The model as ``Trainer`` wants it: labels and a teacher's logits in, a weighted loss out."""

    def __init__(self, model: ClaimModel, params: TrainParams) -> None:
        super().__init__()
        self.model = model
        self.params = params

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **targets: Tensor) -> dict[str, Tensor]:
        soft = {name.removeprefix(SOFT): targets.pop(name) for name in list(targets) if name.startswith(SOFT)}
        labels = Labels(**targets)
        outputs = self.model(input_ids, attention_mask)
        loss = self._weighted(head_losses(outputs, labels))
        if soft:
            taught = teacher_losses(outputs, soft, labels.target_weights, self.params.temperature)
            weights = self.params.teacher_weights
            loss = loss + self._weighted({name: weights.get(name, 1.0) * value for name, value in taught.items()})
        return {"loss": loss}

    def _weighted(self, losses: Mapping[str, Tensor]) -> Tensor:
        return torch.stack([self.params.loss_weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()


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
    trainer = Trainer(
        model=_WithLoss(model, params),
        args=_arguments(params, -(-len(data) // params.batch_size), checkpoints),
        train_dataset=_Dataset(data),
        data_collator=lambda batch: collate([item["features"] for item in batch], encoder),
        optimizers=(_optimizer(model, params), None),
        callbacks=list(callbacks),
    )
    trainer.train(resume_from_checkpoint=any(checkpoints.glob("checkpoint-*")) or None)
    return model.eval()


def _optimizer(model: ClaimModel, params: TrainParams) -> torch.optim.Optimizer:
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    groups = [
        {"params": list(model.encoder.parameters()), "lr": params.learning_rate},
        {"params": heads, "lr": params.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=params.weight_decay, fused=True)


def _arguments(params: TrainParams, steps_per_epoch: int, checkpoints: Path) -> TrainingArguments:
    return TrainingArguments(
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
