import dataclasses
import json
import shutil

import numpy as np
import onnx as onnx_format
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnx import TensorProto, helper, numpy_helper

from claimstance import heads
from claimstance.commands import export as stage
from claimstance.errors import ModelError
from claimstance.model import export, gate, quantization
from claimstance.model.folder import read_config
from claimstance.model.network import load_weights, save_weights
from claimstance.model.predictor import load_predictor
from claimstance.model.runtimes import onnx
from claimstance.records import write_records
from claimstance.schema import Example

LOOSE = stage.ExportParams(min_agreement=0.0, max_f1_loss=1.0, max_error=0.5)


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
    torch_predictor, graph = load_predictor(tiny_model, "torch"), load_predictor(tiny_graph)
    encoded = graph.encoder.encode(["the court met.", "peace", "the court " * 60, "the court met."])
    assert export.logit_difference(torch_predictor.logits(encoded), graph.logits(encoded)) < 1e-4


def test_both_runtimes_give_the_same_predictions(tiny_model, tiny_graph):
    texts = ["Norland may impose sanctions.", "the court " * 60, "if talks fail, the union will strike."]
    for a, b in zip(
        load_predictor(tiny_model, "torch").predict(texts), load_predictor(tiny_graph).predict(texts), strict=True
    ):
        assert a.act == pytest.approx(b.act, abs=1e-4)
        assert (a.source, a.trigger, a.condition, a.cues) == (b.source, b.trigger, b.condition, b.cues)


def test_export_writes_a_sealed_int8_model_with_temperatures_and_thresholds(tiny_model, examples, tmp_path):
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    config = read_config(tmp_path / "out")
    assert config.quantized
    assert set(config.temperatures) == {"kind", "act", "strength", "stance", "sentiment"}
    assert set(config.spans) == {"source", "target", "condition", "trigger", "cues"}
    assert len(config.thresholds) == 50
    assert report["fp32_logit_difference"] < 1e-3
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "claimstance.json", "config.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip


def test_torch_reads_the_weights_of_an_exported_graph(tiny_model, tmp_path):
    model = load_weights(tiny_model)
    torch.manual_seed(0)
    for parameter in model.parameters():  # as after training: equal ones would be one in the graph
        torch.nn.init.normal_(parameter, std=0.5)
    save_weights(model, tmp_path / "torch")
    shutil.copyfile(tiny_model / "tokenizer.json", tmp_path / "torch" / "tokenizer.json")
    export.export_fp32(tmp_path / "torch", tmp_path / "fp32")
    shutil.copytree(tmp_path / "fp32", tmp_path / "int8")
    export.export_int8(tmp_path / "int8", [np.arange(5, 25)])
    # random channels of a GELU have ranges of every size, so the weights after it are rounded more coarsely
    for folder, tolerance, after_gelu in (("fp32", 1e-6, 1e-6), ("int8", 0.1, 0.25)):
        read = load_weights(tmp_path / folder).state_dict()
        for name, values in model.state_dict().items():
            most = after_gelu if ".output.dense." in name and "attention" not in name else tolerance
            if "pooler" not in name:
                assert (read[name] - values).norm() <= most * values.norm(), name


def test_no_graph_depends_on_batch_mates_to_the_last_bit(tiny_model, tmp_path):
    rng = np.random.default_rng(0)
    export.export_fp32(tiny_model, tmp_path)
    for int8 in (False, True):
        if int8:
            export.export_int8(tmp_path, [np.arange(5, 25)])
        forward = onnx.load(tmp_path)
        for length in (1, 3, 19, 32, 64):
            ids = rng.integers(5, 90, (8, length))
            together = forward(ids)
            for row in range(8):
                alone = forward(ids[row : row + 1])
                assert all(np.array_equal(together[name][row], alone[name][0]) for name in heads.outputs())


