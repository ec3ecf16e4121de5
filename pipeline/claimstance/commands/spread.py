"""How much the seed matters: mean and standard deviation of several models on every test set that is there."""

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import click

from claimstance.errors import ParamsError
from claimstance.evaluation import metrics
from claimstance.evaluation import test_sets as evaluation
from claimstance.model.folder import read_config
from claimstance.records import write_json
from claimstance.scoring.scorer import ScoreOptions, load_scorer


def run(models: Sequence[Path], examples: Path, output: Path) -> dict[str, Any]:
    """Write, for each test set and head, the number of each model, their mean and their sample standard deviation.

    Raises:
        InputError: if the examples are missing.
        ParamsError: if there is only one model.
    """
    if len(models) < 2:
        raise ParamsError("one model has no spread; name two or more")
    sets = evaluation.read_sets(examples).tests
    found: dict[str, dict[str, list[float]]] = {name: {} for name in sets}
    for folder in models:
        scorer = load_scorer(folder, options=ScoreOptions(workers=os.cpu_count() or 1))
        for name, some in sets.items():
            result = metrics.evaluate(some, evaluation.predict(scorer, some), 0)
            numbers = metrics.headline(result)
            if "cues" in result:
                numbers["any_cue_f1"] = result["cues"]["sentence"]["f1"]
            for head, number in numbers.items():
                found[name].setdefault(head, []).append(number)
            click.echo(f"{folder}: {name}", err=True)
    spread = {
        name: {head: {"mean": mean(ns), "sd": stdev(ns), "each": ns} for head, ns in heads.items()}
        for name, heads in found.items()
    }
    summary = {"models": [read_config(folder).version for folder in models], "sets": spread}
    write_json(output, summary)
    return summary
