"""Records to Arrow, JSON and Parquet and back. Files appear whole or not at all; schemas are checked on reading."""

import dataclasses
import difflib
import hashlib
import json
import os
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError

from claimstance.errors import InputError

T = TypeVar("T")
SCHEMA_VERSION = 4


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that replaces it when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write one JSON document, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read one JSON document, a stage's report.

    Raises:
        InputError: if the file is missing or no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the stage that makes it") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: not a JSON object")
    return value


def arrow_schema(cls: type[Any]) -> pa.Schema:
    """Derive a record's Arrow schema from its annotations; its metadata holds the schema version."""
    return pa.schema(_fields(cls), metadata={"schema_version": str(SCHEMA_VERSION), "record": cls.__name__})


def _fields(cls: type[Any]) -> list[pa.Field]:
    hints = get_type_hints(cls)
    fields = []
    for field in dataclasses.fields(cls):
        inner, nullable = unwrap_optional(hints[field.name])
        fields.append(pa.field(field.name, _arrow_type(inner), nullable=nullable))
    return fields


def unwrap_optional(hint: Any) -> tuple[Any, bool]:
    """Split ``X | None`` into (X, True) and any other annotation into (itself, False)."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        return inner[0], True
    return hint, False


def _arrow_type(hint: Any) -> pa.DataType:
    if get_origin(hint) is tuple:
        return pa.list_(pa.field("item", _arrow_type(get_args(hint)[0]), nullable=False))
    if dataclasses.is_dataclass(hint):
        return pa.struct(_fields(hint))  # type: ignore[arg-type]
    if issubclass(hint, StrEnum):
        return pa.string()
    simple = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    return simple[hint]


_schema = cache(arrow_schema)


def to_table(cls: type[Any], records: Iterable[Any]) -> pa.Table:
    """Turn records of one dataclass into an Arrow table with its schema."""
    rows, schema = list(records), _schema(cls)  # type: ignore[arg-type]  # a class is hashable, which mypy denies
    columns = [_column(map(attrgetter(field.name), rows), field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(map(_plain, values) if pa.types.is_nested(kind) else values, type=kind)


def _plain(value: Any) -> Any:
    """A field's value as Arrow takes it; ``dataclasses.asdict`` copies every text, which is slow."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def write_records(path: Path, cls: type[Any], records: Iterable[Any]) -> int:
    """Write records as Parquet, atomically, and return how many."""
    table = to_table(cls, records)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary)
    return int(table.num_rows)


def read_records(path: Path, cls: type[T]) -> list[T]:
    """Read a Parquet file of records.

    Raises:
        InputError: if the file is missing, is not Parquet, or holds other columns than the record has.
    """
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the stage that makes it") from None
    except pa.ArrowException as error:
        raise InputError(f"{path}: not a Parquet file: {' '.join(str(error).split())}") from None
    expected = arrow_schema(cls)
    if table.schema.remove_metadata() != expected.remove_metadata():
        raise InputError(f"{path}: its columns are not those of {cls.__name__}; make the file anew")
    return [structure(cls, row) for row in table.to_pylist()]


def structure(cls: type[T], values: Any) -> T:
    """Build a record, nested ones and enums included, from plain Python values; the one way from dict to dataclass.

    Raises:
        ValueError: with one line that names the field and what it should be, if a key is unknown or missing, or a
            value has the wrong type.
    """
    try:
        return _converter.structure(values, cls)
    except (BaseValidationError, TypeError, ValueError) as error:
        raise ValueError("; ".join(_reasons(error))) from None


def _reasons(error: BaseException, path: str = "") -> Iterator[str]:
    """Yield one line for each error, prefixed with the path of its field."""
    if isinstance(error, BaseValidationError):
        for child in error.exceptions:
            notes = getattr(child, "__notes__", ())
            name = next((note.name for note in notes if hasattr(note, "name")), None)
            index = next((str(note.index) for note in notes if hasattr(note, "index")), None)
            step = name or index
            yield from _reasons(child, path if step is None else f"{path}.{step}" if path else str(step))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in dataclasses.fields(error.cl)]
        for key in sorted(error.extra_fields):
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"
            yield f"{f'{path}.' if path else ''}{key}: unknown; {hint}"
    elif isinstance(error, KeyError):
        yield f"{path or error.args[0]}: missing"
    else:
        yield f"{path}: {error}" if path else str(error)


def _strict(value: Any, kind: type[Any]) -> Any:
    """Accept a value of exactly one plain type; also an int as a float, and a text as the label of an enum."""
    if issubclass(kind, StrEnum):
        return kind(value)
    if type(value) is kind:
        return value
    if kind is float and type(value) is int:
        return float(value)
    raise ValueError(f"expected {kind.__name__}, found {value!r}")


def _make_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, _strict)
    return converter


_converter = _make_converter()
