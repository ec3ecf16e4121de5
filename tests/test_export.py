import dataclasses
import shutil

import numpy as np
import pytest
import torch

from claimstance import export
from claimstance.encoding import SentenceEncoder, WindowParams
from claimstance.errors import ModelError
from claimstance.model import load_weights, save_weights
from claimstance.model_folder import read_config
from claimstance.records import write_records
from claimstance.runtimes import onnx
from claimstance.runtimes import torch as torch_runtime
from claimstance.schema import Example
from claimstance.scoring import load_scorer
from claimstance.stages import export as stage

LOOSE = export.ExportParams(min_agreement=0.0, max_f1_loss=1.0, max_error=0.5)


@pytest.fixture
def examples(example, tmp_path):
    other = dataclasses.replace(example, text="The court backed the law and the plan may not hold, he said.")
    rows = [dataclasses.replace(example, example_id=str(i)) for i in range(6)]
    rows += [
        dataclasses.replace(other, example_id=f"o{i}", source=None, trigger=None, condition=None, targets=(), cues=())
        for i in range(6)
    ]
    for name in ("train", "dev", "test"):
        write_records(tmp_path / f"{name}.parquet", Example, rows)
    return tmp_path


def test_the_fp32_graph_gives_the_logits_of_torch(tiny_model, tiny_graph):
    encoder = SentenceEncoder(tiny_model / "tokenizer.json", WindowParams(64, 16))
    batch = encoder.batch([np.arange(5, 25), np.array([7]), np.arange(30, 70)])
    assert export.logit_difference(torch_runtime.load(tiny_model), onnx.load(tiny_graph), [batch]) < 1e-4


def test_both_runtimes_give_the_same_predictions(tiny_model, tiny_graph):
    texts = ["Norland may impose sanctions.", "the court " * 60, "if talks fail, the union will strike."]
    for a, b in zip(
        load_scorer(tiny_model, "torch").predict(texts), load_scorer(tiny_graph).predict(texts), strict=True
    ):
        assert a.act == pytest.approx(b.act, abs=1e-4)
        assert (a.source, a.trigger, a.condition, a.cues) == (b.source, b.trigger, b.condition, b.cues)


def test_export_writes_a_sealed_int8_model_with_temperatures_and_thresholds(tiny_model, examples, tmp_path):
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    config = read_config(tmp_path / "out")
    assert config.quantized
    assert set(config.temperatures) == {"kind", "act", "strength", "stance", "sentiment"}
    assert set(config.thresholds) == {"kind", "act", "strength", "stance"}
    assert report["fp32_logit_difference"] < 1e-3
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "claimstance.json", "config.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip


def test_torch_reads_the_weights_of_an_exported_graph(tiny_model, tmp_path):
    model = load_weights(tiny_model)
    for parameter in model.parameters():  # as after training: equal ones would be one in the graph
        torch.nn.init.normal_(parameter, std=0.5)
    save_weights(model, tmp_path / "torch")
    shutil.copyfile(tiny_model / "tokenizer.json", tmp_path / "torch" / "tokenizer.json")
    export.export_fp32(tmp_path / "torch", tmp_path / "fp32", export.ExportParams())
    shutil.copytree(tmp_path / "fp32", tmp_path / "int8")
    export.quantize(tmp_path / "int8")
    for folder, tolerance in (("fp32", 1e-6), ("int8", 0.01)):
        read = load_weights(tmp_path / folder).state_dict()
        for name, values in model.state_dict().items():
            if "pooler" not in name:
                assert torch.allclose(read[name], values, atol=tolerance * float(values.abs().max())), name


def test_an_int8_model_never_depends_on_its_batch_mates(tiny_model, examples, tmp_path):
    stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    scorer = load_scorer(tmp_path / "out")
    texts = ["Norland may impose sanctions.", "the court " * 20, "if talks fail, the union will strike."]
    together = scorer.predict(texts)
    assert together == [scorer.predict([text])[0] for text in texts]


def test_a_graph_that_disagrees_is_refused_and_removed(tiny_model, examples, tmp_path):
    strict = dataclasses.replace(LOOSE, logit_tolerance=0.0)
    with pytest.raises(ModelError, match="export refused, the graph does not agree with torch: fp32 logits differ"):
        stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", strict)
    assert not (tmp_path / "out" / "model.onnx").exists()


def test_agreement_counts_equal_decisions(tiny_graph):
    scorer = load_scorer(tiny_graph)
    encoded = scorer.encoder.encode(["the court met.", "peace"])
    logits = scorer.logits(encoded)
    assert export.agreement(logits, logits, encoded) == dict.fromkeys(export.OUTPUTS, 1.0)
    flipped = [{**row, "kind": row["kind"][::-1]} for row in logits]
    assert export.agreement(logits, flipped, encoded)["kind"] == 0.0


def test_a_head_that_nothing_trained_is_not_held_to_agreement(tiny_model, examples, tmp_path):
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    assert "sentiment" not in report["int8_agreement"]
    assert {"kind", "act", "strength", "stance", "cues", "roles"} <= set(report["int8_agreement"])


def test_a_lower_f1_is_refused_where_the_articles_agree_on_it(tiny_model, examples, tmp_path, monkeypatch):
    def lower(name, loss, bound):
        monkeypatch.setattr(stage.metrics, "losses", lambda *_: {name: (loss, bound)})

    strict = dataclasses.replace(LOOSE, max_f1_loss=0.005)
    lower("trigger_span_f1", 0.008, 0.001)
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", strict)
    assert report["int8_f1_loss"] == {"trigger_span_f1": 0.008}
    lower("act_f1", 0.02, 0.006)
    with pytest.raises(ModelError, match=r"act_f1: F1 0\.0200 lower \(at least 0\.0060\)"):
        stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", strict)
