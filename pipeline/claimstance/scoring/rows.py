"""Sentences to output rows: one a claim and target, after the output contract in ``docs/schema.md``."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from claimstance.model.certainty import ClaimFit, Decided, decided, to_review
from claimstance.model.decoding import most_likely
from claimstance.output import ScoredClaim, ScoredCue
from claimstance.schema import Act, Article, FoundSpan, Kind, PredictedTarget, Prediction, Span, Stance, Strength
from claimstance.scoring.sentence import ScoredSentence, SentenceTarget

_KINDS, _ACTS, _STRENGTHS, _STANCES = tuple(Kind), tuple(Act), tuple(Strength), tuple(Stance)
_STRENGTH_FIELDS = [f"p_{label}" for label in Strength]
_STANCE_FIELDS = [f"p_{label}" for label in Stance]
_EMPTY: dict[str, Any] = dict.fromkeys(ScoredClaim.__dataclass_fields__) | {"cues": (), "needs_review": ()}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model as rows name it, and the probability of a claim below which it needs review."""

    name: str
    version: str
    threshold: float
    claim: ClaimFit = field(default_factory=ClaimFit)


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
    if common["kind"] is Kind.OTHER:
        yield _row(common)
        return
    common |= _claim_fields(record, prediction)
    decisions = _decisions(record, prediction)
    common["claim_probability"] = model.claim.probability(decisions)
    unsure = {one.field for one in to_review(decisions, model.claim, model.threshold)}
    for target in record.targets:
        fields = unsure | ({"stance"} if target.stance is None else set())
        yield _row(common | _target_fields(record, target), needs_review=tuple(sorted(fields)))
    if not record.targets:
        yield _row(common, needs_review=tuple(sorted(unsure)))


def _row(common: dict[str, Any], **fields: Any) -> ScoredClaim:
    return ScoredClaim(**(_EMPTY | common | fields))


def _decisions(record: ScoredSentence, prediction: Prediction) -> list[Decided]:
    judged = [
        PredictedTarget(one.span, {"stance": one.stance}, one.probability)
        for one in record.targets
        if one.span is not None and one.stance is not None
    ]
    return decided(prediction, judged, find_targets=not record.only_given)


def _claim_fields(record: ScoredSentence, prediction: Prediction) -> dict[str, Any]:
    act, strength = most_likely(prediction.act), most_likely(prediction.strength)
    trigger = None if _ACTS[act] is Act.STATE else prediction.trigger  # the guide: null for state
    return {
        **_span_fields("source", record, prediction.source),
        "source_probability": _probability(prediction, "source"),
        "speaker": record.speaker,
        "source_actor": record.source_actor,
        "act": _ACTS[act],
        "act_probability": prediction.act[act],
        **_span_fields("trigger", record, trigger),
        "strength": _STRENGTHS[strength],
        **dict(zip(_STRENGTH_FIELDS, prediction.strength, strict=True)),
        "cues": tuple(
            ScoredCue(**_place(record, cue.span), type=cue.type, holder=holder, probability=found.probability)
            for cue, found, holder in zip(prediction.cues, _found(prediction, "cues"), record.holders, strict=True)
        ),
        **_span_fields("condition", record, prediction.condition),
        "condition_probability": _probability(prediction, "condition"),
        "quoted": record.quoted,
    }


def _target_fields(record: ScoredSentence, target: SentenceTarget) -> dict[str, Any]:
    fields = {**_span_fields("target", record, target.span), "target": target.text}
    fields |= {
        "target_probability": target.probability,
        "target_name": target.name,
        "target_actor": target.actor,
        "target_origin": target.origin,
    }
    fields["own_side"] = target.actor is not None and target.actor == record.source_actor
    if target.stance is not None:
        fields["stance"] = _STANCES[most_likely(target.stance)]
        fields |= zip(_STANCE_FIELDS, target.stance, strict=True)
    return fields


def _found(prediction: Prediction, head: str) -> tuple[FoundSpan, ...]:
    return prediction.spans.get(head, ())


def _probability(prediction: Prediction, head: str) -> float | None:
    found = _found(prediction, head)
    return found[0].probability if found else None


def _span_fields(name: str, record: ScoredSentence, span: Span | None) -> dict[str, Any]:
    if span is None:
        return {name: None, f"{name}_start": None, f"{name}_end": None}
    place = _place(record, span)
    return {name: place["text"], f"{name}_start": place["start"], f"{name}_end": place["end"]}


def _place(record: ScoredSentence, span: Span) -> dict[str, Any]:
    """The words of a span as they are written, and where they stand in the title or body."""
    there = record.view.raw(span).shift(record.sentence.start)
    return {"text": span.of(record.view.plain), "start": there.start, "end": there.end}
