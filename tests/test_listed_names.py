"""A model with hidden names reads the same for every country and body of the lists, and its spans are as written."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.model.encoding import SentenceEncoder, WindowParams
from claimstance.model.folder import ModelConfig
from claimstance.scoring.scorer import ScoreOptions, load_scorer
from claimstance.segmentation.casing import is_shouted, recase
from claimstance.segmentation.listed_names import (
    BODY,
    body_mentions,
    country_mentions,
    hidden_names,
    replaced,
)

LISTED = [
    "Russia",
    "Russians",
    "Moscow",
    "the United States",
    "U.S.",
    "US-led",
    "Hamas",
    "the Taliban",
    "NATO",
    "the UN",
]
STUCK = ["US✅", "🇺🇸US", "Côte d’Ivoire", "Frances"]
OTHERS = ["met", "the", "envoy", ",", ".", "'s", "if", "Åse", "  "]


def read(text):
    return replaced(text, hidden_names(text))


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return SentenceEncoder(tiny_model / "tokenizer.json", WindowParams(64, 16), hide_names=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The mayor met the Taliban in the spring.", "The mayor met the Red Cross in the spring."),
        ("Hamas rents an office.", "NATO rents an office."),
        ("Russia's envoy left Moscow for Iran.", "Brazil's envoy left Brasília for Kenya."),
        ("The Russian envoy thanked Russia.", "The French envoy thanked France."),
        ("The U.S. sent a note.", "The Netherlands sent a note."),
        ("Boko Haram and ISIS were named.", "Greenpeace and UNESCO were named."),
        ("Al-Qaeda rents an office.", "NATO rents an office."),
        ("The US-led talks with pro-Russian groups ended.", "The Palestine-led talks with pro-Turkish groups ended."),
        ("The European Union said that the EU will wait.", "The United Nations said that the UN will wait."),
        ("Côte d’Ivoire met Hizballah.", "Spain met Unicef."),
        ("Israelis and Palestinians sang.", "Americans and Turks sang."),
    ],
)
def test_sentences_that_differ_in_listed_names_alone_are_read_alike(encoder, one, other):
    assert read(one) == read(other)
    first, second = encoder.encode([one, other])
    assert first.ids.tolist() == second.ids.tolist()
    assert [one[a:b] for a, b in first.offsets] != [other[a:b] for a, b in second.offsets]


def test_two_countries_stay_two_and_one_stays_one():
    assert read("Russia met Iran; the Iranian envoy left Moscow.") == ("Norway met Kenya; the Kenyan envoy left Oslo.")


@pytest.mark.parametrize(
    "text",
    [
        "Jordan thanked the Jordanian police.",
        "He moved to Georgia.",
        "New Mexico and Northern Ireland met African Americans.",
        "Hurricane Frances could hit the coast.",
        "Norland met the Board.",
        "They spoke of us.",
    ],
)
def test_other_names_and_names_with_another_meaning_stay(text):
    assert read(text) == text


@given(st.lists(st.sampled_from([*LISTED, *STUCK, *OTHERS]), max_size=25))
def test_every_token_stands_where_the_sentence_has_it(encoder, words):
    text = " ".join(words)
    (sentence,) = encoder.encode([text])
    names = [one.span for one in hidden_names(text)]
    for start, end in sentence.offsets.tolist():
        assert 0 <= start < end <= len(text)
        within = [name for name in names if name.start < end and start < name.end]
        assert all(start <= name.start and name.end <= end for name in within), "a token has all of a name or none"
    assert sentence.offsets[:, 0].tolist() == sorted(sentence.offsets[:, 0].tolist())
    covered = {place for start, end in sentence.offsets.tolist() for place in range(start, end)}
    assert covered == {place for place, character in enumerate(text) if not character.isspace()} | {
        place for name in names for place in range(name.start, name.end)
    }


@given(st.text(max_size=200))
def test_a_text_without_listed_names_is_read_as_written(encoder, text):
    if not any(country_mentions(text)) and not any(body_mentions(text)):
        assert hidden_names(text) == []


def test_mentions_say_what_they_are():
    (country,) = country_mentions("They met in the Kremlin.")
    (body,) = body_mentions("They met the UN.")
    assert (country.name, country.form) == ("Russia", "name")
    assert (body.name, body.form) == ("United Nations", BODY)
    assert body.span.of("They met the UN.") == "the UN" and body.bare.of("They met the UN.") == "UN"


def test_the_released_model_gives_both_the_same_labels_and_their_own_words():
    texts = [
        f"{source} threatened to attack {target} unless the {adjective} troops leave."
        for source, target, adjective in (("Hamas", "the United States", "Russian"), ("UNICEF", "Norway", "French"))
    ]
    one, other = (row for row in load_scorer().score(texts) if row.target in ("the United States", "Norway"))
    assert (one.source, one.target, other.source, other.target) == ("Hamas", "the United States", "UNICEF", "Norway")
    assert (one.condition, other.condition) == ("the Russian troops leave", "the French troops leave")
    for row in (one, other):
        assert row.text[row.target_start : row.target_end] == row.target
    assert (one.act, one.strength, one.stance) == (other.act, other.strength, other.stance)


@pytest.mark.parametrize(
    "text",
    ["🇺🇸US", "US✅", "He condemned 🇬🇧UK.", "🇺🇦Ukraine and Russia✅", "✅the UN✅", "Hamas" * 3 + " US", "\u0301US"],
)
def test_a_symbol_that_sticks_to_a_name_crashes_nothing(text):
    scorer = load_scorer(options=ScoreOptions(include_other=True))
    encoder = scorer.predictor.encoder
    for start, end in encoder.encode([text])[0].offsets.tolist():
        assert 0 <= start < end <= len(text)
    assert {row.text for row in scorer.score([text])} == {text}


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Police Say The Taliban And Russia Rent An Office", "Police say the NATO and Norway rent an office"),
        ("POLICE SAY THE TALIBAN AND RUSSIANS RENT AN OFFICE", "Police say the NATO and Norwegians rent an office"),
        ("Police Say US Troops Rent An Office", "Police say Norway troops rent an office"),
        ("POLICE SAY THAT IT HELPED US RENT AN OFFICE", "Police say that it helped us rent an office"),
    ],
)
def test_names_are_hidden_in_headlines_too(headline, expected):
    assert is_shouted(headline)
    assert read(recase(headline, {})) == expected


def test_a_run_is_not_continued_by_a_model_that_reads_other_names(monkeypatch):
    shown = ModelConfig("toy", "", 64, 16)
    hidden = replace(shown, hide_names=True)
    before = hidden.fitted
    assert shown.fitted != before
    monkeypatch.setattr("claimstance.segmentation.listed_names.digest", lambda: "of another list")
    assert hidden.fitted != before
