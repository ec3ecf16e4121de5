"""Sentences of one article with their sources and targets, before and after names are resolved."""

from claimstance.schema import PredictedTarget, Sentence, Span
from claimstance.scoring.sentence import Given, ScoredSentence
from claimstance.scoring.speakers import resolve
from claimstance.segmentation.quotations import quotations, within
from predictions import changed, make_prediction


def article(*sentences):
    """Sentences as (text, source or None, target or None); gives the body and the sentences before resolving."""
    body, records = "", []
    for i, (text, source, target) in enumerate(sentences):
        start = len(body)
        given = (Given(target, (find(text, target),)),) if target else ()
        inside = tuple(within(quotations(text), Span(0, len(text))))
        record = ScoredSentence(Sentence("a", i, start, start + len(text), text), given, inside)
        toward = tuple(PredictedTarget(span, {"stance": ()}) for one in given for span in one.mentions)
        record.set_prediction(changed(prediction(text, source), given=toward))
        records.append(record)
        body += text + "\n\n"
    return body, records


def find(text, part):
    return Span(text.index(part), text.index(part) + len(part))


def prediction(text, source=None, cues=()):
    span = find(text, source) if source else None
    return make_prediction(source=span, cues=cues)


def speakers(*sentences):
    return [record.speaker for record in resolved(*sentences)]


def resolved(*sentences, aliases=None):
    _, records = article(*sentences)
    resolve(records, aliases)
    return records