def test_a_cpu_whose_int8_products_saturate_gets_slower_kernels_that_do_not(tiny_graph, monkeypatch):
    product = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "g",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [4, 4])],
        [helper.make_tensor_value_info("c", TensorProto.INT32, [4, 16])],
        [numpy_helper.from_array(np.full((4, 16), 127, np.int8), "b")],
    )
    model = helper.make_model(product, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    assert model.SerializeToString(deterministic=True) == onnx.PRODUCT.read_bytes()
    fast = onnx.load(tiny_graph)(np.arange(5, 25)[None])
    monkeypatch.setattr(onnx, "saturates", lambda: True)
    exact = onnx.load(tiny_graph)(np.arange(5, 25)[None])
    assert all(np.allclose(fast[name], exact[name], atol=1e-4) for name in heads.outputs())


def test_no_two_neighbouring_int8_products_can_leave_16_bits(tiny_model, examples, tmp_path):
    stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    assert not read_config(tmp_path / "out").saturates
    graph = onnx_format.load(tmp_path / "out" / "model.onnx")
    weights = next(t for t in graph.graph.initializer if t.name.endswith("_weights"))
    values = numpy_helper.to_array(weights).copy()
    values[:2, 0] = 65  # 255 * 130 is more than a 16-bit number holds
    weights.CopyFrom(numpy_helper.from_array(values, weights.name))
    assert quantization.can_saturate(graph)


def test_smoothing_after_a_gelu_never_enlarges_a_channel_whose_least_value_would_then_be_cut_off(tiny_model, tmp_path):
    export.export_fp32(tiny_model, tmp_path)
    export.export_int8(tmp_path, [np.arange(5, 25)])
    graph = onnx_format.load(tmp_path / "model.onnx").graph
    evening = {t.name: numpy_helper.to_array(t) for t in graph.initializer if t.name.endswith("_evening")}
    products = [node for node in graph.node if node.op_type == "MatMulIntegerToFloat"]
    after = [node.input[0].removesuffix("_int8") + "_evening" for node in products if node.input[4] == "gelu_zero"]
    assert after
    for name in after:
        assert evening[name].max() == 1 and evening[name].min() < 1


@given(arrays(np.float32, (7, 3), elements=st.floats(-8, 8, width=32)))
def test_rounded_weights_of_any_layer_stay_within_16_bits(weights):
    rounded = np.rint(weights / quantization._scales(weights)).astype(np.int32)
    assert quantization._largest_sums(rounded).max() * 255 < 2**15
    assert np.abs(rounded).max() <= 127


def test_a_graph_that_disagrees_is_written_and_only_a_release_is_refused(tiny_model, examples, tmp_path):
    strict = dataclasses.replace(LOOSE, logit_tolerance=0.0)
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", strict)
    assert report["gate"] == "failed"
    assert json.loads((tmp_path / "export.json").read_text())["gate_broken"] == report["gate_broken"]
    assert load_predictor(tmp_path / "out").predict(["the court met."])
    with pytest.raises(ModelError, match=r"fp32 logits differ by .* \(export\.logit_tolerance: 0\)"):
        gate.check_release(tmp_path / "out")


def test_a_graph_that_agrees_may_be_released_and_one_that_was_never_compared_may_not(tiny_model, examples, tmp_path):
    assert stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)["gate"] == "passed"
    gate.check_release(tmp_path / "out")
    assert not read_config(tmp_path / "out").saturates
    with pytest.raises(ModelError, match="never compared with torch; run claimstance export"):
        gate.check_release(tiny_model)


def test_each_broken_condition_names_its_parameter_and_value():
    report = {
        "fp32_logit_difference": 1e-5, "int8_agreement": {"stance": 0.9883, "act": 0.995},
        "int8_f1_loss": {"act_f1": 0.02}, "int8_f1_loss_at_least": {"act_f1": 0.006},
    }  # fmt: skip
    assert gate.broken_conditions(report, gate.GateParams()) == [
        "stance: 98.83% of labels agree (export.min_agreement: 0.99)",
        "act_f1: F1 0.0200 lower, at least 0.0060 (export.max_f1_loss: 0.005)",
    ]


def test_export_says_how_far_it_is(tiny_model, examples, tmp_path, capsys):
    stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines if "windows" in line] == ["torch", "fp32 graph", "int8 graph"]


def test_agreement_counts_equal_decisions(tiny_graph):
    scorer = load_predictor(tiny_graph)
    encoded = scorer.encoder.encode(["the court met.", "peace"])
    logits = scorer.logits(encoded)
    assert export.agreement(logits, logits) == dict.fromkeys(heads.outputs(), 1.0)
    flipped = [{**row, "kind": row["kind"][::-1]} for row in logits]
    assert export.agreement(logits, flipped)["kind"] == 0.0


def test_a_head_that_nothing_trained_is_not_held_to_agreement(tiny_model, examples, tmp_path):
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", LOOSE)
    assert "sentiment" not in report["int8_agreement"]
    assert {"kind", "act", "strength", "stance", "cues", "roles"} <= set(report["int8_agreement"])


def test_a_lower_f1_fails_the_gate_where_the_articles_agree_on_it(tiny_model, examples, tmp_path, monkeypatch):
    def lower(name, loss, bound):
        monkeypatch.setattr(stage.metrics, "losses", lambda *_: {name: (loss, bound)})

    strict = dataclasses.replace(LOOSE, max_f1_loss=0.005)
    lower("trigger_span_f1", 0.008, 0.001)
    report = stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", strict)
    assert (report["gate"], report["int8_f1_loss"]) == ("passed", {"trigger_span_f1": 0.008})
    lower("act_f1", 0.02, 0.006)
    assert stage.run(tiny_model, examples, tmp_path / "out", tmp_path / "export.json", strict)["gate"] == "failed"
