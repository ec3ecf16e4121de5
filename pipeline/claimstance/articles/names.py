"""Names in a text, and the fullest form of each in its article: "Varga" becomes "Lena Varga".

Precision comes first: null where a careful reader would not be certain (label guide, "speaker").
"""

import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from claimstance.articles.countries import by_adjective, by_capital, by_name
from claimstance.errors import InputError
from claimstance.words import any_of, word_list

_PART = r"(?:(?:[A-Z]\.){2,}|(?:[a-z]{2,3}-)?[A-Z][\w'’-]*[\w]|[A-Z]\.)"
_NAME = re.compile(rf"{_PART}(?: (?:(?:de|da|di|del|van|von|der|den|bin|al|el|ter) )*{_PART})*")
_LISTS = "claimstance.articles"
_TITLES = word_list(_LISTS, "titles")
_NOT_NAMES = word_list(_LISTS, "not_names")
_PLACE_WORDS = word_list(_LISTS, "place_words")
_FIRM_WORDS = word_list(_LISTS, "firm_words")
_BODIES = word_list(_LISTS, "bodies")
_FUNCTION_WORDS = word_list(_LISTS, "function_words")
_ORGANISATION = re.compile(any_of(word_list(_LISTS, "organisation_words")))
_OFFICE_OF = re.compile(  # "the Chancellor of the Federal Republic of "
    rf"(?i:{any_of(_TITLES)})(?:(?: (?:of|for|to|the|and))+(?: [A-Z][\w.-]*)*)*? (?:of|for|to|the) $"
)
_OFFICE = re.compile(  # titles that are hardly ever a surname
    r"Ambassador|Attorney|Chairman|Chief|Commander|Commissioner|Director|Envoy|Minister|Officer|President|Secretary"
)
_SECOND_PART = re.compile(r"-(?:General|President|Minister|[Ee]lect|[Dd]esignate)$")  # of "Director-General"
_POSSESSIVE = re.compile(r"['’]s?$")
_WHOLE = re.compile(
    rf"(?:[Tt]he )?(?P<name>{_PART}(?:['’]s?)?(?:(?: (?:of|for|on|to|in|the|de|da|do|del|la|van|von))* {_PART}(?:['’]s?)?)+)"
)
_OF_SEVERAL = re.compile(
    rf"(?:[Tt]he )?(?P<name>{_PART}(?: {_PART})* (?:of|for) (?:the )?{_PART}(?: {_PART})*(?:,? and (?:the )?{_PART}(?: {_PART})*)+)"
)
_LONG_NAME = re.compile(rf"(?P<name>{_PART}(?:(?: (?:of|for|on|and|the|in))* {_PART})+)")
_ORGANS = r"(?:government|administration|cabinet|army|military|navy|parliament|embassy|mission|regime)"
_ORGAN_OF = re.compile(
    rf"(?:[Tt]he )?(?P<name>{_ORGANS} of (?:the )?{_PART}(?: {_PART})*|(?!The ){_PART}(?:['’]s?)?(?: {_PART})* {_ORGANS})"
)
_ACRONYM = re.compile(r"\(([A-Z][A-Z&-]*[A-Z])s?\)")
_DESCRIPTION = re.compile(r"\w+ist|Republican|Democrat|Defendant")
_JOB = re.compile(r"\w+(?:ist|ian|er|or|man|woman|eer)")  # where any word is capitalised


