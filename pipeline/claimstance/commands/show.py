"""``claimstance show``: scored claims as a readable table."""

import csv
import io
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimstance.commands.options import PATH
from claimstance.engines.outputs import format_of
from claimstance.errors import InputError

STANCE_STYLE = {"support": "green", "oppose": "red"}


@click.command()
@click.argument("file", type=PATH)
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="How many claims.")
def command(file: Path, limit: int) -> None:
    """Print scored claims as a readable table."""
    run(file, limit)


def run(file: Path, limit: int, console: Console | None = None) -> None:
    """Print the first ``limit`` claims of a Parquet, JSONL or CSV file that ``score`` wrote.

    A claim with several targets is several rows of the file, and one of the table.

    Raises:
        InputError: if there is no such file, or it holds no scored claims.
    """
    claims = [
        list(rows)
        for _, rows in groupby(_read(file), key=lambda row: (row["article_id"], row.get("input"), row["start"]))
    ]
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


def _read(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        raise InputError(f"{file}: no such file; `claimstance score` makes it")
    ending = format_of(file)
    try:
        if ending == "parquet":
            rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
        elif ending == "jsonl":
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        else:
            with file.open(encoding="utf-8", newline="") as lines:
                rows = [{**row, "cues": json.loads(row["cues"])} for row in csv.DictReader(lines)]
    except (pa.ArrowException, ValueError, KeyError):
        raise InputError(f"{file}: holds no scored claims") from None
    if rows and not {"text", "act", "stance", "cues", "input"} <= set(rows[0]):
        raise InputError(f"{file}: holds no scored claims")
    return rows


def _cells(rows: list[dict[str, Any]]) -> tuple[Text, Text, Text]:
    # Text, since article text may look like rich's markup
    row = rows[0]
    source = row["source"] or ""
    if row["speaker"] and row["speaker"] != row["source"]:
        source = f"{source} ({row['speaker']})".strip()
    stance = Text()
    for aimed in rows:
        if aimed["target"]:
            stance.append(aimed["stance"] or "", STANCE_STYLE.get(aimed["stance"], ""))
            stance.append(f" → {aimed['target']}\n")
    stance.append(", ".join(filter(None, (row["act"] or row["kind"], row["strength"]))))
    claim = Text(row["text"])
    if row["cues"]:
        claim.append("\ncues: ", "dim").append(", ".join(cue["text"] for cue in row["cues"]), "yellow")
    if row["condition"]:
        claim.append("\ncondition: ", "dim").append(row["condition"], "cyan")
    return Text(source), stance, claim
