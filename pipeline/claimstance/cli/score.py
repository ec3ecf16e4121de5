"""``claimstance score``: its many options, its progress and its summary."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from claimstance.cli.common import PATH, cli

UNITS_FAILED = 3


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
@click.option(
    "--max-error",
    type=float,
    default=0.1,
    show_default=True,
    help="needs_review names every field that is not sure enough for errors of at most this share.",
)
@click.option("--aliases", type=PATH, help="JSON that unites names: {name: [other names]}.")
@click.option("--model", type=PATH, help="Model folder [default: the model that ships with the package].")
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
def score(**options: Any) -> None:
    """Score articles: files, folders, globs, or '-' for stdin.

    Exit codes: 0 all scored, 1 a user's error, 2 wrong usage, 3 done with units in the errors file, 130 interrupted.
    """
    from claimstance.articles.names import read_aliases
    from claimstance.scoring.scorer import ScoreOptions, load_scorer

    workers = options["workers"] or os.cpu_count() or 1
    request = _score_request(options, workers)
    aliases = read_aliases(options["aliases"]) if options["aliases"] else {}
    scoring = ScoreOptions(
        options["unit"], options["include_other"], options["batch_size"], workers, options["max_error"], aliases
    )
    if request.output is not None and options["device"] == "cpu":
        scoring = replace(scoring, workers=1)  # processes instead
    scorer = load_scorer(options["model"], options["runtime"], options["device"], scoring)
    from claimstance.commands import score as stage

    with _progress() as progress:
        summary = stage.run(scorer, request, progress)
    _report(summary, request.output, options["as_json"])
    if summary["units_failed"]:
        sys.exit(UNITS_FAILED)


def _score_request(options: dict[str, Any], workers: int) -> Any:
    from claimstance.articles.inputs import InputOptions
    from claimstance.commands.score import ScoreRequest
    from claimstance.engines.local import Workers
    from claimstance.engines.ray import RaySetup
    from claimstance.model.folder import default_model

    if bool(options["inputs"]) == (options["text"] is not None):
        raise click.UsageError("name INPUT files or folders ('-' for stdin), or one --text")
    if options["output"] is None and (options["articles"] or options["as_json"] or options["engine"] == "ray"):
        raise click.UsageError("--articles, --json and --engine ray need --output")
    on_ray = None
    if options["engine"] == "ray":
        model = options["model"] or default_model()
        on_ray = RaySetup(model, options["runtime"], options["device"], options["address"], workers)
    reading = InputOptions(
        options["format_"], options["unit"], options["language"], options["keep"], options["targets"]
    )
    processes = None
    if workers > 1 and options["output"] is not None and options["device"] == "cpu" and on_ray is None:
        processes = Workers(workers, options["model"], options["runtime"])
    names = ("text", "limit", "output", "articles", "force", "strict")
    given = {name: options[name] for name in names}
    return ScoreRequest(options["inputs"], reading, **given, on_ray=on_ray, workers=processes)


@contextmanager
def _progress() -> Iterator[Any]:
    """A progress line on stderr while it is a terminal: what is done, how fast, and how long the rest takes."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from claimstance.commands.score import Progress as Heard

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

        yield Heard(lambda size: bar.update(task, total=size), lambda read: bar.advance(task, read), scored)


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
        if summary["windowed"]:
            click.echo(f"{summary['windowed']} long sentences were scored in overlapping windows", err=True)
        if summary["absent_targets"]:
            click.echo(f"{summary['absent_targets']} given targets stand nowhere in their article", err=True)
        if summary["units_failed"]:
            click.echo(f"the units that failed, and why: {output.with_name(output.stem + '.errors.jsonl')}", err=True)
