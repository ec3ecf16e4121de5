"""Labelling news by hand: what a labeller writes becomes offsets, and what is wrong is named by its line."""

import json

import pytest
from click.testing import CliRunner

from claimstance import heads
from claimstance.commands.annotate import command
from claimstance.corpus.labelling import read_labels, write_sheet
from claimstance.corpus.news import NewsText, read_texts, to_examples
from claimstance.corpus.news import read_labels as read_standoff
from claimstance.errors import CorpusError

TITLE = "Norland threatens both neighbours"
BODY = (
    "Norland is ready to close its ports if both neighbours strike, Lena Brandt said on Monday. Share this!\n\n"
    "She met Oskar Wendt. The union told the council that the\ncouncil was late."
)
LABELS = """article a
labeller tester

T1 claim threaten certain
  source: Norland
  speaker: Norland
  trigger: threatens
  target: both neighbours | oppose | -
B1 claim threaten certain
  source: Lena Brandt
  speaker: Lena Brandt
  trigger: ready to close
  target: both neighbours | oppose | -
  cue: ready to | intention | speaker
  cue: if | conditional | speaker
  condition: both neighbours strike
B2 other
B3 claim state certain
  source: She
  speaker: Lena Brandt
  target: Oskar Wendt | neutral | Oskar Wendt
B4 claim state certain
  source: The union
  target: the council #1 | neutral | -
"""


def test_a_sheet_numbers_the_sentences_of_title_and_body():
    assert write_sheet("a", TITLE, BODY).splitlines() == [
        "article a",
        "",
        f"T1 {TITLE}",
        "B1 Norland is ready to close its ports if both neighbours strike, Lena Brandt said on Monday.",
        "B2 Share this!",
        "",
        "B3 She met Oskar Wendt.",
        "B4 The union told the council that the council was late.",
    ]


def test_labels_become_offsets_into_title_and_body():
    sentences, problems = read_labels(LABELS, TITLE, BODY)
    assert problems == []
    title, first, share, met, told = sentences
    assert (title.part, title.span.of(TITLE)) == ("title", TITLE)
    assert first.condition.of(BODY) == "both neighbours strike"
    assert [cue.span.of(BODY) for cue in first.cues] == ["ready to", "if"]
    assert share.kind == "other"
    assert met.speaker.span.of(BODY) == "Lena Brandt"
    assert told.targets[0].span.of(BODY) == "the council"
    assert told.targets[0].span.start == BODY.index("the council")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("B2 other\n", "", "B2 has no labels"),
        (
            "claim state certain\n  source: She",
            "claim stat certain\n  source: She",
            "no label 'stat'; did you mean 'state'?",
        ),
        ("source: She", "sorce: She", "no field 'sorce'; did you mean 'source'?"),
        ("source: She", "source: Sheila", "'Sheila' is not in the sentence as whole words"),
        ("the council #1", "the council", "'the council' occurs 2 times; write WORDS #1, #2 …"),
        ("  trigger: threatens\n", "", "a trigger is needed for every act but state, which has none"),
        ("speaker: Norland", "speaker: The Kingdom", "the name 'The Kingdom' is nowhere in the article"),
        ("| neutral | Oskar Wendt", "| neutral", "a target is written as: target: WORDS | STANCE | NAME"),
        ("B2 other", "B2 other\nB2 other", "B2 is labelled twice"),
        ("B2 other", "B9 other", "there is no sentence B9"),
        ("B2 other", "B2+4 other", "B2+4: only neighbouring sentences can be joined"),
        ("B2 other", "B4+3 other", "B4+3: only neighbouring sentences can be joined"),
    ],
)
def test_what_is_wrong_is_named(old, new, message):
    assert old in LABELS
    _, problems = read_labels(LABELS.replace(old, new, 1), TITLE, BODY)
    assert any(message in problem.message for problem in problems), problems


def test_sentences_are_joined_and_split_where_the_splitter_was_wrong():
    content = "split B1 before Lena\nT1 other\nB1a other\nB1b+2 other\nB3+4 other\n"
    content = content.replace("B1b+2", "B1b\tother\nB2")
    sentences, problems = read_labels(content, TITLE, BODY)
    assert problems == []
    assert [s.span.of(BODY)[:10] for s in sentences[1:]] == ["Norland is", "Lena Brand", "Share this", "She met Os"]


@pytest.mark.parametrize("ids", [("a/b", "a_b"), ("a", "a")])
def test_articles_whose_sheets_would_have_one_name_are_refused(tmp_path, ids):
    rows = [json.dumps({"id": id_, "text": f"Norland warned the mayor {id_}."}) for id_ in ids]
    (tmp_path / "news.jsonl").write_text("\n".join(rows))
    done = CliRunner().invoke(command, ["sheets", str(tmp_path / "news.jsonl"), "--output", str(tmp_path / "sheets")])
    assert "change an id" in str(done.exception)


def test_sheets_are_not_written_over_others(folder):
    again = ["sheets", str(folder.parent / "news.jsonl"), "--output", str(folder)]
    assert "holds sheets already" in str(CliRunner().invoke(command, again).exception)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "news.jsonl").write_text(json.dumps({"id": "a", "title": TITLE, "text": BODY}) + "\n")
    runner = CliRunner()
    done = runner.invoke(command, ["sheets", str(tmp_path / "news.jsonl"), "--output", str(tmp_path / "sheets")])
    assert done.exit_code == 0, done.output
    (tmp_path / "sheets" / "a.labels").write_text(LABELS, encoding="utf-8")
    return tmp_path / "sheets"


def stored(folder):
    options = ["--source", "mine", "--labeller", "tester", "--split", "dev", "--output", str(folder / "news")]
    done = CliRunner().invoke(command, ["store", str(folder), *options])
    assert done.exit_code == 0, done.output
    return folder / "news" / "mine" / "a.jsonl"


def test_stored_labels_hold_offsets_and_no_word_of_the_text(folder):
    content = stored(folder).read_text(encoding="utf-8")
    for word in ("Norland", "neighbours", "Brandt", "council"):
        assert word not in content


def test_stored_labels_and_their_text_become_examples(folder):
    text = read_texts(folder / "articles.jsonl")["a"]
    examples = list(to_examples(read_standoff(stored(folder)), text))
    assert [example.text for example in examples[:2]] == [TITLE, BODY.partition(" Share")[0]]
    first = examples[1]
    assert (first.split, first.corpus, first.group) == ("dev", "news", "mine/a")
    assert first.source.of(first.text) == "Lena Brandt"
    assert first.condition.of(first.text) == "both neighbours strike"
    assert examples[2].labelled == (heads.KIND.name,)
    assert examples[3].speaker == "Lena Brandt"
    assert examples[3].targets[0].name == "Oskar Wendt"


def test_labels_of_another_version_of_the_text_are_refused(folder):
    with pytest.raises(CorpusError, match="another version of the text was labelled"):
        list(to_examples(read_standoff(stored(folder)), NewsText("a", BODY + " More.", TITLE)))


def test_check_names_file_and_line_and_exits_with_1(folder):
    path = folder / "a.labels"
    path.write_text(LABELS.replace("source: She", "sorce: She"), encoding="utf-8")
    done = CliRunner().invoke(command, ["check", str(folder)])
    assert done.exit_code == 1
    assert f"{path}:19: no field 'sorce'" in done.output
