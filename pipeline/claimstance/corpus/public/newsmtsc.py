"""NewsMTSC: sentiment toward persons in US political news (Hamborg & Donnay 2021).

It labels the *sentence's* sentiment, bad events included, where the guide asks for the stance that its source takes;
so it trains an output of its own, ``sentiment``.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from claimstance import heads
from claimstance.schema import Example, Span, Stance, Target

CORPUS: Final = "newsmtsc"
POLARITY: Final = {-1: Stance.OPPOSE, 0: Stance.NEUTRAL, 1: Stance.SUPPORT}
FILES: Final = {
    "train.jsonl": "train",
    "rw-dev.jsonl": "dev",
    "mt-dev.jsonl": "dev",
    "rw-test.jsonl": "test-rw",
    "mt-test.jsonl": "test-mt",
}


def read(folder: Path) -> list[Example]:
    """Read all five files; rows of one sentence become one example unless their targets overlap."""
    return [example for name, split in FILES.items() for example in _read_file(folder / name, split)]


def _read_file(path: Path, split: str) -> Iterator[Example]:
    rows: dict[str, list[Target]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        text, target = _target(json.loads(line))
        rows[text].append(target)
    for i, (text, targets) in enumerate(rows.items()):
        for j, group in enumerate(_without_overlap(targets)):
            name = f"{CORPUS}-{path.stem}:{i}:{j}"
            yield Example(name, CORPUS, f"{CORPUS}:{text}", split, text, (heads.SENTIMENT.name,), targets=tuple(group))


def _target(row: dict[str, Any]) -> tuple[str, Target]:
    """Return a row's target without quotation marks and blanks around the mention."""
    text, start, end = row["sentence"], row["from"], row["to"]
    while start < end - 1 and not text[start].isalnum():
        start += 1
    while end > start + 1 and not text[end - 1].isalnum() and text[end - 1] != ".":
        end -= 1
    return text, Target(Span(start, end), POLARITY[int(row["polarity"])])


def _without_overlap(targets: list[Target]) -> list[list[Target]]:
    """Group targets so that spans within a group do not overlap; every row is kept."""
    groups: list[list[Target]] = []
    for target in targets:
        for group in groups:
            if not any(target.span.overlaps(other.span) for other in group):
                group.append(target)
                break
        else:
            groups.append([target])
    return groups
