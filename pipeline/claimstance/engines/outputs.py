"""Scored claims as Parquet, JSONL or CSV."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.errors import OutputError
from claimstance.output import FORMULA
from claimstance.records import atomic_path

FORMATS: Final = ("parquet", "jsonl", "csv")
ROW_GROUP: Final = 10_000  # rows


def format_of(path: Path) -> str:
    """Return the output format of a file by its ending.

    Raises:
        OutputError: if the ending is none of the formats.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise OutputError(f"{path}: unknown output format {path.suffix!r}; end the name in .parquet, .jsonl or .csv")
    return ending


def errors_of(output: Path) -> Path:
    """Return the file that lists what could not be scored for an output."""
    return output.with_name(output.name + ".errors.jsonl")


def merge(tables: Iterable[pa.Table], output: Path, schema: pa.Schema) -> None:
    """Write all rows into one file, atomically; its bytes depend on the rows alone."""
    ending = format_of(output)
    with atomic_path(output) as temporary:
        if ending == "parquet":
            with pq.ParquetWriter(temporary, schema) as writer:
                for table in _row_groups(tables, schema):
                    writer.write_table(table)
        else:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                if ending == "csv":
                    csv.writer(file).writerow(schema.names)
                for table in tables:
                    write_text(file, table, ending)


def _row_groups(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield tables of ``ROW_GROUP`` rows each."""
    waiting = schema.empty_table()
    for table in tables:
        waiting = pa.concat_tables([waiting, table.cast(schema)])
        while waiting.num_rows >= ROW_GROUP:
            yield waiting.slice(0, ROW_GROUP).combine_chunks()
            waiting = waiting.slice(ROW_GROUP)
    if waiting.num_rows:
        yield waiting.combine_chunks()


def write_text(file: IO[str], table: pa.Table, ending: str) -> None:
    """Append a table's rows as JSON lines or CSV rows (without a header)."""
    if ending == "jsonl":
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
    else:
        writer = csv.writer(file)
        writer.writerows([[_cell(value) for value in row.values()] for row in table.to_pylist()])


def _cell(value: Any) -> Any:
    """Return a list as JSON, and text that a spreadsheet would run as a formula with an apostrophe before it."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
