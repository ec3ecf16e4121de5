"""From articles to rows, on a tiny random model: what the rows say is noise, but their form must hold."""

import json
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimstance.errors import InputError
from claimstance.model.predictor import Batching, load_predictor
from claimstance.output import ScoredClaim
from claimstance.records import arrow_schema, structure, to_table
from claimstance.schema import Article, GivenTarget, PredictedTarget, Span
from claimstance.scoring.scorer import ScoreOptions, load_scorer, score_table
from claimstance.scoring.sentence import read_sentences
from predictions import changed, make_prediction

BODY = "The minister warned Norland.\n\nShare this article on Facebook\n\n“Peace may come if the talks hold,” he said."


@pytest.fixture(scope="module")
def scorer(tiny_model):
    return load_scorer(tiny_model, runtime="torch", options=ScoreOptions(include_other=True))


@pytest.fixture(scope="module")
def sentence_scorer(tiny_model):
    return load_scorer(tiny_model, runtime="torch", options=ScoreOptions(unit="sentence", include_other=True))


def article(body=BODY, **fields):
    from claimstance.articles.furniture import mark_furniture

    return Article(article_id="a", input="x.txt", body=body, furniture=mark_furniture(body), **fields)


def check_row(row, body):
    assert body[row.start : row.end] == row.text
    for name in ("source", "trigger", "condition"):
        start, end = getattr(row, f"{name}_start"), getattr(row, f"{name}_end")
        assert same_words(getattr(row, name), None if start is None else body[start:end])
    for cue in row.cues:
        assert same_words(cue.text, body[cue.start : cue.end])
    if row.strength is not None:
        assert row.p_certain + row.p_probable + row.p_possible + row.p_uncommitted == pytest.approx(1, abs=1e-4)
    if row.stance is not None:
        assert row.p_support + row.p_oppose + row.p_neutral == pytest.approx(1, abs=1e-4)
        assert same_words(row.target, body[row.target_start : row.target_end]) or row.target_origin == "given"


def same_words(written, raw):
    """A span column has its white space evened, its ligatures written out and divided words whole."""
    if written is None or raw is None:
        return written is raw
    letters = ["".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum()) for text in (written, raw)]
    return letters[0] == letters[1] and "\n" not in written and "  " not in written


def test_the_columns_are_the_output_contract_in_its_order(scorer):
    table = score_table(scorer, to_table(Article, [article()]))
    assert table.schema.names == arrow_schema(ScoredClaim).names
    assert table.schema.names[:15] == [
        "article_id", "input", "title", "outlet", "published", "url", "part", "sentence_index", "start", "end", "text",
        "kind", "kind_probability", "source", "source_start",
    ]  # fmt: skip
    assert table.schema.names[-3:] == ["needs_review", "model", "model_version"]
    assert [structure(ScoredClaim, row) for row in table.to_pylist()]


def test_every_offset_points_into_the_body(scorer):
    (scored,) = scorer.score_articles([article()])
    assert scored.sentences == 3
    for row in scored.rows:
        check_row(row, BODY)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=300))
def test_offsets_hold_for_any_text(scorer, body):
    from claimstance.articles.text import clean_text

    body = clean_text(body)
    (scored,) = scorer.score_articles([article(body)])
    for row in scored.rows:
        check_row(row, body)


def test_a_title_is_scored_with_offsets_into_it(scorer):
    titled = article(title="Norland threatens the court, minister says")
    (scored,) = scorer.score_articles([titled])
    of_title = [row for row in scored.rows if row.part == "title"]
    assert {row.text for row in of_title} == {titled.title}
    assert {row.title for row in scored.rows} == {titled.title}
    for row in scored.rows:
        check_row(row, titled.title if row.part == "title" else BODY)
    (untitled,) = scorer.score_articles([article()])
    assert scored.sentences == untitled.sentences + 1
    assert scored.claims == len({(row.part, row.start) for row in scored.rows if row.kind == "claim"})


def test_a_given_target_with_offsets_stands_in_the_body_alone(scorer):
    given = (GivenTarget("Norland", 0, 7),)
    (scored,) = scorer.score_articles([article("Norland met the court.", title="Norland waits.", targets=given)])
    assert {row.part for row in scored.rows if row.target_origin == "given"} <= {"body"}


