"""Print scored claims as a readable table."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claimstance.errors import InputError
from claimstance.outputs import format_of

STANCE_STYLE = {"support": "green", "oppose": "red"}


def run(file: Path, limit: int, console: Console | None = None) -> None:
    """Print the first ``limit`` rows of a Parquet, JSONL or CSV file that ``score`` wrote.

    Raises:
        InputError: if there is no such file, or it holds no scored claims.
    """
    rows = _read(file)
    table = Table(show_lines=True, expand=True)
    table.add_column("source", ratio=2)
    table.add_column("stance", ratio=3)
    table.add_column("claim", ratio=6)  # three columns, since more are too narrow to read in 80
    for row in rows[:limit]:
        table.add_row(*_cells(row))
    console = console or Console()
    console.print(table)
    if len(rows) > limit:
        console.print(f"{len(rows) - limit} more rows; --limit shows more")


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
    if rows and not {"text", "act", "stance", "cues"} <= set(rows[0]):
        raise InputError(f"{file}: holds no scored claims")
    return rows


def _cells(row: dict[str, Any]) -> tuple[Text, Text, Text]:
    # Text, since article text may look like rich's markup
    source = row["source"] or ""
    if row["speaker"] and row["speaker"] != row["source"]:
        source = f"{source} ({row['speaker']})".strip()
    stance = Text()
    if row["target"]:
        stance.append(row["stance"] or "", STANCE_STYLE.get(row["stance"], ""))
        stance.append(f" → {row['target']}\n")
    stance.append(", ".join(filter(None, (row["act"] or row["kind"], row["strength"]))))
    claim = Text(row["text"])
    if row["cues"]:
        claim.append("\ncues: ", "dim").append(", ".join(cue["text"] for cue in row["cues"]), "yellow")
    if row["condition"]:
        claim.append("\ncondition: ", "dim").append(row["condition"], "cyan")
    return Text(source), stance, claim
