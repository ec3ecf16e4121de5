"""Whole words, where spans begin and end (label guide: "every span is made of whole words"), and lists of words."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

from claimstance.schema import Span

WORD: Final = re.compile(r"\w+(?:['’-]\w+)*")
_POSSESSIVE = re.compile(r"\w['’]s$")
_ABBREVIATION = re.compile(r"(?:\b[A-Za-z]\.|\b(?:Inc|Corp|Co|Ltd|Jr|Sr|Bros|St|No)\.)$")


def whole_words(text: str, span: Span) -> Span:
    """Extend a span to whole (hyphenated) words, then drop outer punctuation and a possessive 's."""
    start, end = span.start, span.end
    while start > 0 and _joined(text, start):
        start -= 1
    while end < len(text) and _joined(text, end):
        end += 1
    while start < end and not (text[start].isalnum() or text[start] in "$€£#@"):
        start += 1
    while start < end and not (text[end - 1].isalnum() or text[end - 1] in "%"):
        if text[end - 1] == "." and _ABBREVIATION.search(text[start:end]):
            break
        end -= 1
    if _POSSESSIVE.search(text, start, end):
        end -= 2
    return Span(start, end)


def _joined(text: str, position: int) -> bool:
    """Whether the characters on both sides of a position belong to one word."""
    before, after = text[position - 1], text[position]
    if before.isalnum() and after.isalnum():
        return True
    if before.isdigit() and after in ",." and text[position + 1 : position + 2].isdigit():
        return True
    if before in ",." and after.isdigit() and position > 1 and text[position - 2].isdigit():
        return True
    if after in "-‑" and before.isalnum():
        return position + 1 < len(text) and text[position + 1].isalnum()
    return before in "-‑" and after.isalnum() and position > 1 and text[position - 2].isalnum()


@cache
def word_list(package: str, name: str) -> frozenset[str]:
    """Return the words of ``word_lists/<name>.txt`` in a package: one a line, comments begin with ``#``."""
    text = files(package).joinpath("word_lists", f"{name}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def any_of(words: frozenset[str]) -> str:
    """Return a regular expression that matches any of these words, whole."""
    return rf"\b(?:{'|'.join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))})\b"
