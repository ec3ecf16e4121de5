"""Capitals say nothing in shouted sentences; the article's own mixed case brings back its names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.schema import Article, GivenTarget
from claimstance.scoring.sentence import read_sentences
from claimstance.segmentation.casing import cased_words, is_capitals, is_shouted, recase
from predictions import changed, make_prediction


def seen(body, title=None):
    """The texts that the model reads."""
    return [record.text for record in read_sentences(Article("a", "a", body, title), "article")]


@pytest.mark.parametrize(
    ("text", "shouted"),
    [
        ("THE DOCKERS SAID IT WAS OVER.", True),
        ("UPDATE 2-MINER DENIES IT WILL CLOSE", True),
        ("Opposition Leader Accuses Minister of Lying", True),
        ("The EU and NATO met.", False),
        ("Ilse Torvald met Tom Harker.", False),
        ("The BANK OF ALDMERE may sue.", False),
        ("U.S.", False),
        ("", False),
        ("日本 は 国", False),
    ],
)
def test_what_is_shouted(text, shouted):
    assert is_shouted(text) is shouted


def test_names_keep_the_capitals_that_the_article_shows():
    body = "Union leader Ilse Torvald met the Bank of Aldmere and NATO in May. OSGOOD MAY SUE ILSE TORVALD'S U.S. BANK OF ALDMERE AND NATO."
    assert seen(body)[-1] == "Osgood may sue Ilse Torvald's U.S. Bank of Aldmere and NATO."
    assert seen("Nobody met Torvald at the harbour.", "Harbour Chief Accuses Torvald of Fraud")[0] == (
        "Harbour chief accuses Torvald of fraud"
    )


def test_a_word_that_the_article_also_writes_small_is_no_name():
    assert cased_words(["The Port Authority spoke.", "The port is shut."]) == {"authority": "Authority"}


def test_sentences_in_mixed_case_are_left_alone():
    body = "The EU warned Norland. Norland Bank Sues NATO, it said."
    assert seen(body) == ["The EU warned Norland.", "Norland Bank Sues NATO, it said."]


@given(st.text(max_size=60))
def test_recasing_keeps_the_length(text):
    for each in (text, text.upper()):
        assert len(recase(each, {})) == len(each)


def test_columns_hold_what_is_written_and_a_given_target_is_found_in_capitals():
    article = Article("a", "a", "THE BANK OF ALDMERE DENIED IT.", targets=(GivenTarget("Bank of Aldmere"),))
    (record,) = read_sentences(article, "article")
    assert is_capitals(record.view.plain)
    assert [span.of(record.view.plain) for span in record.given[0].mentions] == ["BANK OF ALDMERE"]
    record.only_given, record.given = False, ()
    record.set_prediction(changed(make_prediction(), targets=()))
    assert record.text == "The bank of aldmere denied it."
