"""The records that pass between stages, and the enums of their labels; ``records.py`` stores them.

What the labels mean is in ``docs/label-guide.md``. Offsets are code points, end exclusive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    CLAIM = "claim"
    OTHER = "other"


class Stance(StrEnum):
    SUPPORT = "support"
    OPPOSE = "oppose"
    NEUTRAL = "neutral"


class Act(StrEnum):
    STATE = "state"
    AGREE = "agree"
    PROMISE = "promise"
    REQUEST = "request"
    ACCUSE = "accuse"
    REJECT = "reject"
    THREATEN = "threaten"


class Strength(StrEnum):
    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    UNCOMMITTED = "uncommitted"


class CueType(StrEnum):
    EPISTEMIC = "epistemic"
    DOXASTIC = "doxastic"
    CONDITIONAL = "conditional"
    INVESTIGATION = "investigation"
    INTENTION = "intention"


class Holder(StrEnum):
    SPEAKER = "speaker"
    REPORTER = "reporter"


class Quoted(StrEnum):
    DIRECT = "direct"
    INDIRECT = "indirect"
    NARRATED = "narrated"


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def shift(self, by: int) -> "Span":
        return Span(self.start + by, self.end + by)

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class GivenTarget:
    """A target that the user names; without offsets it means all its whole-word occurrences in a sentence."""

    text: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One scoring unit: an article, or with ``--unit sentence`` one sentence, whose text is ``body``."""

    article_id: str
    input: str  # file and row, e.g. "news.csv:3"
    body: str
    title: str | None = None
    outlet: str | None = None
    published: str | None = None
    url: str | None = None
    furniture: tuple[Span, ...] = ()  # page furniture that is left in the body
    targets: tuple[GivenTarget, ...] | None = None  # null: the model finds them
    kept: str | None = None  # the --keep columns, as a JSON object


@dataclass(frozen=True, slots=True)
class UnitError:
    """A unit that could not be scored. ``row`` counts from 1; null for a whole file."""

    file: str
    row: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    article_id: str
    sentence_index: int
    start: int
    end: int
    text: str
    furniture: bool = False
    part: str = "body"  # or "title": what the offsets point into


@dataclass(frozen=True, slots=True)
class Target:
    span: Span
    stance: Stance
    name: str | None = None  # the name it stands for in the article; "" where it has none; null where not labelled


@dataclass(frozen=True, slots=True)
class Cue:
    span: Span
    type: CueType
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Masked:
    """Characters that a corpus leaves unlabelled or labels against the guide: a head has no loss or metric there."""

    head: str
    span: Span


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence. Offsets are into ``text``.

    Attributes:
        group: Article or cluster of near duplicates; a group lies within one split.
        split: train, dev, test or unseen.
        labelled: Names of the heads (``heads.HEADS``) that carry labels. Both ``stance`` and ``sentiment`` label
            ``targets``: the first after the guide, the second after NewsMTSC.
        certainty: The corpus's own rating, from 1 (not certain) to 6.
        subject, style: Of the article.
    """

    example_id: str
    corpus: str
    group: str
    split: str
    text: str
    labelled: tuple[str, ...]
    kind: Kind | None = None
    act: Act | None = None
    strength: Strength | None = None
    source: Span | None = None
    trigger: Span | None = None
    condition: Span | None = None
    targets: tuple[Target, ...] = ()
    cues: tuple[Cue, ...] = ()
    speaker: str | None = None
    masked: tuple[Masked, ...] = ()
    certainty: float | None = None
    subject: str | None = None
    style: str | None = None


Probabilities = tuple[float, ...]  # of one head, in the order of its labels; they add up to 1


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A span of one head, and the probability that both its words and its label are right."""

    span: Span
    label: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class PredictedTarget:
    """A target, what each target head says of it, and the probability that it is one; null where it is given."""

    span: Span
    toward: Mapping[str, Probabilities]  # by head
    probability: float | None = None

    @property
    def stance(self) -> Probabilities:
        return self.toward["stance"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model or baseline predicts for one sentence.

    Attributes:
        labels: Probabilities by sentence head.
        spans: Spans found, by head of spans.
        targets: The targets found.
        given: The targets that the caller gave, in that order.
        missed: The probability that a span was overlooked, by head of spans.
        windows: Number of windows of the encoder that the sentence was cut into.
    """

    labels: Mapping[str, Probabilities]
    spans: Mapping[str, tuple[FoundSpan, ...]] = field(default_factory=dict)
    targets: tuple[PredictedTarget, ...] = ()
    given: tuple[PredictedTarget, ...] = ()
    missed: Mapping[str, float] = field(default_factory=dict)
    windows: int = 1

    @property
    def kind(self) -> Probabilities:
        return self.labels["kind"]

    @property
    def act(self) -> Probabilities:
        return self.labels["act"]

    @property
    def strength(self) -> Probabilities:
        return self.labels["strength"]

    @property
    def source(self) -> Span | None:
        return self._only("source")

    @property
    def trigger(self) -> Span | None:
        return self._only("trigger")

    @property
    def condition(self) -> Span | None:
        return self._only("condition")

    @property
    def cues(self) -> tuple[Cue, ...]:
        return tuple(Cue(one.span, CueType(one.label)) for one in self.spans.get("cues", ()))

    def _only(self, head: str) -> Span | None:
        found = self.spans.get(head, ())
        return found[0].span if found else None
