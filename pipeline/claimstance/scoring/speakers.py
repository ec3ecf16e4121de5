"""Who is meant by a source or target: pronouns, short forms and roles, resolved within one article.

Precision first: null where a careful reader would not be sure (label guide, "speaker").
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from claimstance.articles.countries import by_capital, by_name
from claimstance.articles.directory import Directory, directory
from claimstance.articles.names import LIST_SEPARATOR, TITLE_ENDS, is_person, is_title, names_in
from claimstance.schema import Prediction, Span
from claimstance.scoring.holders import cue_holder, how_quoted
from claimstance.scoring.offices import description, has_role, holder
from claimstance.scoring.sentence import ScoredSentence

_GENDERED: Final = {"he": "he", "him": "he", "his": "he", "himself": "he", "she": "she", "her": "she", "herself": "she"}
_FIRST_PERSON: Final = frozenset({"i", "we", "me", "us"})
_SOMEBODY_ELSE: Final = frozenset({*_GENDERED, "it", "they", "them", "this", "that", "these", "those", "you"})
_POSSESSIVE: Final = ("my", "our", "its", "their", "your", "mine", "ours", "hers", "theirs", "yours")
_REFLEXIVE: Final = ("myself", "ourselves", "itself", "themselves")
_RELATIVE: Final = ("who", "whom")
_PRONOUNS: Final = frozenset({*_GENDERED, *_FIRST_PERSON, *_SOMEBODY_ELSE, *_POSSESSIVE, *_REFLEXIVE, *_RELATIVE})
_MAN = re.compile(
    r"\b(?:Mr|Sir|Lord|King|Prince|Father|(?:spokes|chair|congress|council|business|states)man)\b", re.IGNORECASE
)
_WOMAN = re.compile(r"\b(?:Mrs|Ms|Miss|Dame|Lady|Queen|Princess|Sister|\w+woman)\b", re.IGNORECASE)
_LOOK_BACK: Final = 3  # sentences a pronoun may point back over
_QUOTED_CLAUSE: Final = 4  # words; fewer may be a phrase within the article's own sentence
_TITLE_SPAN: Final = 20  # characters before a name in which its title ends


@dataclass(slots=True)
class _Memory:
    """What the article has said so far; ``names``, ``states`` and ``descriptions`` are of the whole article."""

    names: Directory
    states: dict[str, str] = field(default_factory=dict)  # what it calls each country
    descriptions: dict[str, list[str]] = field(default_factory=dict)  # the roles that stand beside people's names
    genders: dict[str, str] = field(default_factory=dict)
    certain: set[str] = field(default_factory=set)  # people with a title, a role, or a surname that stands alone
    mentioned: list[list[str]] = field(default_factory=list)  # the people of each sentence, of the whole article too
    people: dict[str, str | None] = field(default_factory=dict)  # what ``person`` has said of each name
    spoke: list[str | None] = field(default_factory=list)  # the speaker of each sentence
    labels: dict[str, set[str]] = field(default_factory=dict)  # the people by their names without case
    voice: str | None = None  # who spoke in the sentence before and may go on
    introduced: str | None = None  # named after a "Source:" label, and the speaker of what follows

    def person(self, name: str) -> str | None:
        """The full name behind a name, if it is one of a person; looked up once, since names come again and again."""
        if name not in self.people:
            full = self.names.full_name(name)
            self.people[name] = full if full is not None and is_person(full) else None
        return self.people[name]


def is_pronoun(words: str) -> bool:
    """Return whether a mention is a pronoun alone."""
    return _lower(words) in _PRONOUNS


def _lower(words: str) -> str:
    """Return a mention in lower case; "US" is no pronoun."""
    return words if words == "US" else words.lower()


def resolve(sentences: Sequence[ScoredSentence], aliases: Mapping[str, str] | None = None) -> None:
    """Set speaker, quotation, holders and target names of an article's sentences, in place.

    Title and body give each other names. Page furniture, which has no prediction, stays as it is.

    Args:
        sentences: All sentences of the article, with predictions and targets.
        aliases: Name by other name.
    """
    memory = _remember([record.text for record in sentences], aliases)
    before, part, turn = "", "title", None
    for record, people in zip(sentences, memory.mentioned, strict=True):
        if record.sentence.part != part:  # no quotation goes on from the title into the body
            before, part, memory.voice = "", record.sentence.part, None
        if before == "Source:":
            memory.introduced = people[0] if people else memory.introduced
        if record.turn != turn:
            turn, memory.voice = record.turn, _called(memory, record.turn) if record.turn else None
        if record.prediction is None:
            memory.spoke.append(None)
            memory.voice = None
        else:
            _resolve_one(memory, record, record.prediction, carried=_clause_quoted(record) or before == "Quote:")
        before = record.text
    _give_what_follows(sentences)


def _give_what_follows(sentences: Sequence[ScoredSentence]) -> None:
    """Give a quotation that is attributed only at its end, sentences later, to that speaker from its beginning on."""
    begun: list[ScoredSentence] = []
    for before, record in zip([None, *sentences], sentences, strict=False):
        first, last = (record.quotes[0], record.quotes[-1]) if record.quotes else (None, None)
        if first is None or first.start > 0:  # with its opening mark, unless none is there
            begun = []
        elif begun and _source_outside(record):
            for one in begun:
                one.speaker = record.speaker
            begun = []
        goes_on = before is not None and before.quotes and before.quotes[-1].end == len(before.text)
        if record.prediction is None or last is None or last.end < len(record.text) or not _all_quoted(record):
            begun = []
        elif begun or not goes_on:
            begun.append(record)


def _clause_quoted(record: ScoredSentence) -> bool:
    """Whether a whole clause is quoted, so that the speaker of the sentence before may go on."""
    longest = max((len(quote.of(record.text).split()) for quote in record.quotes), default=0)
    return longest >= _QUOTED_CLAUSE or (longest > 0 and _all_quoted(record))


def _source_outside(record: ScoredSentence) -> bool:
    """Whether the source stands outside the quotation, as in "…, she said"."""
    source = record.prediction.source if record.prediction is not None else None
    return source is not None and not any(source.overlaps(quote) for quote in record.quotes)


def _all_quoted(record: ScoredSentence) -> bool:
    """Whether every word is quoted, so that nothing in the sentence can say whose words they are."""
    ends = [0, *(quote.end for quote in record.quotes)]
    starts = [*(quote.start for quote in record.quotes), len(record.text)]
    return not any(map(str.isalnum, "".join(record.text[a:b] for a, b in zip(ends, starts, strict=True))))


def _resolve_one(memory: _Memory, record: ScoredSentence, prediction: Prediction, carried: bool) -> None:
    text = record.text
    goes_on = bool(record.quotes) and _all_quoted(record)
    record.speaker = _speaker(memory, text, prediction, carried, goes_on)
    memory.spoke.append(record.speaker)
    if record.speaker is not None and is_person(record.speaker):
        memory.certain.add(record.speaker)
    if not goes_on:  # within a quotation a source is somebody that its speaker speaks of
        memory.voice = record.speaker
    record.quoted = how_quoted(text, record.quotes, prediction.source)
    record.holders = tuple(cue_holder(text, cue, prediction, record.quotes) for cue in prediction.cues)
    for target in record.targets:
        if target.span is not None:
            quoted = any(quote.overlaps(target.span) for quote in record.quotes)
            target.name = _target_name(memory, text, target.span, record.speaker, quoted)


def _remember(texts: Sequence[str], aliases: Mapping[str, str] | None) -> _Memory:
    """The names of the whole article, with the roles and genders that stand beside them."""
    memory = _Memory(directory(texts, aliases))
    for text in texts:
        people: list[str] = []
        memory.mentioned.append(people)
        previous = 0
        for name, start in names_in(text):
            if name in by_name():
                memory.states.setdefault(by_name()[name].name, memory.names.full_name(name) or name)
            full = memory.person(name)
            if full is None:
                continue
            people.append(full)
            described = description(text, Span(start, start + len(name)), previous)
            previous = start + len(name)
            if has_role(described):
                memory.descriptions.setdefault(full, []).append(described)
            titled = TITLE_ENDS.search(text[max(0, start - _TITLE_SPAN) : start])
            if name != full or titled or has_role(described):
                memory.certain.add(full)
            for gender, pattern in (("he", _MAN), ("she", _WOMAN)):
                if pattern.search(described):
                    memory.genders.setdefault(full, gender)
    return memory


def _speaker(memory: _Memory, text: str, prediction: Prediction, carried: bool, goes_on: bool) -> str | None:
    source = prediction.source
    words = _lower(source.of(text)) if source is not None else ""
    if source is None or (goes_on and words in _SOMEBODY_ELSE):
        return (memory.voice or memory.introduced) if carried else None
    name = _name_of(memory, text, source)
    if name is None and (words in _GENDERED or words == "it"):
        return _speaker_before(memory, text[: source.start], _GENDERED.get(words))
    state = by_capital().get(name) if name is not None and name not in memory.names.people else None
    return memory.states.get(state.name, name) if state is not None else name


def _name_of(memory: _Memory, text: str, span: Span) -> str | None:
    words = span.of(text)
    before = text[: span.start]
    if gender := _GENDERED.get(_lower(words)):
        return _person(memory, before, gender)
    if _lower(words) in _FIRST_PERSON:
        return memory.voice or memory.introduced
    begins = not before.strip("“\"‘' ")
    name = memory.names.full_name(words, begins) or _list_of_names(memory, words, begins)
    if found := name or holder(words, memory.descriptions):
        return found
    if match := re.fullmatch(r"[Tt]he ([a-z]+)", words):
        return memory.names.body_called(match[1])
    return None


def _list_of_names(memory: _Memory, words: str, begins_sentence: bool) -> str | None:
    """The names as they stand, without the first article: "Norland, Keldia and the Council"."""
    if " and " not in words:
        return None
    first, *others = LIST_SEPARATOR.split(words)
    names = [memory.names.full_name(first, begins_sentence), *map(memory.names.full_name, others)]
    return words.removeprefix("the ").removeprefix("The ") if all(names) else None


def _called(memory: _Memory, label: str) -> str:
    """The full name of the person whom a transcript's label names, or else the label as it stands."""
    words = label.split()
    while len(words) > 1 and is_title(words[0].capitalize()):
        words.pop(0)
    name = " ".join(words).casefold()
    if not memory.labels:
        for short, whole in memory.names.people.items():
            memory.labels.setdefault(short.casefold(), set()).update(whole)
        for full in {full for whole in memory.names.people.values() for full in whole}:
            memory.labels.setdefault(full.casefold(), set()).add(full)
    people = memory.labels.get(name, set())
    if not people:
        people = {holder(f"the {name.removeprefix('the ')}", memory.descriptions) or label}
    full = next(iter(people)) if len(people) == 1 else label
    return memory.names.aliases.get(full, full)


