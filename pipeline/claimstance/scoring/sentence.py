"""The record that a sentence becomes on its way from the article to the output rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from claimstance.articles.quotations import quotations, within
from claimstance.articles.sentences import segment_article, texts_of
from claimstance.schema import Article, GivenTarget, Holder, Prediction, Probabilities, Quoted, Sentence, Span


@dataclass(frozen=True, slots=True)
class Given:
    """A target that the user gave, with all its mentions in one sentence."""

    text: str
    mentions: tuple[Span, ...]


@dataclass(slots=True)
class SentenceTarget:
    """A target of one sentence.

    Attributes:
        span: In the sentence; null for a given target that the sentence does not mention.
        stance: Null where ``span`` is.
        origin: found or given.
        name: The name that it stands for in the article, where one is certain.
    """

    text: str
    span: Span | None
    stance: Probabilities | None
    origin: str
    name: str | None = None


@dataclass(slots=True)
class ScoredSentence:
    """A sentence of an article with all that scoring adds to it, in the order in which it is added.

    Attributes:
        given: The given targets that apply to it.
        quotes: What of it is quoted.
        prediction: Null for page furniture marked by rule.
        targets: The given targets if there are any, else the found ones.
        speaker: The name that the source stands for.
        holders: One a cue.
    """

    sentence: Sentence
    given: tuple[Given, ...] = ()
    quotes: tuple[Span, ...] = ()
    prediction: Prediction | None = None
    targets: tuple[SentenceTarget, ...] = ()
    speaker: str | None = None
    quoted: Quoted | None = None
    holders: tuple[Holder, ...] = ()

    @property
    def text(self) -> str:
        return self.sentence.text

    @property
    def mentions(self) -> tuple[tuple[Span, ...], ...]:
        """The mentions of each given target that the sentence has."""
        return tuple(target.mentions for target in self.given if target.mentions)

    def set_prediction(self, prediction: Prediction) -> None:
        """Take the prediction and the targets in it."""
        self.prediction = prediction
        if not self.given:
            found = (SentenceTarget(t.span.of(self.text), t.span, t.stance, "found") for t in prediction.targets)
            self.targets = tuple(found)
            return
        present = iter(prediction.given)
        self.targets = tuple(
            SentenceTarget(target.text, target.mentions[0], next(present).stance, "given")
            if target.mentions
            else SentenceTarget(target.text, None, None, "given")
            for target in self.given
        )


def read_sentences(article: Article, unit: str) -> list[ScoredSentence]:
    """Return the sentences of an article with its quotations and given targets in them.

    A target given as a string means all its whole-word, case-sensitive occurrences. A sentence that does not mention a
    target is not judged toward it, unless it is the whole unit.
    """
    records = []
    quotes = {part: quotations(text) for part, text in texts_of(article).items()}
    for sentence in segment_article(article, unit):
        given = [_mentions(target, sentence) for target in article.targets or ()]
        wanted = tuple(one for one in given if one.mentions or unit == "sentence")
        inside = within(quotes[sentence.part], Span(sentence.start, sentence.end))
        records.append(ScoredSentence(sentence, wanted, tuple(inside)))
    return records


def _mentions(target: GivenTarget, sentence: Sentence) -> Given:
    if target.start is not None and target.end is not None:
        inside = sentence.part == "body" and sentence.start <= target.start and target.end <= sentence.end
        span = Span(target.start, target.end).shift(-sentence.start)
        return Given(target.text, (span,) if inside else ())
    pattern = rf"(?<!\w){re.escape(target.text)}(?!\w)"
    return Given(target.text, tuple(Span(*m.span()) for m in re.finditer(pattern, sentence.text)))


def absent_targets(article: Article, sentences: Sequence[ScoredSentence]) -> tuple[str, ...]:
    """Return the given targets that no sentence of the article mentions."""
    present = {target.text for record in sentences for target in record.given if target.mentions}
    return tuple(target.text for target in article.targets or () if target.text not in present)
