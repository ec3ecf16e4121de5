"""Baselines that the model has to beat. Of the examples to predict they see the text and the spans of the targets.

``Majority`` predicts the most frequent label; ``CueLexicon`` looks up the words that were labelled in training;
``TfidfLogistic`` is a linear model of words and character n-grams; ``TargetBlind`` is the same without the target.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Self

from claimstance import heads
from claimstance.heads import Level
from claimstance.schema import Cue, CueType, Example, FoundSpan, Kind, PredictedTarget, Prediction, Probabilities, Span
from claimstance.words import WORD

_TARGET: Final = "TARGETMENTION"  # one word for the vectorizer that occurs in no text
MIN_CUE_PROBABILITY: Final = 0.3
MAX_WORDS: Final = 50_000


def sentence_labels(head: str, examples: Sequence[Example]) -> tuple[list[str], list[str]]:
    """Return the texts and labels of the examples that label a sentence head."""
    labelled = [example for example in examples if head in example.labelled and getattr(example, head) is not None]
    claims = [example for example in labelled if head == heads.KIND.name or example.kind is not Kind.OTHER]
    return [example.text for example in claims], [str(getattr(example, head)) for example in claims]


def target_labels(head: str, examples: Sequence[Example]) -> tuple[list[str], list[Span], list[str]]:
    """Return the texts, target spans and labels of a target head."""
    rows = [(e.text, t.span, str(t.stance)) for e in examples if head in e.labelled for t in e.targets]
    return [text for text, _, _ in rows], [span for _, span, _ in rows], [label for _, _, label in rows]


class Majority:
    """Predicts each head's label frequencies in training."""

    def fit(self, examples: Sequence[Example]) -> Self:
        """Count the labels of each head."""
        self.frequencies_ = {
            head.name: frequencies(
                head.name,
                target_labels(head.name, examples)[2]
                if head.level is Level.TARGET
                else sentence_labels(head.name, examples)[1],
            )
            for head in heads.with_labels()
        }
        return self

    def predict(self, examples: Sequence[Example]) -> list[Prediction]:
        """Predict the same for all sentences."""
        return [_prediction(self.frequencies_, example) for example in examples]


def frequencies(head: str, labels: Iterable[str]) -> Probabilities:
    """Return relative frequencies in the order of the head's labels; uniform if there are no labels."""
    counts, known = Counter(labels), heads.by_name()[head].labels
    total = counts.total()
    return tuple(counts[label] / total if total else 1 / len(known) for label in known)


def _prediction(
    of: dict[str, Probabilities],
    example: Example,
    cues: Sequence[Cue] = (),
    trigger: Span | None = None,
) -> Prediction:
    toward = {head.name: of[head.name] for head in heads.of_level(Level.TARGET)}
    spans = {"cues": tuple(FoundSpan(cue.span, str(cue.type)) for cue in cues)}
    if trigger is not None:
        spans["trigger"] = (FoundSpan(trigger, "trigger"),)
    given = tuple(PredictedTarget(span, toward) for span in _given(example))
    labels = {head.name: of[head.name] for head in heads.of_level(Level.SENTENCE)}
    return Prediction(labels, spans, given=given)


def _given(example: Example) -> list[Span]:
    return [target.span for target in example.targets]


class _Lexicon:
    """Word sequences that were labelled in at least ``MIN_CUE_PROBABILITY`` of their occurrences."""

    def fit(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> Self:
        """Memorise the words of the spans; ``spans`` has those of each text."""
        labelled = Counter(_key(text, span) for text, of_text in zip(texts, spans, strict=True) for span in of_text)
        labelled.pop((), None)
        self.longest_ = max(map(len, labelled), default=0)
        met = Counter(key for text in texts for key, _ in self._sequences(text) if key in labelled)
        self.keys_ = {key for key, n in labelled.items() if n / met[key] >= MIN_CUE_PROBABILITY}
        return self

    def find(self, text: str) -> list[tuple[tuple[str, ...], Span]]:
        """Return known sequences in order, without overlaps; longer ones take precedence."""
        taken: list[tuple[tuple[str, ...], Span]] = []
        for key, span in sorted(self._sequences(text), key=lambda pair: -len(pair[0])):
            if key in self.keys_ and not any(span.overlaps(other) for _, other in taken):
                taken.append((key, span))
        return sorted(taken, key=lambda pair: pair[1].start)

    def _sequences(self, text: str) -> Iterator[tuple[tuple[str, ...], Span]]:
        words = [(match.group().lower(), Span(*match.span())) for match in WORD.finditer(text)]
        for first in range(len(words)):
            for part in (words[first:last] for last in range(first + 1, min(first + self.longest_, len(words)) + 1)):
                yield tuple(word for word, _ in part), Span(part[0][1].start, part[-1][1].end)


def _key(text: str, span: Span) -> tuple[str, ...]:
    return tuple(match.group().lower() for match in WORD.finditer(span.of(text)))


class CueLexicon:
    """Looks up cues with their strength, and trigger words with their act and stance."""

    def fit(self, examples: Sequence[Example]) -> Self:
        """Memorise cues and triggers, and count the labels of the sentences that hold them."""
        self.majority_ = Majority().fit(examples)
        hedged = [e for e in examples if heads.CUES.name in e.labelled]
        self.cues_ = _Lexicon().fit([e.text for e in hedged], [[c.span for c in e.cues] for e in hedged])
        types: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for example in hedged:
            for cue in example.cues:
                types[_key(example.text, cue.span)].append(str(cue.type))
        self.types_ = {key: CueType(Counter(found).most_common(1)[0][0]) for key, found in types.items()}
        claims = [e for e in examples if heads.TRIGGER.name in e.labelled and e.kind is not Kind.OTHER]
        self.triggers_ = _Lexicon().fit([e.text for e in claims], [[e.trigger] if e.trigger else [] for e in claims])
        self.strength_ = self._by_key("strength", self.cues_, _rows("strength", examples))
        self.act_ = self._by_key("act", self.triggers_, _rows("act", examples))
        self.stance_ = self._by_key("stance", self.triggers_, _rows("stance", claims))
        return self

    def _by_key(
        self, head: str, lexicon: _Lexicon, rows: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, ...], Probabilities]:
        """Return label frequencies by known sequence; the empty key is for texts without one."""
        labels: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for text, label in rows:
            for key in {key for key, _ in lexicon.find(text)} or {()}:
                labels[key].append(label)
        return {(): self.majority_.frequencies_[head]} | {key: frequencies(head, of) for key, of in labels.items()}

    def predict(self, examples: Sequence[Example]) -> list[Prediction]:
        """Look the words up; the least certain cue and the most probable trigger decide."""
        return [self._predict(example) for example in examples]

    def _predict(self, example: Example) -> Prediction:
        cues, triggers = self.cues_.find(example.text), self.triggers_.find(example.text)
        certain = heads.STRENGTH.labels.index("certain")
        hedges = [self.strength_[key] for key, _ in cues if key in self.strength_] or [self.strength_[()]]
        known = [pair for pair in triggers if pair[0] in self.act_]
        key, span = max(known, key=lambda pair: max(self.act_[pair[0]]), default=((), None))
        of = self.majority_.frequencies_ | {
            "strength": min(hedges, key=lambda probabilities: probabilities[certain]),
            "act": self.act_[key],
            "stance": self.stance_.get(key, self.stance_[()]),
        }
        return _prediction(of, example, [Cue(where, self.types_[k]) for k, where in cues], span)