def test_spans_of_wrapped_text_have_no_line_ends_and_true_offsets(scorer):
    body = (
        "The union and the government said on Monday that it would not re-\nturn to the talks of the\n"
        "Norland Council, and that the law may fail if the\nminister and the court  agree."
    )
    at = body.index("talks")
    (scored,) = scorer.score_articles(
        [article(body, targets=(GivenTarget("Norland Council"), GivenTarget("talks", at, at + 5)))]
    )
    assert {row.text for row in scored.rows} == {body}
    for row in scored.rows:
        check_row(row, body)
    claims = [row for row in scored.rows if row.kind == "claim"]
    assert [(r.target, body[r.target_start : r.target_end]) for r in claims] in (
        [],
        [("Norland Council", "Norland Council"), ("talks", "talks")],
    )


def test_furniture_marked_by_rule_is_other_without_a_probability(scorer):
    (scored,) = scorer.score_articles([article()])
    (row,) = [row for row in scored.rows if row.text.startswith("Share")]
    assert (row.kind, row.kind_probability, row.act, row.strength) == ("other", None, None, None)


def test_other_sentences_are_left_out_unless_asked_for(tiny_model):
    scorer = load_scorer(tiny_model, runtime="torch")
    (scored,) = scorer.score_articles([article()])
    assert all(row.kind == "claim" for row in scored.rows)


def test_a_given_target_is_one_row_with_the_offsets_of_its_first_mention(scorer):
    body = "Norland warned Norland, but not Norlanders."
    (scored,) = scorer.score_articles([article(body, targets=(GivenTarget("Norland"),))])
    claims = [row for row in scored.rows if row.kind == "claim"]
    assert [(r.target, r.target_start, r.target_end, r.target_origin) for r in claims] == [
        ("Norland", 0, 7, "given") for _ in claims
    ]


@pytest.mark.parametrize(
    ("target", "body", "mention"),
    [
        ("People's Party", "The People’s Party met.", "People’s Party"),
        ("People’s Party", "The People's Party met.", "People's Party"),
        ("Café Norland", "The Cafe\u0301 Norland met.", "Cafe\u0301 Norland"),
        ("Cafe\u0301 Norland", "The Café Norland met.", "Café Norland"),
        ("Bank of Aldmere", "The Bank of Ald\u00admere met.", "Bank of Ald\u00admere"),
        ("Bank of Aldmere", "The Bank\u00a0of Aldmere met.", "Bank\u00a0of Aldmere"),
        ("New York", "The minister said that the court and the union in New\nYork met.", "New\nYork"),
        ("Bank of Aldmere", "The BANK OF ALDMERE met.", "BANK OF ALDMERE"),
        ("Harbour Council", "Nobody spoke of the Harbour\nCouncil.", "Harbour\nCouncil"),
        ("Al-Dar", "The Al\u2011Dar met.", "Al\u2011Dar"),
        ("İzmir", "Nobody met in İzmir.", "İzmir"),
    ],
)
def test_a_given_target_is_found_however_it_is_encoded(scorer, target, body, mention):
    (scored,) = scorer.score_articles([article(body, targets=(GivenTarget(target),))])
    assert scored.absent_targets == ()
    for row in scored.rows:
        if row.kind == "claim":
            assert (row.target, body[row.target_start : row.target_end]) == (target, mention)


@pytest.mark.parametrize(
    ("target", "body"), [("US", "He told us."), ("us", "The US met."), ("Cafe", "The Cafe\u0301 met.")]
)
def test_another_word_is_no_mention(scorer, target, body):
    (scored,) = scorer.score_articles([article(body, targets=(GivenTarget(target),))])
    assert scored.absent_targets == (target,)


