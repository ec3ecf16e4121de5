"""The names of one article, and the fullest form of each: "Varga" becomes "Lena Varga".

Precision comes first: null where a careful reader would not be certain (label guide, "speaker").
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations

from claimstance.articles.countries import LONGEST_COUNTRY, by_adjective, by_capital, by_name
from claimstance.articles.names import (
    DAYS,
    OFFICE,
    ORGANISATION,
    PART,
    POSSESSIVE,
    TITLE_ENDS,
    WORD_LISTS,
    is_person,
    is_title,
    is_title_case,
    named_phrase,
    names_in,
)
from claimstance.words import word_list

_CAPITALISED = rf"{PART}['’]?(?: (?:(?:%s) )*{PART}['’]?)+"
_PHRASE = re.compile(_CAPITALISED % "of|for|on|the")  # "Supreme Court of Norland"
_PHRASE_WITH_AND = re.compile(_CAPITALISED % "of|for|on|the|and")  # "Board of Food and Health"
_FIRM_WORDS = word_list(WORD_LISTS, "firm_words")
_BODIES = word_list(WORD_LISTS, "bodies")
_GENERATIONS = frozenset({"Jr", "Sr", "II", "III", "IV"})
_SOVEREIGNS = frozenset({"Emir", "King", "Pope", "Queen", "Sultan"})
_TITLE_SPAN = 20  # characters before a name in which a title ends
_VAGUE_BODIES = word_list(WORD_LISTS, "vague_bodies")
_STORM = re.compile(r"(?:Cyclone|Hurricane|Storm|Typhoon) \w+")
_ACRONYM = re.compile(r"\(([A-Z][A-Z&-]*[A-Z])s?\)")
_INTRODUCED = 200  # characters before an acronym in which its name stands
_LETTERS = re.compile(r"\b[A-Z]{3,}\b")
_COMMON_ACRONYMS = {  # they mean the same in every article
    **dict.fromkeys(("US", "U.S.", "USA"), "United States"),
    **dict.fromkeys(("UN", "U.N."), "United Nations"),
    **dict.fromkeys(("EU", "E.U."), "European Union"),
    **dict.fromkeys(("UK", "U.K."), "United Kingdom"),
    "UAE": "United Arab Emirates",
}
_DESCRIPTION = re.compile(
    r"\w+ologist|[\w-]+-(?:based|born|led|old)|Academic|Cardinal|Conservative|Democrat|Executive|Republican"
)
_JOB = re.compile(r"\w+(?:ist|ian|er|or|man|woman|eer)")  # "Historian Tomas Arany", where a sentence begins
_GIVEN_NAMES = word_list(WORD_LISTS, "given_names")  # that end so too


@dataclass(slots=True)
class Directory:
    """The names of one article.

    Attributes:
        people: Full names of people by short form.
        organisations: Full names of organisations, places and documents by short form.
        capitalised_inside: Words that are capitalised within a sentence too, so that they are names.
        acronyms: Full names by acronym.
        titled: Names that stand behind a title.
        apart: Pairs of names that stand in one sentence, so that neither is a short form of the other.
        aliases: Name by other name.
    """

    people: dict[str, set[str]] = field(default_factory=dict)
    organisations: dict[str, set[str]] = field(default_factory=dict)
    capitalised_inside: set[str] = field(default_factory=set)
    acronyms: dict[str, str] = field(default_factory=dict)
    titled: set[str] = field(default_factory=set)
    apart: set[frozenset[str]] = field(default_factory=set)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Add a name of several words, by each of its short forms."""
        if not is_person(name):
            for short in _short_forms(name):
                self.organisations.setdefault(short, set()).add(name)
            return
        words = name.split()
        shorts = [word for word in words if word[0].isupper() or "-" in word]  # no "van", but "al-Tarn"
        shorts += [f"{words[0]} {words[-1]}", *(" ".join(words[i:]) for i in range(1, len(words) - 1))]
        for short in shorts:
            for form in (short, short[0].upper() + short[1:], _plain(short)):  # "van Lund" may begin a sentence
                self.people.setdefault(form, set()).add(name)

    def full_name(self, mention: str, begins_sentence: bool = False) -> str | None:
        """Return the fullest known form of a proper name; null for a common noun, or if two full names fit."""
        names = [name for name, _ in names_in(mention)]
        if len(names) == 1 and _mostly_name(mention, names[0]):
            sovereign = " " not in names[0] and _SOVEREIGNS.intersection(mention.split())
            full = names[0] if sovereign else self._full_form(names[0], begins_sentence)
        elif mention in self.people:
            full = self._fullest(self.people[mention])
        else:
            full = named_phrase(mention)
            full = self._fullest(self.organisations.get(full or "", set())) or full
        return None if full is None else self.aliases.get(full, full)

    def body_called(self, noun: str) -> str | None:
        """Return the only body of a kind: "the university" is "Aldmere University" or "University of Aldmere"."""
        kind = noun.capitalize()
        if kind not in _BODIES or kind in _VAGUE_BODIES or kind in self.people:
            return None
        full = {name for names in self.organisations.values() for name in names}
        return self._fullest({name for name in full if name.endswith(f" {kind}") or name.startswith(f"{kind} of ")})

    def _full_form(self, name: str, begins_sentence: bool) -> str | None:
        if name not in self.aliases and name in self.acronyms:
            return self.acronyms[name]
        if name in self.aliases or " " in name:
            return self._fullest(self.organisations.get(name, set()) | self.people.get(name, set())) or name
        if name in _BODIES:  # "the Board": a name only where the article has one board
            return self._fullest(self.organisations.get(name, set()))
        if name in by_adjective() or name.removesuffix("s") in by_adjective():
            return None  # "the Norlanders": a people, no body
        people, organisations = self.people.get(name, set()), self.organisations.get(name, set())
        place = name in by_name() or name in by_capital()
        if place or name.isupper():  # "Jordan" is the country, unless somebody of that surname has a title
            people = {full for full in people if full.endswith(f" {name}") and (not place or full in self.titled)}
        if place:
            organisations = set()
        if people or (begins_sentence and name not in self.capitalised_inside and not (name.isupper() or place)):
            return self._fullest(people)
        return self._fullest(organisations or {name})

    def _fullest(self, names: Set[str]) -> str | None:
        """Return the one name, or the longest if it is the others with more words ("Lena Varga", "Lena Ida Varga")."""
        in_order = sorted(names, key=lambda name: (-len(name), name))
        by_words = {frozenset(_words(name)) - {"of", "the"}: name for name in in_order}
        names = set(by_words.values())  # "University of Aldmere" is "Aldmere University"
        longest = max(names, key=lambda name: (len(name), name), default=None)
        if longest is None or any(not self._is_short_form(name, longest) for name in names):
            return None
        return longest

    def _is_short_form(self, name: str, longest: str) -> bool:
        short, words = _words(name), _words(longest)
        rest = iter(words)
        ordered = all(word in rest for word in short)
        if _GENERATIONS & {*name.split()} ^ _GENERATIONS & {*longest.split()}:
            return False  # "Oskar Wendt" and "Oskar Wendt Jr" are two people
        ends = (short[0] == words[0]) + (short[-1] == words[-1])
        return ordered and ends >= (1 if is_person(longest) else 2) and {name, longest} not in self.apart


