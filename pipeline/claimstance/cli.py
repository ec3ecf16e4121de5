"""The command line: one command per stage and tool, each a thin layer over a plain function, imported when it runs.

Exit codes: 0 done; 1 a user's error, told in one line; 2 wrong usage; 3 done, but some units are in the errors file;
130 interrupted.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from claimstance import __version__
from claimstance.errors import ClaimstanceError, MissingExtraError

PATH = click.Path(path_type=Path)
Command = TypeVar("Command", bound=Callable[..., Any])
UNITS_FAILED = 3
TRAIN_EXTRA = ("torch", "transformers", "datasets", "sklearn", "mlflow", "datasketch", "matplotlib", "scipy", "pandas")


class _Group(click.Group):
    """Turns the project's errors, missing extras and interrupts into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClaimstanceError as error:
            _fail(str(error))
        except ModuleNotFoundError as error:
            name = (error.name or "").partition(".")[0]
            if name not in TRAIN_EXTRA:
                raise
            _fail(str(MissingExtraError(name, "train")))
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader of stdout has gone, as with `| head`
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(0)
            _fail(f"{error.filename or 'system'}: {error.strerror or error}")


def _fail(message: str) -> None:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="claimstance")
def cli() -> None:
    """Who claims what, for or against whom, and how firmly: news articles in, a table of claims out."""


def _params(command: Command) -> Command:
    return click.option("--params", type=PATH, default=Path("params.yaml"), show_default=True, help="Parameters.")(
        command
    )


def _folder(name: str, help_text: str) -> Callable[[Command], Command]:
    return click.option(f"--{name}", type=PATH, required=True, help=help_text)


@cli.command()
@click.argument("inputs", nargs=-1)
@click.option("--output", "-o", type=PATH, help="FILE.parquet, .jsonl or .csv; without it, JSON lines on stdout.")
@click.option("--text", help="Score this text instead of files.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["txt", "html", "jsonl", "csv", "parquet"]),
    help="Input format, where the file's ending does not say it (as on stdin, which is '-').",
)
@click.option(
    "--unit",
    type=click.Choice(["article", "sentence"]),
    default="article",
    show_default=True,
    help="Whether each row's text is an article, or one sentence to be taken unsplit.",
)
@click.option("--target", "targets", multiple=True, help="Judge the stance toward this target only; repeatable.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Carry this input column to the output; repeatable.")
@click.option("--language", default="en", show_default=True, help="'en', or 'any' to score text in whatever language.")
@click.option("--limit", type=click.IntRange(min=1), help="Score only the first N units.")
@click.option("--include-other", is_flag=True, help="Also write sentences that claim nothing.")
@click.option("--articles", type=PATH, help="Also write the article bodies that the offsets point into (Parquet).")
@click.option("--model", type=PATH, help="Model folder [default: the model that ships with the package].")
@click.option("--runtime", type=click.Choice(["onnx", "torch"]), default="onnx", show_default=True)
@click.option("--device", default="cpu", show_default=True, help="For the torch runtime: cpu, cuda, cuda:1 …")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Windows a call; an int8 graph always takes one. Never changes results.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Threads [default: one a core].")
@click.option("--force", is_flag=True, help="Replace an output of another run.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout (needs --output).")
def score(**options: Any) -> None:
    """Score articles: files, folders, globs, or '-' for stdin.

    Exit codes: 0 all scored, 1 a user's error, 2 wrong usage, 3 done with units in the errors file, 130 interrupted.
    """
    from claimstance.scoring import ScoreOptions, load_scorer

    request = _score_request(options)
    workers = options["workers"] or os.cpu_count() or 1
    scoring = ScoreOptions(options["unit"], options["include_other"], options["batch_size"], workers)
    scorer = load_scorer(options["model"], options["runtime"], options["device"], scoring)
    from claimstance.stages import score as stage

    with _progress() as progress:
        summary = stage.run(scorer, request, progress)
    _report(summary, request.output, options["as_json"])
    if summary["units_failed"]:
        sys.exit(UNITS_FAILED)


