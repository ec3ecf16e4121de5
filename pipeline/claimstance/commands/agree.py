"""``claimstance agree``: two labellings of the same sentences compared."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from claimstance.commands.options import PATH
from claimstance.corpus.annotation import read_sentence
from claimstance.corpus.articles import to_example
from claimstance.errors import CorpusError
from claimstance.evaluation.agreement import Agreement, compare, disagreements
from claimstance.records import write_json
from claimstance.schema import Example, Span


@click.command()
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@click.option("--output", "-o", type=PATH, help="Write the figures and the sentences that differ (JSON).")
def command(first: Path, second: Path, output: Path | None) -> None:
    """Compare two labellings of the same sentences: kappa for decisions, F1 for spans."""
    run(first, second, output)


def run(first: Path, second: Path, output: Path | None) -> list[Agreement]:
    """Print every field's agreement, and write it with the sentences that differ.

    Raises:
        CorpusError: if a file is missing or a line breaks the format, or the two share no sentence.
    """
    ours, theirs = read_labels(first), read_labels(second)
    if not ours.keys() & theirs.keys():
        raise CorpusError(f"{second}: no id of it stands in {first}")
    for name in ours.keys() & theirs.keys():
        if ours[name].text != theirs[name].text:
            raise CorpusError(f"{second}: the text of {name} is not that of {first}")
    rows = compare(ours, theirs)
    click.echo(f"{'field':<10} {'measure':<8} {'value':>6}  {'interval':<13} {'raw':>6} {'n':>6}")
    for row in rows:
        low, high = ("  –" if side is None else f"{side:.2f}" for side in (row.low, row.high))
        click.echo(f"{row.field:<10} {row.measure:<8} {row.value:>6.3f}  {low}–{high}     {row.raw:>6.3f} {row.n:>6}")
    differing = dict(disagreements(ours, theirs))
    missing = sorted(ours.keys() - theirs.keys())
    click.echo(f"{len(ours) - len(missing)} sentences labelled twice, {len(differing)} with a difference")
    for some, file, other in ((missing, first, second), (sorted(theirs.keys() - ours.keys()), second, first)):
        if some:
            click.echo(f"{len(some)} of {file} are not in {other}, the first {some[0]}")
    if output is not None:
        sentences = len(ours) - len(missing)
        write_json(output, {"sentences": sentences, "fields": [asdict(r) for r in rows], "differing": differing})
    return rows


def read_labels(path: Path) -> dict[str, Example]:
    """Labelled sentences by id, from lines like the corpus's with a further key ``id``.

    Raises:
        CorpusError: if the file is missing or a line breaks the format.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file; `claimstance draw` writes the first, a labeller the second") from None
    found: dict[str, Example] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, example = _read_line(line, f"{path}:{number}")
        if name in found:
            raise CorpusError(f"{path}:{number}: {name} stands there twice")
        found[name] = example
    return found


def _read_line(line: str, where: str) -> tuple[str, Example]:
    try:
        record: dict[str, Any] = json.loads(line)
        name, text = record.pop("id"), record["text"]
        if not (isinstance(name, str) and isinstance(text, str)):
            raise TypeError("they should be strings")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CorpusError(f"{where}: not a JSON object with id and text: {error}") from None
    problems: list[str] = []
    sentence = read_sentence(0, record, Span(0, len(text)), problems.append)
    if problems:
        raise CorpusError(f"{where}: {name}: {problems[0]}")
    return name, to_example(sentence, name, "train", name.partition(":")[0])