def _rows(head: str, examples: Sequence[Example]) -> Iterator[tuple[str, str]]:
    if heads.by_name()[head].level is Level.TARGET:
        texts, _, labels = target_labels(head, examples)
        return zip(texts, labels, strict=True)
    return zip(*sentence_labels(head, examples), strict=True)


class TfidfLogistic:
    """Logistic regression on TF-IDF of words and character n-grams; a given target is replaced by a fixed word."""

    predicts: tuple[str, ...] = tuple(head.name for head in heads.with_labels())
    _marks_target = True

    def fit(self, examples: Sequence[Example]) -> Self:
        """Train one classifier a head; a head whose examples have one label or none keeps its frequencies."""
        self.majority_ = Majority().fit(examples)
        self.models_: dict[str, Any] = {}
        for head in self.predicts:
            if heads.by_name()[head].level is Level.TARGET:
                texts, spans, labels = target_labels(head, examples)
                texts = [self._view(text, span) for text, span in zip(texts, spans, strict=True)]
            else:
                texts, labels = sentence_labels(head, examples)
            if len(set(labels)) > 1:
                self.models_[head] = _classifier().fit(texts, labels)
        return self

    def _view(self, text: str, target: Span) -> str:
        return f"{text[: target.start]}{_TARGET}{text[target.end :]}" if self._marks_target else text

    def predict(self, examples: Sequence[Example]) -> list[Prediction]:
        """Predict probabilities for each sentence and given target, but no spans."""
        texts = [example.text for example in examples]
        views = [self._view(example.text, span) for example in examples for span in _given(example)]
        sentence = {head.name: self._probabilities(head.name, texts) for head in heads.of_level(Level.SENTENCE)}
        toward = {head.name: iter(self._probabilities(head.name, views)) for head in heads.of_level(Level.TARGET)}
        return [
            Prediction(
                {name: rows[i] for name, rows in sentence.items()},
                given=tuple(
                    PredictedTarget(span, {name: next(rows) for name, rows in toward.items()})
                    for span in _given(example)
                ),
            )
            for i, example in enumerate(examples)
        ]

    def _probabilities(self, head: str, texts: Sequence[str]) -> list[Probabilities]:
        if head not in self.models_ or not texts:
            return [self.majority_.frequencies_[head]] * len(texts)
        model = self.models_[head]
        columns = {label: column for column, label in enumerate(model.classes_)}
        known = heads.by_name()[head].labels
        return [
            tuple(float(row[columns[label]]) if label in columns else 0.0 for label in known)
            for row in model.predict_proba(texts)
        ]


class TargetBlind(TfidfLogistic):
    """The same classifier without the target: what the sentence alone predicts."""

    predicts: tuple[str, ...] = tuple(head.name for head in heads.of_level(Level.TARGET))
    _marks_target = False


def _classifier() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    shared: dict[str, Any] = {"sublinear_tf": True, "max_features": MAX_WORDS, "min_df": 2}
    words = TfidfVectorizer(ngram_range=(1, 2), **shared)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **shared)
    return make_pipeline(make_union(words, letters), LogisticRegression(class_weight="balanced", max_iter=1000, C=3.0))


Baseline = Majority | CueLexicon | TfidfLogistic
BASELINES: Final[dict[str, type[Baseline]]] = {
    "majority": Majority,
    "cue_lexicon": CueLexicon,
    "tfidf": TfidfLogistic,
    "tfidf_target_blind": TargetBlind,
}
