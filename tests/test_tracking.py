import json
import subprocess
import warnings

import pandas as pd
import pytest

from claimstance.schema import ScoredClaim
from claimstance.scoring.scorer import load_scorer
from claimstance.tracking.tracker import project_root, tracked, tracking_uri

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mlflow warns of its own type hints
    import mlflow

    from claimstance.tracking import mlflow_model

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


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
    assert run.data.params == {"epochs": "2", "encoder": "tiny"}
    assert run.data.metrics == {"dev/act f1 _macro_": 0.5, "test/act_f1": 0.4}


def test_a_run_of_a_dvc_experiment_has_its_name(store, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puny-gnat")
    for stage in ("train", "evaluate"):
        with tracked(stage, store / "run.json"):
            pass
    (run,) = runs()
    assert run.info.run_name == run.data.tags["dvc_exp_name"] == "puny-gnat"


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


@pytest.mark.slow
def test_the_logged_model_scores_as_the_command_line_does(store, tiny_model):
    with tracked("train", None):
        mlflow_model.log(tiny_model)
        run_id = mlflow.active_run().info.run_id
    (logged,) = mlflow.search_logged_models(experiment_ids=[runs()[0].info.experiment_id], output_format="list")
    assert logged.source_run_id == run_id
    model = mlflow.pyfunc.load_model(f"models:/{logged.model_id}")
    texts = ["Norland may impose sanctions. The court said no.", "The union threatened a strike."]
    found = model.predict(pd.DataFrame({"text": texts, "targets": [["Norland"], None]}))
    assert set(found["input"]) <= {"row:1", "row:2"}
    plain = model.predict(pd.DataFrame({"text": texts}))
    expected = load_scorer(tiny_model, "torch").score(texts)
    assert plain["text"].tolist() == [claim.text for claim in expected]
    assert plain["act"].tolist() == [claim.act for claim in expected]


def test_the_signature_is_the_output_contract():
    signature = mlflow_model.signature()
    assert signature.inputs.input_names() == ["text", "targets", "id", "title", "outlet", "published", "url"]
    assert signature.outputs.input_names() == list(ScoredClaim.__dataclass_fields__)
