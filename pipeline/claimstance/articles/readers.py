"""JSONL, CSV and Parquet to rows, one at a time; a row that cannot be read is an error in its place."""

import codecs
import csv
import gzip
import io
import json
from collections.abc import Callable, Generator
from typing import Any, Final

import pyarrow.parquet as pq

from claimstance.articles.text import decode_bytes
from claimstance.errors import InputError

LONGEST: Final = 64 * 2**20  # bytes of one article
TOO_LONG: Final = "longer than 64 MiB, which is no article; split it"
Rows = Generator[dict[str, Any] | InputError, None, None]


class CountedFile(io.FileIO):
    """A file that tells how many bytes are read from it."""

    def __init__(self, name: str, on_bytes: Callable[[int], None]) -> None:
        super().__init__(name)
        self.on_bytes = on_bytes

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, and tell how much was read."""
        read = super().readinto(buffer) or 0
        self.on_bytes(read)
        return read


def _jsonl_rows(opened: Any) -> Rows:
    if _is_utf16(opened):
        with io.TextIOWrapper(opened, encoding="utf-16", errors="replace") as text:
            yield from _json_lines(text)
    else:
        yield from _json_lines(opened)


def _json_lines(lines: Any) -> Rows:
    while line := lines.readline(LONGEST + 1):
        if len(line) > LONGEST:
            while line and line[-1:] not in ("\n", b"\n"):
                line = lines.readline(LONGEST)
            yield InputError(TOO_LONG)
        elif line.strip():
            yield _json_row(line)


def _json_row(line: str | bytes) -> dict[str, Any] | InputError:
    try:
        row = json.loads(line if isinstance(line, str) else decode_bytes(line))
        return row if isinstance(row, dict) else InputError(f"not a JSON object: {str(row)[:60]!r}")
    except (ValueError, RecursionError):
        start = line[:60] if isinstance(line, str) else line[:60].decode("utf-8", "replace")
        return InputError(f"not JSON: {start.rstrip()!r}")
    except InputError as error:
        return error


def _csv_rows(opened: Any) -> Rows:
    csv.field_size_limit(LONGEST)
    encoding = "utf-16" if _is_utf16(opened) else "utf-8-sig"
    with io.TextIOWrapper(opened, encoding=encoding, errors="replace", newline="") as text:
        reader = csv.DictReader((line.replace("\x00", "\ufffd") for line in text), restkey="")
        if "text" not in (reader.fieldnames or ()):
            raise InputError(f"no column 'text'; found {', '.join(map(repr, reader.fieldnames or ())) or 'nothing'}")
        for row in reader:
            if "" in row:
                yield InputError(f"more cells than the header has ({len(reader.fieldnames or ())})")
            else:
                yield {key: value for key, value in row.items() if value is not None and (value or key == "text")}


def _is_utf16(opened: Any) -> bool:
    first: bytes = opened.peek(2)[:2] if hasattr(opened, "peek") else b""
    return first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _parquet_rows(opened: Any) -> Rows:
    seekable = opened.seekable() and not isinstance(opened, gzip.GzipFile)
    with pq.ParquetFile(opened if seekable else io.BytesIO(opened.read())) as parquet:
        if "text" not in parquet.schema_arrow.names:
            raise InputError(f"no column 'text'; found {', '.join(map(repr, parquet.schema_arrow.names))}")
        for batch in parquet.iter_batches(batch_size=256):
            yield from batch.to_pylist()


ROWS: Final[dict[str, Callable[[Any], Rows]]] = {"jsonl": _jsonl_rows, "csv": _csv_rows, "parquet": _parquet_rows}
