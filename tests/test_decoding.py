import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.model.certainty import Calibration, Choice, SpanFit
from claimstance.model.decoding import decode, merge_windows
from claimstance.model.encoding import EncodedSentence, SentenceEncoder, WindowParams, tokens_of
from claimstance.schema import Span
from claimstance.training.labels import label_tokens


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return SentenceEncoder(tiny_model / "tokenizer.json", WindowParams(64, 16))


def sure_logits(example, offsets):
    """Logits that say exactly what an example's labels say."""
    tags = label_tokens(example, offsets)
    n = len(offsets)
    return {
        "kind": np.array([5.0, 0.0]),
        "act": np.eye(7)[6] * 5,
        "strength": np.eye(4)[0] * 5,
        "stance": np.tile(np.eye(3)[1] * 5, (n, 1)),
        "sentiment": np.zeros((n, 3)),
        "cues": np.eye(11)[tags["cues"]] * 5,
        "roles": np.concatenate(
            [np.eye(3)[tags[name]] * 5 for name in ("source", "target", "condition", "trigger")], axis=1
        ),
    }


def test_spans_to_tags_and_back_is_the_same(encoder, example):
    (sentence,) = encoder.encode([example.text])
    logits = sure_logits(example, sentence.offsets)
    prediction = decode(example.text, sentence, logits, [], Calibration())
    assert prediction.source == example.source
    assert prediction.condition == example.condition
    assert prediction.trigger == example.trigger
    assert [target.span for target in prediction.targets] == [target.span for target in example.targets]
    assert [(cue.span, cue.type) for cue in prediction.cues] == [(cue.span, cue.type) for cue in example.cues]
    assert prediction.targets[0].stance[1] > 0.9


def test_a_given_target_is_judged_by_all_its_mentions(encoder, example):
    (sentence,) = encoder.encode([example.text])
    logits = sure_logits(example, sentence.offsets)
    logits["stance"][0] = [9, 0, 0]
    first, last = Span(0, 7), example.targets[0].span
    one, both = decode(example.text, sentence, logits, [[first], [first, last]], Calibration()).given
    assert one.span == both.span == first
    assert one.stance[0] > both.stance[0]


@given(st.lists(st.floats(-20, 20), min_size=4, max_size=4), st.floats(0.1, 10))
def test_probabilities_add_up_to_one_at_any_temperature(logits, temperature):
    (found,) = Calibration({"strength": temperature}).probabilities([Choice("strength", np.array(logits))])
    probabilities = np.array(found)
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert probabilities[int(np.array(logits).argmax())] == pytest.approx(probabilities.max(), abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10))
def test_heads_together_have_the_very_probabilities_of_each_alone(seed, temperature):
    random, temperatures = np.random.default_rng(seed), Calibration({"act": temperature})
    sizes = {"kind": 2, "act": 7, "strength": 4, "stance": 3}
    decisions = [Choice(head, random.normal(0, 5, n).astype(np.float32)) for head, n in sizes.items()]
    alone = [temperatures.probabilities([one])[0] for one in decisions]
    assert temperatures.probabilities(decisions) == alone


def test_window_logits_come_from_the_most_central_window():
    sentence = EncodedSentence(np.arange(6), np.zeros((6, 2), dtype=int), (Span(0, 4), Span(2, 6)))

    def window(value, size):
        tokens = {head: np.full((size + 2, 3), value) for head in ("stance", "sentiment", "cues", "roles")}
        return {"kind": np.array([value, 0.0]), "act": np.zeros(7), "strength": np.zeros(4), **tokens}

    merged = merge_windows(sentence, [window(1.0, 4), window(2.0, 4)])
    assert merged["stance"][:, 0].tolist() == [1, 1, 1, 2, 2, 2]
    assert merged["kind"][0] == pytest.approx(1.5)


