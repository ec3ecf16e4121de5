"""Where an article quotes, and what attributes a quotation. Quote marks in news are often odd or missing; nothing here
raises on them.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from claimstance.schema import Span

# A straight single mark opens a quotation only where one closes it soon (``_opens``): else it is an apostrophe.
_SINGLE_END = r"(?<=[.,!?…])'(?!\w)|(?<=\w)'(?=\s+[-–—]\s|[:,;]|$)"
_MARKS = re.compile(
    r"[\"“”„«»]|(?<![\w‘])‘(?=\w)|(?<=[\w.,!?…])’(?!\w)|``|''"
    rf"|(?<![\w'.,!?…])'(?=\w)|{_SINGLE_END}"
)
_SINGLE_LONGEST: Final = 400  # characters
_DOUBLE: Final = frozenset('”"') | {"''"}
_CLOSES: Final = {
    "“": _DOUBLE, '"': _DOUBLE, "``": _DOUBLE, "„": _DOUBLE | {"“"}, "«": frozenset("»"), "»": frozenset("«"),
    "‘": frozenset("’"), "'": frozenset("'"),
}  # fmt: skip

_CLOSED = re.compile(r"[!?…]\s*(?:[\"”’»«“')\]]|'')+$")
_NO_SUBJECT = (
    r"is|are|was|were|be|been|being|am|has|have|had|having|do|does|did|can|could|may|might|must|shall|should|will|would|"
    r"what|who|whom|whose|which|that|when|where|why|how|if|but|because|so|as|not|than|there|then|to|it|this|these|those"
)
_SUBJECT_WORD = rf"(?!(?:{_NO_SUBJECT})\b)[\w’'.&-]+(?:\s\([^()\n]{{1,40}}\))?"
_ASIDE = r"(?:,\s[^\n\"“”„«»!?]{2,120}?,)?"
_SPOKE = (
    r"said|says|add(?:s|ed)|asks?|asked|repl(?:ies|ied)|answer(?:s|ed)|respond(?:s|ed)|shout(?:s|ed)|cr(?:ies|ied)|yell(?:s|ed)|"
    r"exclaim(?:s|ed)|wrote|writes|tweet(?:s|ed)|post(?:s|ed)|continue[sd]|insist(?:s|ed)|demand(?:s|ed)|warn(?:s|ed)|"
    r"declare[sd]|joke[sd]|whisper(?:s|ed)|thunder(?:s|ed)|roar(?:s|ed)|scream(?:s|ed)|chant(?:s|ed)|remark(?:s|ed)|"
    r"retort(?:s|ed)|snap(?:s|ped)|recall(?:s|ed)|conclude[sd]|argue[sd]|explain(?:s|ed)|note[sd]|observe[sd]|quip(?:s|ped)|"
    r"assert(?:s|ed)|claim(?:s|ed)|announce[sd]|state[sd]|comment(?:s|ed)|complain(?:s|ed)|urge[sd]|vow(?:s|ed)|"
    r"plead(?:s|ed)|beg(?:s|ged)|muse[sd]|wonder(?:s|ed)|reads?|called out|went on|told|tells|"
    r"repeat(?:s|ed)|proclaim(?:s|ed)|counter(?:s|ed)|lament(?:s|ed)|sigh(?:s|ed)|hiss(?:es|ed)|bellow(?:s|ed)|implore[sd]|"
    r"scoff(?:s|ed)|sneer(?:s|ed)|mutter(?:s|ed)|murmur(?:s|ed)|grumble[sd]|groan(?:s|ed)|gasp(?:s|ed)|bark(?:s|ed)|"
    r"booms?|boomed|[ei]nquire[sd]|quer(?:ies|ied)|wanted to know|(?:was|were) quoted as saying|testified"
)
_ADJUNCT = (
    r"on|in|at|during|after|before|when|as|while|from|by|outside|inside|through|via|of|to|about|over|into|"
    r"last|this|early|late|later|yesterday|today|tonight|afterwards?|again|earlier|then|back|once|twice|and|who|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\w+ly|\w+ing"
)
_ATTRIBUTION = re.compile(
    rf"(?:[–—-]\s*)?(?=[A-Z])(?:{_SUBJECT_WORD}\s){{0,9}}?{_SUBJECT_WORD}{_ASIDE}{_ASIDE}\s"
    rf"(?:(?:later|then|also|again|had|has|once|\w+ly)\s)?(?P<verb>{_SPOKE}|(?:was|were) asked)(?P<rest>\b.*)",
    re.DOTALL,
)
_ADJUNCTS_ONLY = re.compile(rf"\W*$|\s*[.,;!?—–“\"„«»‘]|\s(?:{_ADJUNCT})\b")
_ADDRESSED = re.compile(
    rf"\s(?:(?!(?:{_NO_SUBJECT}|for)\b)[\w’'.&-]+\s?){{1,8}}?(?=\W*$|[.,;!?—–“\"„«»‘]|(?<=\s)(?:{_ADJUNCT})\b)"
)
_CLAUSE = re.compile(rf"\b(?:that|{_NO_SUBJECT.partition('|what')[0]})\b")
_SIDE_CLAUSE = re.compile(r"[,;:!?—–“\"„«»‘]|\b(?:as|when|while|after|before|who|which|whose|where)\b")


def quotations(body: str) -> list[Span]:
    """Return the quoted spans of a body in order, without their marks; an open quotation ends with its paragraph."""
    spans = []
    ends = [match.start() for match in re.finditer(_SINGLE_END, body)]
    for paragraph in re.finditer(r"[^\n]+", body):
        opened: int | None = None
        closes: frozenset[str] = frozenset()
        for match in _MARKS.finditer(body, *paragraph.span()):
            mark = match.group()
            if opened is None and mark in _CLOSES and _opens(body, match, paragraph.end(), ends):
                opened, closes = match.end(), _CLOSES[mark]
            elif opened is not None and mark in closes:
                spans.append(Span(opened, match.start()))
                opened = None
        if opened is not None:
            spans.append(Span(opened, paragraph.end()))
    return [span for span in spans if span.start < span.end]


def _opens(body: str, mark: re.Match[str], end: int, single_ends: Sequence[int]) -> bool:
    """Whether a mark that may open a quotation does; ``end`` is that of its paragraph."""
    if mark.group() == "»":
        return body[mark.end() : mark.end() + 1].isalnum()
    if mark.group() != "'":
        return True
    i = bisect_left(single_ends, mark.end())
    return i < len(single_ends) and single_ends[i] < min(end, mark.end() + _SINGLE_LONGEST)


def attributes(before: str, text: str) -> bool:
    """Whether ``text`` only says who said the quotation, ended by "!" or "?", with which ``before`` ends.

    "Harker said on Monday." does; "Harker said the deal was dead." is a sentence of its own.
    """
    if not _CLOSED.search(before):
        return False
    match = _ATTRIBUTION.match(text)
    if match is None:
        return False
    rest = match["rest"]
    if match["verb"] in ("told", "tells", "asked", "asks") and (whom := _ADDRESSED.match(rest)):
        rest = rest[whom.end() - 1 :] if rest[whom.end() - 1].isspace() else rest[whom.end() :]
    elif match["verb"] in ("told", "tells"):
        return False
    if match["verb"] in ("asked", "asks") and re.match(r"\sto\b", rest):
        return False
    return bool(_ADJUNCTS_ONLY.match(rest)) and not _CLAUSE.search(_SIDE_CLAUSE.split(rest, maxsplit=1)[0])


def within(spans: Sequence[Span], window: Span) -> list[Span]:
    """Return the parts of ordered spans that lie in a window, relative to its start."""
    first = max(0, bisect_right(spans, window.start, key=lambda span: span.start) - 1)
    found = []
    for span in spans[first:]:
        if span.start >= window.end:
            break
        if span.overlaps(window):
            found.append(Span(max(span.start, window.start), min(span.end, window.end)).shift(-window.start))
    return found
