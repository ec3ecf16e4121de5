"""Names in a text, and the fullest form of each in its article: "Varga" becomes "Lena Varga".

Precision comes first: null where a careful reader would not be certain (label guide, "speaker").
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from claimstance.articles.countries import by_adjective, by_capital, by_name
from claimstance.words import any_of, word_list

_PART = r"(?:(?:[A-Z]\.){2,}|(?<![\w-])(?:al|el|ul|as|ash)-[A-Z][\w'’-]*\w|[A-Z][\w'’-]*[\w]|[A-Z]\.)"
_NAME = re.compile(rf"{_PART}(?: (?:(?:de|da|di|del|van|von|der|den|bin|al|el|ter) )*{_PART})*")
_PHRASE = re.compile(rf"{_PART}['’]?(?: (?:(?:of|for|on|the) )*{_PART}['’]?)+")  # "Supreme Court of Norland"
_LISTS = "claimstance.articles"
_TITLES = word_list(_LISTS, "titles")
_NOT_NAMES = word_list(_LISTS, "not_names")
_PLACE_WORDS = word_list(_LISTS, "place_words")
_FIRM_WORDS = word_list(_LISTS, "firm_words")
_BODIES = word_list(_LISTS, "bodies")
_FUNCTION_WORDS = word_list(_LISTS, "function_words")
_ORGANISATION = re.compile(any_of(word_list(_LISTS, "organisation_words")))
_DAYS = frozenset(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
_SUFFIXES = frozenset({"Jr", "Jr.", "Sr", "Sr."})
_OFFICE = re.compile(  # titles that are hardly ever a surname
    r"Ambassador|Attorney|Chairman|Chief|Commander|Commissioner|Director|Envoy|Minister|Officer|President|Secretary"
)
_OFFICE_ENDS = re.compile(rf"(?i:{any_of(_TITLES)}) of $")
_AREA_ENDS = re.compile(r"\b(?:of|for|to)(?: the)? $")
_AREAS = frozenset({"State", "Treasury", "Exchequer", "Defense", "Defence", "Foreign Affairs"})  # "Secretary of State"
_SECOND_PART = re.compile(r"-(?:General|President|Minister|[Ee]lect|[Dd]esignate)$")  # of "Director-General"
_POSSESSIVE = re.compile(r"['’]s?$")
_ORGANS = r"(?:government|administration|cabinet|army|military|navy|parliament|embassy|regime)"
_ORGAN_OF = re.compile(rf"{_ORGANS} of (?:the )?(?P<country>.+)|(?P<state>[A-Z].*?)(?:['’]s?)? {_ORGANS}")
_ACRONYM = re.compile(r"\(([A-Z][A-Z&-]*[A-Z])s?\)")
_COMMON_ACRONYMS = {  # they mean the same in every article
    **dict.fromkeys(("US", "U.S.", "USA"), "United States"),
    **dict.fromkeys(("UN", "U.N."), "United Nations"),
    **dict.fromkeys(("EU", "E.U."), "European Union"),
    **dict.fromkeys(("UK", "U.K."), "United Kingdom"),
    "UAE": "United Arab Emirates",
}
_BEFORE = 40  # characters before a name in which an office stands
_JOB = re.compile(r"\w+(?:ist|ian|er|or|man|woman|eer)")  # "Historian Tomas Arany", where a sentence begins


@lru_cache(maxsize=4096)  # an article's texts and names come again and again
def names_in(text: str) -> tuple[tuple[str, int], ...]:
    """Return capitalised names and their offsets, without titles, possessors and words that only begin a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = _POSSESSIVE.sub("", match.group()).split()
        while len(words) > 1 and words[-1] in _DAYS:
            words.pop()  # "She met Lena Varga Friday"
        last = len(words) - 1 - (words[-1] in _SUFFIXES)
        cut = [i + 1 for i, word in enumerate(words) if i < last and (_is_title(word) or _POSSESSIVE.search(word))]
        words = words[max(cut, default=0) :]
        while words and (_is_title(words[0]) or words[0].removesuffix(".") in _NOT_NAMES):
            words.pop(0)
        if len(words) > 1 and _OFFICE.fullmatch(words[-1]):
            words.pop()  # "the Aldmere Envoy"
        words = _without_area(words, text[max(0, match.start() - _BEFORE) : match.start()])
        if words:
            found.append((" ".join(words), match.start() + match.group().rindex(" ".join(words))))
    return tuple(found)