def _person(memory: _Memory, before: str, gender: str, nobody: str | None = None) -> str | None:
    """The only person whom "he" or "she" can be: named or speaking not long before, and of no other gender.

    ``nobody`` is a person who is not meant: inside a quotation its speaker.
    """
    here = [full for name, _ in names_in(before) if (full := memory.person(name))]
    for people in ([*here], *_earlier(memory)):
        fitting = {one for one in people if one != nobody and memory.genders.get(one, gender) == gender}
        if len(fitting) == 1:
            person = fitting.pop()
            if person not in memory.certain:
                return None
            memory.genders.setdefault(person, gender)
            return person
        if fitting:
            return None
    return memory.introduced


def _speaker_before(memory: _Memory, before: str, gender: str | None) -> str | None:
    """The speaker of the sentence before, who goes on as "he", "she" or (no gender) "it".

    Null if a person, or for "it" any name, stands before the pronoun in its sentence.
    """
    last = memory.spoke[-1] if memory.spoke else None
    names = [name for name, _ in names_in(before)]
    if last is None or any(gender is None or memory.person(name) or name in memory.names.titled for name in names):
        return None
    person = is_person(last) or last in memory.names.titled
    if gender is None:
        return None if person or " and " in last else last
    return last if person and memory.genders.setdefault(last, gender) == gender else None


def _earlier(memory: _Memory) -> list[list[str]]:
    """The people of the sentences before this one, the nearest first, each with its speaker."""
    nearest = range(len(memory.spoke) - 1, max(-1, len(memory.spoke) - 1 - _LOOK_BACK), -1)
    spoke = [memory.spoke[i] for i in nearest]
    return [
        [*memory.mentioned[i], *([speaker] if speaker is not None and is_person(speaker) else [])]
        for i, speaker in zip(nearest, spoke, strict=True)
    ]


def _target_name(memory: _Memory, text: str, span: Span, speaker: str | None, quoted: bool) -> str | None:
    words = span.of(text)
    if _lower(words) in _FIRST_PERSON:
        return None
    if quoted and _lower(words) in _GENDERED:
        return _person(memory, text[: span.start], _GENDERED[_lower(words)], nobody=speaker)
    name = _name_of(memory, text, span)
    return None if name == speaker and _lower(words) in _GENDERED else name
