import dataclasses

import pytest
from click.testing import CliRunner

from claimstance.commands import calibrate as command
from claimstance.commands import export
from claimstance.commands.group import cli
from claimstance.model.folder import read_config
from claimstance.records import read_json, write_json, write_records
from claimstance.schema import Act, Example

PARAMS = export.ExportParams(max_error=0.5)


@pytest.fixture
def dev(example, tmp_path):
    """Two kinds of sentence, one of them labelled so that the untrained model is wrong."""
    plain = dataclasses.replace(example, text="The court met.", source=None, trigger=None, condition=None, targets=(),
                                cues=(), act=Act.STATE)  # fmt: skip
    rows = [dataclasses.replace(one, example_id=f"{i}:{j}") for i in range(6) for j, one in enumerate((example, plain))]
    write_records(tmp_path / "dev.parquet", Example, rows)
    return tmp_path


def test_a_model_is_fitted_anew_and_keeps_its_weights_its_gate_and_its_version(tiny_graph, dev, tmp_path):
    before = read_config(tiny_graph)
    command.run(tiny_graph, dev, tmp_path / "out", None, PARAMS)
    after = read_config(tmp_path / "out")
    assert (after.version, after.files, after.gate) == (before.version, before.files, before.gate)
    assert set(after.temperatures) == {"kind", "act", "strength", "stance", "sentiment"}
    assert after.temperatures["act"] != before.temperatures.get("act", 1.0)
    assert len(after.thresholds) == 50
    assert after.fitted != before.fitted


def test_fitting_twice_changes_nothing(tiny_graph, dev, tmp_path):
    command.run(tiny_graph, dev, tmp_path / "out", None, PARAMS)
    once = read_config(tmp_path / "out")
    command.run(tmp_path / "out", dev, tmp_path / "out", None, PARAMS)
    assert read_config(tmp_path / "out") == once


def test_the_report_of_the_export_keeps_all_but_what_was_fitted(tiny_graph, dev, tmp_path):
    report = tmp_path / "export.json"
    write_json(
        report, {"gate": "passed", "model_version": read_config(tiny_graph).version, "temperatures": {"act": 9.0}}
    )
    command.run(tiny_graph, dev, tmp_path / "out", report, PARAMS)
    assert read_json(report)["gate"] == "passed"
    assert read_json(report)["temperatures"] == read_config(tmp_path / "out").temperatures


def test_the_report_of_another_model_is_refused_and_nothing_is_written(tiny_graph, dev, tmp_path):
    report = tmp_path / "export.json"
    write_json(report, {"model_version": "another"})
    with pytest.raises(command.InputError, match=r"export\.json: is of model another, not of "):
        command.run(tiny_graph, dev, tmp_path / "out", report, PARAMS)
    assert not (tmp_path / "out").exists()


def test_without_dev_examples_the_error_names_the_file(tiny_graph, dev, tmp_path):
    write_records(dev / "dev.parquet", Example, [])
    outcome = CliRunner().invoke(
        cli, ["calibrate", "--model", str(tiny_graph), "--examples", str(dev), "--output", str(tmp_path / "out")]
    )
    assert outcome.exit_code == 1
    assert "dev.parquet: has no examples to fit on" in outcome.stderr
