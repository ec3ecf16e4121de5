"""``claimstance calibrate``: probabilities and thresholds of a model fitted anew on dev, without training."""

import shutil
from pathlib import Path

import click

from claimstance.commands.export import ExportParams, fit_on_dev, what_was_fitted
from claimstance.commands.options import PATH, params_option, path_option
from claimstance.errors import InputError
from claimstance.model.folder import model_folder, read_config, seal
from claimstance.model.predictor import Batching, load_predictor
from claimstance.params import load_section
from claimstance.processors import usable_processors
from claimstance.records import read_json, read_records, write_json
from claimstance.schema import Example


@click.command()
@click.option("--model", required=True, help="Model folder, or accurate.")
@path_option("examples", "Folder of examples, from prepare. Fitted on dev.parquet: on its real news if it has any.")
@path_option("output", "Model folder to write; may be the same.")
@click.option("--report", type=PATH, help="Report of the model's export (JSON): what was fitted is replaced there.")
@params_option
def command(model: str, examples: Path, output: Path, report: Path | None, params: Path) -> None:
    """Fit the probabilities and the thresholds of a model anew.

    Useful after a change of how spans are found, or for text that is unlike the news it was fitted on: label some of
    it, prepare it, and name it here. The weights stay as they are, and so does the version.
    """
    run(model_folder(model), examples, output, report, load_section(params, "export", ExportParams))
    click.echo(f"wrote {output}: fitted on {examples / 'dev.parquet'}", err=True)


def run(model: Path, examples: Path, output: Path, report: Path | None, params: ExportParams) -> None:
    """Fit a model anew and write it to ``output``.

    Raises:
        InputError: if there are no dev examples, or the report is of another model.
    """
    config = read_config(model)
    known = read_json(report) if report is not None else {}
    if known and known.get("model_version") != config.version:
        raise InputError(f"{report}: is of model {known.get('model_version')}, not of {config.version}")
    dev = read_records(examples / "dev.parquet", Example)
    if not dev:
        raise InputError(f"{examples / 'dev.parquet'}: has no examples to fit on")
    fitted = fit_on_dev(load_predictor(model, batching=Batching(threads=usable_processors())), dev, params)
    if model.resolve() != output.resolve():
        output.mkdir(parents=True, exist_ok=True)
        for name in config.files:
            shutil.copyfile(model / name, output / name)
    sealed = seal(output, fitted)
    if report is not None:
        write_json(report, known | what_was_fitted(sealed, params))
