"""The record that a sentence becomes on its way from the article to the output rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from claimstance.schema import Article, GivenTarget, Holder, Prediction, Probabilities, Quoted, Sentence, Span
from claimstance.segmentation.casing import cased_words, is_capitals, is_shouted, recase
from claimstance.segmentation.quotations import quotations, within
from claimstance.segmentation.sentences import read_parts, segment_article
from claimstance.segmentation.transcripts import Turn
from claimstance.segmentation.views import View, find_mentions, view_of

_UNSEEN: Final = View("", "")


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
        probability: That it is a target with just these words; null for a given one.
        name: The name that it stands for in the article, where one is certain.
        actor: The state, body, party or person that it stands for, where one is certain.
    """

    text: str
    span: Span | None
    stance: Probabilities | None
    origin: str
    probability: float | None = None
    name: str | None = None
    actor: str | None = None


@dataclass(slots=True)
class ScoredSentence:
    """A sentence of an article with all that scoring adds to it, in the order in which it is added.

    All spans are into its view: what the model reads.

    Attributes:
        given: The given targets that apply to it.
        view: What the model reads [default: the sentence].
        only_given: Whether no targets are to be found.
        turn: The speaker's label, in a transcript.
        quotes: What of it is quoted.
        prediction: Null for page furniture marked by rule.
        targets: The given targets, and the found ones unless ``only_given``.
        speaker: The name that the source stands for.
        source_actor: The state, body, party or person that it stands for.
        holders: One a cue.
    """

    sentence: Sentence
    given: tuple[Given, ...] = ()
    quotes: tuple[Span, ...] = ()
    view: View = _UNSEEN
    only_given: bool = False
    turn: str | None = None
    prediction: Prediction | None = None
    targets: tuple[SentenceTarget, ...] = ()
    speaker: str | None = None
    source_actor: str | None = None
    quoted: Quoted | None = None
    holders: tuple[Holder, ...] = ()

    def __post_init__(self) -> None:
        if self.view is _UNSEEN:
            self.view = View(self.sentence.text, self.sentence.text)

    @property
    def text(self) -> str:
        return self.view.text

    @property
    def mentions(self) -> tuple[tuple[Span, ...], ...]:
        """The mentions of each given target that the sentence has."""
        return tuple(target.mentions for target in self.given if target.mentions)

    def set_prediction(self, prediction: Prediction) -> None:
        """Take the prediction and the targets in it."""
        self.prediction = prediction
        present = iter(prediction.given)
        given = tuple(
            SentenceTarget(target.text, target.mentions[0], next(present).stance, "given")
            if target.mentions
            else SentenceTarget(target.text, None, None, "given")
            for target in self.given
        )
        self.targets = given if self.only_given else (*given, *self._found(prediction))

    def _found(self, prediction: Prediction) -> Iterator[SentenceTarget]:
        """Yield the targets that the model finds, but for those that are given."""
        given = [span for target in self.given for span in target.mentions]
        for target in prediction.targets:
            if not any(target.span.overlaps(span) for span in given):
                words = target.span.of(self.view.plain)
                yield SentenceTarget(words, target.span, target.stance, "found", target.probability)


def read_sentences(article: Article, unit: str, also_found: bool = False) -> list[ScoredSentence]:
    """Return the sentences of an article with its quotations and given targets in them.

    A target given as a string means all its whole-word, case-sensitive occurrences. A sentence that does not mention a
    target is not judged toward it, unless it is the whole unit.

    Args:
        article: The article.
        unit: article or sentence.
        also_found: Whether the model finds targets although some are given.
    """
    parts = read_parts(article)
    quotes = {name: quotations(part.flat) for name, part in parts.items()}
    only_given = article.targets is not None and not also_found
    records = []
    for sentence in segment_article(article, unit, parts):
        place = Span(sentence.start, sentence.end)
        view = view_of(place.of(parts[sentence.part].flat))
        given = [_mentions(target, sentence, view) for target in article.targets or ()]
        wanted = tuple(one for one in given if one.mentions or unit == "sentence")
        inside = tuple(map(view.seen, within(quotes[sentence.part], place)))
        records.append(ScoredSentence(sentence, wanted, inside, view, only_given))
    recase_shouted(records)
    _give_turns([record for record in records if record.sentence.part == "body"], parts["body"].turns)
    return records


def _give_turns(records: Sequence[ScoredSentence], turns: Mapping[int, Turn]) -> None:
    """Tell the sentences of a transcript whose turn they are in; all of it is direct speech."""
    turn: Turn | None = None
    for record in records if turns else ():
        turn = turns.get(record.sentence.start, turn)
        if turn is not None and turn.label_end <= record.sentence.start and record.sentence.end <= turn.end:
            record.turn, record.quotes = turn.name, (Span(0, len(record.text)),)


def recase_shouted(records: Sequence[ScoredSentence]) -> None:
    """Give the sentences in capitals or Title Case the case that the rest of the article shows."""
    shouted = [record for record in records if is_shouted(record.view.plain)]
    names = cased_words([record.view.plain for record in records]) if shouted else {}
    for record in shouted:
        record.view = replace(record.view, text=recase(record.view.plain, names))


def _mentions(target: GivenTarget, sentence: Sentence, view: View) -> Given:
    if target.start is None or target.end is None:
        return Given(target.text, find_mentions(target.text, view, is_capitals(view.plain)))
    inside = sentence.part == "body" and sentence.start <= target.start and target.end <= sentence.end
    return Given(target.text, (view.seen(Span(target.start, target.end).shift(-sentence.start)),) if inside else ())


def absent_targets(article: Article, sentences: Sequence[ScoredSentence]) -> tuple[str, ...]:
    """Return the given targets that no sentence of the article mentions."""
    present = {target.text for record in sentences for target in record.given if target.mentions}
    return tuple(target.text for target in article.targets or () if target.text not in present)
