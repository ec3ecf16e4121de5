"""DSE: who is for or against whom between two entities of a news sentence (Park, Pan & Joo 2021).

The official split leaks (a quarter of its test sentences stand in train with another pair), so sentences are split
anew by a stable hash. The label is one entity's stance toward the other; it goes to the target, and nothing else in
the sentence is labelled.
"""

import hashlib
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from claimstance import heads
from claimstance.schema import Example, Span, Stance, Target
from claimstance.words import whole_words

CORPUS: Final = "dse"
FILES: Final = ("train.txt", "valid.txt", "test.txt")
BRACKETED: Final = re.compile(r"\[([^\[\]]+)\]")
NAME: Final = re.compile(r"[A-Z\d]")
# label → stance toward (first entity, second entity); 1 and 3 go from the first to the second, 2 and 4 back
LABELS: Final = {
    "0": (Stance.NEUTRAL, Stance.NEUTRAL),
    "1": (None, Stance.SUPPORT),
    "2": (Stance.SUPPORT, None),
    "3": (None, Stance.OPPOSE),
    "4": (Stance.OPPOSE, None),
}


def read(folder: Path) -> list[Example]:
    """Read all rows, merged by sentence; a stance of one pair overrides the neutral label of another.

    Entities were matched automatically: one without a capital letter or a digit ("with", "editor") is left out.
    """
    stances: dict[str, dict[Span, set[Stance]]] = defaultdict(lambda: defaultdict(set))
    for name in FILES:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            text, spans, label = _row(line)
            for span, stance in zip(spans, LABELS[label], strict=False):
                if stance is not None and NAME.search(span.of(text)):
                    stances[text][span].add(stance)
    return [
        Example(f"{CORPUS}:{i}", CORPUS, f"{CORPUS}:{text}", _split(text), text, (heads.STANCE.name,), targets=targets)
        for i, (text, found) in enumerate(stances.items())
        if (targets := _targets(found))
    ]


def _row(line: str) -> tuple[str, list[Span], str]:
    """Return the sentence without brackets, the two entities as whole words, and the label."""
    bracketed, _, _, label = line.split("\t")
    text, position, spans = "", 0, []
    for match in BRACKETED.finditer(bracketed):
        text += bracketed[position : match.start()]
        start = len(text)
        text += match.group(1)
        spans.append(Span(start, len(text)))
        position = match.end()
    text += bracketed[position:]
    return text, [whole_words(text, span) for span in spans], label.strip()


def _targets(found: dict[Span, set[Stance]]) -> tuple[Target, ...]:
    kept: list[Target] = []
    for span in sorted(found, key=lambda s: (s.start, s.end)):
        firm = found[span] - {Stance.NEUTRAL}
        if len(firm) > 1 or span.start >= span.end:
            continue  # for and against in one sentence: the annotators saw two claims
        if not any(span.overlaps(other.span) for other in kept):
            kept.append(Target(span, next(iter(firm), Stance.NEUTRAL)))
    return tuple(kept)


def _split(text: str) -> str:
    position = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
    return "train" if position < 0.8 else "dev" if position < 0.9 else "test"
