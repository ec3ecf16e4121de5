"""Articles to JSON lines one at a time, as on stdout, and what a user should know of what was read."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any, Final

from claimstance.articles.decoding import damage_in
from claimstance.articles.inputs import read_text, read_units
from claimstance.engines.identities import unique_id
from claimstance.engines.local import failed, place_of
from claimstance.engines.outputs import write_text
from claimstance.engines.request import ScoreRequest
from claimstance.schema import UnitError
from claimstance.scoring.scorer import Scorer, rows_table

TOLD: Final = 10  # targets that are absent, by name
_NOTES: Final = {
    "windowed": "long sentences scored in overlapping windows",
    "absent_targets": "given targets that are nowhere in their article",
    "replaced_characters": "characters that could not be decoded and became U+FFFD",
    "garbled_texts": "texts that look garbled, as UTF-8 read as Windows-1252 (repair them first)",
    "cut_texts": "texts that NewsAPI has cut (fetch the whole ones)",
    "repeated_ids": "articles with the id of an earlier one (theirs now ends in ~2, ~3 …)",
}


def notes_of(summary: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each thing that a user should know of what was read."""
    for name, text in _NOTES.items():
        if summary.get(name):
            yield f"{text}: {summary[name]}"


def stream(scorer: Scorer, request: ScoreRequest, out: IO[str], err: IO[str]) -> dict[str, Any]:
    """Score one article at a time, so that the first row comes soon; errors are lines on ``err``.

    Raises:
        InputError: if ``strict`` and a unit cannot be read.
    """
    counts: Counter[str] = Counter()
    absent: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    text = request.text
    units = read_units(request.inputs, request.options) if text is None else [read_text(text, request.options)]
    for unit in islice(units, request.limit):
        counts["units_read"] += 1
        if isinstance(unit, UnitError):
            if request.strict:
                raise failed(unit)
            counts["units_failed"] += 1
            print(f"{place_of(unit)}: {unit.reason}", file=err)
            continue
        seen[unit.article_id] += 1
        if seen[unit.article_id] > 1:
            counts["repeated_ids"] += 1
            unit = dataclasses.replace(unit, article_id=unique_id(unit.article_id, seen[unit.article_id]))
        (scored,) = scorer.score_articles([unit])
        table = rows_table([scored])
        counts.update(damage_in(unit.body))
        counts["windowed"] += scored.windowed
        absent.update(dict.fromkeys(scored.absent_targets, 1))
        write_text(out, table, "jsonl")
        out.flush()
        counts["units_scored"] += 1
        counts["rows"] += table.num_rows
    _tell_absent(absent, counts["units_scored"], err)
    for note in notes_of(counts):
        print(note, file=err)
    return {name: counts[name] for name in ("units_read", "units_scored", "units_failed", "rows")}


def _tell_absent(absent: Counter[str], units: int, err: IO[str]) -> None:
    for target, count in absent.most_common(TOLD):
        where = "in the text" if units == 1 else f"in {count} of {units} texts"
        print(f"the target {target!r} is not {where}", file=err)
    if len(absent) > TOLD:
        print(f"{len(absent) - TOLD} more targets are not in every text", file=err)
