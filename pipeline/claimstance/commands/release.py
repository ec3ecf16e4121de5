"""``claimstance release``: a model that passed its gate becomes a released one, with its card and its numbers."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from claimstance.commands import behave, docs, evaluate
from claimstance.commands.evaluate import EvaluatePaths
from claimstance.commands.options import PATH, params_option, path_option
from claimstance.commands.prepare import PrepareParams
from claimstance.corpus.splits import SplitParams
from claimstance.errors import InputError, ModelError
from claimstance.evaluation.test_sets import EvaluateParams
from claimstance.model import gate
from claimstance.model.folder import CONFIG, GRAPH, read_config
from claimstance.model.predictor import load_predictor
from claimstance.params import load_section
from claimstance.records import read_json, write_json
from claimstance.tracking import registry
from claimstance.tracking.registry import FoundModel

REPORTS: Final = ("export.json", "train.json", "prepare.json")  # of the stages that made the model
EARLIER: Final = ("public.json", "teacher.json", "distil.json")  # of the trainings before its last, if there were any
MEASURED: Final = ("benchmark.json", "behave.json")
RUN: Final = "run.json"


@dataclass(frozen=True, slots=True)
class ReleasePaths:
    """What a release reads, and what it writes.

    Attributes:
        reports: Folder with the reports of the model's train, export and prepare stages.
        output: Folder of the released model.
    """

    examples: Path
    corpus: Path
    cases: Path
    names: Path
    reports: Path
    output: Path
    news: Path | None = None  # folder of labelled real news
    texts: Path | None = None  # folder of its fetched texts


@click.command()
@click.argument("model")
@path_option("examples", "Folder of examples, from prepare.")
@path_option("corpus", "Folder of annotated articles: speakers and target names are measured on it.")
@click.option("--news", type=PATH, help="Folder of labelled real news, whose names are measured too; needs --texts.")
@click.option("--texts", type=PATH, help="Folder of the fetched texts of --news, such as data/public.")
@path_option("cases", "Behavioural cases (YAML).")
@path_option("names", "Neutral sentences and names (YAML).")
@path_option("reports", "Folder with export.json, train.json and prepare.json of the model.")
@path_option("output", "Folder of the released model.")
@params_option
def command(model: str, params: Path, **paths: Path) -> None:
    """Write a released model from MODEL, a folder or run, with its reports and its card (README.md).

    `make docs` then brings the other documents up to date.
    """
    section = load_section(params, "evaluate", EvaluateParams)
    splits = load_section(params, "prepare", PrepareParams)
    result = run(registry.find(model), ReleasePaths(**paths), section, splits)
    for name in result["removed"]:
        click.echo(f"removed: {name}, of the model before", err=True)
    click.echo(f"released {result['model_version']} to {paths['output']}; read its card, then run `make docs`")


def run(model: FoundModel, paths: ReleasePaths, params: EvaluateParams, splits: SplitParams) -> dict[str, Any]:
    """Measure a model on everything, and write it to the released folder with its reports and its card.

    Nothing is written before the model is measured.

    Raises:
        ModelError: if it is no graph, or its gate failed.
        InputError: if a report is missing or of another model.
    """
    config = read_config(model.folder)
    if not (model.folder / GRAPH).is_file():
        raise ModelError(f"{model.name}: has no {GRAPH}; only an exported model is released: run claimstance export")
    gate.check_release(model.folder)
    reports = {name: read_json(paths.reports / name) for name in REPORTS}
    reports |= {name: read_json(paths.reports / name) for name in EARLIER if (paths.reports / name).is_file()}
    if reports["export.json"].get("model_version") != config.version:
        raise InputError(
            f"{paths.reports / 'export.json'}: is of model {reports['export.json'].get('model_version')}, not of "
            f"{config.version}; name the folder with the reports of this model"
        )
    where = EvaluatePaths(model.folder, paths.examples, corpus=paths.corpus, news=paths.news, texts=paths.texts)
    reports["benchmark.json"] = evaluate.run(where, params, splits)
    reports["behave.json"] = behave.measure(load_predictor(model.folder), paths.cases, paths.names, paths.examples)
    if model.run_id is not None:
        reports[RUN] = {"run_id": model.run_id, "model_version": config.version}
    removed = _write(model.folder, paths.output, reports)
    docs.write_card(paths.output)
    if model.run_id is not None:
        client = registry.open_client()
        client.set_tag(model.run_id, "model_version", config.version)
        client.set_tag(model.run_id, "released", "true")
    return {"model_version": config.version, "removed": removed}


def _write(source: Path, output: Path, reports: dict[str, dict[str, Any]]) -> list[str]:
    """Replace the model's files and reports, and return the reports of the model before that were removed."""
    names = [CONFIG, *read_config(source).files]
    if source.resolve() != output.resolve():
        output.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(source / name, output / name)
    folder = output / "run"
    removed = sorted(path.name for path in folder.glob("*.json") if path.name not in reports)
    for name in removed:
        (folder / name).unlink()
    for name, report in reports.items():
        write_json(folder / name, report)
    return removed
