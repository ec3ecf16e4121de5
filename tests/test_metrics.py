import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from claimstance import heads
from claimstance.evaluation import calibration, metrics, test_sets
from claimstance.evaluation.baselines import BASELINES
from claimstance.schema import Cue, CueType, Masked, Span
from predictions import changed, perfect

LABELS = heads.STRENGTH.labels


def decisions_of(example, gold, found):
    return [
        metrics.Decision(dataclasses.replace(example, group=str(i % 3)), g, f, 1.0)
        for i, (g, f) in enumerate(zip(gold, found, strict=True))
    ]


def test_a_perfect_prediction_scores_one_everywhere(example):
    result = metrics.headline(metrics.evaluate([example], [perfect(example)], bootstrap=0))
    assert set(result.values()) == {1.0}
    assert {"kind_f1", "act_f1", "strength_f1", "stance_f1", "source_span_f1", "cues_f1"} <= set(result)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=40))
def test_macro_f1_is_that_of_scikit_learn(example, pairs):
    gold, found = zip(*pairs, strict=True)
    result = metrics.classification(decisions_of(example, gold, found), LABELS, bootstrap=20)
    present = [label for label in LABELS if label in gold]
    assert result["macro_f1"] == pytest.approx(f1_score(gold, found, labels=present, average="macro", zero_division=0))
    assert result["accuracy"] == pytest.approx(accuracy_score(gold, found))


def test_the_interval_holds_the_score_and_is_the_same_for_the_same_seed(example):
    gold = ["certain", "probable", "possible"] * 10
    found = ["certain", "probable", "certain"] * 10
    a, b = (metrics.classification(decisions_of(example, gold, found), LABELS, 200, seed=4) for _ in range(2))
    assert a["low"] <= a["macro_f1"] <= a["high"]
    assert (a["low"], a["high"]) == (b["low"], b["high"])


def test_losses_are_the_differences_of_the_headline_numbers_with_a_lower_bound(example):
    examples = [dataclasses.replace(example, group=str(i)) for i in range(30)]
    good = perfect(example)
    bad = changed(good, source=None, cues=())
    after = [bad] * 3 + [good] * 27
    losses = metrics.losses(examples, [good] * 30, after)
    before, now = (metrics.headline(metrics.evaluate(examples, side, 0)) for side in ([good] * 30, after))
    assert {name: loss for name, (loss, _) in losses.items()} == pytest.approx({n: before[n] - now[n] for n in before})
    loss, bound = losses["source_span_f1"]
    assert 0 <= bound < loss
    assert losses["act_f1"] == (0, 0)


def test_a_missed_span_an_invented_one_and_a_shifted_one_count(example):
    shifted = changed(perfect(example), source=None, condition=Span(0, 3), trigger=Span(0, 2))
    result = metrics.evaluate([example], [shifted], bootstrap=0)
    assert result["source_span"]["recall"] == 0.0
    assert result["source_span"]["found"] == 0
    assert result["trigger_span"]["f1"] == 0.0


def test_masked_words_do_not_count(example):
    cue = example.cues[0]
    masked = dataclasses.replace(example, masked=(Masked(heads.CUES.name, cue.span),))
    blind = changed(perfect(example), cues=example.cues[1:])
    assert metrics.evaluate([masked], [blind], bootstrap=0)["cues"]["f1"] == 1.0
    assert metrics.evaluate([example], [blind], bootstrap=0)["cues"]["f1"] < 1.0


def test_a_cue_of_the_wrong_type_is_wrong_but_still_a_cue(example):
    wrong = tuple(
        Cue(c.span, CueType.DOXASTIC if c.type is not CueType.DOXASTIC else CueType.EPISTEMIC) for c in example.cues
    )
    result = metrics.evaluate([example], [changed(perfect(example), cues=wrong)], bootstrap=0)["cues"]
    assert result["f1"] == 0.0
    assert result["sentence"]["f1"] == result["word"]["f1"] == 1.0


def test_a_target_that_is_not_found_counts_as_wrong(example):
    blind = changed(perfect(example), targets=())
    result = metrics.evaluate([example], [blind], bootstrap=0)
    assert result["stance"]["accuracy"] == 1.0
    assert result["stance_found"]["accuracy"] == 0.0
    assert result["stance_found"]["missed"] == len(example.targets)


def test_the_worst_mistakes_come_surest_first(example):
    sure = changed(perfect(example), strength=(0.0, 0.0, 0.0, 1.0))
    unsure = changed(perfect(example), strength=(0.2, 0.2, 0.1, 0.5))
    rows = [row for row in test_sets.worst_mistakes([example] * 2, [unsure, sure], 5) if row["head"] == "strength"]
    assert [row["probability"] for row in rows] == [1.0, 0.5]


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_learns_what_is_there_and_predicts_every_example(name, example):
    other = dataclasses.replace(
        example, text="The court said the law holds.", act="state", strength="certain", cues=(), targets=(),
        source=None, condition=None, trigger=None,
    )  # fmt: skip
    rows = [dataclasses.replace(e, example_id=str(i)) for i, e in enumerate([example, other] * 6)]
    found = BASELINES[name]().fit(rows).predict(rows)
    assert len(found) == len(rows)
    for row, prediction in zip(rows, found, strict=True):
        assert len(prediction.given) == len(row.targets)
        assert sum(prediction.act) == pytest.approx(1)


def test_the_lexicon_finds_the_cues_that_it_has_seen(example):
    found = BASELINES["cue_lexicon"]().fit([example] * 3).predict([example])[0]
    assert {(cue.span, cue.type) for cue in found.cues} == {(cue.span, cue.type) for cue in example.cues}


def test_temperature_cools_an_overconfident_model():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    right = rng.random(400) < 0.7
    logits = np.where((np.arange(2) == labels[:, None]) == right[:, None], 6.0, 0.0)
    assert calibration.fit_temperature(logits, labels) > 3


def test_calibration_error_is_small_for_a_calibrated_model_and_large_for_a_boaster():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1, 4000)
    fair = calibration.expected_calibration_error(p, rng.random(4000) < p, bootstrap=50)
    boast = calibration.expected_calibration_error(np.full(4000, 0.99), rng.random(4000) < 0.6, bootstrap=50)
    assert fair.error < 0.03
    assert boast.error == pytest.approx(0.39, abs=0.03)
    assert boast.low <= boast.error <= boast.high


def test_what_is_kept_above_the_threshold_errs_as_seldom_as_promised():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.4, 1, 3000)
    correct = rng.random(3000) < p
    threshold = calibration.threshold_for_error(p, correct, 0.1)
    kept = p >= threshold
    assert 0 < kept.mean() < 1
    assert 1 - correct[kept].mean() <= 0.1
