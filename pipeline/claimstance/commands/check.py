"""``claimstance check``: format, label counts, duplicates, leaks and sentence splitter of an annotated corpus."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from claimstance.commands.options import PATH, params_option
from claimstance.corpus import balance, diversity, splits
from claimstance.corpus.articles import (
    AnnotatedArticle,
    BoundaryScore,
    Problem,
    assign_articles,
    compare_boundaries,
    count_labels,
    read_corpus,
    to_examples,
)
from claimstance.corpus.diversity import Diversity, FirstWords
from claimstance.corpus.splits import SPLITS, UNSEEN, NearDuplicate, SplitParams
from claimstance.params import load_section
from claimstance.records import read_records
from claimstance.schema import Act, Example, Kind, Span

FEW: Final = 100  # below this, a label is warned about
FEW_NEWS: Final = 150  # in train, of real news
SENTENCE_SHINGLE: Final = 3  # words
NEAR: Final = 0.7  # claims that share so much of their shingles are near duplicates
MAX_NEAR_SHARE: Final = 0.01  # of all claims outside counter-pairs
LONGEST: Final = 5
WORST: Final = 10

Counts = dict[str, dict[str, int]]  # field → label → number
Splitter = Callable[[str], Sequence[Span]]


@dataclass(frozen=True, slots=True)
class SplitterReport:
    total: BoundaryScore
    articles: dict[str, BoundaryScore]  # worst first

    def lines(self) -> Iterator[str]:
        """The score over all articles, then the articles in which the splitter errs most."""
        score = self.total
        yield (
            f"sentence boundaries against the label lines: precision {score.precision:.4f} recall {score.recall:.4f} "
            f"F1 {score.f1:.4f}; whole sentences F1 {score.exact_f1:.4f} ({score.found} found, {score.gold} gold)"
        )
        for name, one in list(self.articles.items())[:WORST]:
            if one.exact < max(one.gold, one.found):
                yield f"  {name}: {one.gold - one.ends} missed, {one.found - one.ends} added, F1 {one.f1:.3f}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    problems: tuple[Problem, ...]
    articles: dict[str, int]  # split → number
    sentences: dict[str, int]
    counts: dict[str, Counts]  # "all" and each split
    duplicates: dict[str, list[NearDuplicate]]  # what → pairs
    leaks: dict[str, list[NearDuplicate]]
    longest: tuple[tuple[str, int], ...]  # example id, words
    doubtful: tuple[str, ...]  # worth a second look, no problem in itself
    near_share: float  # of the claims outside counter-pairs, those that nearly repeat another
    pairs: int  # counter-pairs
    diversity: Diversity
    first_words: FirstWords | None
    splitter: SplitterReport | None = None

    @property
    def repetitive(self) -> bool:
        """Whether too many claims nearly repeat another."""
        return self.near_share >= MAX_NEAR_SHARE

    @property
    def exit_code(self) -> int:
        return 1 if self.problems or self.repetitive else 0

    def lines(self) -> Iterator[str]:
        """The report as plain lines, problems first."""
        yield from map(str, self.problems)
        yield f"problems: {len(self.problems)}"
        for name, numbers in (("articles", self.articles), ("sentences", self.sentences)):
            parts = ", ".join(f"{split} {numbers[split]}" for split in SPLITS)
            yield f"{name}: {sum(numbers.values())} ({parts})"
        yield from self._count_lines()
        for name, pairs in self.duplicates.items():
            yield f"{name}: {len(pairs)}"
            yield from (f"  {pair.first} {pair.second} {pair.similarity:.2f}" for pair in pairs)
        for name, pairs in self.leaks.items():
            yield f"{name} across splits: {len(pairs)}"
            yield from (f"  warning: {pair.first} {pair.second} {pair.similarity:.2f}" for pair in pairs)
        verdict = f"; problem: should be under {MAX_NEAR_SHARE:.0%}" if self.repetitive else ""
        yield f"claims outside counter-pairs that nearly repeat another: {self.near_share:.2%}{verdict}"
        yield f"counter-pairs: {self.pairs}"
        yield from self.diversity.lines()
        if self.first_words is not None:
            yield self.first_words.line("act")
        yield "longest sentences: " + ", ".join(f"{name} ({words} words)" for name, words in self.longest)
        yield f"worth a second look: {len(self.doubtful)}"
        yield from (f"  {line}" for line in self.doubtful)
        if self.splitter is not None:
            yield from self.splitter.lines()

    def _count_lines(self) -> Iterator[str]:
        yield f"{'field':<10} {'label':<14} {'all':>6}" + "".join(f"{split:>7}" for split in SPLITS)
        for field, labels in self.counts["all"].items():
            for label, number in labels.items():
                parts = [self.counts[split][field][label] for split in SPLITS]
                warning = f"  warning: fewer than {FEW}" if number < FEW else ""
                missing = [split for split, part in zip(SPLITS, parts, strict=True) if number and not part]
                warning += f"  warning: none in {', '.join(missing)}" if missing else ""
                yield f"{field:<10} {label:<14} {number:>6}" + "".join(f"{part:>7}" for part in parts) + warning


@click.command()
@click.argument("corpus", type=PATH)
@click.option("--news", type=PATH, help="Folder of our labels of real news: counted too, without their texts.")
@click.option("--examples", type=PATH, help="Folder of examples: the balance of stances by frequent name in train.")
@click.option("--suggest-seed", is_flag=True, help="Only print the split seed with the most even label counts.")
@params_option
def command(corpus: Path, news: Path | None, examples: Path | None, suggest_seed: bool, params: Path) -> None:
    """Check an annotated corpus: spans, label counts, duplicates, leaks between splits."""
    from claimstance.commands.prepare import PrepareParams

    section = load_section(params, "prepare", PrepareParams)
    if suggest_seed:
        click.echo(best_seed(corpus, section))
        return
    report = run(corpus, section)
    for line in report.lines():
        click.echo(line)
    if news is not None:
        click.echo("\n".join(balance.news_lines(balance.read_news(news), FEW_NEWS)))
    if examples is not None:
        train = read_records(examples / "train.parquet", Example)
        click.echo("\n".join(balance.balance_lines(balance.stance_by_name(train))))
    sys.exit(report.exit_code)


def run(folder: Path, params: SplitParams | None = None) -> CheckReport:
    """Check every article of the corpus and return problems, counts and warnings.

    Raises:
        CorpusError: if the folder does not exist or holds no article.
        MissingExtraError: if datasketch is not installed.
    """
    params = params or SplitParams()
    articles, problems = read_corpus(folder)
    _, assigned = assign_articles(articles, params)
    examples = [example for article in articles for example in to_examples(article, assigned[article.article_id])]
    by_split = {split: [example for example in examples if example.split == split] for split in SPLITS}
    paired = {f"{a.article_id}:{s.line}" for a in articles for s in a.sentences if s.pair is not None}
    single = [example for example in examples if example.example_id not in paired]
    same, near = _alike(single)
    whole = splits.near_duplicates({article.article_id: article.text for article in articles}, params.near_duplicate)
    claims = [example for example in single if example.kind is Kind.CLAIM]
    repeating = {name for pair in (*same, *near) for name in (pair.first, pair.second)}
    return CheckReport(
        problems=tuple(problems),
        articles={split: sum(value == split for value in assigned.values()) for split in SPLITS},
        sentences={split: len(by_split[split]) for split in SPLITS},
        counts={name: _own_fields(some) for name, some in {"all": examples, **by_split}.items()},
        duplicates={"equal sentences": same, "near-duplicate claims": near, "near-duplicate articles": whole},
        leaks=_leaks(examples, [*same, *near], whole, assigned),
        longest=_longest(examples),
        doubtful=tuple(line for example in examples for line in _doubts(example)),
        near_share=sum(claim.example_id in repeating for claim in claims) / max(1, len(claims)),
        pairs=len(paired) // 2,
        diversity=diversity.measure([example.text for example in single]),
        first_words=_first_words(claims),
        splitter=check_splitter(articles),
    )


def _leaks(
    examples: Sequence[Example],
    alike: Sequence[NearDuplicate],
    articles: Sequence[NearDuplicate],
    assigned: Mapping[str, str],
) -> dict[str, list[NearDuplicate]]:
    """Return the pairs of sentences and of articles whose sides lie in different splits."""
    of_sentence = {example.example_id: example.split for example in examples}
    return {
        "equal sentences and near-duplicate claims": splits.leaks(alike, of_sentence),
        "near-duplicate articles": splits.leaks(articles, assigned),
    }


def _longest(examples: Sequence[Example]) -> tuple[tuple[str, int], ...]:
    """Return the ids of the longest sentences, with their words."""
    words = sorted(((len(example.text.split()), example.example_id) for example in examples), reverse=True)
    return tuple((name, length) for length, name in words[:LONGEST])


def _first_words(claims: Sequence[Example]) -> FirstWords | None:
    return diversity.first_words(
        [claim.text for claim in claims],
        [str(claim.act) for claim in claims],
        [claim.example_id.partition(":")[0] for claim in claims],
    )


def _alike(examples: Sequence[Example]) -> tuple[list[NearDuplicate], list[NearDuplicate]]:
    """Equal sentences, and claims that are nearly so; formulas and page furniture recur by nature."""
    long = [example for example in examples if len(example.text.split()) >= splits.FORMULA_WORDS]
    same = splits.exact_duplicates({example.example_id: example.text for example in long})
    exact = {(pair.first, pair.second) for pair in same}
    claims = {example.example_id: example.text for example in examples if example.kind is Kind.CLAIM}
    near = splits.near_duplicates(claims, NEAR, SENTENCE_SHINGLE)
    return same, [pair for pair in near if (pair.first, pair.second) not in exact]


def _own_fields(examples: Iterable[Example]) -> Counts:
    return {field: labels for field, labels in count_labels(examples).items() if field != "sentiment"}


def _doubts(example: Example) -> Iterator[str]:
    """What the guide makes unlikely, though not impossible."""
    types = {cue.type for cue in example.cues}
    if example.condition is not None and "conditional" not in types:
        yield f"{example.example_id}: a condition without a conditional cue"
    if example.source is not None and example.source in [target.span for target in example.targets]:
        yield f"{example.example_id}: the source is its own target"
    if example.strength == "possible" and not types & {"epistemic", "investigation", "doxastic", "intention"}:
        yield f"{example.example_id}: strength possible without a cue"
    if example.strength == "probable" and not types & {"epistemic", "doxastic"}:
        yield f"{example.example_id}: strength probable without an epistemic or doxastic cue"
    if example.act in (Act.THREATEN, Act.ACCUSE) and "oppose" not in {target.stance for target in example.targets}:
        yield f"{example.example_id}: act {example.act} without a target that is opposed"


def check_splitter(articles: Iterable[AnnotatedArticle], split: Splitter | None = None) -> SplitterReport:
    """Compare the sentence splitter with the label lines; differences are reported, never repaired.

    Articles with problems have gaps in their label lines: mend those before trusting the numbers.
    """
    if split is None:
        from claimstance.segmentation.sentences import split_sentences

        split = split_sentences
    scores = {
        article.article_id: compare_boundaries([sentence.span for sentence in article.sentences], split(article.text))
        for article in articles
    }
    worst = sorted(scores.items(), key=lambda item: (item[1].f1, item[0]))
    return SplitterReport(sum(scores.values(), BoundaryScore()), dict(worst))


def best_seed(folder: Path, params: SplitParams | None = None, tries: int = 1000) -> int:
    """The ``prepare.seed`` below ``tries`` that spreads the labels most evenly; by counts alone, never by scores.

    Raises:
        CorpusError: if the folder does not exist or holds no article.
    """
    params = params or SplitParams()
    articles, _ = read_corpus(folder)
    groups, assigned = assign_articles(articles, params)
    groups = {name: group for name, group in groups.items() if assigned[name] != UNSEEN}
    labels = {a.article_id: _flat(_own_fields(to_examples(a, "train"))) for a in articles if a.article_id in groups}
    return splits.best_seed(groups, labels, params.fractions(), range(tries))


def _flat(counts: Counts) -> dict[str, int]:
    return {f"{field}={label}": number for field, labels in counts.items() for label, number in labels.items()}
