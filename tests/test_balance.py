"""What the corpora hold of each label and name."""

from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from claimstance.commands.group import cli
from claimstance.corpus.balance import balance_lines, count_news, read_news, stance_by_name
from claimstance.schema import Example, Span, Stance, Target

PROJECT = Path(__file__).parents[1]


def about(name, stance, number):
    example = Example(
        "1", "own", "1", "train", f"{name} met.", ("stance",), targets=(Target(Span(0, len(name)), stance),)
    )
    return [example] * number


def test_the_names_of_a_country_are_one_and_a_one_sided_name_is_warned_about():
    examples = [*about("Russia", Stance.OPPOSE, 10), *about("the Kremlin", Stance.OPPOSE, 8)]
    examples += [*about("Norland", Stance.SUPPORT, 10), *about("Norland", Stance.NEUTRAL, 10)]
    examples += [*about("talks", Stance.OPPOSE, 30), *about("Ostrea", Stance.OPPOSE, 3)]
    balance = stance_by_name(examples)
    assert balance == {"Norland": Counter(support=10, neutral=10), "Russia": Counter(oppose=18)}
    lines = list(balance_lines(balance))
    assert "warning: 100% oppose" in lines[2] and "warning" not in lines[1]


def test_every_label_of_real_news_is_counted_by_split():
    articles = read_news(PROJECT / "data" / "news")
    counts = count_news(articles)
    for split, counted in counts.items():
        sentences = [s for a in articles if a.header.split == split for s in a.sentences]
        assert counted["kind", "claim"] + counted["kind", "other"] == len(sentences)
        assert sum(n for (field, _), n in counted.items() if field == "stance") == sum(
            len(s.targets) for s in sentences
        )


def test_check_counts_both_corpora():
    done = CliRunner().invoke(cli, ["check", str(PROJECT / "data/corpus"), "--news", str(PROJECT / "data/news")])
    assert done.exit_code == 0, done.output
    assert "real news: " in done.stdout and "voa_gmb: " in done.stdout
