"""Exchange the names in a labelled sentence: countries, bodies and people, each for another; its labels stay.

For training, so that a name alone decides no label, and for measuring that it does not. Exchanged sentences are made
in memory and never stored.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np

from claimstance.articles.countries import Country, by_name, countries
from claimstance.articles.names import is_person, names_in
from claimstance.schema import Example, Span
from claimstance.segmentation.listed_names import (
    ADJECTIVE,
    CAPITAL,
    Mention,
    Replacement,
    body_articles,
    body_mentions,
    country_mentions,
    replaced,
)
from claimstance.words import word_list

Name = TypeVar("Name")
# Not exchanged: where such a word is no country, the sentence would lose its sense.
AMBIGUOUS: Final = frozenset({"Georgia", "Jordan", "Chad", "Guinea", "Turkey", "Mali", "Togo", "Palestine", "Monaco"})


def exchange_names(example: Example, rng: np.random.Generator) -> Example | None:
    """Return the sentence with other names and the same labels, or null if it has none to exchange.

    Every country becomes another one, in the same form (name, adjective, capital), every body of the list
    ``listed_bodies`` becomes another of them, and every person who is a source or target by full name becomes
    somebody else, also where the surname stands alone.
    """
    changes = [*_countries(example.text, rng), *_bodies(example.text, rng), *_people(example, rng)]
    changes.sort(key=lambda change: change.span.start)
    if not changes or any(a.span.overlaps(b.span) for a, b in pairwise(changes)):
        return None
    try:
        return replace(example, text=replaced(example.text, changes), **_moved(example, changes))
    except ValueError:  # a label begins or ends within a name
        return None


def _countries(text: str, rng: np.random.Generator) -> Iterator[Replacement]:
    chosen: dict[str, Country] = {}
    for mention in _exchanged(country_mentions(text)):
        if mention.name not in chosen:
            chosen[mention.name] = _drawn(_plain(), (by_name()[mention.name], *chosen.values()), rng)
        yield Replacement(mention.span, _written(chosen[mention.name], mention, text))


def _exchanged(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Yield the mentions that another name of the same form can stand for."""
    for mention in mentions:
        if mention.name not in AMBIGUOUS and not mention.plural:
            yield mention


def _drawn(names: Sequence[Name], taken: Iterable[Any], rng: np.random.Generator) -> Name:
    without = set(taken)
    free = [name for name in names if name not in without]
    return free[int(rng.integers(len(free)))]


def _written(country: Country, mention: Mention, text: str) -> str:
    """Return another country in the same form; a name loses an article that it does not take."""
    if mention.form == ADJECTIVE:
        return text[mention.span.start : mention.bare.start] + country.adjectives[0]
    return country.capitals[0] if mention.form == CAPITAL else country.name


@cache
def _plain() -> tuple[Country, ...]:
    """Return the countries that may stand in the place of another."""
    return tuple(country for country in countries() if _is_plain(country))


def _is_plain(country: Country) -> bool:
    """Whether a country has every form, no article and no other meaning."""
    takes_article = any(f"the {country.name}" == other for other in country.others)
    return bool(country.adjectives and country.capitals) and not takes_article and country.name not in AMBIGUOUS


def _bodies(text: str, rng: np.random.Generator) -> Iterator[Replacement]:
    articles = body_articles()
    chosen: dict[str, str] = {}
    for mention in _exchanged(body_mentions(text)):
        if mention.name not in chosen:
            chosen[mention.name] = _drawn(tuple(articles), (mention.name, *chosen.values()), rng)
        new = chosen[mention.name]
        article = text[mention.span.start : mention.bare.start]
        if bool(articles[mention.name]) == bool(article):
            begins = mention.span.start == 0 or article == "The "
            yield Replacement(mention.span, (articles[new].capitalize() if begins else articles[new]) + new)
        else:  # "UN officials"; in "the NATO chief" the article is the chief's
            yield Replacement(mention.bare, new)


def _people(example: Example, rng: np.random.Generator) -> Iterator[Replacement]:
    spans = [example.source, *(target.span for target in example.targets)]
    labelled = {span.of(example.text) for span in spans if span is not None}
    full = {
        name
        for name, start in names_in(example.text)
        if name in labelled and is_person(name) and not example.text[:start].endswith(("the ", "The "))
    }
    names = sorted(word_list("claimstance.articles", "invented_names"))
    taken = set()
    for name in sorted(full):
        if any(_exchanged(country_mentions(name))) or any(body_mentions(name)):
            continue
        new = names[int(rng.integers(len(names)))]
        if new in taken:
            continue
        taken.add(new)
        surname, other = name.split()[-1], new.split()[-1]
        for match in re.finditer(rf"(?<![\w-])(?:{re.escape(name)}|{re.escape(surname)})(?![\w-])", example.text):
            yield Replacement(Span(*match.span()), new if match[0] == name else other)


def _moved(example: Example, changes: Sequence[Replacement]) -> dict[str, Any]:
    """Return every field with spans, moved.

    Raises:
        ValueError: if a span begins or ends within a name.
    """

    def place(position: int) -> int:
        by = 0
        for change in changes:
            if change.span.end <= position:
                by += len(change.words) - (change.span.end - change.span.start)
            elif change.span.start < position:
                if example.text[change.span.start : position].lower() != "the ":
                    raise ValueError
                return change.span.start + by + (len("the ") if change.words.lower().startswith("the ") else 0)
        return position + by

    def move(span: Span | None) -> Span | None:
        return None if span is None else Span(place(span.start), place(span.end))

    single = {name: move(getattr(example, name)) for name in ("source", "trigger", "condition")}
    several = {
        name: tuple(replace(item, span=move(item.span)) for item in getattr(example, name))
        for name in ("targets", "cues", "masked")
    }
    return single | several
