"""Names over many articles that probably mean one actor, proposed for ``score --aliases``."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from claimstance.articles.countries import by_name
from claimstance.articles.names import is_person

DOMINANT: Final = 5  # times as frequent as all others of a surname together
EXAMPLES: Final = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name, the other names that may mean the same, and sentences in which these stand.

    Attributes:
        rows: Of the name, as source or target.
        others: Rows by other name.
    """

    name: str
    rows: int
    others: dict[str, int]
    examples: tuple[str, ...]


def propose(table: pa.Table) -> list[Proposal]:
    """Return which surnames that stand alone probably mean the one person of that surname, the most frequent first.

    A surname means a person if no other person in the rows has it, or one is five times as frequent as all others.
    """
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    for row in table.select(["source_actor", "target_actor", "text"]).to_pylist():
        for name in filter(None, (row["source_actor"], row["target_actor"])):
            counts[name] += 1
            if len(examples[name]) < EXAMPLES and row["text"] not in examples[name]:
                examples[name].append(row["text"])
    full: dict[str, dict[str, int]] = defaultdict(dict)
    for name, rows in counts.items():
        if is_person(name):
            full[name.split()[-1]][name] = rows
    found: dict[str, Proposal] = {}
    for short in sorted(counts):
        if " " not in short and short not in by_name() and (name := _meant(full.get(short, {}))):
            before = found.get(name)
            others = {**(before.others if before else {}), short: counts[short]}
            shown = (*(before.examples if before else ()), *examples[short])
            found[name] = Proposal(name, counts[name], others, shown)
    return sorted(found.values(), key=lambda p: (-sum(p.others.values()), p.name))


def _meant(people: dict[str, int]) -> str | None:
    if not people:
        return None
    first = max(people, key=lambda name: people[name])
    rest = sum(people.values()) - people[first]
    return first if people[first] >= DOMINANT * rest else None


def as_aliases(proposals: Sequence[Proposal]) -> dict[str, list[str]]:
    """Return the proposals as the JSON object that ``--aliases`` reads."""
    return {proposal.name: list(proposal.others) for proposal in proposals}
