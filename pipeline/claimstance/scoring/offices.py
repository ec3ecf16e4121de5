"""Offices: "the Norlandic president" is the person whom the article calls "Norlandic President Lena Varga"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from claimstance.articles.countries import LONGEST_COUNTRY, Country, by_adjective, by_name
from claimstance.articles.names import POSSESSIVE
from claimstance.schema import Span

_ROLE = re.compile(
    r"\b(?:spokes(?:man|woman|person)|minister|president|secretary|mayor|governor|senator|ambassador|chancellor|chairman|"
    r"chairwoman|director|coach|judge|lawyer|general|analyst|professor|researcher|chief|leader|candidate|bishop)\b",
    re.IGNORECASE,
)
_NO_OTHER_OFFICE: Final = r"(?<!former )(?<!ex-)(?<!vice )(?<!deputy )"
_LONGEST_ROLE: Final = 2  # words, without a country
_AROUND: Final = 60  # characters round a name in which its role or title stands


def description(text: str, name: Span, previous: int = 0) -> str:
    """Return what stands before the name of a person, and in apposition after it: "President", "the mayor of Aldmere".

    Args:
        text: The sentence.
        name: Where the name stands.
        previous: Where the name of the person before it ends.
    """
    before, after = text[max(previous, name.start - _AROUND) : name.start], text[name.end : name.end + _AROUND]
    title = re.split(r"[,.;:!?”\"]|\b(?:and|to|with|of|by)\b", before)[-1]
    apposition = re.split(r"[.;:!?”\"]|\b(?:and|but|while|who|for|to)\b", after)[0] if after.startswith(",") else ""
    return f"{title} {apposition.split(',')[1] if apposition.count(',') else ''}"


def has_role(described: str) -> bool:
    """Return whether a description names an office or a job."""
    return _ROLE.search(described) is not None


def holder(mention: str, descriptions: Mapping[str, Sequence[str]]) -> str | None:
    """Return the one person whose description has the role and country of a mention; null if none or several do.

    Args:
        mention: Such as "the foreign minister", "Norland's president" or "the president of Norland".
        descriptions: By person.
    """
    role, state = _office(mention)
    if not has_role(role.rpartition(" ")[2]):
        return None
    pattern = re.compile(rf"{_NO_OTHER_OFFICE}\b{re.escape(role)}\b", re.IGNORECASE)
    people = {
        person
        for person, found in descriptions.items()
        if any(pattern.search(one) and (state is None or state in _states(one)) for one in found)
    }
    return people.pop() if len(people) == 1 else None


def _office(mention: str) -> tuple[str, Country | None]:
    """Return the role and the country of an office; no role if a mention has too many words to be one."""
    bare = " ".join(mention.split()).removeprefix("The ").removeprefix("the ")
    role, _, country = bare.partition(" of ")
    if country in by_name():
        return role, by_name()[country]
    words = bare.split()
    for size in range(min(LONGEST_COUNTRY, len(words) - 1), 0, -1):
        if state := _state(" ".join(words[:size])):
            return " ".join(words[size:]), state
    return (bare if bare != mention and len(words) <= _LONGEST_ROLE else ""), None


def _states(text: str) -> Iterator[Country]:
    words = text.split()
    for i in range(len(words)):
        for size in range(1, LONGEST_COUNTRY + 1):
            if state := _state(" ".join(words[i : i + size])):
                yield state


def _state(words: str) -> Country | None:
    return by_adjective().get(words) or by_name().get(POSSESSIVE.sub("", words))
