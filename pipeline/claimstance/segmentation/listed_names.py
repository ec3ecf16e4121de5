"""Names of countries and bodies that our lists have, and the names that a model reads in their place.

A model learns from news whom news is hostile to. A model that reads "NATO" instead of "the Taliban" cannot use what it
learned about the Taliban (docs/decisions/hidden-names.md).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from claimstance.articles.countries import by_name, countries
from claimstance.schema import Span
from claimstance.words import word_list

NAME, ADJECTIVE, CAPITAL, BODY = "name", "adjective", "capital", "body"
# In the order in which a sentence takes them; with many more names it takes the first ones again. Each has an adjective
# that takes an "s": "Russians" is read "Norwegians".
_COUNTRIES_READ: Final = (
    "Norway", "Kenya", "Chile", "Hungary", "Austria", "Peru", "Canada", "Estonia", "Tunisia", "Ghana",
)  # fmt: skip
_BODIES_READ: Final = ("NATO", "UN", "European Union")
_READ_AS_WRITTEN: Final = frozenset({"Chad", "Georgia", "Jordan"})  # often people, or a US state
_OTHER_NAMES: Final = (  # that a country's name is part of
    "African American", "African-American", "American Samoa", "Asian American", "Asian-American", "Bank of America",
    "Bank of England", "Brazil nut", "British Columbia", "Central America", "Central American", "Guinea pig",
    "Latin America", "Latin American", "Native American", "New Mexican", "New Mexico", "North America",
    "North American", "Northern Ireland", "South America", "South American", "Washington Post", "Washington state",
    "Washington State",
)  # fmt: skip
_NEVER_IN_CAPITALS: Final = frozenset({"us", "polish", "turkey"})  # in a headline in capitals, perhaps the common words


@dataclass(frozen=True, slots=True)
class Mention:
    """A listed name in a text.

    Attributes:
        name: The country's short name, or that of the body without an article.
        form: name, adjective or capital of a country, or body.
        plural: Whether an adjective has an "s", as in "Russians".
        span: With the article before it, if there is one.
        bare: Without it.
    """

    name: str
    form: str
    plural: bool
    span: Span
    bare: Span


@dataclass(frozen=True, slots=True)
class Replacement:
    """New words for a stretch of a text."""

    span: Span
    words: str


def country_mentions(text: str) -> Iterator[Mention]:
    """Yield the countries in a text, by any of their names."""
    yield from _mentions(text, _country_pattern(), _countries())


def body_mentions(text: str) -> Iterator[Mention]:
    """Yield the bodies in a text that ``listed_bodies`` has, by any of their spellings."""
    yield from _mentions(text, _body_pattern(), _bodies())


def _mentions(text: str, pattern: re.Pattern[str], names: Mapping[str, tuple[str, str]]) -> Iterator[Mention]:
    for match in pattern.finditer(text):
        name, form = names.get(_straight(match["name"]), (None, NAME))
        if name is None or (match["s"] and form != ADJECTIVE):
            continue
        yield Mention(name, form, bool(match["s"]), Span(*match.span()), Span(match.start("name"), match.end()))


def hidden_names(text: str) -> list[Replacement]:
    """Return what a model reads for the listed names of a sentence, in order; articles stay.

    Throughout a sentence, the same name stands for the same country or body.
    """
    read: dict[str, dict[str, str]] = {"country": {}, BODY: {}}
    replacements: list[Replacement] = []
    mentions = [*body_mentions(text), *country_mentions(text)]  # "Palestinian Authority" before "Palestinian"
    for mention in sorted(mentions, key=lambda one: one.bare.start):
        if mention.name in _READ_AS_WRITTEN:
            continue
        if replacements and mention.bare.start < replacements[-1].span.end:
            continue
        kind, names = (BODY, _BODIES_READ) if mention.form == BODY else ("country", _COUNTRIES_READ)
        name = read[kind].setdefault(mention.name, names[len(read[kind]) % len(names)])
        if mention.form == ADJECTIVE:
            name = by_name()[name].adjectives[0] + "s" * mention.plural
        elif mention.form == CAPITAL:
            name = by_name()[name].capitals[0]
        replacements.append(Replacement(mention.bare, name))
    return replacements


def replaced(text: str, replacements: Sequence[Replacement]) -> str:
    """Return a text with other words in it; the replacements are in order and do not overlap."""
    pieces, at = [], 0
    for one in replacements:
        pieces += [text[at : one.span.start], one.words]
        at = one.span.end
    return "".join([*pieces, text[at:]])


def cased_names(text: str) -> list[Replacement]:
    """Return the listed names of a text in capitals, as they are written elsewhere, in order."""
    found = []
    for match in _capitals_pattern().finditer(text):
        name = _written()[_straight(match["name"]).lower()]
        if name.lower() not in _NEVER_IN_CAPITALS and len(name) == len(match["name"]):
            found.append(Replacement(Span(*match.span("name")), name))
    return found


@cache
def body_articles() -> Mapping[str, str]:
    """Return the article that each body takes, with its space, or an empty string."""
    bodies = [spellings[0] for spellings in _spellings()]
    bare = {body.removeprefix("the "): "the " if body.startswith("the ") else "" for body in bodies}
    return dict(sorted(bare.items()))  # the order decides what a seed draws


@cache
def digest() -> str:
    """Return a digest of all that decides which names are hidden, and behind which."""
    names = [sorted(_countries().items()), sorted(_bodies().items())]
    everything = [names, sorted(_READ_AS_WRITTEN), _OTHER_NAMES, _COUNTRIES_READ, _BODIES_READ]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def _spellings() -> list[list[str]]:
    return [line.split(";") for line in sorted(word_list("claimstance.articles", "listed_bodies"))]


@cache
def _bodies() -> Mapping[str, tuple[str, str]]:
    """Return the body that each spelling means, and its form."""
    return {
        spelling.removeprefix("the "): (spellings[0].removeprefix("the "), BODY)
        for spellings in _spellings()
        for spelling in spellings
    }


@cache
def _countries() -> Mapping[str, tuple[str, str]]:
    """Return the country and the form that each word means."""
    found: dict[str, tuple[str, str]] = {}
    for country in countries():
        for form, words in (
            (CAPITAL, country.capitals),
            (ADJECTIVE, country.adjectives),
            (NAME, (country.name, *country.others)),
        ):
            found |= {word.removeprefix("the "): (country.name, form) for word in words}
    return found


@cache
def _written() -> Mapping[str, str]:
    """Return how each listed name is written, by its lower-case form: the first spelling, "NATO" and not "Nato"."""
    names = [*_bodies(), *_countries()]
    return {name.lower(): name for name in reversed(names)}


def _straight(name: str) -> str:
    return name.replace("’", "'")


@cache
def _country_pattern() -> re.Pattern[str]:
    return _any_of([*_countries(), *_OTHER_NAMES])


@cache
def _body_pattern() -> re.Pattern[str]:
    return _any_of(_bodies())


@cache
def _capitals_pattern() -> re.Pattern[str]:
    return _any_of([*_countries(), *_bodies()], re.IGNORECASE)


def _any_of(names: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    longest_first = "|".join(map(re.escape, sorted(names, key=lambda word: (-len(word), word)))).replace("'", "['’]")
    # no \b at the end, which never follows the dot of "U.S."
    return re.compile(rf"(?<!\w)(?:[Tt]he )?(?P<name>{longest_first})(?P<s>s?)(?!\w)", flags)
