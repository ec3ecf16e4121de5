"""All stages, one after the other, as DVC runs them, on a part of the corpus and a tiny encoder."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conftest import MLFLOW_WARNINGS

PROJECT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.train, *MLFLOW_WARNINGS]

PARAMS = """
ingest: {{language: en}}
prepare: {{seed: 5, dev_fraction: 0.25, test_fraction: 0.25}}
train: {{encoder: "{encoder}", epochs: 1, batch_size: 16, max_tokens: 64, overlap: 16, threads: 1}}
evaluate: {{bootstrap: 20}}
export: {{min_agreement: 0.0, max_f1_loss: 1.0}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory, tiny_encoder):
    root = tmp_path_factory.mktemp("project")
    for name in ("data/corpus", "data/raw", "metrics"):
        (root / name).mkdir(parents=True)
    for path in sorted((PROJECT / "data/corpus").glob("*.txt"))[::4]:
        shutil.copy(path, root / "data/corpus")
        shutil.copy(path.with_suffix(".jsonl"), root / "data/corpus")
    shutil.copytree(PROJECT / "data/samples", root / "data/samples")
    shutil.copytree(PROJECT / "data/behaviour", root / "data/behaviour")
    shutil.copy(PROJECT / "data/sources.yaml", root / "data")
    (root / "params.yaml").write_text(PARAMS.format(encoder=tiny_encoder), encoding="utf-8")
    environment = {
        **os.environ, "PYTHONPATH": str(PROJECT / "pipeline"), "MLFLOW_TRACKING_URI": f"sqlite:///{root}/runs.db",
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip

    def run(*words):
        command = [sys.executable, "-m", "claimstance", *words]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done

    run(
        "ingest",
        "data/corpus/*.txt",
        "data/raw",
        "--output",
        "articles.parquet",
        "--errors",
        "errors.jsonl",
        "--report",
        "metrics/ingest.json",
    )
    run(
        "segment", "--articles", "articles.parquet", "--output", "sentences.parquet", "--report", "metrics/segment.json"
    )
    run(
        "prepare", "--corpus", "data/corpus", "--articles", "articles.parquet", "--sentences", "sentences.parquet",
        "--public", "data/public", "--sources", "data/sources.yaml", "--output", "examples", "--report", "metrics/prepare.json",
    )  # fmt: skip
    run(
        "train",
        "--examples",
        "examples",
        "--output",
        "trained",
        "--report",
        "metrics/train.json",
        "--run-file",
        "metrics/run.json",
    )
    run("export", "--model", "trained", "--examples", "examples", "--output", "onnx", "--report", "metrics/export.json")
    run("behave", "--model", "onnx", "--cases", "data/behaviour/cases.yaml", "--output", "metrics/behave.json")
    run(
        "evaluate", "--model", "onnx", "--examples", "examples", "--output", "metrics/evaluate.json", "--plots", "plots",
        "--run-file", "metrics/run.json", "--behaviour", "metrics/behave.json", "--export", "metrics/export.json",
    )  # fmt: skip
    run("score", "data/samples", "--model", "onnx", "--output", "samples.parquet", "--include-other")
    run(
        "summarize", "metrics/evaluate.json", "--evaluation", "plots", "--metrics", "published", "--plots",
        "published-plots",
    )  # fmt: skip
    return root


def report(project, name):
    return json.loads((project / "metrics" / f"{name}.json").read_text())


def test_no_row_vanishes_between_the_stages(project):
    ingest, segment, prepare = (report(project, name) for name in ("ingest", "segment", "prepare"))
    assert ingest["rows_in"] == ingest["rows_out"] + sum(ingest["dropped"].values())
    assert segment["rows_in"] == ingest["rows_out"]
    assert segment["rows_out"] == pq.read_metadata(project / "sentences.parquet").num_rows
    written = sum(pq.read_metadata(p).num_rows for p in (project / "examples").glob("*.parquet"))
    assert sum(prepare["rows"].values()) == written > 0


def test_the_exported_model_was_held_to_torch(project):
    export = report(project, "export")
    assert export["fp32_logit_difference"] < 1e-3
    agreement = export["int8_agreement"]
    assert set(agreement) >= {"kind", "act", "strength", "stance", "cues", "roles"}
    assert min(agreement.values()) > 0.5


def test_the_evaluation_has_the_headline_numbers_and_what_was_joined(project):
    found = report(project, "evaluate")
    assert {"overall", "act_f1", "strength_f1", "stance_f1", "source_f1", "target_f1"} == set(found["test"])
    assert {"behaviour_pass_rate", "export_min_agreement", "gate"} <= set(found)


def test_what_git_tracks_is_published_once_everything_is_there(project):
    assert (project / "published" / "evaluate.json").read_bytes() == (project / "metrics/evaluate.json").read_bytes()
    assert {path.stem.partition("-")[0] for path in (project / "published-plots").iterdir()} == {
        "confusion", "reliability", "risk",
    }  # fmt: skip


def test_the_scored_samples_hold_the_output_contract(project):
    rows = pq.read_table(project / "samples.parquet").to_pylist()
    assert rows
    for row in rows:
        if row["stance"] is not None:
            assert row["p_support"] + row["p_oppose"] + row["p_neutral"] == pytest.approx(1, abs=1e-4)


def test_training_and_evaluation_are_one_mlflow_run(project):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project}/runs.db")
    experiment = client.get_experiment_by_name("claimstance")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_id == report(project, "run")["run_id"]
    assert run.info.status == "FINISHED"
    assert {"dev/act_f1", "test/act_f1"} <= set(run.data.metrics)
