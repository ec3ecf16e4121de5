"""Training on a tiny random encoder; what is slow here is importing the Trainer."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import claimstance
from claimstance.errors import ModelError, ParamsError
from claimstance.model.encoding import SentenceEncoder
from claimstance.model.network import from_encoder, load_weights, save_weights
from claimstance.records import sha256, write_records
from claimstance.schema import Example
from claimstance.training.checkpoints import checkpoint_key
from claimstance.training.features import build_features, limit_articles, mix
from claimstance.training.loop import start_model, train
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


class Scores:
    def __init__(self, *scores):
        self.scores = list(scores)
        self.seen = []

    def on_log(self, step, numbers):
        pass

    def on_step(self, step, total):
        pass

    def on_epoch_end(self, epoch, step):
        self.seen.append(epoch)
        return self.scores[len(self.seen) - 1]


def test_training_stops_without_a_better_dev_score_and_keeps_the_best_epoch(params, examples, tmp_path):
    watch = Scores(0.3, 0.2, 0.1, 0.4)
    stopped = fit(replace(params, patience=2), tmp_path / "a", examples[:16], watch)
    assert watch.seen == [1.0, 2.0, 3.0]
    assert json.loads((tmp_path / "a" / "best.json").read_text()) == {"epoch": 1.0, "score": 0.3}
    kept = load_file(tmp_path / "a" / "best.safetensors")
    assert all(torch.equal(tensor, kept[name]) for name, tensor in stopped.state_dict().items())
    last = Scores(0.3, 0.2, 0.1, 0.4)
    fit(params, tmp_path / "b", examples[:16], last)
    assert len(last.seen) == 4


def test_a_limit_takes_articles_whole_of_each_corpus_and_the_seed_chooses_them(example):
    rows = [replace(example, corpus=c, group=f"{c}{i}") for c in ("own", "dse") for i in range(20) for _ in range(3)]
    some = limit_articles(rows, 5, seed=1)
    assert len(some) == 30
    assert {corpus: len({e.group for e in some if e.corpus == corpus}) for corpus in ("own", "dse")} == {
        "own": 5, "dse": 5,
    }  # fmt: skip
    assert some == limit_articles(rows, 5, seed=1) != limit_articles(rows, 5, seed=2)
    assert limit_articles(rows, 0, seed=1) == rows


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 0), ("limit", -1), ("learning_rate", 0.0), ("dropout", 1.0), ("overlap", 300)]
)
def test_a_value_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ParamsError, match=rf"train\.{name}: expected .*, found {value}"):
        TrainParams(**{name: value})


def test_an_encoder_with_other_weights_than_the_pinned_ones_is_refused(params, tiny_encoder):
    weights = sha256(tiny_encoder / "model.safetensors")
    start_model(replace(params, encoder_sha256=weights))
    with pytest.raises(ModelError, match="other weights than train"):
        start_model(replace(params, encoder_sha256="0" * 64))


def test_a_smaller_model_keeps_the_first_layers_and_is_loaded_again(params, tmp_path):
    whole, smaller = start_model(params), start_model(replace(params, layers=1))
    assert len(whole.encoder.encoder.layer) == 2 and len(smaller.encoder.encoder.layer) == 1
    save_weights(smaller, tmp_path)
    kept = load_weights(tmp_path).state_dict()
    first = "encoder.encoder.layer.0.output.dense.weight"
    assert torch.equal(kept[first], whole.state_dict()[first])
    assert not [name for name in kept if ".layer.1." in name]
    with pytest.raises(ModelError, match="3 cannot be kept of this encoder: it has 2"):
        start_model(replace(params, layers=3))


@pytest.mark.parametrize("name", ["no-such-encoder", "nobody/no-such-encoder", "./missing", "/missing"])
def test_an_unknown_encoder_is_refused_by_name_before_anything_is_imported_or_tracked(name, tmp_path):
    for split in ("train", "dev"):
        write_records(tmp_path / f"{split}.parquet", Example, [])
    (tmp_path / "params.yaml").write_text(f"train: {{encoder: {name}}}")
    code = (
        "import sys\n"
        "from claimstance.commands.group import cli\n"
        "try:\n"
        "    cli(['train', '--examples', '.', '--output', 'm', '--report', 'r.json'], standalone_mode=False)\n"
        "finally:\n"
        "    print([m for m in ('torch', 'transformers', 'mlflow') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(claimstance.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert "train.encoder: " in done.stderr and repr(name) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.slow
def test_an_interrupted_training_exits_130_and_goes_on_in_the_same_run(params, tiny_encoder, examples, tmp_path):
    for name in ("train", "dev"):
        write_records(tmp_path / f"{name}.parquet", Example, examples)
    (tmp_path / "params.yaml").write_text(
        f"train: {{encoder: {tiny_encoder}, epochs: 3, batch_size: 4, max_tokens: 64, overlap: 16, threads: 1}}"
    )
    command = [
        sys.executable, "-c", INTERRUPT, "train", "--examples", ".", "--output", "model", "--report", "train.json",
        "--run-file", "run.json",
    ]  # fmt: skip
    environment = {
        **os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db", "DVC_ROOT": str(tmp_path),
        "PYTHONPATH": str(Path(claimstance.__file__).parents[1]),
    }  # fmt: skip
    first, second = (
        subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**environment, "STOP_AT": step})
        for step in ("70", "1000")
    )
    assert first.returncode == 130, first.stderr[-2000:]
    assert "interrupted; the same command goes on" in first.stderr
    assert second.returncode == 0, second.stderr[-2000:]
    assert "resuming at step" in second.stderr
    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        assert store.execute("select name, status from runs").fetchall() == [("encoder0 e3 lr5e-5 s13", "FINISHED")]
        rows = store.execute("select key, step from metrics where key in ('train/loss', 'dev/act_f1')").fetchall()
    assert len(rows) == len(set(rows))
    assert [step for key, step in rows if key == "dev/act_f1"] == [40, 80, 120]
    assert [row["epoch"] for row in json.loads((tmp_path / "train.json").read_text())["epochs"]] == [1, 2, 3]


INTERRUPT = """
import os
from claimstance.__main__ import main
from claimstance.tracking.watch import DevWatch
old = DevWatch.on_step
def on_step(self, step, total):
    old(self, step, total)
    if step == int(os.environ["STOP_AT"]):
        raise KeyboardInterrupt
