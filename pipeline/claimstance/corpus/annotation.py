"""One label line of an annotated article: its checks, and the alignment of its spans with the sentence.

The format is in ``data/corpus/README.md``, what the labels mean in ``docs/label-guide.md``.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from claimstance.errors import CorpusError
from claimstance.heads import MAX_TARGETS
from claimstance.schema import Act, Cue, CueType, Holder, Kind, Span, Stance, Strength, Target

E = TypeVar("E", bound=StrEnum)
Report = Callable[[str], None]

OTHER_KEYS: Final = ("text", "kind")
CLAIM_KEYS: Final = (*OTHER_KEYS, "source", "targets", "act", "trigger", "strength", "cues", "condition", "speaker")
OPTIONAL_KEYS: Final = ("pair",)
MAX_CHANGED_WORDS: Final = 4  # on either side of a counter-pair ("ruled out", "did not rule out")


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """One label line. ``span`` is in the article's text, all other spans are in the sentence's."""

    line: int  # in the .jsonl file, from 1; the header is line 1
    text: str
    span: Span
    kind: Kind
    act: Act | None = None
    strength: Strength | None = None
    source: Span | None = None
    trigger: Span | None = None
    condition: Span | None = None
    targets: tuple[Target, ...] = ()
    cues: tuple[Cue, ...] = ()
    speaker: str | None = None
    pair: str | None = None  # name of the counter-pair that the sentence belongs to


def read_sentence(line: int, record: dict[str, Any], span: Span, report: Report) -> AnnotatedSentence:
    """Read one label line whose ``span`` in the article is known; call ``report`` for each problem."""
    text = record["text"]
    kind = _label(Kind, record, "kind", report)
    check_keys(record, OTHER_KEYS if kind is Kind.OTHER else CLAIM_KEYS, report, OPTIONAL_KEYS)
    pair = record.get("pair")
    if pair is not None and (not isinstance(pair, str) or not pair.strip()):
        report("pair should be a name that two sentences of the article share")
    if kind is not Kind.CLAIM:
        return AnnotatedSentence(line, text, span, kind or Kind.OTHER, pair=pair)
    targets, cues = _items(record, "targets", report), _items(record, "cues", report)
    sentence = AnnotatedSentence(
        line,
        text,
        span,
        kind,
        act=_label(Act, record, "act", report),
        strength=_label(Strength, record, "strength", report),
        source=_span(record, "source", text, report),
        trigger=_span(record, "trigger", text, report),
        condition=_span(record, "condition", text, report),
        targets=tuple(t for item in targets if (t := _target(item, text, report))),
        cues=tuple(c for item in cues if (c := _cue(item, text, report))),
        speaker=record.get("speaker"),
        pair=pair,
    )
    _check_claim(sentence, report)
    return sentence


def _check_claim(sentence: AnnotatedSentence, report: Report) -> None:
    """Report combinations of fields that the label guide forbids."""
    if sentence.act is not None and (sentence.act is Act.STATE) != (sentence.trigger is None):
        report("trigger should be null for the act state, and only for it")
    if len(sentence.targets) > MAX_TARGETS:
        report(f"{len(sentence.targets)} targets; the guide allows {MAX_TARGETS}")
    if sentence.speaker is not None and (not isinstance(sentence.speaker, str) or not sentence.speaker.strip()):
        report("speaker should be a name or null")
    for field, spans in (("targets", [t.span for t in sentence.targets]), ("cues", [c.span for c in sentence.cues])):
        for before, after in zip(ordered := sorted(spans, key=lambda s: s.start), ordered[1:], strict=False):
            if before.overlaps(after):
                report(f"{field} overlap: {before.of(sentence.text)!r} and {after.of(sentence.text)!r}")


def _label(labels: type[E], record: dict[str, Any], key: str, report: Report) -> E | None:
    value = record.get(key)
    if isinstance(value, str) and value in set(labels):
        return labels(value)
    report(f"{key}: {no_label(labels, value)}")
    return None


def no_label(labels: type[StrEnum], value: object) -> str:
    """Return that a value is none of the labels, with the closest one."""
    close = difflib.get_close_matches(str(value), [str(label) for label in labels], n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(labels)}"
    return f"no label {value!r}; {hint}"


def _items(record: dict[str, Any], key: str, report: Report) -> list[dict[str, Any]]:
    value = record.get(key, [])
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    report(f"{key} should be a list of objects, found {json.dumps(value, ensure_ascii=False)[:60]}")
    return []


def _target(item: dict[str, Any], text: str, report: Report) -> Target | None:
    check_keys({k: v for k, v in item.items() if k != "occurrence"}, ("text", "stance"), report, ("name",))
    span, stance = _aligned(item, text, "targets", report), _label(Stance, item, "stance", report)
    name = item.get("name")
    if name is not None and (not isinstance(name, str) or not name.strip()):
        report("the name of a target should be a name or null")
        return None
    return Target(span, stance, name or "" if "name" in item else None) if span and stance else None


def _cue(item: dict[str, Any], text: str, report: Report) -> Cue | None:
    check_keys({k: v for k, v in item.items() if k != "occurrence"}, ("text", "type", "holder"), report)
    span, kind = _aligned(item, text, "cues", report), _label(CueType, item, "type", report)
    holder = _label(Holder, item, "holder", report)
    return Cue(span, kind, holder) if span and kind and holder else None


def _span(record: dict[str, Any], key: str, text: str, report: Report) -> Span | None:
    value = record.get(key)
    if isinstance(value, dict):
        check_keys(value, ("text", "occurrence"), report)
    return None if value is None else _aligned(value, text, key, report)


def _aligned(value: Any, text: str, field: str, report: Report) -> Span | None:
    try:
        return align(value, text)
    except CorpusError as error:
        report(f"{field}: {error}")
        return None


def align(value: str | dict[str, Any], sentence: str) -> Span:
    """Find a span, given as a string or as ``{"text": …, "occurrence": …}`` (from 1), as whole words of a sentence.

    Raises:
        CorpusError: if it is not there, is there more than once without a number, or is badly cut.
    """
    words, number = (value.get("text"), value.get("occurrence")) if isinstance(value, dict) else (value, None)
    if not isinstance(words, str) or not words.strip():
        raise CorpusError(f"a span is text copied from the sentence, found {words!r}")
    starts = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", sentence)]
    if not starts:
        raise CorpusError(f"{words!r} is not in the sentence as whole words")
    if number is None and len(starts) > 1:
        raise CorpusError(f"{words!r} occurs {len(starts)} times; name the occurrence, counted from 1")
    if number is not None and (type(number) is not int or not 1 <= number <= len(starts)):
        raise CorpusError(f"{words!r}: there is no occurrence {number!r} of {len(starts)}")
    start = starts[(number or 1) - 1]
    span = Span(start, start + len(words))
    _check_cut(words, sentence[max(0, span.start - 1) : span.start], sentence[span.end : span.end + 1])
    return span


def _check_cut(words: str, before: str, after: str) -> None:
    if "-" in (before, after):
        raise CorpusError(f"{words!r} is a part of a hyphenated word; take the whole word")
    if re.search(r"['’]s$", words):
        raise CorpusError(f"{words!r} ends in a possessive 's; leave it out")
    if words != words.strip(' ,.;:"“”') and not re.search(r"\.\w*\.$", words):  # "U.S." keeps its last point
        raise CorpusError(f"{words!r} has punctuation or white space around it; leave it out")


def pair_problems(sentences: Sequence[AnnotatedSentence]) -> Iterator[tuple[int, str]]:
    """Yield line and message of each counter-pair that differs in too many words or in no label."""
    pairs: dict[str, list[AnnotatedSentence]] = {}
    for sentence in sentences:
        if sentence.pair is not None:
            pairs.setdefault(sentence.pair, []).append(sentence)
    for name, sides in pairs.items():
        line = sides[-1].line
        if len(sides) != 2:
            yield line, f"pair {name!r} should name two sentences of the article, found {len(sides)}"
        elif changed_words(sides[0].text, sides[1].text) > MAX_CHANGED_WORDS:
            yield line, f"pair {name!r}: the two sentences differ in more than {MAX_CHANGED_WORDS} words"
        elif _decisions(sides[0], sides[1].text) == _decisions(sides[1], sides[0].text):
            yield line, f"pair {name!r}: the two sentences have the same kind, act, strength and stances"


def changed_words(first: str, second: str) -> int:
    """Return the number of words of the longer sentence that the other lacks."""
    one, other = first.split(), second.split()
    blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return max(len(one), len(other)) - same


def _decisions(sentence: AnnotatedSentence, other: str) -> tuple[object, ...]:
    """Return the labels that a counter-pair moves; a target counts by its words where the other sentence has them."""
    stances = []
    for target in sentence.targets:
        words = target.span.of(sentence.text)
        stances.append((words if words in other else "", target.stance))
    return sentence.kind, sentence.act, sentence.strength, stances


def check_keys(record: dict[str, Any], expected: Sequence[str], report: Report, optional: Sequence[str] = ()) -> None:
    """Report unknown keys, each with a suggestion, and missing ones."""
    for key in record:
        if key not in expected and key not in optional:
            close = difflib.get_close_matches(key, (*expected, *optional), n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(expected)}"
            report(f"unknown key {key!r}; {hint}")
    for key in expected:
        if key not in record:
            report(f"key {key!r} is missing")
