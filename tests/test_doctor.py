"""``claimstance doctor``: each thing that may be wrong is found, with what to do."""

import hashlib
import json
import shutil
import subprocess
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner

from claimstance.commands import doctor
from claimstance.commands.group import cli
from claimstance.tracking.health import PAGE, current_run, tracking_findings
from conftest import MLFLOW_WARNINGS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow

    from claimstance.tracking.tracker import tracked

pytestmark = MLFLOW_WARNINGS


@pytest.fixture
def place(tmp_path, monkeypatch, tiny_graph):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(doctor, "default_model", lambda: tiny_graph)
    yield tmp_path
    mlflow.set_tracking_uri(None)


def test_a_healthy_place_has_no_problem_and_json_says_what_the_table_says(place):
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    assert done.exit_code == 0, done.output
    found = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(found) >= {"tracking", "git", "extra train", "extra ray", "model", "disk", "cpu"}
    assert "no database yet" in found["tracking"]["found"]
    assert not (place / "mlflow.db").exists()
    assert "sha256 as named" in found["model"]["found"]
    assert "sha256 as named" in " ".join(CliRunner().invoke(cli, ["doctor"]).stdout.split())


def test_an_altered_model_is_a_problem_and_exit_code_1(place, tiny_graph, monkeypatch):
    shutil.copytree(tiny_graph, place / "model")
    (place / "model/tokenizer.json").write_text("{}")
    monkeypatch.setattr(doctor, "default_model", lambda: place / "model")
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    assert done.exit_code == 1
    row = next(row for row in json.loads(done.stdout) if row["name"] == "model")
    assert row["status"] == "problem" and "the file was altered" in row["found"] and row["advice"]
    monkeypatch.setattr(doctor, "default_model", lambda: tiny_graph)
    monkeypatch.setattr(doctor, "accurate_model", lambda: place / "model")
    found = {row["name"]: row["status"] for row in json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).stdout)}
    assert (found["model"], found["model accurate"]) == ("ok", "problem")


def test_a_database_that_cannot_be_read_is_a_problem(place):
    (place / "mlflow.db").write_text("no database " * 100)
    (finding,) = tracking_findings()
    assert finding.status == "problem" and "cannot be read" in finding.found and "mlflow db upgrade" in finding.advice


def test_runs_left_running_and_moved_artefacts_are_found(place, monkeypatch):
    with tracked("train", None):
        pass
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("claimstance").experiment_id
    run = client.create_run(experiment, run_name="left behind")
    client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
    found = {finding.name: finding for finding in tracking_findings()}
    assert found["runs"].status == "warning"
    assert "left behind is RUNNING since" in found["runs"].found and run.info.run_id in found["runs"].advice
    moved = place.parent / f"{place.name}-moved"
    place.rename(moved)
    monkeypatch.chdir(moved)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")  # set_tracking_uri has set it
    (moved / "mlartifacts").mkdir(exist_ok=True)
    found = {finding.name: finding for finding in tracking_findings()}
    assert found["artefacts"].status == "problem"
    assert found["artefacts"].advice.startswith("the checkout was moved")


def test_the_run_of_the_lock_is_compared_with_the_newest(tmp_path):
    def run(name, **tags):
        data = SimpleNamespace(tags={"stage": "train", **tags})
        return SimpleNamespace(info=SimpleNamespace(run_id=name * 32, run_name=name), data=data)

    runs = [
        run("e", trained_in="a"),
        run("d", **{"mlflow.parentRunId": "c"}),
        run("c", stage="sweep"),
        run("b"),
        run("a"),
    ]
    text = json.dumps({"run_id": "a" * 32})
    (tmp_path / "run.json").write_text(text)
    out = {"path": "run.json", "md5": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": {"train": {"outs": [out]}}}))
    (finding,) = current_run(tmp_path, runs)
    assert finding.status == "warning" and finding.found.startswith("the newest run is b;")
    (finding,) = current_run(tmp_path, [*runs[:3], runs[4]])
    assert finding.status == "ok" and "the newest run, a" in finding.found
    (finding,) = current_run(tmp_path, runs[:4])
    assert "made on another machine" in finding.found
    (tmp_path / "run.json").write_text(json.dumps({"run_id": "b" * 32}))
    assert "is not the one that dvc.lock names" in next(iter(current_run(tmp_path, runs))).found
    assert list(current_run(tmp_path / "elsewhere", runs)) == []


def test_a_dirty_tree_a_missing_extra_a_full_disk_and_an_old_cpu_each_say_what_to_do(tmp_path, monkeypatch):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "a.txt").write_text("x")
    subprocess.run([*git, "add", "a.txt"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], cwd=tmp_path, check=True)
    assert doctor.tree(tmp_path).status == "ok"
    (tmp_path / "a.txt").write_text("y")
    assert doctor.tree(tmp_path).found == "1 files differ from the last commit, such as a.txt"
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "ray" else name)
    assert [f.advice for f in doctor.extras()] == ["", "pip install 'claimstance[ray]'"]
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
    assert doctor.disk(tmp_path).status == "warning"
    from claimstance.model.runtimes import onnx

    monkeypatch.setattr(onnx, "saturates", lambda: True)
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : Old Chip\nflags : sse avx2\nmodel name : Other\n")
    monkeypatch.setattr(doctor, "_CPU", tmp_path / "cpuinfo")
    finding = doctor.processor()
    assert finding.found.startswith("Old Chip") and "slower kernels" in finding.found
    monkeypatch.setattr(doctor, "_CPU", Path("/nowhere"))
    assert doctor.processor().found


def test_doctor_looks_at_every_run_page_by_page(place, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place / 'runs.db'}")
    with tracked("train", None):
        pass
    client = mlflow.MlflowClient()
    (experiment,) = client.search_experiments(filter_string="name = 'claimstance'")
    for _ in range(PAGE + 4):
        client.create_run(experiment.experiment_id)
    found = {(finding.name, finding.found) for finding in tracking_findings() if "readable" in finding.found}
    assert [text.rpartition(" readable, ")[2] for _, text in found] == [f"{PAGE + 5} runs"]
