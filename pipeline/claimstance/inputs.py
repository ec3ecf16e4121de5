"""Files, folders, globs and stdin to articles: one at a time, and what cannot be read becomes an error of its own."""

import csv
import gzip
import hashlib
import io
import json
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from glob import glob
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.errors import InputError
from claimstance.schema import Article, GivenTarget, UnitError
from claimstance.text import clean_text, decode_bytes, html_to_article, mark_furniture

FORMATS: Final = {
    ".txt": "txt", ".text": "txt", ".md": "txt", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip
OPTIONAL: Final = ("title", "outlet", "published", "url")
_MIN_DETECT: Final = 60  # letters; shorter texts are too short to tell their language
_LONGEST_CELL: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class InputOptions:
    """``format`` overrides the file's ending; ``language`` is "en" or "any"; ``targets`` are given for every unit."""

    format: str | None = None
    unit: str = "article"
    language: str = "en"
    keep: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


Units = Iterator[Article | UnitError]
Rows = Generator[dict[str, Any] | InputError, None, None]


def read_units(inputs: Sequence[str], options: InputOptions) -> Units:
    """Read everything, in order; folders are walked in sorted order, hidden files and other endings passed over.

    Raises:
        InputError: if a named input does not exist, matches nothing, or its format is unknown.
    """
    for name in inputs:
        if name == "-":
            yield from _read(name, options.format or "txt", sys.stdin.buffer, options)
            continue
        for path in find_files(name):
            kind = options.format or format_of(path)
            if kind is None:
                raise InputError(f"{path}: unknown format; name it with --format txt, html, jsonl, csv or parquet")
            yield from _read_file(path, kind, options)


def read_text(text: str, options: InputOptions) -> Article:
    """One text given on the command line, held to what files are held to.

    Raises:
        InputError: if it is empty or in another language.
    """
    return _article("--text", "--text", {"text": text, "id": "text"}, options)


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
    if not matches:
        raise InputError(f"{name}: no such file or folder")
    return matches


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def format_of(path: Path) -> str | None:
    """The input format that a file's ending names, .gz aside."""
    ending = Path(path.name.removesuffix(".gz")).suffix.lower()
    return FORMATS.get(ending)


def _read_file(path: Path, kind: str, options: InputOptions) -> Units:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield from _read(str(path), kind, file, options)
    except (OSError, EOFError) as error:  # unreadable, or a broken gzip
        yield UnitError(str(path), None, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _read(name: str, kind: str, file: Any, options: InputOptions) -> Units:
    if kind in ("txt", "html"):
        yield _whole_file(name, kind, file.read(), options)
        return
    rows = {"jsonl": _jsonl_rows, "csv": _csv_rows, "parquet": _parquet_rows}[kind](file, options)
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            yield _row_unit(name, number, row, options)
    except (pa.ArrowException, csv.Error, UnicodeError, InputError, OSError, EOFError) as error:
        yield UnitError(name, number + 1 if number else None, f"cannot be read further: {' '.join(str(error).split())}")


def _whole_file(name: str, kind: str, data: bytes, options: InputOptions) -> Article | UnitError:
    try:
        text, title = decode_bytes(data), None
        if kind == "html":
            title, text, _ = html_to_article(text)
        row: dict[str, Any] = {"text": text, "title": title}
        return _article(name, name, row, options)
    except InputError as error:
        return UnitError(name, None, str(error))


def _row_unit(name: str, number: int, row: dict[str, Any] | InputError, options: InputOptions) -> Article | UnitError:
    try:
        if isinstance(row, InputError):
            raise row
        return _article(name, f"{name}:{number}", row, options)
    except InputError as error:
        return UnitError(name, number, str(error))


def _article(name: str, place: str, row: dict[str, Any], options: InputOptions) -> Article:
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
    letters = [character for character in body[:20_000] if character.isalpha()]
    if len(letters) < _MIN_DETECT:
        return
    found = _identifier().classify(body[:4000])[0]
    if found != expected:
        raise InputError(
            f"the text looks like language {found!r}, not {expected!r}; --language any scores it all the same"
        )


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _jsonl_rows(file: IO[bytes], _: InputOptions) -> Rows:
    for line in file:
        if not line.strip():
            continue
        try:
            row = json.loads(decode_bytes(line))
            yield row if isinstance(row, dict) else InputError(f"not a JSON object: {str(row)[:60]!r}")
        except (ValueError, RecursionError):
            yield InputError(f"not JSON: {line[:60].decode('utf-8', 'replace').rstrip()!r}")
        except InputError as error:
            yield error


def _csv_rows(file: IO[bytes], _: InputOptions) -> Rows:
    csv.field_size_limit(_LONGEST_CELL)
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.DictReader((line.replace("\x00", "\ufffd") for line in text), restkey="")
        if "text" not in (reader.fieldnames or ()):
            raise InputError(f"no column 'text'; found {', '.join(map(repr, reader.fieldnames or ())) or 'nothing'}")
        for row in reader:
            if "" in row:
                yield InputError(f"more cells than the header has ({len(reader.fieldnames or ())})")
            else:
                yield {key: value for key, value in row.items() if value is not None and (value or key == "text")}


def _parquet_rows(file: Any, _: InputOptions) -> Rows:
    source = io.BytesIO(file.read()) if not file.seekable() or isinstance(file, gzip.GzipFile) else file
    with pq.ParquetFile(source) as parquet:
        if "text" not in parquet.schema_arrow.names:
            raise InputError(f"no column 'text'; found {', '.join(map(repr, parquet.schema_arrow.names))}")
        for batch in parquet.iter_batches(batch_size=256):
            yield from batch.to_pylist()
