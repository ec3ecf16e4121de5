"""Names in a text, and the fullest form of each that an article gives: "Varga" → "Lena Varga", "Quarrion" → its firm.

Precision first: null where a careful reader would not be sure (label guide, "speaker").
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from claimstance.errors import InputError

_PART = r"(?:[A-Z][\w'’-]*[\w]|[A-Z]\.)"
_NAME = re.compile(rf"{_PART}(?: (?:(?:de|da|di|del|van|von|der|den|bin|al|el|ter) )*{_PART})*")
_TITLE = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Don|Doña|President|Vice|Deputy|Prime|Minister|Premier"
    r"|Chancellor|Senator|Sen|Rep|Representative|Congressman|Congresswoman|Governor|Gov|Mayor|Councillor"
    r"|Councilman|Councilwoman|Cllr|General|Gen|Colonel|Col|Lt|Lieutenant|Captain|Capt|Major|Maj|Sgt|Sergeant"
    r"|Admiral|Commander|Marshal|Brigadier|Sheriff|Judge|Justice|Chief|Secretary|Foreign|Defence|Defense|Finance"
    r"|Interior|Spokesman|Spokeswoman|Spokesperson|Ambassador|Envoy|King|Queen|Prince|Princess|Pope|Bishop"
    r"|Archbishop|Father|Sister|Rabbi|Imam|Sheikh|Detective|Inspector|Constable|Superintendent|Commissioner|Coach"
    r"|Speaker|Former|Acting|Attorney|Director|Chairman|Chairwoman|Chair|Officer|Treasurer|Ombudsman|Owner"
    r"|Paediatrician|Pediatrician|Surgeon|Nurse|Economist|Carmaker|Neighbouring)\.?"
)
_NOT_A_NAME = re.compile(
    r"(?:The|A|An|In|On|At|By|For|From|To|Of|With|But|And|Or|If|When|While|After|Before|As|It|Its|He|She|They|We|I"
    r"|You|This|That|These|Those|His|Her|Their|Our|My|Your|There|Here|What|Who|Why|How|Where|Which|Some|Several"
    r"|Many|Most|Both|All|Each|Every|Any|Few|Other|Others|Neither|Nobody|None|No|Not|Yes|One|Two|Three|Earlier"
    r"|Later|Meanwhile|However|Still|Also|Now|Then|Today|Yesterday|Tomorrow|According|About|Source|Quote|Details"
    r"|Background|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June"
    r"|July|August|September|October|November|December|Read|Photo|Ours|Theirs|Asked|Unlike|Despite|Since|Under"
    r"|Over|Until|Unless|Although|Though|Once)\.?"
)
_ORGANISATION = re.compile(
    r"\b(?:Ministry|Department|Party|Union|Bank|Inc|Corp|Ltd|Group|University|Institute|Council|Committee|Commission|Court|"
    r"Agency|Office|Association|Federation|Parliament|Senate|Congress|House|Hall|Government|Republic|Kingdom|States|Nations|"
    r"Army|Navy|Police|Times|Post|News|Herald|Radio|Television|Front|Brigade|Alliance|League|Society|Board|Authority|Company|"
    r"Airlines|Club|City|County|Street|Square|Airport|Hospital|School|College|Museum|Fund|Foundation|Service|Services|Centre|"
    r"Center|Organi[sz]ation|Movement|Coalition|River|Sea|Lake|Strait|Island|Islands|Bill|Act|Treaty|Accord|Code|Law|Holdings?|"
    r"Foods?|Metals|Technologies|Pharma|Partners|Estates|Rovers|United|Athletic|FC|AG|AB|plc|PJSC|Affairs|Democrats|Minister|Day|District|Treasury|Compact|Zoo|Water|Delta|Online|Directorate|Ministries|"
    r"War|Peace|Agreement|Programme|Program|Project|Report|Committee|Prize|Cup|Festival|Park|Road|Bridge|Harbour|Port)\b"
)
_PLACE = re.compile(
    r"North|South|East|West|Northern|Southern|Eastern|Western|Central|New|Great|Saudi|Sri|San|Santa|Costa"
)
# What a firm's or club's name may go on with after the word that stands for it alone.
_FIRM = re.compile(
    r"(?:Inc|Corp|Ltd|Co|AG|AB|SA|SE|NV|plc|PJSC|LLC|Group|Holdings?|Company|Foods?|Metals|Mining|Energy|Technologies|Systems|"
    r"Pharma|Industries|Partners|Estates|Cloud|Graphics|Propulsion|Aerostructures|Couriers|Motors|Steel|"
    r"Air|Airlines|Airways|Lines|Shipping|Capital|Media|Dairies|Mills|Federation|Athletic|United|FC)\b"
)
_BARE = re.compile(
    r"(?:Ministry|Department|Party|Union|Bank|Group|Institute|Council|Committee|Commission|Court|Agency|Office|Association|"
    r"Federation|Parliament|Senate|House|Front|Brigade|Alliance|League|Society|Board|Authority|Company|Club|Museum|Fund|"
    r"Foundation|Service|Movement|Coalition|Navy|Army|Bar|Compact|Directorate)"
)


_POSSESSIVE = re.compile(r"['’]s?$")
_FUNCTION_WORD = re.compile(
    r"a|an|the|of|to|in|on|at|by|for|from|with|and|or|but|as|is|its|over|after|into|than|if|not|nor|so|up|off|out|via|vs|"
    r"amid|about|against|between|without|during|under|before|until|are|be|it"
)


@lru_cache(maxsize=4096)  # an article's texts and names come again and again
def names_in(text: str) -> tuple[tuple[str, int], ...]:
    """Capitalised names with where each begins; titles, possessors and sentence-initial function words are cut off."""
    found = []
    for match in _NAME.finditer(text):
        words = _POSSESSIVE.sub("", match.group()).split()
        last = len(words) - 1
        cut = [
            i + 1 for i, word in enumerate(words) if i < last and (_TITLE.fullmatch(word) or _POSSESSIVE.search(word))
        ]
        words = words[max(cut, default=0) :]
        while words and (_TITLE.fullmatch(words[0]) or _NOT_A_NAME.fullmatch(words[0])):
            words.pop(0)
        if len(words) == 3 and text[: match.start()].endswith(" of "):
            words.pop(0)  # "the prime minister of Ostrea Halyna Bondar"
        if words:
            found.append((" ".join(words), match.start() + match.group().rindex(" ".join(words))))
    return tuple(found)


@lru_cache(maxsize=4096)
def is_person(name: str) -> bool:
    """Whether a full name is one of a person, as far as its words tell."""
    words = name.split()
    return 2 <= len(words) <= 4 and not (_ORGANISATION.search(name) or _PLACE.fullmatch(words[0]) or name.isupper())


def is_title(word: str) -> bool:
    """Whether a word is a title or office before a name."""
    return word == "The" or _TITLE.fullmatch(word) is not None


@dataclass(slots=True)
class Directory:
    """The names of one article. ``people`` and ``bodies`` have the full names by each word that may stand for one."""

    people: dict[str, set[str]] = field(default_factory=dict)
    bodies: dict[str, set[str]] = field(default_factory=dict)
    inside: set[str] = field(default_factory=set)  # words that are capitalised within a sentence too
    aliases: Mapping[str, str] = field(default_factory=dict)

    def full_name(self, mention: str, begins_sentence: bool = False) -> str | None:
        """The fullest known form of a proper name; null for a common noun, or where two full names would fit."""
        names = [name for name, _ in names_in(mention)]
        if len(names) != 1 or not _mostly_name(mention, names[0]):
            return None
        full = self._full_form(names[0], begins_sentence)
        return None if full is None else self.aliases.get(full, full)

    def _full_form(self, name: str, begins_sentence: bool) -> str | None:
        if name in self.aliases or " " in name:
            longer = self.bodies.get(name, set()) | self.people.get(name, set())
            return next(iter(longer)) if len(longer) == 1 else name
        if _BARE.fullmatch(name):  # "the Board": a name only where the article has one board
            longer = self.bodies.get(name, set())
            return next(iter(longer)) if len(longer) == 1 else None
        if begins_sentence and name not in self.inside:
            candidates = self.people.get(name, set())
            return next(iter(candidates)) if len(candidates) == 1 else None
        candidates = self.people.get(name) or self.bodies.get(name) or {name}
        return next(iter(candidates)) if len(candidates) == 1 else None


def read_aliases(path: Path) -> dict[str, str]:
    """The name of each other name, from a JSON object of names, each with a list of its other names.

    Raises:
        InputError: if the file is missing or says otherwise, or gives another name to two names.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict) or not all(_is_list_of_names(others) for others in content.values()):
        raise InputError(f'{path}: should be like {{"Bank of Aldmere": ["Aldmere Bank", "BoA"]}}')
    names: dict[str, str] = {}
    for name, others in content.items():
        for other in others:
            if names.setdefault(other, name) != name:
                raise InputError(f"{path}: {other!r} is another name of both {names[other]!r} and {name!r}")
    return names


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def directory(texts: Sequence[str], aliases: Mapping[str, str] | None = None) -> Directory:
    """Read the names of an article's sentences."""
    result = Directory(aliases=aliases or {})
    prose = [text for text in texts if not is_title_case(text)]  # in a headline every word looks like a name
    found = [(name, _begins(text, start)) for text in prose for name, start in names_in(text)]
    for name, begins in found:
        result.inside.update(name.split()[1 if begins else 0 :])
    for name in {_without_description(name, begins, result.inside) for name, begins in found if " " in name}:
        if is_person(name):
            words = name.split()
            for short in (*words, *(" ".join(words[i:]) for i in range(1, len(words) - 1))):
                result.people.setdefault(short, set()).add(name)
        else:
            for short in _short_forms(name):
                result.bodies.setdefault(short, set()).add(name)
    return result


