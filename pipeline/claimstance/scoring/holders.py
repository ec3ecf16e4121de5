"""How a claim is quoted, and whose hedge a cue is: rules from quote marks and attribution (label guide, "holder")."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from claimstance.schema import Cue, CueType, Holder, Prediction, Quoted, Span
from claimstance.words import any_of, word_list

_LISTS = "claimstance.scoring"
_REPORTING = re.compile(any_of(word_list(_LISTS, "reporting_verbs")), re.IGNORECASE)
_HEARSAY = word_list(_LISTS, "hearsay")
# The subject holds a belief that its verb expresses: "she thinks", but not "he is thought to".
_BELIEF = re.compile(
    r"(?:think|believe|expect|fear|suspect|reckon|suppose|hope|doubt|assume|guess|consider|feel|trust|find)\w*|thought",
    re.IGNORECASE,
)
_NOT_EXCLUDED = re.compile(r"(?:.* )?not (?:exclude|rule out).*", re.IGNORECASE)
_OWN_BY_DEED: Final = frozenset({CueType.INTENTION, CueType.CONDITIONAL, CueType.INVESTIGATION})


def how_quoted(text: str, quotes: Sequence[Span], source: Span | None) -> Quoted:
    """Return direct if at least four words or a third of the sentence are quoted, indirect if it is attributed."""
    words = sum(len(span.of(text).split()) for span in quotes)
    if words >= 4 or words * 3 >= len(text.split()):
        return Quoted.DIRECT
    return Quoted.INDIRECT if source is not None and _reporting_verbs(text) else Quoted.NARRATED


def cue_holder(text: str, cue: Cue, prediction: Prediction, quotes: Sequence[Span]) -> Holder:
    """Return the holder of a cue: the source inside a quotation or an attributed clause, else the reporter."""
    if any(quote.start <= cue.span.start and cue.span.end <= quote.end for quote in quotes):
        return Holder.SPEAKER
    source = prediction.source
    if source is None or cue.span.of(text).lower() in _HEARSAY:
        return Holder.REPORTER
    words = cue.span.of(text)
    if _NOT_EXCLUDED.fullmatch(words) or (_BELIEF.fullmatch(words) and not _passive(text, cue)):
        return Holder.SPEAKER
    verb = _attribution(text, source, cue)
    if verb is None:
        return Holder.SPEAKER if cue.type in _OWN_BY_DEED else Holder.REPORTER
    at_the_end = verb.start > cue.span.end and source.start > cue.span.end  # "…, she said"
    after_the_verb = verb.end <= cue.span.start
    return Holder.SPEAKER if at_the_end or after_the_verb or cue.type in _OWN_BY_DEED else Holder.REPORTER


def _passive(text: str, cue: Cue) -> bool:
    """Return whether a form of "be" stands before the cue: "is believed to" is somebody else's belief."""
    return re.search(r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?$", text[: cue.span.start]) is not None


@lru_cache(maxsize=1)  # the cues of one sentence come one after another
def _reporting_verbs(text: str) -> tuple[Span, ...]:
    return tuple(Span(*match.span()) for match in _REPORTING.finditer(text))


def _attribution(text: str, source: Span, cue: Cue) -> Span | None:
    """Return the reporting verb nearest to the source that is no cue."""
    near = [verb for verb in _reporting_verbs(text) if not verb.overlaps(cue.span)]
    return min(near, key=lambda verb: min(abs(verb.start - source.end), abs(source.start - verb.end)), default=None)
