"""Arrow schemas, derived from the records."""

import dataclasses
import types
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

SCHEMA_VERSION = 1


def arrow_schema(cls: type[Any]) -> pa.Schema:
    """Derive a record's Arrow schema from its annotations; the schema version travels in the metadata."""
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
