"""Evaluate a model on every test set that is there: one number a head, and beside the plots every detail."""

import csv
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimstance.evaluation import metrics
from claimstance.evaluation import test_sets as evaluation
from claimstance.evaluation.test_sets import EvaluateParams
from claimstance.model.export import fit_temperatures
from claimstance.records import write_json
from claimstance.report import plots
from claimstance.schema import Example, Prediction
from claimstance.scoring.scorer import ScoreOptions, Scorer, load_scorer
from claimstance.tracking.tracker import Tracker


@dataclass(frozen=True, slots=True)
class EvaluatePaths:
    model: Path
    examples: Path
    output: Path
    plots: Path


def run(paths: EvaluatePaths, params: EvaluateParams, tracker: Tracker) -> dict[str, Any]:
    """Write the headline numbers, and beside the plots all details, confusion tables and the worst mistakes.

    Raises:
        InputError: if the examples are missing.
        ModelError: if the folder is no intact model.
    """
    details = details_of(load_scorer(paths.model, options=ScoreOptions(workers=os.cpu_count() or 1)), paths, params)
    numbers = summary(details)
    write_json(paths.plots / "details.json", details)
    write_json(paths.output, numbers)
    tracker.metrics(_flat(numbers))
    tracker.artifact(paths.output)
    tracker.artifact(paths.plots, "plots")
    return details


def details_of(scorer: Scorer, paths: EvaluatePaths, params: EvaluateParams) -> dict[str, Any]:
    """Everything but the logging; takes any scorer."""
    sets = evaluation.read_sets(paths.examples)
    shutil.rmtree(paths.plots, ignore_errors=True)
    paths.plots.mkdir(parents=True)
    result: dict[str, Any] = {"sets": {}}
    for name, examples in sets.tests.items():
        predictions = evaluation.predict(scorer, examples)
        result["sets"][name] = evaluation.evaluate(scorer, examples, predictions, sets.train, params)
        if name == "test":
            _write_tables(examples, predictions, params, paths.plots)
    dev = sets.own_dev
    result["dev"] = metrics.evaluate(dev, evaluation.predict(scorer, dev), 0) if dev else {}
    temperatures = fit_temperatures(scorer, dev or sets.dev)
    result["calibration"] = evaluation.calibrate(scorer, temperatures, sets.tests["test"], params)
    for head, value in result["calibration"].items():
        sides = {side: value[side]["curve"] for side in ("before", "after")}
        plots.reliability(paths.plots / f"reliability-{head}.png", head, sides)
    curves = {head: value["after"]["risk_coverage"] for head, value in result["calibration"].items()}
    plots.risk_coverage(paths.plots / "risk-coverage.png", curves)
    return result


def summary(details: dict[str, Any]) -> dict[str, Any]:
    """One number a head: of each test set, of the baselines and the target-blind twin on our own test set."""
    sets = {name: metrics.headline(value) for name, value in details["sets"].items()}
    if details["dev"]:
        sets["dev"] = metrics.headline(details["dev"])
    test = details["sets"]["test"]
    others = {"target_blind": test.get("target_blind", {}), **test["baselines"]}
    sets |= {f"test_{name}": metrics.headline(value) for name, value in others.items()}
    errors = {head: value["after"]["error"] for head, value in details["calibration"].items()}
    return {**sets, "calibration_error": errors}


def _flat(numbers: dict[str, Any]) -> dict[str, float]:
    return {f"{name}/{head}": value for name, heads in numbers.items() for head, value in heads.items()}


def _write_tables(
    test: Sequence[Example], predictions: Sequence[Prediction], params: EvaluateParams, folder: Path
) -> None:
    for head, labels in metrics.LABELS.items():
        found = metrics.decisions(head, test, predictions)
        if found:
            plots.confusion(folder / f"confusion-{head}.png", head, found, labels)
            _write_csv(folder / f"confusion-{head}.csv", [{"actual": d.gold, "predicted": d.found} for d in found])
    _write_csv(folder / "worst.csv", metrics.worst_mistakes(test, predictions, params.worst))


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if rows:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
