"""UNSCon: criticism of states in UN Security Council speeches (Zaczynska, Bourgonje & Stede 2024).

Only negative evaluation is annotated, so every other sentence is left out, and so is one whose criticised state is not
named in it. What is kept says one thing of that name: the speaker opposes it; where the criticism is direct, the act
is ``accuse``. Diplomatic speech and not news, hence for training alone; split by meeting.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from claimstance import heads
from claimstance.schema import Act, Example, Kind, Span, Stance, Target

CORPUS: Final = "unscon"
FILE: Final = "sentences.csv"
DIRECT: Final = "Direct_NegEval"
# How a criticised state is named in the sentences; a state that is not here was never named.
NAMES: Final = {
    "russian_federation": ("the Russian Federation", "Russian Federation", "Russia", "Moscow"),
    "ukraine": ("Ukraine", "Kyiv", "Kiev"),
    "united_states_of_america": ("the United States of America", "the United States", "Washington"),
    "egypt": ("Egypt",),
}
PLACE: Final = re.compile(r"\b(?:in|into|within|across|throughout|inside|eastern|western|southern|northern)\s+$", re.I)
# Tokens are spaced out: "forces , Kyiv", "( OSCE )", "large - scale", "Ukraine 's", "\" bandits \"".
SPACED: Final = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" ([,.;:!?)\]])"), r"\1"),
    (re.compile(r"([(\[]) "), r"\1"),
    (re.compile(r"(?<=\w) ([-–]) (?=\w)"), r"\1"),
    (re.compile(r" (['’](?:s|re|ve|ll|d|m)?)(?!\w)"), r"\1"),
    (re.compile(r'" ([^"]*?) "'), r'"\1"'),
)


LABELLED: Final = tuple(head.name for head in (heads.KIND, heads.ACT, heads.STANCE))
LABELLED_INDIRECT: Final = tuple(head.name for head in (heads.KIND, heads.STANCE))


def read(folder: Path) -> list[Example]:
    """Read the criticisms whose state is named exactly once in the sentence and not as a place."""
    with (folder / FILE).open(encoding="utf-8", newline="") as file:
        return [example for i, row in enumerate(csv.DictReader(file)) for example in _example(i, row)]


def _example(number: int, row: dict[str, str]) -> Iterator[Example]:
    if row["A0"] == "_":
        return
    text = detokenise(row["sentence_text"])
    span = _named(text, row["A4"])
    if span is None:
        return
    direct = row["A0"] == DIRECT
    yield Example(
        example_id=f"{CORPUS}:{number}",
        corpus=CORPUS,
        group=f"{CORPUS}:{row['basename']}",
        split=_split(row["basename"]),
        text=text,
        labelled=LABELLED if direct else LABELLED_INDIRECT,
        kind=Kind.CLAIM,
        act=Act.ACCUSE if direct else None,
        targets=(Target(span, Stance.OPPOSE),),
    )


def detokenise(text: str) -> str:
    """Join tokens that the corpus separates by spaces."""
    for pattern, replacement in SPACED:
        text = pattern.sub(replacement, text)
    return text.strip()


def _named(text: str, state: str) -> Span | None:
    """Return the only mention of a state; None if there is none, there are several, or it is a place."""
    names = NAMES.get(state)
    if names is None:
        return None
    found = list(re.finditer(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", text, re.IGNORECASE))
    if len(found) != 1 or PLACE.search(text[: found[0].start()]):
        return None
    return Span(*found[0].span())


def _split(meeting: str) -> str:
    return "dev" if hashlib.sha256(meeting.encode()).digest()[0] < 26 else "train"  # a tenth of the meetings
