"""Who is meant: the name behind a source and behind a target, by rules over the article so far.

Precision first: null where a careful reader would not be sure (label guide, "speaker").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from claimstance.quotations import cue_holder, how_quoted, quotations, within
from claimstance.schema import Holder, Prediction, Quoted, Sentence, Span

_PART = r"(?:[A-Z][\w'’-]*[\w]|[A-Z]\.)"
_NAME = re.compile(rf"{_PART}(?: (?:(?:de|da|di|del|van|von|der|den|bin|al|el|ter) )*{_PART})*")
_TITLES: Final = frozenset(
    [
        "Mr",
        "Mrs",
        "Ms",
        "Miss",
        "Dr",
        "Prof",
        "Professor",
        "Sir",
        "Dame",
        "Lord",
        "Lady",
        "President",
        "Vice",
        "Deputy",
        "Prime",
        "Minister",
        "Chancellor",
        "Senator",
        "Sen",
        "Rep",
        "Representative",
        "Governor",
        "Gov",
        "Mayor",
        "Councillor",
        "Cllr",
        "General",
        "Gen",
        "Colonel",
        "Col",
        "Lt",
        "Lieutenant",
        "Captain",
        "Capt",
        "Major",
        "Maj",
        "Sgt",
        "Sergeant",
        "Admiral",
        "Judge",
        "Justice",
        "Chief",
        "Secretary",
        "Foreign",
        "Defence",
        "Defense",
        "Finance",
        "Interior",
        "Spokesman",
        "Spokeswoman",
        "Spokesperson",
        "Ambassador",
        "King",
        "Queen",
        "Prince",
        "Princess",
        "Pope",
        "Detective",
        "Inspector",
        "Constable",
        "Superintendent",
        "Commissioner",
        "Coach",
        "Speaker",
        "Former",
        "Acting",
        "Attorney",
        "Director",
        "Chairman",
        "Chairwoman",
        "Chair",
    ]
)
_NOT_NAMES: Final = frozenset(
    [
        "The",
        "A",
        "An",
        "In",
        "On",
        "At",
        "By",
        "For",
        "From",
        "But",
        "And",
        "Or",
        "If",
        "When",
        "While",
        "After",
        "Before",
        "As",
        "It",
        "Its",
        "He",
        "She",
        "They",
        "We",
        "I",
        "You",
        "This",
        "That",
        "These",
        "Those",
        "His",
        "Her",
        "Their",
        "Our",
        "My",
        "There",
        "Here",
        "What",
        "Who",
        "Why",
        "How",
        "Where",
        "Some",
        "Several",
        "Many",
        "Most",
        "Both",
        "All",
        "No",
        "Not",
        "Yes",
        "Earlier",
        "Later",
        "Meanwhile",
        "However",
        "Still",
        "Also",
        "According",
        "Source",
        "Quote",
        "Details",
        "Background",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Read",
        "Photo",
    ]
)
_ORGANISATION = re.compile(
    r"\b(?:Ministry|Department|Party|Union|Bank|Inc|Corp|Ltd|Group|University|Institute|Council|Committee|Commission|Court|"
    r"Agency|Office|Association|Federation|Parliament|Senate|Congress|House|Government|Republic|Kingdom|States|Nations|Army|"
    r"Police|Times|Post|News|Front|Alliance|League|Society|Board|Authority|Company|Airlines|Club|City|County|Street|Airport|"
    r"Hospital|School|Fund|Foundation|Service|Centre|Center|Organi[sz]ation|Movement|Coalition|River|Sea|Island|Islands)\b"
)
_SINGULAR: Final = frozenset({"he", "she"})
_FIRST_PERSON: Final = frozenset({"i", "we"})
_ROLE = re.compile(
    r"\b(spokes(?:man|woman|person)|minister|president|secretary|mayor|governor|senator|ambassador|chancellor|chairman|"
    r"chairwoman|director|coach|judge|lawyer|general|official|analyst|professor|researcher|chief|leader|executive|candidate|"
    r"lawmaker|politician|diplomat)\b",
    re.IGNORECASE,
)
_LOOK_BACK: Final = 8  # sentences a pronoun may point back over


@dataclass(frozen=True, slots=True)
class Named:
    """What the article around a sentence adds to its prediction."""

    speaker: str | None
    quoted: Quoted
    holders: tuple[Holder, ...]  # one a cue
    target_names: tuple[str | None, ...]  # one a target


@dataclass(slots=True)
class _Memory:
    """What has been named so far in the article."""

    full_names: dict[str, set[str]] = field(default_factory=dict)  # last word → full names
    roles: dict[str, str] = field(default_factory=dict)  # "minister" → the last full name called so
    person: str | None = None  # the last person who spoke or was given as the source
    person_at: int = -_LOOK_BACK
    speaker: str | None = None  # the last speaker of any sort, who may go on in a quotation


def resolve(
    body: str,
    sentences: Sequence[Sentence],
    predictions: Sequence[Prediction | None],
    targets: Sequence[Sequence[Span]],
) -> list[Named | None]:
    """Resolve names within one article; null where a sentence has no prediction (page furniture)."""
    quotes, memory = quotations(body), _Memory()
    named: list[Named | None] = []
    previous = ""
    for i, (sentence, prediction, spans) in enumerate(zip(sentences, predictions, targets, strict=True)):
        _remember_names(memory, sentence.text)
        if previous == "Source:":
            _introduce(memory, sentence.text, i)
        if prediction is None:
            named.append(None)
        else:
            inside = within(quotes, Span(sentence.start, sentence.end))
            speaker = _speaker(memory, sentence.text, prediction, i, carried=bool(inside) or previous == "Quote:")
            named.append(
                Named(
                    speaker,
                    how_quoted(sentence.text, inside, prediction.source),
                    tuple(cue_holder(sentence.text, cue, prediction, inside) for cue in prediction.cues),
                    tuple(_target_name(memory, span.of(sentence.text)) for span in spans),
                )
            )
        previous = sentence.text
    return named


def names_in(text: str) -> list[tuple[str, int]]:
    """Capitalised names without titles, with where each begins; sentence-initial function words are cut off."""
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0].rstrip(".") in _TITLES | _NOT_NAMES:
            words.pop(0)
        if words:
            found.append((" ".join(words), match.end() - len(" ".join(words))))
    return found


def _is_person(name: str) -> bool:
    return 2 <= len(name.split()) <= 4 and not _ORGANISATION.search(name) and not name.isupper()


def _remember_names(memory: _Memory, text: str) -> None:
    for name, start in names_in(text):
        if not _is_person(name):
            continue
        memory.full_names.setdefault(name.split()[-1], set()).add(name)
        around = text[max(0, start - 60) : start] + " " + text[start + len(name) : start + len(name) + 60]
        for role in _ROLE.findall(re.split(r"[.;]", around)[-1] if "," not in around else around):
            memory.roles[role.lower()] = name


def _introduce(memory: _Memory, text: str, index: int) -> None:
    """After a "Source:" label the first person named is the one who speaks in what follows."""
    people = [name for name, _ in names_in(text) if _is_person(name)]
    if people:
        memory.person, memory.person_at, memory.speaker = people[0], index, people[0]


def _speaker(memory: _Memory, text: str, prediction: Prediction, index: int, carried: bool) -> str | None:
    if prediction.source is None:
        return memory.speaker if carried else None
    speaker = _name_of(memory, prediction.source.of(text), index)
    if speaker is not None and _is_person(speaker):
        memory.person, memory.person_at = speaker, index
    memory.speaker = speaker
    return speaker


def _name_of(memory: _Memory, source: str, index: int) -> str | None:
    if source.lower() in _SINGULAR:
        return memory.person if index - memory.person_at <= _LOOK_BACK else None
    if source.lower() in _FIRST_PERSON:
        return memory.speaker
    full = _full_name(memory, source)
    if full is not None:
        return full
    role = _ROLE.search(source)
    if role and source.lower().startswith("the "):
        return memory.roles.get(role.group().lower())
    return None


def _full_name(memory: _Memory, mention: str) -> str | None:
    """The fullest known form of a proper name; null for a common noun, or where two full names would fit."""
    names = [name for name, _ in names_in(mention)]
    if not names or not _mostly_name(mention, names[0]):
        return None
    candidates = memory.full_names.get(names[0].split()[-1], set())
    if len(names[0].split()) > 1 or not candidates:
        return mention.removeprefix("the ").removeprefix("The ") if len(names) == 1 else mention
    return next(iter(candidates)) if len(candidates) == 1 else None


def _mostly_name(mention: str, name: str) -> bool:
    """Whether a mention is a name, perhaps with an article or title, and not a phrase that contains one."""
    rest = mention.replace(name, "", 1).split()
    return all(word.rstrip(".") in _TITLES | {"the", "The"} for word in rest)


def _target_name(memory: _Memory, target: str) -> str | None:
    return _full_name(memory, target)
