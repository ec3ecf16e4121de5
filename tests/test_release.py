"""``claimstance release``: what may ship, and what is written."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from claimstance.commands import docs
from claimstance.commands.group import cli
from claimstance.model.folder import read_config, seal
from claimstance.records import write_json

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def place(tiny_graph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_graph, tmp_path / "model")
    seal(tmp_path / "model", dataclasses.replace(read_config(tiny_graph), gate="passed"))
    shutil.copyfile(PROJECT / "params.yaml", "params.yaml")
    write_json(tmp_path / "reports/export.json", {"model_version": read_config(tmp_path / "model").version})
    write_json(tmp_path / "reports/train.json", {"params": {"epochs": 2}})
    write_json(tmp_path / "reports/prepare.json", {})
    return tmp_path


def release(model="model", **other):
    options = {
        "examples": "examples", "corpus": "corpus", "cases": "cases.yaml", "names": "names.yaml", "reports": "reports", "output": "shipped",
    } | other  # fmt: skip
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return CliRunner().invoke(cli, ["release", model, *arguments])


@pytest.mark.parametrize(("gate", "message"), [("failed", "stance: 98.83%"), ("", "never compared with torch")])
def test_a_model_whose_gate_failed_or_was_never_measured_is_not_released(place, gate, message):
    config = dataclasses.replace(read_config(place / "model"), gate=gate, gate_broken=("stance: 98.83% agree",))
    seal(place / "model", config)
    done = release()
    assert done.exit_code == 1
    assert "not to be released" in done.stderr and message in done.stderr
    assert not (place / "shipped").exists()


def test_reports_of_another_model_and_torch_weights_are_refused(place, tiny_model):
    write_json(place / "reports/export.json", {"model_version": "0123456789ab"})
    assert "export.json: is of model 0123456789ab, not of" in release().stderr
    (place / "reports/train.json").unlink()
    assert "train.json: no such file" in release().stderr
    assert "has no model.onnx" in release(str(tiny_model)).stderr


def test_a_release_writes_the_model_its_reports_and_its_card(place, monkeypatch):
    from claimstance.commands import release as command

    written = []
    monkeypatch.setattr(command.evaluate, "run", lambda *_: {"sets": {}})
    monkeypatch.setattr(command.behave, "measure", lambda *_: {"pass_rate": 1.0})
    monkeypatch.setattr(command.docs, "write_card", written.append)
    write_json(place / "shipped/run/spread.json", {})
    write_json(place / "reports/teacher.json", {})
    done = release()
    assert done.exit_code == 0, done.output
    assert "removed: spread.json, of the model before" in done.stderr
    version = read_config(place / "shipped").version
    assert version == read_config(place / "model").version and f"released {version}" in done.stdout
    names = sorted(path.name for path in (place / "shipped/run").iterdir())
    assert names == ["behave.json", "benchmark.json", "export.json", "prepare.json", "teacher.json", "train.json"]
    assert json.loads((place / "shipped/run/behave.json").read_text()) == {"pass_rate": 1.0}
    assert written == [Path("shipped")]


@pytest.mark.model
def test_the_card_of_a_model_without_a_teacher_says_how_it_was_trained(tmp_path):
    shutil.copytree(PROJECT / "models/default", tmp_path / "model")
    for name in ("distil.json", "spread.json"):
        (tmp_path / "model/run" / name).unlink(missing_ok=True)
    card = docs.card(tmp_path / "model")
    assert "It was trained for" in card and "What the seed alone changes" not in card
    assert "A teacher was trained first" not in card and "\n\n## Does it look at the target?" in card
