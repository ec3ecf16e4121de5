"""Article bodies to sentences with true offsets, over nupunkt (chosen in ``docs/decisions/sentence-splitter.md``).

Label guide, "kind": bullets are no part of a sentence, and a label such as "Source:" is a sentence of its own.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from claimstance.schema import Article, Sentence, Span
from claimstance.segmentation.quotations import attributes
from claimstance.segmentation.transcripts import Turn, read_turns
from claimstance.segmentation.wrapping import DROPPED, unwrap

_SPACES: Final = f" \t\r\n\u00a0\u200b\ufeff{DROPPED}"
_BULLETS: Final = _SPACES + "•·*–—-▪●‣◦|>"
_LABEL = re.compile(
    r"(?:Source|Sources|Quote|Details|Background|Reminder|Previously|Context|For reference|What happened|Why it matters|"
    r"What we know|Update|Updated)\s?:(?=\s|$)"
)
_CLOSES: Final = "\"”»’')]"
# nupunkt's abbreviations come from legal text ("met.", "month."): after a plain lower-case word a point ends the sentence
_MISSED = re.compile(r"(?<=[a-z]{3})[.!?][\"”’)]*\s+(?=[\"“‘]?[A-Z])")
_ABBREVIATED = re.compile(
    r"\b(?:etc|approx|incl|resp|vol|dept|est|ext|fig|max|min|tel|Prof|Capt|Supt|Insp|Brig|Messrs|Cmdr|Asst|Univ)$"
)
_MARK_BEFORE_COMMA = re.compile(r"[\"”’»“«')\]]+[,;]")  # "Why now?", she asked
_FIRST_LINE = re.compile(r"\S[^\n]*")
_LINES = re.compile(r"[^\n\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Part:
    """Title or body. ``flat`` is its text unwrapped: of the same length, with a line a paragraph.

    ``turns`` are those of a transcript, by where their labels begin.
    """

    text: str
    flat: str
    furniture: tuple[Span, ...] = ()
    turns: Mapping[int, Turn] = field(default_factory=dict)


def split_sentences(body: str) -> list[Span]:
    """Split a body; no sentence crosses a line end, except in hard-wrapped text."""
    flat = unwrap(body)
    return _split(flat, read_turns(flat))


def read_parts(article: Article) -> dict[str, Part]:
    """Return what offsets point into: the title, empty where there is none, and the body."""
    title, repeated = article.title or "", _repeated_title(article)
    furniture = article.furniture if repeated is None else (repeated, *article.furniture)
    names = [target.text for target in article.targets or () if target.start is None]
    flat = unwrap(article.body, furniture, names)
    return {"title": Part(title, title), "body": Part(article.body, flat, furniture, read_turns(flat))}


def segment_article(article: Article, unit: str = "article", parts: Mapping[str, Part] | None = None) -> list[Sentence]:
    """Return the sentences of an article's title and then of its body.

    With unit ``sentence`` the whole body is one sentence, unsplit, and the title is only information about it.

    Args:
        article: The article.
        unit: article or sentence.
        parts: What ``read_parts`` gives for it [default: read here].
    """
    if unit == "sentence":
        return [Sentence(article.article_id, 0, 0, len(article.body), article.body)]
    return [
        Sentence(article.article_id, i, span.start, span.end, span.of(of.text), _is_furniture(span, of), part)
        for part, of in (parts or read_parts(article)).items()
        for i, span in enumerate(_split(of.flat, of.turns))
    ]


def _split(flat: str, turns: Mapping[int, Turn]) -> list[Span]:
    lines = (Span(*line.span()) for line in _LINES.finditer(flat))
    return [sentence for line in lines for sentence in _split_block(flat, line, turns)]


def _repeated_title(article: Article) -> Span | None:
    """The body's first line, if it is the title over again: scored as title alone."""
    title, line = _letters(article.title or ""), _FIRST_LINE.search(article.body)
    return Span(*line.span()) if line and title and _letters(line.group()) == title else None


def _letters(text: str) -> str:
    """What is left of a title without case, accents' encoding, white space and marks, which differ between copies."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _is_furniture(span: Span, part: Part) -> bool:
    if span.start in part.turns and span.end == part.turns[span.start].label_end:
        return True  # a speaker's label
    covered = sum(max(0, min(span.end, f.end) - max(span.start, f.start)) for f in part.furniture)
    return covered * 2 > span.end - span.start


def _split_block(body: str, block: Span, turns: Mapping[int, Turn]) -> Iterator[Span]:
    from nupunkt import sent_spans

    trimmed = _trim(body, block)
    if trimmed is None:
        return
    turn, label = turns.get(trimmed.start), _LABEL.match(body, trimmed.start, trimmed.end)
    if turn or label:
        end = turn.label_end if turn else label.end() if label else 0
        yield Span(trimmed.start, end)
        trimmed = _trim(body, Span(end, block.end))
        if trimmed is None:
            return
    pending: Span | None = None
    for start, end in _cut_missed(trimmed.of(body), sent_spans(trimmed.of(body))):
        span = _trim(body, Span(trimmed.start + start, trimmed.start + end), bullets=False)
        if span is None:
            continue
        if pending is not None and _belongs_before(body, pending, span):
            pending = Span(pending.start, span.end)
            continue
        if pending is not None:
            yield pending
        pending = span
    if pending is not None:
        yield pending


def _cut_missed(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        for match in _MISSED.finditer(text, start, end):
            if not _ABBREVIATED.search(text, start, match.start()):
                yield start, match.end()
                start = match.end()
        yield start, end


def _belongs_before(body: str, before: Span, span: Span) -> bool:
    """A lone closing mark, or an attribution after a quotation, goes on the sentence before it."""
    text = span.of(body)
    if all(character in _CLOSES + ".!? " for character in text):
        return True
    if body[before.end - 1] in "!?…" and _MARK_BEFORE_COMMA.match(text):
        return True
    if body[before.end - 1] not in _CLOSES + "“«":
        return False
    return text.lstrip("–—- ")[:1].islower() or attributes(body[max(before.start, before.end - 20) : before.end], text)


def _trim(body: str, span: Span, bullets: bool = True) -> Span | None:
    start, end = span.start, span.end
    outer = _BULLETS if bullets else _SPACES
    while start < end and (body[start] in outer or body[start].isspace()):
        start += 1
    while end > start and (body[end - 1].isspace() or body[end - 1] in _SPACES):
        end -= 1
    return Span(start, end) if start < end else None
