"""A second labelling: drawing, reading and comparing it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from claimstance.commands import draw
from claimstance.commands.agree import read_labels
from claimstance.commands.group import cli
from claimstance.errors import CorpusError
from claimstance.evaluation.agreement import compare, disagreements, kappa
from claimstance.schema import Cue, Kind, Span, Stance, Target


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs):
    first, second = zip(*pairs, strict=True)
    cells = np.zeros((1, 9))
    for a, b in pairs:
        cells[0, "abc".index(a) * 3 + "abc".index(b)] += 1
    if len({*first, *second}) > 1:
        assert kappa(cells)[0] == pytest.approx(cohen_kappa_score(first, second))


def by_field(rows):
    return {row.field: row for row in rows}


def test_equal_labellings_agree_fully_and_differ_nowhere(example):
    both = {"a:2": example, "b:2": dataclasses.replace(example, kind=Kind.OTHER, group="b")}
    found = by_field(compare(both, both, bootstrap=10))
    assert found["kind"].value == 1.0
    assert {found[name].value for name in ("source", "targets", "cues", "trigger", "condition")} == {1.0}
    assert list(disagreements(both, both)) == []


def test_only_what_both_have_is_compared_and_what_differs_is_named(example):
    target = example.targets[0]
    moved = Target(Span(0, 3), Stance.NEUTRAL)
    other = dataclasses.replace(
        example,
        targets=(Target(target.span, Stance.SUPPORT), moved),
        cues=tuple(Cue(cue.span, cue.type, None) for cue in example.cues),
    )
    found = by_field(compare({"a:2": example, "z:9": example}, {"a:2": other}, bootstrap=0))
    assert (found["stance"].n, found["stance"].raw) == (1, 0.0)
    assert found["targets"].value == pytest.approx(2 / 3)
    assert found["act"].n == 1
    fields = dict(disagreements({"a:2": example}, {"a:2": other}))["a:2"]
    assert {"targets", "stance", "holder"} <= set(fields)
    assert "act" not in fields


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    claim = {"source": None, "targets": [], "act": "state", "trigger": None, "strength": "certain", "cues": []}
    for name in ("one", "two"):
        texts = [f"Line {i} of {name} stands here." for i in range(6)]
        header = {"article": name, "subject": "x", "style": "x", "outlet": "x", "published": "2031-01-02"}
        rows = [{"text": text, "kind": "claim", **claim, "condition": None, "speaker": None} for text in texts]
        (folder / f"{name}.txt").write_text("\n\n".join(texts))
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, [header, *rows])))
    return folder


def test_a_drawn_sample_shows_the_text_without_the_labels_and_can_be_compared(corpus, tmp_path):
    def invoke(*arguments):
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    drawn = tmp_path / "drawn"
    done = invoke("draw", corpus, "-n", 7, "--seed", 3, "--output", drawn)
    assert done.exit_code == 0, done.output
    sheet = (drawn / "sheet.txt").read_text()
    first = [json.loads(line) for line in (drawn / "first.jsonl").read_text().splitlines()]
    assert len(first) == 7 == sheet.count(">> ")
    assert all(f">> {line['id']} {line['text']}" in sheet for line in first)
    assert "certain" not in sheet
    assert all(f"Line {i} of one" in sheet for i in range(6)), "the article stands around the drawn sentences"
    second = [line | {"strength": "probable"} if i == 0 else line for i, line in enumerate(first[:-1])]
    (drawn / "second.jsonl").write_text("\n".join(map(json.dumps, second)))
    report = tmp_path / "agreement.json"
    done = invoke("agree", drawn / "first.jsonl", drawn / "second.jsonl", "--output", report)
    assert done.exit_code == 0, done.output
    assert "6 sentences labelled twice, 1 with a difference" in done.output
    assert f"1 of {drawn / 'first.jsonl'} are not in" in done.output
    assert json.loads(report.read_text())["differing"] == {first[0]["id"]: ["strength"]}


def test_a_draw_is_the_same_for_the_same_seed_and_never_overwritten(corpus, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        draw.run(corpus, 5, seed, tmp_path / name)
    texts = [(tmp_path / name / "first.jsonl").read_text() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]
    with pytest.raises(CorpusError, match="there is a draw already; name another folder"):
        draw.run(corpus, 5, 1, tmp_path / "a")
    with pytest.raises(CorpusError, match="12 sentences can be drawn, 13 were asked for"):
        draw.run(corpus, 13, 1, tmp_path / "d")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "second.jsonl:1: not a JSON object with id and text"),
        ('{"id": "one:2"}', "second.jsonl:1: not a JSON object with id and text"),
        ('{"id": "one:2", "text": 5, "kind": "other"}', "second.jsonl:1: not a JSON object with id and text"),
        ('{"id": "one:2", "text": "x", "kind": "clam"}', "one:2: kind: no label 'clam'; did you mean 'claim'?"),
        ('{"id": "gone:2", "text": "x", "kind": "other"}', "no id of it stands in"),
        ('{"id": "one:2", "text": "x", "kind": "other"}', "the text of one:2 is not that of"),
    ],
)
def test_a_broken_second_labelling_is_one_line(tmp_path, line, message):
    (tmp_path / "first.jsonl").write_text('{"id": "one:2", "text": "Read more", "kind": "other"}\n')
    (tmp_path / "second.jsonl").write_text(line + "\n")
    done = CliRunner().invoke(cli, ["agree", str(tmp_path / "first.jsonl"), str(tmp_path / "second.jsonl")])
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("folder", sorted((Path(__file__).parents[1] / "data/agreement").glob("round-*")))
def test_the_committed_agreement_is_what_the_committed_labels_give(folder):
    first, second = (read_labels(folder / f"{name}.jsonl") for name in ("first", "second"))
    written = json.loads((folder / "agreement.json").read_text())
    assert {row["field"]: row["value"] for row in written["fields"]} == pytest.approx(
        {row.field: row.value for row in compare(first, second, bootstrap=0)}
    )
    assert written["differing"] == dict(disagreements(first, second))
    assert written["sentences"] == len(second)
