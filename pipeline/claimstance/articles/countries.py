"""Countries by any of their names, demonyms and capitals, from ``word_lists/countries.tsv``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

LONGEST_COUNTRY: Final = 3  # words of a country's name in front of something else: "the United Arab Emirates"


@dataclass(frozen=True, slots=True)
class Country:
    """A country as English news names it.

    Attributes:
        name: The short name, without an article.
        others: Other names, and seats of government that stand for it ("the Kremlin").
        adjectives: Such as "Russian"; the first is the commonest.
    """

    name: str
    others: tuple[str, ...]
    adjectives: tuple[str, ...]
    capitals: tuple[str, ...]


@cache
def countries() -> tuple[Country, ...]:
    """Return all countries of the table."""
    text = files("claimstance.articles").joinpath("word_lists", "countries.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Country(name, *(tuple(filter(None, cell.split(";"))) for cell in cells)) for name, *cells in rows)


@cache
def by_name() -> Mapping[str, Country]:
    """Return the countries by each of their names, with and without "the"."""
    return {
        form: country for country in countries() for name in (country.name, *country.others) for form in _forms(name)
    }


@cache
def by_adjective() -> Mapping[str, Country]:
    """Return the countries by adjective."""
    return {adjective: country for country in countries() for adjective in country.adjectives}


@cache
def by_capital() -> Mapping[str, Country]:
    """Return the countries by capital."""
    return {capital: country for country in countries() for capital in country.capitals}


def _forms(name: str) -> tuple[str, ...]:
    bare = name[4:] if name.lower().startswith("the ") else name
    return bare, f"the {bare}", f"The {bare}"
