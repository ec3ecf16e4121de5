"""Real news: rebuilt from its raw files, labelled by offsets, and split without leaks."""

import json
import zipfile

import pytest

from claimstance.commands import evaluate, fetch, prepare
from claimstance.commands.prepare import PrepareParams
from claimstance.corpus import news
from claimstance.corpus.news import LabelledArticle, LabelledSentence, NewsHeader, NewsText
from claimstance.corpus.rebuilding import rebuild
from claimstance.errors import CorpusError, InputError
from claimstance.records import read_records
from claimstance.schema import Example, Kind, Span
from test_prepare import paths  # noqa: F401, a fixture


def test_wikinews_loses_date_lines_image_credits_and_note_marks(tmp_path):
    body = "Sunday, June 2, 2031\n\n\nNorland  met[1] Orvane.\nThey agreed.\n\n\nA dam (Image: O. Wendt)\n\n\nIt\u2009ended.\n"
    rows = f'url,date,title,text\nhttps://en.wikinews.org//wiki/Norland,2031-06-02,Norland meets,"{body}"\n'
    (tmp_path / "wikinews_2019.csv").write_text(rows, encoding="utf-8")
    (text,) = rebuild("wikinews_2019_2020", tmp_path, ["wikinews-Norland"])
    assert text.text == "Norland met Orvane. They agreed.\n\nIt\u2009ended."
    assert (text.title, text.url) == ("Norland meets", "https://en.wikinews.org/wiki/Norland")


def test_tokens_are_joined_as_prose(tmp_path):
    tokens = [
        ["``", "We", "do", "n't", "know", ",", "''", "she", "said", "."],
        ["It", "costs", "$", "5", "(", "net", ")", "."],
    ]
    lines = ["Sentence #,Word"]
    for number, sentence in enumerate(tokens, start=1):
        for i, word in enumerate(sentence):
            quoted = '","' if word == "," else word
            lines.append(f"{f'Sentence: {number}' if i == 0 else ''},{quoted}")
    with zipfile.ZipFile(tmp_path / "ner_dataset.csv.zip", "w") as archive:
        archive.writestr("ner_dataset.csv", "\n".join(lines).encode("cp1252"))
    (text,) = rebuild("voa_gmb", tmp_path, ["gmb-0-1"])
    assert text.text == '"We don\'t know," she said. It costs $5 (net).'


def test_a_source_without_a_rule_and_a_missing_article_are_one_line(tmp_path):
    with pytest.raises(InputError, match="no rule rebuilds its articles; set CLAIMSTANCE_MIRROR"):
        rebuild("elsewhere", tmp_path, ["x"])
    with pytest.raises(InputError, match="the raw files lack 1 labelled articles, the first is wikinews-x"):
        rebuild("wikinews_2019_2020", tmp_path, ["wikinews-x"])


def label(folder, name, text, split):
    header = NewsHeader(name, "wire", text.sha256, split, "tester")
    sentence = LabelledSentence("body", Span(0, len(text.text)), Kind.OTHER)
    news.write_labels(folder / "wire" / f"{name}.jsonl", LabelledArticle(header, (sentence,)))


WORDS = "The union of dockers said in Tolm on Monday that it had called off its strike after talks with the mayor of the town"


@pytest.fixture
def labelled(paths):  # noqa: F811
    from dataclasses import replace

    texts = {
        "kept": NewsText("kept", "Orvane opened a new mine in the far north of its lands."),
        "tested": NewsText("tested", f"{WORDS}."),
        "copy": NewsText("copy", f"{WORDS}, it is said."),
        "gone": NewsText("gone", "A quiet day passed in the small town of Kell."),
    }
    folder = paths.report.parent / "news"
    for name, text in texts.items():
        label(folder, name, text, "test" if name == "tested" else "train")
    present = [text for name, text in texts.items() if name != "gone"]
    news.write_texts(paths.public / "wire" / news.TEXTS, present)
    return replace(paths, news=folder)


def test_test_articles_stay_apart_and_their_near_duplicates_are_dropped(labelled):
    report = prepare.run(labelled, PrepareParams())
    tested = read_records(labelled.output / "news-test.parquet", Example)
    assert [example.text for example in tested] == [f"{WORDS}."]
    train = [e for e in read_records(labelled.output / "train.parquet", Example) if e.corpus == news.CORPUS]
    assert [example.group for example in train] == ["wire/kept"]
    counts = report["corpora"]["news"]
    assert counts["dropped"] == {
        "near-duplicate of a test article": 1,
        "no text: run claimstance fetch wire with --news": 1,
    }
    assert counts["rows_in"] == counts["rows_out"] + sum(counts["dropped"].values())


def test_evaluate_counts_the_articles_without_text(labelled, capsys):
    splits, missing = evaluate._news_articles(labelled.news, labelled.public)
    assert {split: len(articles) for split, articles in splits.items()} == {"test": 1, "train": 2}
    assert missing == 1
    assert "that are missing: 1;" in capsys.readouterr().err


def test_a_changed_text_is_one_clear_line(labelled):
    news.write_texts(labelled.public / "wire" / news.TEXTS, [NewsText("kept", "Something else.")])
    with pytest.raises(CorpusError, match="wire/kept: another version of the text was labelled; fetch it again"):
        prepare.run(labelled, PrepareParams())


def test_fetch_brings_the_articles_of_real_news_only_for_labels(tmp_path, monkeypatch):
    text = NewsText("kept", "Orvane opened a new mine.")
    news.write_texts(tmp_path / "mirror" / "wire.jsonl", [text])
    sha256 = fetch.sha256(tmp_path / "mirror" / "wire.jsonl")
    entry = {
        "repo": "we/wire", "commit": "c", "licence": "CC0", "citation": "us", "labels": "ours", "use": ["news"], "files": [],
        "articles": {"mirror": "wire.jsonl", "sha256": sha256},
    }  # fmt: skip
    (tmp_path / "sources.yaml").write_text(json.dumps({"wire": entry}), encoding="utf-8")
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path / "mirror"))
    assert fetch.run(tmp_path / "sources.yaml", tmp_path / "out")["fetched"] == 0
    label(tmp_path / "news", "kept", text, "train")
    assert fetch.run(tmp_path / "sources.yaml", tmp_path / "out", news=tmp_path / "news")["fetched"] == 1
    assert news.read_texts(tmp_path / "out" / "wire" / news.TEXTS) == {"kept": text}


def test_labels_of_an_article_without_its_title_fit_the_text_with_a_title():
    text = news.NewsText("a", "Norland met Estra.", "NORLAND MEETS ESTRA")
    bare = news.NewsText("a", "Norland met Estra.")
    for labelled in (text, bare):
        header = news.NewsHeader("a", "wire", labelled.sha256, "train", "me")
        assert news.as_labelled(text, header) == labelled
    other = news.NewsHeader("a", "wire", "0" * 64, "train", "me")
    assert news.as_labelled(text, other) == text  # whose labels are then refused