def _without_area(words: list[str], before: str) -> list[str]:
    """Drop what an office is of from the name that follows it: "the President of Norland Lena Varga"."""
    if _AREA_ENDS.search(before):
        for size in range(len(words) - 2, 0, -1):
            area, rest = " ".join(words[:size]), " ".join(words[size:])
            if (area in by_name() or area in _AREAS) and is_person(rest):
                return words[size:]
    if len(words) == 3 and _OFFICE_ENDS.search(before) and is_person(" ".join(words[1:])):
        return words[1:]  # of a country that the table does not have
    return words


def _is_title(word: str) -> bool:
    return _SECOND_PART.sub("", word).removesuffix(".") in _TITLES


@lru_cache(maxsize=4096)
def is_person(name: str) -> bool:
    """Return whether a full name looks like that of a person."""
    words = name.split()
    return 2 <= len(words) <= 4 and not (_ORGANISATION.search(name) or words[0] in _PLACE_WORDS or name.isupper())


def is_title(word: str) -> bool:
    """Return whether a word is a title or office before a name, or an article."""
    return word == "The" or _is_title(word)


@dataclass(slots=True)
class Directory:
    """The names of one article.

    Attributes:
        people: Full names of people by short form.
        organisations: Full names of organisations, places and documents by short form.
        capitalised_inside: Words that are capitalised within a sentence too, so that they are names.
        acronyms: Full names by acronym.
        apart: Pairs of names that stand in one sentence, so that neither is a short form of the other.
        aliases: Name by other name.
    """

    people: dict[str, set[str]] = field(default_factory=dict)
    organisations: dict[str, set[str]] = field(default_factory=dict)
    capitalised_inside: set[str] = field(default_factory=set)
    acronyms: dict[str, str] = field(default_factory=dict)
    apart: set[frozenset[str]] = field(default_factory=set)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def full_name(self, mention: str, begins_sentence: bool = False) -> str | None:
        """Return the fullest known form of a proper name; null for a common noun, or if two full names fit."""
        names = [name for name, _ in names_in(mention)]
        if len(names) == 1 and _mostly_name(mention, names[0]):
            full = self._full_form(names[0], begins_sentence)
        else:
            full = _organ(mention) or _phrase(mention)
        return None if full is None else self.aliases.get(full, full)

    def body_called(self, noun: str) -> str | None:
        """Return the only body of a kind: "the university" is "Aldmere University" or "University of Aldmere"."""
        kind = noun.capitalize()
        if kind not in _BODIES or kind in self.people:
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
        people = self.people.get(name, set())
        is_place = not people and (name in by_name() or name in by_capital())
        if begins_sentence and name not in self.capitalised_inside and not name.isupper() and not is_place:
            return self._fullest(people)
        return self._fullest(people or self.organisations.get(name) or {name})

    def _fullest(self, names: Set[str]) -> str | None:
        """Return the one name, or the longest if it is the others with more words ("Lena Varga", "Lena Ida Varga")."""
        longest = max(names, key=lambda name: (len(name), name), default=None)
        if longest is None or any(not self._is_short_form(name, longest) for name in names):
            return None
        return longest

    def _is_short_form(self, name: str, longest: str) -> bool:
        short, words = name.split(), longest.split()
        rest = iter(words)
        ordered = all(word in rest for word in short)
        return ordered and short[0] == words[0] and short[-1] == words[-1] and {name, longest} not in self.apart


