"""``claimstance ingest``: input files to articles, with page furniture marked; failed units go to their own file."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.commands.options import PATH, params_option, path_option, print_counts
from claimstance.errors import InputError
from claimstance.params import load_section
from claimstance.records import atomic_path, write_json, write_records
from claimstance.schema import Article, UnitError


@dataclass(frozen=True, slots=True)
class IngestParams:
    """The ``ingest`` section of ``params.yaml``; ``language`` is "en", or "any" for texts in every language."""

    language: str = "en"


@click.command()
@click.argument("inputs", nargs=-1, type=PATH, required=True)
@path_option("output", "Articles (Parquet).")
@path_option("errors", "Units that could not be read (JSON lines).")
@path_option("report", "Counts: rows in, rows out, dropped by reason.")
@params_option
def command(inputs: tuple[Path, ...], output: Path, errors: Path, report: Path, params: Path) -> None:
    """Read HTML, text, JSONL, CSV and Parquet into articles."""
    section = load_section(params, "ingest", IngestParams)
    options = InputOptions(language=section.language)
    print_counts(run([str(name) for name in inputs], output, errors, report, options))


def run(inputs: Sequence[str], output: Path, errors: Path, report: Path, options: InputOptions) -> dict[str, Any]:
    """Read all inputs; an empty folder gives an empty table.

    Raises:
        InputError: if an input does not exist.
    """
    articles: list[Article] = []
    failed: list[UnitError] = []
    for name in inputs:
        if Path(name).is_dir() and not any(p.is_file() and not p.name.startswith(".") for p in Path(name).rglob("*")):
            continue
        for unit in read_units([name], options):
            (articles if isinstance(unit, Article) else failed).append(unit)  # type: ignore[arg-type]
    if duplicates := [i for i, n in Counter(article.article_id for article in articles).items() if n > 1]:
        raise InputError(f"{len(duplicates)} article ids occur twice, the first is {duplicates[0]!r}; make ids unique")
    write_records(output, Article, articles)
    with atomic_path(errors) as temporary:
        lines = [json.dumps(dataclasses.asdict(error), ensure_ascii=False) + "\n" for error in failed]
        temporary.write_text("".join(lines), encoding="utf-8")
    result = {
        "rows_in": len(articles) + len(failed),
        "rows_out": len(articles),
        "dropped": dict(Counter(error.reason for error in failed)),
        "furniture_lines": sum(len(article.furniture) for article in articles),
    }
    write_json(report, result)
    return result
