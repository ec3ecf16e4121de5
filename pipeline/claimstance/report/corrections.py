"""Corrections that a reader made in the page, checked against the scored file: how often each field was right."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from claimstance.errors import InputError
from claimstance.report.page.payload import LABELS
from claimstance.report.scored import Row

KEYS: Final = ("article_id", "part", "start", "target_start")
FIELDS: Final = ("kind", "act", "strength", "source", "target", "stance")
OF_A_TARGET: Final = ("target", "stance")
ORDERS: Final = ("queue", "random")
_Z: Final = 1.96  # of the 95 % interval


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often a field was right among the claims that were reviewed in one order; the interval is Wilson's, 95 %."""

    order: str
    field: str
    n: int
    right: int
    low: float
    high: float


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    share, z2 = right / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def accuracies(file: Path, table: pa.Table) -> list[Accuracy]:
    """Return how often each field was right, by the order in which claims were reviewed.

    Raises:
        InputError: naming the line, if the file is no corrections or does not fit the scored rows.
    """
    rows: dict[tuple[Any, ...], Row] = {}
    for row in table.to_pylist():
        place = (row["article_id"], row["part"], row["start"])
        rows.setdefault((*place, None), row)
        rows[(*place, row["target_start"])] = row
    total: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[Any, ...], int] = {}
    for number, record in _records(file):
        try:
            key = _checked(record, rows)
            if key in seen:
                raise ValueError(f"the same row and field as in line {seen[key]}")
        except ValueError as error:
            raise InputError(f"{file}:{number}: {error}") from None
        seen[key] = number
        about = (record["order"], record["field"])
        total[about] += 1
        right[about] += record["old"] == record["new"]
    return [
        Accuracy(order, field, n, right[order, field], *wilson(right[order, field], n))
        for order in ORDERS
        for field in FIELDS
        if (n := total[order, field])
    ]


def _records(file: Path) -> list[tuple[int, Any]]:
    """Return the number of each line and what it holds; a comment may hold other line ends than newlines."""
    if not file.is_file():
        raise InputError(f"{file}: no such file; download it from the review queue of a report")
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((number, json.loads(line)))
        except ValueError:
            raise InputError(f"{file}:{number}: not JSON") from None
    if not found:
        raise InputError(f"{file}: empty; decide about some claims in the review queue first")
    return found


def _checked(record: Any, rows: Mapping[tuple[Any, ...], Row]) -> tuple[Any, ...]:
    """Return the row and field that a record is about.

    Raises:
        ValueError: with one line, if it does not fit.
    """
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    if missing := [name for name in (*KEYS, "field", "old", "new", "order") if name not in record]:
        raise ValueError(f"lacks {', '.join(missing)}")
    _one_of("field", record["field"], FIELDS)
    _one_of("order", record["order"], ORDERS)
    field, place = record["field"], tuple(record[name] for name in KEYS)
    if any(isinstance(value, list | dict) for value in place):
        raise ValueError("article_id, part, start and target_start should be plain values")
    if (field in OF_A_TARGET) != (record["target_start"] is not None):
        raise ValueError(f"{field} {'needs' if field in OF_A_TARGET else 'takes no'} target_start")
    row = rows.get(place)
    if row is None:
        raise ValueError(f"no such row in the scored file: article {place[0]}, {place[1]} at {place[2]}")
    if row[field] != record["old"]:
        raise ValueError(f"old is {record['old']!r}, but the scored file says {row[field]!r}; was it scored anew?")
    if field in LABELS:
        _one_of(field, record["new"], LABELS[field])
    elif record["new"] not in (None, record["old"]):
        raise ValueError(f"new should be null or the {field} as it was")
    return (*place, field)


def _one_of(name: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {value!r}; it should be one of {', '.join(known)}")
