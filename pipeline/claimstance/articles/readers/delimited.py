"""CSV, TSV and their dialects, over Python's ``csv`` (``docs/decisions/csv-dialects.md``)."""

import csv
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from claimstance.articles.columns import NAMES, check_header
from claimstance.articles.decoding import LONGEST, decoded_lines
from claimstance.articles.readers.source import Rows, Source
from claimstance.errors import InputError

_DELIMITERS: Final = ",;\t|"
_SAMPLE_LINES: Final = 50
_KNOWN: Final = frozenset(chain.from_iterable(NAMES.values()))
_SEP: Final = re.compile(r'"?sep=(.)"?\s*')


def delimited_rows(source: Source) -> Rows:
    """Yield a row a record; an empty header cell is an unnamed column."""
    csv.field_size_limit(LONGEST)
    lines = (line.replace("\x00", "\ufffd") for line in decoded_lines(source.opened))
    sample = list(islice(lines, _SAMPLE_LINES))
    named = _SEP.fullmatch(sample[0]) if sample else None
    if named:
        del sample[0]
    dialect = _dialect(sample, source, named.group(1) if named else None)
    records = _records(chain(sample, lines), dialect)
    header = next((record for record in records if isinstance(record, list) and any(record)), [])
    names = [name.strip() for name in header]
    check_header([name for name in names if name], source.text_column, source.id_column)
    for record in records:
        yield _row(names, record) if isinstance(record, list) else record


def _row(names: list[str], record: list[str]) -> dict[str, Any] | InputError:
    if any(cell.strip() for cell in record[len(names) :]):
        return InputError(f"more cells than the header has ({len(names)})")
    row: dict[str, Any] = dict.fromkeys(filter(None, names))
    row.update((name, cell) for name, cell in zip(names, record, strict=False) if name and cell)
    return row


def _dialect(sample: list[str], source: Source, delimiter: str | None) -> dict[str, Any]:
    """Choose the delimiter under which the header has the most names that we know."""
    head = next((line for line in sample if line.strip()), "")
    wanted = _KNOWN | {name.lower() for name in (source.text_column, source.id_column) if name}

    def known(candidate: str) -> tuple[int, int]:
        cells = next(csv.reader([head], delimiter=candidate, skipinitialspace=True), [])
        return sum(cell.strip().lower() in wanted for cell in cells), head.count(candidate)

    chosen = delimiter or max(_DELIMITERS, key=known)
    text = "".join(sample)
    return {
        "delimiter": chosen,
        "skipinitialspace": f'{chosen} "' in text,
        "escapechar": "\\" if re.search(r'\\"(?!\s*(?:[,;\t|]|$))', text, re.MULTILINE) else None,
    }


def _records(lines: Iterator[str], dialect: dict[str, Any]) -> Iterator[list[str] | InputError]:
    """Yield records that are not blank; the last one is an error if a quotation mark in it is never closed."""
    raw: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            raw.append(line)
            yield line

    previous: tuple[list[str], list[str]] | None = None
    for record in csv.reader(remembered(), **dialect):
        if previous is not None:
            yield previous[0]
        previous = (record, raw.copy()) if record else None
        raw.clear()
    if previous is not None:
        yield _unclosed(previous[1], dialect) or previous[0]


def _unclosed(raw: list[str], dialect: dict[str, Any]) -> InputError | None:
    try:
        list(csv.reader(raw, strict=True, **dialect))
    except csv.Error as error:
        if "unexpected end" in str(error):
            return InputError("a quotation mark that opens in this row is never closed; the rows after it are lost")
    return None
