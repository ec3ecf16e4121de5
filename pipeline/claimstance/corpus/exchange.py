"""Exchange the names in a labelled sentence: countries, bodies and people, each for another; its labels stay.

For training, so that a name alone decides no label, and for measuring that it does not. Exchanged sentences are made
in memory and never stored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np

from claimstance.articles.countries import Country, countries
from claimstance.articles.names import is_person
from claimstance.schema import Example, Span
from claimstance.words import word_list

Name = TypeVar("Name")
AMBIGUOUS: Final = frozenset({"Georgia", "Jordan", "Chad", "Guinea", "Turkey", "Mali", "Togo", "Palestine", "Monaco"})


@dataclass(frozen=True, slots=True)
class _Change:
    """New words for a stretch of the text."""

    span: Span
    words: str


def exchange_names(example: Example, rng: np.random.Generator) -> Example | None:
    """Return the sentence with other names and the same labels, or null if it has none to exchange.

    Every country becomes another one, in the same form (name, adjective, capital), every body of the list
    ``exchanged_bodies`` becomes another of them, and every person who is a source or target by full name becomes
    somebody else, also where the surname stands alone.
    """
    changes = [*_countries(example.text, rng), *_bodies(example.text, rng), *_people(example, rng)]
    changes.sort(key=lambda change: change.span.start)
    if not changes or any(a.span.overlaps(b.span) for a, b in pairwise(changes)):
        return None
    text, at = "", 0
    for change in changes:
        text += example.text[at : change.span.start] + change.words
        at = change.span.end
    text += example.text[at:]
    try:
        return replace(example, text=text, **_moved(example, changes))
    except ValueError:  # a label begins or ends within a name
        return None


def _countries(text: str, rng: np.random.Generator) -> Iterator[_Change]:
    chosen: dict[str, Country] = {}
    for match in _pattern().finditer(text):
        country, form = _forms()[match["name"]]
        if country.name not in chosen:
            chosen[country.name] = _drawn(_plain(), (country, *chosen.values()), rng)
        yield _Change(Span(*match.span()), _written(chosen[country.name], form, match))


def _drawn(names: Sequence[Name], taken: Iterable[Any], rng: np.random.Generator) -> Name:
    without = set(taken)
    free = [name for name in names if name not in without]
    return free[int(rng.integers(len(free)))]


def _written(country: Country, form: str, match: re.Match[str]) -> str:
    """Return another country in the same form; a name loses an article that it does not take."""
    if form == "adjective":
        return (match["the"] or "") + country.adjectives[0]
    return country.capitals[0] if form == "capital" else country.name


@cache
def _plain() -> tuple[Country, ...]:
    """Return the countries that may stand in the place of another."""
    return tuple(country for country in countries() if _is_plain(country))


def _is_plain(country: Country) -> bool:
    """Whether a country has every form, no article and no other meaning."""
    takes_article = any(f"the {country.name}" == other for other in country.others)
    return bool(country.adjectives and country.capitals) and not takes_article and country.name not in AMBIGUOUS


@cache
def _forms() -> Mapping[str, tuple[Country, str]]:
    """Return the country and the form that each word means."""
    found: dict[str, tuple[Country, str]] = {}
    for country in countries():
        if country.name in AMBIGUOUS:
            continue
        for form, words in (
            ("capital", country.capitals),
            ("adjective", country.adjectives),
            ("name", (country.name, *country.others)),
        ):
            found |= {word.removeprefix("the "): (country, form) for word in words}
    return found


@cache
def _pattern() -> re.Pattern[str]:
    return _any_of(_forms())


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    # no \b at the end, which never follows the dot of "U.S."
    longest_first = "|".join(map(re.escape, sorted(names, key=lambda word: (-len(word), word))))
    return re.compile(rf"(?<![\w-])(?P<the>[Tt]he )?(?P<name>{longest_first})(?![\w-])")


def _bodies(text: str, rng: np.random.Generator) -> Iterator[_Change]:
    articles = _articles()
    chosen: dict[str, str] = {}
    for match in _body_pattern().finditer(text):
        old = match["name"]
        if old not in chosen:
            chosen[old] = _drawn(tuple(articles), (old, *chosen.values()), rng)
        new = chosen[old]
        if bool(articles[old]) == bool(match["the"]):
            begins = match.start() == 0 or match["the"] == "The "
            yield _Change(Span(*match.span()), (articles[new].capitalize() if begins else articles[new]) + new)
        else:  # "UN officials"; in "the NATO chief" the article is the chief's
            yield _Change(Span(*match.span("name")), new)


@cache
def _articles() -> Mapping[str, str]:
    """Return the article that each body takes, with its space, or an empty string."""
    bodies = word_list("claimstance.articles", "exchanged_bodies")
    bare = {body.removeprefix("the "): "the " if body.startswith("the ") else "" for body in bodies}
    return dict(sorted(bare.items()))  # the order decides what a seed draws


@cache
def _body_pattern() -> re.Pattern[str]:
    return _any_of(_articles())


def _people(example: Example, rng: np.random.Generator) -> Iterator[_Change]:
    spans = [example.source, *(target.span for target in example.targets)]
    full = {words for span in spans if span is not None and is_person(words := span.of(example.text))}
    names = sorted(word_list("claimstance.articles", "invented_names"))
    taken = set()
    for name in sorted(full):
        if _pattern().search(name) or _body_pattern().search(name) or not name[0].isupper():
            continue
        new = names[int(rng.integers(len(names)))]
        if new in taken:
            continue
        taken.add(new)
        surname, other = name.split()[-1], new.split()[-1]
        for match in re.finditer(rf"(?<![\w-])(?:{re.escape(name)}|{re.escape(surname)})(?![\w-])", example.text):
            yield _Change(Span(*match.span()), new if match[0] == name else other)


def _moved(example: Example, changes: Sequence[_Change]) -> dict[str, Any]:
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
