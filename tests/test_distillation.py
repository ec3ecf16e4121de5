"""What a teacher says reaches the student: its logits, its targets, and nothing where it is silent."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from claimstance import heads
from claimstance.commands import train as stage
from claimstance.errors import ParamsError
from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.network import from_encoder, load_weights
from claimstance.model.predictor import load_predictor
from claimstance.records import write_records
from claimstance.schema import Example, Sentence
from claimstance.training import distillation
from claimstance.training.features import build_features, collate
from claimstance.training.loop import train
from claimstance.training.losses import teacher_losses
from claimstance.training.params import TrainParams

PARAMS = TrainParams(max_tokens=64, overlap=16, bf16=False)


@pytest.fixture(scope="module")
def teacher(tiny_model):
    return load_predictor(tiny_model, runtime="torch")


def sentence(text, furniture=False):
    return Sentence("a", 0, 0, len(text), text, furniture)


def losses_of(model, tensors, weights):
    outputs = model(tensors["input_ids"], tensors["attention_mask"])
    soft = {name.removeprefix("soft_"): tensor for name, tensor in tensors.items() if name.startswith("soft_")}
    losses = teacher_losses(outputs, soft, weights, temperature=2.0)
    return {name: loss.detach() for name, loss in losses.items()}, outputs, soft


def test_unlabelled_sentences_leave_out_furniture_and_repetitions():
    found = distillation.unlabelled_examples([sentence("one."), sentence("one."), sentence("ad", furniture=True)])
    assert [(example.text, example.labelled) for example in found] == [("one.", ())]


def test_names_are_targets_of_an_unlabelled_sentence(teacher):
    examples = distillation.unlabelled_examples([sentence("the minister accused Norland of tax.")])
    (seen,), _ = distillation.teach(teacher, examples, teacher.encoder)
    assert "Norland" in {target.span.of(seen.text) for target in seen.targets}


def test_a_model_that_is_its_own_teacher_has_no_loss_and_another_one_has(teacher, tiny_model, example):
    _, logits = distillation.teach(teacher, [example], teacher.encoder)
    data, _ = build_features([example], teacher.encoder, logits)
    tensors = collate(data, teacher.encoder)
    same, *_ = losses_of(load_weights(tiny_model), tensors, tensors["target_weights"])
    assert max(float(loss) for loss in same.values()) < 1e-4
    other = load_weights(tiny_model)
    torch.nn.init.normal_(other.sentence["act"].weight)
    moved, *_ = losses_of(other, tensors, tensors["target_weights"])
    assert float(moved["act"]) > 0.01
    assert float(moved["kind"]) < 1e-4


def test_the_divergence_is_that_of_the_softened_probabilities(teacher, tiny_model, example):
    from scipy.stats import entropy

    _, logits = distillation.teach(teacher, [example], teacher.encoder)
    data, _ = build_features([example], teacher.encoder, logits)
    tensors = collate(data, teacher.encoder)
    tensors["soft_act"] = tensors["soft_act"] * 3 + 1
    losses, outputs, soft = losses_of(load_weights(tiny_model), tensors, tensors["target_weights"])
    ours, theirs = (
        torch.softmax(x / 2, dim=-1).detach().numpy()[0]
        for x in (outputs[list(heads.outputs()).index("act")], soft["act"])
    )
    assert float(losses["act"]) == pytest.approx(4 * entropy(theirs, ours), rel=1e-4)


def test_an_example_without_the_teachers_logits_learns_from_its_labels_alone(teacher, tiny_model, example):
    other = replace(example, example_id="untaught")
    _, logits = distillation.teach(teacher, [example], teacher.encoder)
    data, counts = build_features([example, other], teacher.encoder, logits)
    assert counts["own: without the teacher's logits"] == 1
    tensors = collate(data, teacher.encoder)
    assert torch.isnan(tensors["soft_kind"][1]).all()
    losses, *_ = losses_of(load_weights(tiny_model), tensors, tensors["target_weights"])
    assert all(np.isfinite(float(loss)) for loss in losses.values())


@pytest.mark.train
def test_a_student_of_unlabelled_text_comes_to_say_what_the_teacher_says(teacher, tiny_encoder, tmp_path):
    texts = [f"the {who} {did} the {what}." for who in ("minister", "court", "union", "mayor")
             for did in ("backed", "rejected", "threatened", "accused") for what in ("law", "plan", "council")]  # fmt: skip
    examples, logits = distillation.teach(
        teacher, distillation.unlabelled_examples([sentence(text) for text in texts]), teacher.encoder
    )
    for item in logits.values():  # a random teacher is hardly sure of anything: make it so
        item["act"] *= 20
    params = replace(PARAMS, encoder=str(tiny_encoder), epochs=12, batch_size=8, learning_rate=1e-3, dropout=0.0,
                     head_learning_rate=1e-2, threads=1)  # fmt: skip
    encoder = SentenceEncoder(Path(tiny_encoder) / "tokenizer.json", WindowParams(64, 16))
    data, _ = build_features(examples, encoder, logits)
    tensors = collate(data, encoder)
    student = from_encoder(str(tiny_encoder), 0.0)
    before, *_ = losses_of(student, tensors, tensors["target_weights"])
    after, *_ = losses_of(train(student, data, encoder, params, tmp_path), tensors, tensors["target_weights"])
    assert float(after["act"]) < float(before["act"]) / 2


def test_a_teacher_says_how_far_it_is(teacher, tiny_model, example, capsys):
    params = replace(PARAMS, teacher=str(tiny_model))
    examples, logits = stage._taught([example, example], teacher.encoder, params)
    assert len(examples) == 2
    assert logits.keys() == {example.example_id}
    assert "teacher, windows: 1 of 1" in capsys.readouterr().err


def test_unlabelled_sentences_without_a_teacher_are_refused(tiny_encoder, example, tmp_path):
    write_records(tmp_path / "train.parquet", Example, [example])
    write_records(tmp_path / "dev.parquet", Example, [])
    paths = stage.TrainPaths(tmp_path, tmp_path / "model", tmp_path / "r.json", tmp_path / "c", tmp_path / "s.parquet")
    with pytest.raises(ParamsError, match=r"train\.teacher"):
        stage.checkpoint_folder(paths, replace(PARAMS, encoder=str(tiny_encoder)))