def directory(texts: Sequence[str], aliases: Mapping[str, str] | None = None) -> Directory:
    """Return the names in an article's sentences."""
    prose = [text for text in texts if not is_title_case(text)]  # in a headline every word looks like a name
    phrases = [POSSESSIVE.sub("", match.group()) for text in prose for match in _PHRASE.finditer(text)]
    result = Directory(aliases=aliases or {}, acronyms=_acronyms(prose))
    found = []
    for text in prose:
        names = names_in(text)
        result.apart |= _alike(name for name, _ in names if " " in name)
        for name, start in names:
            begins = _begins(text, start)
            found.append((name, begins))
            result.capitalised_inside.update(name.split()[1 if begins else 0 :])
            if TITLE_ENDS.search(text[max(0, start - _TITLE_SPAN) : start]):
                result.titled.add(name)
    inside, acronyms = result.capitalised_inside, {name for name, _ in found if name.isupper() and len(name) > 1}
    for body, short in _bodies_of(phrases):
        result.organisations.setdefault(short, set()).add(body)
    for name in {_without_description(name, begins, inside, acronyms) for name, begins in found}:
        if " " in name:
            result.add(name)
    return result


def _bodies_of(phrases: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield bodies such as "Central Bank of Norland" with each of their short forms: "Central Bank", "Bank"."""
    for phrase in phrases:
        body = phrase.removeprefix("The ")
        first, of, _ = body.partition(" of ")
        words = first.split()
        if of and words[-1] in _BODIES and not any(map(OFFICE.fullmatch, words)):
            yield from ((body, " ".join(words[i:])) for i in range(len(words)))
            for size in range(1, LONGEST_COUNTRY + 1):
                if POSSESSIVE.sub("", " ".join(words[:size])) in by_name() and len(words) > size:
                    yield body, " ".join(body.split()[size:])


def _alike(names: Iterable[str]) -> set[frozenset[str]]:
    """Return pairs of names with the same first or last word: only these look like forms of one name."""
    by_end: dict[tuple[bool, str], set[str]] = defaultdict(set)
    for name in names:
        words = name.split()
        by_end[True, words[0]].add(name)
        by_end[False, words[-1]].add(name)
    return {frozenset(pair) for group in by_end.values() for pair in combinations(group, 2)}


def _begins(text: str, start: int) -> bool:
    """Return whether an offset begins a sentence or quotation, where any word is capitalised."""
    return not text[:start].strip() or text[start - 1] in "“\"‘'("


def _without_description(name: str, begins: bool, inside: Set[str], acronyms: Set[str]) -> str:
    """Drop a job name at the beginning of a sentence: "Historian Tomas Arany" becomes "Tomas Arany"."""
    first, _, rest = name.partition(" ")
    if _DESCRIPTION.fullmatch(first) and is_person(name):
        return rest
    described = (
        first in by_adjective()
        or first in acronyms  # "WHO Lena Varga", where an article runs two names together
        or (begins and first not in inside and first not in _GIVEN_NAMES and _JOB.fullmatch(first))
    )
    return rest if described and " " in rest and is_person(name) else name


def _short_forms(name: str) -> list[str]:
    """Return short forms of an organisation: "Quarrion" of "Quarrion Metals", "Board" of "Data Protection Board"."""
    words = name.split()
    shorts = []
    for i in range(1, len(words)):
        if words[i] in _FIRM_WORDS:
            shorts.append(" ".join(words[:i]))
    if words[-1] in _BODIES:
        own = words[0] not in by_adjective()  # "the Supreme Court" is not "Orvanian Supreme Court"
        shorts += [" ".join(words[i:]) for i in range(1 if own else len(words) - 1, len(words))]
    if _STORM.search(name):
        shorts.append(words[-1])
    return shorts


def _acronyms(texts: Sequence[str]) -> dict[str, str]:
    """Return full names by acronym: "World Health Organization (WHO)", or a body's initials."""
    introduced: dict[str, str] = {}
    for text in texts:
        for match in _ACRONYM.finditer(text):
            before = text[max(0, match.start() - _INTRODUCED) : match.start()]
            if (name := _introduced(before.split(), match.group(1))) is not None:
                introduced.setdefault(match.group(1), name)
    seen = {letters for text in texts for letters in _LETTERS.findall(text)}
    by_initials: dict[str, set[str]] = {}
    for name in _endings(texts, max(map(len, seen), default=0)):
        if (letters := _initials(name)) in seen and letters not in name.split() and _is_body(name):
            by_initials.setdefault(letters, set()).add(name)
    known = {letters: next(iter(names)) for letters, names in by_initials.items() if len(names) == 1}
    common = {letters: name for letters, name in _COMMON_ACRONYMS.items() if any(name in text for text in texts)}
    return {letters: name for letters, name in (known | introduced).items() if letters not in _COMMON_ACRONYMS} | common


def _endings(texts: Sequence[str], longest: int) -> Iterator[str]:
    """Yield the ends of capitalised phrases: "Food Safety Board" of "Norland Food Safety Board" has the initials "FSB".

    ``longest`` is the most initials that are looked for; an acronym behind the phrase is left out.
    """
    for text in texts if longest else ():
        for match in _PHRASE_WITH_AND.finditer(text):
            words = POSSESSIVE.sub("", match.group()).split()
            if _LETTERS.fullmatch(words[-1]):
                words.pop()
            words = words[-2 * longest :]
            yield from (" ".join(words[i:]) for i, word in enumerate(words) if word[0].isupper())


def _is_body(name: str) -> bool:
    words = name.split()
    return bool(ORGANISATION.search(name)) and not DAYS.intersection(words) and not any(map(OFFICE.fullmatch, words))


def _introduced(before: Sequence[str], acronym: str) -> str | None:
    """Return the last words whose initials are an acronym's letters."""
    letters = re.sub(r"[^A-Z]", "", acronym)
    for size in range(2, min(len(before), len(letters) + 5) + 1):
        words = before[-size:]
        if words[0][0].isupper() and _initials(" ".join(words)) == letters:
            return " ".join(words)
    return None


def _initials(name: str) -> str:
    return "".join(re.findall(r"\b[A-Z]", name))


def _plain(name: str) -> str:
    """Return a name without accents: "Vazquez" for "Vázquez"."""
    return "".join(char for char in unicodedata.normalize("NFD", name) if not unicodedata.combining(char))


def _words(name: str) -> list[str]:
    return _plain(name).casefold().split()


def _mostly_name(mention: str, name: str) -> bool:
    """Return whether a mention is a name, perhaps with article, title or weekday, and no phrase that contains one."""
    rest = mention.replace(name, "", 1).split()
    return all(is_title(word) or word == "the" or (word in DAYS and " " in name) for word in rest)
