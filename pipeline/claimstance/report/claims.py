"""The tables behind the report: threats, who is for or against whom, the ledger of a pair, what to review first.

Each takes a table of scored rows (``read_scored``) and returns an Arrow table whose column ``rows`` or ``row`` holds
the numbers of the rows it was counted from. The page shows these tables and counts nothing by itself.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from claimstance.report.scored import Row, actor, is_named

ACTS: Final = ("threaten", "promise", "reject", "request", "accuse")
HOSTILE: Final = ("threaten", "accuse", "reject")
FIRMNESS: Final = {"certain": 3, "probable": 2, "possible": 1, "uncommitted": 0}
FLOOR: Final = 0.6  # a stance less probable than this is not counted
SIZE: Final = 20  # actors a side of the matrix
SIMILAR: Final = 0.6  # share of words that two copies of a sentence have in common
NO_TARGET, NO_SOURCE, NO_NAME, OWN_SIDE, UNSURE, RARE = LEFT_OUT = (
    "no_target", "no_source", "no_name", "own_side", "unsure", "rare",
)  # fmt: skip
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def day(row: Row) -> str | None:
    """Return the date of publication as YYYY-MM-DD, or null where none is given in this form."""
    found = _DATE.match(row["published"] or "")
    return found[0] if found else None


def _claims(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Yield the row numbers of each claim: the rows of one sentence, one a target."""
    claims: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["kind"] == "claim":
            claims[row["article_id"], row["part"], row["start"]].append(number)
    yield from claims.values()


def threats(table: pa.Table, acts: Sequence[str] = ("threaten", "promise")) -> pa.Table:
    """Return one row for each threat and promise (or other ``acts``); what is said again is folded into it.

    Two claims are one if act and source agree, they share a target or have none, and either they stand in one article
    with the same trigger, or most of their words agree, as in wire copies.

    Returns:
        ``act`` ``who`` ``whom`` (list) ``condition`` ``strength`` (the firmest) ``first`` ``last`` (dates) ``times``
        ``articles`` ``outlets`` ``review`` (needed each time) ``probability`` (of the act) ``text`` ``best`` (number of
        the row that ``text`` is from) ``rows``; sure ones first, then those in most articles.
    """
    rows = table.to_pylist()
    groups: dict[tuple[str, str], list[tuple[set[_Said], list[list[int]]]]] = defaultdict(list)
    for claim in _claims(rows):
        row = rows[claim[0]]
        if row["act"] in acts:
            folded, said = groups[row["act"], (actor(row, "source") or "").casefold()], _said(rows, claim)
            for others, group in folded:
                if any(map(said.is_as, others)):
                    others.add(said)
                    group.append(claim)
                    break
            else:
                folded.append(({said}, [claim]))
    found = [_threat(rows, group) for folded in groups.values() for _, group in folded]
    found.sort(key=lambda t: (acts.index(t["act"]), t["review"], -t["articles"], -t["times"], -t["probability"]))
    strings = ("act", "who", "condition", "strength", "first", "last", "text")
    names = pa.list_(pa.string())
    types = {name: pa.string() for name in strings} | {"whom": names, "outlets": names}
    types |= {
        "times": pa.int64(),
        "articles": pa.int64(),
        "best": pa.int64(),
        "review": pa.bool_(),
        "probability": pa.float64(),
    }
    return pa.Table.from_pylist(found, schema=pa.schema(types | {"rows": pa.list_(pa.int64())}))


def _targets(rows: Sequence[Row], claim: Sequence[int]) -> list[str]:
    """Return the targets of a claim; of a hostile one, those that it opposes if there are any."""
    hostile = rows[claim[0]]["act"] in HOSTILE
    aimed = [n for n in claim if rows[n]["stance"] == "oppose"] if hostile else []
    names = (actor(rows[n], "target") for n in aimed or claim)
    return list(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True, slots=True)
class _Said:
    """What decides whether two claims of one source and act are the same."""

    article: str
    trigger: str
    targets: frozenset[str]
    words: frozenset[str]

    def is_as(self, other: "_Said") -> bool:
        if self.targets != other.targets and not self.targets & other.targets:
            return False
        if self.article == other.article and self.trigger and self.trigger == other.trigger:
            return True
        return len(self.words & other.words) >= SIMILAR * max(1, len(self.words | other.words))


