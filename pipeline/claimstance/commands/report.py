"""``claimstance report``: scored claims as one HTML file to read, mail and open offline."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc

from claimstance.commands.options import PATH
from claimstance.errors import ParamsError
from claimstance.records import atomic_path
from claimstance.report.page.html import html, index
from claimstance.report.page.parts import WAYS, file_names, parts
from claimstance.report.page.payload import payload
from claimstance.report.scored import Row, read_articles, read_scored
from claimstance.report.sql import write_database


@click.command()
@click.argument("scored", type=PATH, nargs=-1, required=True)
@click.option("--articles", type=PATH, multiple=True, required=True, help="The bodies that `score --articles` wrote.")
@click.option("--output", "-o", type=PATH, required=True, help="The page to write, FILE.html; or the database.")
@click.option("--title", default="Claims", show_default=True, help="Heading of the page.")
@click.option(
    "--split",
    type=click.Choice(WAYS),
    default="auto",
    show_default=True,
    help="Parts beside an index: by month or outlet; 'auto' splits more than 500 articles.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["html", "datasette"]),
    default="html",
    show_default=True,
    help="'datasette' writes an SQLite database with facets instead.",
)
def command(**options: Any) -> None:
    """Make one HTML page of scored claims: threats, who is for or against whom, articles, review."""
    output: Path = options["output"]
    if options["format_"] == "datasette":
        table = read_scored(options["scored"])
        metadata = write_database(output, table, read_articles(options["articles"]))
        click.echo(f"{output}: {table.num_rows} rows; open it with: datasette {output} -m {metadata}", err=True)
        return
    write(Pages(options["scored"], options["articles"], output, options["title"], options["split"]))


@dataclass(frozen=True, slots=True)
class Pages:
    """What to make a report of, and where."""

    scored: Sequence[Path]
    articles: Sequence[Path]
    output: Path
    title: str = "Claims"
    split: str = "auto"


def write(pages: Pages) -> None:
    """Write the page or pages and print the size of each.

    Raises:
        InputError: if an input is missing, two articles share an id, or the articles are not those of the rows.
        ParamsError: if the output's name does not end in .html.
    """
    if pages.output.suffix.lower() not in (".html", ".htm"):
        raise ParamsError(f"{pages.output}: a page's name should end in .html")
    table, articles = read_scored(pages.scored), read_articles(pages.articles)
    for file, size in run(table, articles, pages.output, pages.title, pages.split):
        click.echo(f"{file}: {size / 1e6:.1f} MB", err=True)


def run(table: pa.Table, articles: list[Row], output: Path, title: str, split: str) -> list[tuple[Path, int]]:
    """Write the page, or an index and its parts, and return each file with its size in bytes."""
    found = parts(table, split)
    if list(found) == [""]:
        return [(output, _write(output, html(payload(table, articles), title)))]
    names = file_names(output.stem, list(found))
    written, facts = [], []
    for name, chosen in found.items():
        data = payload(table.filter(pc.is_in(table["article_id"], pa.array(chosen))), articles)
        file = output.with_name(names[name])
        written.append((file, _write(file, html(data, f"{title}: {name}"))))
        acts = Counter(threat["act"] for threat in data["threats"])
        counts = {"articles": len(data["articles"]), "claims": data["claims"]}
        facts.append(
            {"name": name, "file": file.name, **counts, "threaten": acts["threaten"], "promise": acts["promise"]}
        )
    return [(output, _write(output, index(facts, title))), *written]


def _write(path: Path, text: str) -> int:
    with atomic_path(path) as temporary:
        return temporary.write_bytes(text.encode())
