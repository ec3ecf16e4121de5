"""How a scorer is opened: wrong models, runtimes and error rates are one clear line."""

import dataclasses

import pytest

from claimstance.errors import MissingExtraError, ModelError, ParamsError
from claimstance.model.predictor import load_predictor
from claimstance.scoring.scorer import load_scorer


def test_an_altered_model_is_refused(tiny_model, tmp_path):
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + " ")
    with pytest.raises(ModelError, match=r"tokenizer.json: the file was altered"):
        load_scorer(folder, runtime="torch")


def test_wrong_runtimes_and_devices_are_one_clear_line(tiny_model, tmp_path):
    with pytest.raises(ParamsError, match="--runtime tf: unknown; choose onnx or torch"):
        load_scorer(tiny_model, runtime="tf")
    with pytest.raises(ParamsError, match="the onnx runtime scores on the cpu"):
        load_scorer(tiny_model, runtime="onnx", device="cuda")
    with pytest.raises(ModelError, match=r"there is no model.onnx; run `claimstance export`"):
        load_scorer(tiny_model, runtime="onnx")
    with pytest.raises(ModelError, match="not a claimstance model"):
        load_scorer(tmp_path)


def test_a_missing_extra_names_the_pip_command():
    assert str(MissingExtraError("torch", "train")) == "torch is not installed; run: pip install 'claimstance[train]'"


@pytest.mark.parametrize("rate", [0, 0.001, 0.51, 2])
def test_an_error_rate_that_no_threshold_was_fitted_for_is_refused(tiny_model, rate):
    config = dataclasses.replace(load_predictor(tiny_model, runtime="torch").config, thresholds=[0.5] * 50)
    with pytest.raises(ParamsError, match=r"--max-error .*: thresholds were fitted for 0\.01 to 0\.5"):
        config.threshold_for(rate)