def _score_request(options: dict[str, Any]) -> Any:
    from claimstance.inputs import InputOptions
    from claimstance.stages.score import ScoreRequest

    if bool(options["inputs"]) == (options["text"] is not None):
        raise click.UsageError("name INPUT files or folders ('-' for stdin), or one --text")
    if options["output"] is None and (options["articles"] or options["as_json"]):
        raise click.UsageError("--articles and --json need --output")
    reading = InputOptions(
        options["format_"], options["unit"], options["language"], options["keep"], options["targets"]
    )
    names = ("text", "limit", "output", "articles", "force")
    return ScoreRequest(options["inputs"], reading, **{name: options[name] for name in names})


@contextmanager
def _progress() -> Iterator[Callable[[Counter[str]], None]]:
    """A progress line on stderr while it is a terminal; nothing else."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed} units, {task.fields[sentences]} sentences, {task.fields[failed]} errors"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scoring", total=None, sentences=0, failed=0)
        total: Counter[str] = Counter()

        def advance(counts: Counter[str]) -> None:
            total.update(counts)
            bar.update(task, advance=counts["units_read"], sentences=total["sentences"], failed=total["units_failed"])

        yield advance


def _report(summary: dict[str, Any], output: Path | None, as_json: bool) -> None:
    import json

    if as_json:
        click.echo(json.dumps(summary))
    elif output is not None:
        if summary.get("nothing_left_to_do"):
            click.echo(f"{output}: nothing left to do, {summary['rows']} rows are there already", err=True)
            return
        click.echo(
            f"{output}: {summary['rows']} rows, {summary['claims']} claims in {summary['sentences']} sentences; "
            f"{summary['units_read']} units read = {summary['units_scored']} scored + {summary['units_failed']} failed"
            f"; {summary['seconds']} s",
            err=True,
        )
        if summary["absent_targets"]:
            click.echo(f"{summary['absent_targets']} given targets stand nowhere in their article", err=True)
        if summary["units_failed"]:
            click.echo(f"the units that failed, and why: {output.with_name(output.stem + '.errors.jsonl')}", err=True)


@cli.command()
@click.argument("file", type=PATH)
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="How many claims.")
def show(file: Path, limit: int) -> None:
    """Print scored claims as a readable table."""
    from claimstance.tools import show as tool

    tool.run(file, limit)


@cli.command()
@click.argument("inputs", nargs=-1, type=PATH, required=True)
@_folder("output", "Articles (Parquet).")
@_folder("errors", "Units that could not be read (JSON lines).")
@_folder("report", "Counts: rows in, rows out, dropped by reason.")
@_params
def ingest(inputs: tuple[Path, ...], output: Path, errors: Path, report: Path, params: Path) -> None:
    """Read HTML, text, JSONL, CSV and Parquet into articles."""
    from claimstance.inputs import InputOptions
    from claimstance.params import load_section
    from claimstance.stages import ingest as stage

    section = load_section(params, "ingest", stage.IngestParams)
    _say(stage.run([str(name) for name in inputs], output, errors, report, InputOptions(language=section.language)))


@cli.command()
@_folder("articles", "Articles (Parquet), from ingest.")
@_folder("output", "Sentences (Parquet).")
@_folder("report", "Counts.")
def segment(articles: Path, output: Path, report: Path) -> None:
    """Split articles into sentences with true offsets."""
    from claimstance.stages import segment as stage

    _say(stage.run(articles, output, report))


@cli.command()
@_folder("corpus", "Folder of annotated articles.")
@_folder("articles", "The same articles, from ingest (Parquet).")
@_folder("sentences", "Their sentences, from segment (Parquet).")
@_folder("public", "Folder with the public corpora that fetch brought; may be missing.")
@_folder("sources", "sources.yaml: what each public corpus may be used for.")
@_folder("output", "Folder for train, dev and test examples (Parquet).")
@_folder("report", "Counts, label distributions, splitter score (JSON).")
@_params
def prepare(params: Path, **paths: Path) -> None:
    """Make examples from our corpus and the public ones, split by article."""
    from claimstance.params import load_section
    from claimstance.stages import prepare as stage

    report = stage.run(stage.PreparePaths(**paths), load_section(params, "prepare", stage.PrepareParams))
    _say({**report["rows"], "sentence boundaries": report["boundaries"]})


@cli.command()
@click.argument("corpus", type=PATH)
@click.option("--suggest-seed", is_flag=True, help="Only print the split seed with the most even label counts.")
@_params
def check(corpus: Path, suggest_seed: bool, params: Path) -> None:
    """Check an annotated corpus: spans, label counts, duplicates, leaks between splits."""
    from claimstance.params import load_section
    from claimstance.stages.prepare import PrepareParams
    from claimstance.tools import check as tool

    section = load_section(params, "prepare", PrepareParams)
    if suggest_seed:
        click.echo(tool.suggest_seed(corpus, section))
        return
    report = tool.run(corpus, section)
    for line in report.lines():
        click.echo(line)
    sys.exit(report.exit_code)


@cli.command()
@click.argument("names", nargs=-1)
@_folder("sources", "sources.yaml, which names repository, commit and sha256 of every file.")
@_folder("output", "Folder for the corpora.")
def fetch(names: tuple[str, ...], sources: Path, output: Path) -> None:
    """Download the public corpora (all, or NAMES), or copy them from the folder CLAIMSTANCE_MIRROR."""
    from claimstance.tools import fetch as tool

    tool.run(sources, output, names)


@cli.command()
@_folder("examples", "Folder with train.parquet and dev.parquet, from prepare.")
@_folder("output", "Model folder.")
@_folder("report", "Losses and dev metrics by epoch (JSON).")
@click.option("--run-file", type=PATH, help="Where to write the tracking run's id (JSON).")
@click.option("--checkpoints", type=PATH, default=Path(".cache/checkpoints"), show_default=True)
@_params
def train(examples: Path, output: Path, report: Path, run_file: Path | None, checkpoints: Path, params: Path) -> None:
    """Train the model; a killed training resumes from its newest checkpoint."""
    from claimstance.params import load_section
    from claimstance.tracking import tracked
    from claimstance.training import TrainParams

    section = load_section(params, "train", TrainParams)
    from claimstance.stages import train as stage

    with tracked("train", run_file) as tracker:
        stage.run(stage.TrainPaths(examples, output, report, checkpoints), section, tracker)


@cli.command()
@_folder("model", "Model folder, from train.")
@_folder("examples", "Folder of examples, from prepare.")
@_folder("output", "Model folder to write.")
@_folder("report", "Agreement, temperatures and thresholds (JSON).")
@_params
def export(model: Path, examples: Path, output: Path, report: Path, params: Path) -> None:
    """Export to ONNX int8, refused unless its decisions agree with torch; calibrate it on dev."""
    from claimstance.export import ExportParams
    from claimstance.params import load_section
    from claimstance.stages import export as stage

    section = load_section(params, "export", ExportParams)
    _say(stage.run(model, examples, output, report, section))


@cli.command()
@_folder("model", "Model folder, from export.")
@_folder("cases", "Behavioural cases (YAML).")
@_folder("output", "Pass rates and failures (JSON).")
def behave(model: Path, cases: Path, output: Path) -> None:
    """Test a model's behaviour: what must change, and what must not, when a sentence changes."""
    from claimstance.scoring import load_scorer
    from claimstance.stages import behave as stage

    result = stage.run(load_scorer(model), cases, output)
    click.echo(f"{result['pass_rate']:.1%} of {result['cases']} cases pass", err=True)


