import shutil
from dataclasses import replace

import pytest
import torch

from claimstance.commands import spread
from claimstance.errors import ModelError, ParamsError
from claimstance.model.folder import read_config, seal
from claimstance.model.network import load_weights, save_weights
from claimstance.model.predictor import load_predictor
from claimstance.records import write_records
from claimstance.schema import Example
from claimstance.training.averaging import average


def moved(model_dir, folder, by):
    model = load_weights(model_dir)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += by
    save_weights(model, folder)
    shutil.copyfile(model_dir / "tokenizer.json", folder / "tokenizer.json")
    seal(folder, read_config(model_dir))
    return folder


def test_the_mean_of_two_models_is_a_model_that_scores(tiny_model, tmp_path):
    up, down = moved(tiny_model, tmp_path / "up", 0.25), moved(tiny_model, tmp_path / "down", -0.25)
    config = average([tiny_model, up, down], tmp_path / "mean")
    found, expected = load_weights(tmp_path / "mean").state_dict(), load_weights(tiny_model).state_dict()
    assert all(torch.allclose(found[name], expected[name], atol=1e-6) for name in expected)
    assert config.version == read_config(tmp_path / "mean").version != read_config(tiny_model).version
    assert load_predictor(tmp_path / "mean").predict(["Norland warned the court."])


def test_models_of_different_shapes_have_no_mean(tiny_model, tmp_path):
    other = moved(tiny_model, tmp_path / "other", 0.0)
    model = load_weights(tiny_model)
    model.cues = torch.nn.Linear(model.cues.in_features, 3)
    save_weights(model, other)
    with pytest.raises(ModelError):
        average([tiny_model, other], tmp_path / "mean")


def test_the_spread_of_several_models_is_their_mean_and_deviation(tiny_model, example, tmp_path):
    for name in ("train", "dev", "test"):
        write_records(tmp_path / f"{name}.parquet", Example, [replace(example, example_id=str(i)) for i in range(4)])
    other = moved(tiny_model, tmp_path / "other", 0.3)
    found = spread.run([tiny_model, other], tmp_path, tmp_path / "spread.json")
    for value in found["sets"]["test"].values():
        assert value["mean"] == pytest.approx(sum(value["each"]) / 2)
        assert value["sd"] == pytest.approx(abs(value["each"][0] - value["each"][1]) / 2**0.5)
    with pytest.raises(ParamsError, match="one model has no spread"):
        spread.run([tiny_model], tmp_path, tmp_path / "spread.json")


def test_a_model_in_half_precision_is_half_the_size_and_still_trains_and_scores(tiny_model, tmp_path):
    from click.testing import CliRunner

    from claimstance.commands.group import cli

    done = CliRunner().invoke(cli, ["average", str(tiny_model), "--output", str(tmp_path / "half"), "--half"])
    assert done.exit_code == 0, done.output
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (tmp_path / "half", tiny_model)]
    assert sizes[0] < sizes[1]
    found, expected = load_weights(tmp_path / "half").state_dict(), load_weights(tiny_model).state_dict()
    assert all(v.dtype == torch.float32 and torch.allclose(v, expected[n], atol=1e-2) for n, v in found.items())
    assert load_predictor(tmp_path / "half").predict(["Norland warned the court."])
