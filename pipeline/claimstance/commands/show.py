"""``claimstance show``: scored claims as a readable table."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimstance.commands.options import PATH
from claimstance.report.scored import read_rows
from claimstance.report.selection import claims_of, marked, probability, select

STANCE_STYLE = {"support": "green", "oppose": "red"}


@click.command()
@click.argument("file", type=PATH)
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="How many claims.")
@click.option("--article", help="Only the claims of this article_id.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only such claims, as act=threaten; repeatable.")
@click.option("--sort", metavar="COLUMN", help="Sort by a column; -COLUMN for the largest first.")
def command(file: Path, limit: int, article: str | None, where: tuple[str, ...], sort: str | None) -> None:
    """Print scored claims as a readable table.

    In the sentence the source is underlined, the act bold, a target green (support), red (oppose) or blue (neutral),
    a cue yellow and the condition italic. A number is a probability; ? marks what needs review.
    """
    run(file, limit, where if article is None else (*where, f"article_id={article}"), sort)


def run(
    file: Path, limit: int, where: Sequence[str] = (), sort: str | None = None, console: Console | None = None
) -> None:
    """Print the first ``limit`` claims of a Parquet, JSONL or CSV file that ``score`` wrote.

    A claim with several targets is several rows of the file, and one of the table.

    Raises:
        InputError: if there is no such file, or it holds no scored claims.
        ParamsError: if ``where`` or ``sort`` names no column.
    """
    claims = select(claims_of(read_rows(file)), where, sort)
    table = Table(show_lines=True, expand=True)
    table.add_column("source", ratio=2)
    table.add_column("stance", ratio=3)
    table.add_column("claim", ratio=6)  # three columns, since more are too narrow to read in 80
    for rows in claims[:limit]:
        table.add_row(*_cells(rows))
    if console is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without these characters shows "?"
        console = Console()
    console.print(table)
    if len(claims) > limit:
        console.print(f"{len(claims) - limit} more claims; --limit shows more")


def _cells(rows: list[dict[str, Any]]) -> tuple[Text, Text, Text]:
    # Text, since article text may look like rich's markup
    row = rows[0]
    source = row["source"] or ""
    if row["speaker"] and row["speaker"] != row["source"]:
        source = f"{source} ({row['speaker']})".strip()
    review = row["needs_review"] or ()
    source += "?" if "source" in review else ""
    stance = Text()
    for aimed in rows:
        if aimed["target"]:
            stance.append(aimed["stance"] or "", STANCE_STYLE.get(aimed["stance"], ""))
            stance.append(f"{probability(aimed, 'stance')} → {aimed['target']}{'?' if 'target' in review else ''}\n")
    labels = [f"{row[name]}{probability(row, name)}" for name in ("act", "strength") if row[name]]
    stance.append(", ".join(labels or [row["kind"]]))
    claim = marked(rows)
    if row["cues"]:
        claim.append("\ncues: ", "dim").append(", ".join(cue["text"] for cue in row["cues"]), "yellow")
    if row["condition"]:
        claim.append("\ncondition: ", "dim").append(row["condition"], "cyan")
    return Text(source), stance, claim
