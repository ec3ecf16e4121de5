"""Files, folders, globs and stdin to articles: one at a time, and what cannot be read becomes an error of its own."""

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from glob import glob
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from claimstance.articles.language import foreign_language
from claimstance.articles.readers import LONGEST, ROWS, TOO_LONG, CountedFile
from claimstance.articles.text import clean_text, decode_bytes, html_to_article, mark_furniture
from claimstance.errors import InputError
from claimstance.schema import Article, GivenTarget, UnitError

FORMATS: Final = {
    ".txt": "txt", ".text": "txt", ".md": "txt", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip
OPTIONAL: Final = ("title", "outlet", "published", "url")
_BUFFER: Final = 2**20


@dataclass(frozen=True, slots=True)
class InputOptions:
    """``format`` overrides the file's ending; ``language`` is "en" or "any"; ``targets`` are given for every unit."""

    format: str | None = None
    unit: str = "article"
    language: str = "en"
    keep: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


Units = Iterator[Article | UnitError]


@dataclass(frozen=True, slots=True)
class InputFile:
    """``name`` is what the user named, or a file found there; "-" is stdin."""

    name: str
    format: str

    @property
    def is_stdin(self) -> bool:
        return self.name == "-"


def list_files(inputs: Sequence[str], options: InputOptions) -> Iterator[InputFile]:
    """The files to read, in order; folders are walked in sorted order, hidden files and other endings passed over.

    Raises:
        InputError: if a named input does not exist, matches nothing, or its format is unknown.
    """
    for name in inputs:
        if name == "-":
            yield InputFile(name, options.format or "txt")
            continue
        for path in find_files(name):
            kind = options.format or format_of(path)
            if kind is None:
                raise InputError(f"{path}: unknown format; name it with --format txt, html, jsonl, csv or parquet")
            yield InputFile(str(path), kind)


def read_units(inputs: Sequence[str], options: InputOptions) -> Units:
    """Read everything, in order.

    Raises:
        InputError: as ``list_files``.
    """
    for file in list_files(inputs, options):
        yield from read_file(file, options)


def read_text(text: str, options: InputOptions) -> Article:
    """One text given on the command line, held to what files are held to.

    Raises:
        InputError: if it is empty or in another language.
    """
    return article_of("--text", "--text", {"text": text, "id": "text"}, options)


def read_table(table: pa.Table, options: InputOptions) -> list[Article]:
    """The articles of a table in memory, one a row: ``text`` and, if it has them, the columns that a file may have.

    Raises:
        InputError: if rows cannot be read; it names the first and says how many.
    """
    units = read_rows(table.to_pylist(), options)
    if bad := [unit for unit in units if isinstance(unit, UnitError)]:
        raise InputError(f"row {bad[0].row} of {len(units)}: {bad[0].reason} ({len(bad)} such rows); leave them out")
    return [unit for unit in units if isinstance(unit, Article)]


def read_rows(rows: Sequence[dict[str, Any]], options: InputOptions) -> list[Article | UnitError]:
    """Return each row of a table in memory as an article, or as the error that it cannot be read for."""
    return [_row_unit("row", number, row, options) for number, row in enumerate(rows, start=1)]


def find_files(name: str) -> list[Path]:
    """The files that an input names: itself, a folder's readable files, or a glob's matches.

    Raises:
        InputError: if there are none.
    """
    path = Path(name)
    if path.is_file() or (path.exists() and not path.is_dir()):
        return [path]
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p, path) and format_of(p))
        if not found:
            raise InputError(f"{name}: holds no .txt, .html, .jsonl, .csv or .parquet file")
        return found
    matches = [Path(match) for match in sorted(glob(name, recursive=True)) if Path(match).is_file()]  # noqa: PTH207
    matches = [match for match in matches if not _in_a_loop(match.parent)]
    if not matches:
        raise InputError(f"{name}: no such file or folder")
    return matches


@lru_cache(maxsize=4096)
def _in_a_loop(folder: Path) -> bool:
    """Whether a folder is reached through a symlink to a folder that holds it, as ``**`` in a glob may do for ever."""
    if folder.is_symlink() and folder.resolve() in (folder.parent.resolve(), *folder.parent.resolve().parents):
        return True
    return folder != folder.parent and _in_a_loop(folder.parent)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def format_of(path: Path) -> str | None:
    """The input format that a file's ending names, .gz aside."""
    ending = Path(path.name.removesuffix(".gz")).suffix.lower()
    return FORMATS.get(ending)


