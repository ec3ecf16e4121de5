"""Logits to predictions: windows merged, temperatures applied, tags turned into spans of whole words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Final

import numpy as np

from claimstance import heads
from claimstance.heads import MAX_TARGETS, Head, Level
from claimstance.model.certainty import Calibration, Choice, Floats, SpanFit, softmax
from claimstance.model.encoding import EncodedSentence, Ids, tokens_of
from claimstance.schema import FoundSpan, PredictedTarget, Prediction, Probabilities, Span
from claimstance.words import whole_words

Logits = Mapping[str, Floats]  # by output: sentence (b, c), target and spans (b, t, c)

# Thresholds of a span, chosen on dev; see ``_runs`` and ``_without_weak_ends``.
ANCHOR: Final = 0.15
REACH: Final = 0.1
REACHES_OF_CUES: Final = (REACH, 0.3, 0.5)
SPLIT: Final = 0.8
WEAK: Final = 0.5
_FUNCTION_WORDS: Final = frozenset(
    ["a", "an", "the", "to", "of", "in", "on", "at", "by", "for", "with", "from", "and", "or"]
)
_BEFORE_A_MENTION = re.compile(r"(?:(?:of|to|in|on|at|by|for|with|from|and|or) )+")
_AFTER_A_MENTION = re.compile(r"(?: (?:and|or|by|who|which)|,)$")
_NAME_END = re.compile(r"(?<!\w)[A-Z][\w’'-]*$")
_NAME_REST = re.compile(r"(?: (?!(?i:{})\b)[A-Z][\w-]*)+".format("|".join(_FUNCTION_WORDS)))


def merge_windows(sentence: EncodedSentence, windows: Sequence[Logits]) -> dict[str, Floats]:
    """Return one sentence's logits from those of its windows, without special tokens and padding.

    Token logits come from the window in which the token is most central; sentence logits are averaged by length.
    """
    levels = {name: heads.output_level(name) for name in heads.outputs()}
    n = len(sentence.ids)
    if len(windows) == 1:
        kept = {Level.SENTENCE: slice(None)}
        return {name: windows[0][name][kept.get(level, slice(1, n + 1))] for name, level in levels.items()}
    lengths = np.array([w.end - w.start for w in sentence.windows], dtype=np.float32)
    token_outputs = [name for name, level in levels.items() if level is not Level.SENTENCE]
    merged = {
        name: np.average([logits[name] for logits in windows], axis=0, weights=lengths)
        for name in levels
        if name not in token_outputs
    }
    widest = np.full(n, -1)  # distance of each token from the edge of its window
    for name in token_outputs:
        merged[name] = np.empty((n, windows[0][name].shape[-1]), dtype=np.float32)
    for window, logits in zip(sentence.windows, windows, strict=True):
        positions = np.arange(window.start, window.end)
        margin = np.minimum(positions - window.start, window.end - 1 - positions)
        better = positions[margin > widest[positions]]
        widest[better] = margin[better - window.start]
        for name in token_outputs:
            merged[name][better] = logits[name][1 + better - window.start]
    return merged


def decode(
    text: str,
    sentence: EncodedSentence,
    logits: Mapping[str, Floats],
    given: Sequence[Sequence[Span]],
    calibration: Calibration,
) -> Prediction:
    """Turn one sentence's merged logits into a prediction.

    Args:
        text: The sentence.
        sentence: Its tokens.
        logits: By output, from ``merge_windows``.
        given: Targets that the caller names, each by all its mentions: their logits are averaged.
        calibration: Of each head.
    """
    possible = candidates(text, sentence.offsets, logits, calibration)
    sure = {
        name: [one for one in spans if one.probability >= calibration.of_spans(name).least]
        for name, spans in possible.items()
    }
    chosen = {head.name: _choose(head, sure[head.name]) for head in heads.of_level(Level.SPANS)}
    source = chosen["source"][0].span if chosen["source"] else None
    possible["target"], sure["target"] = (
        [one for one in spans["target"] if one.span != source] for spans in (possible, sure)
    )
    found = _found_targets(text, sure["target"])
    chosen["target"] = [FoundSpan(mentions[0], heads.TARGET.labels[0], sureness) for mentions, sureness in found]
    targets = [*found, *((mentions, None) for mentions in given)]
    labels, predicted = _label(targets, sentence.offsets, logits, calibration)
    return Prediction(
        labels=labels,
        spans={name: tuple(of_head) for name, of_head in chosen.items()},
        missed={name: _missed(text, heads.by_name()[name], spans, chosen[name]) for name, spans in possible.items()},
        targets=predicted[: len(found)],
        given=predicted[len(found) :],
        windows=len(sentence.windows),
    )


def _label(
    targets: Sequence[tuple[Sequence[Span], float | None]],
    offsets: Ids,
    logits: Mapping[str, Floats],
    calibration: Calibration,
) -> tuple[dict[str, Probabilities], tuple[PredictedTarget, ...]]:
    """Return the probabilities of the labels of a sentence, and those toward each target (mentions, probability)."""
    choices = [Choice(h.name, logits[h.output][heads.columns(h)]) for h in heads.of_level(Level.SENTENCE)]
    toward = [_toward(mentions, offsets, logits) for mentions, _ in targets]
    softened = iter(calibration.probabilities([*choices, *(one for of_target in toward for one in of_target)]))
    labels = {choice.head: next(softened) for choice in choices}
    return labels, tuple(
        PredictedTarget(mentions[0], {choice.head: next(softened) for choice in of_target}, probability)
        for (mentions, probability), of_target in zip(targets, toward, strict=True)
    )


def _missed(text: str, head: Head, possible: Sequence[FoundSpan], chosen: Sequence[FoundSpan]) -> float:
    """Return the probability that a span that was not chosen is right; other mentions of a chosen one do not count."""
    if chosen and head.at_most == 1:
        return 0.0
    shown = {one.span.of(text).lower() for one in chosen}
    return 1 - prod(1 - one.probability for one in possible if one.span.of(text).lower() not in shown)


def candidates(
    text: str, offsets: Ids, logits: Mapping[str, Floats], calibration: Calibration
) -> dict[str, list[FoundSpan]]:
    """Return every span that may be one, by head, with its probability; ``decode`` keeps the probable ones."""
    found = {}
    for output, tagging in heads.outputs().items():
        if tagging[0].level is not Level.SPANS:
            continue
        for head, tags in zip(tagging, _tag_probabilities(tagging, logits[output]), strict=True):
            found[head.name] = _decode_spans(text, head, offsets, tags, calibration.of_spans(head.name))
    return found


def _tag_probabilities(tagging: Sequence[Head], logits: Floats) -> Sequence[Floats]:
    """Return the tag probabilities (w, n) of each head of one output (n, c), whose heads are of one width."""
    if len(tagging) == 1:
        return [softmax(logits).T]
    by_tag = np.ascontiguousarray(logits.T)  # (c, n): with the tokens last the softmax takes half the time
    return list(softmax(by_tag.reshape(len(tagging), tagging[0].width, len(logits)), axis=1))


def _choose(head: Head, found: Sequence[FoundSpan]) -> list[FoundSpan]:
    """Keep as many spans as the guide allows, the most probable ones."""
    if head.at_most == 1:
        return [max(found, key=lambda one: one.probability)] if found else []
    return sorted(found, key=lambda one: -one.probability)[: head.at_most] if head.at_most else list(found)


def _found_targets(text: str, found: Sequence[FoundSpan]) -> list[tuple[list[Span], float]]:
    """Return the most probable targets in their order, each with all its mentions (spans of the same words)."""
    mentions: dict[str, list[FoundSpan]] = {}
    for one in sorted(found, key=lambda one: -one.probability):
        mentions.setdefault(one.span.of(text).lower(), []).append(one)
    targets = [([one.span for one in same], same[0].probability) for same in list(mentions.values())[:MAX_TARGETS]]
    return sorted(targets, key=lambda target: target[0][0].start)


def _toward(mentions: Sequence[Span], offsets: Ids, logits: Mapping[str, Floats]) -> list[Choice]:
    """Return the choices of the target heads: logits averaged over the tokens of all mentions."""
    tokens = tokens_of(mentions[0], offsets)
    if len(mentions) > 1:
        tokens = np.unique(np.concatenate([tokens_of(span, offsets) for span in mentions]))
    choices = []
    for head in heads.of_level(Level.TARGET):
        rows = logits[head.output][:, heads.columns(head)]
        chosen = rows[tokens] if len(tokens) else rows  # without a token (white space, say) the whole sentence
        choices.append(Choice(head.name, chosen.sum(axis=0) / len(chosen)))
    return choices


def _decode_spans(text: str, head: Head, offsets: Ids, tags: Floats, fit: SpanFit) -> list[FoundSpan]:
    """Return the possible spans of one head from its tag probabilities (w, n), in order.

    Of two that overlap, the more probable one stays.
    """
    inside, begins, insides = 1 - tags[0], tags[1::2], tags[2::2]
    begin = begins.sum(axis=0)
    reaches = REACHES_OF_CUES if head is heads.CUES else (REACH,)
    found: list[FoundSpan] = []
    for run in dict.fromkeys(run for reach in reaches for run in _runs(inside, begin, reach)):
        first, last = _without_weak_ends(text, offsets, inside, *run)
        span = whole_words(text, Span(int(offsets[first, 0]), int(offsets[last, 1])))
        if head is not heads.CUES:
            span = _trim_mention(text, head, span)
        if span.start < span.end and (head is heads.CUES or _has_content(span.of(text))):
            by_label = (begins + insides)[:, first : last + 1].sum(axis=1)
            label = int(by_label.argmax())
            here = inside[first : last + 1]
            ends = 1.0 if last + 1 == len(inside) else max(1 - inside[last + 1], begin[last + 1])
            score = float(here.min() * begin[first] * ends * by_label[label] / here.sum())
            found.append(FoundSpan(span, head.labels[label], fit.probability(score)))
    kept: list[FoundSpan] = []
    for one in sorted(found, key=lambda one: -one.probability):
        if not any(one.span.overlaps(other.span) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.span.start)


def _trim_mention(text: str, head: Head, span: Span) -> Span:
    span = _whole_name(text, span)
    if head in (heads.SOURCE, heads.TARGET):
        if before := _BEFORE_A_MENTION.match(text, span.start, span.end):
            span = Span(before.end(), span.end)
        while after := _AFTER_A_MENTION.search(text[max(span.start, span.end - 8) : span.end]):
            span = Span(span.start, span.end - len(after[0]))
    return span


def _has_content(words: str) -> bool:
    return any(map(str.isalpha, words)) and words.lower() not in _FUNCTION_WORDS


def _runs(inside: Floats, begin: Floats, reach: float) -> Iterator[tuple[int, int]]:
    """Yield the first and last token of each span.

    A span has a token with a probability of at least ``ANCHOR``. It extends over neighbours of at least ``reach`` and
    ends before a token that begins another span with at least ``SPLIT``. Taking each token's most probable tag instead
    cuts spans short (on dev: target F1 0.36 against 0.48, trigger 0.40 against 0.51). The probability of a span then
    decides whether it is kept. Cues are often next to one another, so shorter runs are tried too, and the most probable
    one stays; other spans only lose by it (docs/log.md).

    Args:
        inside: Each token's probability of being in a span (n,).
        begin: Each token's probability of beginning one (n,).
        reach: The least probability of being in the span, for all its tokens.
    """
    probabilities, begins = inside.tolist(), begin.tolist()  # for tens of tokens plain Python is faster than numpy
    last = -1
    for token, probability in enumerate(probabilities):
        if probability < max(ANCHOR, reach) or token <= last:
            continue
        first = last = token
        while first > 0 and probabilities[first - 1] >= reach and begins[first] < SPLIT:
            first -= 1
        while last + 1 < len(probabilities) and probabilities[last + 1] >= reach and begins[last + 1] < SPLIT:
            last += 1
        yield first, last


def _without_weak_ends(text: str, offsets: Ids, inside: Floats, first: int, last: int) -> tuple[int, int]:
    """Drop function words at the ends of a run that are more likely outside: "the Harbour Board of"."""

    def weak(token: int) -> bool:
        start, end = offsets[token]
        return bool(inside[token] < WEAK) and text[start:end].lower() in _FUNCTION_WORDS

    while first < last and weak(last):
        last -= 1
    while first < last and weak(first):
        first += 1
    return first, last


def _whole_name(text: str, span: Span) -> Span:
    """Extend a span that ends within a name to the whole name; end it before a bracket that it does not close."""
    if (_NAME_END.search(text[span.start : span.end])) and (rest := _NAME_REST.match(text, span.end)):
        span = Span(span.start, rest.end())
    opened = text.find("(", span.start, span.end)
    if opened > span.start and text.find(")", opened, span.end) < 0:
        span = whole_words(text, Span(span.start, opened))
    return span


def most_likely(probabilities: Sequence[float]) -> int:
    """Return the index of the most probable label."""
    return probabilities.index(max(probabilities))
