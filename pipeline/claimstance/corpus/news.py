"""Standoff labels of real news: offsets into texts that are fetched, never the texts themselves.

The format is in ``data/news/README.md``, what the labels mean in ``docs/label-guide.md``.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from claimstance import heads
from claimstance.errors import CorpusError
from claimstance.records import atomic_path, structure
from claimstance.schema import Act, Cue, CueType, Example, Holder, Kind, Span, Stance, Strength, Target

CORPUS: Final = "news"
TITLE: Final = "title"
BODY: Final = "body"
TEXTS: Final = "articles.jsonl"  # of one source, in the folder of its raw files
LABELLED: Final = tuple(head.name for head in heads.HEADS if head is not heads.SENTIMENT)


@dataclass(frozen=True, slots=True)
class NewsText:
    """An article as its source has it."""

    id: str
    text: str
    title: str | None = None
    url: str | None = None

    @property
    def sha256(self) -> str:
        """Of title and text, so that labels are never applied to another version."""
        return hashlib.sha256(f"{self.title or ''}\n\n{self.text}".encode()).hexdigest()

    def part(self, name: str) -> str:
        """Return the title or the body."""
        return (self.title or "") if name == TITLE else self.text


@dataclass(frozen=True, slots=True)
class Place:
    """A span of an article's title or body."""

    part: str
    span: Span


@dataclass(frozen=True, slots=True)
class LabelledTarget:
    """``name`` is the place of the target's full name in the article; null if it has none."""

    span: Span
    stance: Stance
    name: Place | None


@dataclass(frozen=True, slots=True)
class LabelledCue:
    span: Span
    type: CueType
    holder: Holder


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """One sentence; all spans are offsets into its part of the article, in code points."""

    part: str
    span: Span
    kind: Kind
    act: Act | None = None
    strength: Strength | None = None
    source: Span | None = None
    trigger: Span | None = None
    condition: Span | None = None
    targets: tuple[LabelledTarget, ...] = ()
    cues: tuple[LabelledCue, ...] = ()
    speaker: Place | None = None


@dataclass(frozen=True, slots=True)
class NewsHeader:
    """The first line of a label file.

    Attributes:
        sha256: Of the text that was labelled.
        split: train, dev or test.
        labeller: Who or what labelled.
    """

    article: str
    source: str
    sha256: str
    split: str
    labeller: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    header: NewsHeader
    sentences: tuple[LabelledSentence, ...]


def file_name(article_id: str) -> str:
    """Return an article's id as the name of a file."""
    return re.sub(r"[^\w.-]", "_", article_id)[:120]


