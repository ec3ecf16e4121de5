"""Whole words: where spans may begin and end (label guide: "every span is made of whole words")."""

import re

from claimstance.schema import Span

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
