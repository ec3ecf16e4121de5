"""How a claim is quoted, and whose hedge a cue is: rules from quote marks and attribution (label guide, "holder")."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from claimstance.schema import Cue, CueType, Holder, Prediction, Quoted, Span

_REPORTING = re.compile(
    r"\b(?:said|says?|saying|told|tells|add(?:s|ed|ing)|announc(?:es|ed|ing)|argu(?:es?|ed|ing)|assert(?:s|ed)|claim(?:s|ed|ing)|"
    r"alleg(?:es|ed|ing)|contend(?:s|ed)|conced(?:es|ed)|confirm(?:s|ed|ing)|declar(?:es|ed|ing)|den(?:ies|ied|ying)|"
    r"emphasi[sz](?:es|ed)|explain(?:s|ed|ing)|insist(?:s|ed|ing)|maintain(?:s|ed)|mention(?:s|ed)|not(?:es|ed|ing)|"
    r"point(?:s|ed|ing) out|predict(?:s|ed)|promis(?:es|ed)|remark(?:s|ed)|repl(?:ies|ied)|report(?:s|ed|ing)|respond(?:s|ed)|"
    r"reveal(?:s|ed)|stat(?:es|ed|ing)|stress(?:es|ed|ing)|suggest(?:s|ed)|suspect(?:s|ed)?|suppos(?:es?|ed)|conclud(?:es?|ed)|reckon(?:s|ed)?|hop(?:es?|ed)|allow(?:s|ed) that|found that|discover(?:s|ed)|"
    r"(?:did|does|do|would|will|has|have) not (?:exclude|rule out)|tweet(?:s|ed)|underlin(?:es|ed)|urg(?:es|ed)|"
    r"warn(?:s|ed|ing)|writ(?:es|ing)|wrote|written|ask(?:s|ed)|believ(?:es?|ed)|thinks?|thought|fears?|feared|"
    r"expect(?:s|ed)?|estimat(?:es|ed)|acknowledg(?:es|ed)|admit(?:s|ted)|testif(?:ies|ied)|tell reporters|according to)\b",
    re.IGNORECASE,
)
_HEARSAY = re.compile(
    r"(?:reportedly|allegedly|supposedly|purportedly|apparently|claim(?:s|ed|ing)?|alleg(?:es?|ed|ing)|contend(?:s|ed|ing)?|"
    r"(?:is|are|was|were) (?:said|believed|thought|understood|expected|reported|rumou?red)(?: to)?|said to|sources say)",
    re.IGNORECASE,
)
# A belief that a verb of its own names is its subject's: "she thinks", not "he is thought to".
_BELIEF = re.compile(
    r"(?:think|believe|expect|fear|suspect|reckon|suppose|hope|doubt|assume|guess|consider|feel|trust|find|reckon)\w*|thought",
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
    if source is None or _HEARSAY.fullmatch(cue.span.of(text)):
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
    """Whether a form of "be" stands before the cue: "is believed to" is somebody else's belief."""
    return re.search(r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?$", text[: cue.span.start]) is not None


@lru_cache(maxsize=1)  # the cues of one sentence come one after another
def _reporting_verbs(text: str) -> tuple[Span, ...]:
    return tuple(Span(*match.span()) for match in _REPORTING.finditer(text))


def _attribution(text: str, source: Span, cue: Cue) -> Span | None:
    """The reporting verb nearest to the source, cues themselves left out."""
    near = [verb for verb in _reporting_verbs(text) if not verb.overlaps(cue.span)]
    return min(near, key=lambda verb: min(abs(verb.start - source.end), abs(source.start - verb.end)), default=None)
