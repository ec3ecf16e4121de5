"""Which claims are shown and in which order, and their marks for a terminal."""

import difflib
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from rich.text import Text

from claimstance.errors import ParamsError
from claimstance.report.scored import Row

SPAN_STYLES: Final = {"source": "underline", "trigger": "bold", "condition": "italic cyan"}
TARGET_STYLES: Final = {"support": "green", "oppose": "red", "neutral": "blue"}
Claim = list[Row]  # the rows of one sentence, one a target


def claims_of(rows: Sequence[Row]) -> list[Claim]:
    """Return rows in groups: a claim with several targets is several rows."""
    key = lambda row: (row["article_id"], row.get("input"), row.get("part") or "body", row["start"])  # noqa: E731
    return [list(group) for _, group in groupby(rows, key=key)]


def select(claims: Sequence[Claim], where: Sequence[str], sort: str | None) -> list[Claim]:
    """Return the claims of which a row fulfils every condition, sorted.

    Args:
        where: Conditions such as ``act=threaten``; case does not count.
        sort: A column, with ``-`` before it for the largest first. What is missing comes last.

    Raises:
        ParamsError: if a condition has no ``=`` or a column is unknown.
    """
    columns = list(claims[0][0]) if claims else []
    conditions = [_condition(text, columns) for text in where]
    found = [claim for claim in claims if any(all(_fits(row, *c) for c in conditions) for row in claim)]
    if sort is None:
        return found
    down, name = sort.startswith("-"), _column(sort.removeprefix("-"), columns)
    missing = [claim for claim in found if claim[0][name] in (None, "")]
    there = [claim for claim in found if claim[0][name] not in (None, "")]
    return [*sorted(there, key=lambda claim: _sortable(claim[0][name]), reverse=down), *missing]


def _condition(text: str, columns: Sequence[str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParamsError(f"--where {text}: should be COLUMN=VALUE, such as act=threaten")
    return _column(name.strip(), columns), value.strip().casefold()


def _column(name: str, columns: Sequence[str]) -> str:
    if columns and name not in columns:
        close = difflib.get_close_matches(name, columns, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(columns)}"
        raise ParamsError(f"no column {name!r}; {hint}")
    return name


def _fits(row: Row, name: str, value: str) -> bool:
    found = row[name]
    values = found if isinstance(found, list) else [found]
    return any(("" if v is None else str(v)).casefold() == value for v in values) or (not values and value == "")


def _sortable(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value).casefold()


def marked(claim: Claim) -> Text:
    """Return a claim's sentence with source, targets, act, cues and condition in the styles of the page."""
    row = claim[0]
    text = Text(row["text"])  # not markup, which article text may look like
    spans = [(row, name, style) for name, style in SPAN_STYLES.items()]
    spans += [(aimed, "target", TARGET_STYLES.get(aimed["stance"] or "", "blue")) for aimed in claim]
    for of, name, style in spans:
        if of[f"{name}_start"] is not None:
            text.stylize(style, of[f"{name}_start"] - row["start"], of[f"{name}_end"] - row["start"])
    for cue in row["cues"] or ():
        text.stylize("yellow", cue["start"] - row["start"], cue["end"] - row["start"])
    return text


def probability(row: Row, name: str) -> str:
    """Return the probability of the label in a field, such as `` 0.93``, with ``?`` where it needs review."""
    value = row.get(f"{name}_probability", row.get(f"p_{row[name]}"))
    return ("" if value is None else f" {value:.2f}") + ("?" if name in (row["needs_review"] or ()) else "")
