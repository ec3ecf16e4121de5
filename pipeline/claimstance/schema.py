"""The records that flow between stages, and their label enums; ``arrow.py`` derives the Arrow schemas.

What the labels mean is in ``docs/label-guide.md``. Offsets are code points, end exclusive.
"""

from dataclasses import dataclass
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


class Role(StrEnum):
    """The four span roles; each is tagged on its own, so they may overlap one another."""

    SOURCE = "source"
    TARGET = "target"
    CONDITION = "condition"
    TRIGGER = "trigger"


class Head(StrEnum):
    """What an example can be labelled for; the model's losses are masked by it."""

    KIND = "kind"
    ACT = "act"
    STRENGTH = "strength"
    STANCE = "stance"
    SENTIMENT = "sentiment"
    CUES = "cues"
    SOURCE = "source"
    TARGET = "target"
    CONDITION = "condition"
    TRIGGER = "trigger"


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
    """Characters about which a corpus is silent, or says otherwise than the guide: no loss for this head there."""

    head: Head
    span: Span


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence. Only the heads in ``labelled`` carry labels; offsets are into ``text``.

    ``stance`` and ``sentiment`` both label ``targets``: the first after the guide, the second after NewsMTSC.
    ``group`` is what must not be split (article or cluster).
    """

    example_id: str
    corpus: str
    group: str
    split: str  # train, dev or test
    text: str
    labelled: tuple[Head, ...]
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
    certainty: float | None = None  # as the corpus rates it, from 1 (not at all) to 6
    subject: str | None = None  # of the article, as is its style
    style: str | None = None


@dataclass(frozen=True, slots=True)
class PredictedTarget:
    """Probabilities in the order of ``Stance``; each adds up to 1."""

    span: Span
    stance: tuple[float, ...]  # (3,) after the guide
    sentiment: tuple[float, ...]  # (3,) after NewsMTSC


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model or baseline says of one sentence. Probabilities are in the order of each head's enum."""

    kind: tuple[float, ...]  # (2,)
    act: tuple[float, ...]  # (7,)
    strength: tuple[float, ...]  # (4,)
    source: Span | None
    trigger: Span | None
    condition: Span | None
    cues: tuple[Cue, ...]
    targets: tuple[PredictedTarget, ...]  # found by the target tagging
    given: tuple[PredictedTarget, ...] = ()  # for the spans that the caller gave, in that order


@dataclass(frozen=True, slots=True)
class ScoredCue:
    text: str
    start: int
    end: int
    type: CueType
    holder: Holder


@dataclass(frozen=True, slots=True)
class ScoredClaim:
    """One output row: a claim and one of its targets. The order of the fields is the output contract."""

    article_id: str
    input: str
    outlet: str | None
    published: str | None
    url: str | None
    sentence_index: int
    start: int
    end: int
    text: str
    kind: Kind
    kind_probability: float | None
    source: str | None
    source_start: int | None
    source_end: int | None
    speaker: str | None
    target: str | None
    target_start: int | None
    target_end: int | None
    target_name: str | None
    target_origin: str | None  # found or given
    stance: Stance | None
    p_support: float | None
    p_oppose: float | None
    p_neutral: float | None
    act: Act | None
    act_probability: float | None
    trigger: str | None
    trigger_start: int | None
    trigger_end: int | None
    strength: Strength | None
    p_certain: float | None
    p_probable: float | None
    p_possible: float | None
    p_uncommitted: float | None
    cues: tuple[ScoredCue, ...]
    condition: str | None
    condition_start: int | None
    condition_end: int | None
    quoted: Quoted | None
    needs_review: tuple[str, ...]
    model: str
    model_version: str
