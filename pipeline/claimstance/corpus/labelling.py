"""Label sheets: the text format in which news articles are labelled by hand.

``write_sheet`` numbers an article's sentences. The labeller writes a label file that refers to these numbers and copies
spans; ``read_labels`` turns both into labelled sentences with offsets and lists every problem by line.
The format is in ``data/news/README.md``, what the labels mean in ``docs/label-guide.md``.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeVar

from claimstance.corpus.annotation import align, no_label
from claimstance.corpus.news import BODY, TITLE, LabelledCue, LabelledSentence, LabelledTarget, Place
from claimstance.errors import CorpusError
from claimstance.heads import MAX_TARGETS
from claimstance.schema import Act, CueType, Holder, Kind, Span, Stance, Strength
from claimstance.segmentation.sentences import split_sentences

E = TypeVar("E", bound=StrEnum)

_LETTERS: Final = {TITLE: "T", BODY: "B"}
_HEAD = re.compile(r"(?P<unit>[TB]\d+[a-z]?(?:\+\d+)*)\s+(?P<labels>.+)")
_SPLIT = re.compile(r"split\s+(?P<unit>[TB]\d+)\s+before\s+(?P<words>.+)")
_FIELD = re.compile(r"\s+(?P<key>\w+)\s*:\s*(?P<value>.*)")
_OCCURRENCE = re.compile(r"(?P<text>.*\S)\s*#(?P<number>\d+)")
_FIELDS: Final = ("source", "speaker", "trigger", "target", "cue", "condition")


@dataclass(frozen=True, slots=True)
class LabelProblem:
    """``line`` counts from 1; 0 means the whole file."""

    line: int
    message: str


def units(title: str | None, body: str) -> dict[str, Place]:
    """Return an article's sentences by number: ``T1`` for the title, ``B1``, ``B2`` … for the body."""
    parts = [(TITLE, [Span(0, len(title))])] if title else []
    parts.append((BODY, split_sentences(body)))
    return {
        f"{_LETTERS[part]}{number}": Place(part, span)
        for part, spans in parts
        for number, span in enumerate(spans, start=1)
    }


def write_sheet(article_id: str, title: str | None, body: str) -> str:
    """Return the article as a labeller reads it: one numbered sentence a line, a blank line between paragraphs."""
    texts = {TITLE: title or "", BODY: body}
    lines, end = [f"article {article_id}", ""], 0
    for unit, place in units(title, body).items():
        if place.part == BODY and "\n\n" in body[end : place.span.start]:
            lines.append("")
        end = place.span.end if place.part == BODY else end
        lines.append(f"{unit} {' '.join(place.span.of(texts[place.part]).split())}")
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Entry:
    """One unit of a label file, with the line of each field."""

    line: int
    unit: str
    labels: list[str]
    fields: list[tuple[int, str, str]] = field(default_factory=list)


def read_labels(content: str, title: str | None, body: str) -> tuple[list[LabelledSentence], list[LabelProblem]]:
    """Read a label file of an article whose text is known.

    Returns the sentences in the order of the article, and every problem; a sentence with a problem is left out.
    """
    reader = _Reader({TITLE: title or "", BODY: body}, units(title, body))
    sentences = reader.read(content)
    return sentences, sorted(reader.problems, key=lambda problem: problem.line)


