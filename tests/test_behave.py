import json

import pytest

from claimstance.commands import behave
from claimstance.errors import InputError
from claimstance.model.predictor import load_predictor


def test_cases_are_read_with_their_capability(tmp_path):
    (tmp_path / "cases.yaml").write_text('modal: [{text: "It may rain.", against: "It will rain.", lower: true}]')
    (case,) = behave.read_cases(tmp_path / "cases.yaml")
    assert (case.capability, case.lower, case.same) == ("modal", True, ())


def test_a_target_that_is_not_in_its_sentence_is_refused(tmp_path):
    (tmp_path / "cases.yaml").write_text('x: [{text: "It may rain.", target: Norland}]')
    with pytest.raises(InputError, match="the target 'Norland' is not in"):
        behave.read_cases(tmp_path / "cases.yaml")


def test_what_does_not_hold_is_named():
    weak = {"kind": "claim", "act": "state", "strength": "possible", "stance": "neutral", "cues": ["may"]}
    firm = {**weak, "strength": "certain", "cues": []}
    case = behave.Case("modal", "a", against="b", lower=True, same=("stance",), cues=("may",))
    assert behave._broken(case, weak, firm) == []
    assert behave._broken(case, firm, weak) == [
        "cues: [], expected 'may' among them", "strength: certain, expected lower than possible",
    ]  # fmt: skip


def test_pass_rates_and_failures_are_written(tiny_model, tmp_path):
    (tmp_path / "cases.yaml").write_text(
        'same: [{text: "the court met.", against: "the court met.", same: [act, kind]}]\n'
        'never: [{text: "the court met.", against: "the court met.", differ: [act]}]'
    )
    scorer = load_predictor(tiny_model, runtime="torch")
    result = behave.run(scorer, tmp_path / "cases.yaml", tmp_path / "behave.json")
    assert result["by_capability"] == {"same": {"pass_rate": 1.0, "n": 1}, "never": {"pass_rate": 0.0, "n": 1}}
    assert json.loads((tmp_path / "behave.json").read_text())["failures"][0]["capability"] == "never"


def test_a_case_about_a_head_that_does_not_exist_is_refused(tmp_path):
    (tmp_path / "cases.yaml").write_text('x: [{text: "It may rain.", expect: {mood: sad}}]')
    with pytest.raises(InputError, match="there is no head 'mood'"):
        behave.read_cases(tmp_path / "cases.yaml")


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("expect: {act: threat}", "there is no label 'act: threat'"),
        ("expect: {stance: oppose}", "stance needs a target"),
        ("expect: {trigger: rain}", "trigger needs a target, or is a head of spans"),
        ("same: [act]", "need against or against_target"),
        ("lower: true", "need against or against_target"),
    ],
)
def test_a_case_that_could_test_nothing_is_refused(tmp_path, case, message):
    (tmp_path / "cases.yaml").write_text(f'x: [{{text: "It may rain.", {case}}}]')
    with pytest.raises(InputError, match=message):
        behave.read_cases(tmp_path / "cases.yaml")


def test_a_capability_that_occurs_twice_is_refused_and_not_halved(tmp_path):
    (tmp_path / "cases.yaml").write_text('acts:\n  - {text: "A."}\nacts:\n  - {text: "B."}\n', encoding="utf-8")
    with pytest.raises(InputError, match="the key 'acts' occurs twice"):
        behave.read_cases(tmp_path / "cases.yaml")
