"""The corpus checker."""

import json
from pathlib import Path

import pytest

from claimstance.commands import check
from claimstance.corpus.articles import read_corpus
from claimstance.corpus.splits import SplitParams, assign_splits
from claimstance.schema import Span

FACTS = {
    "art-0": "The bakers of Tolm opened four new shops in the old town before the summer fair began.",
    "art-1": "Engineers drained the lower lock on Monday and found nothing but a rusted bicycle in the mud.",
    "art-2": "Brenna Sol won the hill race for a third year, two minutes ahead of the field behind her.",
}


def write_article(folder: Path, name: str, *sentences: str, **changes: object) -> None:
    claim = {"source": None, "targets": [], "act": "state", "trigger": None, "strength": "certain", "cues": []}
    header = {"article": name, "subject": "local", "style": "wire", "outlet": "Tolm Post", "published": "2031-01-02"}
    lines = [{"text": text, "kind": "claim", **claim, "condition": None, "speaker": None} for text in sentences]
    lines[0].update(changes)
    (folder / f"{name}.txt").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, [header, *lines])) + "\n", encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name, text in FACTS.items():
        write_article(tmp_path, name, text, f"{name} has a second line.")
    return tmp_path


def test_a_clean_corpus_passes_with_its_counts_and_scarce_labels(corpus):
    report = check.run(corpus)
    lines = list(report.lines())
    assert report.exit_code == 0
    assert lines[0] == "problems: 0"
    assert sum(report.articles.values()) == 3
    assert sum(report.sentences.values()) == 6
    assert any(line.startswith("act        threaten            0") and "fewer than 100" in line for line in lines)
    assert not any("sentiment" in line for line in lines)


def test_problems_come_first_and_end_with_exit_code_1(corpus):
    write_article(corpus, "art-3", "A short claim stands here.", act="stating")
    report = check.run(corpus)
    assert report.exit_code == 1
    assert next(report.lines()) == "art-3.jsonl:2: act: no label 'stating'; did you mean 'state'?"


def test_a_sentence_that_stands_in_two_splits_is_a_leak(corpus):
    params = SplitParams()
    splits = assign_splits({f"n{i}": f"n{i}" for i in range(40)}, params.fractions(), params.seed)
    one, other = (next(name for name, split in splits.items() if split == wanted) for wanted in ("train", "test"))
    padding = "Only here: nine ducks, two geese, one heron and a swan were counted along the canal by pupils."
    write_article(corpus, one, "The mayor of Tolm cut the ribbon.", "Snow fell in the hills above the town all night.")
    write_article(corpus, other, "the mayor of Tolm cut the ribbon", padding)
    report = check.run(corpus, params)
    first, second = sorted((f"{one}:2", f"{other}:2"))
    assert f"  warning: {first} {second} 1.00" in list(report.lines())
    assert report.duplicates["equal sentences"] == report.leaks["equal sentences and near-duplicate claims"]


def test_near_duplicate_articles_share_a_split_so_that_they_are_no_leak(corpus):
    for i in range(6):
        write_article(corpus, f"copy-{i}", FACTS["art-0"])
    report = check.run(corpus)
    assert len(report.duplicates["near-duplicate articles"]) >= 15
    assert report.leaks["near-duplicate articles"] == []


def test_what_the_guide_makes_unlikely_is_listed_for_a_second_look(corpus):
    write_article(corpus, "art-4", "Tolm may close the lock if it rains.", strength="possible", condition="it rains")
    assert check.run(corpus).doubtful == (
        "art-4:2: a condition without a conditional cue",
        "art-4:2: strength possible without a cue",
    )


def test_the_splitter_is_scored_against_the_label_lines_and_its_worst_articles_named(corpus):
    articles, _ = read_corpus(corpus)

    def lazy(body: str) -> list[Span]:
        if body.startswith("Engineers"):
            return [Span(0, len(body.rstrip()))]
        return [s.span for a in articles if a.text == body for s in a.sentences]

    report = check.check_splitter(articles, lazy)
    assert (report.total.precision, report.total.recall) == (1.0, 5 / 6)
    assert list(report.lines())[1:] == ["  art-1: 1 missed, 0 added, F1 0.667"]


def test_the_suggested_seed_fills_every_split(corpus):
    seed = check.best_seed(corpus, tries=60)
    articles = check.run(corpus, SplitParams(seed=seed)).articles
    assert all(articles[split] for split in ("train", "dev", "test"))


def test_claims_that_nearly_repeat_one_another_fail_the_check_unless_they_are_a_counter_pair(corpus):
    line = "The council of Tolm said on Monday that the bridge over the lower lock {} by the end of the long summer."
    write_article(corpus, "art-5", line.format("may reopen"), line.format("will reopen"))
    report = check.run(corpus)
    assert report.exit_code == 1
    assert report.near_share == pytest.approx(2 / 8)
    assert any("nearly repeat another: 25.00%; problem: should be under 1%" in text for text in report.lines())
    write_article(corpus, "art-5", line.format("may reopen"), line.format("will reopen"))
    lines = [json.loads(text) for text in (corpus / "art-5.jsonl").read_text().splitlines()]
    lines[1] |= {"pair": "a", "strength": "possible"}
    lines[2] |= {"pair": "a"}
    (corpus / "art-5.jsonl").write_text("\n".join(map(json.dumps, lines)))
    report = check.run(corpus)
    assert (report.exit_code, report.near_share, report.pairs) == (0, 0.0, 1)


def test_an_invented_corpus_shows_its_wording(corpus):
    lines = list(check.run(corpus).lines())
    assert any(text.startswith("words: ") and "type-token ratio" in text for text in lines)
    assert any(text.startswith("opening bigrams: ") for text in lines)
    assert any(text.startswith("sentence frames: ") for text in lines)
