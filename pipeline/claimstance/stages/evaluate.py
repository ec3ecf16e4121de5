"""Evaluate a model on every test set that is there, beside four baselines and its own target-blind twin."""

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
from claimstance.schema import Example, Prediction
from claimstance.scoring import Scorer, load_scorer
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
    """Write metrics, plots, confusion tables and the worst mistakes, and log them.

    Raises:
        InputError: if the examples are missing.
        ModelError: if the folder is no torch model.
    """
    runtime = "onnx" if (paths.model / "model.onnx").is_file() else "torch"
    scorer = load_scorer(paths.model, runtime=runtime)
    result = evaluate(scorer, paths, params)
    write_json(paths.output, result)
    numbers = {f"{name}/{head}": f1 for name, scores in result["headline"].items() for head, f1 in scores.items()}
    tracker.metrics({**numbers, **{f"ece/{head}": v["after"]["error"] for head, v in result["calibration"].items()}})
    tracker.artifact(paths.output)
    tracker.artifact(paths.plots, "plots")
    return result


def evaluate(scorer: Scorer, paths: EvaluatePaths, params: EvaluateParams) -> dict[str, Any]:
    """Everything but the logging; takes any scorer."""
    train, dev, test = (read_records(paths.examples / f"{name}.parquet", Example) for name in ("train", "dev", "test"))
    shutil.rmtree(paths.plots, ignore_errors=True)
    paths.plots.mkdir(parents=True)
    own_dev = [example for example in dev if example.corpus == "own"]
    predictions = _predict(scorer, test)
    result: dict[str, Any] = {"test": metrics.evaluate(test, predictions, params.bootstrap, params.seed)}
    result["dev"] = metrics.evaluate(own_dev, _predict(scorer, own_dev), 0) if own_dev else {}
    result["target_blind"] = metrics.evaluate(test, _predict(scorer, test, target_blind=True), 0)
    result["baselines"] = {}
    for name, baseline in BASELINES.items():
        found = baseline().fit([e for e in train if e.corpus == "own"] or train).predict(test)
        result["baselines"][name] = metrics.evaluate(test, found, 0)
    for path in sorted(paths.examples.glob("public-*-test*.parquet")):
        result[path.stem] = _public(scorer, read_records(path, Example), train, params)
    result["calibration"] = _calibration(scorer, own_dev or dev, test, params, paths.plots)
    _write_tables(test, predictions, params, paths.plots)
    named = {"test": result["test"], **{f"baseline {n}": r for n, r in result["baselines"].items()}}
    named |= {name: value for name, value in result.items() if name.startswith("public-")}
    result["headline"] = {name: metrics.headline(value) for name, value in named.items()}
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
