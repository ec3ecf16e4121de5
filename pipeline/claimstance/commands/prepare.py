"""``claimstance prepare``: annotated articles and public corpora to train, dev and test examples without leaks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import click

from claimstance.commands.options import PATH, params_option, path_option, print_counts
from claimstance.corpus import news
from claimstance.corpus.articles import (
    CORPUS,
    AnnotatedArticle,
    BoundaryScore,
    assign_articles,
    compare_boundaries,
    count_labels,
    locate_sentences,
    read_sound_corpus,
    to_examples,
)
from claimstance.corpus.public import parse_sources, read_source
from claimstance.corpus.splits import FORMULA_WORDS, SPLITS, UNSEEN, SplitParams, cluster_articles, normalise
from claimstance.errors import CorpusError, InputError, ParamsError
from claimstance.params import load_section
from claimstance.records import read_records, sha256, write_json, write_records
from claimstance.schema import Article, Example, Sentence, Span

NEWS_TEST: Final = "news-test"
NONE_FOUND: Final = "public corpora: none found; run claimstance fetch"


@dataclass(frozen=True, slots=True)
class PrepareParams(SplitParams):
    """The ``prepare`` section of ``params.yaml``; ``use_public`` adds the public corpora that may be trained on."""

    use_public: bool = True


@dataclass(frozen=True, slots=True)
class PreparePaths:
    corpus: Path  # folder of annotated articles
    articles: Path  # the same articles as ingest keeps them
    sentences: Path  # and as segment splits them
    public: Path  # folder with one folder a public corpus
    sources: Path  # sources.yaml
    output: Path  # folder
    report: Path
    news: Path | None = None  # our labels of real news


@dataclass(slots=True)
class _Counts:
    """What became of one corpus's rows."""

    rows_in: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    rows_out: Counter[str] = field(default_factory=Counter)  # by output file

    def as_dict(self) -> dict[str, Any]:
        out = {"rows_out": self.rows_out.total(), "by_file": dict(sorted(self.rows_out.items()))}
        return {"rows_in": self.rows_in, **out, "dropped": dict(sorted(self.dropped.items()))}


@click.command()
@path_option("corpus", "Folder of annotated articles.")
@path_option("articles", "The same articles, from ingest (Parquet).")
@path_option("sentences", "Their sentences, from segment (Parquet).")
@path_option("public", "Folder of the fetched public corpora; may be missing.")
@path_option("sources", "sources.yaml, which lists the public corpora and what each may be used for.")
@click.option("--news", type=PATH, help="Folder of our labels of real news; their texts are among the public corpora.")
@path_option("output", "Folder for train, dev and test examples (Parquet).")
@path_option("report", "Counts, label distributions, splitter score (JSON).")
@params_option
def command(params: Path, **paths: Path) -> None:
    """Make examples from our corpus and the public ones, split by article."""
    report = run(PreparePaths(**paths), load_section(params, "prepare", PrepareParams))
    print_counts({**report["rows"], "sentence boundaries": report["boundaries"]})


def run(paths: PreparePaths, params: PrepareParams) -> dict[str, Any]:
    """Write ``train``, ``dev``, ``test`` and ``unseen`` (the last two ours alone) and ``public-<corpus>-<split>``.

    Raises:
        CorpusError: if an annotated article breaks the format; ``claimstance check`` lists every problem.
        InputError: if an input is missing or cannot be read.
        ParamsError: if the fractions leave nothing for train, or no article has one of the unseen subjects.
    """
    annotated = read_sound_corpus(paths.corpus)
    ingested = _by_name(read_records(paths.articles, Article))
    counts: dict[str, _Counts] = defaultdict(_Counts)
    files: dict[str, list[Example]] = {name: [] for name in SPLITS if name != UNSEEN or params.unseen_subjects}
    for example in _own_examples(annotated, ingested, params, counts[CORPUS]):
        files[example.split].append(example)
    for example in _news_examples(paths, params, counts[news.CORPUS]):
        files.setdefault(NEWS_TEST if example.split == "test" else example.split, []).append(example)
    names = _public_names(paths, params)
    for name, may_train in names.items():
        for example in read_source(name, paths.public / name):
            counts[example.corpus].rows_in += 1
            files.setdefault(_file_of(example, may_train), []).append(example)
    _remove_leaks(files, counts)
    for name, examples in files.items():
        for example in examples:
            counts[example.corpus].rows_out[name] += 1
    report = {
        "rows": {name: len(examples) for name, examples in files.items()},
        "corpora": {corpus: one.as_dict() for corpus, one in counts.items()},
        "public": ", ".join(names) or (NONE_FOUND if params.use_public else "public corpora: left out by use_public"),
        "labels": {name: count_labels(examples) for name, examples in files.items()},
        "boundaries": _boundaries(annotated, ingested, read_records(paths.sentences, Sentence)),
        "sha256": _write(paths.output, files),
    }
    write_json(paths.report, report)
    if not names:
        click.echo(report["public"], err=True)
    return report


def _by_name(articles: Iterable[Article]) -> dict[str, Article]:
    """Ingested articles by their file's name without ending, which is the annotated article's id."""
    return {Path(article.input.partition(":")[0]).stem: article for article in articles}


