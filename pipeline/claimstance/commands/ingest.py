"""Ingest: files of every kind in, articles out, with page furniture marked and what failed in a file of its own."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.errors import InputError
from claimstance.records import atomic_path, write_json, write_records
from claimstance.schema import Article, UnitError


@dataclass(frozen=True, slots=True)
class IngestParams:
    """``language``: "en", or "any" to let every language through."""

    language: str = "en"


def run(inputs: Sequence[str], output: Path, errors: Path, report: Path, options: InputOptions) -> dict[str, Any]:
    """Read all inputs; an empty folder gives an empty table.

    Raises:
        InputError: if an input does not exist.
    """
    articles: list[Article] = []
    failed: list[UnitError] = []
    for name in inputs:
        if Path(name).is_dir() and not any(p.is_file() and not p.name.startswith(".") for p in Path(name).rglob("*")):
            continue
        for unit in read_units([name], options):
            (articles if isinstance(unit, Article) else failed).append(unit)  # type: ignore[arg-type]
    if duplicates := [i for i, n in Counter(article.article_id for article in articles).items() if n > 1]:
        raise InputError(f"{len(duplicates)} article ids occur twice, the first is {duplicates[0]!r}; make ids unique")
    write_records(output, Article, articles)
    with atomic_path(errors) as temporary:
        lines = [json.dumps(dataclasses.asdict(error), ensure_ascii=False) + "\n" for error in failed]
        temporary.write_text("".join(lines), encoding="utf-8")
    result = {
        "rows_in": len(articles) + len(failed),
        "rows_out": len(articles),
        "dropped": dict(Counter(error.reason for error in failed)),
        "furniture_lines": sum(len(article.furniture) for article in articles),
    }
    write_json(report, result)
    return result
