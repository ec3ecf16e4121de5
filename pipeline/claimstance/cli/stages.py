"""The commands that are DVC stages, ``score`` aside."""

from dataclasses import replace
from pathlib import Path

import click

from claimstance.cli.common import PATH, cli, folder_option, say, with_params


@cli.command()
@click.argument("inputs", nargs=-1, type=PATH, required=True)
@folder_option("output", "Articles (Parquet).")
@folder_option("errors", "Units that could not be read (JSON lines).")
@folder_option("report", "Counts: rows in, rows out, dropped by reason.")
@with_params
def ingest(inputs: tuple[Path, ...], output: Path, errors: Path, report: Path, params: Path) -> None:
    """Read HTML, text, JSONL, CSV and Parquet into articles."""
    from claimstance.articles.inputs import InputOptions
    from claimstance.commands import ingest as stage
    from claimstance.params import load_section

    section = load_section(params, "ingest", stage.IngestParams)
    say(stage.run([str(name) for name in inputs], output, errors, report, InputOptions(language=section.language)))


@cli.command()
@folder_option("articles", "Articles (Parquet), from ingest.")
@folder_option("output", "Sentences (Parquet).")
@folder_option("report", "Counts.")
def segment(articles: Path, output: Path, report: Path) -> None:
    """Split articles into sentences with true offsets."""
    from claimstance.commands import segment as stage

    say(stage.run(articles, output, report))


@cli.command()
@folder_option("corpus", "Folder of annotated articles.")
@folder_option("articles", "The same articles, from ingest (Parquet).")
@folder_option("sentences", "Their sentences, from segment (Parquet).")
@folder_option("public", "Folder with the public corpora that fetch brought; may be missing.")
@folder_option("sources", "sources.yaml: what each public corpus may be used for.")
@folder_option("output", "Folder for train, dev and test examples (Parquet).")
@folder_option("report", "Counts, label distributions, splitter score (JSON).")
@with_params
def prepare(params: Path, **paths: Path) -> None:
    """Make examples from our corpus and the public ones, split by article."""
    from claimstance.commands import prepare as stage
    from claimstance.params import load_section

    report = stage.run(stage.PreparePaths(**paths), load_section(params, "prepare", stage.PrepareParams))
    say({**report["rows"], "sentence boundaries": report["boundaries"]})


@cli.command()
@folder_option("examples", "Folder with train.parquet and dev.parquet, from prepare.")
@folder_option("output", "Model folder.")
@folder_option("report", "Losses and dev metrics by epoch (JSON).")
@click.option("--run-file", type=PATH, help="Where to write the tracking run's id (JSON).")
@click.option("--checkpoints", type=PATH, default=Path(".cache/checkpoints"), show_default=True)
@click.option("--unlabelled", type=PATH, help="Sentences (Parquet) that the teacher in the params labels.")
@click.option("--seed", type=int, help="Instead of the one in the params.")
@with_params
def train(run_file: Path | None, seed: int | None, params: Path, **paths: Path) -> None:
    """Train the model; a killed training resumes from its newest checkpoint."""
    from claimstance.params import load_section
    from claimstance.tracking.tracker import tracked
    from claimstance.training.loop import TrainParams

    section = load_section(params, "train", TrainParams)
    if seed is not None:
        section = replace(section, seed=seed)
    from claimstance.commands import train as stage

    with tracked("train", run_file) as tracker:
        stage.run(stage.TrainPaths(**paths), section, tracker)


@cli.command()
@folder_option("model", "Model folder, from train.")
@folder_option("examples", "Folder of examples, from prepare.")
@folder_option("output", "Model folder to write.")
@folder_option("report", "Agreement, temperatures and thresholds (JSON).")
@with_params
def export(model: Path, examples: Path, output: Path, report: Path, params: Path) -> None:
    """Export to ONNX int8, refused unless its decisions agree with torch; calibrate it on dev."""
    from claimstance.commands import export as stage
    from claimstance.model.export import ExportParams
    from claimstance.params import load_section

    section = load_section(params, "export", ExportParams)
    say(stage.run(model, examples, output, report, section))


@cli.command()
@folder_option("model", "Model folder, from export.")
@folder_option("cases", "Behavioural cases (YAML).")
@folder_option("output", "Pass rates and failures (JSON).")
def behave(model: Path, cases: Path, output: Path) -> None:
    """Test a model's behaviour: what must change, and what must not, when a sentence changes."""
    from claimstance.commands import behave as stage
    from claimstance.scoring.scorer import load_scorer

    result = stage.run(load_scorer(model), cases, output)
    click.echo(f"{result['pass_rate']:.1%} of {result['cases']} cases pass", err=True)


@cli.command()
@folder_option("model", "Model folder, from train.")
@folder_option("examples", "Folder of examples, from prepare.")
@folder_option("output", "Metrics (JSON).")
@folder_option("plots", "Folder for plots and the worst mistakes.")
@click.option("--run-file", type=PATH, help="The tracking run to go on with, from train (JSON).")
@with_params
def evaluate(model: Path, examples: Path, output: Path, plots: Path, run_file: Path | None, params: Path) -> None:
    """Evaluate a model on every test set that is there, beside the baselines."""
    from claimstance.commands import evaluate as stage
    from claimstance.evaluation.test_sets import EvaluateParams
    from claimstance.params import load_section
    from claimstance.tracking.tracker import tracked

    section = load_section(params, "evaluate", EvaluateParams)
    with tracked("evaluate", run_file) as tracker:
        stage.run(stage.EvaluatePaths(model, examples, output, plots), section, tracker)
