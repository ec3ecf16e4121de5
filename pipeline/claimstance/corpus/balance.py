"""What a corpus holds of each label and name: counts of our labels of real news, and the stances by name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from claimstance.articles.countries import by_name
from claimstance.articles.names import names_in
from claimstance.corpus.news import LabelledArticle, LabelledSentence, read_labels
from claimstance.schema import Example, Stance

FREQUENT: Final = 15  # mentions as a target from which a name's balance is shown
ONE_SIDED: Final = 0.8  # share of one stance, other than neutral, from which a name is warned about
NEWS_SPLITS: Final = ("train", "dev", "test")

NewsCounts = dict[str, Counter[tuple[str, str]]]  # split → (field, label) → number


def stance_by_name(examples: Iterable[Example]) -> dict[str, Counter[Stance]]:
    """Return the stances toward each frequent name, the most frequent first; the names of a country are one."""
    found: dict[str, Counter[Stance]] = defaultdict(Counter)
    for example in examples:
        for target in example.targets if {"stance", "sentiment"} & set(example.labelled) else ():
            words = target.span.of(example.text)
            country = by_name().get(words)
            if country or names_in(words):
                found[country.name if country else words][target.stance] += 1
    frequent = {name: counts for name, counts in found.items() if counts.total() >= FREQUENT}
    return dict(sorted(frequent.items(), key=lambda item: (-item[1].total(), item[0])))


def balance_lines(balance: Mapping[str, Counter[Stance]]) -> Iterator[str]:
    """Yield one line a name, with a warning where one side prevails: a model would learn the name."""
    yield f"names that are targets at least {FREQUENT} times in train: {len(balance)}"
    for name, counts in balance.items():
        side = max((Stance.SUPPORT, Stance.OPPOSE), key=lambda stance: counts[stance])
        share = counts[side] / counts.total()
        warning = f"  warning: {share:.0%} {side}" if share >= ONE_SIDED else ""
        yield f"  {name}: " + ", ".join(f"{stance} {counts[stance]}" for stance in Stance) + warning


def read_news(folder: Path) -> list[LabelledArticle]:
    """Read every label file of real news; the texts are not needed.

    Raises:
        CorpusError: if a file is malformed.
    """
    return [read_labels(path) for path in sorted(folder.glob("*/*.jsonl"))]


def count_news(articles: Sequence[LabelledArticle]) -> NewsCounts:
    """Return how often each label occurs in each split."""
    counts: NewsCounts = {split: Counter() for split in NEWS_SPLITS}
    for article in articles:
        for sentence in article.sentences:
            counts[article.header.split].update(_labels(sentence))
    return counts


def _labels(sentence: LabelledSentence) -> Iterator[tuple[str, str]]:
    yield "kind", sentence.kind
    if sentence.act is not None and sentence.strength is not None:
        yield "act", sentence.act
        yield "strength", sentence.strength
    yield from (("stance", target.stance) for target in sentence.targets)
    yield from (("cues", cue.type) for cue in sentence.cues)
    yield from (("holder", cue.holder) for cue in sentence.cues)
    for field in ("source", "trigger", "condition", "speaker"):
        if getattr(sentence, field) is not None:
            yield field, "present"


def news_lines(articles: Sequence[LabelledArticle], few: int) -> Iterator[str]:
    """Yield the articles and sentences of each split and source, then the count of each label by split."""
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    sentences: dict[str, int] = Counter()
    for article in articles:
        sources[article.header.source][article.header.split] += 1
        sentences[article.header.split] += len(article.sentences)
    shown = ", ".join(f"{split} {sentences[split]}" for split in NEWS_SPLITS)
    yield f"real news: {len(articles)} articles, {sum(sentences.values())} sentences ({shown})"
    for source, by_split in sorted(sources.items()):
        yield f"  {source}: " + ", ".join(f"{split} {by_split[split]}" for split in NEWS_SPLITS if by_split[split])
    counts = count_news(articles)
    for field, label in sorted(set().union(*counts.values())):
        numbers = [counts[split][field, label] for split in NEWS_SPLITS]
        warning = f"  warning: fewer than {few} in train" if numbers[0] < few else ""
        yield f"{field:<10} {label:<14}" + "".join(f"{number:>7}" for number in numbers) + warning
