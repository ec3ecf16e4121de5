"""Scored claims as an SQLite database that ``datasette`` opens, with facets."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from claimstance.errors import MissingExtraError
from claimstance.records import atomic_path, write_json
from claimstance.report.scored import Row, actor, columns

FACETS: Final = ("act", "stance", "strength", "outlet", "who", "whom")


def write_database(path: Path, table: pa.Table, articles: Sequence[Row]) -> Path:
    """Write claims, cues and articles as tables, and return the file with the facets beside the database.

    Raises:
        MissingExtraError: if sqlite-utils is not installed.
    """
    try:
        from sqlite_utils import Database
    except ModuleNotFoundError:
        raise MissingExtraError("sqlite-utils", "sql") from None
    rows = table.to_pylist()
    claims = [_plain(number, row) for number, row in enumerate(rows)]
    cues = [{"claim": number, **cue} for number, row in enumerate(rows) for cue in row["cues"] or ()]
    bodies = [{"article_id": a["article_id"], "title": a.get("title"), "body": a["body"]} for a in articles]
    with atomic_path(path) as temporary:
        database = Database(temporary)
        database.table("articles").create({"article_id": str, "title": str, "body": str}, pk="article_id")
        database.table("articles").insert_all(bodies)
        database.table("claims").create(_claim_columns(), pk="id")
        database.table("claims").insert_all(claims)
        database.table("claims").enable_fts(["text"])
        columns = {"claim": int, "text": str, "start": int, "end": int, "type": str, "holder": str}
        columns["probability"] = float
        cue_table = database.table("cues").create(columns, foreign_keys=[("claim", "claims", "id")])
        cue_table.insert_all(cues)
        database.close()
    metadata = path.with_suffix(".metadata.json")
    tables = {"claims": {"facets": list(FACETS), "sort": "id"}, "cues": {"facets": ["type", "holder"]}}
    write_json(metadata, {"databases": {path.stem: {"tables": tables}}})
    return metadata


def _claim_columns() -> dict[str, type]:
    kinds = {name: kind for name, kind in columns().items() if name != "cues"}
    plain = {
        name: int
        if pa.types.is_integer(kind) or pa.types.is_boolean(kind)
        else float
        if pa.types.is_floating(kind)
        else str
        for name, kind in kinds.items()
    }
    return {"id": int, "who": str, "whom": str, **plain}


def _plain(number: int, row: Row) -> dict[str, Any]:
    """Return a row that SQLite can hold: lists as JSON; cues have a table of their own."""
    plain = {name: json.dumps(value) if isinstance(value, list) else value for name, value in row.items()}
    del plain["cues"]
    return {"id": number, "who": actor(row, "source"), "whom": actor(row, "target"), **plain}
