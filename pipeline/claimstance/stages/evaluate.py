"""Evaluate the graph that ships on every test set that is there, beside baselines and its own target-blind twin."""

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from claimstance import calibration, metrics
from claimstance.baselines import BASELINES
from claimstance.export import fit_temperatures
from claimstance.records import read_records, write_json
from claimstance.report import plots
from claimstance.runtimes.onnx import GRAPH
from claimstance.schema import Example, Prediction
from claimstance.scoring import Scorer, load_scorer
from claimstance.splits import UNSEEN
from claimstance.tracking import Tracker


@dataclass(frozen=True, slots=True)
class EvaluateParams:
    """``bootstrap``: resamples for the intervals; ``worst``: mistakes listed a head; ``batch_size``: windows a call."""

    bootstrap: int = 1000
    seed: int = 0
    worst: int = 40
    batch_size: int = 64


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
    runtime = "onnx" if (paths.model / GRAPH).is_file() else "torch"
    details = evaluate(load_scorer(paths.model, runtime=runtime), paths, params)
    numbers = summary(details)
    write_json(paths.plots / "details.json", details)
    write_json(paths.output, numbers)
    tracker.metrics(_flat(numbers))
    tracker.artifact(paths.output)
    tracker.artifact(paths.plots, "plots")
    return details


def summary(details: dict[str, Any]) -> dict[str, Any]:
    """One number a head: of each test set, of the baselines and the target-blind twin on our own test set."""
    sets = {name: metrics.headline(details[name]) for name in ("dev", "test", UNSEEN) if details[name]}
    sets |= {name: metrics.headline(value) for name, value in details["public"].items()}
    others = {"target_blind": details["target_blind"], **details["baselines"]}
    sets |= {f"test_{name}": metrics.headline(value) for name, value in others.items()}
    errors = {head: value["after"]["error"] for head, value in details["calibration"].items()}
    return {**sets, "calibration_error": errors}


def _flat(numbers: dict[str, Any]) -> dict[str, float]:
    return {f"{name}/{head}": value for name, heads in numbers.items() for head, value in heads.items()}


def evaluate(scorer: Scorer, paths: EvaluatePaths, params: EvaluateParams) -> dict[str, Any]:
    """Everything but the logging; takes any scorer."""
    train, dev, test = (read_records(paths.examples / f"{name}.parquet", Example) for name in ("train", "dev", "test"))
    shutil.rmtree(paths.plots, ignore_errors=True)
    paths.plots.mkdir(parents=True)
    own_dev = [example for example in dev if example.corpus == "own"]
    predictions = _predict(scorer, test)
    result: dict[str, Any] = {"test": metrics.evaluate(test, predictions, params.bootstrap, params.seed)}
    unseen_file = paths.examples / f"{UNSEEN}.parquet"
    unseen = read_records(unseen_file, Example) if unseen_file.is_file() else []
    result[UNSEEN] = metrics.evaluate(unseen, _predict(scorer, unseen), params.bootstrap, params.seed) if unseen else {}
    result["dev"] = metrics.evaluate(own_dev, _predict(scorer, own_dev), 0) if own_dev else {}
    result["target_blind"] = metrics.evaluate(test, _predict(scorer, test, target_blind=True), 0)
    result["baselines"] = {}
    for name, baseline in BASELINES.items():
        found = baseline().fit([e for e in train if e.corpus == "own"] or train).predict(test)
        result["baselines"][name] = metrics.evaluate(test, found, 0)
    result["public"] = {}
    for path in sorted(paths.examples.glob("public-*-test*.parquet")):
        name = path.stem.removeprefix("public-")
        result["public"][name] = _public(scorer, read_records(path, Example), train, params)
    result["calibration"] = _calibration(scorer, own_dev or dev, test, params, paths.plots)
    _write_tables(test, predictions, params, paths.plots)
    return result


def _predict(scorer: Scorer, examples: Sequence[Example], **options: bool) -> list[Prediction]:
    given = [[target.span for target in example.targets] for example in examples]
    return scorer.predict([example.text for example in examples], given, **options)


def _public(
    scorer: Scorer, examples: Sequence[Example], train: Sequence[Example], params: EvaluateParams
) -> dict[str, Any]:
    """A public test set, beside the baselines trained on that corpus (or on all that labels the same)."""
    heads = set(examples[0].labelled)
    predictions = _predict(scorer, examples)
    result = metrics.evaluate(examples, predictions, params.bootstrap, params.seed)
    if any(example.targets for example in examples):
        result["target_blind"] = metrics.headline(
            metrics.evaluate(examples, _predict(scorer, examples, target_blind=True), 0)
        )
    same = [example for example in train if heads & set(example.labelled) and example.corpus != "own"]
    result["baselines"] = {
        name: metrics.headline(metrics.evaluate(examples, baseline().fit(same or train).predict(examples), 0))
        for name, baseline in BASELINES.items()
    }
    return result


def _calibration(
    scorer: Scorer, dev: Sequence[Example], test: Sequence[Example], params: EvaluateParams, folder: Path
) -> dict[str, Any]:
    """Calibration error before and after the temperatures that dev gives, with reliability plots."""
    temperatures = fit_temperatures(scorer, dev)
    before = _predict(scorer, test, calibrated=False)
    after = _predict(scorer.with_temperatures(temperatures), test)
    result: dict[str, Any] = {}
    for head in ("kind", "act", "strength", "stance"):
        curves: dict[str, Any] = {}
        errors: dict[str, dict[str, Any]] = {}
        for name, predictions in (("before", before), ("after", after)):
            found = metrics.decisions(head, test, predictions)
            if not found:
                continue
            probabilities = np.array([d.probability for d in found])
            correct = np.array([d.gold == d.found for d in found])
            error = calibration.expected_calibration_error(probabilities, correct, bootstrap=params.bootstrap)
            errors[name] = {"error": error.error, "low": error.low, "high": error.high, "n": error.n}
            curves[name] = calibration.reliability_curve(probabilities, correct)
            errors[name]["risk_coverage"] = calibration.risk_coverage(probabilities, correct)
        if errors:
            result[head] = {**errors, "temperature": temperatures[head]}
            plots.reliability(folder / f"reliability-{head}.png", head, curves)
    return result


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