class _Reader:
    def __init__(self, texts: dict[str, str], places: dict[str, Place]) -> None:
        self.texts = texts
        self.places = places
        self.problems: list[LabelProblem] = []

    def read(self, content: str) -> list[LabelledSentence]:
        entries = list(self._entries(content))
        found: list[tuple[Place, LabelledSentence]] = []
        labelled: set[str] = set()
        for entry in entries:
            place = self._place(entry, labelled)
            sentence = self._sentence(entry, place) if place is not None else None
            if place is not None and sentence is not None:
                found.append((place, sentence))
        for unit in self.places:
            if unit not in labelled:
                self._report(0, f"{unit} has no labels")
        found.sort(key=lambda pair: (pair[0].part == BODY, pair[0].span.start))
        return [sentence for _, sentence in found]

    def _report(self, line: int, message: str) -> None:
        self.problems.append(LabelProblem(line, message))

    def _entries(self, content: str) -> Iterator[_Entry]:
        entry: _Entry | None = None
        for number, line in enumerate(content.splitlines(), start=1):
            if not line.strip() or line.startswith(("#", "article ", "labeller ")):
                continue
            if match := _SPLIT.fullmatch(line.strip()):
                self._split(number, match["unit"], match["words"])
            elif line[0].isspace() and (match := _FIELD.fullmatch(line)):
                self._add_field(number, entry, match["key"], match["value"].strip())
            elif match := _HEAD.fullmatch(line.strip()):
                if entry is not None:
                    yield entry
                entry = _Entry(number, match["unit"], match["labels"].split())
            else:
                self._report(number, f"not a sentence, a field or a split: {line.strip()[:60]!r}")
        if entry is not None:
            yield entry

    def _add_field(self, line: int, entry: _Entry | None, key: str, value: str) -> None:
        if entry is None:
            self._report(line, "a field stands before the first sentence")
        elif key not in _FIELDS:
            close = difflib.get_close_matches(key, _FIELDS, n=1)
            self._report(line, f"no field {key!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        elif value not in ("", "-", "null"):
            entry.fields.append((line, key, value))

    def _split(self, line: int, unit: str, words: str) -> None:
        """Replace a unit by its two halves, ``B5a`` and ``B5b``."""
        place = self.places.get(unit)
        if place is None:
            self._report(line, f"there is no sentence {unit} to split")
            return
        text = place.span.of(self.texts[place.part])
        at = text.find(words)
        if at <= 0:
            self._report(line, f"{unit}: {words!r} is not inside the sentence")
            return
        end = len(text[:at].rstrip())
        renamed: dict[str, Place] = {}
        for name, other in self.places.items():
            if name == unit:
                start = place.span.start
                renamed[f"{unit}a"] = Place(place.part, Span(start, start + end))
                renamed[f"{unit}b"] = Place(place.part, Span(start + at, place.span.end))
            else:
                renamed[name] = other
        self.places = renamed

    def _place(self, entry: _Entry, labelled: set[str]) -> Place | None:
        first, *others = entry.unit.split("+")
        names = [first, *(first[0] + number for number in others)]
        for name in names:
            if name not in self.places:
                self._report(entry.line, f"there is no sentence {name}")
                return None
            if name in labelled:
                self._report(entry.line, f"{name} is labelled twice")
                return None
            labelled.add(name)
        order = list(self.places)
        first_at = order.index(first)
        places = [self.places[name] for name in names]
        if names != order[first_at : first_at + len(names)] or len({place.part for place in places}) > 1:
            self._report(entry.line, f"{entry.unit}: only neighbouring sentences can be joined, in their order")
            return None
        return Place(places[0].part, Span(places[0].span.start, places[-1].span.end))

    def _sentence(self, entry: _Entry, place: Place) -> LabelledSentence | None:
        before = len(self.problems)
        kind = self._label(Kind, entry.line, entry.labels[0])
        if kind is Kind.OTHER:
            if entry.fields or len(entry.labels) > 1:
                self._report(entry.line, "other has no further labels")
            return LabelledSentence(place.part, place.span, Kind.OTHER)
        if kind is None or len(entry.labels) != 3:
            if kind is not None:
                self._report(entry.line, "a claim is written as: B1 claim ACT STRENGTH")
            return None
        act = self._label(Act, entry.line, entry.labels[1])
        strength = self._label(Strength, entry.line, entry.labels[2])
        sentence = self._claim(entry, place, act, strength)
        return sentence if len(self.problems) == before else None

    def _claim(self, entry: _Entry, place: Place, act: Act | None, strength: Strength | None) -> LabelledSentence:
        spans: dict[str, Span | None] = {}
        targets: list[LabelledTarget] = []
        cues: list[LabelledCue] = []
        speaker: Place | None = None
        for line, key, value in entry.fields:
            if key == "target":
                targets += self._target(line, value, place)
            elif key == "cue":
                cues += self._cue(line, value, place)
            elif key == "speaker":
                speaker = self._name(line, value)
            elif key in spans:
                self._report(line, f"a second {key}")
            else:
                spans[key] = self._span(line, value, place)
        self._check_claim(entry, act, spans.get("trigger"), targets)
        for found in ([target.span for target in targets], [cue.span for cue in cues]):
            self._check_overlaps(entry.line, found, place)
        return LabelledSentence(
            place.part, place.span, Kind.CLAIM, act, strength,
            spans.get("source"), spans.get("trigger"), spans.get("condition"), tuple(targets), tuple(cues), speaker,
        )  # fmt: skip

    def _check_claim(
        self, entry: _Entry, act: Act | None, trigger: Span | None, targets: Sequence[LabelledTarget]
    ) -> None:
        if act is not None and (act is Act.STATE) != (trigger is None):
            self._report(entry.line, "a trigger is needed for every act but state, which has none")
        if len(targets) > MAX_TARGETS:
            self._report(entry.line, f"{len(targets)} targets; the guide allows {MAX_TARGETS}")

    def _check_overlaps(self, line: int, spans: Sequence[Span], place: Place) -> None:
        ordered = sorted(spans, key=lambda span: span.start)
        for one, other in pairwise(ordered):
            if one.overlaps(other):
                text = self.texts[place.part]
                self._report(line, f"two spans of one field overlap: {one.of(text)!r} and {other.of(text)!r}")

    def _label(self, labels: type[E], line: int, value: str) -> E | None:
        if value in set(labels):
            return labels(value)
        self._report(line, no_label(labels, value))
        return None

    def _target(self, line: int, value: str, place: Place) -> list[LabelledTarget]:
        cells = [cell.strip() for cell in value.split("|")]
        if len(cells) != 3:
            self._report(line, "a target is written as: target: WORDS | STANCE | NAME (- where it has no name)")
            return []
        span, stance = self._span(line, cells[0], place), self._label(Stance, line, cells[1])
        name = None if cells[2] == "-" else self._name(line, cells[2])
        return [LabelledTarget(span, stance, name)] if span and stance else []

    def _cue(self, line: int, value: str, place: Place) -> list[LabelledCue]:
        cells = [cell.strip() for cell in value.split("|")]
        if len(cells) != 3:
            self._report(line, "a cue is written as: cue: WORDS | TYPE | HOLDER")
            return []
        span, kind = self._span(line, cells[0], place), self._label(CueType, line, cells[1])
        holder = self._label(Holder, line, cells[2])
        return [LabelledCue(span, kind, holder)] if span and kind and holder else []

    def _span(self, line: int, value: str, place: Place) -> Span | None:
        match = _OCCURRENCE.fullmatch(value)
        words, number = (match["text"], int(match["number"])) if match else (value, None)
        text = place.span.of(self.texts[place.part])
        flat, offsets = _flatten(text)
        try:
            span = align(words if number is None else {"text": words, "occurrence": number}, flat)
        except CorpusError as error:
            self._report(line, str(error).replace("name the occurrence, counted from 1", "write WORDS #1, #2 …"))
            return None
        return Span(offsets[span.start], offsets[span.end - 1] + 1).shift(place.span.start)

    def _name(self, line: int, value: str) -> Place | None:
        """The first place in the article where a name stands as whole words."""
        for part, text in self.texts.items():
            flat, offsets = _flatten(text)
            if match := re.search(rf"(?<!\w){re.escape(value)}(?!\w)", flat):
                return Place(part, Span(offsets[match.start()], offsets[match.end() - 1] + 1))
        self._report(line, f"the name {value!r} is nowhere in the article; copy the fullest form that does")
        return None


def _flatten(text: str) -> tuple[str, list[int]]:
    """Return the text with each run of white space as one space, and the offset of each of its characters."""
    characters: list[str] = []
    offsets: list[int] = []
    for i, character in enumerate(text):
        blank = character.isspace()
        if blank and characters and characters[-1] == " ":
            continue
        characters.append(" " if blank else character)
        offsets.append(i)
    return "".join(characters), offsets
