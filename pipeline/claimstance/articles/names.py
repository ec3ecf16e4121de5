"""Capitalised names in a text: where they begin and end, and which of them look like people."""

import re
from functools import lru_cache

from claimstance.articles.countries import by_name
from claimstance.words import any_of, word_list

PART = r"(?:(?:[A-Z]\.){2,}|(?<![\w-])(?:al|el|ul|as|ash)-[A-Z][\w'’-]*\w|[A-Z][\w'’-]*[\w]|[A-Z]\.)"
_NAME = re.compile(rf"{PART}(?: (?:(?:de|da|di|del|van|von|der|den|bin|al|el|ter) )*{PART})*")
WORD_LISTS = "claimstance.articles"
_TITLES = word_list(WORD_LISTS, "titles")
NOT_NAMES = word_list(WORD_LISTS, "not_names")
_PLACE_WORDS = word_list(WORD_LISTS, "place_words")
_FUNCTION_WORDS = word_list(WORD_LISTS, "function_words")
ORGANISATION = re.compile(any_of(word_list(WORD_LISTS, "organisation_words")))
DAYS = frozenset(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
_SUFFIXES = frozenset({"Jr", "Jr.", "Sr", "Sr."})
OFFICE = re.compile(  # titles that are hardly ever a surname
    r"Ambassador|Attorney|Chairman|Chief|Commander|Commissioner|Director|Envoy|Minister|Officer|President|Secretary"
)
_OFFICE_ENDS = re.compile(rf"(?i:{any_of(_TITLES)}) of $")
_AREA_ENDS = re.compile(r"\b(?:of|for|to)(?: the)? $")
_AREAS = frozenset({"State", "Treasury", "Exchequer", "Defense", "Defence", "Foreign Affairs"})  # "Secretary of State"
_GERUND = re.compile(r"[A-Z][a-z]{4,}ing")  # "Connecting Aldmere", a programme
_SECOND_PART = re.compile(r"-(?:General|President|Minister|[Ee]lect|[Dd]esignate)$")  # of "Director-General"
POSSESSIVE = re.compile(r"['’]s?$")
_BEFORE = 40  # characters before a name in which an office stands


@lru_cache(maxsize=4096)  # an article's texts and names come again and again
def names_in(text: str) -> tuple[tuple[str, int], ...]:
    """Return capitalised names and their offsets, without titles, possessors and words that only begin a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = POSSESSIVE.sub("", match.group()).split()
        while len(words) > 1 and words[-1] in DAYS:
            words.pop()  # "She met Lena Varga Friday"
        last = len(words) - 1 - (words[-1] in _SUFFIXES)
        cut = [i + 1 for i, word in enumerate(words) if i < last and (_is_title(word) or POSSESSIVE.search(word))]
        words = words[max(cut, default=0) :]
        while words and (_is_title(words[0]) or words[0].removesuffix(".") in NOT_NAMES):
            words.pop(0)
        if len(words) > 1 and OFFICE.fullmatch(words[-1]):
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
    if not 2 <= len(words) <= 4 or name.isupper() or words[0] in _PLACE_WORDS or _GERUND.fullmatch(words[0]):
        return False
    return not ORGANISATION.search(name)


def is_title(word: str) -> bool:
    """Return whether a word is a title or office before a name, or an article."""
    return word == "The" or _is_title(word)


def is_title_case(text: str) -> bool:
    """Return whether all words of a text except function words are capitalised."""
    words = [word for word in re.findall(r"[A-Za-z][\w’'-]*", text) if word not in _FUNCTION_WORDS]
    return len(words) > 3 and all(word[0].isupper() for word in words)
