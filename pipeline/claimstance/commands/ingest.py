"""``claimstance ingest``: input files to articles, with page furniture marked; failed units go to their own file."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from claimstance.articles.columns import mapping
from claimstance.articles.decoding import encoding_of, head_of
from claimstance.articles.files import list_files
from claimstance.articles.html import declared_encoding
from claimstance.articles.inputs import BUFFER, InputOptions, read_units
from claimstance.articles.language import language_of
from claimstance.articles.readers import READERS, sniffed
from claimstance.articles.readers.source import Source, uncompressed
from claimstance.commands.options import PATH, params_option, path_option, print_counts
from claimstance.errors import InputError
from claimstance.params import load_section
from claimstance.records import atomic_path, write_json, write_records
from claimstance.schema import Article, UnitError


@dataclass(frozen=True, slots=True)
class IngestParams:
    """The ``ingest`` section of ``params.yaml``; ``language`` is "en", or "any" for texts in every language."""

    language: str = "en"


def _inspect(context: click.Context, _: click.Parameter, file: Path | None) -> None:
    if file is not None:
        for name, value in inspect(file).items():
            click.echo(f"{name}: {value}")
        context.exit()


@click.command()
@click.argument("inputs", nargs=-1, type=PATH, required=True)
@click.option(
    "--inspect",
    type=PATH,
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_inspect,
    help="Only show what is understood of a file.",
)
@path_option("output", "Articles (Parquet).")
@path_option("errors", "Units that could not be read (JSON lines).")
@path_option("report", "Counts: rows in, rows out, dropped by reason.")
@params_option
def command(inputs: tuple[Path, ...], output: Path, errors: Path, report: Path, params: Path) -> None:
    """Read files of news, in any format that is known, into articles."""
    section = load_section(params, "ingest", IngestParams)
    options = InputOptions(language=section.language)
    print_counts(run([str(name) for name in inputs], output, errors, report, options))


def inspect(path: Path) -> dict[str, Any]:
    """Say what is understood of a file: format, encoding, columns and what they mean, articles, language.

    Raises:
        InputError: if there is no such file, or no reader for it.
    """
    (file, *_) = list_files([str(path)])
    with path.open("rb", buffering=BUFFER) as buffered:
        head = head_of(uncompressed(buffered, path.name))
    kind = sniffed(head, file.format) or file.format
    found: dict[str, Any] = {"file": file.shown, "format": kind}
    if kind not in ("parquet", "docx", "warc"):
        declared = declared_encoding(head) if kind in ("html", "xml") else None
        found["encoding"] = encoding_of(head, declared, whole=False)
    with path.open("rb", buffering=BUFFER) as buffered:
        found |= _columns(READERS[kind](Source(uncompressed(buffered, path.name))))
    counts: Counter[str] = Counter()
    for unit in read_units([str(path)], InputOptions(language="any")):
        if isinstance(unit, UnitError):
            found.setdefault("first error", f"row {unit.row}: {unit.reason}" if unit.row else unit.reason)
            counts["errors"] += 1
            continue
        found.setdefault("first title", unit.title)
        found.setdefault("first text", repr(unit.body[:100]))
        found.setdefault("language of the first text", language_of(unit.body))
        counts.update({"articles": 1, "furniture lines": len(unit.furniture)})
    return found | {name: counts[name] for name in ("articles", "errors", "furniture lines")}


def _columns(rows: Iterator[dict[str, Any] | InputError]) -> dict[str, Any]:
    """The columns of the first row that can be read, and which of them is which field of an article."""
    try:
        row = next((row for row in rows if isinstance(row, dict)), {})
        return {"columns": ", ".join(row), "taken as": ", ".join(f"{f}={c}" for f, c in mapping(tuple(row)).items())}
    except (InputError, ValueError, OSError, EOFError):
        return {}


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
