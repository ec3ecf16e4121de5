"""Who is meant by a source or target: pronouns, short forms and roles, resolved within one article.

Precision first: null where a careful reader would not be sure (label guide, "speaker").
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from claimstance.articles.names import Directory, directory, is_person, names_in
from claimstance.articles.quotations import cue_holder, how_quoted, quotations, within
from claimstance.schema import Holder, Prediction, Quoted, Sentence, Span

_GENDERED: Final = {"he": "he", "him": "he", "his": "he", "himself": "he", "she": "she", "her": "she", "herself": "she"}
_FIRST_PERSON: Final = frozenset({"i", "we", "me", "us"})
_MAN = re.compile(
    r"\b(?:Mr|Sir|Lord|King|Prince|Father|(?:spokes|chair|congress|council|business|states)man)\b", re.IGNORECASE
)
_WOMAN = re.compile(r"\b(?:Mrs|Ms|Miss|Dame|Lady|Queen|Princess|Sister|\w+woman)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(spokes(?:man|woman|person)|minister|president|secretary|mayor|governor|senator|ambassador|chancellor|chairman|"
    r"chairwoman|director|coach|judge|lawyer|general|analyst|professor|researcher|chief|leader|candidate|bishop)\b",
    re.IGNORECASE,
)
_LOOK_BACK: Final = 3  # sentences a pronoun may point back over
_AROUND: Final = 60  # characters round a name in which its role or title stands


@dataclass(frozen=True, slots=True)
class Named:
    """What the article around a sentence adds to its prediction."""

    speaker: str | None
    quoted: Quoted
    holders: tuple[Holder, ...]  # one a cue
    target_names: tuple[str | None, ...]  # one a target


@dataclass(slots=True)
class _Memory:
    """What the article has said so far; ``names`` and ``roles`` are of the whole article."""

    names: Directory
    roles: dict[str, set[str]] = field(default_factory=dict)
    genders: dict[str, str] = field(default_factory=dict)
    mentioned: list[list[str]] = field(default_factory=list)  # the people of each sentence, of the whole article too
    people: dict[str, str | None] = field(default_factory=dict)  # what ``person`` has said of each name
    spoke: list[str | None] = field(default_factory=list)  # the speaker of each sentence
    introduced: str | None = None  # named after a "Source:" label, and the speaker of what follows

    def person(self, name: str) -> str | None:
        """The full name behind a name, if it is one of a person; looked up once, since names come again and again."""
        if name not in self.people:
            full = self.names.full_name(name)
            self.people[name] = full if full is not None and is_person(full) else None
        return self.people[name]


def resolve(
    body: str,
    sentences: Sequence[Sentence],
    predictions: Sequence[Prediction | None],
    targets: Sequence[Sequence[Span]],
    aliases: Mapping[str, str] | None = None,
) -> list[Named | None]:
    """Resolve names within one article; null where a sentence has no prediction (page furniture)."""
    texts = [sentence.text for sentence in sentences]
    quotes, memory = quotations(body), _remember(texts, aliases)
    named: list[Named | None] = []
    for sentence, prediction, spans, people in zip(sentences, predictions, targets, memory.mentioned, strict=True):
        text, before = sentence.text, texts[len(named) - 1] if named else ""
        if before == "Source:":
            memory.introduced = people[0] if people else memory.introduced
        if prediction is None:
            memory.spoke.append(None)
            named.append(None)
            continue
        inside = within(quotes, Span(sentence.start, sentence.end))
        speaker = _speaker(memory, text, prediction, carried=bool(inside) or before == "Quote:")
        memory.spoke.append(speaker)
        named.append(
            Named(
                speaker,
                how_quoted(text, inside, prediction.source),
                tuple(cue_holder(text, cue, prediction, inside) for cue in prediction.cues),
                tuple(_target_name(memory, text, span, speaker) for span in spans),
            )
        )
    return named


def _remember(texts: Sequence[str], aliases: Mapping[str, str] | None) -> _Memory:
    """The names of the whole article, with the roles and genders that stand beside them."""
    memory = _Memory(directory(texts, aliases))
    for text in texts:
        people: list[str] = []
        memory.mentioned.append(people)
        for name, start in names_in(text):
            full = memory.person(name)
            if full is None:
                continue
            people.append(full)
            before, after = text[max(0, start - _AROUND) : start], text[start + len(name) : start + len(name) + _AROUND]
            title = re.split(r"[,.;:!?”\"]|\b(?:and|to|with|of|by)\b", before)[-1]
            apposition = re.split(r"[.;:!?”\"]", after)[0] if after.startswith(",") else ""
            apposition = apposition.split(",")[1] if apposition.count(",") else ""
            described = f"{title} {apposition}"
            for role in _ROLE.findall(described):
                memory.roles.setdefault(role.lower(), set()).add(full)
            for gender, pattern in (("he", _MAN), ("she", _WOMAN)):
                if pattern.search(described):
                    memory.genders.setdefault(full, gender)
    return memory


def _speaker(memory: _Memory, text: str, prediction: Prediction, carried: bool) -> str | None:
    if prediction.source is not None:
        return _name_of(memory, text, prediction.source)
    return (_just_spoke(memory) or memory.introduced) if carried else None


def _name_of(memory: _Memory, text: str, span: Span) -> str | None:
    words = span.of(text)
    if words.lower() in _GENDERED:
        return _person(memory, text[: span.start], _GENDERED[words.lower()])
    if words.lower() in _FIRST_PERSON:
        return _just_spoke(memory) or memory.introduced
    full = memory.names.full_name(words, begins_sentence=not text[: span.start].strip("“\"‘' "))
    if full is not None:
        return full
    role = _ROLE.search(words)
    if role and re.fullmatch(r"[Tt]he (?:[a-z]+ )?\w+", words):
        holders = memory.roles.get(role.group().lower(), set())
        return next(iter(holders)) if len(holders) == 1 else None
    return None


def _just_spoke(memory: _Memory) -> str | None:
    """The speaker of the sentence before, who may go on."""
    return memory.spoke[-1] if memory.spoke else None


def _person(memory: _Memory, before: str, gender: str) -> str | None:
    """The only person whom "he" or "she" can be: named or speaking not long before, and of no other gender."""
    here = [full for name, _ in names_in(before) if (full := memory.person(name))]
    for people in ([*here], *_earlier(memory)):
        fitting = {person for person in people if memory.genders.get(person, gender) == gender}
        if len(fitting) == 1:
            person = fitting.pop()
            memory.genders.setdefault(person, gender)
            return person
        if fitting:
            return None
    return memory.introduced


def _earlier(memory: _Memory) -> list[list[str]]:
    """The people of the sentences before this one, the nearest first, each with its speaker."""
    nearest = range(len(memory.spoke) - 1, max(-1, len(memory.spoke) - 1 - _LOOK_BACK), -1)
    spoke = [memory.spoke[i] for i in nearest]
    return [
        [*memory.mentioned[i], *([speaker] if speaker is not None and is_person(speaker) else [])]
        for i, speaker in zip(nearest, spoke, strict=True)
    ]


def _target_name(memory: _Memory, text: str, span: Span, speaker: str | None) -> str | None:
    words = span.of(text)
    if words.lower() in _FIRST_PERSON:
        return None
    name = _name_of(memory, text, span)
    return None if name == speaker and words.lower() in _GENDERED else name