@lru_cache(maxsize=4096)  # an article's texts and names come again and again
def names_in(text: str) -> tuple[tuple[str, int], ...]:
    """Return capitalised names and their offsets, without titles, possessors and words that only begin a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = _POSSESSIVE.sub("", match.group()).split()
        last = len(words) - 1
        cut = [i + 1 for i, word in enumerate(words) if i < last and (_is_title(word) or _POSSESSIVE.search(word))]
        words = words[max(cut, default=0) :]
        while words and (_is_title(words[0]) or words[0].removesuffix(".") in _NOT_NAMES):
            words.pop(0)
        while words and (words[-1] in _NOT_NAMES or _OFFICE.fullmatch(words[-1])):
            words.pop()  # "Najjar Friday", "the ASEAN Envoy"
        if len(words) >= 3 and _OFFICE_OF.search(text[: match.start()]):
            words.pop(0)  # "the prime minister of Ostrea Halyna Bondar"
        if words:
            found.append((" ".join(words), match.start() + match.group().rindex(" ".join(words))))
    return tuple(found)


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
        aliases: Name by other name.
    """

    people: dict[str, set[str]] = field(default_factory=dict)
    organisations: dict[str, set[str]] = field(default_factory=dict)
    capitalised_inside: set[str] = field(default_factory=set)
    acronyms: dict[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def full_name(self, mention: str, begins_sentence: bool = False) -> str | None:
        """Return the fullest known form of a proper name; null for a common noun, or if two full names fit."""
        names = [name for name, _ in names_in(mention)]
        if len(names) == 1 and _mostly_name(mention, names[0]):
            full = self._full_form(names[0], begins_sentence)
        else:
            full = _whole_name(mention)
        return None if full is None else self.aliases.get(full, full)

    def body_called(self, noun: str) -> str | None:
        """Return the only body whose name ends in a common noun: "the university" of "University of Aldmere"."""
        word = noun.capitalize()
        if not _ORGANISATION.fullmatch(word):
            return None
        return _fullest({name for names in self.organisations.values() for name in names if word in name.split()})

    def _full_form(self, name: str, begins_sentence: bool) -> str | None:
        if name in self.acronyms:
            return self.acronyms[name]
        if name in self.aliases or " " in name:
            longer = self.organisations.get(name, set()) | self.people.get(name, set())
            return _fullest(longer) or name
        if name in _BODIES:  # "the Board": a name only where the article has one board
            return _fullest(self.organisations.get(name, set()))
        if name in by_name() or name in by_capital():
            return name
        if name.split()[-1].removesuffix("s") in by_adjective():  # "the Saudis": a people, no body
            return None
        if begins_sentence and name not in self.capitalised_inside and not name.isupper():
            return _fullest(self.people.get(name, set()))
        return _fullest(self.people.get(name) or self.organisations.get(name) or {name})


def _fullest(names: Set[str]) -> str | None:
    """Return the one name, or the longest if the others are parts of it ("Lena Varga", "Lena Ida Varga")."""
    longest = max(names, key=len, default=None)
    if longest is None or any(not set(name.split()) <= set(longest.split()) for name in names):
        return None
    return longest


def read_aliases(path: Path) -> dict[str, str]:
    """Return the name by other name, from a JSON object of names, each with a list of its other names.

    Raises:
        InputError: if the file is missing or malformed, or lists one other name for two names.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict) or not all(_is_list_of_names(others) for others in content.values()):
        raise InputError(f'{path}: should be like {{"Bank of Aldmere": ["Aldmere Bank", "BoA"]}}')
    names: dict[str, str] = {}
    for name, others in content.items():
        for other in others:
            if names.setdefault(other, name) != name:
                raise InputError(f"{path}: {other!r} is another name of both {names[other]!r} and {name!r}")
    return names


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def directory(texts: Sequence[str], aliases: Mapping[str, str] | None = None) -> Directory:
    """Return the names in an article's sentences."""
    result = Directory(aliases=aliases or {}, acronyms=_acronyms(texts))
    prose = [text for text in texts if not is_title_case(text)]  # in a headline every word looks like a name
    found = [(name, _begins(text, start)) for text in prose for name, start in names_in(text)]
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
    opens = begins and first not in inside and _JOB.fullmatch(first)
    described = first in by_adjective() or _DESCRIPTION.fullmatch(first) or opens
    return rest if described and " " in rest and is_person(name) else name


def _short_forms(name: str) -> list[str]:
    """Return short forms of an organisation: "Quarrion" of "Quarrion Metals", "Board" of "Data Protection Board"."""
    words = name.split()
    shorts = []
    for i in range(1, len(words)):
        if words[i] in _FIRM_WORDS:
            shorts.append(" ".join(words[:i]))
    if words[-1] in _BODIES or _ORGANISATION.fullmatch(words[-1]):
        shorts.append(words[-1])
    return shorts


def _whole_name(mention: str) -> str | None:
    """Return a mention that is one name with small words in it ("the Bank of Aldmere"), or the organ of a state."""
    whole = _WHOLE.fullmatch(mention) or _OF_SEVERAL.fullmatch(mention)
    if whole is not None and _ORGANISATION.search(mention) and "Minister" not in mention:
        return whole["name"]
    organ = _ORGAN_OF.fullmatch(mention)
    return organ["name"] if organ is not None else None


def _acronyms(texts: Sequence[str]) -> dict[str, str]:
    """Return full names by acronym, as "World Health Organization (WHO)" introduces them."""
    found: dict[str, str] = {}
    by_initials: dict[str, set[str]] = {}
    for text in texts:
        for match in _ACRONYM.finditer(text):
            words = text[: match.start()].split()
            letters = re.sub(r"[^A-Z]", "", match.group(1))
            for size in range(2, min(len(words), len(letters) + 5) + 1):
                part = words[-size:]
                initials = "".join(word[0] for word in re.split(r"[\s-]", " ".join(part)) if word[:1].isupper())
                if part[0][0].isupper() and initials == letters:
                    found.setdefault(match.group(1), " ".join(part))
                    break
        for match in _LONG_NAME.finditer(text):
            initials = "".join(re.findall(r"\b[A-Z]", match["name"]))
            by_initials.setdefault(initials, set()).add(match["name"])
    for letters, names in by_initials.items():
        if len(letters) > 1 and (name := _fullest(names)) is not None:
            found.setdefault(letters, name)
    return found


def _mostly_name(mention: str, name: str) -> bool:
    """Return whether a mention is a name, perhaps with an article or title, and no phrase that contains one."""
    rest = mention.replace(name, "", 1).split()
    return all(_is_title(word) or word in ("the", "The") for word in rest)
