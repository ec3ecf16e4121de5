"""How varied a corpus's wording is."""

import pytest

from claimstance.corpus.diversity import first_words, frame, measure, moving_type_token_ratio


def test_the_moving_ratio_is_the_mean_over_all_windows():
    tokens = ["abcdef"[i * i % 7 % 6] for i in range(60)]
    windows = [tokens[i : i + 10] for i in range(len(tokens) - 9)]
    expected = sum(len(set(window)) / 10 for window in windows) / len(windows)
    assert moving_type_token_ratio(tokens, window=10) == pytest.approx(expected)
    assert moving_type_token_ratio(["a", "b", "a"], window=10) == pytest.approx(2 / 3)


def test_sentences_that_differ_in_names_and_nouns_only_have_one_frame():
    one = ["The", "mayor", "of", "Tolm", "said", "that", "she", "would", "veto", "the", "harbour", "levy"]
    other = ["The", "Norland", "coach", "hinted", "that", "she", "would", "bench", "the", "tired", "keeper"]
    assert frame(one) == "the _ of _ that she would _ the _"
    assert frame(one) != frame(other)
    texts = [f"The mayor of Tolm{i} said that she would veto the levy number {i}" for i in range(7)]
    found = measure([*texts, "Snow fell."])
    assert found.frequent_frames == (("the _ of _ that she would _ the _", 7),)
    assert (found.frames, found.framed, found.openings) == (1, 7, 2)
    assert found.commonest_openings[0] == ("the mayor", 7)


def test_first_words_that_give_the_label_away_are_found_out():
    texts = [f"{('Never' if i % 2 else 'Gladly')} word{i} came" for i in range(60)]
    groups = [str(i // 2) for i in range(60)]
    telling = first_words(texts, ["reject" if i % 2 else "agree" for i in range(60)], groups)
    assert telling is not None
    assert telling.accuracy == 1.0
    assert telling.majority_accuracy <= 0.5
    blind = first_words([f"w{i} x{i} y{i}" for i in range(60)], ["a"] * 40 + ["b"] * 20, groups)
    assert blind is not None
    assert blind.accuracy == pytest.approx(blind.majority_accuracy)


def test_too_few_articles_to_cross_validate_give_no_figure():
    assert first_words(["a b c", "d e f"], ["x", "y"], ["1", "2"]) is None
