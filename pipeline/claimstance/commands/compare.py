"""``claimstance compare``: is one model better than another on the same test sets?"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from claimstance.commands.options import PATH, path_option
from claimstance.errors import InputError
from claimstance.evaluation import comparison, test_sets
from claimstance.evaluation.comparison import CompareParams
from claimstance.model.predictor import Batching, load_predictor
from claimstance.processors import usable_processors
from claimstance.records import sha256, write_json
from claimstance.tracking import registry
from claimstance.tracking.registry import FoundModel

CHANGED: Final = 20
WIDTH: Final = 160  # columns of a table that no terminal limits


@click.command()
@click.argument("first")
@click.argument("second", required=False)
@path_option("examples", "Folder of examples, from prepare.")
@click.option("--set", "sets", multiple=True, help="Compare on this test set only; repeatable.")
@click.option("--output", type=PATH, help="Every number (JSON).")
@click.option("--bootstrap", type=click.IntRange(min=100), default=5000, show_default=True, help="Resamples.")
@click.option(
    "--matters",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.02,
    show_default=True,
    help="The least difference that matters: a test set that would not show it is too small to tell.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every number as JSON on stdout.")
def command(
    first: str,
    second: str | None,
    examples: Path,
    sets: tuple[str, ...],
    output: Path | None,
    as_json: bool,
    **params: Any,
) -> None:
    """Compare model FIRST with model SECOND on the same test sets, and say which is better.

    A model is a folder, accurate (the larger released one), an MLflow run (id or name), a DVC experiment, or an address
    such as models:/claimstance@champion. SECOND is by default the champion or, where there is none, the released model.
    """
    found = registry.find(first), registry.find(second) if second else registry.released_or_champion()
    result = run(*found, examples, CompareParams(**params), sets)
    if output is not None:
        write_json(output, result)
    log(found[0], result)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        show(result)


def run(
    first: FoundModel, second: FoundModel, examples: Path, params: CompareParams, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Predict every test set with both models and compare them.

    Raises:
        InputError: if a model was measured on other test data, or a test set is missing.
        ModelError: if a folder is no intact model.
    """
    refuse_other_data((first, second), examples)
    sets = test_sets.read_sets(examples).tests
    if missing := [name for name in only if name not in sets]:
        raise InputError(f"--set {missing[0]}: no such test set in {examples}; there are {', '.join(sets)}")
    predictors = [load_predictor(m.folder, batching=Batching(threads=usable_processors())) for m in (first, second)]
    results, changed = {}, []
    for name, some in sets.items():
        if (only and name not in only) or not some:
            continue
        click.echo(f"{name}: {len(some)} sentences", err=True)
        both = [test_sets.predict(predictor, some) for predictor in predictors]
        results[name] = comparison.compare(some, both[0], both[1], params)
        changed += [{"set": name, **row} for row in comparison.most_changed(some, both[0], both[1], CHANGED)]
    models = [
        {"name": m.name, "model_version": predictor.config.version, "run_id": m.run_id}
        for m, predictor in zip((first, second), predictors, strict=True)
    ]
    return {
        "verdict": comparison.sentence(first.name, second.name, results),
        "first": models[0],
        "second": models[1],
        "examples": {path.stem: sha256(path) for path in sorted(examples.glob("*.parquet"))},
        "params": asdict(params),
        "sets": results,
        "changed": sorted(changed, key=lambda row: -row["change"])[:CHANGED],
    }


def refuse_other_data(models: Sequence[FoundModel], examples: Path) -> None:
    """Refuse a comparison with a model whose run was measured on other test data.

    Raises:
        InputError: naming the model and the test sets that differ.
    """
    for model in models:
        if wrong := registry.differing_data(model, examples):
            raise InputError(
                f"{model.name}: was measured on other test data than {examples} holds ({', '.join(wrong)}; sha256 "
                "differs); evaluate it again on these examples, or name its model folder"
            )


def log(model: FoundModel, result: dict[str, Any]) -> None:
    """Keep a comparison with the run of its first model, if it has one."""
    if model.run_id is None:
        return
    from claimstance.report.comparison import markdown

    client = registry.open_client()
    name = f"comparison/against-{result['second']['model_version']}"
    client.log_dict(model.run_id, result, f"{name}.json")
    client.log_text(model.run_id, markdown(result), f"{name}.md")


def show(result: dict[str, Any]) -> None:
    """Print the verdict and the tables."""
    from rich.console import Console

    from claimstance.report.comparison import tables

    console = Console(width=None if sys.stdout.isatty() else max(WIDTH, shutil.get_terminal_size().columns))
    for table in tables(result):
        console.print(table)
    console.print(result["verdict"], markup=False, highlight=False, soft_wrap=True)
