"""From annotated articles and public corpora to train, dev and test examples."""

import hashlib
import json
from pathlib import Path

import pytest

from claimstance import heads
from claimstance.commands import prepare
from claimstance.commands.prepare import PrepareParams, PreparePaths
from claimstance.corpus.articles import read_corpus
from claimstance.errors import CorpusError, InputError, ParamsError
from claimstance.records import read_records, write_records
from claimstance.schema import Article, Example, Kind, Sentence

NAMES = [f"art-{i}" for i in range(24)]
SHARED = "Visit the Tolm Post shop for mugs"
SOURCES = """
alpha: {use: [train, test], repo: o/a, commit: c, licence: MIT, citation: x, labels: x, files: []}
beta: {use: [test], repo: o/b, commit: c, licence: MIT, citation: x, labels: x, files: []}
absent: {use: [train], repo: o/c, commit: c, licence: MIT, citation: x, labels: x, files: []}
"""


def unlike(name: str, number: int) -> str:
    """A sentence that shares no run of words with another article's."""
    return " ".join(hashlib.sha256(f"{name}{number}{i}".encode()).hexdigest()[:6] for i in range(9)).capitalize() + "."


@pytest.fixture
def paths(tmp_path: Path) -> PreparePaths:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in NAMES:
        texts = [unlike(name, 0), unlike(name, 1), SHARED, "Read more:"]
        header = {"article": name, "subject": "x", "style": "x", "outlet": "x", "published": "2031-01-02"}
        lines = [header, *({"text": text, "kind": "other"} for text in texts)]
        (corpus / f"{name}.txt").write_text("\n".join(texts))
        (corpus / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    annotated, _ = read_corpus(corpus)
    write_records(
        tmp_path / "a.parquet",
        Article,
        [Article(f"id-{a.article_id}", f"{a.article_id}.txt:1", a.text) for a in annotated],
    )
    sentences = [
        Sentence(f"id-{a.article_id}", i, s.span.start, s.span.end, s.text)
        for a in annotated
        for i, s in enumerate(a.sentences)
    ]
    write_records(tmp_path / "s.parquet", Sentence, sentences)
    (tmp_path / "sources.yaml").write_text(SOURCES)
    names = ("corpus", "a.parquet", "s.parquet", "public", "sources.yaml", "out", "report.json")
    return PreparePaths(*(tmp_path / name for name in names))


def public(corpus: str, split: str, *texts: str) -> list[Example]:
    return [Example(f"{corpus}:{t}", corpus, t, split, t, (heads.KIND.name,), Kind.CLAIM) for t in texts]


def texts_of(paths: PreparePaths, name: str) -> list[str]:
    return [example.text for example in read_records(paths.output / f"{name}.parquet", Example)]


def test_without_public_corpora_our_own_are_prepared_and_it_is_said(paths, capsys):
    report = prepare.run(paths, PrepareParams())
    assert "public corpora: none found; run claimstance fetch" in capsys.readouterr().err
    assert report["public"] == "public corpora: none found; run claimstance fetch"
    assert json.loads(paths.report.read_text()) == report
    assert sorted(path.name for path in paths.output.iterdir()) == ["dev.parquet", "test.parquet", "train.parquet"]
    own = report["corpora"]["own"]
    assert own["rows_in"] == 4 * len(NAMES) == own["rows_out"] + sum(own["dropped"].values())
    assert all(report["rows"].values())
    digest = hashlib.sha256((paths.output / "dev.parquet").read_bytes()).hexdigest()
    assert report["sha256"]["dev.parquet"] == digest


def test_no_article_is_split_and_no_test_sentence_stands_in_train(paths):
    report = prepare.run(paths, PrepareParams())
    groups = {
        name: {e.group for e in read_records(paths.output / f"{name}.parquet", Example)} for name in report["rows"]
    }
    assert not groups["train"] & groups["test"]
    assert not groups["train"] & groups["dev"]
    assert SHARED in texts_of(paths, "test")
    assert SHARED not in texts_of(paths, "train") + texts_of(paths, "dev")
    assert report["corpora"]["own"]["dropped"]["train: also in test"] == len(groups["train"])
    assert "Read more:" in texts_of(paths, "train"), "a formula of a few words is no leak"


def test_unseen_subjects_are_tested_and_never_trained(paths):
    for name in NAMES[:4]:
        file = paths.corpus / f"{name}.jsonl"
        file.write_text(file.read_text().replace('"subject": "x"', '"subject": "zoos"'))
    report = prepare.run(paths, PrepareParams(unseen_subjects=("zoos",)))
    assert report["rows"]["unseen"] == 16
    assert {e.split for e in read_records(paths.output / "unseen.parquet", Example)} == {"unseen"}
    assert SHARED not in texts_of(paths, "train"), "what stands in an unseen article is not trained on"
    prepare.run(paths, PrepareParams())
    assert not (paths.output / "unseen.parquet").exists(), "a file of the run before is gone"
    with pytest.raises(ParamsError, match="unseen_subjects: no article has the subject 'zoo'"):
        prepare.run(paths, PrepareParams(unseen_subjects=("zoo",)))


def test_public_corpora_go_where_their_licence_lets_them(paths, monkeypatch):
    leaked = unlike("art-0", 0).upper()
    corpora = {
        "alpha": public("alpha", "train", "One fine day in Tolm.", "A leaked test line of beta.", leaked)
        + public("alpha", "test", "The test line of alpha."),
        "beta": public("beta", "train", "A leaked test line of beta!"),
    }
    for name in corpora:
        (paths.public / name).mkdir(parents=True)
    monkeypatch.setattr(prepare, "read_source", lambda name, _: corpora[name])
    own = PrepareParams(seed=seed_with(paths, "test"))
    report = prepare.run(paths, own)
    assert report["public"] == "alpha, beta"
    assert [text for text in texts_of(paths, "train") if "Tolm" in text or "leaked" in text] == [
        "One fine day in Tolm."
    ]
    assert texts_of(paths, "public-alpha-test") == ["The test line of alpha."]
    assert texts_of(paths, "public-beta-test") == ["A leaked test line of beta!"]
    assert report["corpora"]["alpha"] == {
        "rows_in": 4,
        "rows_out": 2,
        "by_file": {"public-alpha-test": 1, "train": 1},
        "dropped": {"train: also in test": 2},
    }
    assert {e.corpus for e in read_records(paths.output / "test.parquet", Example)} == {"own"}
    report = prepare.run(paths, PrepareParams(use_public=False))
    assert report["public"] == "public corpora: left out by use_public"
    assert not list(paths.output.glob("public-*")), "files of the run before are gone"


def seed_with(paths: PreparePaths, split: str) -> int:
    """A seed that puts the first article into a split."""
    from claimstance.corpus.splits import assign_splits

    fractions = PrepareParams().fractions()
    return next(s for s in range(99) if assign_splits({"x": "art-0"}, fractions, s)["x"] == split)


def test_what_ingest_lost_is_dropped_and_counted(paths):
    articles = read_records(paths.articles, Article)
    cut = Article(articles[1].article_id, articles[1].input, articles[1].body.split("\n", 1)[1])
    write_records(paths.articles, Article, [cut, *articles[2:]])
    dropped = prepare.run(paths, PrepareParams())["corpora"]["own"]["dropped"]
    assert dropped["its article is not among the ingested"] == 4
    assert dropped["not in the body as ingest keeps it"] == 1


def test_the_segment_stage_is_scored_against_the_label_lines(paths):
    sentences = read_records(paths.sentences, Sentence)
    first, second, *rest = sentences
    joined = Sentence(first.article_id, 0, first.start, second.end, f"{first.text}\n{second.text}")
    write_records(paths.sentences, Sentence, [joined, *rest])
    found = prepare.run(paths, PrepareParams())["boundaries"]
    gold = len(sentences)
    assert (found["gold"], found["found"], found["precision"]) == (gold, gold - 1, 1.0)
    assert found["recall"] == pytest.approx((gold - 1) / gold, abs=1e-6)


def test_the_same_inputs_give_the_same_files(paths):
    assert prepare.run(paths, PrepareParams())["sha256"] == prepare.run(paths, PrepareParams())["sha256"]


def test_a_broken_corpus_stops_the_stage_with_one_line(paths):
    (paths.corpus / "art-3.jsonl").write_text("{}")
    with pytest.raises(CorpusError, match=r"art-3\.jsonl:1: header: .* more problems\); run: claimstance check "):
        prepare.run(paths, PrepareParams())


def test_bad_fractions_and_a_missing_list_of_sources_are_one_line(paths):
    with pytest.raises(ParamsError, match="leave nothing for train"):
        prepare.run(paths, PrepareParams(dev_fraction=0.9))
    paths.public.mkdir()
    paths.sources.unlink()
    with pytest.raises(ParamsError, match=r"sources\.yaml: no such file"):
        prepare.run(paths, PrepareParams())


def test_articles_of_something_else_are_refused(paths):
    write_records(paths.articles, Article, [Article("x", "elsewhere.txt:1", "A quiet day in Tolm.")])
    with pytest.raises(InputError, match="no annotated sentence stands in the ingested articles; run ingest"):
        prepare.run(paths, PrepareParams())