def is_title_case(text: str) -> bool:
    """Whether every word of a text that is no function word has a capital letter."""
    words = [word for word in re.findall(r"[A-Za-z][\w’'-]*", text) if not _FUNCTION_WORD.fullmatch(word)]
    return len(words) > 3 and all(word[0].isupper() for word in words)


def _begins(text: str, start: int) -> bool:
    """Whether a place is the beginning of a sentence or quotation, where any word has a capital letter."""
    return not text[:start].strip() or text[start - 1] in "“\"‘'("


def _without_description(name: str, begins: bool, inside: set[str]) -> str:
    """ "Historian Tomas Arany" at the beginning of a sentence is "Tomas Arany"."""
    first, _, rest = name.partition(" ")
    return rest if begins and " " in rest and first not in inside and is_person(name) else name


def _short_forms(name: str) -> list[str]:
    """What may stand for a body's name alone: "Quarrion" for "Quarrion Metals", "Board" for "Data Protection Board"."""
    words = name.split()
    shorts = []
    for i in range(1, len(words)):
        if _FIRM.fullmatch(words[i]):
            shorts.append(" ".join(words[:i]))
    if _BARE.fullmatch(words[-1]):
        shorts.append(words[-1])
    return shorts


def _mostly_name(mention: str, name: str) -> bool:
    """Whether a mention is a name, perhaps with an article or title, and not a phrase that contains one."""
    rest = mention.replace(name, "", 1).split()
    return all(_TITLE.fullmatch(word) or word in ("the", "The") for word in rest)
