"""Labels of speakers in transcripts and interviews: "OSGOOD:", "Marta Osgood (by phone):", "Q:", "A:"."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from claimstance.articles.names import is_person

_CAPITALS = r"[A-Z][A-Z.'’-]*(?: [A-Z][A-Z.'’-]*){0,5}"
_MIXED = r"[A-Z][\w.'’-]+(?: (?:de|da|van|von|der|bin|al|of|the|[A-Z][\w.'’-]*)){0,4}"
_OFFICE = r"(?: ?\([^()\n]{1,60}\)|, [^:.!?\n]{1,50})?"
_LABEL = re.compile(
    rf"^[ \t>*_]*(?P<label>(?P<name>{_CAPITALS}|{_MIXED}){_OFFICE}\s?:|(?P<letter>[QA])\.)[*_]*(?=\s|$)", re.MULTILINE
)
_NOBODY = re.compile(
    r"(?:updated?|live|watch|listen|notes?|editor'?s note|breaking|photos?|pictures?|video|myth|fact|read more|related|"
    r"analysis|opinion|comment|explainer|exclusive|correction|clarification|sources?|quote|details|background|reminder|"
    r"previously|context|for reference|what happened|why it matters|what we know|key points|summary|headline|by|from|"
    r"to|cc|bcc|subject|date|sent|re|fwd?|tel|phone|fax|e-?mail|contact|copyright|credit|advertisement)(?: .*)?",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b[A-Z][\w.'’-]* [A-Z][\w'’-]*[a-z]\b")
_TURNS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """``label_end`` is the end of the label; ``end`` is that of what is said, up to the next label."""

    name: str
    label_end: int
    end: int


def read_turns(text: str) -> Mapping[int, Turn]:
    """Return the turns of a transcript by where their labels begin; none where a text is no transcript.

    A label may be anything ("NORLAND: …"). Two lines make a transcript if one of their labels comes again, is "Q" or
    "A", or names a person of the text. The last turn ends with its paragraph: what follows may be the article's own.
    """
    found = [match for match in _LABEL.finditer(text) if not _NOBODY.fullmatch(_name(match))]
    times = Counter(map(_name, found))
    people = _surnames(text) if len(found) >= _TURNS_MIN else set()
    sure = {name for name in times if _is_speaker(name, times, people)}
    if sure:  # "HOST:" beside "TORVALD:"
        sure |= {name for name in times if len(name) > 1 and (name.isupper() or times[name] >= _TURNS_MIN)}
    found = [match for match in found if _name(match) in sure]
    if len(found) < _TURNS_MIN:
        return {}
    blank = re.compile(r"\n\s*\n").search(text, found[-1].end())
    ends = [*(match.start() for match in found[1:]), blank.start() if blank else len(text)]
    return {
        match.start("label"): Turn(_name(match), match.end("label"), end)
        for match, end in zip(found, ends, strict=True)
    }


def _name(match: re.Match[str]) -> str:
    return match["name"] or match["letter"]


def _surnames(text: str) -> set[str]:
    """The last names, in capitals, of the people whom a text names in mixed case."""
    return {name.split()[-1].upper() for name in _PERSON.findall(text) if is_person(name)}


def _is_speaker(name: str, times: Counter[str], people: set[str]) -> bool:
    if name in ("Q", "A"):
        return "Q" in times and "A" in times
    if name.isupper():
        return times[name] >= _TURNS_MIN or name.split()[-1] in people
    return times[name] >= _TURNS_MIN and (is_person(name) or name.split()[-1].upper() in people)
