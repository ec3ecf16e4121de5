"""``claimstance train``: examples to a model folder."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from claimstance.commands.options import PATH, params_option, path_option
from claimstance.errors import InputError, ParamsError
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.folder import TOKENIZER, ModelConfig, read_config, seal
from claimstance.model.predictor import Predictor
from claimstance.params import load_section
from claimstance.records import read_records, sha256, write_json
from claimstance.schema import Example, Sentence
from claimstance.tracking.tracker import Tracker, tracked
from claimstance.training.params import TrainParams


@dataclass(frozen=True, slots=True)
class TrainPaths:
    examples: Path  # folder with train.parquet and dev.parquet
    output: Path  # the model folder
    report: Path
    checkpoints: Path
    unlabelled: Path | None = None  # sentences (Parquet) that only a teacher labels


@click.command()
@path_option("examples", "Folder with train.parquet and dev.parquet, from prepare.")
@path_option("output", "Model folder.")
@path_option("report", "Losses and dev metrics by epoch (JSON).")
@click.option("--run-file", type=PATH, help="Where to write the tracking run's id (JSON).")
@click.option("--checkpoints", type=PATH, default=Path(".cache/checkpoints"), show_default=True)
@click.option("--unlabelled", type=PATH, help="Sentences (Parquet) that the teacher in the params labels.")
@click.option("--seed", type=int, help="Replaces the seed in the params.")
@params_option
def command(run_file: Path | None, seed: int | None, params: Path, **paths: Path) -> None:
    """Train the model; a killed training resumes from its newest checkpoint."""
    section = load_section(params, "train", TrainParams)
    if seed is not None:
        section = replace(section, seed=seed)
    with tracked("train", run_file) as tracker:
        run(TrainPaths(**paths), section, tracker)


def run(paths: TrainPaths, params: TrainParams, tracker: Tracker) -> dict[str, Any]:
    """Train on ``train.parquet``, measure ``dev.parquet`` after each epoch, write the model folder and a report.

    Raises:
        InputError: if there are no training examples.
        ModelError: if the encoder cannot be loaded.
    """
    from claimstance.model.network import save_weights  # imports torch, which takes seconds
    from claimstance.training import features, loop

    train_file = paths.examples / "train.parquet"
    examples, dev = read_records(train_file, Example), read_records(paths.examples / "dev.parquet", Example)
    if not examples:
        raise InputError(f"{train_file}: there are no training examples; run the prepare stage on a corpus")
    folder = loop.start_folder(paths.output, params)
    encoder = SentenceEncoder(folder / TOKENIZER, params.windows)
    mixed = features.mix(examples + _unlabelled(paths, params), params)
    mixed, logits = _taught(mixed, encoder, params)
    data, counts = features.build_features(mixed, encoder, logits)
    model = loop.start_model(params)
    config = ModelConfig("claimstance", "", params.max_tokens, params.overlap)
    watch = DevWatch(Predictor(config, encoder, loop.as_forward(model)), dev, tracker)
    read = [sha256(file) for file in (train_file, paths.unlabelled) if file is not None]
    read += [read_config(Path(folder)).version for folder in (params.start_from, params.teacher) if folder]
    checkpoints = paths.checkpoints / loop.checkpoint_key(params, " ".join(read))
    tracker.params(_compared(params))
    tracker.dataset(train_file, "train")
    tracker.dataset(paths.examples / "dev.parquet", "dev")
    loop.train(model, data, encoder, params, checkpoints, watch)
    report = {"examples": dict(sorted(counts.items())), "epochs": watch.epochs, "params": asdict(params)}
    if int(os.environ.get("RANK", "0")) == 0:  # under torchrun only the first process writes
        save_weights(model, folder)
        seal(folder, config)
        write_json(paths.report, report)
        tracker.artifact(paths.report)
        shutil.rmtree(checkpoints, ignore_errors=True)
    return report


def _unlabelled(paths: TrainPaths, params: TrainParams) -> list[Example]:
    """Return the sentences that only a teacher labels.

    Raises:
        ParamsError: if there are some and no teacher.
    """
    if paths.unlabelled is None:
        return []
    if not params.teacher:
        raise ParamsError("--unlabelled needs a model that labels the sentences; name its folder in train.teacher")
    from claimstance.training import distillation

    return distillation.unlabelled_examples(read_records(paths.unlabelled, Sentence))


def _taught(
    mixed: list[Example], student: SentenceEncoder, params: TrainParams
) -> tuple[list[Example], dict[str, Any] | None]:
    """Return the examples, unlabelled ones with the targets that a teacher finds, and its logits by ``example_id``."""
    if not params.teacher:
        return mixed, None
    from claimstance.model.network import load_weights
    from claimstance.training import distillation, loop

    folder = Path(params.teacher)
    config = read_config(folder)
    windows = WindowParams(config.max_tokens, config.overlap)
    forward = loop.as_forward(load_weights(folder), bf16=params.bf16)
    teacher = Predictor(config, SentenceEncoder(folder / TOKENIZER, windows), forward)
    shown = {example.example_id: example for example in mixed}
    with_targets, logits = distillation.teach(teacher, list(shown.values()), student)
    known = {example.example_id: example for example in with_targets}
    return [known[example.example_id] for example in mixed], logits


def _compared(params: TrainParams) -> dict[str, object]:
    """Return the params that a person would compare between runs; the mappings one by one."""
    values = asdict(params)
    for name in ("repeat", "repeat_plain", "loss_weights", "teacher_weights"):
        values |= {f"{name}.{key}": value for key, value in values.pop(name).items()}
    return values


class DevWatch:
    """Logs the losses, and dev metrics after each epoch."""

    def __init__(self, predictor: Predictor, dev: Sequence[Example], tracker: Tracker) -> None:
        self.predictor = predictor
        self.dev = dev
        self.tracker = tracker
        self.epochs: list[dict[str, float]] = []

    def on_log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Log the trainer's numbers."""
        self.tracker.metrics({f"train/{name}": value for name, value in numbers.items()}, step=step)

    def on_epoch_end(self, epoch: float, step: int) -> None:
        """Predict dev with the model as it is, and log one number a head."""
        from claimstance.evaluation import metrics

        if not self.dev:
            return
        given = [[target.span for target in example.targets] for example in self.dev]
        predictions = self.predictor.predict([example.text for example in self.dev], given, calibrated=False)
        summary = metrics.headline(metrics.evaluate(self.dev, predictions, bootstrap=0))
        self.epochs.append({"epoch": round(epoch, 3), **summary})
        self.tracker.metrics({f"dev/{name}": value for name, value in summary.items()}, step=step)