DevWatch.on_step = on_step
main()
"""


def test_a_loss_weight_for_an_unknown_head_is_refused():
    with pytest.raises(ParamsError, match="there is no head 'stanze'"):
        TrainParams(loss_weights={"stanze": 1.0})


@pytest.mark.train
def test_training_runs_in_two_processes_under_torchrun(params, tiny_encoder, examples, tmp_path):
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


def test_a_head_learns_nothing_from_a_corpus_that_is_left_out(example):
    from claimstance.training.features import mix
    from claimstance.training.params import MixParams

    (kept,) = mix([example], MixParams(leave_out={"other": ("target",)}))
    (left,) = mix([example], MixParams(leave_out={example.corpus: ("target",)}))
    assert "target" in kept.labelled
    assert set(left.labelled) == set(kept.labelled) - {"target"}


def test_names_are_exchanged_in_a_share_of_the_examples(example):
    from dataclasses import replace

    from claimstance.training.features import mix
    from claimstance.training.params import MixParams

    text = "Russia met France."
    plain = replace(example, text=text, source=None, trigger=None, condition=None, targets=(), cues=(), masked=())
    shown = mix([plain] * 40, MixParams(exchange_names=0.5))
    changed = [one for one in shown if one.text != text]
    assert 5 < len(changed) < 35
    assert len({one.example_id for one in changed}) == len(changed)
    assert all("Russia" not in one.text for one in changed)


def test_a_model_that_is_trained_further_has_the_dropout_of_the_params(tiny_model):
    model = start_model(TrainParams(start_from=str(tiny_model), dropout=0.3))
    assert {part.p for part in [model.dropout, *model.toward] if isinstance(part, torch.nn.Dropout)} == {0.3}