@pytest.mark.parametrize(("also", "found"), [(False, []), (True, ["the court", "Orvane"])])
def test_with_given_targets_none_are_found_unless_asked_for(also, found):
    body = "Norland warned the court. The union warned Orvane."
    records = read_sentences(article(body, targets=(GivenTarget("Norland"),)), "article", also)
    stances = [PredictedTarget(Span(0, 1), {"stance": (1.0, 0.0, 0.0)})]
    for record, names in zip(records, (("Norland", "the court"), ("Orvane",)), strict=True):
        spans = [Span(record.text.index(name), record.text.index(name) + len(name)) for name in names]
        targets = tuple(PredictedTarget(span, {"stance": (0.0, 1.0, 0.0)}) for span in spans)
        record.set_prediction(changed(make_prediction(), targets=targets, given=tuple(stances[: len(record.given)])))
    judged = [(target.text, target.origin) for record in records for target in record.targets]
    assert judged == [("Norland", "given"), *((name, "found") for name in found)]


def test_a_given_target_absent_from_an_article_is_counted(scorer):
    (scored,) = scorer.score_articles([article(targets=(GivenTarget("Orvane"),))])
    assert scored.absent_targets == ("Orvane",)


def test_a_given_target_absent_from_a_sentence_unit_keeps_its_row_for_review(sentence_scorer):
    given = (GivenTarget("court"), GivenTarget("Orvane"))
    (scored,) = sentence_scorer.score_articles([article("the court met.", targets=given)])
    rows = [row for row in scored.rows if row.kind == "claim"]
    if rows:  # the random model may call it no claim
        assert [row.target for row in rows] == ["court", "Orvane"]
        assert (rows[1].stance, rows[1].target_start) == (None, None)
        assert "stance" in rows[1].needs_review


def test_target_blind_gives_every_target_the_same_stance(scorer):
    text = "Norland warned the court."
    spans = [[Span(0, 7), Span(19, 24)]]
    (seeing,) = scorer.predictor.predict([text], spans)
    (blind,) = scorer.predictor.predict([text], spans, target_blind=True)
    assert blind.given[0].stance == blind.given[1].stance
    assert seeing.given[0].stance != seeing.given[1].stance


def test_batch_size_changes_no_decision(tiny_model):
    texts = ["the court met.", "Norland warned the minister if the talks may fail.", "peace " * 90]
    one = load_predictor(tiny_model, runtime="torch", batching=Batching(size=1)).predict(texts)
    many = load_predictor(tiny_model, runtime="torch", batching=Batching(size=8)).predict(texts)
    for a, b in zip(one, many, strict=True):
        assert a.kind == pytest.approx(b.kind, abs=1e-4)
        assert (a.source, a.cues, [t.span for t in a.targets]) == (b.source, b.cues, [t.span for t in b.targets])


def test_a_table_of_texts_scores_like_the_same_articles(scorer):
    texts = ["The minister warned Norland.", "The court met. The talks failed."]
    table = pa.table({"text": texts, "id": ["a", "b"], "targets": [["Norland"], None]})
    found = score_table(scorer, table)
    rows = [article(text, targets=given) for text, given in zip(texts, [(GivenTarget("Norland"),), None], strict=True)]
    expected = score_table(scorer, to_table(Article, rows))
    same = [name for name in found.column_names if name not in ("article_id", "input")]
    assert found.select(same).to_pylist() == expected.select(same).to_pylist()
    assert set(found["article_id"].to_pylist()) <= {"a", "b"}


def test_a_table_with_bad_rows_is_refused_by_the_first(scorer):
    with pytest.raises(InputError, match=r"row 2 of 3: the text is empty \(2 such rows\); leave them out"):
        score_table(scorer, pa.table({"text": ["The court met.", "", None]}))
    with pytest.raises(InputError, match="row 1 of 1: no column 'text'; found 'title'"):
        score_table(scorer, pa.table({"title": ["x"]}))


def test_kept_columns_follow_the_contract(scorer):
    table = score_table(scorer, to_table(Article, [article(kept=json.dumps({"desk": "world", "rank": 3}))]))
    assert table.schema.names[-2:] == ["desk", "rank"]
    assert set(table["rank"].to_pylist()) == {"3"}


def test_score_gives_typed_records(scorer):
    rows = scorer.score(["The minister warned Norland."])
    assert all(isinstance(row, ScoredClaim) for row in rows)


def test_an_empty_table_gives_an_empty_table(scorer):
    table = score_table(scorer, to_table(Article, []))
    assert table.num_rows == 0
    assert isinstance(table, pa.Table)
