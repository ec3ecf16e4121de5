from contextlib import nullcontext

import numpy as np
import pytest
import torch

from claimstance import heads
from claimstance.errors import ModelError
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.network import load_weights
from claimstance.model.runtimes.torch import wrap
from claimstance.training.features import build_features, collate
from claimstance.training.labels import IGNORE
from claimstance.training.losses import head_losses


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return SentenceEncoder(tiny_model / "tokenizer.json", WindowParams(64, 16))


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_weights(tiny_model)


def batch_of(examples, encoder):
    data, _ = build_features(examples, encoder)
    tensors = collate(data, encoder)
    return tensors.pop("input_ids"), tensors.pop("attention_mask"), tensors


def test_one_pass_gives_every_output_in_its_shape(model, encoder):
    batch = encoder.batch([np.array([7, 8, 9]), np.array([7])])
    outputs = model(torch.from_numpy(batch.input_ids), torch.from_numpy(batch.attention_mask))
    shapes = {name: tuple(tensor.shape) for name, tensor in zip(heads.outputs(), outputs, strict=True)}
    assert shapes == {
        "kind": (2, 2), "act": (2, 7), "strength": (2, 4), "stance": (2, 5, 3), "sentiment": (2, 5, 3),
        "cues": (2, 5, 11), "roles": (2, 5, 12),
    }  # fmt: skip


def test_padding_changes_no_logit(model, encoder):
    short, long = np.array([7, 8]), np.array([7, 8, 9, 10, 11, 12, 13])
    alone, padded = encoder.batch([short]), encoder.batch([short, long])
    with torch.inference_mode():
        a = model(torch.from_numpy(alone.input_ids), torch.from_numpy(alone.attention_mask))
        b = model(torch.from_numpy(padded.input_ids), torch.from_numpy(padded.attention_mask))
    for name, left, right in zip(heads.outputs(), a, b, strict=True):
        if left.dim() == 3:
            right = right[:, : left.shape[1]]
        assert torch.allclose(left[0], right[0], atol=1e-5), name


def test_a_head_without_labels_has_no_loss_and_no_gradient(model, encoder, example):
    from dataclasses import replace

    silent = replace(example, labelled=(heads.CUES.name,), kind=None, act=None, strength=None)
    ids, mask, labels = batch_of([silent], encoder)
    losses = head_losses(model(ids, mask), labels)
    assert losses["cues"] > 0
    assert all(loss == 0 for name, loss in losses.items() if name != "cues")
    assert (labels["stance"] == IGNORE).all()


def test_sentiment_and_stance_labels_train_their_own_output(encoder, example):
    from dataclasses import replace

    _, _, stance = batch_of([example], encoder)
    _, _, sentiment = batch_of([replace(example, labelled=(heads.SENTIMENT.name,))], encoder)
    assert stance["stance"].tolist() == [[1]] and (stance["sentiment"] == IGNORE).all()
    assert sentiment["sentiment"].tolist() == [[1]] and (sentiment["stance"] == IGNORE).all()


def test_target_weights_average_over_the_targets_tokens(encoder, example):
    _, _, labels = batch_of([example], encoder)
    assert labels["target_weights"].sum().item() == pytest.approx(1)
    assert (labels["target_weights"] > 0).sum() >= 2


def test_a_folder_without_weights_is_one_clear_line(tmp_path):
    with pytest.raises(ModelError, match=r"there is no model.safetensors or model.onnx; name a folder that"):
        load_weights(tmp_path)


def test_a_model_that_a_trainer_has_moved_gets_its_ids_where_it_is(monkeypatch):
    class Moved(torch.nn.Module):
        outputs = ("kind",)

        def __init__(self):
            super().__init__()
            self.weights = torch.nn.Parameter(torch.zeros(1))

        def forward(self, ids):
            devices.append(ids.device.type)
            return (torch.zeros(1, 2),)

    devices = []
    monkeypatch.setattr(torch, "autocast", lambda *arguments, **options: nullcontext())  # knows no such device
    moved = Moved()
    forward = wrap(moved)
    moved.to("meta")
    forward(np.array([[1]]))
    assert devices == ["meta"]