def read_file(
    file: InputFile,
    options: InputOptions,
    skip: Callable[[int], bool] = lambda _: False,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Units:
    """One file's units: one a row, or one for the whole file; what cannot be read is a unit of its own.

    ``skip`` says of a unit's number, from 0, that it is not wanted; ``on_bytes`` hears how many bytes were read.
    """
    if file.is_stdin:
        yield from _read(file, sys.stdin.buffer, options, skip)
        return
    try:
        with CountedFile(file.name, on_bytes) as raw, io.BufferedReader(raw, _BUFFER) as plain:
            opened = gzip.GzipFile(fileobj=plain) if file.name.endswith(".gz") else plain
            yield from _read(file, opened, options, skip)
    except (OSError, EOFError, zlib.error) as error:  # unreadable, or a broken gzip
        yield UnitError(file.name, None, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _read(file: InputFile, opened: Any, options: InputOptions, skip: Callable[[int], bool]) -> Units:
    if file.format in ("txt", "html"):
        if not skip(0):
            yield _whole_file(file, opened, options)
        return
    rows = ROWS[file.format](opened)
    number = -1
    try:
        for number, row in enumerate(rows):
            if not skip(number):
                yield _row_unit(file.name, number + 1, row, options)
    except (pa.ArrowException, csv.Error, UnicodeError, InputError, OSError, EOFError, zlib.error) as error:
        reason = f"cannot be read further: {' '.join(str(error).split())}"
        if not skip(number + 1):
            yield UnitError(file.name, number + 2 if number >= 0 else None, reason)


def _whole_file(file: InputFile, opened: Any, options: InputOptions) -> Article | UnitError:
    try:
        data = opened.read(LONGEST + 1)
        if len(data) > LONGEST:
            raise InputError(TOO_LONG)
        text, title = decode_bytes(data), None
        if file.format == "html":
            title, text, _ = html_to_article(text)
        row: dict[str, Any] = {"text": text, "title": title}
        return article_of(file.name, file.name, row, options)
    except InputError as error:
        return UnitError(file.name, None, str(error))


def _row_unit(name: str, number: int, row: dict[str, Any] | InputError, options: InputOptions) -> Article | UnitError:
    try:
        if isinstance(row, InputError):
            raise row
        return article_of(name, f"{name}:{number}", row, options)
    except InputError as error:
        return UnitError(name, number, str(error))


def article_of(name: str, place: str, row: dict[str, Any], options: InputOptions) -> Article:
    """Check one row and make it an article.

    Raises:
        InputError: if the text is missing, empty or in another language, or a column has the wrong type.
    """
    if "text" not in row:
        raise InputError(f"no column 'text'; found {', '.join(map(repr, row)) or 'nothing'}")
    if not isinstance(row["text"], str):
        raise InputError(f"text should be a string, found {type(row['text']).__name__}")
    body = clean_text(row["text"])
    if not any(character.isalnum() for character in body):
        raise InputError("the text is empty")
    if options.language != "any":
        _check_language(body, options.language)
    identifier = next((row[key] for key in ("article_id", "id") if row.get(key) not in (None, "")), None)
    digest = hashlib.sha256(f"{name}\n{body}".encode()).hexdigest()[:16]
    return Article(
        article_id=clean_text(str(identifier)) if identifier is not None else digest,
        input=place,
        body=body,
        **{key: _optional(row, key) for key in OPTIONAL},
        furniture=mark_furniture(body) if options.unit == "article" else (),
        targets=_targets(row, body, options),
        kept=json.dumps({key: _plain(row[key]) for key in options.keep if key in row}) if options.keep else None,
    )


def _optional(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    return None if value is None or value == "" else clean_text(str(value))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


def _targets(row: dict[str, Any], body: str, options: InputOptions) -> tuple[GivenTarget, ...] | None:
    value = row.get("targets")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise InputError(f"targets should be a list (in CSV a JSON list), found {value[:60]!r}") from None
    if value is None:
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
        raise InputError(f"target {item['text'][:60]!r} does not stand at {start}:{end}")
    raise InputError(f"a target should be a string or {{text, start, end}}, found {str(item)[:60]!r}")


def _check_language(body: str, expected: str) -> None:
    found = foreign_language(body, expected)
    if found is not None:
        raise InputError(
            f"the text looks like language {found!r}, not {expected!r}; --language any scores it all the same"
        )
