"""How sure a claim is, and what of it needs review."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from claimstance.commands.group import cli
from claimstance.errors import ParamsError
from claimstance.evaluation.calibration import NEVER, FoundClaim, fit_claim, fit_spans, fit_thresholds
from claimstance.model.certainty import ClaimFit, Decided, SpanFit, decided, to_review
from claimstance.model.folder import ModelConfig
from claimstance.schema import FoundSpan, PredictedTarget, Span
from claimstance.scoring.scorer import ScoreOptions, Scorer
from predictions import make_prediction

PROBABILITY = st.floats(0.01, 0.99)
DECISIONS = st.lists(PROBABILITY, min_size=1, max_size=8).map(lambda values: [Decided("stance", v) for v in values])
FITS = [ClaimFit(), ClaimFit({"stance": 0.7}, 1.5), ClaimFit({"act": 1.0}, 1.0), ClaimFit({"stance": 0.0}, 1.0)]


@pytest.mark.parametrize("fit", FITS)
@given(DECISIONS, PROBABILITY)
def test_what_is_left_after_review_is_sure_enough_and_no_smaller_review_would_do(fit, decisions, threshold):
    named = list(to_review(decisions, fit, threshold))
    rest = list(decisions)
    for one in named:
        rest.remove(one)
    assert fit.probability(rest) >= threshold or not rest  # no fit is as sure as one may ask
    if named:
        assert fit.probability([*rest, named[-1]]) < threshold


@given(PROBABILITY, PROBABILITY, st.floats(0.1, 3), st.floats(-2, 2))
def test_a_higher_score_is_a_higher_probability(a, b, slope, intercept):
    fit = SpanFit(slope, intercept)
    assert fit.probability(min(a, b)) <= fit.probability(max(a, b))
    assert 0 <= fit.probability(0.0) < fit.probability(1.0) <= 1


def test_a_source_that_may_have_been_overlooked_is_a_doubt():
    prediction = make_prediction()
    with_source = make_prediction(source=Span(0, 2))
    missing = {one.kind: one.probability for one in decided(_missed(prediction, source=0.3, target=0.1), ())}
    assert missing["source"] == pytest.approx(0.7)
    assert missing["missed"] == pytest.approx(0.9)
    found = {one.kind: one.probability for one in decided(_missed(with_source, source=0.3), (), find_targets=False)}
    assert found["source"] == 1.0
    assert "missed" not in found


def test_a_given_target_is_not_decided_but_the_stance_toward_it_is():
    toward = {"stance": (0.2, 0.7, 0.1)}
    targets = (PredictedTarget(Span(0, 2), toward), PredictedTarget(Span(3, 4), toward, 0.6))
    found = [(one.field, one.probability) for one in decided(make_prediction(), targets) if one.kind != "missed"]
    assert found[-3:] == [("stance", 0.7), ("target", 0.6), ("stance", 0.7)]


def test_span_probabilities_are_fitted_to_what_was_right():
    random = np.random.default_rng(0)
    scores = random.uniform(0.05, 0.95, 4000)
    right = random.uniform(size=4000) < scores**2  # the raw score promises too much
    fit = fit_spans(list(zip(scores.tolist(), right.tolist(), strict=True)), int(right.sum()))
    assert fit.probability(0.5) == pytest.approx(0.25, abs=0.06)
    assert 0.2 < fit.least < 0.6


@pytest.mark.parametrize("pairs", [[], [(0.5, True)], [(0.9, False), (0.1, True)]])
def test_spans_that_teach_nothing_keep_their_raw_scores(pairs):
    assert fit_spans(pairs, 1) == SpanFit()


def test_the_probability_of_a_claim_is_fitted_to_the_decisions_that_matter():
    random = np.random.default_rng(0)
    rows = []
    for act, kind in random.uniform(0.05, 0.999, (3000, 2)):
        clean = bool(random.uniform() < act * (1.2 - kind))  # a surer kind is worse: its weight would be negative
        rows.append(FoundClaim("a", [Decided("act", act), Decided("kind", kind)], clean))
    fit = fit_claim(rows)
    assert set(fit.weights) == {"act"}
    mean = np.mean([fit.probability(row.decisions) for row in rows])
    assert mean == pytest.approx(np.mean([row.clean for row in rows]), abs=0.01)
    assert fit_claim(rows[:0]) == ClaimFit()


class FoundTwo:
    """A predictor that finds one sure and one unsure target and cue."""

    def __init__(self, config):
        self.config = config

    def predict_once(self, keys):
        targets = tuple(
            PredictedTarget(Span(i, i + 1), {"stance": (0.0, 1.0, 0.0)}, p) for i, p in ((0, 0.9), (2, 0.2))
        )
        cues = tuple(FoundSpan(Span(i, i + 1), "epistemic", p) for i, p in ((4, 0.8), (6, 0.3)))
        return [dataclasses.replace(make_prediction(targets=targets), spans={"cues": cues}) for _ in keys]


def test_min_probability_drops_weak_targets_and_cues():
    config = ModelConfig("toy", "", 64, 16)
    rows = {
        least: Scorer(FoundTwo(config), ScoreOptions(min_probability=least)).score(["A B C D said so."])
        for least in (0.0, 0.5)
    }
    assert [row.target_probability for row in rows[0.0]] == [0.9, 0.2]
    assert [cue.probability for cue in rows[0.0][0].cues] == [0.8, 0.3]
    assert [row.target_probability for row in rows[0.5]] == [0.9]
    assert [cue.probability for cue in rows[0.5][0].cues] == [0.8]
    assert rows[0.0][0].claim_probability == pytest.approx(0.9 * 0.2)
    assert rows[0.5][0].claim_probability == pytest.approx(0.9 * (1 - 0.2))  # what is dropped may be right
    assert len({row.claim_probability for row in rows[0.0]}) == 1


def test_pronouns_that_nobody_is_named_for_are_dropped_on_request():
    class FoundPronouns(FoundTwo):
        def predict_once(self, keys):
            spans = {
                "They attacked Norland.": (Span(0, 4), Span(14, 21)),
                "Minister Ada Quill said he lied.": (Span(24, 26),),
            }
            found = [[PredictedTarget(span, {"stance": (0, 1, 0)}, 0.9) for span in spans[text]] for text, _ in keys]
            return [make_prediction(targets=tuple(targets)) for targets in found]

    def targets(**options):
        rows = Scorer(FoundPronouns(ModelConfig("toy", "", 64, 16)), ScoreOptions(**options)).score(
            ["They attacked Norland.", "Minister Ada Quill said he lied."]
        )
        return [(row.target, row.target_name) for row in rows]

    assert targets() == [("They", None), ("Norland", "Norland"), ("he", "Ada Quill")]
    assert targets(drop_pronouns=True) == [("Norland", "Norland"), ("he", "Ada Quill")]


def _missed(prediction, **missed):
    return dataclasses.replace(prediction, missed=missed)


def test_all_rows_of_a_claim_name_the_same_fields():
    config = ModelConfig("toy", "", 64, 16, thresholds=[0.5] * 50)
    first, second = Scorer(FoundTwo(config), ScoreOptions()).score(["A B C D said so."])
    assert first.needs_review == second.needs_review == ("target",)


def test_what_is_no_claim_has_no_probability_and_needs_no_review():
    class Other(FoundTwo):
        def predict_once(self, keys):
            return [make_prediction(kind=(0.4, 0.6)) for _ in keys]

    config = ModelConfig("toy", "", 64, 16, thresholds=[0.9] * 50)
    (row,) = Scorer(Other(config), ScoreOptions(include_other=True)).score(["A B C D said so."])
    assert (row.kind, row.claim_probability, row.needs_review) == ("other", None, ())


def test_min_probability_takes_no_nan():
    done = CliRunner().invoke(cli, ["score", "--text", "A.", "--min-probability", "nan"])
    assert done.exit_code == 1
    assert "--min-probability nan: expected a number from 0 to 1" in done.output


def test_another_fit_of_the_same_weights_has_another_digest():
    config = ModelConfig("toy", "7", 64, 16)
    assert config.fitted != dataclasses.replace(config, thresholds=[0.5]).fitted
    assert config.fitted == dataclasses.replace(config, name="other").fitted


def test_a_laxer_error_rate_leaves_less_to_review():
    config = ModelConfig("toy", "", 64, 16, thresholds=[1.01] * 10 + [0.0] * 40)
    strict, lax = (
        Scorer(FoundTwo(config), ScoreOptions(max_error=rate)).score(["A B C D said so."])[0] for rate in (0.1, 0.2)
    )
    assert "act" in strict.needs_review
    assert lax.needs_review == ()


def test_without_claims_on_dev_no_claim_is_sure_enough():
    thresholds = fit_thresholds(SimpleNamespace(predict=lambda texts: []), [], max_error=0.5, confidence=0.9)
    assert thresholds == [NEVER] * 50


def test_an_unknown_unit_is_refused():
    with pytest.raises(ParamsError, match="unit 'sentences': expected article or sentence"):
        ScoreOptions(unit="sentences")
