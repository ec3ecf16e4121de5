"""Reading, checking and aligning annotated articles."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance import heads
from claimstance.corpus.annotation import align
from claimstance.corpus.articles import (
    BoundaryScore,
    assign_articles,
    compare_boundaries,
    count_labels,
    locate_sentences,
    read_corpus,
    to_examples,
)
from claimstance.corpus.splits import SplitParams
from claimstance.errors import CorpusError
from claimstance.schema import Act, Cue, CueType, Holder, Kind, Span, Stance, Strength, Target

HEADER = {
    "article": "mill",
    "subject": "business",
    "style": "agency wire",
    "outlet": "Ostby Courier",
    "published": "2031-03-05",
}
THREAT = {
    "text": "Unless the council relents, Hallvard Mills may sue the council over its dam, the mill said.",
    "kind": "claim",
    "source": "the mill",
    "targets": [{"text": "the council", "stance": "oppose", "occurrence": 2}],
    "act": "threaten",
    "trigger": "may sue",
    "strength": "possible",
    "cues": [
        {"text": "Unless", "type": "conditional", "holder": "speaker"},
        {"text": "may", "type": "epistemic", "holder": "speaker"},
    ],
    "condition": "the council relents",
    "speaker": "Hallvard Mills",
}
FURNITURE = {"text": "Subscribe to our letter", "kind": "other"}


def write(folder: Path, *lines: dict | str, text: str | None = None) -> Path:
    sentences = [line for line in lines if isinstance(line, dict) and line is not lines[0]]
    body = "\n\n".join(line["text"] for line in sentences) if text is None else text
    (folder / "mill.txt").write_text(body + "\n", encoding="utf-8")
    rows = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "mill.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def messages(folder: Path) -> list[str]:
    return [str(problem) for problem in read_corpus(folder)[1]]


def test_an_article_is_read_with_every_span_in_its_place(tmp_path):
    (article,), problems = read_corpus(write(tmp_path, HEADER, THREAT, FURNITURE))
    assert problems == []
    threat, furniture = article.sentences
    assert (article.article_id, article.published) == ("mill", "2031-03-05")
    assert threat.span.of(article.text) == threat.text
    assert threat.source.of(threat.text) == "the mill"
    assert threat.targets == (Target(Span(51, 62), Stance.OPPOSE),)
    assert threat.cues[0] == Cue(Span(0, 6), CueType.CONDITIONAL, Holder.SPEAKER)
    assert (threat.act, threat.strength, threat.speaker) == (Act.THREATEN, Strength.POSSIBLE, "Hallvard Mills")
    assert (furniture.kind, furniture.act, furniture.line) == (Kind.OTHER, None, 3)


def test_examples_have_stable_ids_and_furniture_is_labelled_for_its_kind_alone(tmp_path):
    (article,), _ = read_corpus(write(tmp_path, HEADER, THREAT, FURNITURE))
    threat, furniture = to_examples(article, "dev")
    assert (threat.example_id, furniture.example_id) == ("mill:2", "mill:3")
    assert (threat.group, threat.split, threat.corpus) == ("mill", "dev", "own")
    assert set(threat.labelled) == {head.name for head in heads.HEADS} - {heads.SENTIMENT.name}
    assert furniture.labelled == (heads.KIND.name,)
    assert to_examples(article, "dev", group="pair")[0].group == "pair"


def test_labels_are_counted_only_where_a_field_is_labelled(tmp_path):
    (article,), _ = read_corpus(write(tmp_path, HEADER, THREAT, FURNITURE))
    counts = count_labels(to_examples(article, "train"))
    assert counts["kind"] == {"claim": 1, "other": 1}
    assert counts["source"] == {"present": 1, "absent": 0}
    assert (counts["cues"]["epistemic"], counts["stance"]["oppose"], counts["holder"]["speaker"]) == (1, 1, 2)
    assert sum(counts["act"].values()) == 1


def test_every_problem_of_every_line_is_listed_with_its_place(tmp_path):
    first = {**THREAT, "act": "threatn", "trigger": "may su", "targts": []}
    second = {"text": "Nothing of the kind stands there.", "kind": "other"}
    write(tmp_path, HEADER, first, FURNITURE, "{not json", second, text=f"{THREAT['text']}\n\n{FURNITURE['text']}")
    assert messages(tmp_path) == [
        "mill.jsonl:2: unknown key 'targts'; did you mean 'targets'?",
        "mill.jsonl:2: act: no label 'threatn'; did you mean 'threaten'?",
        "mill.jsonl:2: trigger: 'may su' is not in the sentence as whole words",
        "mill.jsonl:4: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "mill.jsonl:5: the sentence is not in the .txt after the one before it: 'Nothing of the kind stands there.'",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trigger": None}, "trigger should be null for the act state, and only for it"),
        ({"kind": "other"}, "unknown key 'source'; known: text, kind"),
        ({"speaker": 3}, "speaker should be a name or null"),
        ({"speaker": ""}, "speaker should be a name or null"),
        ({"cues": {"text": "may"}}, 'cues should be a list of objects, found {"text": "may"}'),
        (
            {"targets": [{"text": "Hallvard Mills", "stance": "hostile"}]},
            "stance: no label 'hostile'; known: support, ",
        ),
        ({"targets": [{"text": "Hallvard Mills"}]}, "key 'stance' is missing"),
        ({"targets": [{"text": "the council", "stance": "oppose"}]}, "'the council' occurs 2 times; name the occurr"),
        ({"source": {"text": "the council", "occurrence": 3}}, "there is no occurrence 3 of 2"),
        ({"source": {"text": "the mill", "occurence": 1}}, "unknown key 'occurence'; did you mean 'occurrence'?"),
        ({"condition": "relents,"}, "'relents,' has punctuation or white space around it; leave it out"),
        ({"condition": ""}, "condition: a span is text copied from the sentence, found ''"),
        (
            {
                "cues": [
                    {"text": "may", "type": "epistemic", "holder": "speaker"},
                    {"text": "may sue", "type": "intention", "holder": "speaker"},
                ]
            },
            "cues overlap: 'may' and 'may sue'",
        ),
        (
            {"targets": [{"text": word, "stance": "neutral"} for word in ("Hallvard Mills", "its", "dam", "relents")]},
            "4 targets; the guide allows 3",
        ),
    ],
)
def test_a_line_that_breaks_the_format_is_named(tmp_path, change, message):
    write(tmp_path, HEADER, {**THREAT, **change})
    found = messages(tmp_path)
    assert any(message in line for line in found), found
    assert all(line.startswith("mill.jsonl:2: ") for line in found)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({**HEADER, "article": "other"}, "header: the article is called 'other' but the file 'mill'"),
        ({**HEADER, "published": "5 March"}, "header: published should be a date like 2031-03-05, found '5 March'"),
        ({**HEADER, "outlets": "x"}, "header: unknown key 'outlets'; did you mean 'outlet'?"),
        ({**HEADER, "outlet": None}, "header: outlet is not text"),
        ({k: v for k, v in HEADER.items() if k != "style"}, "header: key 'style' is missing"),
    ],
)
def test_a_broken_header_leaves_the_article_out_and_says_why(tmp_path, header, message):
    articles, problems = read_corpus(write(tmp_path, header, FURNITURE))
    assert articles == []
    assert [str(problem) for problem in problems] == [f"mill.jsonl:1: {message}"]


def test_text_without_a_label_line_is_a_problem_but_bullets_are_not(tmp_path):
    text = f"  • {THREAT['text']}\n\nLeft out here.\n\n- {FURNITURE['text']}\nAnd here."
    assert messages(write(tmp_path, HEADER, THREAT, FURNITURE, text=text)) == [
        "mill.jsonl:3: no label line for what stands before this sentence: 'Left out here.'",
        "mill.jsonl:0: no label line for the end of the .txt: 'And here.'",
    ]


def test_half_an_article_bad_bytes_and_an_empty_label_file_are_problems(tmp_path):
    (tmp_path / "half.txt").write_text("One.")
    (tmp_path / "bytes.txt").write_bytes(b"caf\xe9")
    (tmp_path / "bytes.jsonl").write_text(json.dumps({**HEADER, "article": "bytes"}))
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "empty.jsonl").write_text("")
    assert messages(tmp_path) == [
        "bytes.txt:0: not UTF-8 at byte 3",
        "empty.jsonl:1: header: the first line should be a JSON object with article, subject, style, outlet, published",
        "half.jsonl:0: no such file; an article is a .txt and a .jsonl of the same name",
    ]


def test_a_folder_that_is_missing_or_empty_is_one_clear_line(tmp_path):
    with pytest.raises(CorpusError, match="no such folder"):
        read_corpus(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="there are no annotated articles"):
        read_corpus(tmp_path)


def test_spans_are_whole_words():
    assert align({"text": "he", "occurrence": 2}, "he said the man he knew left") == Span(16, 18)
    assert align("U.S.", "The U.S. may vote.") == Span(4, 8)
    for words, sentence, message in (
        ("out", "The throughout word.", "is not in the sentence as whole words"),
        ("trade", "A trade-union vote.", "is a part of a hyphenated word"),
        ("Brun's", "Brun's offer fell.", "ends in a possessive 's"),
        ("offer ", "Brun's offer fell.", "is not in the sentence"),
        ("fell.", "Brun's offer fell.", "has punctuation or white space around it"),
    ):
        with pytest.raises(CorpusError, match=message):
            align(words, sentence)


@given(st.lists(st.sampled_from(["mill", "Ödön", "dam", "九", "he"]), min_size=1, max_size=12), st.data())
def test_any_word_is_found_again_by_its_occurrence(words, data):
    index = data.draw(st.integers(0, len(words) - 1))
    occurrence = words[: index + 1].count(words[index])
    span = align({"text": words[index], "occurrence": occurrence}, " ".join(words))
    assert span == Span(len(" ".join([*words[:index], ""])), len(" ".join(words[: index + 1])))


def test_boundaries_count_ends_and_whole_sentences():
    gold = [Span(0, 10), Span(11, 20), Span(21, 30)]
    found = [Span(0, 20), Span(21, 30)]
    score = compare_boundaries(gold, found)
    assert (score.precision, score.recall, score.f1, score.exact_f1) == (1.0, 2 / 3, 0.8, 0.4)
    assert score + BoundaryScore() == score
    assert BoundaryScore().f1 == BoundaryScore().precision == BoundaryScore().recall == BoundaryScore().exact_f1 == 0


def test_sentences_are_located_in_another_text_of_the_article(tmp_path):
    (article,), _ = read_corpus(write(tmp_path, HEADER, THREAT, FURNITURE))
    assert locate_sentences(article, f"xx {THREAT['text']}") == {2: Span(3, 3 + len(THREAT["text"]))}


def test_the_examples_in_the_corpus_readme_are_valid(tmp_path):
    page = (Path(__file__).parents[1] / "data/corpus/README.md").read_text(encoding="utf-8")
    header, claim, other = (json.loads(block) for block in re.findall(r"```json\n(.*?)\n```", page, re.DOTALL))
    assert messages(write(tmp_path, {**header, "article": "mill"}, claim, other)) == []


HEDGED = {
    "text": "The mill may close in May, its owner said.", "kind": "claim", "source": "its owner", "targets": [],
    "act": "state", "trigger": None, "strength": "possible",
    "cues": [{"text": "may", "type": "epistemic", "holder": "speaker"}],
    "condition": None, "speaker": None, "pair": "p1",
}  # fmt: skip
FIRM = HEDGED | {"text": "The mill will close in May, its owner said.", "strength": "certain", "cues": []}


def test_a_counter_pair_is_two_sentences_in_which_a_word_moves_a_label(tmp_path):
    articles, problems = read_corpus(write(tmp_path, HEADER, HEDGED, FIRM))
    assert problems == []
    assert [sentence.pair for sentence in articles[0].sentences] == ["p1", "p1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pair": "p2"}, "pair 'p1' should name two sentences of the article, found 1"),
        ({"strength": "possible"}, "have the same kind, act, strength and stances"),
        ({"pair": ""}, "pair should be a name that two sentences of the article share"),
        ({"text": "Its owner said that all the workers had long gone."}, "differ in more than 4 words"),
    ],
)
def test_what_is_no_counter_pair_is_a_problem(tmp_path, changes, message):
    changed = FIRM | changes
    if "text" in changes:
        changed["source"] = "Its owner"
    assert any(message in line for line in messages(write(tmp_path, HEADER, HEDGED, changed)))


def test_articles_of_unseen_subjects_are_a_split_of_their_own(tmp_path):
    for i in range(12):
        name = f"art-{i}"
        header = HEADER | {"article": name, "subject": "zoos" if i < 3 else "business"}
        line = {"text": f"Link number {i} of {i * 7} to page {i * 13}", "kind": "other"}
        (tmp_path / f"{name}.txt").write_text(line["text"])
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, [header, line])))
    articles, _ = read_corpus(tmp_path)
    _, before = assign_articles(articles, SplitParams())
    _, assigned = assign_articles(articles, SplitParams(unseen_subjects=("zoos",)))
    assert {name for name, split in assigned.items() if split == "unseen"} == {"art-0", "art-1", "art-2"}
    assert all(before[name] == split for name, split in assigned.items() if split != "unseen"), "no other article moves"
