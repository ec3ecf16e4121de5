"""Our annotated articles: reading, checking, and conversion to examples.

The format is in ``data/corpus/README.md``, what the labels mean in ``docs/label-guide.md``.
"""

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from claimstance import heads
from claimstance.articles.text import clean_text
from claimstance.corpus import news
from claimstance.corpus.annotation import AnnotatedSentence, Report, check_keys, pair_problems, read_sentence
from claimstance.corpus.splits import UNSEEN, SplitParams, assign_splits, cluster_articles
from claimstance.errors import CorpusError
from claimstance.heads import Level
from claimstance.schema import Example, Holder, Kind, Span

CORPUS: Final = "own"
HEADER_KEYS: Final = ("article", "subject", "style", "outlet", "published")
PRESENCE: Final = ("present", "absent")
FIELDS: Final[dict[str, Sequence[str]]] = {
    **{head.name: head.labels if len(head.labels) > 1 else PRESENCE for head in heads.HEADS},
    "holder": [str(holder) for holder in Holder],
    "speaker": PRESENCE,
}
SHARED: Final = tuple(f.name for f in dataclasses.fields(AnnotatedSentence) if f.name not in ("line", "span", "pair"))
NOT_A_SENTENCE: Final = re.compile(r"[\s•·*–—\-|▪●]+")  # white space and bullet marks may lie between sentences


