"""``claimstance compare`` on tiny models: folders, MLflow runs, refusals."""

import dataclasses
import hashlib
import json
import shutil
import warnings

import pytest
import torch
from click.testing import CliRunner

from claimstance.commands.group import cli
from claimstance.model.folder import read_config, seal
from claimstance.model.network import load_weights, save_weights
from claimstance.records import write_records
from claimstance.schema import Example
from conftest import MLFLOW_WARNINGS, make_example

pytestmark = MLFLOW_WARNINGS


def other_model(model, folder):
    weights = load_weights(model)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in weights.parameters():
            parameter += 0.5 * torch.randn_like(parameter)
    save_weights(weights, folder)
    shutil.copyfile(model / "tokenizer.json", folder / "tokenizer.json")
    seal(folder, read_config(model))
    return folder


def write_examples(folder, n=8):
    folder.mkdir()
    for split in ("train", "dev", "test"):
        rows = [dataclasses.replace(make_example(i, split), group=f"article-{i // 2}") for i in range(n)]
        write_records(folder / f"{split}.parquet", Example, rows)
    return folder


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    write_examples(tmp_path / "examples")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, ["compare", *map(str, arguments)])


def test_two_folders_are_compared_on_the_same_examples_with_a_verdict(tiny_model, place):
    other = other_model(tiny_model, place / "other")
    done = call(other, tiny_model, "--examples", "examples", "--output", "out.json", "--bootstrap", 200)
    assert done.exit_code == 0, done.output
    found = json.loads((place / "out.json").read_text())
    assert found["first"]["model_version"] == read_config(other).version
    assert found["examples"]["test"] == hashlib.sha256((place / "examples" / "test.parquet").read_bytes()).hexdigest()
    assert {"claims_right", "act_f1", "source_span_f1"} <= set(found["sets"]["test"]["outputs"])
    assert found["changed"] and "Norland is ready" in found["changed"][0]["text"]
    assert found["verdict"] in " ".join(done.stdout.split()) and "Sentences that changed most" in done.stdout
    assert not (place / "runs.db").exists()  # no empty database is made


def test_json_on_stdout_is_nothing_but_json(tiny_model, place):
    done = call(tiny_model, tiny_model, "--examples", "examples", "--bootstrap", 200, "--json")
    found = json.loads(done.stdout)
    assert found["sets"]["test"]["verdict"] == "no difference"
    assert found["changed"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--examples", "examples"], "there is no such database"),
        (["MODEL", "MODEL", "--examples", "examples", "--set", "moon"], "--set moon: no such test set"),
        (["MODEL", "MODEL", "--examples", "none"], "none"),
    ],
)
def test_a_mistake_is_one_line(tiny_model, place, arguments, message):
    done = call(*[str(tiny_model) if a == "MODEL" else a for a in arguments])
    assert done.exit_code == 1, done.output
    assert message in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_run_is_found_by_id_and_name_keeps_the_comparison_and_is_refused_on_other_test_data(tiny_model, place):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        from claimstance.tracking import mlflow_model
        from claimstance.tracking.tracker import tracked
    with tracked("train", None) as tracker:
        tracker.dataset(place / "examples" / "test.parquet", "test")
        mlflow_model.log(tiny_model)
        run = mlflow.active_run()
    name, run_id = run.info.run_name, run.info.run_id
    for model in (run_id, name):
        done = call(model, tiny_model, "--examples", "examples", "--bootstrap", 200)
        assert done.exit_code == 0, done.output
    files = [f.path for f in mlflow.MlflowClient().list_artifacts(run_id, "comparison")]
    version = read_config(tiny_model).version
    assert files == [f"comparison/against-{version}.json", f"comparison/against-{version}.md"]
    write_examples(place / "later", 10)
    refused = call(run_id, tiny_model, "--examples", "later")
    assert refused.exit_code == 1
    assert "was measured on other test data than later holds (test; sha256 differs)" in refused.stderr
    with tracked("train", None):
        empty = mlflow.active_run().info.run_id
    assert "the run holds no model" in call(empty, tiny_model, "--examples", "examples").stderr
    assert "no run or DVC experiment of that name" in call("puny-gnat", tiny_model, "--examples", "examples").stderr
    mlflow.set_tracking_uri(None)
