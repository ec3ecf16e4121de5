"""Logits to predictions: windows merged, temperatures applied, tags turned into spans of whole words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claimstance.model.encoding import BEGIN, OUTSIDE, EncodedSentence, Ids, tokens_of
from claimstance.schema import Cue, CueType, PredictedTarget, Prediction, Role, Span

Floats = NDArray[np.float32]
Logits = Mapping[str, Floats]  # kind act strength (b, c); stance sentiment (b, t, 3); cues (b, t, 11); roles (b, t, 12)

SENTENCE_OUTPUTS: Final = ("kind", "act", "strength")
TOKEN_OUTPUTS: Final = ("stance", "sentiment", "cues", "roles")
MAX_TARGETS: Final = 3  # the guide's limit
ANCHOR: Final = 0.5  # a span has a token that is in it at least this probably,
REACH: Final = 0.1  # and grows over neighbours that are so at least this probably,
SPLIT: Final = 0.8  # but ends where another one begins at least this probably; all three chosen on dev
_FUNCTION_WORDS: Final = frozenset(
    ["a", "an", "the", "to", "of", "in", "on", "at", "by", "for", "with", "from", "and", "or"]
)
_BEFORE_A_MENTION = re.compile(r"(?:(?:of|to|in|on|at|by|for|with|from|and|or) )+")
_NAME_END = re.compile(r"(?<!\w)[A-Z][\w’'-]*$")
_NAME_REST = re.compile(r"(?: (?!(?i:{})\b)[A-Z][\w-]*)+".format("|".join(_FUNCTION_WORDS)))
_POSSESSIVE = re.compile(r"\w['’]s$")
_CUE_TYPES: Final = tuple(CueType)
_ABBREVIATION = re.compile(r"(?:\b[A-Za-z]\.|\b(?:Inc|Corp|Co|Ltd|Jr|Sr|Bros|St|No)\.)$")


@dataclass(frozen=True, slots=True)
class Temperatures:
    """What each head's logits are divided by; fitted on dev by ``export``."""

    by_head: Mapping[str, float] = field(default_factory=dict)

    def softmax(self, head: str, logits: Floats) -> Floats:
        """Calibrated probabilities of a head, of the same shape as its logits."""
        return _softmax(logits / self.by_head.get(head, 1.0))

    def probabilities(self, heads: Sequence[tuple[str, Floats]]) -> list[tuple[float, ...]]:
        """What ``softmax`` gives for each head and its logits (c,), in one go: numpy is slow for a few numbers."""
        widest = max(len(logits) for _, logits in heads)
        rows = np.full((len(heads), widest), -np.inf, dtype=heads[0][1].dtype)  # exp(-inf) adds nothing to a sum
        for row, (_, logits) in zip(rows, heads, strict=True):
            row[: len(logits)] = logits
        rows /= np.array([[self.by_head.get(head, 1.0)] for head, _ in heads], dtype=rows.dtype)
        return [tuple(row[: len(logits)]) for row, (_, logits) in zip(_softmax(rows).tolist(), heads, strict=True)]


def _softmax(logits: Floats, axis: int = -1) -> Floats:
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True), dtype=np.float32)


def merge_windows(sentence: EncodedSentence, windows: Sequence[Logits]) -> dict[str, Floats]:
    """One sentence's logits from those of its windows, special tokens and padding cut off.

    Token logits come from the window in which the token is most central; sentence logits are averaged by length.
    """
    if len(windows) == 1:
        n = len(sentence.ids)
        only = windows[0]
        return {h: only[h] for h in SENTENCE_OUTPUTS} | {h: only[h][1 : n + 1] for h in TOKEN_OUTPUTS}
    lengths = np.array([w.end - w.start for w in sentence.windows], dtype=np.float32)
    merged = {
        head: np.average([logits[head] for logits in windows], axis=0, weights=lengths) for head in SENTENCE_OUTPUTS
    }
    n = len(sentence.ids)
    widest = np.full(n, -1)  # how far each token is from the edge of the window that it is taken from
    for head in TOKEN_OUTPUTS:
        merged[head] = np.empty((n, windows[0][head].shape[-1]), dtype=np.float32)
    for window, logits in zip(sentence.windows, windows, strict=True):
        positions = np.arange(window.start, window.end)
        margin = np.minimum(positions - window.start, window.end - 1 - positions)
        better = positions[margin > widest[positions]]
        widest[better] = margin[better - window.start]
        for head in TOKEN_OUTPUTS:
            merged[head][better] = logits[head][1 + better - window.start]
    return merged


