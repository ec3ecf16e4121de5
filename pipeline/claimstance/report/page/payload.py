"""The data of the page: rows, articles and the tables of ``claims.py`` as plain values for JSON."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from claimstance import heads
from claimstance.errors import InputError
from claimstance.report import claims
from claimstance.report.scored import Row, actor

LABELS: Final = {head.name: head.labels for head in (heads.ACT, heads.STANCE, heads.STRENGTH, heads.KIND)}
SPANS: Final = ("source", "target", "trigger", "condition")
PLAIN: Final = (
    "article_id", "part", "kind_probability", "source", "target", "stance", "act", "act_probability", "trigger",
    "strength", "condition", "quoted", "needs_review",
)  # fmt: skip
PROBABILITIES: Final = tuple(f"p_{label}" for label in (*LABELS["stance"], *LABELS["strength"]))
_FURTHEST: Final = 0xFFFF  # JavaScript counts a code point beyond it as two


def payload(table: pa.Table, articles: Sequence[Row]) -> dict[str, Any]:
    """Return what the page shows; every view names its rows by their number in ``rows``.

    Raises:
        InputError: if the article of a row is missing, or its text stands elsewhere.
    """
    table = table.filter(pc.equal(table["kind"], "claim"))
    rows = table.to_pylist()
    texts = _texts(rows, articles)
    told = sorted(filter(None, map(claims.day, rows)))
    everything = claims.threats(table, claims.ACTS).to_pylist()
    return {
        "rows": _columns([_row(row, texts) for row in rows]),
        "articles": _articles(rows, articles, texts),
        "threats": [{key: t[key] for key in t if key != "text"} for t in everything],
        "matrix": claims.matrix(table).to_pylist(),
        "left_out": claims.left_out(table),
        "pairs": [[*pair, numbers] for pair, numbers in claims.pairs(table).items()],
        "queue": claims.queue(table).to_pylist(),
        "claims": len({(row["article_id"], row["part"], row["start"]) for row in rows}),
        "labels": LABELS,
        "floor": claims.FLOOR,
        "models": sorted({f"{row['model']} {row['model_version']}" for row in rows}),
        "first": told[0] if told else None,
        "last": told[-1] if told else None,
    }


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    """Return records as a list of names and lists of values, which is a third of the size."""
    names = list(rows[0]) if rows else []
    return {"names": names, "values": [list(row.values()) for row in rows]}


def _texts(rows: Sequence[Row], articles: Sequence[Row]) -> dict[tuple[str, str], tuple[str, Callable[[int], int]]]:
    """Return title and body of each article, with the function from code points to UTF-16 units."""
    wanted = {row["article_id"] for row in rows}
    found = {
        (article["article_id"], part): (text, _units(text))
        for article in articles
        if article["article_id"] in wanted
        for part, text in (("title", article.get("title") or ""), ("body", article["body"]))
    }
    for row in rows:
        text, _ = found.get((row["article_id"], row["part"]), (None, None))
        if text is None:
            raise InputError(
                f"article {row['article_id']} is not among the bodies; name the file of `score --articles`"
            )
        if text[row["start"] : row["end"]] != row["text"]:
            raise InputError(
                f"article {row['article_id']}: the sentence at {row['start']} stands elsewhere in its {row['part']}; "
                "name the bodies that `score --articles` wrote in the same run"
            )
    return found


def _units(text: str) -> Callable[[int], int]:
    """Return the function from an offset in code points to one in UTF-16 units, as JavaScript counts."""
    if text.isascii() or max(map(ord, text)) <= _FURTHEST:
        return int
    places = [0, *accumulate(1 + (ord(letter) > _FURTHEST) for letter in text)]
    return places.__getitem__


def _row(row: Row, texts: dict[tuple[str, str], tuple[str, Callable[[int], int]]]) -> Row:
    """Return one row for the page: offsets in UTF-16 units, probabilities in three digits."""
    _, unit = texts[row["article_id"], row["part"]]
    found = {name: row[name] for name in PLAIN}
    found |= {name: _rounded(row[name]) for name in (*PROBABILITIES, "kind_probability", "act_probability")}
    for name in SPANS:
        found[f"{name}_span"] = None
        if row[f"{name}_start"] is not None:
            found[f"{name}_span"] = [unit(row[f"{name}_start"]), unit(row[f"{name}_end"])]
    return {
        **found,
        "start": unit(row["start"]),
        "end": unit(row["end"]),
        "at": [row["start"], row["target_start"]],  # as in the file, for corrections
        "who": actor(row, "source"),
        "whom": actor(row, "target"),
        "cues": [[cue["type"], cue["holder"], unit(cue["start"]), unit(cue["end"])] for cue in row["cues"] or ()],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _articles(
    rows: Sequence[Row], articles: Sequence[Row], texts: dict[tuple[str, str], tuple[str, Callable[[int], int]]]
) -> list[Row]:
    """Return the articles that have claims, by date, then as they came."""
    facts: dict[str, Row] = {}
    for row in rows:
        facts.setdefault(row["article_id"], row)
    found = []
    for article in articles:
        name = article["article_id"]
        if name in facts:
            row, unit = facts[name], texts[name, "body"][1]
            furniture = [[unit(span["start"]), unit(span["end"])] for span in article.get("furniture") or ()]
            about = {"id": name, "title": article.get("title") or row["title"], "outlet": row["outlet"]}
            about |= {"day": claims.day(row), "url": row["url"], "body": article["body"], "furniture": furniture}
            found.append(about)
    return sorted(found, key=lambda article: article["day"] or "~")
