"""Whether names decide labels."""

import dataclasses
from pathlib import Path

import pytest

from claimstance.errors import InputError
from claimstance.evaluation import name_effect
from claimstance.model.folder import ModelConfig
from claimstance.model.predictor import load_predictor
from claimstance.schema import Act, Kind, PredictedTarget, Prediction, Span, Stance
from test_exchange import sentence

PROJECT = Path(__file__).parents[1]


def one_hot(labels, label):
    return tuple(float(one == label) for one in labels)


def prediction(stance=Stance.NEUTRAL, act=Act.STATE, kind=Kind.CLAIM):
    toward = {"stance": one_hot(Stance, stance)}
    labels = {"kind": one_hot(Kind, kind), "act": one_hot(Act, act), "strength": (1.0, 0.0, 0.0, 0.0)}
    return Prediction(labels, given=(PredictedTarget(Span(0, 1), toward),))


class Prejudiced:
    """A predictor that calls every sentence about one name hostile."""

    def __init__(self, name, hide_names=False):
        self.name = name
        self.config = ModelConfig("toy", "", 64, 16, hide_names)

    def predict(self, texts, given):
        return [prediction(Stance.OPPOSE if self.name in text else Stance.NEUTRAL) for text in texts]


NEUTRAL = name_effect.NeutralSentences(
    name_effect.Names(("Norland", "Ostrea"), ("the Board",), {"english": "Ann Lee"}),
    ("{name} is mentioned twice.",), ("The fair in {name} ends.",), ("{name} meets.",), ("{name}'s train is at six.",),
)  # fmt: skip


def test_a_name_that_makes_neutral_sentences_hostile_is_found():
    result = name_effect.hostility(Prejudiced("Ostrea"), NEUTRAL)
    assert (result["worst_name"], result["worst"], result["mean"], result["n"]) == ("Ostrea", 1.0, 0.25, 2)
    assert result["by_name"]["Norland"] == 0.0 and result["hidden"] == []


def test_the_names_that_a_model_does_not_read_are_told_apart():
    names = name_effect.Names(("Norland", "Russia"), ("the Taliban",), {"english": "Ann Lee"})
    neutral = dataclasses.replace(NEUTRAL, names=names)
    assert name_effect.hostility(Prejudiced("-"), neutral)["hidden"] == []
    assert name_effect.hostility(Prejudiced("-", hide_names=True), neutral)["hidden"] == ["Russia", "the Taliban"]


def test_an_accusation_is_hostile_whatever_its_stance_and_other_sentences_never_are():
    assert name_effect._is_hostile(prediction(act=Act.ACCUSE))
    assert not name_effect._is_hostile(prediction())
    assert not name_effect._is_hostile(prediction(Stance.OPPOSE, kind=Kind.OTHER))


def test_a_name_that_begins_the_sentence_is_capitalised():
    assert name_effect._filled("{name} meets.", "the Board") == ("The Board meets.", Span(0, 9))
    assert name_effect._filled("So {name} said; {name} met.", "the Board")[0] == "So the Board said; the Board met."


def test_neutral_sentences_without_a_place_for_the_name_are_refused(tmp_path):
    file = tmp_path / "names.yaml"
    file.write_text(
        'names: {states: [A], bodies: [B], people: {x: C D}}\nany: ["no."]\nstate: []\nbody: []\nperson: []'
    )
    with pytest.raises(InputError, match=r"no \{name\} in 'no.'"):
        name_effect.read_neutral(file)
    with pytest.raises(InputError, match="no such file"):
        name_effect.read_neutral(tmp_path / "none.yaml")


def test_our_neutral_sentences_are_many_and_all_different():
    neutral = name_effect.read_neutral(PROJECT / "data" / "behaviour" / "names.yaml")
    names = neutral.names
    assert len(names.states) >= 20 and len(names.bodies) >= 10 and len(names.people) >= 10
    for key in name_effect.KINDS.values():
        sentences = (*neutral.any, *getattr(neutral, key))
        assert len(sentences) == len(set(sentences)) == 200


def test_labels_of_exchanged_sentences_are_compared(tiny_model):

    predictor = load_predictor(tiny_model, runtime="torch")
    examples = [
        dataclasses.replace(sentence(text, "Russia"), act=Act.STATE, example_id=text)
        for text in ("Russia met.", "They met Russia.")
    ]
    result = name_effect.invariance(predictor, [*examples, sentence("Nobody met.")])
    assert result["own"]["n"] == 2
    assert bool(result["own"]["changed"]) == (result["own"]["same"] < 1.0)


def test_a_sentence_whose_labels_change_with_some_names_is_named_once():
    class Partial(Prejudiced):
        def predict(self, texts, given):
            return [prediction(Stance.OPPOSE if text < "N" else Stance.NEUTRAL) for text in texts]

    examples = [dataclasses.replace(sentence("Russia met.", "Russia"), act=Act.STATE)]
    result = name_effect.invariance(Partial("-"), examples)
    assert result["own"]["changed"] == ["1"] and result["own"]["n"] == 1
    assert 0.0 < result["own"]["same"] < 1.0
