import dataclasses
import json

import pytest

from claimstance.metrics import LABELS
from claimstance.records import write_records
from claimstance.schema import Example, Head
from claimstance.stages import evaluate as stage
from claimstance.tracking import NullTracker


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
    details = stage.run(paths, stage.EvaluateParams(bootstrap=20), tracker)
    written = json.loads(paths.output.read_text())
    assert {"dev", "test", "unseen", "newsmtsc-test-rw", "test_majority", "test_cue_lexicon", "test_tfidf"} <= set(
        written
    )
    assert {"test_target_blind", "test_tfidf_target_blind", "calibration_error"} <= set(written)
    assert tracker.numbers["test/act_f1"] == written["test"]["act_f1"] == details["test"]["act"]["macro_f1"]
    assert tracker.files == [paths.output, paths.plots]
    assert details["test"]["act"]["low"] <= details["test"]["act"]["macro_f1"] <= details["test"]["act"]["high"]
    names = {path.name for path in paths.plots.iterdir()}
    for head in ("kind", "act", "strength", "stance"):
        assert {f"confusion-{head}.png", f"confusion-{head}.csv", f"reliability-{head}.png"} <= names
    assert {"worst.csv", "details.json"} <= names


def test_plots_of_the_same_numbers_are_the_same_bytes(tiny_model, examples, tmp_path):
    pictures = []
    for run in ("a", "b"):
        paths = stage.EvaluatePaths(tiny_model, examples, tmp_path / f"{run}.json", tmp_path / run)
        stage.run(paths, stage.EvaluateParams(bootstrap=5), NullTracker())
        pictures.append({p.name: p.read_bytes() for p in paths.plots.iterdir()})
    assert pictures[0] == pictures[1]


def test_labels_of_the_heads_are_those_of_the_guide():
    assert LABELS["act"] == ["state", "agree", "promise", "request", "accuse", "reject", "threaten"]
    assert LABELS["strength"] == ["certain", "probable", "possible", "uncommitted"]