def decode(
    text: str,
    sentence: EncodedSentence,
    logits: Mapping[str, Floats],
    given: Sequence[Sequence[Span]],
    temperatures: Temperatures,
) -> Prediction:
    """Turn one sentence's merged logits into a prediction.

    ``given`` are targets that the caller names, each by all its mentions: their logits are averaged.
    """
    roles = np.ascontiguousarray(logits["roles"].T)  # (12, n): with the tokens last the softmax takes half the time
    tags = _softmax(roles.reshape(len(Role), 3, len(sentence.ids)), axis=1)
    spans = {role: _role_spans(text, role, sentence.offsets, of_role) for role, of_role in zip(Role, tags, strict=True)}
    source = _best(spans[Role.SOURCE])
    found = _mentions(text, [span for span, _ in sorted(spans[Role.TARGET], key=lambda p: -p[1]) if span != source])
    targets = sorted(found[:MAX_TARGETS], key=lambda mentions: mentions[0].start)
    toward = _toward([*targets, *given], sentence.offsets, logits)
    kind, act, strength, *judged = temperatures.probabilities([(h, logits[h]) for h in SENTENCE_OUTPUTS] + toward)
    predicted = [
        PredictedTarget(spans_of[0], stance, sentiment)
        for spans_of, stance, sentiment in zip([*targets, *given], judged[::2], judged[1::2], strict=True)
    ]
    return Prediction(
        kind=kind,
        act=act,
        strength=strength,
        source=source,
        trigger=_best(spans[Role.TRIGGER]),
        condition=_best(spans[Role.CONDITION]),
        cues=tuple(_cues(text, sentence.offsets, logits["cues"])),
        targets=tuple(predicted[: len(targets)]),
        given=tuple(predicted[len(targets) :]),
    )


def _mentions(text: str, spans: Sequence[Span]) -> list[list[Span]]:
    """Spans of the same words together, in the order of the first of each: they are one target."""
    mentions: dict[str, list[Span]] = {}
    for span in spans:
        mentions.setdefault(span.of(text).lower(), []).append(span)
    return list(mentions.values())


def _toward(targets: Sequence[Sequence[Span]], offsets: Ids, logits: Mapping[str, Floats]) -> list[tuple[str, Floats]]:
    """The stance and the sentiment logits toward each target in turn: those of its tokens, averaged."""
    if not targets:
        return []
    both = np.concatenate([logits["stance"], logits["sentiment"]], axis=1)  # (n, 6)
    toward: list[tuple[str, Floats]] = []
    for spans in targets:
        tokens = tokens_of(spans[0], offsets)
        if len(spans) > 1:
            tokens = np.unique(np.concatenate([tokens_of(span, offsets) for span in spans]))
        chosen = both[tokens] if len(tokens) else both  # without a token (white space, say) the whole sentence
        mean = chosen.sum(axis=0) / len(chosen)
        toward += [("stance", mean[:3]), ("sentiment", mean[3:])]
    return toward


def _best(spans: Sequence[tuple[Span, float]]) -> Span | None:
    return max(spans, key=lambda pair: pair[1])[0] if spans else None


