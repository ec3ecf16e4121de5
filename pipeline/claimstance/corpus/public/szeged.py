"""Szeged uncertainty corpus: hedge cues in Wikipedia, and in news for reporting (Szarvas et al. 2012).

Where it differs from the guide its words are masked: modals as condition cues, "consider" as doxastic, and what the
guide calls an intention or a condition and it hardly labels. In the news file the two modal classes are one,
``epistemic``, since their names look swapped there.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from claimstance import heads
from claimstance.schema import Cue, CueType, Example, Masked, Span

FILES: Final = {"szeged_wiki": "wiki.xml", "szeged_news": "factbank.xml"}
MODAL: Final = re.compile(r"(?:would|will|could|can|may|might|should)\b", re.IGNORECASE)
CONSIDER: Final = re.compile(r"consider", re.IGNORECASE)
# Words that the guide labels and this corpus does not, or not reliably.
SILENT: Final = re.compile(
    r"\b(?:until|as long as|provided that|in case|without|plan(?:s|ned|ning)? to|intend(?:s|ed|ing)? to|aim(?:s|ed|ing)? to|"
    r"ready to|prepared to|willing to|vow(?:s|ed)?(?: to)?|pledg(?:e|es|ed)(?: to)?|promis(?:e|es|ed) to|threaten(?:s|ed)? to|"
    r"seek(?:s|ing)? to|sought to|reportedly|allegedly|claim(?:s|ed|ing)?|alleg(?:e|es|ed|ing)|contend(?:s|ed)?|"
    r"investigat(?:e|es|ed|ing|ion)|examin(?:e|es|ed|ing)|consider(?:s|ed|ing)?|expect(?:s|ed)?(?: to)?)\b",
    re.IGNORECASE,
)


def read(folder: Path, name: str) -> list[Example]:
    """Read the sentences of one file without titles; documents are split by a stable hash, news is all test."""
    root = ElementTree.parse(folder / FILES[name]).getroot()  # noqa: S314, the file's sha256 is checked by fetch
    return [example for document in root.iter("Document") for example in _read_document(document, name)]


def _read_document(document: Any, name: str) -> Iterator[Example]:
    identifier = document.findtext("DocID") or ""
    position = int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:4]) / 2**32
    split = "test" if name == "szeged_news" else "train" if position < 0.9 else "dev"
    for part in document.iter("DocumentPart"):
        if part.get("type") == "Title":
            continue
        for sentence in part.iter("Sentence"):
            example = _example(sentence, name, f"{name}:{identifier}", split)
            if example is not None:
                yield example


def _example(sentence: Any, name: str, group: str, split: str) -> Example | None:
    text, cues = "", []
    for chunk, label in _chunks(sentence):
        clean = re.sub(r"\s+", " ", chunk)
        if text.endswith(" ") or not text:
            clean = clean.lstrip()
        if label is not None:
            cues.append((Span(len(text), len(text) + len(clean.rstrip())), label))
        text += clean
    text = text.rstrip()
    if len(text.split()) < 3:
        return None
    labelled, masked = _sort_out(text, cues)
    if split != "test":  # a test counts the corpus's own cues
        taken = [cue.span for cue in labelled]
        silent = (Span(*match.span()) for match in SILENT.finditer(text))
        masked += [Masked(heads.CUES.name, span) for span in silent if not any(span.overlaps(t) for t in taken)]
    return Example(
        example_id=f"{group}:{sentence.get('id')}",
        corpus=name,
        group=group,
        split=split,
        text=text,
        labelled=(heads.CUES.name,),
        cues=tuple(labelled),
        masked=tuple(masked),
    )


def _chunks(sentence: Any) -> Iterator[tuple[str, str | None]]:
    yield sentence.text or "", None
    for cue in sentence:
        yield "".join(cue.itertext()), cue.get("type", "")
        yield cue.tail or "", None


def _sort_out(text: str, cues: list[tuple[Span, str]]) -> tuple[list[Cue], list[Masked]]:
    """Return the cues that agree with the guide, and the masked words of those that do not."""
    labelled: list[Cue] = []
    masked: list[Masked] = []
    for span, label in cues:
        kind = _type(span.of(text), label)
        if kind is None:
            masked.append(Masked(heads.CUES.name, span))
        elif span.start < span.end:
            labelled.append(Cue(span, kind))
    return labelled, masked


def _type(words: str, label: str) -> CueType | None:
    if "modal" in label:
        return CueType.EPISTEMIC
    if "doxastic" in label:
        return None if CONSIDER.match(words) else CueType.DOXASTIC
    if "condition" in label:
        return None if MODAL.match(words) else CueType.CONDITIONAL
    if "investigation" in label:
        return CueType.INVESTIGATION
    raise ValueError(f"unknown cue type {label!r}")
