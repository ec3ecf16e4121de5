"""``claimstance evaluate``: a model on every test set that is there, beside baselines and published numbers."""

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance import heads
from claimstance.commands.options import PATH, params_option, path_option
from claimstance.corpus.articles import assign_articles, read_corpus
from claimstance.corpus.splits import UNSEEN, SplitParams
from claimstance.errors import InputError
from claimstance.evaluation import attribution, metrics, test_sets
from claimstance.evaluation.test_sets import EvaluateParams, TestSets
from claimstance.model.folder import default_model
from claimstance.model.predictor import Batching, Predictor, load_predictor
from claimstance.params import load_section
from claimstance.processors import usable_processors
from claimstance.records import write_json
from claimstance.report.tables import table
from claimstance.schema import Example, Prediction
from claimstance.tracking.tracker import Tracker, tracked

KEPT_ASIDE: Final = ("test", UNSEEN)
CALIBRATED: Final = (*KEPT_ASIDE, "news-test")


@dataclass(frozen=True, slots=True)
class EvaluatePaths:
    """``details``, ``plots`` and ``corpus`` may be null: they are left out then."""

    model: Path
    examples: Path  # folder, from prepare
    output: Path | None = None
    details: Path | None = None
    plots: Path | None = None
    corpus: Path | None = None  # folder of annotated articles


@click.command()
@click.option("--model", type=PATH, help="Model folder [default: the model that ships with the package].")
@path_option("examples", "Folder of examples, from prepare.")
@click.option("--output", type=PATH, help="One number a head and test set (JSON).")
@click.option("--details", type=PATH, help="Every number (JSON).")
@click.option("--plots", type=PATH, help="Folder for plots and the worst mistakes; it is emptied first.")
@click.option("--corpus", type=PATH, help="Folder of annotated articles: measures speakers and target names too.")
@click.option("--run-file", type=PATH, help="The tracking run to continue, from train (JSON).")
@params_option
def command(model: Path | None, run_file: Path | None, params: Path, **paths: Path | None) -> None:
    """Evaluate a model on every test set that is there, beside the baselines."""
    from claimstance.commands.prepare import PrepareParams

    section = load_section(params, "evaluate", EvaluateParams)
    splits = load_section(params, "prepare", PrepareParams)
    where = EvaluatePaths(model or default_model(), **paths)  # type: ignore[arg-type]
    if run_file is None:
        run(where, section, splits)
        return
    with tracked("evaluate", run_file) as tracker:
        run(where, section, splits, tracker)
        from claimstance.tracking import mlflow_model

        mlflow_model.log(where.model)  # the very folder that was measured


def run(
    paths: EvaluatePaths, params: EvaluateParams, splits: SplitParams | None = None, tracker: Tracker | None = None
) -> dict[str, Any]:
    """Measure a model folder, print the table, write what ``paths`` names and log it.

    Raises:
        InputError: if the examples are missing.
        ModelError: if the folder is no intact model.
    """
    predictor = load_predictor(paths.model, batching=Batching(threads=usable_processors()))
    details = measure(predictor, paths, params, splits or SplitParams())
    numbers = summary(details)
    click.echo(table(details))
    if paths.details is not None:
        write_json(paths.details, details)
    if paths.output is not None:
        write_json(paths.output, numbers)
    if tracker is not None:
        tracker.metrics(_flat(numbers))
        for path, folder in ((paths.output, None), (paths.details, None), (paths.plots, "plots")):
            if path is not None:
                tracker.artifact(path, folder)
    return details


def measure(predictor: Predictor, paths: EvaluatePaths, params: EvaluateParams, splits: SplitParams) -> dict[str, Any]:
    """Return every number of a predictor, and write its plots."""
    sets = test_sets.read_sets(paths.examples)
    result: dict[str, Any] = {"model_version": predictor.config.version, "sets": {}, "calibration": {}}
    thresholds = predictor.config.thresholds_for(params.max_error)
    for name, examples in sets.tests.items():
        click.echo(f"{name}: {len(examples)} sentences", err=True)
        predictions = test_sets.predict(predictor, examples)
        result["sets"][name] = test_sets.evaluate(predictor, examples, predictions, sets.train, params)
        if name in CALIBRATED:
            found = test_sets.measure_calibration(predictor, examples, thresholds, params)
            result["calibration"][name] = found
        if name == "test" and paths.plots is not None:
            write_plots(paths.plots, examples, predictions, result["calibration"][name], params)
    result["dev"] = _dev(predictor, sets)
    if paths.corpus is not None:
        result["attribution"] = dict(_attribution(paths.corpus, splits, predictor))
    return result


def _dev(predictor: Predictor, sets: TestSets) -> dict[str, Any]:
    dev = sets.own_dev
    return metrics.evaluate(dev, test_sets.predict(predictor, dev), 0) if dev else {}


def _attribution(corpus: Path, splits: SplitParams, predictor: Predictor) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield by split how well speakers, target names and holders are found; counter-pairs are no articles."""
    articles, problems = read_corpus(corpus)
    if problems:
        raise InputError(f"{corpus / str(problems[0])}; run: claimstance check {corpus}")
    _, assigned = assign_articles(articles, splits)
    for split in ("train", "dev", *KEPT_ASIDE):
        some = [a for a in articles if assigned[a.article_id] == split and a.style != "counter-pairs"]
        if some:
            yield split, attribution.evaluate(some, predictor)


def summary(details: dict[str, Any]) -> dict[str, Any]:
    """Return one number a head: of each test set, and of the baselines on our own."""
    sets = {name: metrics.headline(value) for name, value in details["sets"].items()}
    if details["dev"]:
        sets["dev"] = metrics.headline(details["dev"])
    test = details["sets"]["test"]
    others = {"target_blind": test.get("target_blind", {}), **test["baselines"]}
    sets |= {f"test_{name}": metrics.headline(value) for name, value in others.items()}
    errors = {head: value["after"]["error"] for head, value in details["calibration"]["test"].items()}
    return {**sets, "calibration_error": errors}


def _flat(numbers: dict[str, Any]) -> dict[str, float]:
    return {f"{name}/{head}": value for name, values in numbers.items() for head, value in values.items()}


def write_plots(
    folder: Path,
    test: Sequence[Example],
    predictions: Sequence[Prediction],
    calibrated: dict[str, dict[str, Any]],
    params: EvaluateParams,
) -> None:
    """Write confusion matrices, reliability plots and the worst mistakes of one test set."""
    from claimstance.report import plots

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for head in heads.with_labels():
        if found := metrics.decisions(head, test, predictions):
            plots.confusion(folder / f"confusion-{head.name}.png", head, found)
            rows = [{"actual": d.gold, "predicted": d.found} for d in found]
            _write_csv(folder / f"confusion-{head.name}.csv", rows)
    _write_csv(folder / "worst.csv", metrics.worst_mistakes(test, predictions, params.worst))
    for name, value in calibrated.items():
        sides = {side: value[side]["curve"] for side in ("before", "after")}
        plots.reliability(folder / f"reliability-{name}.png", name, sides)
    curves = {name: value["after"]["risk_coverage"] for name, value in calibrated.items()}
    plots.risk_coverage(folder / "risk-coverage.png", curves)


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if rows:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
