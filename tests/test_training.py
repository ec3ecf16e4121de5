"""Training on a tiny random encoder; what is slow here is importing the Trainer."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from claimstance.errors import ParamsError
from claimstance.model.encoding import SentenceEncoder
from claimstance.model.network import from_encoder
from claimstance.training.checkpoints import checkpoint_key
from claimstance.training.features import build_features, mix
from claimstance.training.loop import train
from claimstance.training.params import TrainParams


@pytest.fixture(scope="module")
def params(tiny_encoder):
    return TrainParams(
        encoder=str(tiny_encoder), epochs=4, batch_size=4, learning_rate=1e-3, head_learning_rate=1e-2, max_tokens=64,
        overlap=16, threads=1, dropout=0.1,
    )  # fmt: skip


def fit(params, checkpoints, examples, watch=None):
    torch.manual_seed(params.seed)
    encoder = SentenceEncoder(Path(params.encoder) / "tokenizer.json", params.windows)
    data, _ = build_features(mix(examples, params), encoder)
    model = from_encoder(params.encoder, params.dropout)
    return train(model, data, encoder, params, checkpoints, watch)


@pytest.fixture
def examples(example):
    other = "the party backed the law."
    return [
        replace(example, example_id=str(i), text=example.text if i % 2 else example.text + " " + other)
        for i in range(160)
    ]


def weights(model):
    return torch.cat([tensor.flatten() for tensor in model.state_dict().values()])


@pytest.mark.train
def test_the_same_seed_gives_the_same_weights(params, examples, tmp_path):
    first = weights(fit(params, tmp_path / "a", examples[:16]))
    second = weights(fit(params, tmp_path / "b", examples[:16]))
    other = weights(fit(replace(params, seed=14), tmp_path / "c", examples[:16]))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


class Killed(BaseException):
    pass


class KillAt:
    def __init__(self, step):
        self.step = step

    def on_log(self, step, numbers):
        if step >= self.step:
            raise Killed

    def on_step(self, step, total):
        pass

    def on_epoch_end(self, epoch, step):
        pass


@pytest.mark.train
def test_a_killed_training_resumes_to_the_weights_of_an_uninterrupted_one(params, examples, tmp_path):
    whole = weights(fit(params, tmp_path / "whole", examples))
    with pytest.raises(Killed):
        fit(params, tmp_path / "cut", examples, KillAt(50))
    assert list((tmp_path / "cut").glob("checkpoint-*"))
    resumed = weights(fit(params, tmp_path / "cut", examples))
    assert torch.equal(whole, resumed)


def test_other_params_or_data_never_share_checkpoints(params):
    keys = {checkpoint_key(params, "a"), checkpoint_key(params, "b"), checkpoint_key(replace(params, seed=1), "a")}
    assert len(keys) == 3


def test_corpora_are_repeated_and_thinned_out_as_asked(params, examples):
    encoder = SentenceEncoder(Path(params.encoder) / "tokenizer.json", params.windows)
    _, twice = build_features(mix(examples, replace(params, repeat={"own": 2.0})), encoder)
    _, half = build_features(mix(examples, replace(params, repeat={"own": 0.5})), encoder)
    assert twice["own: used"] == 320
    assert 50 <= half["own: used"] <= 110


def test_a_sentence_longer_than_a_window_is_counted_and_left_out(params, example):
    encoder = SentenceEncoder(Path(params.encoder) / "tokenizer.json", params.windows)
    _, counts = build_features([replace(example, text=example.text + " the plan" * 60)], encoder)
    assert counts == {"own: longer than max_tokens, left out": 1}


def test_a_loss_weight_for_an_unknown_head_is_refused():
    with pytest.raises(ParamsError, match="there is no head 'stanze'"):
        TrainParams(loss_weights={"stanze": 1.0})


@pytest.mark.train
def test_training_runs_in_two_processes_under_torchrun(params, tiny_encoder, examples, tmp_path):
    from claimstance.records import write_records
    from claimstance.schema import Example

    for name in ("train", "dev"):
        write_records(tmp_path / f"{name}.parquet", Example, examples[:16])
    (tmp_path / "params.yaml").write_text(
        f"train: {{encoder: {tiny_encoder}, epochs: 1, batch_size: 4, max_tokens: 64, overlap: 16, threads: 1}}"
    )
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--master-addr=127.0.0.1",
        "--master-port=29507", "-m", "claimstance", "train", "--examples", str(tmp_path), "--output",
        str(tmp_path / "model"), "--report", str(tmp_path / "train.json"), "--params", str(tmp_path / "params.yaml"),
        "--checkpoints", str(tmp_path / "checkpoints"),
    ]  # fmt: skip
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db", "DVC_ROOT": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "model" / "claimstance.json").is_file()
