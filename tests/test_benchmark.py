"""The benchmark's table says what was measured, and nothing where nothing was."""

import dataclasses
import json

import pytest

from claimstance import heads
from claimstance.commands import evaluate
from claimstance.corpus.splits import SplitParams
from claimstance.evaluation.test_sets import EvaluateParams
from claimstance.records import write_records
from claimstance.report.tables import attribution_table, table
from claimstance.schema import Example


@pytest.fixture
def paths(example, tiny_model, tmp_path):
    rows = [dataclasses.replace(example, example_id=f"a-{i}:2", group=f"a-{i}") for i in range(4)]
    rated = [
        dataclasses.replace(
            e,
            corpus="science_certainty",
            labelled=(heads.STRENGTH.name,),
            targets=(),
            certainty=1.0 + i,
            text="the court met." + " peace may come." * i,
        )
        for i, e in enumerate(rows)
    ]
    for name, examples in {"train": rows, "dev": rows, "test": rows, "public-science_certainty-test": rated}.items():
        write_records(tmp_path / "examples" / f"{name}.parquet", Example, examples)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    header = {"article": "a-0", "subject": "s", "style": "x", "outlet": "o", "published": "2031-01-01"}
    line = {"text": "Oskar Wendt resigned.", "kind": "claim", "source": "Oskar Wendt", "targets": [], "act": "state",
            "trigger": None, "strength": "certain", "cues": [], "condition": None, "speaker": "Oskar Wendt"}  # fmt: skip
    (corpus / "a-0.txt").write_text(line["text"], encoding="utf-8")
    (corpus / "a-0.jsonl").write_text(f"{json.dumps(header)}\n{json.dumps(line)}\n", encoding="utf-8")
    return evaluate.EvaluatePaths(tiny_model, tmp_path / "examples", details=tmp_path / "details.json", corpus=corpus)


def test_every_test_set_that_is_there_is_measured_and_printed(paths, capsys):
    result = evaluate.run(paths, EvaluateParams(bootstrap=10), SplitParams())
    print(table(result))
    assert json.loads(paths.details.read_text(encoding="utf-8"))["sets"].keys() == {"test", "science_certainty-test"}
    printed = capsys.readouterr().out
    act = result["sets"]["test"]["act"]["macro_f1"]
    assert f"| our test split | act, macro-F1 | 4 | {act:.3f}" in printed
    assert f"Pearson's r | 4 | {result['sets']['science_certainty-test']['certainty']['r']:.3f}" in printed
    assert "NewsMTSC" not in printed
    (split,) = result["attribution"]
    assert result["attribution"][split]["rules"]["speaker"]["precision"] == 1.0
    assert "| annotated | 1.000, 1.000 (1) |" in attribution_table(result)


def test_published_numbers_stand_beside_their_source():
    sentiment = {"macro_f1": 0.8, "accuracy": 0.81, "low": 0.77, "high": 0.83, "n": 5}
    details = {"examples": 4, "sentiment": sentiment, "baselines": {"tfidf": {"sentiment": {"macro_f1": 0.6}}},
               "target_blind": {"sentiment": {"macro_f1": 0.7}}}  # fmt: skip
    lines = table({"sets": {"newsmtsc-test-rw": details}}).splitlines()
    assert lines[2] == (
        "| NewsMTSC rw | sentiment, macro-F1 | 5 | 0.800 (0.770–0.830) |  |  | 0.600 | 0.700 | GRU-TSC 0.831; SPC 0.811 ¹ |"
    )
    assert lines[-1].startswith("¹ Hamborg & Donnay 2021")


def test_the_larger_model_has_a_column_of_its_own_and_only_its_own_numbers():
    small = {"examples": 4, "act": {"macro_f1": 0.6, "n": 4}, "kind": {"macro_f1": 0.9, "n": 4}}
    larger = {"examples": 4, "act": {"macro_f1": 0.7, "low": 0.6, "high": 0.8, "n": 4}}
    lines = table({"sets": {"test": small}}, {"sets": {"test": larger}}).splitlines()
    assert lines[0].startswith("| test set | measure | n | default | `accurate` | majority |")
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")
    assert lines[2].startswith("| our test split | kind, macro-F1 | 4 | 0.900 |  |")
    assert lines[3].startswith("| our test split | act, macro-F1 | 4 | 0.600 | 0.700 (0.600–0.800) |")
