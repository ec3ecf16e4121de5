"""``claimstance sweep``: many trainings over params and seeds; what is finished is not trained again."""

import json
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import click

from claimstance.commands import train
from claimstance.commands.options import PATH, params_option, path_option
from claimstance.commands.train import TrainPaths
from claimstance.errors import InputError
from claimstance.params import load_section
from claimstance.records import read_records, write_json
from claimstance.schema import Example
from claimstance.tracking import sweeps
from claimstance.tracking.tracker import Tracker
from claimstance.training import search
from claimstance.training.checkpoints import Progress, read_progress
from claimstance.training.params import TrainParams
from claimstance.training.search import MEAN, Sweep, Trial

TRIAL = "trial.json"  # its presence says that a training of a sweep is finished
REPORT = "sweep.json"


class _Stopped(Exception):
    """A training was hopeless."""


@dataclass(frozen=True, slots=True)
class SweepPaths:
    """``output`` has a folder for each training, with its model, report and scores, and ``sweep.json``."""

    sweep: Path
    examples: Path
    output: Path


@click.command()
@click.argument("sweep", type=PATH)
@path_option("examples", "Folder with train.parquet and dev.parquet, from prepare.")
@path_option("output", "Folder for the models and results; a killed sweep in it is continued.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Trainings a combination.")
@click.option("--dry-run", is_flag=True, help="Only list the trainings.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON on stdout.")
@params_option
def command(seeds: int, dry_run: bool, as_json: bool, params: Path, **paths: Path) -> None:
    """Train every combination of a sweep's values, each with several seeds, and rank them on dev.

    SWEEP is a YAML file such as: train: {learning_rate: [3.0e-5, 5.0e-5], epochs: [4, 8]}. With search: random and
    trials: 10, values are drawn, also from ranges {low: 1.0e-5, high: 1.0e-4, log: true}.
    """
    where = SweepPaths(**paths)
    spec = search.read_sweep(where.sweep)
    trials = search.trials(spec, load_section(params, "train", TrainParams), seeds)
    if dry_run:
        for trial in trials:
            click.echo(f"{trial.name} seed={trial.params.seed}")
        return
    result = run(where, spec, trials)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)


def run(paths: SweepPaths, spec: Sweep, trials: Sequence[Trial]) -> dict[str, Any]:
    """Train what is not finished, under one parent run, and write the ranking.

    Raises:
        InputError: if there are no examples, or none to rank by.
    """
    if not read_records(paths.examples / "dev.parquet", Example):
        raise InputError(f"{paths.examples / 'dev.parquet'}: has no examples, and a sweep ranks by them")
    report = paths.output / REPORT
    known = json.loads(report.read_text(encoding="utf-8"))["run_id"] if report.is_file() else None
    parent = sweeps.open_parent(f"sweep {paths.sweep.stem}", known)
    results: list[dict[str, Any]] = []
    status = "FAILED"
    try:
        write_json(report, {"run_id": parent, "combinations": []})
        for i, trial in enumerate(trials, start=1):
            folder = train.checkpoint_folder(TrainPaths(paths.examples, Path(), Path(), paths.output), trial.params)
            if (folder / TRIAL).is_file():
                results.append(json.loads((folder / TRIAL).read_text(encoding="utf-8")))
                told = "finished before"
            else:
                results.append(_train(trial, folder, paths, spec, parent, results))
                told = "stopped, hopeless" if results[-1]["stopped"] else "done"
            score = results[-1]["scores"].get(MEAN)
            shown = "" if score is None else f", mean F1 on dev {score:.4f}"
            click.echo(f"[{i}/{len(trials)}] {trial.name} seed={trial.params.seed}: {told}{shown}", err=True)
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        click.echo("interrupted; the same command goes on with what is not finished", err=True)
        raise
    finally:
        combinations = search.summary(results)
        write_json(report, {"run_id": parent, "combinations": combinations, "trials": results})
        best = combinations[0]["mean"] if combinations else {}
        sweeps.close_parent(parent, best, report, status)
    return {"run_id": parent, "combinations": combinations, "trials": results}


def _train(
    trial: Trial, folder: Path, paths: SweepPaths, spec: Sweep, parent: str, earlier: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Train one model and write ``trial.json``, or stop it where it is hopeless."""
    finished = [result["curve"] for result in earlier if not result["stopped"]]
    where = TrainPaths(paths.examples, folder / "model", folder / "train.json", folder / "checkpoints")
    known = read_progress(train.checkpoint_folder(where, trial.params)) or Progress()
    curve = [epoch[MEAN] for epoch in known.epochs]

    def on_epoch(score: float) -> None:
        curve.append(score)
        if spec.stop_hopeless and search.hopeless(curve, trial.params.epochs, finished):
            raise _Stopped

    result: dict[str, Any] = {"name": trial.name, "seed": trial.params.seed, "params": asdict(trial.params)}
    result |= {"model": str(where.output), "stopped": False, "scores": {}}
    with sweeps.child(parent, f"{trial.name} seed={trial.params.seed}", folder / "run.json", known.run_id) as tracker:
        watched = cast(Tracker, sweeps.WatchedTracker(tracker, on_epoch))
        try:
            with redirect_stdout(sys.stderr):  # the trainer prints; stdout is for the results
                epochs = train.run(where, trial.params, watched)["epochs"]
            curve = [epoch[MEAN] for epoch in epochs]
            best = max(epochs, key=itemgetter(MEAN)) if trial.params.patience else epochs[-1]  # what is kept
            result["scores"] = {name: value for name, value in best.items() if name.endswith("_f1")}
        except _Stopped:
            result["stopped"] = True
            shutil.rmtree(where.output, ignore_errors=True)
    shutil.rmtree(where.checkpoints, ignore_errors=True)
    result["curve"] = curve
    write_json(folder / TRIAL, result)
    return result


def _show(result: dict[str, Any]) -> None:
    """Print the combinations, best first."""
    from rich.console import Console
    from rich.table import Table

    heads = list(next((row["mean"] for row in result["combinations"] if row["mean"]), {}))
    table = Table("combination", "seeds", *heads, title="dev, mean ± standard deviation over the seeds")
    for row in result["combinations"]:
        cells = [_cell(row["mean"].get(head), row["sd"].get(head)) for head in heads]
        table.add_row(row["name"], f"{row['seeds']}{', stopped' if row['stopped'] else ''}", *cells)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    best = result["combinations"][0]
    if len(best["models"]) > 1:
        click.echo(
            f"its models on the test sets: claimstance spread {' '.join(best['models'])} --examples … --output …"
        )
    click.echo("differences below the standard deviation are noise; compare two models with: claimstance compare")


def _cell(value: float | None, deviation: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if deviation is None else f"{value:.4f} ± {deviation:.4f}"