def _said(rows: Sequence[Row], claim: Sequence[int]) -> _Said:
    row = rows[claim[0]]
    targets = frozenset(name.casefold() for name in _targets(rows, claim))
    words = frozenset(re.findall(r"\w+", row["text"].casefold()))
    return _Said(row["article_id"], (row["trigger"] or "").casefold(), targets, words)


def _threat(rows: Sequence[Row], group: Sequence[Sequence[int]]) -> Row:
    firsts = [rows[claim[0]] for claim in group]
    chosen = max(group, key=lambda claim: rows[claim[0]]["act_probability"] or 0.0)
    best = rows[chosen[0]]
    days = sorted(filter(None, map(day, firsts)))
    return {
        "act": best["act"],
        "who": actor(best, "source"),
        "whom": list(dict.fromkeys(name for claim in group for name in _targets(rows, claim))),
        "condition": next((row["condition"] for row in (best, *firsts) if row["condition"]), None),
        "strength": max((row["strength"] for row in firsts), key=lambda s: FIRMNESS.get(s, -1)),
        "first": days[0] if days else None,
        "last": days[-1] if days else None,
        "times": len(group),
        "articles": len({row["article_id"] for row in firsts}),
        "outlets": sorted({row["outlet"] for row in firsts if row["outlet"]}),
        "review": all(row["needs_review"] for row in firsts),
        "probability": best["act_probability"] or 0.0,
        "text": best["text"],
        "best": chosen[0],
        "rows": [number for claim in group for number in claim],
    }


def _reason(row: Row, floor: float) -> str | None:
    """Return why a row is not counted in the matrix, or null if it is."""
    if row["target"] is None or row["stance"] is None:
        return NO_TARGET
    if actor(row, "source") is None:
        return NO_SOURCE
    if not (is_named(row, "source") and is_named(row, "target")):
        return NO_NAME
    if actor(row, "source") == actor(row, "target"):
        return OWN_SIDE
    return UNSURE if (row[f"p_{row['stance']}"] or 0.0) < floor else None


def _counted(rows: Sequence[Row], size: int, floor: float) -> tuple[dict[tuple[str, str], list[int]], Counter[str]]:
    """Return the row numbers of each cell and how many rows were left out, by reason."""
    out: Counter[str] = Counter(dict.fromkeys(LEFT_OUT, 0))
    pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["kind"] == "claim":
            if reason := _reason(row, floor):
                out[reason] += 1
            else:
                pairs[str(actor(row, "source")), str(actor(row, "target"))].append(number)
    sources = _most(pairs, 0, size)
    targets = _most({pair: numbers for pair, numbers in pairs.items() if pair[0] in sources}, 1, size)
    cells = {(s, t): pairs[s, t] for s in sources for t in targets if (s, t) in pairs}
    out[RARE] = sum(map(len, pairs.values())) - sum(map(len, cells.values()))
    return cells, out


def _most(pairs: dict[tuple[str, str], list[int]], side: int, size: int) -> list[str]:
    """Return the names with most rows on one side of the pairs."""
    counts: Counter[str] = Counter()
    for pair, numbers in pairs.items():
        counts[pair[side]] += len(numbers)
    return sorted(counts, key=lambda name: (-counts[name], name))[:size]


def matrix(table: pa.Table, size: int = SIZE, floor: float = FLOOR) -> pa.Table:
    """Return who is for or against whom: one row a cell of the most frequent sources and their most frequent targets.

    Args:
        size: Actors a side, at most.
        floor: A stance less probable than this is left out (``left_out`` counts these).

    Returns:
        ``source`` ``target`` ``oppose`` ``neutral`` ``support`` (counts of rows) ``articles`` ``rows``; the most
        frequent source first.
    """
    rows = table.to_pylist()
    cells, _ = _counted(rows, size, floor)
    found = []
    for (source, target), numbers in cells.items():
        counts = Counter(rows[n]["stance"] for n in numbers)
        articles = len({rows[n]["article_id"] for n in numbers})
        stances = {stance: counts[stance] for stance in ("oppose", "neutral", "support")}
        found.append({"source": source, "target": target, **stances, "articles": articles, "rows": numbers})
    types = {name: pa.string() for name in ("source", "target")}
    types |= {name: pa.int64() for name in ("oppose", "neutral", "support", "articles")}
    return pa.Table.from_pylist(found, schema=pa.schema(types | {"rows": pa.list_(pa.int64())}))


