"""Train the model: examples in, a model folder out."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from claimstance.errors import InputError, ParamsError
from claimstance.evaluation import metrics
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.folder import TOKENIZER, ModelConfig, read_config, seal, sha256
from claimstance.model.network import ClaimModel, load_weights, save_weights
from claimstance.model.runtimes import torch as torch_runtime
from claimstance.records import read_records, write_json
from claimstance.schema import Example, Sentence
from claimstance.scoring.scorer import ScoreOptions, Scorer
from claimstance.tracking.tracker import Tracker
from claimstance.training import distillation
from claimstance.training import loop as training
from claimstance.training.features import TeacherLogits, build_features, mix
from claimstance.training.loop import TrainParams


@dataclass(frozen=True, slots=True)
class TrainPaths:
    examples: Path  # folder with train.parquet and dev.parquet
    output: Path  # the model folder
    report: Path
    checkpoints: Path
    unlabelled: Path | None = None  # sentences (Parquet), of which only a teacher says anything


def run(paths: TrainPaths, params: TrainParams, tracker: Tracker) -> dict[str, Any]:
    """Train on ``train.parquet``, watch ``dev.parquet`` after each epoch, and write the model folder and a report.

    Raises:
        InputError: if there are no training examples.
        ModelError: if the encoder cannot be loaded.
    """
    train_file = paths.examples / "train.parquet"
    examples, dev = read_records(train_file, Example), read_records(paths.examples / "dev.parquet", Example)
    if not examples:
        raise InputError(f"{train_file}: there are no training examples; run the prepare stage on a corpus")
    folder = training.start_folder(paths.output, params)
    encoder = SentenceEncoder(folder / TOKENIZER, params.windows)
    examples, logits = _taught(examples, paths.unlabelled, encoder, params)
    data, counts = build_features(examples, encoder, params, logits)
    model = training.start_model(params)
    config = ModelConfig("claimstance", "", params.max_tokens, params.overlap)
    watch = _Watch(model, encoder, config, dev, tracker)
    read = [sha256(file) for file in (train_file, paths.unlabelled) if file is not None]
    read += [read_config(Path(folder)).version for folder in (params.start_from, params.teacher) if folder]
    checkpoints = paths.checkpoints / training.checkpoint_key(params, " ".join(read))
    tracker.params(_compared(params))
    tracker.dataset(train_file, "train")
    tracker.dataset(paths.examples / "dev.parquet", "dev")
    training.train(model, data, encoder, params, checkpoints, [watch])
    report = {"examples": dict(sorted(counts.items())), "epochs": watch.epochs, "params": asdict(params)}
    if int(os.environ.get("RANK", "0")) == 0:  # under torchrun only the first process writes
        save_weights(model, folder)
        seal(folder, config)
        write_json(paths.report, report)
        tracker.artifact(paths.report)
        tracker.model(folder)
        shutil.rmtree(checkpoints, ignore_errors=True)
    return report


def _taught(
    examples: list[Example], unlabelled: Path | None, student: SentenceEncoder, params: TrainParams
) -> tuple[list[Example], dict[str, TeacherLogits] | None]:
    """The examples that an epoch may show, unlabelled ones among them, and what the teacher says of each.

    Raises:
        ParamsError: if there are unlabelled sentences and no teacher.
    """
    if not params.teacher:
        if unlabelled is not None:
            raise ParamsError("--unlabelled needs a model that labels the sentences; name its folder in train.teacher")
        return examples, None
    folder = Path(params.teacher)
    config = read_config(folder)
    windows = WindowParams(config.max_tokens, config.overlap)
    forward = torch_runtime.wrap(load_weights(folder), bf16=params.bf16)
    teacher = Scorer(config, SentenceEncoder(folder / TOKENIZER, windows), forward, ScoreOptions())
    if unlabelled is not None:
        examples = examples + distillation.unlabelled_examples(read_records(unlabelled, Sentence))
    shown = {example.example_id: example for example in mix(examples, params)}
    with_targets, logits = distillation.teach(teacher, list(shown.values()), student)
    known = {example.example_id: example for example in with_targets}
    return [known.get(example.example_id, example) for example in examples], logits


def _compared(params: TrainParams) -> dict[str, object]:
    """The params that a person would compare between runs; the mappings one by one."""
    values = asdict(params)
    for name in ("repeat", "repeat_plain", "loss_weights", "teacher_weights"):
        values |= {f"{name}.{key}": value for key, value in values.pop(name).items()}
    return values


class _Watch(TrainerCallback):
    """Logs the losses as they come, and dev metrics after each epoch."""

    def __init__(
        self, model: ClaimModel, encoder: SentenceEncoder, config: ModelConfig, dev: Sequence[Example], tracker: Tracker
    ) -> None:
        self.scorer = Scorer(config, encoder, torch_runtime.wrap(model), ScoreOptions())
        self.dev = dev
        self.tracker = tracker
        self.epochs: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, float] | None = None, **_: Any) -> None:
        if state.is_world_process_zero and logs:
            numbers = {f"train/{name}": value for name, value in logs.items() if isinstance(value, int | float)}
            self.tracker.metrics(numbers, step=state.global_step)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not state.is_world_process_zero or not self.dev:
            return
        given = [[target.span for target in example.targets] for example in self.dev]
        predictions = self.scorer.predict([example.text for example in self.dev], given, calibrated=False)
        summary = metrics.headline(metrics.evaluate(self.dev, predictions, bootstrap=0))
        self.epochs.append({"epoch": round(float(state.epoch), 3), **summary})
        self.tracker.metrics({f"dev/{name}": value for name, value in summary.items()}, step=state.global_step)
