"""``claimstance spread``: mean and standard deviation of models of several seeds on every test set."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import click

from claimstance.commands.options import PATH, path_option
from claimstance.errors import ParamsError
from claimstance.evaluation import metrics, test_sets
from claimstance.model.folder import read_config
from claimstance.model.predictor import Batching, load_predictor
from claimstance.processors import usable_processors
from claimstance.records import write_json


@click.command()
@click.argument("models", type=PATH, nargs=-1, required=True)
@path_option("examples", "Folder of examples, from prepare.")
@path_option("output", "Numbers, mean and standard deviation by test set and head (JSON).")
def command(models: tuple[Path, ...], examples: Path, output: Path) -> None:
    """Mean and standard deviation of MODELS of several seeds on every test set that is there."""
    run(models, examples, output)


def run(models: Sequence[Path], examples: Path, output: Path) -> dict[str, Any]:
    """Write, for each test set and head, the number of each model, their mean and their sample standard deviation.

    Raises:
        InputError: if the examples are missing.
        ParamsError: if there is only one model.
    """
    if len(models) < 2:
        raise ParamsError("one model has no spread; name two or more")
    sets = test_sets.read_sets(examples).tests
    found: dict[str, dict[str, list[float]]] = {name: {} for name in sets}
    for folder in models:
        predictor = load_predictor(folder, batching=Batching(threads=usable_processors()))
        for name, some in sets.items():
            result = metrics.evaluate(some, test_sets.predict(predictor, some), 0)
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
