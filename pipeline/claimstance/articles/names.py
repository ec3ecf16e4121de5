"""Names in a text, and the fullest form of each in its article: "Varga" becomes "Lena Varga".

Precision comes first: null where a careful reader would not be certain (label guide, "speaker").
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from claimstance.errors import InputError
from claimstance.words import any_of, word_list

_PART = r"(?:[A-Z][\w'’-]*[\w]|[A-Z]\.)"
_NAME = re.compile(rf"{_PART}(?: (?:(?:de|da|di|del|van|von|der|den|bin|al|el|ter) )*{_PART})*")
_LISTS = "claimstance.articles"
_TITLES = word_list(_LISTS, "titles")
_NOT_NAMES = word_list(_LISTS, "not_names")
_PLACE_WORDS = word_list(_LISTS, "place_words")
_FIRM_WORDS = word_list(_LISTS, "firm_words")
_BODIES = word_list(_LISTS, "bodies")
_FUNCTION_WORDS = word_list(_LISTS, "function_words")
_ORGANISATION = re.compile(any_of(word_list(_LISTS, "organisation_words")))
_POSSESSIVE = re.compile(r"['’]s?$")


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
        if len(words) == 3 and text[: match.start()].endswith(" of "):
            words.pop(0)  # "the prime minister of Ostrea Halyna Bondar"
        if words:
            found.append((" ".join(words), match.start() + match.group().rindex(" ".join(words))))
    return tuple(found)


def _is_title(word: str) -> bool:
    return word.removesuffix(".") in _TITLES


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
        aliases: Name by other name.
    """

    people: dict[str, set[str]] = field(default_factory=dict)
    organisations: dict[str, set[str]] = field(default_factory=dict)
    capitalised_inside: set[str] = field(default_factory=set)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def full_name(self, mention: str, begins_sentence: bool = False) -> str | None:
        """Return the fullest known form of a proper name; null for a common noun, or if two full names fit."""
        names = [name for name, _ in names_in(mention)]
        if len(names) != 1 or not _mostly_name(mention, names[0]):
            return None
        full = self._full_form(names[0], begins_sentence)
        return None if full is None else self.aliases.get(full, full)

    def _full_form(self, name: str, begins_sentence: bool) -> str | None:
        if name in self.aliases or " " in name:
            longer = self.organisations.get(name, set()) | self.people.get(name, set())
            return next(iter(longer)) if len(longer) == 1 else name
        if name in _BODIES:  # "the Board": a name only where the article has one board
            longer = self.organisations.get(name, set())
            return next(iter(longer)) if len(longer) == 1 else None
        if begins_sentence and name not in self.capitalised_inside:
            candidates = self.people.get(name, set())
            return next(iter(candidates)) if len(candidates) == 1 else None
        candidates = self.people.get(name) or self.organisations.get(name) or {name}
        return next(iter(candidates)) if len(candidates) == 1 else None


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
    result = Directory(aliases=aliases or {})
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
    return rest if begins and " " in rest and first not in inside and is_person(name) else name


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


def _mostly_name(mention: str, name: str) -> bool:
    """Return whether a mention is a name, perhaps with an article or title, and no phrase that contains one."""
    rest = mention.replace(name, "", 1).split()
    return all(_is_title(word) or word in ("the", "The") for word in rest)
