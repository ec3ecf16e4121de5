"""Predictions to output rows: one a claim and target, after the output contract in ``docs/schema.md``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimstance.model.decoding import most_likely
from claimstance.schema import (
    Act,
    Article,
    GivenTarget,
    Kind,
    Prediction,
    ScoredClaim,
    ScoredCue,
    Sentence,
    Span,
    Stance,
    Strength,
)
from claimstance.scoring.speakers import Named

_KINDS, _ACTS, _STRENGTHS, _STANCES = tuple(Kind), tuple(Act), tuple(Strength), tuple(Stance)
_STRENGTH_FIELDS = [f"p_{label}" for label in Strength]
_STANCE_FIELDS = [f"p_{label}" for label in Stance]
_EMPTY: dict[str, Any] = dict.fromkeys(ScoredClaim.__dataclass_fields__) | {"cues": (), "needs_review": ()}


@dataclass(frozen=True, slots=True)
class Labeller:
    """The model as rows name it, and below which probability each field needs review."""

    name: str
    version: str
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Given:
    """A given target in one sentence, by all its mentions there."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class RowTarget:
    """What a row says of its target. ``span`` and ``stance`` are null for a given target that the sentence lacks."""

    text: str
    span: Span | None
    stance: tuple[float, ...] | None
    origin: str  # found or given


def given_targets(article: Article, sentences: Sequence[Sentence], unit: str) -> list[list[Given]]:
    """The given targets of each sentence; a string means all its whole-word, case-sensitive occurrences.

    A target that a sentence lacks is left out of it, except where the sentence is the whole unit.
    """
    targets = article.targets or ()
    mentions = [[_mentions(target, sentence) for target in targets] for sentence in sentences]
    return mentions if unit == "sentence" else [[given for given in row if given.spans] for row in mentions]


def _mentions(target: GivenTarget, sentence: Sentence) -> Given:
    if target.start is not None and target.end is not None:
        inside = sentence.start <= target.start and target.end <= sentence.end
        span = Span(target.start, target.end).shift(-sentence.start)
        return Given(target.text, (span,) if inside else ())
    pattern = rf"(?<!\w){re.escape(target.text)}(?!\w)"
    return Given(target.text, tuple(Span(*m.span()) for m in re.finditer(pattern, sentence.text)))


def absent_targets(article: Article, given: Sequence[Sequence[Given]]) -> list[str]:
    """The given targets that no sentence of the article holds."""
    present = {target.text for sentence in given for target in sentence if target.spans}
    return [target.text for target in article.targets or () if target.text not in present]


def row_targets(text: str, prediction: Prediction | None, given: Sequence[Given]) -> list[RowTarget]:
    """The targets of a sentence's rows: the given ones where there are any, else the found ones."""
    if prediction is None:
        return []
    if not given:
        return [RowTarget(t.span.of(text), t.span, t.stance, "found") for t in prediction.targets]
    present = iter(prediction.given)
    stances = [next(present).stance if target.spans else None for target in given]
    return [
        RowTarget(target.text, target.spans[0] if target.spans else None, stance, "given")
        for target, stance in zip(given, stances, strict=True)
    ]


def sentence_rows(
    article: Article,
    sentence: Sentence,
    prediction: Prediction | None,
    targets: Sequence[RowTarget],
    named: Named | None,
    model: Labeller,
) -> Iterator[ScoredClaim]:
    """One row a target, or one with a null target; ``prediction`` is null for page furniture marked by rule."""
    common: dict[str, Any] = {
        "article_id": article.article_id,
        "input": article.input,
        "outlet": article.outlet,
        "published": article.published,
        "url": article.url,
        "sentence_index": sentence.sentence_index,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "model": model.name,
        "model_version": model.version,
    }
    if prediction is None or named is None:
        yield _row(common, kind=Kind.OTHER)
        return
    kind = most_likely(prediction.kind)
    common |= {"kind": _KINDS[kind], "kind_probability": prediction.kind[kind]}
    unsure = _unsure("kind", prediction.kind, model)
    if common["kind"] is Kind.OTHER:
        yield _row(common, needs_review=tuple(unsure))
        return
    common |= _claim_fields(sentence, prediction, named)
    unsure += [*_unsure("act", prediction.act, model), *_unsure("strength", prediction.strength, model)]
    names = iter(named.target_names)
    for target in targets:
        name = next(names) if target.span is not None else None
        review = ["stance"] if target.stance is None else _unsure("stance", target.stance, model)
        yield _row(common | _target_fields(sentence, target, name), needs_review=(*unsure, *review))
    if not targets:
        yield _row(common, needs_review=tuple(unsure))


def _row(common: dict[str, Any], **fields: Any) -> ScoredClaim:
    return ScoredClaim(**(_EMPTY | common | fields))


def _unsure(field: str, probabilities: Sequence[float], model: Labeller) -> list[str]:
    return [field] if max(probabilities) < model.thresholds.get(field, 0.0) else []


def _claim_fields(sentence: Sentence, prediction: Prediction, named: Named) -> dict[str, Any]:
    act, strength = most_likely(prediction.act), most_likely(prediction.strength)
    trigger = None if _ACTS[act] is Act.STATE else prediction.trigger  # the guide: null for state
    return {
        **_span_fields("source", sentence, prediction.source),
        "speaker": named.speaker,
        "act": _ACTS[act],
        "act_probability": prediction.act[act],
        **_span_fields("trigger", sentence, trigger),
        "strength": _STRENGTHS[strength],
        **dict(zip(_STRENGTH_FIELDS, prediction.strength, strict=True)),
        "cues": tuple(
            ScoredCue(
                cue.span.of(sentence.text),
                cue.span.start + sentence.start,
                cue.span.end + sentence.start,
                cue.type,
                holder,
            )
            for cue, holder in zip(prediction.cues, named.holders, strict=True)
        ),
        **_span_fields("condition", sentence, prediction.condition),
        "quoted": named.quoted,
    }


def _target_fields(sentence: Sentence, target: RowTarget, name: str | None) -> dict[str, Any]:
    fields = {**_span_fields("target", sentence, target.span), "target": target.text}
    fields |= {"target_name": name, "target_origin": target.origin}
    if target.stance is not None:
        fields["stance"] = _STANCES[most_likely(target.stance)]
        fields |= zip(_STANCE_FIELDS, target.stance, strict=True)
    return fields


def _span_fields(name: str, sentence: Sentence, span: Span | None) -> dict[str, Any]:
    if span is None:
        return {name: None, f"{name}_start": None, f"{name}_end": None}
    there = span.shift(sentence.start)
    return {name: span.of(sentence.text), f"{name}_start": there.start, f"{name}_end": there.end}
