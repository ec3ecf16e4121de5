"""Where an article quotes. Quote marks in news are often odd or missing; nothing here raises on them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from claimstance.schema import Span

_MARKS = re.compile(r"[\"“”„«»]|(?<![\w‘])‘(?=\w)|(?<=[\w.,!?])’(?!\w)|``|''")
_OPENING: Final = frozenset("“„«‘") | {"``"}
_CLOSING: Final = frozenset("”»’") | {"''"}


def quotations(body: str) -> list[Span]:
    """Return the quoted spans of a body in order, without their marks; an open quotation ends with its paragraph."""
    spans = []
    for paragraph in re.finditer(r"[^\n]+", body):
        opened: int | None = None
        for mark in _MARKS.finditer(body, *paragraph.span()):
            opens = mark.group() in _OPENING or (mark.group() == '"' and opened is None)
            if opens and opened is None:
                opened = mark.end()
            elif not opens and opened is not None and mark.group() in _CLOSING | {'"'}:
                spans.append(Span(opened, mark.start()))
                opened = None
        if opened is not None:
            spans.append(Span(opened, paragraph.end()))
    return [span for span in spans if span.start < span.end]


def within(spans: Sequence[Span], window: Span) -> list[Span]:
    """Return the parts of ordered spans that lie in a window, relative to its start."""
    first = max(0, bisect_right([span.start for span in spans], window.start) - 1)
    found = []
    for span in spans[first:]:
        if span.start >= window.end:
            break
        if span.overlaps(window):
            found.append(Span(max(span.start, window.start), min(span.end, window.end)).shift(-window.start))
    return found