def write_labels(path: Path, article: LabelledArticle) -> None:
    """Write a label file, atomically."""
    header = {name: getattr(article.header, name) for name in NewsHeader.__dataclass_fields__}
    lines = [header, *(_plain(sentence) for sentence in article.sentences)]
    with atomic_path(path) as temporary:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        temporary.write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return a record as JSON values: a span is [start, end], a place [part, start, end]; empty fields are left out."""
    if isinstance(value, Span):
        return [value.start, value.end]
    if isinstance(value, Place):
        return [value.part, value.span.start, value.span.end]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        fields = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
        return {name: _plain(field) for name, field in fields if field not in (None, ())}
    return value


def read_labels(path: Path) -> LabelledArticle:
    """Read a label file.

    Raises:
        CorpusError: if a line is malformed; it names file and line.
    """
    records: list[Any] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            values = json.loads(line)
            records.append(_sentence(values) if records else structure(NewsHeader, values))
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise CorpusError(f"{path}:{number}: {error}") from None
    if not records:
        raise CorpusError(f"{path}: the file is empty; its first line should name the article")
    return LabelledArticle(records[0], tuple(records[1:]))


def _sentence(values: dict[str, Any]) -> LabelledSentence:
    """Return a label line as a record."""
    for name in ("span", "source", "trigger", "condition"):
        if name in values:
            values[name] = _span(values[name])
    if "speaker" in values:
        values["speaker"] = _place(values["speaker"])
    for item in (*values.get("targets", ()), *values.get("cues", ())):
        item["span"] = _span(item["span"])
    for item in values.get("targets", ()):
        item["name"] = _place(item["name"]) if "name" in item else None
    return structure(LabelledSentence, values)


def _span(value: Sequence[int]) -> dict[str, int]:
    start, end = value
    return {"start": start, "end": end}


def _place(value: Sequence[Any]) -> dict[str, Any]:
    part, start, end = value
    return {"part": part, "span": _span((start, end))}


def read_texts(path: Path) -> dict[str, NewsText]:
    """Read the fetched articles of one source by id; further keys of a line are ignored.

    Raises:
        CorpusError: if a line is no article.
    """
    texts = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            values = json.loads(line)
            known = {name: values[name] for name in NewsText.__dataclass_fields__ if values.get(name) is not None}
            text = structure(NewsText, known)
        except (ValueError, AttributeError, TypeError) as error:
            raise CorpusError(f"{path}:{number}: not an article: {error}") from None
        texts[text.id] = text
    return texts


def write_texts(path: Path, texts: Iterable[NewsText]) -> None:
    """Write articles as ``read_texts`` reads them, atomically."""
    lines = [json.dumps({name: getattr(text, name) for name in NewsText.__dataclass_fields__}) for text in texts]
    with atomic_path(path) as temporary:
        temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def as_labelled(text: NewsText, header: NewsHeader) -> NewsText:
    """Return the text that was labelled: without its title, where the labeller did not have it."""
    bare = replace(text, title=None)
    return bare if header.sha256 == bare.sha256 else text


def read_articles(labels: Path, texts: Path) -> Iterator[tuple[Path, LabelledArticle, NewsText | None]]:
    """Yield every label file with its article and the text that was labelled; null if that was not fetched.

    Args:
        labels: Folder of label files, one folder a source.
        texts: Folder of the fetched articles, one folder a source.

    Raises:
        CorpusError: if there are no label files, or one of them, or a line of the texts, is malformed.
    """
    if not any(labels.glob("*/*.jsonl")):
        raise CorpusError(f"{labels}: holds no label files (SOURCE/ARTICLE.jsonl)")
    for folder in sorted(path for path in labels.iterdir() if path.is_dir()):
        place = texts / folder.name / TEXTS
        fetched = read_texts(place) if place.is_file() else {}
        for path in sorted(folder.glob("*.jsonl")):
            article = read_labels(path)
            text = fetched.get(article.header.article)
            yield path, article, None if text is None else as_labelled(text, article.header)


def to_examples(article: LabelledArticle, text: NewsText) -> Iterator[Example]:
    """Yield one example a sentence.

    Raises:
        CorpusError: if the text is another version than the one that was labelled, or a span lies outside it.
    """
    header = article.header
    if text.sha256 != header.sha256:
        raise CorpusError(f"{header.source}/{header.article}: another version of the text was labelled; fetch it again")
    for number, sentence in enumerate(article.sentences, start=1):
        yield _example(article.header, text, sentence, f"{header.source}/{header.article}:{number}")


def _example(header: NewsHeader, text: NewsText, sentence: LabelledSentence, name: str) -> Example:
    part, start = text.part(sentence.part), sentence.span.start
    if not 0 <= start < sentence.span.end <= len(part):
        raise CorpusError(f"{name}: the sentence lies outside the {sentence.part}")

    def inside(span: Span | None) -> Span | None:
        if span is not None and not (start <= span.start < span.end <= sentence.span.end):
            raise CorpusError(f"{name}: a span lies outside the sentence")
        return None if span is None else span.shift(-start)

    def called(place: Place | None) -> str | None:
        return None if place is None else place.span.of(text.part(place.part))

    claim = sentence.kind is Kind.CLAIM
    return Example(
        example_id=name,
        corpus=CORPUS,
        group=f"{header.source}/{header.article}",
        split=header.split,
        text=sentence.span.of(part),
        labelled=LABELLED if claim else (heads.KIND.name,),
        kind=sentence.kind,
        act=sentence.act,
        strength=sentence.strength,
        source=inside(sentence.source),
        trigger=inside(sentence.trigger),
        condition=inside(sentence.condition),
        targets=tuple(
            Target(span, target.stance, called(target.name) or "")
            for target in sentence.targets
            if (span := inside(target.span))
        ),
        cues=tuple(Cue(span, cue.type, cue.holder) for cue in sentence.cues if (span := inside(cue.span))),
        speaker=called(sentence.speaker),
        subject=header.source,
        style="headline" if sentence.part == TITLE else "body",
    )
