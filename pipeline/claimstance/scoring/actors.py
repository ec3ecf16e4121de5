"""Whom a source or target stands for when one counts: the state, body, party or person behind a mention.

A mention becomes a name within its article (``speakers.py``); here the names of one state become one. Precision comes
first: null for common nouns, and where a careful reader would not be sure.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from claimstance.articles.countries import by_adjective, by_capital, by_name
from claimstance.articles.names import named_phrase, names_in
from claimstance.schema import Span
from claimstance.scoring.sentence import ScoredSentence

_ORGAN: Final = (
    r"(?:[Gg]overnment|[Aa]dministration|[Cc]abinet|[Aa]uthorities|[Aa]rmy|[Mm]ilitary|[Aa]rmed [Ff]orces|"
    r"(?:\w+ )?[Mm]inistry(?: of \w+(?: \w+)?)?|(?:Foreign|State|Interior|Defen[cs]e|Justice) Department)"
)
_OF_COUNTRY: Final = re.compile(rf"(?:[Tt]he )?(?P<country>[A-Z].*?)(?:['’]s?)? {_ORGAN}")
_ORGAN_OF: Final = re.compile(rf"(?:[Tt]he )?{_ORGAN} of (?P<country>(?:the )?[A-Z].*)")
_ARTICLE: Final = re.compile(r"^(?:[Tt]he|[Aa]n?) (?=[A-Z])")


def name_actors(sentences: Sequence[ScoredSentence], aliases: Mapping[str, str] | None = None) -> None:
    """Set the actors of sources and targets, in place, once speakers and target names are known.

    Args:
        sentences: Of one article.
        aliases: Name by other name.
    """
    known = aliases or {}
    for record in sentences:
        source = record.prediction.source if record.prediction is not None else None
        words = source.of(record.view.plain) if source is not None else record.speaker
        if words is not None:
            actor = actor_of(words, record.speaker, _begins(record, source))
            record.source_actor = known.get(actor, actor) if actor else None
        for target in record.targets:
            actor = actor_of(target.text, target.name, _begins(record, target.span))
            target.actor = known.get(actor, actor) if actor else None


def _begins(record: ScoredSentence, span: Span | None) -> bool:
    """Whether a span begins its sentence, where any word is capitalised."""
    return span is not None and not record.view.plain[: span.start].strip("“\"‘' ")


def actor_of(mention: str, name: str | None, begins_sentence: bool = False) -> str | None:
    """Return the actor that a mention stands for, or null where it is a common noun or a pronoun without a name.

    Args:
        mention: The words of the span.
        name: The name that they stand for in the article, if one is certain (``speaker``, ``target_name``).
        begins_sentence: Whether a single word may be capitalised for its place alone ("Police").
    """
    for words in filter(None, (name, mention)):
        if state := _state(words):
            return state
    if name is not None:
        return None if _is_list(mention, name) else _ARTICLE.sub("", name)
    bare = _ARTICLE.sub("", mention)
    return bare if _is_name(bare) and (" " in bare or not begins_sentence) else None


def _is_list(mention: str, name: str) -> bool:
    """Whether a name is several, so that no single actor is meant: "Norland, Keldia and Lena Varga"."""
    if " and " not in name:
        return False
    return named_phrase(mention if " and " in mention else f"the {name}") is None


def _state(words: str) -> str | None:
    """Return the country that a name, its government or its capital stands for."""
    if country := by_name().get(words) or by_capital().get(words):
        return country.name
    organ = _OF_COUNTRY.fullmatch(words) or _ORGAN_OF.fullmatch(words)
    if organ is None:
        return None
    of = organ["country"]
    found = by_adjective().get(of) or by_name().get(of)
    return found.name if found else None


def _is_name(words: str) -> bool:
    """Whether a mention is one proper name and nothing else; an adjective of a country alone is none."""
    found = names_in(words)
    return len(found) == 1 and found[0][0] == words and words not in by_adjective()
