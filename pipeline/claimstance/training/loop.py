"""The training loop: ``transformers.Trainer`` over ``ClaimModel``.

Every head's loss is masked where its corpus says nothing, so corpora that label different things train together.
"""

import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoTokenizer, PrinterCallback, Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from claimstance.model.encoders import check_weights, encoder_folder
from claimstance.model.encoding import SentenceEncoder
from claimstance.model.folder import TOKENIZER
from claimstance.model.network import ClaimModel, from_encoder, keep_layers, load_weights
from claimstance.model.predictor import Forward
from claimstance.model.runtimes import torch as torch_runtime
from claimstance.records import atomic_path, write_json
from claimstance.training.checkpoints import has_checkpoint
from claimstance.training.features import SOFT, Features, collate
from claimstance.training.losses import head_losses, teacher_losses, weighted_sum
from claimstance.training.params import TrainParams


def start_model(params: TrainParams) -> ClaimModel:
    """Return the model that training starts from.

    Raises:
        ModelError: if the encoder, or the model to continue from, cannot be loaded, its weights are others, or it has
            fewer layers than are to be kept.
    """
    cast(Any, transformers_logging).disable_progress_bar()  # dozens of lines in a log, for a second
    if not params.start_from and params.encoder_sha256:
        check_weights(params.encoder, params.encoder_sha256)
    start = Path(params.start_from)
    model = (
        load_weights(start, dropout=params.dropout)
        if params.start_from
        else from_encoder(params.encoder, params.dropout)
    )
    if params.layers:
        keep_layers(model, params.layers)
    return model


def start_folder(folder: Path, params: TrainParams) -> Path:
    """Write the encoder's tokenizer into the model folder, without its silent truncation and padding."""
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
    """The model as ``Trainer`` expects it: gold labels and a teacher's logits in, one weighted loss out."""

    def __init__(self, model: ClaimModel, params: TrainParams) -> None:
        super().__init__()
        self.model = model
        self.params = params

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **gold: Tensor) -> dict[str, Tensor]:
        soft = {name.removeprefix(SOFT): gold.pop(name) for name in list(gold) if name.startswith(SOFT)}
        outputs = self.model(input_ids, attention_mask)
        loss = weighted_sum(head_losses(outputs, gold), self.params.loss_weights)
        if soft:
            taught = teacher_losses(outputs, soft, gold["target_weights"], self.params.temperature)
            weights = self.params.teacher_weights
            taught = {name: weights.get(name, 1.0) * value for name, value in taught.items()}
            loss = loss + weighted_sum(taught, self.params.loss_weights)
        return {"loss": loss}


class Watch(Protocol):
    """What may follow a training; ``on_epoch_end`` returns a score, the higher the better, or null."""

    def on_log(self, step: int, numbers: Mapping[str, float]) -> None: ...
    def on_step(self, step: int, total: int) -> None: ...
    def on_epoch_end(self, epoch: float, step: int) -> float | None: ...


class _Callback(TrainerCallback):
    """Passes the trainer's events to a ``Watch``, and stops when the score no longer rises.

    Under torchrun every process has the same weights, so all see the same scores and stop together.
    """

    def __init__(self, watch: Watch, model: ClaimModel, patience: int, folder: Path) -> None:
        self.watch = watch
        self.model = model
        self.patience = patience
        self.best = Best(folder)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any) -> None:
        if state.is_world_process_zero and logs:
            numbers = {name: value for name, value in logs.items() if isinstance(value, int | float)}
            self.watch.on_log(state.global_step, numbers)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            self.watch.on_step(state.global_step, state.max_steps)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not state.is_world_process_zero and not self.patience:
            return
        score = self.watch.on_epoch_end(float(state.epoch), state.global_step)
        if self.patience and score is not None:
            self.best.offer(self.model, float(state.epoch), score, write=state.is_world_process_zero)
            control.should_training_stop |= float(state.epoch) - self.best.epoch > self.patience - 0.5


class Best:
    """The weights of the best epoch so far; they lie beside the checkpoints, so that a resumed training has them."""

    def __init__(self, folder: Path) -> None:
        self.weights, self.note = folder / "best.safetensors", folder / "best.json"
        known = json.loads(self.note.read_text(encoding="utf-8")) if self.note.is_file() else {}
        self.epoch, self.score = float(known.get("epoch", 0.0)), float(known.get("score", -math.inf))

    def offer(self, model: ClaimModel, epoch: float, score: float, write: bool) -> None:
        """Keep the weights if their score is the highest."""
        if score <= self.score:
            return
        self.epoch, self.score = epoch, score
        if write:
            with atomic_path(self.weights) as temporary:
                save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, temporary)
            write_json(self.note, {"epoch": epoch, "score": score})

    def restore(self, model: ClaimModel) -> None:
        """Put the kept weights into the model, if there are any."""
        if self.weights.is_file():
            model.load_state_dict(load_file(self.weights))


def as_forward(model: ClaimModel, bf16: bool = False) -> Forward:
    """Return a model in memory as a runtime, so that it can be measured while it trains."""
    return torch_runtime.wrap(model, bf16=bf16)


def train(
    model: ClaimModel,
    data: Sequence[Features],
    encoder: SentenceEncoder,
    params: TrainParams,
    checkpoints: Path,
    watch: Watch | None = None,
) -> ClaimModel:
    """Train in place, resuming from the newest checkpoint in ``checkpoints``."""
    if params.threads:
        torch.set_num_threads(params.threads)
    set_seed(params.seed)
    trainer = Trainer(
        model=_WithLoss(model, params),
        args=_arguments(params, -(-len(data) // params.batch_size), checkpoints),
        train_dataset=_Dataset(data),
        data_collator=lambda batch: collate([item["features"] for item in batch], encoder),
        optimizers=(_optimizer(model, params), None),
        callbacks=[_Callback(watch, model, params.patience, checkpoints)] if watch is not None else [],
    )
    trainer.remove_callback(PrinterCallback)  # the watch says how far it is
    trainer.train(resume_from_checkpoint=has_checkpoint(checkpoints) or None)
    if params.patience:
        Best(checkpoints).restore(model)
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
        warmup_steps=params.warmup,  # a share of the steps
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
        disable_tqdm=True,
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
