"""The output contract: the columns of what ``score`` writes, in their order; see ``docs/schema.md``."""

from dataclasses import dataclass
from typing import Final

from claimstance.schema import Act, CueType, Holder, Kind, Quoted, Stance, Strength

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # a CSV cell that begins so gets an apostrophe before it


@dataclass(frozen=True, slots=True)
class ScoredCue:
    text: str
    start: int
    end: int
    type: CueType
    holder: Holder
    probability: float | None  # null in files of schema 3 and before


@dataclass(frozen=True, slots=True)
class ScoredClaim:
    """One output row: a claim and one of its targets. The order of the fields is the output contract."""

    article_id: str
    input: str
    title: str | None
    outlet: str | None
    published: str | None
    url: str | None
    part: str  # title or body: what the offsets point into
    sentence_index: int
    start: int
    end: int
    text: str
    kind: Kind
    kind_probability: float | None
    source: str | None
    source_start: int | None
    source_end: int | None
    source_probability: float | None
    speaker: str | None
    source_actor: str | None
    target: str | None
    target_start: int | None
    target_end: int | None
    target_probability: float | None
    target_name: str | None
    target_actor: str | None
    own_side: bool | None  # whether both actors are known and one
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
    condition_probability: float | None
    quoted: Quoted | None
    claim_probability: float | None
    needs_review: tuple[str, ...]
    model: str
    model_version: str
