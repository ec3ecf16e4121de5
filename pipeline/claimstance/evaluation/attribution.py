"""The rules for speakers, target names and holders, measured on annotated articles."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from claimstance import heads
from claimstance.corpus.annotation import AnnotatedSentence
from claimstance.corpus.articles import AnnotatedArticle
from claimstance.heads import Level
from claimstance.model.predictor import Predictor
from claimstance.schema import FoundSpan, Kind, PredictedTarget, Prediction, Sentence
from claimstance.scoring.sentence import Given, ScoredSentence
from claimstance.scoring.speakers import resolve
from claimstance.segmentation.quotations import quotations, within

Row = tuple[AnnotatedSentence, ScoredSentence]


def evaluate(articles: Sequence[AnnotatedArticle], predictor: Predictor) -> dict[str, Any]:
    """Return precision and recall of ``speaker`` and ``target_name``, and accuracy of ``holder``.

    ``rules`` has them for the annotated sources, targets and cues, ``scored`` for those that the model finds
    (except targets, which are given).
    """
    return {
        "rules": _scores([row for article in articles for row in _resolved(article, None)]),
        "scored": _scores([row for article in articles for row in _resolved(article, predictor)]),
    }


def _resolved(article: AnnotatedArticle, predictor: Predictor | None) -> Iterator[Row]:
    quotes = quotations(article.text)
    records = [
        ScoredSentence(
            Sentence(article.article_id, i, s.span.start, s.span.end, s.text),
            tuple(Given(target.span.of(s.text), (target.span,)) for target in s.targets),
            tuple(within(quotes, s.span)),
            only_given=True,
        )
        for i, s in enumerate(article.sentences)
    ]
    if predictor is None:
        predictions = [_as_prediction(s) for s in article.sentences]
    else:
        targets = [[target.span for target in s.targets] for s in article.sentences]
        predictions = predictor.predict([s.text for s in article.sentences], targets)
    for record, prediction in zip(records, predictions, strict=True):
        record.set_prediction(prediction)
    resolve(records)
    for annotated, record in zip(article.sentences, records, strict=True):
        if annotated.kind is Kind.CLAIM:
            yield annotated, record


def _as_prediction(sentence: AnnotatedSentence) -> Prediction:
    """Return the annotation as a prediction, with certainty in ``kind`` and no other probabilities."""
    return Prediction(
        {"kind": (1.0, 0.0) if sentence.kind is Kind.CLAIM else (0.0, 1.0), "act": (), "strength": ()},
        {
            head.name: tuple(FoundSpan(*pair) for pair in heads.gold_spans(head, sentence))
            for head in heads.of_level(Level.SPANS)
        },
        given=tuple(PredictedTarget(target.span, {"stance": ()}) for target in sentence.targets),
    )


def _scores(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    pairs: dict[str, list[tuple[str, str]]] = {"speaker": [], "target_name": []}
    holders = []
    for sentence, record in rows:
        pairs["speaker"].append((sentence.speaker or "", record.speaker or ""))
        for target, found in zip(sentence.targets, record.targets, strict=True):
            if target.name is not None:
                pairs["target_name"].append((target.name, found.name or ""))
        gold = {cue.span: cue.holder for cue in sentence.cues}
        cues = record.prediction.cues if record.prediction is not None else ()
        found_holders = zip(cues, record.holders, strict=True)
        holders += [gold[cue.span] is holder for cue, holder in found_holders if cue.span in gold]
    result = {field: precision_recall(found) for field, found in pairs.items() if found}
    result["holder"] = {"accuracy": sum(holders) / max(len(holders), 1), "n": len(holders)}
    return result


def precision_recall(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return precision and recall of (gold, found) names; "" stands for none."""
    counts: Counter[str] = Counter()
    for gold, found in pairs:
        counts["gold"] += bool(gold)
        counts["found"] += bool(found)
        counts["right"] += bool(found) and _plain(found) == _plain(gold)
    return {
        "precision": counts["right"] / max(counts["found"], 1),
        "recall": counts["right"] / max(counts["gold"], 1),
        "gold": counts["gold"],
        "found": counts["found"],
    }


def _plain(name: str) -> str:
    return name.removeprefix("the ").removeprefix("The ").casefold()
