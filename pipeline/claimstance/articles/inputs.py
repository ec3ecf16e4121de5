"""Files, folders, globs and stdin to articles: one at a time, and what cannot be read becomes an error of its own."""

import csv
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from claimstance.articles.columns import date_of, kept_column, label_of, mapping, plain, text_of
from claimstance.articles.decoding import head_of
from claimstance.articles.files import InputFile, list_files
from claimstance.articles.furniture import mark_furniture
from claimstance.articles.html import text_of_markup
from claimstance.articles.language import foreign_language
from claimstance.articles.readers import READERS, WHOLE, sniffed
from claimstance.articles.readers.parquet import table_rows
from claimstance.articles.readers.source import CountedFile, Source, uncompressed
from claimstance.articles.text import clean_text
from claimstance.errors import InputError
from claimstance.schema import Article, GivenTarget, UnitError

OPTIONAL: Final = ("title", "outlet", "published", "url")
BUFFER: Final = 2**20
_BROKEN: Final = (pa.ArrowException, csv.Error, UnicodeError, InputError, OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class InputOptions:
    """How inputs are read.

    Attributes:
        format: Overrides the file's ending.
        language: "en" or "any".
        targets: Given for every unit.
        text_column: The column of the text; null where a known name tells.
        id_column: The column of the article's id; null where a known name tells.
    """

    format: str | None = None
    unit: str = "article"
    language: str = "en"
    keep: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    text_column: str | None = None
    id_column: str | None = None


Units = Iterator[Article | UnitError]
WantedUnits = Iterator[Article | UnitError | None]  # null for a unit that is skipped


def read_units(inputs: Sequence[str], options: InputOptions) -> Units:
    """Read everything, in order.

    Raises:
        InputError: as ``list_files``.
    """
    for file in list_files(inputs, options.format):
        yield from read_units_of(file, options)


def read_units_of(file: InputFile, options: InputOptions) -> Units:
    """Read all units of one file, in order."""
    return (unit for unit in read_file(file, options) if unit is not None)


def read_text(text: str, options: InputOptions) -> Article:
    """One text given on the command line, held to what files are held to.

    Raises:
        InputError: if it is empty or in another language.
    """
    return article_of("--text", "--text", {"text": text, "id": "text"}, options)


def read_table(table: pa.Table, options: InputOptions) -> list[Article]:
    """The articles of a table in memory, one a row, with the columns that a file may have.

    Raises:
        InputError: if rows cannot be read; it names the first and says how many.
    """
    units = read_rows(table_rows(table), options)
    if bad := [unit for unit in units if isinstance(unit, UnitError)]:
        raise InputError(f"row {bad[0].row} of {len(units)}: {bad[0].reason} ({len(bad)} such rows); leave them out")
    return [unit for unit in units if isinstance(unit, Article)]


def read_rows(rows: Iterable[dict[str, Any] | InputError], options: InputOptions) -> list[Article | UnitError]:
    """Return each row of a table in memory as an article, or as the error that it cannot be read for."""
    return [_row_unit("row", number, row, options) for number, row in enumerate(rows, start=1)]


def read_file(
    file: InputFile,
    options: InputOptions,
    skip: Callable[[int], bool] = lambda _: False,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> WantedUnits:
    """One file's units: one a row, or one for the whole file; what cannot be read is a unit of its own.

    ``skip`` says of a unit's number, from 0, that it is not wanted: null stands in its place.
    ``on_bytes`` hears how many bytes were read.
    """
    if file.reason is not None:
        yield None if skip(0) else UnitError(file.shown, None, file.reason)
        return
    if file.is_stdin:
        yield from _read(file, sys.stdin.buffer, options, skip)
        return
    try:
        with CountedFile(file.name, on_bytes) as raw, io.BufferedReader(raw, BUFFER) as buffered:
            yield from _read(file, buffered, options, skip)
    except (OSError, EOFError, zlib.error) as error:  # unreadable, or a broken gzip
        yield UnitError(file.shown, None, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _read(file: InputFile, buffered: Any, options: InputOptions, skip: Callable[[int], bool]) -> WantedUnits:
    opened = uncompressed(buffered, file.name)
    kind = options.format or sniffed(head_of(opened), file.format) or file.format
    rows = READERS[kind](Source(opened, options.text_column, options.id_column, options.keep))
    whole, number = kind in WHOLE, -1
    if whole and skip(0):
        yield None
        return
    try:
        for number, row in enumerate(rows):
            wanted = whole or not skip(number)
            yield _row_unit(file.shown, None if whole else number + 1, row, options) if wanted else None
    except _BROKEN as error:
        reason = " ".join(str(error).split())
        if whole:
            yield UnitError(file.shown, None, reason if isinstance(error, InputError) else f"cannot be read: {reason}")
        elif skip(number + 1):
            yield None
        else:
            yield UnitError(file.shown, number + 2 if number >= 0 else None, f"cannot be read further: {reason}")


def _row_unit(
    name: str, number: int | None, row: dict[str, Any] | InputError, options: InputOptions
) -> Article | UnitError:
    try:
        if isinstance(row, InputError):
            raise row
        return article_of(name, name if number is None else f"{name}:{number}", row, options)
    except InputError as error:
        return UnitError(name, number, str(error))


def article_of(name: str, place: str, row: dict[str, Any], options: InputOptions) -> Article:
    """Check one row and make it an article.

    Raises:
        InputError: if the text is missing, empty or in another language, or a column has the wrong type.
    """
    columns = mapping(tuple(row), options.text_column, options.id_column)
    body = clean_text(text_of_markup(text_of(row[columns["text"]])))
    if not any(character.isalnum() for character in body):
        raise InputError("the text is empty")
    if options.language != "any":
        _check_language(body, options.language)
    identifier = label_of(row[columns["id"]]) if "id" in columns else None
    digest = hashlib.sha256(f"{name}\n{body}".encode()).hexdigest()[:16]
    published = date_of(row[columns["published"]]) if "published" in columns else None
    labels = {key: label_of(row[columns[key]]) for key in ("title", "outlet", "url") if key in columns}
    return Article(
        article_id=clean_text(identifier) if identifier is not None else digest,
        input=place,
        body=body,
        **{key: clean_text(value) if value else None for key, value in (labels | {"published": published}).items()},
        furniture=mark_furniture(body) if options.unit == "article" else (),
        targets=_targets(row.get(columns.get("targets", "")), body, options),
        kept=json.dumps({kept_column(key): plain(row[key]) for key in options.keep if key in row})
        if options.keep
        else None,
    )


def _targets(value: Any, body: str, options: InputOptions) -> tuple[GivenTarget, ...] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise InputError(f"targets should be a list (in CSV a JSON list), found {value[:60]!r}") from None
    if value is None or value == "" or value != value:  # NaN, as pandas marks what is missing
        return tuple(GivenTarget(target) for target in options.targets) or None
    if not isinstance(value, list) or not value:
        raise InputError(f"targets should be a list with at least one target, found {str(value)[:60]!r}")
    return tuple(_target(item, body) for item in value)


def _target(item: Any, body: str) -> GivenTarget:
    if isinstance(item, str) and item.strip():
        return GivenTarget(clean_text(item))
    if isinstance(item, dict) and isinstance(item.get("text"), str) and item["text"].strip():
        start, end = item.get("start"), item.get("end")
        if start is None and end is None:
            return GivenTarget(clean_text(item["text"]))
        if type(start) is int and type(end) is int and start >= 0 and body[start:end] == item["text"]:
            return GivenTarget(item["text"], start, end)
        raise InputError(f"target {item['text'][:60]!r} is not at {start}:{end}")
    raise InputError(f"a target should be a string or {{text, start, end}}, found {str(item)[:60]!r}")


def _check_language(body: str, expected: str) -> None:
    found = foreign_language(body, expected)
    if found is not None:
        raise InputError(
            f"the text looks like language {found!r}, not {expected!r}; --language any scores it all the same"
        )