@cli.command()
@_folder("model", "Model folder, from train.")
@_folder("examples", "Folder of examples, from prepare.")
@_folder("output", "Metrics (JSON).")
@_folder("plots", "Folder for plots and the worst mistakes.")
@click.option("--run-file", type=PATH, help="The tracking run to go on with, from train (JSON).")
@_params
def evaluate(model: Path, examples: Path, output: Path, plots: Path, run_file: Path | None, params: Path) -> None:
    """Evaluate a model on every test set that is there, beside the baselines."""
    from claimstance.params import load_section
    from claimstance.stages import evaluate as stage
    from claimstance.tracking import tracked

    section = load_section(params, "evaluate", stage.EvaluateParams)
    with tracked("evaluate", run_file) as tracker:
        stage.run(stage.EvaluatePaths(model, examples, output, plots), section, tracker)


@cli.command()
@_folder("model", "Folder of the released model, with the reports of its run.")
@_folder("reference", "The command reference to write (Markdown).")
@_folder("card", "The model card to write (Markdown).")
@_folder("readme", "The README, whose results are replaced.")
def docs(**paths: Path) -> None:
    """Write the command reference, the model card and the README's results anew."""
    from claimstance.tools import docs as tool

    tool.run(tool.DocsPaths(**paths), cli)


def _say(report: dict[str, Any]) -> None:
    """Print a stage's counts, one a line."""
    for name, value in report.items():
        click.echo(f"{name}: {value}", err=True)
