"""Article ids that occur twice, made unique: the second article with id ``7`` becomes ``7~2``."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa

Again = Mapping[str, int]  # identity: which of the articles with its id it is, from 2


def identity(article_id: str, place: str) -> str:
    """Return 32 hexadecimal digits: 16 of the id, and 16 of where the article stands."""
    parts = (hashlib.blake2b(text.encode("utf-8"), digest_size=8).hexdigest() for text in (article_id, place))
    return "".join(parts)


def repeated(ids: Iterable[str]) -> dict[str, int]:
    """Return the articles whose id an earlier one has, of identities in order, some to a string."""
    halves = np.frombuffer(bytes.fromhex("".join(ids)), dtype=">u8").reshape(-1, 2).astype(np.uint64)
    values, times = np.unique(halves[:, 0], return_counts=True)
    again: dict[str, int] = {}
    seen: Counter[int] = Counter()
    for number, place in halves[np.isin(halves[:, 0], values[times > 1])].tolist():
        seen[number] += 1
        if seen[number] > 1:
            again[f"{number:016x}{place:016x}"] = seen[number]
    return again


def renamed(tables: Iterable[pa.Table], again: Again) -> Iterator[pa.Table]:
    """Yield tables with columns ``article_id`` and ``input`` so that no two articles share an id."""
    for table in tables:
        if again:
            pairs = zip(table.column("article_id").to_pylist(), table.column("input").to_pylist(), strict=True)
            names = [unique_id(article_id, again.get(identity(article_id, place), 1)) for article_id, place in pairs]
            field = table.schema.field("article_id")
            table = table.set_column(table.column_names.index("article_id"), field, pa.array(names, field.type))
        yield table


def unique_id(article_id: str, number: int) -> str:
    """Return the id of the article that is the ``number``-th one to have it."""
    return article_id if number == 1 else f"{article_id}~{number}"
