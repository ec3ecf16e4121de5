"""The rules for speakers, target names and holders, measured on labelled articles."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from claimstance import heads
from claimstance.articles.countries import by_name
from claimstance.corpus import articles, news
from claimstance.corpus.articles import AnnotatedArticle
from claimstance.corpus.news import LabelledArticle, NewsText
from claimstance.heads import Level
from claimstance.model.predictor import Predictor
from claimstance.schema import Example, FoundSpan, Kind, PredictedTarget, Prediction, Sentence, Span
from claimstance.scoring.sentence import Given, ScoredSentence, recase_shouted
from claimstance.scoring.speakers import resolve
from claimstance.segmentation.quotations import quotations, within

_BEFORE: Final = re.compile(r"^(?:[Tt]he |(?:Mrs?|Ms|Dr|Sir|Lady|Lord|Pope|President|King|Queen|Sheikh|Sultan)\.? )+")
_US: Final = re.compile(r"^U\.?S\.?(?:A\.?)?(?= |$)")

Labels = tuple[Example, Sentence, tuple[Span, ...]]  # a sentence, its place, and what of it is quoted
Article = Sequence[Labels]
Row = tuple[Example, ScoredSentence]


def annotated(article: AnnotatedArticle) -> Article:
    """Return an article of our corpus with its labels."""
    quotes = quotations(article.text)
    places = [sentence.span for sentence in article.sentences]
    return [
        (example, Sentence(article.article_id, i, *_ends(place), example.text), tuple(within(quotes, place)))
        for i, (example, place) in enumerate(zip(articles.to_examples(article, ""), places, strict=True))
    ]


def real(article: LabelledArticle, text: NewsText) -> Article:
    """Return an article of real news with its labels; the turns of a transcript are not read.

    Raises:
        CorpusError: if another version of the text was labelled.
    """
    quotes = {part: quotations(text.part(part)) for part in (news.TITLE, news.BODY)}
    found: list[Labels] = []
    for i, (example, labels) in enumerate(zip(news.to_examples(article, text), article.sentences, strict=True)):
        sentence = Sentence(text.id, i, *_ends(labels.span), example.text, part=labels.part)
        found.append((example, sentence, tuple(within(quotes[labels.part], labels.span))))
    return found


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


def evaluate(labelled: Sequence[Article], predictor: Predictor) -> dict[str, Any]:
    """Return precision and recall of ``speaker`` and ``target_name``, and accuracy of ``holder``.

    ``rules`` has them for the labelled sources, targets and cues, ``scored`` for those that the model finds
    (except targets, which are given).
    """
    return {
        "rules": _scores([row for article in labelled for row in _resolved(article, None)]),
        "scored": _scores([row for article in labelled for row in _resolved(article, predictor)]),
    }


def _resolved(article: Article, predictor: Predictor | None) -> Iterator[Row]:
    examples = [example for example, _, _ in article]
    records = [_record(*labels) for labels in article]
    recase_shouted(records)
    if predictor is None:
        predictions = [_as_prediction(example) for example in examples]
    else:
        targets = [[target.span for target in example.targets] for example in examples]
        predictions = predictor.predict([record.text for record in records], targets)
    for record, prediction in zip(records, predictions, strict=True):
        record.set_prediction(prediction)
    resolve(records)
    for example, record in zip(examples, records, strict=True):
        if example.kind is Kind.CLAIM:
            yield example, record


def _record(example: Example, sentence: Sentence, quotes: tuple[Span, ...]) -> ScoredSentence:
    targets = tuple(Given(target.span.of(example.text), (target.span,)) for target in example.targets)
    return ScoredSentence(sentence, targets, quotes, only_given=True)


def _as_prediction(sentence: Example) -> Prediction:
    """Return the labels as a prediction, with certainty in ``kind`` and no other probabilities."""
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
    """Return a name without its article and titles, and a country under its main name."""
    bare = _BEFORE.sub("", name)
    country = by_name().get(bare)
    return (country.name if country else _US.sub("United States", bare)).casefold()
