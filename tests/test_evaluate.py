import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from claimstance import heads
from claimstance.commands import evaluate as stage
from claimstance.errors import InputError
from claimstance.evaluation import metrics, test_sets
from claimstance.evaluation.overall import is_clean, overall
from claimstance.evaluation.test_sets import EvaluateParams, swap_targets
from claimstance.model.certainty import ClaimFit
from claimstance.model.folder import read_config, seal
from claimstance.records import write_records
from claimstance.report.headline import calibration_rows
from claimstance.schema import Example, PredictedTarget, Span, Stance, Target
from predictions import changed, one_hot, perfect


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


def test_details_headline_and_plots_are_written(tiny_model, examples, tmp_path):
    paths = stage.EvaluatePaths(
        tiny_model, examples, tmp_path / "evaluate.json", tmp_path / "d.json", tmp_path / "plots"
    )
    details = stage.run(paths, EvaluateParams(bootstrap=20))
    test = details["sets"]["test"]
    assert set(details["sets"]) == {"test", "unseen", "newsmtsc-test-rw"}
    assert {"majority", "cue_lexicon", "tfidf", "tfidf_target_blind"} == set(test["baselines"])
    assert test["act"]["low"] <= test["act"]["macro_f1"] <= test["act"]["high"]
    assert test["overall"]["low"] <= test["overall"]["share"] <= test["overall"]["high"]
    names = {path.name for path in paths.plots.iterdir()}
    for head in ("kind", "act", "strength", "stance"):
        assert {f"{plot}-{head}.csv" for plot in ("confusion", "reliability", "risk-coverage")} <= names
    assert {"worst.csv", "risk-coverage.png"} <= names


def test_the_metrics_that_git_tracks_are_about_ten_and_say_whether_the_gate_passed(tiny_model, examples, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    seal(folder, dataclasses.replace(read_config(folder), gate="failed", gate_broken=["act: 1% of labels agree"]))
    paths = stage.EvaluatePaths(folder, examples, output=tmp_path / "evaluate.json")
    details = stage.run(paths, EvaluateParams(bootstrap=5))
    written = json.loads(paths.output.read_text())
    assert written["gate"] == details["gate"] == "failed"
    assert details["gate_broken"] == ["act: 1% of labels agree"]
    numbers = [n for value in written.values() if isinstance(value, dict) for n in value.values()]
    assert 6 <= len(numbers) <= 10
    assert written["test"]["act_f1"] == details["sets"]["test"]["act"]["macro_f1"]


def test_a_report_of_another_model_is_not_joined(tiny_model, examples, tmp_path):
    (tmp_path / "behave.json").write_text('{"model_version": "other", "pass_rate": 1.0}')
    paths = stage.EvaluatePaths(tiny_model, examples, behaviour=tmp_path / "behave.json")
    with pytest.raises(InputError, match=r"behave\.json: is of model other, not of .*; run that stage again"):
        stage.run(paths, EvaluateParams(bootstrap=5))


def test_each_baseline_is_fitted_once_for_each_training_corpus(tiny_model, examples, monkeypatch):
    fits = []
    fit = test_sets.BASELINES["majority"].fit
    monkeypatch.setattr(
        test_sets.BASELINES["majority"], "fit", lambda self, some: fits.append(len(some)) or fit(self, some)
    )
    monkeypatch.setattr(test_sets, "BASELINES", {"majority": test_sets.BASELINES["majority"]})
    stage.run(stage.EvaluatePaths(tiny_model, examples), EvaluateParams(bootstrap=5))
    assert fits == [8]  # test, unseen and the public set all have our corpus's baselines here


def test_the_baselines_see_what_the_model_was_trained_on(example):
    news, public = (dataclasses.replace(example, corpus=name) for name in ("news", "dse"))
    baselines = test_sets.Baselines([example, example, news, public])

    def seen(test):
        baselines.for_set([test])
        return max(baselines._fitted, key=len)

    assert seen(news) == seen(example) == {"own", "news"}
    baselines._fitted.clear()
    assert seen(public) == {"dse"}


def test_a_claim_is_right_as_a_whole_only_with_its_source_and_every_stance(example):
    right = perfect(example)
    assert overall([example], [right])["share"] == 1.0
    assert overall([example], [dataclasses.replace(right, spans={})])["share"] == 0.0
    other = (dataclasses.replace(right.given[0], toward={"stance": (1.0, 0.0, 0.0), "sentiment": (1.0, 0.0, 0.0)}),)
    assert overall([example], [dataclasses.replace(right, given=other)])["share"] == 0.0
    assert overall([dataclasses.replace(example, labelled=("act",))], [right]) is None


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


def test_review_keeps_what_is_sure_and_counts_its_errors(example):
    right = perfect(example)
    wrong = changed(right, source=None)
    assert is_clean(example, right)
    assert not is_clean(example, wrong)
    both = [example, example], [right, wrong], ClaimFit()
    kept = test_sets.measure_review(*both, 0.0)
    assert (kept["kept"], kept["clean"], kept["error"], kept["n"]) == (1.0, 0.5, 0.5, 2)
    assert test_sets.measure_review(*both, 1.01)["kept"] == 0.0


def test_the_probabilities_of_spans_are_measured_too(example):
    sure = perfect(example)
    wrong = changed(sure, source=Span(0, 1))
    found = metrics.outcomes(heads.SOURCE, [example, example], [sure, wrong])
    assert [right for _, _, right in found] == [True, False]
    table = {"calibration": {"test": {"source": _sides(0.1), "act": {**_sides(0.2), "temperature": 2.0}}}}
    rows = list(calibration_rows(table))
    assert [(row["head"], row["temperature"], row["after_error"]) for row in rows] == [
        ("source", None, 0.1), ("act", 2.0, 0.2),
    ]  # fmt: skip


def _sides(error):
    return {side: {"error": error, "low": 0.0, "high": 1.0} for side in ("before", "after")}


def test_a_claim_with_a_target_more_is_clean_only_if_nobody_is_for_or_against_it(example):
    right = perfect(example)
    more = {stance: PredictedTarget(Span(0, 1), {"stance": one_hot(heads.STANCE, stance)}) for stance in Stance}
    outside = [not any(t.span.overlaps(Span(0, 1)) for t in example.targets)]
    assert all(outside)
    clean = {stance: is_clean(example, changed(right, targets=(*right.targets, one))) for stance, one in more.items()}
    assert clean == {Stance.SUPPORT: False, Stance.OPPOSE: False, Stance.NEUTRAL: True}


def test_an_empty_test_set_is_refused_with_what_to_change(tmp_path):
    from claimstance.errors import InputError
    from claimstance.evaluation.test_sets import read_sets
    from claimstance.records import write_records
    from claimstance.schema import Example

    for name in ("train", "dev", "test"):
        write_records(tmp_path / f"{name}.parquet", Example, [])
    with pytest.raises(InputError, match=r"there are no test examples; set prepare.test_fraction above 0"):
        read_sets(tmp_path)
