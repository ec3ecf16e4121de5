"""How well the rules say whose claim it is, whom a target means and whose hedge a cue is, on annotated articles."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from claimstance.corpus.annotation import AnnotatedSentence
from claimstance.corpus.articles import AnnotatedArticle
from claimstance.schema import Kind, PredictedTarget, Prediction, Sentence
from claimstance.scoring.scorer import Scorer
from claimstance.scoring.speakers import Named, resolve

Row = tuple[AnnotatedSentence, Prediction, Named]


def evaluate(articles: Sequence[AnnotatedArticle], scorer: Scorer) -> dict[str, Any]:
    """Precision and recall of ``speaker`` and ``target_name``, accuracy of ``holder``.

    ``rules`` has them with the sources, targets and cues that were annotated, ``scored`` with those that the model
    finds (``target_name`` aside, whose targets are given).
    """
    return {
        "rules": _scores([row for article in articles for row in _resolved(article, None)]),
        "scored": _scores([row for article in articles for row in _resolved(article, scorer)]),
    }


def _resolved(article: AnnotatedArticle, scorer: Scorer | None) -> Iterator[Row]:
    sentences = [
        Sentence(article.article_id, i, s.span.start, s.span.end, s.text) for i, s in enumerate(article.sentences)
    ]
    targets = [[target.span for target in s.targets] for s in article.sentences]
    predictions = (
        [_as_prediction(s) for s in article.sentences]
        if scorer is None
        else scorer.predict([s.text for s in article.sentences], targets)
    )
    named = resolve(article.text, sentences, predictions, targets)
    for annotated, prediction, names in zip(article.sentences, predictions, named, strict=True):
        if annotated.kind is Kind.CLAIM and names is not None:
            yield annotated, prediction, names


def _as_prediction(sentence: AnnotatedSentence) -> Prediction:
    """What a model that makes no mistake would say."""
    return Prediction(
        kind=(1.0, 0.0) if sentence.kind is Kind.CLAIM else (0.0, 1.0),
        act=(),
        strength=(),
        source=sentence.source,
        trigger=sentence.trigger,
        condition=sentence.condition,
        cues=sentence.cues,
        targets=tuple(PredictedTarget(target.span, (), ()) for target in sentence.targets),
    )


def _scores(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    pairs: dict[str, list[tuple[str, str]]] = {"speaker": [], "target_name": []}
    holders = []
    for sentence, prediction, names in rows:
        pairs["speaker"].append((sentence.speaker or "", names.speaker or ""))
        for target, name in zip(sentence.targets, names.target_names, strict=True):
            if target.name is not None:
                pairs["target_name"].append((target.name, name or ""))
        gold = {cue.span: cue.holder for cue in sentence.cues}
        found = zip(prediction.cues, names.holders, strict=True)
        holders += [gold[cue.span] is holder for cue, holder in found if cue.span in gold]
    result = {field: precision_recall(found) for field, found in pairs.items() if found}
    result["holder"] = {"accuracy": sum(holders) / max(len(holders), 1), "n": len(holders)}
    return result


def precision_recall(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Of (gold, found) names, "" for none: how many that are found are right, and how many of the gold are found."""
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
