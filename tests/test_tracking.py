import json
import os
import signal
import subprocess
import warnings

import pandas as pd
import pytest

from claimstance.commands import ui
from claimstance.records import write_records
from claimstance.schema import Example
from claimstance.scoring.scorer import load_scorer
from claimstance.tracking.description import describe, differences
from claimstance.tracking.tracker import MEASURED, artifact_uri, project_root, tracked, tracking_uri
from claimstance.training.params import TrainParams
from conftest import MLFLOW_WARNINGS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mlflow warns of its own type hints
    import mlflow

    from claimstance.tracking import mlflow_model

pytestmark = MLFLOW_WARNINGS


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.delenv("RANK", raising=False)
    yield tmp_path
    mlflow.set_tracking_uri(None)


def runs():
    return mlflow.search_runs(experiment_names=["claimstance"], output_format="list")


def test_evaluation_goes_on_with_the_run_of_its_training(store):
    with tracked("train", store / "run.json") as tracker:
        tracker.params({"epochs": 2, "encoder": "tiny"})
        tracker.metrics({"dev/act f1 (macro)": 0.5}, step=3)
    with tracked("evaluate", store / "run.json") as tracker:
        tracker.metrics({"test/act_f1": 0.4})
    (run,) = runs()
    assert run.info.run_id == json.loads((store / "run.json").read_text())["run_id"]
    assert run.info.status == "FINISHED"
    assert run.data.tags["stage"] == "train"  # its tags say where the training came from
    assert run.data.params == {"epochs": "2", "encoder": "tiny"}
    assert run.data.metrics == {"dev/act f1 _macro_": 0.5, "test/act_f1": 0.4}


