"""A sentence as the model reads it: white space evened, divided words whole, capitals undone; offsets lead back."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from claimstance.schema import Span

_ODD = re.compile(r"[^\S ]|  |[\u00ad\u200b\u2060\ufeffﬀ-ﬆ]|^ | $")
_DROPPED: Final = frozenset("\u00ad\u200b\u2060\ufeff")
_LIGATURES: Final = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_SAME_MARKS: Final = str.maketrans("’‘‛ʼ′＇‐‑–“”„«»", "''''''---\"\"\"\"\"")


@dataclass(frozen=True, slots=True)
class View:
    """What the model reads of a sentence.

    Attributes:
        text: The model's text; of the same length as ``plain``.
        plain: As it is written, white space evened and divided words joined.
        places: For each character where it stands in the sentence; null where that is its own index.
    """

    text: str
    plain: str
    places: tuple[int, ...] | None = None

    def raw(self, span: Span) -> Span:
        """Return where a span of the view stands in the sentence."""
        if self.places is None:
            return span
        return Span(self.places[span.start], self.places[span.end - 1] + 1)

    def seen(self, span: Span) -> Span:
        """Return where a span of the sentence stands in the view."""
        if self.places is None:
            return span
        return Span(bisect_left(self.places, span.start), bisect_left(self.places, span.end))


def view_of(text: str) -> View:
    """Return the view of a sentence from its unwrapped text (``wrapping.unwrap``), capitals left as they are."""
    if not _ODD.search(text):
        return View(text, text)
    seen: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in _DROPPED:
            continue
        if character.isspace():
            character = " "
            if not seen or seen[-1] == " ":
                continue
        written = _LIGATURES.get(character, character)
        seen += written
        places += [place] * len(written)
    while seen and seen[-1] == " ":
        seen.pop()
    if not seen:  # nothing to read: the model gets what there is
        return View(text, text)
    plain = "".join(seen)
    return View(plain, plain, tuple(places[: len(seen)]))


def find_mentions(target: str, view: View, capitals: bool = False) -> tuple[Span, ...]:
    """Return the whole-word mentions of a name in a view.

    Apostrophes, quotation marks, hyphens and accents match however they are encoded; so does a name in capitals, and in
    a sentence that is in ``capitals`` any.
    """
    text, places = _folded(view.plain)
    found = _pattern(target, capitals).finditer(text)
    if places is None:
        return tuple(Span(*match.span()) for match in found)
    return tuple(Span(places[match.start()], places[match.end() - 1] + 1) for match in found)


@lru_cache(maxsize=1024)
def _pattern(target: str, capitals: bool) -> re.Pattern[str]:
    """Return the pattern of a name; in a sentence in ``capitals``, case does not count."""
    folded = _folded(view_of(target).plain)[0]
    name = re.escape(folded)
    if len(target) > 3 and not target.islower():
        name = f"(?:{name}|{re.escape(folded.upper())})"
    return re.compile(rf"(?<!\w){name}(?![\w\u0300-\u036f])", re.IGNORECASE if capitals else 0)


def _folded(text: str) -> tuple[str, Sequence[int] | None]:
    """The text with marks alike and accents apart from their letters, and where each character stands."""
    if text.isascii():
        return text, None
    text = text.translate(_SAME_MARKS)
    if unicodedata.is_normalized("NFD", text):
        return text, None
    pieces = [unicodedata.normalize("NFD", character) for character in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), places
