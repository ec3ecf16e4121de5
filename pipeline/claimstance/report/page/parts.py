"""A report too large for one page, in parts by month or outlet."""

import re
from collections.abc import Sequence
from itertools import chain, count
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from claimstance.report.claims import day
from claimstance.report.scored import Row

LARGEST: Final = 500  # articles a page
WAYS: Final = ("auto", "month", "outlet", "none")


def parts(table: pa.Table, way: str = "auto") -> dict[str, list[str]]:
    """Return the article ids of each part by its name; one part named "" where all fit on one page.

    A month or outlet with more than ``LARGEST`` articles is several parts.

    Args:
        way: ``month`` or ``outlet``; ``auto`` splits only more than ``LARGEST`` articles, by month where there are
            dates; ``none`` never splits.
    """
    facts: dict[str, Row] = {}
    columns = table.filter(pc.equal(table["kind"], "claim")).select(["article_id", "published", "outlet"])
    for row in columns.to_pylist():
        facts.setdefault(row["article_id"], row)
    if way == "none" or (way == "auto" and len(facts) <= LARGEST):
        return {"": list(facts)}
    if way == "auto":
        way = "month" if any(map(day, facts.values())) else "outlet"
    groups: dict[str, list[str]] = {}
    for article, row in facts.items():
        name = (day(row) or "undated")[:7] if way == "month" else row["outlet"] or "no outlet"
        groups.setdefault(name, []).append(article)
    return {
        name if len(articles) <= LARGEST else f"{name}, part {1 + first // LARGEST}": articles[first : first + LARGEST]
        for name, articles in sorted(groups.items())
        for first in range(0, len(articles), LARGEST)
    }


def file_names(stem: str, names: Sequence[str]) -> dict[str, str]:
    """Return a file name for each part: plain letters, and a number where two would be one."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "part"
        tries = (f"{stem}-{plain}{suffix}.html" for suffix in chain([""], (f"-{number}" for number in count(2))))
        found[name] = next(file for file in tries if file not in found.values())
    return found