def directory(texts: Sequence[str], aliases: Mapping[str, str] | None = None) -> Directory:
    """Return the names in an article's sentences."""
    prose = [text for text in texts if not is_title_case(text)]  # in a headline every word looks like a name
    result = Directory(aliases=aliases or {}, acronyms=_acronyms(prose))
    found = [(name, _begins(text, start)) for text in prose for name, start in names_in(text)]
    for text in prose:
        result.apart |= _alike(name for name, _ in names_in(text) if " " in name)
    for name, begins in found:
        result.capitalised_inside.update(name.split()[1 if begins else 0 :])
    for name in {
        _without_description(name, begins, result.capitalised_inside) for name, begins in found if " " in name
    }:
        if is_person(name):
            words = name.split()
            for short in (*words, *(" ".join(words[i:]) for i in range(1, len(words) - 1))):
                result.people.setdefault(short, set()).add(name)
        else:
            for short in _short_forms(name):
                result.organisations.setdefault(short, set()).add(name)
    return result


def _alike(names: Iterable[str]) -> set[frozenset[str]]:
    """Return pairs of names with the same first and last word: only these look like forms of one name."""
    by_ends: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name in names:
        words = name.split()
        by_ends[words[0], words[-1]].add(name)
    return {frozenset(pair) for group in by_ends.values() for pair in combinations(group, 2)}


def is_title_case(text: str) -> bool:
    """Return whether all words of a text except function words are capitalised."""
    words = [word for word in re.findall(r"[A-Za-z][\w’'-]*", text) if word not in _FUNCTION_WORDS]
    return len(words) > 3 and all(word[0].isupper() for word in words)


def _begins(text: str, start: int) -> bool:
    """Return whether an offset begins a sentence or quotation, where any word is capitalised."""
    return not text[:start].strip() or text[start - 1] in "“\"‘'("


def _without_description(name: str, begins: bool, inside: set[str]) -> str:
    """Drop a job name at the beginning of a sentence: "Historian Tomas Arany" becomes "Tomas Arany"."""
    first, _, rest = name.partition(" ")
    described = (
        first in by_adjective()
        or first.endswith("ologist")
        or (begins and first not in inside and _JOB.fullmatch(first))
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
        shorts.append(words[-1])
    return shorts


def _organ(mention: str) -> str | None:
    """Return the organ of a state without its article: "Norland's army", "government of Norland"."""
    bare = mention.removeprefix("the ").removeprefix("The ")
    organ = _ORGAN_OF.fullmatch(bare)
    if organ is None:
        return None
    state = organ["country"] or organ["state"]
    return bare if state in by_adjective() or state in by_name() else None


def _phrase(mention: str) -> str | None:
    """Return a body's name with small words in it, without its article: "the Bank of Aldmere"."""
    bare = mention.removeprefix("the ").removeprefix("The ")
    first = bare.partition(" of ")[0]
    if not _PHRASE.fullmatch(bare) or not _ORGANISATION.search(first) or any(map(_OFFICE.fullmatch, bare.split())):
        return None
    return None if any(is_person(name) for name, _ in names_in(bare)) else bare


def _acronyms(texts: Sequence[str]) -> dict[str, str]:
    """Return full names by acronym: "World Health Organization (WHO)", or a body's initials."""
    introduced: dict[str, str] = {}
    by_initials: dict[str, set[str]] = {}
    for text in texts:
        for match in _ACRONYM.finditer(text):
            if (name := _introduced(text[: match.start()].split(), match.group(1))) is not None:
                introduced.setdefault(match.group(1), name)
        for match in _PHRASE.finditer(text):
            name = _POSSESSIVE.sub("", match.group())
            if _ORGANISATION.search(name) and not _DAYS.intersection(name.split()):
                by_initials.setdefault(_initials(name), set()).add(name)
    bodies = {letters: next(iter(names)) for letters, names in by_initials.items() if len(names) == 1}
    known = {letters: name for letters, name in bodies.items() if len(letters) > 2 and letters not in name.split()}
    common = {letters: name for letters, name in _COMMON_ACRONYMS.items() if any(name in text for text in texts)}
    return {letters: name for letters, name in (known | introduced).items() if letters not in _COMMON_ACRONYMS} | common


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


def _mostly_name(mention: str, name: str) -> bool:
    """Return whether a mention is a name, perhaps with an article or title, and no phrase that contains one."""
    rest = mention.replace(name, "", 1).split()
    return all(_is_title(word) or word in ("the", "The") for word in rest)