def test_a_run_has_a_readable_name_and_the_dvc_experiments_as_a_tag(store, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puny-gnat")
    name = TrainParams(encoder="packaged-minilm", epochs=8, learning_rate=5e-5, seed=13).run_name
    with tracked("train", store / "run.json", name):
        pass
    with tracked("evaluate", store / "run.json"):
        pass
    (run,) = runs()
    assert (run.info.run_name, run.data.tags["dvc_exp_name"]) == ("minilm e8 lr5e-5 s13", "puny-gnat")
    limited = TrainParams(encoder="org/Some-Encoder", epochs=1, learning_rate=1e-3, limit=60)
    assert limited.run_name == "Some-Encoder e1 lr0.001 s13 n60"


def test_an_evaluation_after_a_cached_training_has_a_run_of_its_own(store, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "first")
    with tracked("train", store / "run.json", "tiny e1") as tracker:
        tracker.params({"epochs": 2})
    with tracked("evaluate", store / "run.json") as tracker:
        tracker.metrics({"test/overall": 0.4})
    monkeypatch.setenv("DVC_EXP_NAME", "second")
    with tracked("evaluate", store / "run.json") as tracker:
        tracker.metrics({"test/overall": 0.5})
    by_name = {run.data.tags["dvc_exp_name"]: run for run in runs()}
    assert mlflow.MlflowClient().get_metric_history(by_name["first"].info.run_id, "test/overall")[0].value == 0.4
    assert len(mlflow.MlflowClient().get_metric_history(by_name["first"].info.run_id, "test/overall")) == 1
    assert by_name["second"].data.metrics == {"test/overall": 0.5}
    assert by_name["second"].data.params == {"epochs": "2"}
    assert by_name["second"].data.tags["trained_in"] == by_name["first"].info.run_id


def test_a_second_evaluation_of_a_run_does_not_write_over_the_first(store):
    with tracked("train", store / "run.json"):
        pass
    for value in (0.4, 0.5):
        with tracked("evaluate", store / "run.json") as tracker:
            tracker.metrics({"test/overall": value})
            tracker.tags({MEASURED: "0123456789ab"})
    assert sorted(run.data.metrics["test/overall"] for run in runs()) == [0.4, 0.5]


def test_a_terminated_stage_is_killed_too(store):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended, tracked("train", store / "run.json"):
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 143
    assert [run.info.status for run in runs()] == ["KILLED"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interrupted_stage_is_killed_and_goes_on_in_its_run(store):
    with pytest.raises(KeyboardInterrupt), tracked("train", store / "run.json") as tracker:
        tracker.metrics({"train/loss": 2.0}, step=1)
        raise KeyboardInterrupt
    (run,) = runs()
    assert run.info.status == "KILLED"
    with tracked("train", store / "run.json", run_id=run.info.run_id) as tracker:
        tracker.metrics({"train/loss": 1.0}, step=2)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert [m.step for m in mlflow.MlflowClient().get_metric_history(run.info.run_id, "train/loss")] == [1, 2]


def test_artefacts_lie_beside_the_database_of_the_checkout_not_in_dvcs_copy(tmp_path, monkeypatch):
    """set_tracking_uri sets MLFLOW_TRACKING_URI: whether a user had set it cannot be asked afterwards."""
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "standalone" / "tmpabc"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("DVC_ROOT", str(copy))
    for uri in (None, "sqlite:///mlflow.db"):
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        if uri:
            monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        with tracked("train", None) as tracker:
            tracker.table([{"a": 1}], "table")
    assert (tmp_path / "mlflow.db").is_file()
    assert len(list((tmp_path / "mlartifacts").rglob("table.json"))) == 2
    assert not list(copy.iterdir())
    mlflow.set_tracking_uri(None)


def test_a_server_decides_where_its_artefacts_lie():
    assert artifact_uri("http://127.0.0.1:5001") is None


def test_a_stage_that_raises_leaves_its_run_failed(store):
    with pytest.raises(RuntimeError, match="disk"), tracked("train", store / "run.json"):
        raise RuntimeError("disk")
    (run,) = runs()
    assert run.info.status == "FAILED"
    assert not (store / "run.json").exists()


def test_a_run_from_another_machine_is_not_continued_but_replaced(store):
    (store / "run.json").write_text('{"run_id": "0123456789abcdef0123456789abcdef", "experiment": "claimstance"}')
    with tracked("evaluate", store / "run.json") as tracker:
        tracker.metrics({"test/act_f1": 0.4})
    assert len(runs()) == 1


def test_a_deleted_run_is_not_continued_but_replaced(store):
    with tracked("train", store / "run.json"):
        pass
    mlflow.delete_run(runs()[0].info.run_id)
    with tracked("evaluate", store / "run.json") as tracker:
        tracker.metrics({"test/act_f1": 0.4})
    (run,) = runs()
    assert run.data.metrics == {"test/act_f1": 0.4}


def test_only_the_first_process_tracks(store, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with tracked("train", store / "run.json") as tracker:
        tracker.params({"a": 1})
    assert not (store / "runs.db").exists()


def test_git_tags_name_the_commit(store):
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"], check=True
    )
    with tracked("train", None):
        pass
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert runs()[0].data.tags["git_commit"] == head


def test_queued_experiments_write_to_the_checkouts_database(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / ".dvc" / "tmp" / "exps" / "standalone" / "tmpabc"))
    assert project_root() == tmp_path
    assert tracking_uri() == f"sqlite:///{tmp_path / 'mlflow.db'}"


def test_the_logged_model_is_the_folder_that_was_measured_and_its_metrics_are_linked(store, tiny_model, example):
    write_records(store / "test.parquet", Example, [example])
    with tracked("evaluate", None) as tracker:
        model_id = mlflow_model.log(tiny_model, {MEASURED: "0123456789ab"})
        tracker.measured({"test/overall": 0.5}, store / "test.parquet", model_id)
    (logged,) = mlflow.search_logged_models(experiment_ids=[runs()[0].info.experiment_id], output_format="list")
    assert (logged.model_id, logged.source_run_id) == (model_id, runs()[0].info.run_id)
    assert logged.tags[MEASURED] == "0123456789ab"
    assert [(m.key, m.value, m.dataset_name) for m in logged.metrics] == [("test/overall", 0.5, "test")]
    model = mlflow.pyfunc.load_model(f"models:/{logged.model_id}")
    assert model.input_example is not None
    texts = ["Norland may impose sanctions. The court said no.", "The union threatened a strike."]
    found = model.predict(pd.DataFrame({"text": texts, "targets": [["Norland"], None]}))
    assert set(found["input"]) <= {"row:1", "row:2"}
    plain = model.predict(pd.DataFrame({"text": texts}))
    expected = load_scorer(tiny_model, "torch").score(texts)
    claims = plain[plain["text"].notna()]
    assert claims["text"].tolist() == [claim.text for claim in expected]
    assert claims["act"].tolist() == [claim.act for claim in expected]


def test_a_description_says_what_differs_and_gives_intervals(tmp_path):
    (tmp_path / "params.yaml").write_text("train: {epochs: 8, seed: 13}\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "params.yaml").write_text("train: {epochs: 1, seed: 13}\n")
    assert differences(tmp_path / "params.yaml") == ["train.epochs: 1 (8)"]
    text = describe(["train.epochs: 1 (8)"], {"overall": 0.5, "overall_low": 0.4, "overall_high": 0.6}, ["a note"])
    assert "`train.epochs: 1 (8)`" in text
    assert "| overall | 0.500 | 0.400–0.600 |" in text
    assert text.endswith("- a note\n")


def test_the_ui_has_one_worker_and_no_job_consumers_and_listens_here_alone():
    words = ui.arguments("sqlite:////tmp/mlflow.db", 5000)
    assert "--host 127.0.0.1 --port 5000 --workers 1" in " ".join(words)
    assert ui.ENVIRONMENT["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_the_run_list_opens_with_the_best_run_first_and_the_numbers_that_decide(store):
    from claimstance.tracking.view import BEST, COLUMNS, shared_view

    assert shared_view(5000) == ""
    with tracked("train", store / "run.json"):
        pass
    link = shared_view(5000)
    assert link.startswith("http://127.0.0.1:5000/#/experiments/") and link.endswith("?viewStateShareKey=claimstance")
    experiment = mlflow.MlflowClient().get_experiment_by_name("claimstance")
    state = json.loads(experiment.tags["mlflow.sharedViewState.claimstance"])
    assert (state["orderByKey"], state["orderByAsc"]) == (BEST, False)
    assert BEST in COLUMNS and state["selectedColumns"] == list(COLUMNS)
