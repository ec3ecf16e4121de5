import json

import pytest

from claimstance.corpus.articles import read_corpus
from claimstance.evaluation import attribution


def article(folder, lines):
    header = {"article": "a", "subject": "s", "style": "x", "outlet": "o", "published": "2031-01-01"}
    empty = {"kind": "claim", "source": None, "targets": [], "act": "state", "trigger": None, "strength": "certain", "cues": [],
             "condition": None, "speaker": None}  # fmt: skip
    rows = [header, *({**empty, **line} for line in lines)]
    (folder / "a.txt").write_text(" ".join(line["text"] for line in lines), encoding="utf-8")
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    articles, problems = read_corpus(folder)
    assert not problems
    return articles


def test_names_found_and_missed_are_counted(tmp_path):
    articles = article(
        tmp_path,
        [
            {"text": "Oskar Wendt resigned.", "source": "Oskar Wendt", "speaker": "Oskar Wendt"},
            {"text": "The union praised Wendt.", "targets": [{"text": "Wendt", "stance": "support", "name": "Oskar Wendt"}]},
            {"text": "It blamed the board.", "source": "It", "speaker": "Rail Union",
             "targets": [{"text": "the board", "stance": "oppose", "name": None}]},
        ],
    )  # fmt: skip
    scores = attribution._scores(
        [row for a in articles for row in attribution._resolved(attribution.annotated(a), None)]
    )
    assert scores["speaker"] == {"precision": 1.0, "recall": 0.5, "gold": 2, "found": 1}
    assert scores["target_name"] == {"precision": 1.0, "recall": 1.0, "gold": 1, "found": 1}


def test_targets_whose_name_was_not_labelled_do_not_count(tmp_path):
    articles = article(tmp_path, [{"text": "They praised Wendt.", "targets": [{"text": "Wendt", "stance": "support"}]}])
    assert "target_name" not in attribution._scores(
        [row for a in articles for row in attribution._resolved(attribution.annotated(a), None)]
    )


def test_a_wrong_name_costs_precision_and_no_name_recall():
    found = attribution.precision_recall(
        [("Ada Quill", "Ada Quill"), ("Ada Quill", ""), ("", "Tarn"), ("the Front", "Front")]
    )
    assert found == {"precision": 2 / 3, "recall": 2 / 3, "gold": 3, "found": 3}


@pytest.mark.parametrize(
    ("gold", "found", "same"),
    [
        ("the U.S.", "United States", True),
        ("U.S. Treasury", "United States Treasury", True),
        ("Queen Ada II", "Ada II", True),
        ("DR Congo", "Republic of the Congo", False),
        ("Russian Treasury", "Russia", False),
    ],
)
def test_titles_and_the_other_names_of_a_country_do_not_count_as_errors(gold, found, same):
    assert attribution.precision_recall([(gold, found)])["precision"] == same
