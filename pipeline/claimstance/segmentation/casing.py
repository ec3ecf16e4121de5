"""Sentences in capitals and headlines in Title Case, given the case that they would have within the article.

The rules for spans and names read capitals as signs of names. No light, kept library undoes them (``truecase`` is of
2021 and brings nltk): names keep their capitals where the article itself shows them in mixed case.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from claimstance.articles.names import is_title_case, names_in
from claimstance.segmentation.listed_names import body_mentions, cased_names, country_mentions, replaced

_WORD = re.compile(r"[^\W\d_]+")
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}")
_LETTERS_MIN: Final = 8
# Written alike, apart from the capital: a verb or pronoun in one place and a name in another.
_AMBIGUOUS: Final = frozenset(
    ["may", "will", "march", "us", "it", "who", "mark", "bill", "art", "page", "young", "can", "aim", "second"]
)


def is_capitals(text: str) -> bool:
    """Whether nearly all letters of a text are capitals; a few such words may be names."""
    if not any(map(str.isupper, text[:4])) and not text.isupper():
        return False
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    return upper >= max(_LETTERS_MIN, 8 * lower) and len(_WORD.findall(text)) >= 3


def is_shouted(text: str) -> bool:
    """Whether the capitals of a text say nothing: it is in capitals or in Title Case."""
    return is_capitals(text) or is_title_case(text)


def cased_words(texts: Iterable[str]) -> dict[str, str]:
    """Return how an article writes the words of its names, by their lower-case form, from its mixed-case sentences."""
    names: dict[str, str] = {}
    plain: set[str] = set()
    for text in texts:
        if is_shouted(text):
            continue
        for name, start in names_in(text):
            if start > 0 or " " in name:  # a single word at a sentence's beginning may be any
                names |= {word.lower(): word for word in _WORD.findall(name) if word[0].isupper()}
        plain.update(word for word in _WORD.findall(text) if word.islower())
    return {lower: word for lower, word in names.items() if lower not in plain and lower not in _AMBIGUOUS}


def recase(text: str, names: Mapping[str, str]) -> str:
    """Return a text of the same length in lower case, but for its first letter, initials (U.S.) and known names.

    Known are those of ``names``, and listed countries and bodies, which would not be hidden in lower case.
    """
    kept = {position for match in _INITIALS.finditer(text) for position in range(*match.span())}
    parts, end = [], 0
    for match in _WORD.finditer(text):
        lower = match.group().lower()
        if match.start() in kept or len(lower) != len(match.group()):  # "İ" in lower case is two characters
            continue
        parts += [text[end : match.start()], names.get(lower, lower)]
        end = match.end()
    recased = "".join([*parts, text[end:]])
    first = next((i for i, character in enumerate(recased) if character.isalnum()), 0)
    recased = recased[:first] + text[first : first + 1] + recased[first + 1 :]
    if is_capitals(text):
        return replaced(recased, cased_names(text))
    for mention in (*country_mentions(text), *body_mentions(text)):
        span = mention.bare
        recased = recased[: span.start] + span.of(text) + recased[span.end :]
    return recased
