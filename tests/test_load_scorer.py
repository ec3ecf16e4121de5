"""How a scorer is opened: wrong models, runtimes and error rates are one clear line."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from claimstance.commands.group import cli
from claimstance.errors import MissingExtraError, ModelError, ParamsError
from claimstance.model import folder
from claimstance.model.folder import model_folder, read_config
from claimstance.model.predictor import load_predictor
from claimstance.scoring.scorer import load_scorer
from claimstance.tracking import registry


def test_an_altered_model_is_refused(tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "model")
    tokenizer = tmp_path / "model" / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    with pytest.raises(ModelError, match=r"tokenizer.json: the file was altered"):
        load_scorer(tmp_path / "model", runtime="torch")


def test_wrong_runtimes_and_devices_are_one_clear_line(tiny_model, tmp_path):
    with pytest.raises(ParamsError, match="--runtime tf: unknown; choose onnx or torch"):
        load_scorer(tiny_model, runtime="tf")
    with pytest.raises(ParamsError, match="the onnx runtime scores on the cpu"):
        load_scorer(tiny_model, runtime="onnx", device="cuda")
    with pytest.raises(ModelError, match=r"there is no model.onnx; run `claimstance export`"):
        load_scorer(tiny_model, runtime="onnx")
    with pytest.raises(ModelError, match="not a claimstance model"):
        load_scorer(tmp_path)


@pytest.mark.model
def test_accurate_is_the_larger_released_model_and_a_path_is_a_folder(tiny_graph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    larger = read_config(model_folder("accurate"))
    assert larger.gate == "passed" and larger.hide_names and larger.quantized and not larger.saturates
    with pytest.raises(ModelError, match="accurate: not a claimstance model"):
        load_scorer("./accurate")
    shutil.copytree(tiny_graph, tmp_path / "accurate")
    assert load_scorer("accurate").predictor.config == larger == read_config(registry.find("accurate").folder)
    for path in ("./accurate", Path("accurate")):
        assert load_scorer(path).predictor.config == read_config(tiny_graph)


@pytest.mark.model
def test_the_command_line_takes_accurate_too():
    done = CliRunner().invoke(cli, ["score", "--text", "The union may strike, its leader said.", "--model", "accurate"])
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["model_version"] == read_config(model_folder("accurate")).version


def test_without_the_repository_the_larger_model_is_named_with_the_place_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "__file__", str(tmp_path / "lib/claimstance/model/folder.py"))
    done = CliRunner().invoke(cli, ["score", "--text", "The union may strike.", "--model", "accurate"])
    assert done.exit_code == 1
    assert "accurate: this model is not in the package; copy the folder models/accurate" in done.stderr


def test_a_missing_extra_names_the_pip_command():
    assert str(MissingExtraError("torch", "train")) == "torch is not installed; run: pip install 'claimstance[train]'"


@pytest.mark.parametrize("rate", [0, 0.001, 0.51, 2, float("nan"), float("inf")])
def test_an_error_rate_that_no_threshold_was_fitted_for_is_refused(tiny_model, rate):
    config = dataclasses.replace(load_predictor(tiny_model, runtime="torch").config, thresholds=[0.5] * 50)
    with pytest.raises(ParamsError, match=r"--max-error .*: thresholds were fitted for 0\.01 to 0\.5"):
        config.threshold_for(rate)
