"""``claimstance score``: articles in batch, from files, folders, globs, stdin or one text, to output rows."""

import dataclasses
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from claimstance.articles.aliases import read_aliases
from claimstance.articles.files import list_files
from claimstance.articles.inputs import InputOptions, read_text
from claimstance.articles.readers import READERS
from claimstance.commands.options import PATH
from claimstance.engines import local, ray
from claimstance.engines.outputs import errors_of
from claimstance.engines.ray import RaySetup
from claimstance.engines.request import ProgressCallbacks, ScoreRequest, inputs_of
from claimstance.engines.stream import notes_of, stream
from claimstance.errors import ParamsError
from claimstance.model.folder import model_folder
from claimstance.processors import usable_processors
from claimstance.records import SCHEMA_VERSION
from claimstance.scoring.scorer import ScoreOptions, Scorer, load_scorer

UNITS_FAILED: Final = 3  # exit code
ARTICLES_A_BLOCK: Final = 64
ROWS_A_BLOCK: Final = 1024  # with --unit sentence
NO_THRESHOLDS: Final = "this model has no thresholds, so needs_review stays empty; run `claimstance calibrate`"
UNREACHED: Final = "this model is never that sure of a whole claim, so all claims need review; allow more errors"


@click.command()
@click.argument("inputs", nargs=-1)
@click.option("--output", "-o", type=PATH, help="FILE.parquet, .jsonl or .csv; without it, JSON lines on stdout.")
@click.option("--text", help="Score this text instead of files.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(READERS)),
    help="Input format, whatever a file's ending says; of stdin ('-') too.",
)
@click.option(
    "--unit",
    type=click.Choice(["article", "sentence"]),
    default="article",
    show_default=True,
    help="Whether each row's text is an article, or one sentence to be taken unsplit.",
)
@click.option("--target", "targets", multiple=True, help="Judge the stance toward this target only; repeatable.")
@click.option("--also-found", is_flag=True, help="With given targets: also judge targets that the model finds.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Carry this input column to the output; repeatable.")
@click.option(
    "--text-column", metavar="COLUMN", help="The column with the text [default: text, or a name in the schema]."
)
@click.option("--id-column", metavar="COLUMN", help="The column with the article's id [default: article_id or id].")
@click.option("--language", default="en", show_default=True, help="'en', or 'any' to score text in whatever language.")
@click.option("--limit", type=click.IntRange(min=1), help="Score only the first N units.")
@click.option("--include-other", is_flag=True, help="Also write sentences that claim nothing.")
@click.option("--articles", type=PATH, help="Also write the article bodies that the offsets point into (Parquet).")
@click.option("--html", type=PATH, help="Also write a page to read the claims (`report`); needs --articles.")
@click.option(
    "--max-error",
    type=float,
    default=0.2,
    show_default=True,
    help="Accepted share of wrong claims among those whose needs_review is empty.",
)
@click.option(
    "--min-probability",
    type=float,
    default=0.0,
    show_default=True,
    help="Drop found targets and cues that are less probable.",
)
@click.option("--drop-pronouns", is_flag=True, help="Drop found targets that are pronouns without a name.")
@click.option("--aliases", type=PATH, help="JSON that unites names: {name: [other names]}.")
@click.option(
    "--model",
    help="Folder, models:/claimstance@champion, or accurate: larger, slower [default: the one that ships].",
)
@click.option("--runtime", type=click.Choice(["onnx", "torch"]), help="[default: onnx where the model has a graph]")
@click.option("--device", default="cpu", show_default=True, help="For the torch runtime: cpu, cuda, cuda:1 …")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Windows of one length that are scored together, at most. Never changes results.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes, or threads without --output [default: one a core]."
)
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option("--address", help="Of a running Ray cluster [default: one on this machine].")
@click.option("--strict", is_flag=True, help="Stop at the first unit that cannot be read.")
@click.option("--force", is_flag=True, help="Replace an output of another run.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout (needs --output).")
def command(**options: Any) -> None:
    """Score articles: files, folders, globs, or '-' for stdin.

    Exit codes: 0 all scored, 1 a user's error, 2 wrong usage, 3 done with units in the errors file, 130 interrupted.
    """
    workers = options["workers"] or usable_processors()
    options["model"] = _model_folder(options["model"])
    request = _request(options, workers)
    in_processes = request.output is not None and options["device"] == "cpu"
    scoring = ScoreOptions(
        unit=options["unit"],
        include_other=options["include_other"],
        also_found=options["also_found"],
        batch_size=options["batch_size"],
        workers=1 if in_processes else workers,
        max_error=options["max_error"],
        min_probability=options["min_probability"],
        drop_pronouns=options["drop_pronouns"],
        aliases=read_aliases(options["aliases"]) if options["aliases"] else {},
    )
    scorer = load_scorer(options["model"], options["runtime"], options["device"], scoring)
    if scorer.model.threshold > 1:
        click.echo(f"--max-error {scorer.options.max_error:g}: {UNREACHED}", err=True)
    with _progress_bar() as progress:
        summary = run(scorer, request, progress)
    _print_summary(summary, request.output, options["as_json"])
    if not scorer.predictor.config.thresholds:
        click.echo(NO_THRESHOLDS, err=True)
    if options["html"] is not None:
        report = import_module("claimstance.commands.report")  # by name: a changed page makes no score out of date
        report.write(report.Pages([options["output"]], [options["articles"]], options["html"]))
    if summary["units_failed"]:
        sys.exit(UNITS_FAILED)


