"""Names in a text: where they begin and end, which look like people, and which mentions are names as a whole."""

import re
from collections.abc import Sequence
from functools import lru_cache

from claimstance.articles.countries import by_adjective, by_capital, by_name
from claimstance.words import any_of, word_list

UPPER = "A-Z" + "".join(chr(code) for code in range(0xC0, 0x250) if chr(code).isupper())  # "Åsa", "Šimon"
PART = rf"(?:(?:[{UPPER}]\.){{2,}}|(?<![\w-])(?:al|el|ul|as|ash)-[{UPPER}][\w'’-]*\w|[{UPPER}][\w'’-]*[\w]|[{UPPER}]\.)"
_NAME = re.compile(rf"{PART}(?: (?:(?:de|da|do|di|del|dos|das|van|von|der|den|bin|ibn|al|el|ter) )*{PART})*")
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
TITLE_ENDS = re.compile(rf"{any_of(_TITLES)}\.? $")  # what stands before a name
_OFFICE_ENDS = re.compile(rf"(?i:{any_of(_TITLES)}) of $")
_AREA_ENDS = re.compile(r"\b(?:of|for|to)(?: the)? $")
_AREAS = frozenset({"State", "Treasury", "Exchequer", "Defense", "Defence", "Foreign Affairs"})  # "Secretary of State"
_BRANCHES = frozenset({"Defence", "Defense", "Finance", "Foreign", "General", "Interior", "Justice", "Premier"})
_SECOND_PART = re.compile(r"-(?:General|President|Minister|[Ee]lect|[Dd]esignate)$")  # of "Director-General"
POSSESSIVE = re.compile(r"['’]s?$")
LIST_SEPARATOR = re.compile(r",? and |, ")
_WORD = rf"[{UPPER}0-9][\w.’'/-]*"
_WHOLE_NAME = re.compile(rf"{_WORD}(?:(?:,| &)? (?:(?:of|for|on|the|and|to|against) )*{_WORD})+")
_COUNT = re.compile(r"\d{1,3}")  # a longer number is a year, which may begin a name
_RELATIONS = frozenset({"Family", "Father", "Half", "Head", "Mother", "Part", "Wife"})
_FIRM_ENDS = re.compile(r", (?:Inc|Ltd|LLC|Jr)\b\.?")
_LAW_ENDS = re.compile(r" (?:Act|Bill|Convention|Law|Treaty)$")
_ORGANS = r"(?:government|administration|cabinet|army|military|navy|parliament|embassy|regime)"
_ORGAN_OF = re.compile(rf"{_ORGANS} of (?:the )?(?P<country>.+)|(?P<state>[{UPPER}].*?)(?:['’]s?)? {_ORGANS}")
_REGIME_ENDS = re.compile(r" (?:administration|regime)$")  # one is named after a person or town too
_NO_RULERS = frozenset({"Military", "New", "Old", "Previous", "Regional"})
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
        cut = [
            i + 1
            for i, word in enumerate(words)
            if i < last and (_is_title_before_name(words, i) or POSSESSIVE.search(word))
        ]
        words = words[max(cut, default=0) :]
        while words and (_is_title_before_name(words, 0) or words[0].removesuffix(".") in NOT_NAMES):
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


def _is_title_before_name(words: Sequence[str], i: int) -> bool:
    """Return whether a word is a title before a name; "Justice" is none in "Justice Department"."""
    branch = words[i] in _BRANCHES and ORGANISATION.fullmatch(" ".join(words[i + 1 : i + 2]))
    return _is_title(words[i]) and not branch


def _is_title(word: str) -> bool:
    return _SECOND_PART.sub("", word).removesuffix(".") in _TITLES


@lru_cache(maxsize=4096)
def is_person(name: str) -> bool:
    """Return whether a full name looks like that of a person."""
    words = name.split()
    place = words[0] in _PLACE_WORDS or name in by_name() or name in by_capital()
    if place or name.isupper() or "and" in words or not 2 <= len(words) <= 4:
        return False
    return not ORGANISATION.search(name.removeprefix("Bill "))  # "Bill Lund" is no law


def is_title(word: str) -> bool:
    """Return whether a word is a title or office before a name, or an article."""
    return word == "The" or _is_title(word)


def is_title_case(text: str) -> bool:
    """Return whether all words of a text except function words are capitalised."""
    words = [word for word in re.findall(r"[^\W\d_][\w’'-]*", text) if word not in _FUNCTION_WORDS]
    return len(words) > 3 and all(word[0].isupper() for word in words)


def named_phrase(mention: str) -> str | None:
    """Return a mention that is a name as a whole, without its article: "the Bank of Aldmere", "Norland's army"."""
    return _organ(mention) or _phrase(mention)


def _organ(mention: str) -> str | None:
    """Return the organ of a state without its article: "Norland's army", "government of Norland", "Varga regime"."""
    bare = mention.removeprefix("the ").removeprefix("The ")
    organ = _ORGAN_OF.fullmatch(bare)
    if organ is None:
        return None
    state = organ["country"] or organ["state"]
    if state in by_adjective() or state in by_name():
        return bare
    ruled = (" " not in state or is_person(state)) and state not in NOT_NAMES | _NO_RULERS
    return bare if ruled and _REGIME_ENDS.search(bare) else None


def _phrase(mention: str) -> str | None:
    """Return a name with small words in it, without its article: "Bank of Aldmere", "Clean Air and Water Act"."""
    bare = mention.removeprefix("the ").removeprefix("The ")
    words = bare.split()
    if bare in by_name():
        return bare
    if not _WHOLE_NAME.fullmatch(bare) or bare.isupper() or words[0] in NOT_NAMES:
        return None
    if any(map(OFFICE.fullmatch, words)) or DAYS.intersection(words) or _has_title(words):
        return None  # "Governor Lena Varga of Aldmere"
    if _COUNT.fullmatch(words[0]):
        return None  # "20 Norlanders"
    if POSSESSIVE.search(words[0]) and (len(words) == 2 or is_person(" ".join(words[1:]))):
        return None  # "Norland's Lena Varga"
    first, of, _ = bare.partition(" of ")
    if of and not ORGANISATION.search(first) and (first.endswith("s") or first in _RELATIONS or _names_person(first)):
        return None  # "Residents of Aldmere", "Lena Varga of Aldmere"
    return None if _is_list(bare, article=bare != mention) else bare


def _has_title(words: Sequence[str]) -> bool:
    """Return whether one of the words is a title before a name; "Ministry of Defence" has none."""
    return any(
        _is_title(word) and before not in ("of", "the") and after[:1].isupper()
        for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False)
    )


def _names_person(words: str) -> bool:
    return is_person(words) and words.split()[0] not in by_adjective()  # "French Legion"


def _is_list(name: str, article: bool) -> bool:
    """Return whether a name with "and" or a comma is more than one name: "Norland and Keldia", "the Army and the Navy"."""
    parts = LIST_SEPARATOR.split(_FIRM_ENDS.sub("", name))
    if len(parts) == 1:
        return False
    bodies = [part for part in parts if ORGANISATION.search(part)]
    if len(bodies) != 1 or " and the " in name or any(part in by_name() for part in parts):
        return True
    return not (article or re.search(r" (?:of|for) ", parts[0]) or _LAW_ENDS.search(name))
