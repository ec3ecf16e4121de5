"""Parquet, of which only the columns that are needed are read, cell by cell where a column cannot be read whole."""

import gzip
import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.articles.columns import check_header, mapping
from claimstance.articles.readers.source import Rows, Source
from claimstance.errors import InputError

_WRONG = (pa.ArrowException, UnicodeError, ValueError, OverflowError, TypeError, KeyError)


def parquet_rows(source: Source) -> Rows:
    """Yield a row a record."""
    opened = source.opened
    seekable = opened.seekable() and not isinstance(opened, gzip.GzipFile)
    with pq.ParquetFile(opened if seekable else io.BytesIO(opened.read())) as parquet:
        names = parquet.schema_arrow.names
        check_header(names, source.text_column, source.id_column)
        fields = mapping(tuple(names), source.text_column, source.id_column)
        wanted = [name for name in names if name in {*fields.values(), *source.keep}]
        for batch in parquet.iter_batches(batch_size=256, columns=wanted):
            yield from table_rows(pa.Table.from_batches([batch]))


def table_rows(table: pa.Table) -> Iterator[dict[str, Any] | InputError]:
    """Yield a table's rows as Python values; a row with a cell that is none is an error."""
    columns = {name: _values(name, table.column(name)) for name in table.column_names}
    for number in range(table.num_rows):
        row = {name: values[number] for name, values in columns.items()}
        bad = next((value for value in row.values() if isinstance(value, InputError)), None)
        yield bad if bad is not None else row


def _values(name: str, column: pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except _WRONG:
        return [_value(name, cell) for cell in column]
    return values


def _value(name: str, cell: Any) -> Any:
    try:
        return cell.as_py()
    except _WRONG as error:
        return InputError(
            f"column {name!r}: a cell of type {cell.type} cannot be read: {' '.join(str(error).split())[:120]}"
        )
