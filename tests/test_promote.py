"""``claimstance promote`` on tiny models: the gate, the aliases, the way back, and scoring with what serves."""

import dataclasses
import json
import shutil
import warnings

import pytest
from click.testing import CliRunner

from claimstance.commands import promote as command
from claimstance.commands.group import cli
from claimstance.model.folder import read_config, seal
from claimstance.records import write_records
from claimstance.schema import Example
from claimstance.tracking import registry
from conftest import MLFLOW_WARNINGS, make_example

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow

    from claimstance.tracking import mlflow_model
    from claimstance.tracking.tracker import tracked

pytestmark = [pytest.mark.slow, *MLFLOW_WARNINGS]
CASES = 'same: [{text: "the court met.", against: "the court met.", same: [act, kind]}]'


def run_with(model, place, **config):
    """The id of a run that holds the model, with some values of its config replaced."""
    folder = place / f"folder-{len(list(place.glob('folder-*')))}"
    shutil.copytree(model, folder)
    seal(folder, dataclasses.replace(read_config(folder), **config))
    with tracked("train", None):
        mlflow_model.log(folder)
        return mlflow.active_run().info.run_id


@pytest.fixture
def place(tiny_graph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    monkeypatch.setattr(registry, "default_model", lambda: tiny_graph)
    (tmp_path / "examples").mkdir()
    for split in ("train", "dev", "test"):
        rows = [dataclasses.replace(make_example(i, split), group=f"article-{i // 2}") for i in range(8)]
        write_records(tmp_path / "examples" / f"{split}.parquet", Example, rows)
    (tmp_path / "cases.yaml").write_text(CASES)
    (tmp_path / "params.yaml").write_text("promote: {bootstrap: 200}")
    yield tmp_path
    mlflow.set_tracking_uri(None)


def promote(*arguments):
    options = () if "--rollback" in arguments else ("--examples", "examples", "--cases", "cases.yaml")
    return CliRunner().invoke(cli, ["promote", *arguments, *options])


def serving():
    version = registry.champion_version()
    return None if version is None else str(version.version)


def test_a_model_that_passes_becomes_champion_serves_and_can_be_rolled_back(place, tiny_graph):
    first = run_with(tiny_graph, place, gate="passed")
    dry = promote(first, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "it would become champion; nothing was changed" in dry.stdout
    assert registry.version_by_alias("candidate") is None

    done = promote(first)
    assert done.exit_code == 0, done.output
    assert (serving(), "before: the released model" in done.stdout) == ("1", True)
    tags = registry.champion_version().tags
    assert tags["gate"] == "passed" and tags["behaviour"].startswith("passed: 100.0% of the cases pass")
    assert tags["model_version"] == read_config(tiny_graph).version
    assert "is the champion already" in promote(first).stderr

    kept = [file.path for file in mlflow.MlflowClient().list_artifacts(first, "comparison")]
    assert len(kept) == 2

    address = "models:/claimstance@champion"
    scored = CliRunner().invoke(
        cli, ["score", "--text", "The union warned Norland.", "--model", address, "--include-other"]
    )
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout.splitlines()[0])["model_version"] == read_config(tiny_graph).version

    second = run_with(tiny_graph, place, gate="passed", name="second")
    assert promote(second).exit_code == 0
    assert serving() == "2"
    assert "serves again: version 1" in promote("--rollback").stdout
    assert serving() == "1"
    assert "would serve again: the released model" in promote("--rollback", "--dry-run").stdout
    assert "serves again: the released model" in promote("--rollback").stdout
    assert serving() is None
    assert "there is no champion" in promote("--rollback").stderr


def test_a_model_that_fails_is_candidate_with_the_reasons_and_the_champion_stays(place, tiny_graph):
    broken = ("stance: 98.83% of labels agree (export.min_agreement: 0.99)",)
    bad = run_with(tiny_graph, place, gate="failed", gate_broken=broken)
    done = promote(bad, "--json")
    assert done.exit_code == 1
    assert "int8: stance: 98.83% of labels agree" in done.stderr
    checks = {check["name"]: check["passed"] for check in json.loads(done.stdout.splitlines()[0])["checks"]}
    assert checks == {"int8": False, "outputs": True, "behaviour": True}
    candidate = registry.version_by_alias("candidate")
    assert candidate.tags["int8"].startswith("failed: stance: 98.83%")
    assert serving() is None

    (place / "cases.yaml").write_text('never: [{text: "the court met.", against: "the court met.", differ: [act]}]')
    (place / "params.yaml").write_text("promote: {bootstrap: 200, max_slowdown: 0.99}")
    done = promote(run_with(tiny_graph, place, gate="passed"), "--dry-run")
    assert done.exit_code == 1
    assert "behaviour: 0.0% of the cases pass, at least 80.0% have to" in done.stderr
    assert "speed: " in done.stdout


def test_an_output_worse_than_the_champions_beyond_noise_keeps_a_model_out(place, tiny_graph):
    worse = {"verdict": "worse", "difference": -0.2, "low": -0.3, "high": -0.1}
    result = {"verdict": "…", "sets": {"test": {"outputs": {"act_f1": worse, "kind_f1": {"verdict": "better"}}}}}
    model = registry.FoundModel("tiny", tiny_graph)
    checks = command.gate(model, model, result, place / "cases.yaml", command.PromoteParams())
    (check,) = [check for check in checks if check.name == "outputs"]
    assert (check.passed, check.reason) == (False, "worse: act_f1 on test -0.200 (-0.300 to -0.100)")
