"""``claimstance sweep``: which trainings it holds, when it stops one, and that it goes on where it was killed."""

import dataclasses
import json
import shutil
import warnings

import pytest
import yaml
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from claimstance.commands import sweep as command
from claimstance.commands.group import cli
from claimstance.errors import ParamsError
from claimstance.model.folder import read_config, seal
from claimstance.params import load_section
from claimstance.records import write_records
from claimstance.schema import Example
from claimstance.training.params import TrainParams
from claimstance.training.search import Sweep, hopeless, read_sweep, summary, trials
from conftest import MLFLOW_WARNINGS, make_example

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow

    from claimstance.tracking.sweeps import PARENT

pytestmark = MLFLOW_WARNINGS


def test_a_grid_is_every_combination_with_every_seed():
    found = trials(Sweep({"learning_rate": [1e-5, 3e-5], "epochs": [1, 2]}), TrainParams(seed=13), seeds=2)
    assert len(found) == 8
    assert [(t.name, t.params.seed) for t in found[:3]] == [
        ("learning_rate=1e-05 epochs=1", 13), ("learning_rate=1e-05 epochs=1", 14), ("learning_rate=1e-05 epochs=2", 13),
    ]  # fmt: skip


def test_a_random_search_draws_the_same_values_again_within_their_ranges():
    ranges = {
        "learning_rate": {"low": 1e-6, "high": 1e-3, "log": True},
        "epochs": {"low": 2, "high": 4},
        "bf16": [False],
    }
    spec = Sweep(ranges, search="random", trials=30)
    first, again = trials(spec, TrainParams()), trials(spec, TrainParams())
    assert first == again and len(first) == 30
    rates = sorted(t.params.learning_rate for t in first)
    assert 1e-6 <= rates[0] < 1e-5 and 1e-4 < rates[-1] <= 1e-3  # drawn by its logarithm
    assert {t.params.epochs for t in first} == {2, 3, 4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train: {epocs: [1]}", "epocs"),
        ("train: {epochs: [many]}", "epochs"),
        ("train: {epochs: 3}", "a grid takes a list"),
        ("train: {}", "name at least one parameter"),
        ("search: luck\ntrain: {epochs: [1]}", "expected grid or random"),
        ("search: random\ntrain: {epochs: {low: 3, high: 3}}", "low has to be below high"),
        ("[1]", "should be like params.yaml"),
        ("search: random\ntrials: 0\ntrain: {epochs: [1]}", "at least one is needed"),
        ("search: random\ntrain: {learning_rate: {low: small, high: 1e-4}}", "have to be numbers"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_anything_is_trained(tmp_path, text, message):
    (tmp_path / "sweep.yaml").write_text(text)
    with pytest.raises(ParamsError, match=message):
        trials(read_sweep(tmp_path / "sweep.yaml"), TrainParams())


def test_a_training_below_the_median_of_the_finished_ones_at_half_its_epochs_is_hopeless():
    finished = [[0.1, 0.2, 0.5, 0.6], [0.1, 0.3, 0.5, 0.6], [0.1, 0.4, 0.5, 0.6], [0.1, 0.5, 0.5, 0.6]]
    assert hopeless([0.1, 0.34], 4, finished)  # the median of 0.2, 0.3, 0.4, 0.5 is 0.35
    assert not hopeless([0.1, 0.36], 4, finished)
    assert not hopeless([0.0], 4, finished)  # too early
    assert not hopeless([0.0, 0.0], 4, finished[:3])  # too few to compare with
    assert not hopeless([0.0] * 4, 4, finished)  # it is at its end
    early = [[0.1, 0.2, 0.3, 0.4, 0.4]] * 4  # ended by early stopping, of 8 epochs
    assert hopeless([0.1, 0.15, 0.2, 0.25], 8, early)


def test_a_combination_that_is_drawn_twice_is_trained_once():
    spec = Sweep({"epochs": [2, 3]}, search="random", trials=20)
    assert sorted(trial.name for trial in trials(spec, TrainParams())) == ["epochs=2", "epochs=3"]


def test_whole_numbers_are_drawn_by_their_logarithm_too():
    spec = Sweep({"limit": {"low": 1, "high": 1000, "log": True}}, search="random", trials=40)
    drawn = sorted(trial.params.limit for trial in trials(spec, TrainParams()))
    assert drawn[len(drawn) // 2] < 150  # the median of an even draw is 500


def test_combinations_are_ranked_by_their_mean_with_its_deviation():
    def result(name, score, stopped=False):
        return {"name": name, "stopped": stopped, "scores": {"mean_f1": score}, "model": "m", "curve": []}

    rows = summary([result("a", 0.5), result("a", 0.7), result("b", 0.9), result("c", 0.99, stopped=True)])
    assert [row["name"] for row in rows] == ["b", "a", "c"]
    assert rows[1]["mean"]["mean_f1"] == pytest.approx(0.6)
    assert rows[1]["sd"]["mean_f1"] == pytest.approx(0.1 * 2**0.5)
    assert rows[0]["sd"]["mean_f1"] is None


@pytest.fixture
def place(tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.delenv("RANK", raising=False)
    for split in ("train", "dev"):
        rows = [dataclasses.replace(make_example(i, split), group=f"article-{i}") for i in range(6)]
        (tmp_path / "examples").mkdir(exist_ok=True)
        write_records(tmp_path / "examples" / f"{split}.parquet", Example, rows)
    train = {"encoder": str(tiny_encoder), "epochs": 1, "batch_size": 4, "max_tokens": 64, "overlap": 16, "seed": 3}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"train": train}))
    (tmp_path / "sweep.yaml").write_text("train: {learning_rate: [1.0e-4, 1.0e-3]}")
    yield tmp_path
    mlflow.set_tracking_uri(None)


def call(*arguments):
    return CliRunner().invoke(cli, ["sweep", "sweep.yaml", "--examples", "examples", "--output", "out", *arguments])


@pytest.mark.slow
def test_a_killed_sweep_goes_on_under_the_same_parent_and_trains_nothing_twice(place, monkeypatch):
    assert call("--seeds", "2", "--dry-run").stdout.count("\n") == 4
    assert not (place / "out").exists()
    train, done = command.train.run, []

    def counted(where, params, tracker):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append((params.learning_rate, params.seed))
        return train(where, params, tracker)

    monkeypatch.setattr(command.train, "run", counted)
    assert call("--seeds", "2").exit_code != 0
    monkeypatch.setattr(command.train, "run", lambda *a: done.append((a[1].learning_rate, a[1].seed)) or train(*a))
    finished = call("--seeds", "2", "--json")
    assert finished.exit_code == 0, finished.output
    assert done == [(1e-4, 3), (1e-4, 4), (1e-3, 3), (1e-3, 4)]
    assert "[1/4] learning_rate=0.0001 seed=3: finished before" in finished.stderr
    result = json.loads(finished.stdout.splitlines()[0])
    assert [row["seeds"] for row in result["combinations"]] == [2, 2]
    versions = {read_config(place / trial["model"]).version for trial in result["trials"]}
    assert len(versions) == 4
    assert not list(place.glob("out/*/checkpoints"))
    runs = mlflow.search_runs(experiment_names=["claimstance"], output_format="list")
    children = [run for run in runs if run.data.tags.get(PARENT) == result["run_id"]]
    (parent,) = [run for run in runs if run.info.run_id == result["run_id"]]
    assert (parent.info.run_name, parent.info.status) == ("sweep sweep", "FINISHED")
    assert parent.data.metrics["best/mean_f1"] == pytest.approx(result["combinations"][0]["mean"]["mean_f1"])
    assert sorted(run.info.run_name for run in children if run.info.status == "FINISHED") == [
        "learning_rate=0.0001 seed=3", "learning_rate=0.0001 seed=4",
        "learning_rate=0.001 seed=3", "learning_rate=0.001 seed=4",
    ]  # fmt: skip
    assert "mean ± standard deviation" in call("--seeds", "2").stdout


@pytest.mark.slow
def test_a_hopeless_training_is_stopped_and_leaves_no_model(place, monkeypatch):
    monkeypatch.setattr(command.search, "hopeless", lambda curve, epochs, finished: len(finished) == 1)
    result = json.loads(call("--json").stdout.splitlines()[0])
    assert [trial["stopped"] for trial in result["trials"]] == [False, True]
    assert [row["stopped"] for row in result["combinations"]] == [0, 1]
    assert not (place / result["trials"][1]["model"]).exists()


def test_without_dev_examples_there_is_nothing_to_rank_by(place):
    write_records(place / "examples" / "dev.parquet", Example, [])
    result = call()
    assert result.exit_code == 1
    assert "dev.parquet: has no examples, and a sweep ranks by them" in result.stderr


@pytest.mark.slow
def test_a_training_from_another_model_in_the_same_folder_is_not_taken_for_finished(place, tiny_model):
    shutil.copytree(tiny_model, place / "start")
    (place / "sweep.yaml").write_text("train: {start_from: [start]}")
    assert "finished before" not in call().stderr
    assert "finished before" in call().stderr
    weights = load_file(place / "start" / "model.safetensors")
    save_file({name: tensor + 0.01 for name, tensor in weights.items()}, place / "start" / "model.safetensors")
    seal(place / "start", read_config(tiny_model))
    assert "finished before" not in call().stderr


@pytest.mark.parametrize("written", ["5e-05", "5.0e-5", "5E-5", "0.00005"])
def test_numbers_with_an_exponent_are_numbers_as_dvc_writes_them(tmp_path, written):
    (tmp_path / "params.yaml").write_text(f"train:\n  learning_rate: {written}\n  encoder: 1e-model\n")
    params = load_section(tmp_path / "params.yaml", "train", TrainParams)
    assert params.learning_rate == 5e-5
    assert params.encoder == "1e-model"
    (tmp_path / "sweep.yaml").write_text(f"train:\n  learning_rate: [{written}, 1e-4]\n")
    assert read_sweep(tmp_path / "sweep.yaml").train["learning_rate"] == [5e-5, 1e-4]
