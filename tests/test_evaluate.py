import dataclasses
import json
from pathlib import Path

import pytest

from claimstance import heads
from claimstance.commands import evaluate as stage
from claimstance.evaluation import test_sets
from claimstance.evaluation.test_sets import EvaluateParams, swap_targets
from claimstance.model.predictor import load_predictor
from claimstance.records import read_records, write_records
from claimstance.schema import Example, Span, Stance, Target
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
    public = [dataclasses.replace(e, corpus="newsmtsc", labelled=(heads.SENTIMENT.name,)) for e in rows[::2]]
    write_records(tmp_path / "public-newsmtsc-test-rw.parquet", Example, public)
    return tmp_path


def test_everything_is_written_and_what_is_logged_comes_from_the_json(tiny_model, examples, tmp_path):
    tracker = Remember()
    paths = stage.EvaluatePaths(
        tiny_model, examples, tmp_path / "evaluate.json", tmp_path / "d.json", tmp_path / "plots"
    )
    details = stage.run(paths, EvaluateParams(bootstrap=20), tracker=tracker)
    written = json.loads(paths.output.read_text())
    assert {"dev", "test", "unseen", "newsmtsc-test-rw", "test_majority", "test_cue_lexicon", "test_tfidf"} <= set(
        written
    )
    assert {"test_target_blind", "test_tfidf_target_blind", "calibration_error"} <= set(written)
    assert tracker.numbers["test/act_f1"] == written["test"]["act_f1"] == details["sets"]["test"]["act"]["macro_f1"]
    assert tracker.files == [paths.output, paths.details, paths.plots]
    assert (
        details["sets"]["test"]["act"]["low"]
        <= details["sets"]["test"]["act"]["macro_f1"]
        <= details["sets"]["test"]["act"]["high"]
    )
    names = {path.name for path in paths.plots.iterdir()}
    for head in ("kind", "act", "strength", "stance"):
        assert {f"confusion-{head}.png", f"confusion-{head}.csv", f"reliability-{head}.png"} <= names
    assert {"worst.csv", "risk-coverage.png"} <= names


def test_plots_of_the_same_numbers_are_the_same_bytes(tiny_model, examples, tmp_path):
    pictures = []
    for run in ("a", "b"):
        paths = stage.EvaluatePaths(tiny_model, examples, plots=tmp_path / run)
        stage.run(paths, EvaluateParams(bootstrap=5))
        pictures.append({p.name: p.read_bytes() for p in paths.plots.iterdir()})
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("head", [head for head in heads.HEADS if head.reviewed], ids=lambda head: head.name)
def test_the_label_guide_explains_every_label_of_every_head(head):
    guide = (Path(__file__).parents[1] / "docs" / "label-guide.md").read_text(encoding="utf-8")
    assert {label for label in head.labels if f"`{label}`" not in guide} == set()


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


def test_review_keeps_what_is_sure_and_counts_its_errors(tiny_model, examples):
    predictor = load_predictor(tiny_model, runtime="torch")
    test = read_records(examples / "test.parquet", Example)
    thresholds = {"kind": 0.0, "act": 1.01}
    found = test_sets.measure_calibration(predictor, test, thresholds, EvaluateParams(bootstrap=5))
    assert found["kind"]["review"]["kept"] == 1.0
    assert found["act"]["review"]["kept"] == 0.0
