"""Exchanged names keep every label."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.corpus.articles import read_corpus, to_examples
from claimstance.corpus.exchange import exchange_names
from claimstance.schema import Example, Span, Stance, Target

PROJECT = Path(__file__).parents[1]


def sentence(text, *targets, source=None):
    spans = [Span(text.index(words), text.index(words) + len(words)) for words in targets]
    return Example(
        "1", "own", "1", "train", text, ("stance",), targets=tuple(Target(span, Stance.OPPOSE) for span in spans),
        source=Span(text.index(source), text.index(source) + len(source)) if source else None,
    )  # fmt: skip


def test_a_country_becomes_another_in_the_same_form():
    text = "Russia's foreign minister said the United States and Russian firms met in Moscow."
    new = exchange_names(sentence(text, "the United States"), np.random.default_rng(0))
    assert new.text.endswith(".") and "Russia" not in new.text and "Moscow" not in new.text and "the " not in new.text
    country = new.targets[0].span.of(new.text)
    assert country in new.text and country[0].isupper()
    assert "'s foreign minister said " in new.text


def test_a_person_becomes_somebody_else_by_surname_too():
    text = "Jane Whitcombe denied it, and Whitcombe's lawyer blamed Norland."
    new = exchange_names(sentence(text, source="Jane Whitcombe"), np.random.default_rng(0))
    name = new.source.of(new.text)
    assert new.text == text.replace("Jane Whitcombe", name).replace("Whitcombe", name.split()[-1])


@pytest.mark.parametrize(
    ("text", "body", "others"),
    [
        ("The mayor blamed the Taliban for it.", "the Taliban", {"Hezbollah", "the Red Cross"}),
        ("The mayor blamed Hamas for it.", "Hamas", {"Hezbollah", "the Red Cross"}),
        ("Hamas denied it.", "Hamas", {"Hezbollah", "The Red Cross"}),
        ("The UN denied it.", "The UN", {"Hezbollah", "The Red Cross"}),
        ("They blamed Boko Haram for it.", "Boko Haram", {"Hezbollah", "the Red Cross"}),
        ("Norland's UN mission left.", "UN", {"Hezbollah", "Red Cross"}),
        ("Norland fears the NATO chief.", "NATO", {"Hezbollah", "Red Cross"}),
    ],
)
def test_a_body_becomes_another_with_the_article_that_the_sentence_asks_for(text, body, others):
    seen = set()
    for seed in range(300):
        new = exchange_names(sentence(text, body), np.random.default_rng(seed))
        name = new.targets[0].span.of(new.text)
        assert name != body and new.text == text.replace(body, name)
        seen.add(name)
    assert {name for name in seen if name.endswith(("Hezbollah", "Red Cross"))} == others


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("An international media group says that it is disturbed.", "An international media group"),
        ("The authors proposed that the wings flapped.", "The authors"),
        ("Your presence has been a calamity.", "Your presence"),
        ("The constitution requires both houses to vote.", "The constitution"),
        ("They fought Ian Ashby's government for years.", "Ian Ashby's government"),
        ("Mr. Ashby refuses to concede.", "Mr. Ashby"),
        ("Aldmere medicine is an export industry.", "Aldmere medicine"),
    ],
)
def test_what_is_no_full_name_of_a_person_stays(text, source):
    assert exchange_names(sentence(text, source=source), np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    "text", ["The council met.", "They spoke of us.", "Norland met the Board.", "Turkey met Jordan.", "Russians sang."]
)
def test_a_sentence_without_such_names_is_not_exchanged(text):
    assert exchange_names(sentence(text), np.random.default_rng(0)) is None


@given(st.integers(0, 2**31))
def test_spans_outside_the_names_keep_their_words(seed):
    text = "If Ukraine signs, France will lift the ban on the Netherlands, the Russian envoy said."
    old = sentence(text, "France", "the ban", "the Netherlands", "Ukraine")
    new = exchange_names(old, np.random.default_rng(seed))
    assert new.targets[1].span.of(new.text) == "the ban"
    assert all(new.text[t.span.start :].startswith(t.span.of(new.text)) for t in new.targets)
    assert [t.stance for t in new.targets] == [t.stance for t in old.targets]


def test_labels_of_the_corpus_stay_whole_words():
    articles, _ = read_corpus(PROJECT / "data" / "corpus")
    rng = np.random.default_rng(1)
    changed = 0
    for old in (example for article in articles for example in to_examples(article, "train")):
        new = exchange_names(old, rng)
        if new is None:
            continue
        changed += 1
        assert new.text != old.text
        for a, b in zip((*old.cues, *old.targets), (*new.cues, *new.targets), strict=True):
            assert (a.span.start == 0 or not old.text[a.span.start - 1].isalnum()) == (
                b.span.start == 0 or not new.text[b.span.start - 1].isalnum()
            )
    assert changed > 100
