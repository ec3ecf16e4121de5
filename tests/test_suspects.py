"""Likely label errors."""

import csv
import dataclasses
import json

import pytest

from claimstance.commands import suspects as tool
from claimstance.errors import CorpusError
from claimstance.evaluation.baselines import Majority
from claimstance.records import write_records
from claimstance.schema import Cue, CueType, Example, Span
from predictions import changed, perfect


def test_a_label_that_the_model_shares_is_not_in_doubt(example):
    assert tool.suspects([example], [perfect(example)]) == []


def test_the_doubt_is_the_margin_between_the_label_found_and_ours(example):
    doubted = changed(perfect(example), act=(0.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3))
    (found,) = tool.suspects([dataclasses.replace(example, act="threaten")], [doubted])
    assert (found.field, found.ours, found.found) == ("act", "threaten", "state")
    assert found.score == pytest.approx(0.4)


def test_cues_that_only_one_side_has_are_in_doubt(example):
    ours = example.cues[0].span.of(example.text)
    (found,) = tool.suspects([dataclasses.replace(example, cues=example.cues[:1])],
                             [changed(perfect(example), cues=())])  # fmt: skip
    assert (found.field, found.ours, found.found) == ("cues", f"{ours!r} {example.cues[0].type}", "none")
    extra = Cue(Span(0, 3), CueType.DOXASTIC, None)
    (found,) = tool.suspects([dataclasses.replace(example, cues=())],
                             [changed(perfect(example), cues=(extra,))])  # fmt: skip
    assert (found.ours, found.found) == ("none", f"{example.text[:3]!r} doxastic")


def test_every_sentence_is_judged_once_by_a_model_that_has_not_seen_its_article(tmp_path):
    claim = {"source": None, "targets": [], "act": "state", "trigger": None, "strength": "certain", "cues": []}
    names = ["art-0", "art-1", "art-2"]
    for name in names:
        header = {"article": name, "subject": "x", "style": "x", "outlet": "x", "published": "2031-01-02"}
        texts = [f"The first line of {name} is here.", f"And {name} has a second line."]
        rows = [{"text": text, "kind": "claim", **claim, "condition": None, "speaker": None} for text in texts]
        (tmp_path / f"{name}.txt").write_text("\n\n".join(texts))
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, [header, *rows])))
    judged = []

    def fit(seen, held):
        assert not {e.group for e in seen} & {e.group for e in held}
        judged.extend(e.example_id for e in held)
        return Majority().fit(seen).predict(held)

    found = tool.run(*tool._of_corpus(tmp_path), fit, 3, tmp_path / "suspects.csv")
    assert sorted(judged) == sorted(f"{name}:{line}" for name in names for line in (2, 3))
    rows = list(csv.DictReader((tmp_path / "suspects.csv").read_text().splitlines()))
    assert [float(row["score"]) for row in rows] == [s.score for s in found]
    with pytest.raises(CorpusError, match="3 articles are too few for 4 folds"):
        tool.run(*tool._of_corpus(tmp_path), fit, 4, tmp_path / "suspects.csv")


def test_real_news_is_judged_by_models_that_see_all_other_corpora(example, tmp_path):
    real = [
        dataclasses.replace(example, corpus="news", group=f"g{i}", example_id=f"news:{i}", split="train")
        for i in range(4)
    ]
    other = dataclasses.replace(example, split="train")
    write_records(tmp_path / "train.parquet", Example, [*real, other])

    def fit(seen, held):
        assert other in seen
        assert {e.corpus for e in held} == {"news"}
        return [changed(perfect(e), source=None, cues=()) for e in held]

    found = tool.run(*tool._of_news(tmp_path), fit, 2, tmp_path / "suspects.csv")
    assert {s.example_id for s in found} == {e.example_id for e in real}
    write_records(tmp_path / "train.parquet", Example, [other])
    with pytest.raises(CorpusError, match="holds no real news"):
        tool._of_news(tmp_path)