@dataclass(frozen=True, slots=True)
class AnnotatedArticle:
    article_id: str
    subject: str
    style: str
    outlet: str
    published: str
    text: str
    sentences: tuple[AnnotatedSentence, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    line: int  # from 1; 0 for the whole file
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def read_corpus(folder: Path) -> tuple[list[AnnotatedArticle], list[Problem]]:
    """Read every article of a folder, and list every problem in them.

    A sentence with a problem is left out of its article; an article whose header is broken is left out whole.

    Raises:
        CorpusError: if the folder does not exist or holds no article.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; it should hold the annotated articles (*.txt with *.jsonl)")
    names = {path.stem for path in folder.iterdir() if path.suffix in (".txt", ".jsonl")}
    if not names:
        raise CorpusError(f"{folder}: there are no annotated articles (*.txt with *.jsonl)")
    problems: list[Problem] = []
    read = [_read_article(folder, name, problems) for name in sorted(names)]
    problems.sort(key=lambda problem: (problem.file, problem.line or sys.maxsize))  # problems of a whole file come last
    return [article for article in read if article is not None], problems


def read_sound_corpus(folder: Path) -> list[AnnotatedArticle]:
    """Return every article of a folder, or raise ``CorpusError`` with the first problem."""
    articles, problems = read_corpus(folder)
    if problems:
        more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise CorpusError(f"{folder / str(problems[0])}{more}; run: claimstance check {folder}")
    return articles


def _read_article(folder: Path, name: str, problems: list[Problem]) -> AnnotatedArticle | None:
    contents = []
    for file in (f"{name}.txt", f"{name}.jsonl"):
        try:
            contents.append((folder / file).read_text(encoding="utf-8"))
        except FileNotFoundError:
            problems.append(Problem(file, 0, "no such file; an article is a .txt and a .jsonl of the same name"))
        except UnicodeDecodeError as error:
            problems.append(Problem(file, 0, f"not UTF-8 at byte {error.start}"))
    if len(contents) < 2:
        return None
    text = clean_text(contents[0])
    records = []
    for number, line in enumerate(contents[1].split("\n"), start=1):
        if line.strip():
            records.append((number, _parse(line, partial(_report, problems, f"{name}.jsonl", number))))
    header = _header(records, name, partial(_report, problems, f"{name}.jsonl", 1))
    sentences = _read_sentences(records[1:], text, partial(_report, problems, f"{name}.jsonl"))
    if header is None:
        return None
    subject, style, outlet, published = (header[key] for key in HEADER_KEYS[1:])
    return AnnotatedArticle(name, subject, style, outlet, published, text, tuple(sentences))


def _report(problems: list[Problem], file: str, line: int, message: str) -> None:
    problems.append(Problem(file, line, message))


def _parse(line: str, report: Report) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        report(f"not JSON: {error}")
        return {}
    if not isinstance(record, dict):
        report(f"not a JSON object: {line[:60]}")
        return {}
    return record


def _header(records: Sequence[tuple[int, dict[str, Any]]], name: str, report: Report) -> dict[str, str] | None:
    record = records[0][1] if records else {}
    if not record:
        report("header: the first line should be a JSON object with " + ", ".join(HEADER_KEYS))
        return None
    found: list[str] = []
    check_keys(record, HEADER_KEYS, found.append)
    found += [f"{key} is not text" for key in HEADER_KEYS if key in record and not isinstance(record[key], str)]
    if not found and record["article"] != name:
        found.append(f"the article is called {record['article']!r} but the file {name!r}")
    if not found and not _is_date(record["published"]):
        found.append(f"published should be a date like 2031-03-05, found {record['published']!r}")
    for message in found:
        report(f"header: {message}")
    return None if found else record


def _is_date(value: str) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except ValueError:
        return False


def _read_sentences(
    records: Iterable[tuple[int, dict[str, Any]]], text: str, report: Callable[[int, str], None]
) -> list[AnnotatedSentence]:
    sentences, position = [], 0
    for line, record in records:
        if not record:
            continue  # reported when it was parsed
        problems: list[str] = []
        span = _locate(record.get("text"), text, position, problems.append)
        if span is not None:
            position = span.end
            sentence = read_sentence(line, record, span, problems.append)
        for message in problems:
            report(line, message)
        if span is not None and not problems:
            sentences.append(sentence)
    for line, message in pair_problems(sentences):
        report(line, message)
    if left := NOT_A_SENTENCE.sub(" ", text[position:]).strip():
        report(0, f"no label line for the end of the .txt: {left[:60]!r}")
    return sentences


def _locate(sentence: object, text: str, position: int, report: Report) -> Span | None:
    if not isinstance(sentence, str) or not sentence or sentence != sentence.strip() or "\n" in sentence:
        report("text should be one sentence, on one line, without white space around it")
        return None
    start = text.find(sentence, position)
    if start < 0:
        report(f"the sentence is not in the .txt after the one before it: {sentence[:60]!r}")
        return None
    if left := NOT_A_SENTENCE.sub(" ", text[position:start]).strip():
        report(f"no label line for what stands before this sentence: {left[:60]!r}")
    return Span(start, start + len(sentence))


def assign_articles(articles: Sequence[AnnotatedArticle], params: SplitParams) -> tuple[dict[str, str], dict[str, str]]:
    """Return every article's group and split: ``unseen`` for groups with an unseen subject, else by hash.

    Raises:
        MissingExtraError: if datasketch is not installed.
        ParamsError: if the fractions leave nothing for train.
    """
    groups = cluster_articles({article.article_id: article.text for article in articles}, params)
    held_out = {groups[article.article_id] for article in articles if article.subject in params.unseen_subjects}
    assigned = assign_splits(groups, params.fractions(), params.seed)
    return groups, {name: UNSEEN if group in held_out else assigned[name] for name, group in groups.items()}


def to_examples(article: AnnotatedArticle, split: str, group: str | None = None) -> list[Example]:
    """Return one example a sentence; its id is the article's id and the number of the label line."""
    return [
        replace(
            to_example(sentence, f"{article.article_id}:{sentence.line}", split, group or article.article_id),
            subject=article.subject,
            style=article.style,
        )
        for sentence in article.sentences
    ]


def to_example(sentence: AnnotatedSentence, example_id: str, split: str, group: str) -> Example:
    """Return an annotated sentence as an example, labelled for all heads or, if its kind is other, for ``kind``."""
    labelled = news.LABELLED if sentence.kind is Kind.CLAIM else (heads.KIND.name,)
    shared = {field: getattr(sentence, field) for field in SHARED}
    return Example(example_id, CORPUS, group, split, labelled=labelled, **shared)


def own(examples: Iterable[Example]) -> list[Example]:
    """Return the examples that are labelled after our guide: our corpus, and real news."""
    return [example for example in examples if example.corpus in (CORPUS, news.CORPUS)]


def count_labels(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Return how often each label of each field occurs in the examples that label the field."""
    counts = {field: dict.fromkeys(map(str, labels), 0) for field, labels in FIELDS.items()}
    for example in examples:
        for field, label in _labels(example):
            counts[field][label] += 1
    return counts


def _labels(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the (field, label) pairs of one example."""
    for head in heads.HEADS:
        if head.name not in example.labelled:
            continue
        if head.level is Level.SENTENCE:
            if (label := heads.gold_label(head, example)) is not None:
                yield head.name, label
        elif head.level is Level.TARGET:
            yield from ((head.name, str(target.stance)) for target in example.targets)
        elif len(head.labels) > 1:
            yield from ((head.name, label) for _, label in heads.gold_spans(head, example))
        else:
            yield head.name, "present" if any(heads.gold_spans(head, example)) else "absent"
    if heads.CUES.name in example.labelled:
        yield from (("holder", str(cue.holder)) for cue in example.cues if cue.holder is not None)
    if heads.SOURCE.name in example.labelled and example.corpus == CORPUS:
        yield "speaker", "absent" if example.speaker is None else "present"


@dataclass(frozen=True, slots=True)
class BoundaryScore:
    """Counts of found sentences that agree with gold ones; they add up over articles."""

    gold: int = 0
    found: int = 0
    ends: int = 0  # sentence ends that both have
    exact: int = 0  # sentences that both have, start and end

    def __add__(self, other: "BoundaryScore") -> "BoundaryScore":
        return BoundaryScore(
            self.gold + other.gold, self.found + other.found, self.ends + other.ends, self.exact + other.exact
        )

    @property
    def precision(self) -> float:
        return self.ends / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.ends / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.ends / (self.gold + self.found) if self.gold + self.found else 0.0

    @property
    def exact_f1(self) -> float:
        return 2 * self.exact / (self.gold + self.found) if self.gold + self.found else 0.0


def compare_boundaries(gold: Iterable[Span], found: Iterable[Span]) -> BoundaryScore:
    """Count sentence ends (``precision``, ``recall``, ``f1``) and whole sentences that two segmentations share."""
    ours, theirs = set(gold), set(found)
    ends = {span.end for span in ours} & {span.end for span in theirs}
    return BoundaryScore(len(ours), len(theirs), len(ends), len(ours & theirs))


def locate_sentences(article: AnnotatedArticle, body: str) -> dict[int, Span]:
    """Return the span of each annotated sentence in another text of the article, by line, without missing ones."""
    found, position = {}, 0
    for sentence in article.sentences:
        start = body.find(sentence.text, position)
        if start >= 0:
            position = start + len(sentence.text)
            found[sentence.line] = Span(start, position)
    return found