def test_two_inside_tags_without_a_begin_are_one_span(encoder, example):
    (sentence,) = encoder.encode([example.text])
    logits = sure_logits(example, sentence.offsets)
    logits["roles"][:, 0:3] = [5, 0, 0]
    logits["roles"][0:1, 0:3] = [0, 0, 9]
    every = Calibration(spans={"source": SpanFit(least=0.0)})  # without a begin tag the span is improbable
    assert decode(example.text, sentence, logits, [], every).source.of(example.text) == "Norland"


def sure_logits_of(encoder, text, *spans, role=1):
    """Logits in which each span's tokens, and no others, have a role (the target, by default)."""
    (sentence,) = encoder.encode([text])
    n = len(sentence.ids)
    logits = {
        "kind": np.zeros(2),
        "act": np.zeros(7),
        "strength": np.zeros(4),
        "cues": np.eye(11)[np.zeros(n, int)] * 9,
    }
    logits |= {"stance": np.zeros((n, 3)), "sentiment": np.zeros((n, 3)), "roles": np.tile([9.0, 0, 0], (n, 4))}
    for words in spans:
        start = text.index(words)
        tokens = [i for i, (a, b) in enumerate(sentence.offsets) if start <= a and b <= start + len(words)]
        logits["roles"][tokens, 3 * role : 3 * role + 3] = [0, 0, 9]
        logits["roles"][tokens[0], 3 * role : 3 * role + 3] = [0, 9, 0]
    return logits


def roles_of(encoder, text, *spans, role=1):
    """The prediction from ``sure_logits_of``."""
    (sentence,) = encoder.encode([text])
    return decode(text, sentence, sure_logits_of(encoder, text, *spans, role=role), [], Calibration())


@pytest.mark.parametrize(
    ("text", "tagged", "whole"),
    [
        ("He accused the African Union of delay.", "the African", "the African Union"),
        ("He met Lotte Erikssen.", "Lotte", "Lotte Erikssen"),
        ("He met Lotte And The Band.", "Lotte", "Lotte"),
        ("She paid GBP650,000 for it.", "GBP650", "GBP650,000"),
        ("He praised the Harbour Board (HB) again.", "the Harbour Board (HB", "the Harbour Board"),
        ("He praised the Harbour Board (HB) again.", "Harbour Board (HB)", "Harbour Board"),
        ("She spoke of the Harbour Board again.", "of the Harbour Board", "the Harbour Board"),
        ("Lotte Erikssen and the board met.", "Lotte Erikssen and", "Lotte Erikssen"),
        ("The board, led by Orsok, met.", "The board,", "The board"),
        ("He praised Orsok, who left.", "Orsok, who", "Orsok"),
        ("The Bureau of Roads and Works met.", "The Bureau of Roads and Works", "The Bureau of Roads and Works"),
    ],
)
def test_a_target_is_a_whole_name(encoder, text, tagged, whole):
    assert [t.span.of(text) for t in roles_of(encoder, text, tagged).targets] == [whole]


def test_a_number_alone_is_no_target(encoder):
    assert roles_of(encoder, "The iPad 2 sold well.", "2").targets == ()


def test_a_target_named_twice_in_a_sentence_is_one_target(encoder):
    text = "Norland said that norland was ready."
    assert [t.span for t in roles_of(encoder, text, "Norland", "norland").targets] == [Span(0, 7)]


def test_targets_do_not_overlap(encoder):
    text = "They hailed the visit of Milan Orsok."
    found = roles_of(encoder, text, "the visit of Milan", "Orsok").targets
    assert [t.span.of(text) for t in found] == ["the visit of Milan Orsok"]


def test_a_span_that_is_less_probable_than_the_least_is_dropped(encoder, example):
    (sentence,) = encoder.encode([example.text])
    logits = sure_logits(example, sentence.offsets)
    sure = decode(example.text, sentence, logits, [], Calibration())
    assert sure.source == example.source
    assert sure.spans["source"][0].probability > 0.9
    unsure = decode(example.text, sentence, logits, [], Calibration(spans={"source": SpanFit(least=0.9999)}))
    assert unsure.source is None
    assert unsure.missed["source"] == pytest.approx(sure.spans["source"][0].probability)
    assert sure.missed["source"] == 0