def left_out(table: pa.Table, size: int = SIZE, floor: float = FLOOR) -> dict[str, int]:
    """Return how many rows ``matrix`` does not count, by reason; with the counted ones they are all claims' rows.

    Returns:
        ``no_target``, ``no_source``, ``no_name`` (a pronoun or common noun), ``own_side`` (source and target are one),
        ``unsure`` (stance below ``floor``) and ``rare`` (not among the most frequent).
    """
    return dict(_counted(table.to_pylist(), size, floor)[1])


def pairs(table: pa.Table) -> dict[tuple[str, str], list[int]]:
    """Return the row numbers of every ledger that has an entry; the two names of a key are in alphabetical order."""
    rows = table.to_pylist()
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        source, target = actor(row, "source"), actor(row, "target")
        if row["kind"] == "claim" and source and target and source != target:
            found[min(source, target), max(source, target)].append(number)
    return {pair: sorted(numbers, key=lambda n: (day(rows[n]) or "~", n)) for pair, numbers in found.items()}


def ledger(table: pa.Table, a: str, b: str) -> pa.Table:
    """Return what two actors said about each other, by date; undated claims come last.

    Returns:
        ``day`` ``source`` ``target`` ``act`` ``stance`` ``strength`` ``condition`` ``text`` ``article_id`` ``outlet``
        ``review`` (list) ``row``.
    """
    rows = table.to_pylist()
    fields = ("act", "stance", "strength", "condition", "text", "article_id", "outlet")
    found = [
        {
            "day": day(rows[n]),
            "source": actor(rows[n], "source"),
            "target": actor(rows[n], "target"),
            **{name: rows[n][name] for name in fields},
            "review": rows[n]["needs_review"],
            "row": n,
        }
        for n in pairs(table).get((min(a, b), max(a, b)), [])
    ]
    types = {name: pa.string() for name in ("day", "source", "target", *fields)}
    return pa.Table.from_pylist(found, schema=pa.schema(types | {"review": pa.list_(pa.string()), "row": pa.int64()}))


def queue(table: pa.Table) -> pa.Table:
    """Return the claims that need review: hostile ones first, the least certain of them first.

    Hostile are threats, accusations and denials, and whatever opposes a target.

    Returns:
        ``hostile`` ``probability`` (of the claim; in older files the lowest of the fields in doubt) ``fields`` (in
        doubt) ``rows``.
    """
    rows = table.to_pylist()
    found = []
    for claim in _claims(rows):
        doubts = [(name, _probability(rows[n], name)) for n in claim for name in rows[n]["needs_review"] or ()]
        if doubts:
            hostile = any(rows[n]["act"] in HOSTILE or rows[n]["stance"] == "oppose" for n in claim)
            whole = rows[claim[0]]["claim_probability"]
            sure = min(value for _, value in doubts) if whole is None else whole
            fields = sorted({name for name, _ in doubts})
            found.append({"hostile": hostile, "probability": sure, "fields": fields, "rows": claim})
    found.sort(key=lambda item: (not item["hostile"], item["probability"], item["rows"]))
    types = {"hostile": pa.bool_(), "probability": pa.float64(), "fields": pa.list_(pa.string())}
    return pa.Table.from_pylist(found, schema=pa.schema(types | {"rows": pa.list_(pa.int64())}))


def _probability(row: Row, name: str) -> float:
    """Return the probability of the label that a row has in a field; 0 where it has none."""
    if f"{name}_probability" in row:
        return float(row[f"{name}_probability"] or 0.0)
    return float(row[f"p_{row[name]}"] or 0.0) if row[name] else 0.0
