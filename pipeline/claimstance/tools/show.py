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

COLUMNS = ("source", "act", "target", "stance", "strength", "cues", "condition", "claim")
STANCE_STYLE = {"support": "green", "oppose": "red"}


def run(file: Path, limit: int, console: Console | None = None) -> None:
    """Print the first ``limit`` rows of a Parquet, JSONL or CSV file that ``score`` wrote.

    Raises:
        InputError: if there is no such file, or it holds no scored claims.
    """
    rows = _read(file)
    table = Table(*COLUMNS, show_lines=True)
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


def _cells(row: dict[str, Any]) -> list[Text]:
    source = row["source"] or ""
    if row["speaker"] and row["speaker"] != row["source"]:
        source = f"{source} ({row['speaker']})".strip()
    act = row["act"] or row["kind"]
    values = [
        source,
        f"{act}: {row['trigger']}" if row["trigger"] else act,
        row["target"] or "",
        row["stance"] or "",
        row["strength"] or "",
        ", ".join(cue["text"] for cue in row["cues"]),
        row["condition"] or "",
        row["text"],
    ]
    cells = [Text(value) for value in values]  # Text, since article text may look like rich's markup
    cells[3].stylize(STANCE_STYLE.get(values[3], ""))
    return cells