def test_a_weak_candidate_does_not_hide_a_strong_one_that_it_overlaps(encoder):
    text = "He met President Orsok."
    (sentence,) = encoder.encode([text])
    logits = sure_logits_of(encoder, text, "Orsok")
    weak = [i for i, (a, b) in enumerate(sentence.offsets) if a >= 7 and b <= 16]
    logits["roles"][weak, 3:6] = [1.5, 0, 0.2]  # about one in three, and no begin tag
    found = decode(text, sentence, logits, [], Calibration(spans={"target": SpanFit(least=0.3)})).targets
    assert [t.span.of(text) for t in found] == ["Orsok"]


@pytest.mark.parametrize(
    ("at_of", "target"), [([2, 0, 0], "the Harbour Board"), ([0, 0, 2], "the Harbour Board of Aldmere")]
)
def test_a_function_word_that_is_more_likely_outside_ends_no_span(encoder, at_of, target):
    text = "Norland accused the Harbour Board of Aldmere."
    sentence = encoder.encode([text])[0]
    logits = sure_logits_of(encoder, text, "the Harbour Board")
    of, place = (
        tokens_of(Span(text.index(part), text.index(part) + len(part)), sentence.offsets) for part in ("of", "Aldmere")
    )
    logits["roles"][of, 3:6] = at_of
    logits["roles"][place, 3:6] = [9, 0, 0] if at_of[0] else [0, 0, 9]
    found = decode(text, sentence, logits, [], Calibration(spans={"target": SpanFit(least=0.3)})).targets
    assert [one.span.of(text) for one in found] == [target]


def test_a_cue_ends_before_a_word_that_is_more_likely_outside(encoder):
    text = "Norland might soon ban it."
    (sentence,) = encoder.encode([text])
    logits = sure_logits_of(encoder, text)
    might, soon = (tokens_of(Span(text.index(w), text.index(w) + len(w)), sentence.offsets) for w in ("might", "soon"))
    logits["cues"][might] = np.eye(11)[2] * 9  # an inside tag of the first type
    logits["cues"][might[0]] = np.eye(11)[1] * 9
    logits["cues"][soon] = np.eye(11)[2] * 0.6 + np.eye(11)[0] * 4  # inside with a probability of 0.17
    (cue,) = decode(text, sentence, logits, [], Calibration()).cues
    assert cue.span.of(text) == "might"


def test_a_target_may_be_missed_also_where_the_source_looks_like_one(encoder):
    text = "Norland warned Estra."
    logits = sure_logits_of(encoder, text, "Norland", role=0)
    (sentence,) = encoder.encode([text])
    source = [i for i, (a, b) in enumerate(sentence.offsets) if b <= 7]
    logits["roles"][source, 3:6] = [0, 0, 9]
    logits["roles"][source[0], 3:6] = [0, 9, 0]  # the source is tagged as a target too
    estra = [i for i, (a, b) in enumerate(sentence.offsets) if a >= 15 and b <= 20]
    logits["roles"][estra, 3:6] = [0, 0, 0.5]
    logits["roles"][estra[0], 3:6] = [0, 0.5, 0]  # and a weak target
    prediction = decode(text, sentence, logits, [], Calibration(spans={"target": SpanFit(least=0.9)}))
    assert (prediction.source.of(text), prediction.targets) == ("Norland", ())
    assert 0 < prediction.missed["target"] < 0.5


def test_a_target_that_is_shown_is_not_missed(encoder):
    text = "Norland and norland warned Estra and Keldia."
    (sentence,) = encoder.encode([text])
    found = decode(
        text, sentence, sure_logits_of(encoder, text, "Norland", "norland", "Estra", "Keldia"), [], Calibration()
    )
    assert [target.span.of(text) for target in found.targets] == ["Norland", "Estra", "Keldia"]
    assert found.missed["target"] == 0
    assert [one.span.of(text) for one in found.spans["target"]] == ["Norland", "Estra", "Keldia"]
