"""The commands that are no stages."""

import sys
from pathlib import Path

import click

from claimstance.cli.common import PATH, cli, folder_option, with_params


@cli.command()
@click.argument("file", type=PATH)
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="How many claims.")
def show(file: Path, limit: int) -> None:
    """Print scored claims as a readable table."""
    from claimstance.commands import show as tool

    tool.run(file, limit)


@cli.command()
@click.argument("corpus", type=PATH)
@click.option("--suggest-seed", is_flag=True, help="Only print the split seed with the most even label counts.")
@with_params
def check(corpus: Path, suggest_seed: bool, params: Path) -> None:
    """Check an annotated corpus: spans, label counts, duplicates, leaks between splits."""
    from claimstance.commands import check as tool
    from claimstance.commands.prepare import PrepareParams
    from claimstance.params import load_section

    section = load_section(params, "prepare", PrepareParams)
    if suggest_seed:
        click.echo(tool.suggest_seed(corpus, section))
        return
    report = tool.run(corpus, section)
    for line in report.lines():
        click.echo(line)
    sys.exit(report.exit_code)


@cli.command()
@click.argument("corpus", type=PATH)
@click.option("--number", "-n", type=click.IntRange(min=1), default=500, show_default=True, help="How many sentences.")
@click.option("--seed", type=int, required=True, help="Another seed, another sample.")
@folder_option("output", "Folder for first.jsonl (the labels) and sheet.txt (the text without them).")
def draw(corpus: Path, number: int, seed: int, output: Path) -> None:
    """Draw sentences of an annotated corpus for a second, independent labelling."""
    from claimstance.commands import draw as tool

    click.echo(f"{output}: {tool.run(corpus, number, seed, output)} sentences", err=True)


@cli.command()
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@click.option("--output", "-o", type=PATH, help="Write the figures and the sentences that differ (JSON).")
def agree(first: Path, second: Path, output: Path | None) -> None:
    """Compare two labellings of the same sentences: kappa for decisions, F1 for spans."""
    from claimstance.commands import agree as tool

    tool.run(first, second, output)


@cli.command()
@click.argument("corpus", type=PATH)
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True, help="Trainings.")
@folder_option("output", "What to look at again (CSV), the surest doubt first.")
@with_params
def suspects(corpus: Path, folds: int, output: Path, params: Path) -> None:
    """Find likely label errors: what models trained on the other articles are sure to be otherwise."""
    from claimstance.params import load_section
    from claimstance.training.loop import TrainParams

    section = load_section(params, "train", TrainParams)
    from claimstance.commands import suspects as tool

    found = tool.run(corpus, tool.trained_fit(section), folds, output)
    click.echo(f"{output}: {len(found)} labels in doubt", err=True)


@cli.command()
@click.argument("models", type=PATH, nargs=-1, required=True)
@folder_option("output", "Model folder.")
def average(models: tuple[Path, ...], output: Path) -> None:
    """Average the weights of MODELS that were trained on from the same one."""
    from claimstance.commands import average as tool

    tool.run(models, output)


@cli.command()
@click.argument("models", type=PATH, nargs=-1, required=True)
@folder_option("examples", "Folder of examples, from prepare.")
@folder_option("output", "Numbers, mean and standard deviation by test set and head (JSON).")
def spread(models: tuple[Path, ...], examples: Path, output: Path) -> None:
    """Mean and standard deviation of MODELS of several seeds on every test set that is there."""
    from claimstance.commands import spread as tool

    tool.run(models, examples, output)


@cli.command()
@click.argument("names", nargs=-1)
@folder_option("sources", "sources.yaml, which names repository, commit and sha256 of every file.")
@folder_option("output", "Folder for the corpora.")
def fetch(names: tuple[str, ...], sources: Path, output: Path) -> None:
    """Download the public corpora (all, or NAMES), or copy them from the folder CLAIMSTANCE_MIRROR."""
    from claimstance.commands import fetch as tool

    tool.run(sources, output, names)


@cli.command()
@click.option("--model", type=PATH, help="Model folder [default: the model that ships with the package].")
@folder_option("examples", "Folder of examples, from prepare.")
@folder_option("corpus", "Folder of annotated articles.")
@folder_option("output", "All details (JSON).")
@with_params
def benchmark(params: Path, model: Path | None, **paths: Path) -> None:
    """Run a model on every test set that is there, beside its baselines and published numbers."""
    from claimstance.commands import benchmark as tool
    from claimstance.commands.prepare import PrepareParams
    from claimstance.evaluation.test_sets import EvaluateParams
    from claimstance.model.folder import default_model
    from claimstance.params import load_section

    sections = load_section(params, "evaluate", EvaluateParams), load_section(params, "prepare", PrepareParams)
    tool.run(tool.BenchmarkPaths(model or default_model(), **paths), *sections)


@cli.command()
@folder_option("model", "Folder of the released model, with the reports of its run.")
@folder_option("reference", "The command reference to write (Markdown).")
@folder_option("card", "The model card to write (Markdown).")
@folder_option("readme", "The README, whose results are replaced.")
def docs(**paths: Path) -> None:
    """Write the command reference, the model card and the README's results anew."""
    from claimstance.commands import docs as tool

    tool.run(tool.DocsPaths(**paths), cli)
