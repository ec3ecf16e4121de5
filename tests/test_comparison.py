"""The statistics of a comparison, checked by hand."""

import dataclasses
from statistics import NormalDist

import numpy as np
import pytest

from claimstance import heads
from claimstance.errors import ParamsError
from claimstance.evaluation import comparison
from claimstance.evaluation.comparison import CompareParams, compare, holm, mcnemar, most_changed, smallest_detectable
from claimstance.evaluation.resampling import difference
from conftest import make_example
from predictions import changed, one_hot, perfect

FAST = CompareParams(bootstrap=500)


def rows(n, groups):
    return [dataclasses.replace(make_example(i), group=f"article-{i % groups}") for i in range(n)]


def wrong_act(prediction):
    return changed(prediction, act=one_hot(heads.ACT, "state"))


def test_holm_multiplies_the_smallest_p_by_all_and_the_largest_by_one():
    # 0.01 × 4, 0.02 × 3, 0.03 × 2 (not below the one before), 0.5 × 1
    assert holm([0.03, 0.01, None, 0.5, 0.02]) == pytest.approx([0.06, 0.04, None, 0.5, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_few_resamples_are_raised_so_that_many_outputs_can_differ():
    some = rows(60, 30)
    right = [perfect(example) for example in some]
    result = compare(some, [wrong_act(one) for one in right], right, CompareParams(bootstrap=100))
    assert result["outputs"]["act_f1"]["verdict"] == comparison.WORSE
    with pytest.raises(ParamsError, match="bootstrap: 0"):
        CompareParams(bootstrap=0)


def test_mcnemar_counts_only_the_rows_that_one_model_has_right():
    first = [True] * 10 + [False] * 1 + [True] * 5
    second = [False] * 10 + [True] * 1 + [True] * 5
    found = mcnemar(first, second)
    assert (found["only_first"], found["only_second"]) == (10, 1)
    assert found["p"] == pytest.approx(2 * (1 + 11) / 2**11)  # both tails of a binomial (11, 1/2) at 1 or fewer
    assert mcnemar([True, False], [True, False])["p"] == 1.0


def test_a_difference_is_paired_by_article():
    # the models differ by one row in every article: whatever articles are drawn, the difference is 1/4
    groups = [f"a{i // 4}" for i in range(40)]
    first = np.array([[1.0, 1.0]] * 40)
    second = np.array([[float(i % 4 != 0), 1.0] for i in range(40)])
    found = difference(groups, first, second, lambda sums: sums[:, 0] / sums[:, 1], 200)
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))
    assert found.deviation == pytest.approx(0, abs=1e-9)
    assert found.p == pytest.approx(2 / 201)
    assert difference(["a"] * 40, first, second, lambda sums: sums[:, 0], 200) is None


def test_the_smallest_detectable_difference_grows_with_the_number_of_outputs():
    z = NormalDist().inv_cdf
    assert smallest_detectable(0.01, 1, CompareParams()) == pytest.approx(0.01 * (z(0.975) + z(0.8)))
    assert smallest_detectable(0.01, 10, CompareParams()) == pytest.approx(0.01 * (z(0.9975) + z(0.8)))


def test_a_model_that_is_right_where_the_other_is_wrong_is_better_and_the_other_worse():
    examples = rows(40, 20)
    right = [perfect(e) for e in examples]
    wrong = [wrong_act(p) for p in right]
    found = compare(examples, right, wrong, FAST)
    assert found["verdict"] == "better"
    assert found["outputs"]["act_f1"]["verdict"] == "better"
    assert found["outputs"]["claims_right"]["difference"] == 1.0
    assert found["outputs"]["strength_f1"]["verdict"] == "no difference"
    assert found["outputs"]["act_f1"]["mcnemar"]["only_first"] == 40
    assert compare(examples, wrong, right, FAST)["verdict"] == "worse"


def test_equal_predictions_are_no_difference():
    examples = rows(40, 20)
    right = [perfect(e) for e in examples]
    found = compare(examples, right, right, FAST)
    assert found["verdict"] == "no difference"
    assert {value["verdict"] for value in found["outputs"].values()} == {"no difference"}
    assert most_changed(examples, right, right, 20) == []


def test_few_articles_with_chance_differences_are_too_small_to_tell():
    examples = rows(12, 6)
    right = [perfect(e) for e in examples]
    first = [wrong_act(p) if i == 0 else p for i, p in enumerate(right)]
    second = [wrong_act(p) if i == 7 else p for i, p in enumerate(right)]
    found = compare(examples, first, second, FAST)
    assert found["verdict"] == "too small to tell"
    assert found["outputs"]["claims_right"]["detectable"] > 0.02


def test_better_in_one_output_and_worse_in_another_is_mixed():
    examples = rows(40, 20)
    right = [perfect(e) for e in examples]
    no_source = [changed(p, source=None) for p in right]
    assert compare(examples, no_source, [wrong_act(p) for p in right], FAST)["verdict"] == "mixed"


def test_slices_are_compared_with_a_correction_of_their_own():
    examples = rows(40, 20)
    right = [perfect(e) for e in examples]
    found = compare(examples, right, [wrong_act(p) for p in right], FAST)["slices"]
    assert {"not negated", "under 30 words", "targets: 1"} <= set(found)
    assert found["not negated"]["act"]["difference"] == 1.0
    assert found["not negated"]["act"]["p_holm"] > found["not negated"]["act"]["p"]


def test_the_sentences_that_changed_most_come_first_with_both_labels():
    examples = rows(3, 3)
    right = [perfect(e) for e in examples]
    other = [right[0], wrong_act(right[1]), changed(wrong_act(right[2]), strength=one_hot(heads.STRENGTH, "possible"))]
    found = most_changed(examples, right, other, 20)
    assert [row["example_id"] for row in found] == ["article-2:1", "article-1:1"]
    assert found[0]["change"] == pytest.approx(2.0)
    act = {"head": "act", "target": None, "gold": "threaten", "first": "threaten", "second": "state"}
    assert found[1]["decisions"] == [act]
    assert len(most_changed(examples, right, other, 1)) == 1


def test_the_verdict_over_outputs_without_an_overall_measure_needs_all_of_them():
    same, small = {"verdict": comparison.SAME}, {"verdict": comparison.TOO_SMALL}
    assert comparison.verdict({"a": same, "b": same}) == comparison.SAME
    assert comparison.verdict({"a": same, "b": small}) == comparison.TOO_SMALL
