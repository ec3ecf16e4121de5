"""``claimstance report``: scored claims as one HTML file to read, mail and open offline."""

from pathlib import Path

import click

from claimstance.commands.options import PATH
from claimstance.records import atomic_path
from claimstance.report.page import html
from claimstance.report.payload import payload
from claimstance.report.scored import read_articles, read_scored


@click.command()
@click.argument("scored", type=PATH, nargs=-1, required=True)
@click.option("--articles", type=PATH, multiple=True, required=True, help="The bodies that `score --articles` wrote.")
@click.option("--output", "-o", type=PATH, required=True, help="The page to write: FILE.html.")
@click.option("--title", default="Claims", show_default=True, help="Heading of the page.")
def command(scored: tuple[Path, ...], articles: tuple[Path, ...], output: Path, title: str) -> None:
    """Make one HTML page of scored claims: threats, who is for or against whom, articles, review."""
    page = html(payload(read_scored(scored), read_articles(articles)), title)
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    click.echo(f"{output}: {len(page.encode()) / 1e6:.1f} MB", err=True)
