"""One row in the table of heads is all that a new output of the model needs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import BertConfig

from claimstance import heads
from claimstance.evaluation import calibration, metrics
from claimstance.heads import Head, Level
from claimstance.model import export
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.folder import ModelConfig
from claimstance.model.network import from_config
from claimstance.model.predictor import Predictor
from claimstance.model.runtimes import onnx
from claimstance.training import loop
from claimstance.training.features import build_features, collate
from claimstance.training.losses import head_losses
from claimstance.training.params import TrainParams

TONE = Head("tone", ("sober", "shrill"), Level.SENTENCE, "style", "tone", reviewed=True)
MOVE = Head("move", ("move",), Level.SPANS, "trigger", "move", metric="f1", at_most=1)


def test_heads_that_share_an_output_are_of_one_level_and_width():
    for sharing in heads.outputs().values():
        assert len({(head.level, head.width) for head in sharing}) == 1


def test_columns_of_an_output_are_its_heads_side_by_side():
    assert [heads.columns(head) for head in heads.outputs()["roles"]] == [
        slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 12),
    ]  # fmt: skip


@pytest.fixture
def more_heads(monkeypatch):
    monkeypatch.setattr(heads, "HEADS", (*heads.HEADS, TONE, MOVE))


@pytest.fixture
def examples(example):
    labelled = (*example.labelled, "tone", "move")
    return [
        replace(example, example_id=str(i), group=str(i), labelled=labelled, style=TONE.labels[i % 2]) for i in range(8)
    ]


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=128,
    )  # fmt: skip
    return from_config(config)


@pytest.mark.train
def test_a_new_head_is_trained_decoded_measured_and_calibrated(more_heads, examples, tiny_model, tmp_path, model):
    encoder = SentenceEncoder(tiny_model / "tokenizer.json", WindowParams(64, 16))
    data, _ = build_features(examples, encoder)
    batch = collate(data, encoder)
    assert batch["tone"].tolist() == [0, 1] * 4
    before = head_losses(model(batch["input_ids"], batch["attention_mask"]), batch)
    assert before["tone"] > 0
    assert before["move"] > 0
    params = TrainParams(epochs=1, batch_size=8, max_tokens=64, overlap=16, threads=1, loss_weights={"tone": 2.0})
    loop.train(model, data, encoder, params, tmp_path)
    after = head_losses(model(batch["input_ids"], batch["attention_mask"]), batch)
    assert after["tone"] != before["tone"]
    predictor = Predictor(ModelConfig("toy", "", 64, 16), encoder, loop.as_forward(model))
    predictions = predictor.predict([e.text for e in examples], [[t.span for t in e.targets] for e in examples])
    assert sum(predictions[0].labels["tone"]) == pytest.approx(1, abs=1e-5)
    assert "move" in predictions[0].spans
    result = metrics.evaluate(examples, predictions, bootstrap=0)
    assert result["tone"]["n"] == 8
    assert {"tone_f1", "move_span_f1"} <= set(metrics.headline(result))
    fitted = calibration.fit_calibration(predictor, examples)
    assert "tone" in fitted.temperatures
    assert "move" in fitted.spans
    assert len(calibration.fit_thresholds(predictor.with_calibration(fitted), examples, 0.5, 0.9)) == 50


def test_a_new_head_is_an_output_of_the_exported_graph(more_heads, tiny_model, tmp_path, model):
    from claimstance.model.network import save_weights

    save_weights(model, tmp_path / "torch")
    (tmp_path / "torch" / "tokenizer.json").write_bytes((tiny_model / "tokenizer.json").read_bytes())
    export.export_fp32(tmp_path / "torch", tmp_path / "graph")
    logits = onnx.load(tmp_path / "graph")(np.arange(5, 12)[None])
    assert logits["tone"].shape == (1, 2)
    assert logits["move"].shape == (1, 7, 3)
