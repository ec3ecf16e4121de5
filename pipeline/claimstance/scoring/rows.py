"""Sentences to output rows: one a claim and target, after the output contract in ``docs/schema.md``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimstance.model.decoding import most_likely
from claimstance.schema import Act, Article, Kind, Prediction, ScoredClaim, ScoredCue, Span, Stance, Strength
from claimstance.scoring.sentence import ScoredSentence, SentenceTarget

_KINDS, _ACTS, _STRENGTHS, _STANCES = tuple(Kind), tuple(Act), tuple(Strength), tuple(Stance)
_STRENGTH_FIELDS = [f"p_{label}" for label in Strength]
_STANCE_FIELDS = [f"p_{label}" for label in Stance]
_EMPTY: dict[str, Any] = dict.fromkeys(ScoredClaim.__dataclass_fields__) | {"cues": (), "needs_review": ()}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model as rows name it, and the probability below which each field needs review."""

    name: str
    version: str
    thresholds: Mapping[str, float]


def sentence_rows(article: Article, record: ScoredSentence, model: ModelInfo) -> Iterator[ScoredClaim]:
    """Yield one row a target, or one with a null target."""
    sentence, prediction = record.sentence, record.prediction
    common: dict[str, Any] = {
        "article_id": article.article_id,
        "input": article.input,
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published,
        "url": article.url,
        "part": sentence.part,
        "sentence_index": sentence.sentence_index,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "model": model.name,
        "model_version": model.version,
    }
    if prediction is None:
        yield _row(common, kind=Kind.OTHER)
        return
    kind = most_likely(prediction.kind)
    common |= {"kind": _KINDS[kind], "kind_probability": prediction.kind[kind]}
    unsure = _unsure("kind", prediction.kind, model)
    if common["kind"] is Kind.OTHER:
        yield _row(common, needs_review=tuple(unsure))
        return
    common |= _claim_fields(record, prediction)
    unsure += [*_unsure("act", prediction.act, model), *_unsure("strength", prediction.strength, model)]
    for target in record.targets:
        review = ["stance"] if target.stance is None else _unsure("stance", target.stance, model)
        yield _row(common | _target_fields(record, target), needs_review=(*unsure, *review))
    if not record.targets:
        yield _row(common, needs_review=tuple(unsure))


def _row(common: dict[str, Any], **fields: Any) -> ScoredClaim:
    return ScoredClaim(**(_EMPTY | common | fields))


def _unsure(field: str, probabilities: Sequence[float], model: ModelInfo) -> list[str]:
    return [field] if max(probabilities) < model.thresholds.get(field, 0.0) else []


def _claim_fields(record: ScoredSentence, prediction: Prediction) -> dict[str, Any]:
    act, strength = most_likely(prediction.act), most_likely(prediction.strength)
    trigger = None if _ACTS[act] is Act.STATE else prediction.trigger  # the guide: null for state
    return {
        **_span_fields("source", record, prediction.source),
        "speaker": record.speaker,
        "source_actor": record.source_actor,
        "act": _ACTS[act],
        "act_probability": prediction.act[act],
        **_span_fields("trigger", record, trigger),
        "strength": _STRENGTHS[strength],
        **dict(zip(_STRENGTH_FIELDS, prediction.strength, strict=True)),
        "cues": tuple(
            ScoredCue(**_place(record, cue.span), type=cue.type, holder=holder)
            for cue, holder in zip(prediction.cues, record.holders, strict=True)
        ),
        **_span_fields("condition", record, prediction.condition),
        "quoted": record.quoted,
    }


def _target_fields(record: ScoredSentence, target: SentenceTarget) -> dict[str, Any]:
    fields = {**_span_fields("target", record, target.span), "target": target.text}
    fields |= {"target_name": target.name, "target_actor": target.actor, "target_origin": target.origin}
    fields["own_side"] = target.actor is not None and target.actor == record.source_actor
    if target.stance is not None:
        fields["stance"] = _STANCES[most_likely(target.stance)]
        fields |= zip(_STANCE_FIELDS, target.stance, strict=True)
    return fields


def _span_fields(name: str, record: ScoredSentence, span: Span | None) -> dict[str, Any]:
    if span is None:
        return {name: None, f"{name}_start": None, f"{name}_end": None}
    place = _place(record, span)
    return {name: place["text"], f"{name}_start": place["start"], f"{name}_end": place["end"]}


def _place(record: ScoredSentence, span: Span) -> dict[str, Any]:
    """The words of a span as they are written, and where they stand in the title or body."""
    there = record.view.raw(span).shift(record.sentence.start)
    return {"text": span.of(record.view.plain), "start": there.start, "end": there.end}