def _role_spans(text: str, role: Role, offsets: Ids, tags: Floats) -> list[tuple[Span, float]]:
    found: list[tuple[Span, float]] = []
    end = 0
    outside = tags[OUTSIDE]  # (n,)
    for first, last in _runs(1 - outside, tags[BEGIN]):
        span = _whole_name(text, whole_words(text, Span(int(offsets[first, 0]), int(offsets[last, 1]))))
        if role in (Role.SOURCE, Role.TARGET) and (before := _BEFORE_A_MENTION.match(text, span.start, span.end)):
            span = Span(before.end(), span.end)
        words = span.of(text)
        if end <= span.start and any(map(str.isalpha, words)) and words.lower() not in _FUNCTION_WORDS:
            found.append((span, float(1 - outside[first : last + 1].sum() / (last + 1 - first))))
            end = span.end
    return found


def _cues(text: str, offsets: Ids, logits: Floats) -> Iterator[Cue]:
    tags = _softmax(logits)  # (n, 11)
    begins, insides = tags[:, 1::2], tags[:, 2::2]
    end = 0
    for first, last in _runs(1 - tags[:, 0], begins.sum(axis=1)):
        span = whole_words(text, Span(int(offsets[first, 0]), int(offsets[last, 1])))
        if end <= span.start < span.end:
            kind = (begins + insides)[first : last + 1].sum(axis=0).argmax()
            yield Cue(span, _CUE_TYPES[kind])
            end = span.end


def _runs(tagged: Floats, begin: Floats) -> Iterator[tuple[int, int]]:
    """First and last token of each span, from the probabilities (n,) of being in one and of beginning one.

    A span grows from an anchor over all tokens that may well belong to it; taking each token's most probable tag
    instead cuts the spans short (on dev: target F1 0.36 against 0.48, trigger 0.40 against 0.51).
    """
    inside, begins = tagged.tolist(), begin.tolist()  # for tens of tokens plain Python is faster than numpy
    last = -1
    for token, probability in enumerate(inside):
        if probability < ANCHOR or token <= last:
            continue
        first = last = token
        while first > 0 and inside[first - 1] >= REACH and begins[first] < SPLIT:
            first -= 1
        while last + 1 < len(inside) and inside[last + 1] >= REACH and begins[last + 1] < SPLIT:
            last += 1
        yield first, last


def whole_words(text: str, span: Span) -> Span:
    """Grow a span to whole (hyphenated) words, then drop outer punctuation and a possessive 's, as the guide asks."""
    start, end = span.start, span.end
    while start > 0 and _joined(text, start):
        start -= 1
    while end < len(text) and _joined(text, end):
        end += 1
    while start < end and not (text[start].isalnum() or text[start] in "$€£#@"):
        start += 1
    while start < end and not (text[end - 1].isalnum() or text[end - 1] in "%"):
        if text[end - 1] == "." and _ABBREVIATION.search(text[start:end]):
            break
        end -= 1
    if _POSSESSIVE.search(text, start, end):
        end -= 2
    return Span(start, end)


def _whole_name(text: str, span: Span) -> Span:
    """Grow a span that ends within a name over the rest of it, and end it before a bracket that it leaves open."""
    if (_NAME_END.search(text[span.start : span.end])) and (rest := _NAME_REST.match(text, span.end)):
        span = Span(span.start, rest.end())
    opened = text.find("(", span.start, span.end)
    if opened > span.start and text.find(")", opened, span.end) < 0:
        span = whole_words(text, Span(span.start, opened))
    return span


def _joined(text: str, position: int) -> bool:
    """Whether the characters on both sides of a position belong to one word."""
    before, after = text[position - 1], text[position]
    if before.isalnum() and after.isalnum():
        return True
    if before.isdigit() and after in ",." and text[position + 1 : position + 2].isdigit():
        return True
    if before in ",." and after.isdigit() and position > 1 and text[position - 2].isdigit():
        return True
    if after in "-‑" and before.isalnum():
        return position + 1 < len(text) and text[position + 1].isalnum()
    return before in "-‑" and after.isalnum() and position > 1 and text[position - 2].isalnum()


def most_likely(probabilities: Sequence[float]) -> int:
    """The index of the most probable label."""
    return probabilities.index(max(probabilities))
