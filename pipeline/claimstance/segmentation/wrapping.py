"""Hard-wrapped text (e-mail, PDF copies, agency wires): its line ends become spaces, and no offset moves."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from claimstance.schema import Span

DROPPED: Final = "\u00ad"  # stands for each character that belongs to no word, such as a hyphen at a line's end
_WIDEST: Final = 110  # characters; longer lines are paragraphs
_NARROWEST: Final = 28  # a newspaper's column
_SURE: Final = 40  # a longer line goes on in lower case in any text
_RAGGED: Final = 0.9  # of the width; lines of proportional print differ in their number of characters

_LINE = re.compile(r"(?P<quoting>>[> ]*)?(?P<text>[^\n]*)(?:\n|\Z)")
_SENTENCE_END = re.compile(r"[.!?:;…][\"”’»«“')\]]*$")
_GOES_ON = re.compile(
    r"(?:,|\b(?:a|an|the|of|to|in|on|at|by|for|from|with|and|or|but|that|which|who|whose|is|was|were|are|has|had|have|be|"
    r"been|its|his|her|their|our|as|into|than|not|will|would|could|can|may|might|should|about|against|over|under|what|"
    r"when|where|while|if|whether|because|(?:the|an?) [A-Z][\w’'-]+|"
    r"New|North|South|East|West|San|Santa|Saudi|Sri|United|Prime|Vice|Mr|Mrs|Ms|Dr|Prof|Sen|Gen|\w+['’]s))$"
)
_HYPHEN_END = re.compile(r"[^\W\d_](?P<hyphen>[-‐\u00ad])$")
_KEEPS_HYPHEN = re.compile(
    r"\b(?:well|self|non|anti|ex|half|so|long|short|high|low|all|cross|mid|pro|semi|vice|one|two|three|four|five|six|"
    r"seven|eight|nine|ten|first|second|third|left|right|full|part|hard|soft|old|new|large|small|then|co)-$",
    re.IGNORECASE,
)
_STANDS_ALONE = re.compile(
    r"[•·*‣▪●◦–—#|-]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s|[QA][.:]\s|[A-Z][A-Z .'’-]{1,40}(?:\([^()]*\))?:\s"
    r"|(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID|Content-[\w-]+|MIME-Version|Source|Quote|Details):\s"
)
_COLUMNS = re.compile(r".*\S[ \t]{3,}\S.*[ \t]{3,}\S")  # the head or foot of a page


@dataclass(frozen=True, slots=True)
class _Line:
    """``start`` and ``end`` of its text, without the marks and white space around it.

    ``opens`` and ``closes``: never joined to the line before or after it.
    """

    start: int
    end: int
    width: int
    text: str
    opens: bool
    closes: bool


def unwrap(text: str, fixed: Sequence[Span] = (), names: Sequence[str] = ()) -> str:
    """Return a text of the same length in which line ends within a sentence are spaces.

    What belongs to no word (a hyphen that divides one at a line's end, the ">" of a quoted e-mail) is ``DROPPED``.

    Args:
        text: The text.
        fixed: Page furniture; its lines are joined to no other.
        names: Names that are one, also where a line ends within them.
    """
    if "\n" not in text:
        return text
    pairs = list(_pairs(list(_lines(text, {span.start for span in fixed}))))
    width = max((line.width for pair in pairs for line in pair if line.width <= _WIDEST), default=0)
    wrapped = _is_wrapped(pairs, width)
    characters = None
    for a, b in pairs:
        divided = _HYPHEN_END.search(a.text) if b.text[:1].islower() else None
        if not divided and not _joined(a, b, width, wrapped) and not any(_stands_over(n.split(), a, b) for n in names):
            continue
        characters = characters or list(text)
        between = range(a.end, b.start)
        characters[a.end : b.start] = [text[i] if text[i] in " \t" else DROPPED for i in between]
        if not divided:
            characters[a.end] = " "
        else:
            characters[a.end : b.start] = DROPPED * len(between)
            if not _KEEPS_HYPHEN.search(a.text):
                characters[a.end - 1] = DROPPED
    return text if characters is None else "".join(characters)


def _lines(text: str, fixed: set[int]) -> Iterator[_Line]:
    for match in _LINE.finditer(text):
        if match.start() == match.end():
            continue
        content = match["text"].strip()
        start = match.start("text") + len(match["text"]) - len(match["text"].lstrip())
        closes = start in fixed or (len(content) <= 2 * _WIDEST and _COLUMNS.match(content) is not None)
        opens = closes or _STANDS_ALONE.match(content) is not None
        yield _Line(start, start + len(content), len(match["text"].rstrip()), content, opens, closes)


def _pairs(lines: Sequence[_Line]) -> Iterator[tuple[_Line, _Line]]:
    """Yield neighbouring lines that may be one sentence."""
    for a, b in pairwise(lines):
        if a.text and b.text and not a.closes and not b.opens:
            yield a, b


def _is_wrapped(pairs: Sequence[tuple[_Line, _Line]], width: int) -> bool:
    """Whether the lines of a text end where the next word had no room, and not where a sentence ends."""
    unfinished = [(a, b) for a, b in pairs if not _SENTENCE_END.search(a.text)]
    if not unfinished or median(a.width for a, _ in unfinished) < _NARROWEST:
        return False
    on = [_clearly_goes_on(a, b) for a, b in unfinished]
    full = [_is_full(a, b, width) for a, b in unfinished]
    return sum(on) >= 0.3 * len(on) and sum(map(max, on, full)) >= 0.7 * len(on)


def _clearly_goes_on(a: _Line, b: _Line) -> bool:
    if a.width > _WIDEST or _SENTENCE_END.search(a.text):
        return False
    if b.text[0].islower() or _GOES_ON.search(a.text):
        return True
    return a.text.count("“") > a.text.count("”") or a.text.count("(") > a.text.count(")")


def _is_full(a: _Line, b: _Line, width: int) -> bool:
    """Whether the first word of the next line had no room in this one."""
    return _RAGGED * width < a.width + 1 + len(b.text.split(maxsplit=1)[0]) and a.width <= _WIDEST


def _joined(a: _Line, b: _Line, width: int, wrapped: bool) -> bool:
    if wrapped:
        return _is_full(a, b, width) or _clearly_goes_on(a, b)
    return len(a.text) > _SURE and a.text[-1] not in ".!?:;\"”»’')]" and b.text[0].islower()


def _stands_over(name: Sequence[str], a: _Line, b: _Line) -> bool:
    """Whether a name begins at the end of one line and ends in the next."""
    return any(
        re.search(rf"(?<!\w){_words(name[:i])}$", a.text) and re.match(rf"{_words(name[i:])}(?!\w)", b.text)
        for i in range(1, len(name))
    )


def _words(words: Sequence[str]) -> str:
    return re.sub("['’]", "['’]", r"\s+".join(map(re.escape, words)))
