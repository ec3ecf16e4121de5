import dataclasses
import json

import pytest

from claimstance.commands import evaluate as stage
from claimstance.evaluation import test_sets as evaluation
from claimstance.evaluation.metrics import LABELS
from claimstance.evaluation.test_sets import EvaluateParams, swap_targets
from claimstance.model.export import fit_temperatures
from claimstance.records import read_records, write_records
from claimstance.schema import Example, Head, Span, Stance, Target
from claimstance.scoring.scorer import Scorer, load_scorer
from claimstance.tracking.tracker import NullTracker


class Remember(NullTracker):
    def __init__(self):
        self.numbers = {}
        self.files = []

    def metrics(self, values, step=None):
        self.numbers |= values

    def artifact(self, path, folder=None):
        self.files.append(path)


@pytest.fixture
def examples(example, tmp_path):
    other = dataclasses.replace(
        example, text="The court said the law holds.", act="state", strength="certain", source=None, trigger=None,
        condition=None, targets=(), cues=(),
    )  # fmt: skip
    rows = [
        dataclasses.replace(e, example_id=f"{n}{i}", group=str(i))
        for i in range(4)
        for n, e in enumerate((example, other))
    ]
    for name in ("train", "dev", "test", "unseen"):
        write_records(tmp_path / f"{name}.parquet", Example, rows)
    public = [dataclasses.replace(e, corpus="newsmtsc", labelled=(Head.SENTIMENT,)) for e in rows[::2]]
    write_records(tmp_path / "public-newsmtsc-test-rw.parquet", Example, public)
    return tmp_path


def test_everything_is_written_and_what_is_logged_comes_from_the_json(tiny_model, examples, tmp_path):
    tracker = Remember()
    paths = stage.EvaluatePaths(tiny_model, examples, tmp_path / "evaluate.json", tmp_path / "plots")
    details = stage.run(paths, EvaluateParams(bootstrap=20), tracker)
    written = json.loads(paths.output.read_text())
    assert {"dev", "test", "unseen", "newsmtsc-test-rw", "test_majority", "test_cue_lexicon", "test_tfidf"} <= set(
        written
    )
    assert {"test_target_blind", "test_tfidf_target_blind", "calibration_error"} <= set(written)
    assert tracker.numbers["test/act_f1"] == written["test"]["act_f1"] == details["sets"]["test"]["act"]["macro_f1"]
    assert tracker.files == [paths.output, paths.plots]
    assert (
        details["sets"]["test"]["act"]["low"]
        <= details["sets"]["test"]["act"]["macro_f1"]
        <= details["sets"]["test"]["act"]["high"]
    )
    names = {path.name for path in paths.plots.iterdir()}
    for head in ("kind", "act", "strength", "stance"):
        assert {f"confusion-{head}.png", f"confusion-{head}.csv", f"reliability-{head}.png"} <= names
    assert {"worst.csv", "details.json"} <= names


def test_plots_of_the_same_numbers_are_the_same_bytes(tiny_model, examples, tmp_path):
    pictures = []
    for run in ("a", "b"):
        paths = stage.EvaluatePaths(tiny_model, examples, tmp_path / f"{run}.json", tmp_path / run)
        stage.run(paths, EvaluateParams(bootstrap=5), NullTracker())
        pictures.append({p.name: p.read_bytes() for p in paths.plots.iterdir()})
    assert pictures[0] == pictures[1]


def test_labels_of_the_heads_are_those_of_the_guide():
    assert LABELS["act"] == ["state", "agree", "promise", "request", "accuse", "reject", "threaten"]
    assert LABELS["strength"] == ["certain", "probable", "possible", "uncommitted"]


def test_swapped_targets_keep_the_label_of_their_place(example):
    text = "Norland praised Orvane and Kell condemned the Tarnish Union."
    targets = tuple(
        Target(Span(text.index(name), text.index(name) + len(name)), stance)
        for name, stance in (("Orvane", Stance.SUPPORT), ("Tarnish Union", Stance.OPPOSE))
    )
    third = Target(Span(0, 7), Stance.NEUTRAL)
    alone, swapped = swap_targets(dataclasses.replace(example, text=text, targets=(*targets, third)))
    assert [(t.span.of(text), t.stance) for t in alone.targets] == [
        ("Norland", Stance.NEUTRAL), ("Orvane", Stance.SUPPORT),
    ]  # fmt: skip
    alone, swapped = swap_targets(dataclasses.replace(example, text=text, targets=targets))
    assert swapped.text == "Norland praised Tarnish Union and Kell condemned the Orvane."
    assert [(t.span.of(swapped.text), t.stance) for t in swapped.targets] == [
        ("Tarnish Union", Stance.SUPPORT), ("Orvane", Stance.OPPOSE),
    ]  # fmt: skip


def test_targets_of_one_label_or_without_a_name_are_not_swapped(example):
    assert swap_targets(example) is None


def test_review_keeps_what_is_sure_and_counts_its_errors(tiny_model, examples, tmp_path):
    paths = stage.EvaluatePaths(tiny_model, examples, tmp_path / "evaluate.json", tmp_path / "plots")
    scorer = load_scorer(tiny_model, runtime="torch")
    sure = dataclasses.replace(scorer.config, thresholds={"kind": [0.0] * 50, "act": [1.01] * 50})
    scorer = Scorer(sure, scorer.encoder, scorer.forward, scorer.options)
    dev, test = (read_records(paths.examples / f"{n}.parquet", Example) for n in ("dev", "test"))
    found = evaluation.calibrate(scorer, fit_temperatures(scorer, dev), test,
                                 EvaluateParams(bootstrap=5))  # fmt: skip
    assert found["kind"]["review"]["kept"] == 1.0
    assert found["act"]["review"]["kept"] == 0.0
