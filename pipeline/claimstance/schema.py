"""The records that flow between stages, their label enums, and the Arrow schemas derived from them.

What the labels mean is in ``docs/label-guide.md``. Offsets are code points, end exclusive.
"""

import dataclasses
import types
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

SCHEMA_VERSION = 1


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


def arrow_schema(cls: type[Any]) -> pa.Schema:
    """Derive a record's Arrow schema from its annotations; the schema version travels in the metadata."""
    return pa.schema(_fields(cls), metadata={"schema_version": str(SCHEMA_VERSION), "record": cls.__name__})


def _fields(cls: type[Any]) -> list[pa.Field]:
    hints = get_type_hints(cls)
    fields = []
    for field in dataclasses.fields(cls):
        inner, nullable = unwrap_optional(hints[field.name])
        fields.append(pa.field(field.name, _arrow_type(inner), nullable=nullable))
    return fields


def unwrap_optional(hint: Any) -> tuple[Any, bool]:
    """Split ``X | None`` into (X, True) and any other annotation into (itself, False)."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        return inner[0], True
    return hint, False


def _arrow_type(hint: Any) -> pa.DataType:
    if get_origin(hint) is tuple:
        return pa.list_(pa.field("item", _arrow_type(get_args(hint)[0]), nullable=False))
    if dataclasses.is_dataclass(hint):
        return pa.struct(_fields(hint))  # type: ignore[arg-type]
    if issubclass(hint, StrEnum):
        return pa.string()
    simple = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    return simple[hint]
