"""``claimstance train``: examples to a model folder."""

import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from claimstance.commands.options import PATH, params_option, path_option
from claimstance.errors import InputError, ParamsError
from claimstance.model.encoders import check_encoder
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.folder import TOKENIZER, ModelConfig, read_config, seal
from claimstance.model.predictor import Predictor
from claimstance.params import load_section
from claimstance.records import read_records, sha256, write_json
from claimstance.report.progress import progress
from claimstance.schema import Example, Sentence
from claimstance.tracking.description import describe, differences
from claimstance.tracking.tracker import NOTE, Tracker, tracked
from claimstance.tracking.watch import DevWatch
from claimstance.training.checkpoints import Progress, checkpoint_key, read_progress
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
    where = TrainPaths(**paths)
    # refuses what cannot be found before anything heavy is imported or logged
    known = read_progress(checkpoint_folder(where, section)) or Progress()
    with tracked("train", run_file, section.run_name, known.run_id) as tracker:
        if known.step:
            click.echo(f"resuming at step {known.step}, after {known.seconds:.0f} s of training", err=True)
        tracker.tags({NOTE: describe(differences(params), {})})
        try:
            run(where, section, tracker)
        except KeyboardInterrupt:
            click.echo("interrupted; the same command goes on from the newest checkpoint", err=True)
            raise


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
    mixed = features.mix(examples + _unlabelled(paths), params)
    mixed, logits = _taught(mixed, encoder, params)
    data, counts = features.build_features(mixed, encoder, logits)
    model = loop.start_model(params)
    config = ModelConfig("claimstance", "", params.max_tokens, params.overlap)
    checkpoints = checkpoint_folder(paths, params)
    known = read_progress(checkpoints) or Progress()
    known.run_id = tracker.run_id
    watch = DevWatch(Predictor(config, encoder, loop.as_forward(model)), dev, tracker, known).keep_in(checkpoints)
    tracker.params(_compared(params))
    tracker.dataset(train_file, "train")
    tracker.dataset(paths.examples / "dev.parquet", "dev")
    with watch:
        loop.train(model, data, encoder, params, checkpoints, watch)
    report = {"examples": dict(sorted(counts.items())), "epochs": known.epochs, "params": asdict(params)}
    if int(os.environ.get("RANK", "0")) == 0:  # under torchrun only the first process writes
        save_weights(model, folder)
        seal(folder, config)
        write_json(paths.report, report)
        tracker.artifact(paths.report)
        tracker.metrics({"train/seconds": known.seconds})
        shutil.rmtree(checkpoints, ignore_errors=True)
    return report


def checkpoint_folder(paths: TrainPaths, params: TrainParams) -> Path:
    """Return where a training keeps its checkpoints; another one, by params or data, has another folder.

    Raises:
        InputError: if a file that is read is missing.
        ModelError: if the encoder, the teacher or the model to start from cannot be found.
        ParamsError: if there are unlabelled sentences and no teacher.
    """
    files = [paths.examples / "train.parquet", paths.examples / "dev.parquet"]
    if paths.unlabelled is not None:
        files.append(paths.unlabelled)
        if not params.teacher:
            raise ParamsError("--unlabelled needs a model that labels the sentences; name its folder in train.teacher")
    for file in files:
        if not file.is_file():
            raise InputError(f"{file}: no such file; run the stage that makes it")
    if not params.start_from:
        check_encoder(params.encoder)
    models = [read_config(Path(folder)).version for folder in (params.start_from, params.teacher) if folder]
    return paths.checkpoints / checkpoint_key(params, " ".join([*map(sha256, files), *models]))


def _unlabelled(paths: TrainPaths) -> list[Example]:
    """Return the sentences that only a teacher labels."""
    if paths.unlabelled is None:
        return []
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
    encoded = teacher.encoder.encode([example.text for example in shown.values()])
    with progress("teacher, windows", sum(len(sentence.windows) for sentence in encoded)) as teacher.on_windows:
        with_targets, logits = distillation.teach(teacher, list(shown.values()), student)
    known = {example.example_id: example for example in with_targets}
    return [known[example.example_id] for example in mixed], logits


def _compared(params: TrainParams) -> dict[str, object]:
    """Return the params that a person would compare between runs; the mappings one by one."""
    values = asdict(params)
    for name in ("repeat", "repeat_plain", "leave_out", "loss_weights", "teacher_weights"):
        values |= {f"{name}.{key}": value for key, value in values.pop(name).items()}
    return values
