"""Scored claims and article bodies as ``score`` wrote them, read for people: Parquet, JSONL or CSV, either schema."""

import csv
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from claimstance.articles.names import names_in
from claimstance.errors import InputError
from claimstance.output import FORMULA, ScoredClaim
from claimstance.records import arrow_schema
from claimstance.words import word_list

Row = dict[str, Any]
READABLE: Final = (".parquet", ".jsonl", ".csv")
NEEDED: Final = {"article_id", "start", "end", "text", "kind", "act", "stance", "strength", "cues", "needs_review"}
PRONOUNS: Final = frozenset(
    "i we you he she it they this that these those me us him her them who which one others everyone nobody".split()  # noqa: SIM905
)


def read_scored(files: Sequence[Path]) -> pa.Table:
    """Return the rows of all files as one table with the columns of the output contract.

    Columns of newer schemas that a file lacks are null; ``part`` is then ``body``.

    Raises:
        InputError: if a file is missing or holds no scored claims, or an article id stands in two files.
    """
    tables = []
    places: dict[str, Path] = {}
    for file in files:
        try:
            tables.append(table_of(read_rows(file)))
        except pa.ArrowException as error:
            raise InputError(f"{file}: a column has another type than the schema says: {error}") from None
        for article_id in tables[-1]["article_id"].unique().to_pylist():
            if (other := places.setdefault(article_id, file)) != file:
                raise InputError(f"{file}: article {article_id!r} is in {other} too; score all inputs in one run")
    return pa.concat_tables(tables)


def table_of(rows: Iterable[Row]) -> pa.Table:
    """Return rows as a table with every column that the views read."""
    rows = _filled(rows)
    return pa.table({name: pa.array([row[name] for row in rows], type=kind) for name, kind in columns().items()})


def columns() -> dict[str, pa.DataType]:
    """Return the columns that the views read, with their types."""
    found = {field.name: field.type for field in arrow_schema(ScoredClaim)}
    return found | {name: pa.string() for name in ("title", "part")}


def read_rows(file: Path) -> list[Row]:
    """Return the rows of one scored file.

    Columns of newer schemas that it lacks are null; ``part`` is then ``body``.

    Raises:
        InputError: if it is missing, has another ending, or holds no scored claims.
    """
    if not file.is_file():
        raise InputError(f"{file}: no such file; `claimstance score` makes it")
    if file.suffix.lower() not in READABLE:
        raise InputError(f"{file}: not a scored file; the name should end in {', '.join(READABLE)}")
    try:
        rows = _read(file)
        if rows and not set(rows[0]) >= NEEDED:
            missing = ", ".join(sorted(NEEDED - set(rows[0])))
            raise InputError(f"{file}: holds no scored claims; it lacks {missing}")
        return _filled(rows)
    except (pa.ArrowException, csv.Error, AttributeError, KeyError, TypeError, ValueError):
        raise InputError(f"{file}: holds no scored claims") from None


def _filled(rows: Iterable[Row]) -> list[Row]:
    empty = dict.fromkeys(columns())
    return [{**empty, **row, "part": row.get("part") or "body"} for row in rows]


def _read(file: Path) -> list[Row]:
    ending = file.suffix.lower()
    if ending == ".parquet":
        rows: list[Row] = pq.read_table(file).to_pylist()
        return rows
    with file.open(encoding="utf-8", newline="") as lines:
        if ending == ".jsonl":
            return [json.loads(line) for line in lines if line.strip()]
        types = {field.name: field.type for field in arrow_schema(ScoredClaim)}
        return [{name: _value(cell, types.get(name)) for name, cell in row.items()} for row in csv.DictReader(lines)]


def _value(cell: str, kind: pa.DataType | None) -> Any:
    """Return a CSV cell as the type of its column."""
    if kind is not None and pa.types.is_list(kind):
        return json.loads(cell)
    if cell == "":
        return None
    if kind is not None and pa.types.is_boolean(kind):
        return cell.casefold() == "true"
    if kind is not None and pa.types.is_integer(kind):
        return int(cell)
    if kind is not None and pa.types.is_floating(kind):
        return float(cell)
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell


def read_articles(files: Sequence[Path]) -> list[Row]:
    """Return the articles that ``score --articles`` wrote.

    Raises:
        InputError: if a file is missing or holds no article bodies.
    """
    articles: dict[str, Row] = {}
    for file in files:
        if not file.is_file():
            raise InputError(f"{file}: no such file; `claimstance score --articles {file}` makes it")
        try:
            rows = pq.read_table(file).to_pylist()
        except pa.ArrowException:
            raise InputError(f"{file}: not a Parquet file of articles") from None
        if rows and not set(rows[0]) >= {"article_id", "body"}:
            raise InputError(f"{file}: holds no article bodies; `claimstance score --articles` writes them")
        articles |= {row["article_id"]: row for row in rows}
    return list(articles.values())


@cache
def _not_names() -> frozenset[str]:
    return frozenset(word.casefold() for word in word_list("claimstance.articles", "not_names")) | PRONOUNS


def is_name(mention: str | None) -> bool:
    """Return whether a mention names someone, rather than being a pronoun or a common noun."""
    if not mention:
        return False
    words = mention.split()
    if words[0].casefold() in ("the", "a", "an"):
        words = words[1:]
    if not words or words[0].casefold() in _not_names():
        return False
    return words[0][0].isupper() and (len(words) == 1 or bool(names_in(" ".join(words))))


def actor(row: Row, side: str) -> str | None:
    """Return whom a row's source or target is: the actor if the file has one, else the resolved name, else the mention.

    Args:
        side: ``source`` or ``target``.
    """
    return _resolved(row, side) or row[side]


def is_named(row: Row, side: str) -> bool:
    """Return whether ``actor`` is a name."""
    return _resolved(row, side) is not None or is_name(row[side])


def _resolved(row: Row, side: str) -> str | None:
    return row.get(f"{side}_actor") or row["speaker" if side == "source" else "target_name"] or None