def _model_folder(model: str | None) -> Path:
    """Return the folder of a model; the local registry names that of a registered one."""
    if model is None or not model.startswith("models:/"):
        return model_folder(model)
    from claimstance.tracking import registry  # asks mlflow, which the base install does not have

    return registry.find(model).folder


def _request(options: dict[str, Any], workers: int) -> ScoreRequest:
    if bool(options["inputs"]) == (options["text"] is not None):
        raise click.UsageError("name INPUT files or folders ('-' for stdin), or one --text")
    if options["html"] is not None and options["articles"] is None:
        raise click.UsageError("--html needs --articles")
    if options["articles"] is not None and options["articles"].suffix.lower() != ".parquet":
        raise click.UsageError("--articles names a file that ends in .parquet")
    if options["html"] is not None and options["html"].suffix.lower() not in (".html", ".htm"):
        raise click.UsageError("--html names a file that ends in .html")
    if options["output"] is None and (options["articles"] or options["as_json"] or options["engine"] == "ray"):
        raise click.UsageError("--articles, --json and --engine ray need --output")
    on_ray = None
    if options["engine"] == "ray":
        on_ray = RaySetup(options["model"], options["runtime"], options["device"], options["address"], workers)
    of_reading = ("unit", "language", "targets", "text_column", "id_column")
    keep = tuple(dict.fromkeys(options["keep"]))
    reading = InputOptions(format=options["format_"], keep=keep, **{name: options[name] for name in of_reading})
    processes = None
    if workers > 1 and options["output"] is not None and options["device"] == "cpu" and on_ray is None:
        processes = local.Workers(workers, options["model"], options["runtime"])
    names = ("text", "limit", "output", "articles", "force", "strict")
    given = {name: options[name] for name in names}
    return ScoreRequest(options["inputs"], reading, **given, on_ray=on_ray, workers=processes)


@contextmanager
def _progress_bar() -> Iterator[ProgressCallbacks]:
    """Show progress on stderr if it is a terminal: units done, rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TextColumn("{task.fields[units]} units, {task.fields[sentences]} sentences, {task.fields[failed]} errors"),
        TextColumn("{task.fields[rate]:.0f} sentences/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scoring", total=None, units=0, sentences=0, failed=0, rate=0.0)
        sums: Counter[str] = Counter()

        def scored(counts: dict[str, int]) -> None:
            sums.update(counts)
            rate = sums["sentences"] / max(bar.tasks[0].elapsed or 0.0, 1e-6)
            units, sentences, failed = (sums[name] for name in ("units_read", "sentences", "units_failed"))
            bar.update(task, rate=rate, units=units, sentences=sentences, failed=failed)

        yield ProgressCallbacks(lambda size: bar.update(task, total=size), lambda read: bar.advance(task, read), scored)


def _print_summary(summary: dict[str, Any], output: Path | None, as_json: bool) -> None:
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
        for note in notes_of(summary):
            click.echo(note, err=True)
        if summary["units_failed"]:
            click.echo(f"the units that failed, and why: {errors_of(output)}", err=True)


def run(scorer: Scorer, request: ScoreRequest, progress: ProgressCallbacks | None = None) -> dict[str, Any]:
    """Score everything and return the summary; units read = units scored + units failed.

    Raises:
        InputError: if an input does not exist, or ``strict`` and a unit cannot be read.
        OutputError: if the output belongs to something else.
    """
    started = time.perf_counter()
    progress = progress or ProgressCallbacks()
    if request.output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # JSON lines, whatever the terminal or a redirection asks for
        summary = stream(scorer, request, sys.stdout, sys.stderr)
    else:
        size = ROWS_A_BLOCK if request.options.unit == "sentence" else ARTICLES_A_BLOCK
        output = local.Output(request.output, _manifest(scorer, request), request.options.keep, request.articles, size)
        if request.text is not None:
            read_text(request.text, request.options)  # what is wrong with it is the user's error, not a unit's
        with local.opened(output, request.force):
            if request.on_ray is None:
                inputs = inputs_of(request, progress)
                summary = local.run(scorer, inputs, output, progress.scored, request.strict, request.workers)
            else:
                summary = _run_on_ray(request.on_ray, scorer.options, request, output, progress)
    return {**summary, "seconds": round(time.perf_counter() - started, 2)}


def _run_on_ray(
    setup: RaySetup, options: ScoreOptions, request: ScoreRequest, output: local.Output, progress: ProgressCallbacks
) -> dict[str, Any]:
    files = list(list_files(request.inputs, request.options.format)) if request.text is None else []
    if not files or request.limit is not None or any(file.is_stdin for file in files):
        raise ParamsError("--engine ray scores whole files: no --text, no --limit, no stdin")
    return ray.run(setup, (files, request.options, options), output, progress.scored, request.strict)


def _manifest(scorer: Scorer, request: ScoreRequest) -> dict[str, Any]:
    """Return what shards depend on besides their input: a run only continues shards with an equal manifest."""
    config = scorer.predictor.config
    return {
        "schema_version": SCHEMA_VERSION,
        "model": {"name": config.name, "version": config.version, "fitted": config.fitted, "int8": config.quantized},
        "options": {
            **dataclasses.asdict(request.options),
            "include_other": scorer.options.include_other,
            "also_found": scorer.options.also_found,
            "max_error": scorer.options.max_error,
            "min_probability": scorer.options.min_probability,
            "drop_pronouns": scorer.options.drop_pronouns,
            "aliases": dict(scorer.options.aliases),
            "articles": str(request.articles) if request.articles else None,
        },
    }