def _own_examples(
    annotated: Sequence[AnnotatedArticle],
    ingested: Mapping[str, Article],
    params: PrepareParams,
    counts: _Counts,
) -> list[Example]:
    """Our examples, split by article and near-duplicate cluster; sentences that ingest lost are dropped, counted.

    Raises:
        InputError: if nothing is left.
        ParamsError: if no article has one of the unseen subjects.
    """
    if unknown := set(params.unseen_subjects) - {article.subject for article in annotated}:
        raise ParamsError(f"prepare.unseen_subjects: no article has the subject {sorted(unknown)[0]!r}")
    groups, assigned = assign_articles(annotated, params)
    kept: list[Example] = []
    for article in annotated:
        examples = to_examples(article, assigned[article.article_id], groups[article.article_id])
        counts.rows_in += len(examples)
        if article.article_id not in ingested:
            counts.dropped["its article is not among the ingested"] += len(examples)
            continue
        found = locate_sentences(article, ingested[article.article_id].body)
        lines = [sentence.line for sentence in article.sentences]
        here = [example for line, example in zip(lines, examples, strict=True) if line in found]
        if lost := len(examples) - len(here):
            counts.dropped["not in the body as ingest keeps it"] += lost
        kept += here
    if not kept:
        raise InputError("no annotated sentence stands in the ingested articles; run ingest and segment on the corpus")
    return kept


def _news_examples(paths: PreparePaths, params: PrepareParams, counts: _Counts) -> list[Example]:
    """Return the labelled real news whose texts are there; near-duplicates of its test articles are dropped.

    Raises:
        CorpusError: if a label file is malformed, or a text is not the one that was labelled.
    """
    articles: dict[str, list[Example]] = {}
    texts: dict[str, str] = {}
    for path, labelled, text in news.read_articles(paths.news, paths.public) if paths.news is not None else ():
        counts.rows_in += len(labelled.sentences)
        if text is None:
            missing = f"no text: run claimstance fetch {labelled.header.source} with --news"
            counts.dropped[missing] += len(labelled.sentences)
            continue
        examples = list(news.to_examples(labelled, text))
        if not examples:
            raise CorpusError(f"{path}: there are no sentences")
        articles[examples[0].group], texts[examples[0].group] = examples, text.text
    groups = cluster_articles(texts, params)
    tested = {groups[name] for name, examples in articles.items() if examples[0].split == "test"}
    kept: list[Example] = []
    for name, examples in articles.items():
        if groups[name] in tested and examples[0].split != "test":
            counts.dropped["near-duplicate of a test article"] += len(examples)
        else:
            kept += [replace(example, group=groups[name]) for example in examples]
    return kept


def _public_names(paths: PreparePaths, params: PrepareParams) -> dict[str, bool]:
    """Return the public corpora that are there, and whether each may be trained on.

    Raises:
        ParamsError: if the list of sources cannot be read.
    """
    if not params.use_public or not paths.public.is_dir():
        return {}
    there = {name: source for name, source in parse_sources(paths.sources).items() if (paths.public / name).is_dir()}
    return {name: "train" in source.use for name, source in there.items() if news.CORPUS not in source.use}


def _file_of(example: Example, may_train: bool) -> str:
    """Public tests stay apart from ours, and what may not be trained on is all test."""
    split = example.split if may_train else "test"
    return f"public-{example.corpus}-{split}" if split.startswith("test") else split


def _remove_leaks(files: dict[str, list[Example]], counts: Mapping[str, _Counts]) -> None:
    """Drop from train what stands in dev or any test, and from dev what stands in any test (equal once normalised)."""
    seen = {name: {normalise(example.text) for example in examples} for name, examples in files.items()}
    test = set().union(*(texts for name, texts in seen.items() if name not in ("train", "dev")))
    dev = {text for text in seen["dev"] if text not in test}
    for name, held in (("train", {"test": test, "dev": dev}), ("dev", {"test": test})):
        kept = []
        for example in files[name]:
            text = normalise(example.text)
            reason = next((f"{name}: also in {split}" for split, texts in held.items() if text in texts), None)
            if reason is None or len(text.split()) < FORMULA_WORDS:
                kept.append(example)
            else:
                counts[example.corpus].dropped[reason] += 1
        files[name] = kept


def _write(folder: Path, files: Mapping[str, Sequence[Example]]) -> dict[str, str]:
    """Write one Parquet file a list, remove other files of an earlier run, and return each file's sha256."""
    hashes = {}
    for name, examples in files.items():
        path = folder / f"{name}.parquet"
        write_records(path, Example, examples)
        hashes[path.name] = sha256(path)
    for path in folder.glob("*.parquet"):
        if path.name not in hashes:
            path.unlink()
    return hashes


def _boundaries(
    annotated: Sequence[AnnotatedArticle], ingested: Mapping[str, Article], sentences: Iterable[Sentence]
) -> dict[str, float]:
    """The segment stage's sentences against the label lines, over the articles that both have."""
    found: dict[str, list[Span]] = defaultdict(list)
    for sentence in sentences:
        found[sentence.article_id].append(Span(sentence.start, sentence.end))
    total = BoundaryScore()
    for article in annotated:
        if (body := ingested.get(article.article_id)) is not None:
            gold = locate_sentences(article, body.body).values()
            total += compare_boundaries(gold, found[body.article_id])
    names = ("gold", "found", "precision", "recall", "f1", "exact_f1")
    return {name: round(getattr(total, name), 6) for name in names}
