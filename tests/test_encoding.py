import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance import heads
from claimstance.errors import ModelError
from claimstance.model.encoding import (
    SentenceEncoder,
    WindowParams,
    cut_windows,
    tokens_of,
)
from claimstance.schema import Masked, Span
from claimstance.training.labels import IGNORE, label_tokens
from claimstance.words import whole_words


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return SentenceEncoder(tiny_model / "tokenizer.json", WindowParams(64, 16))


@given(st.text(max_size=200))
def test_token_offsets_point_into_the_text(encoder, text):
    (sentence,) = encoder.encode([text])
    assert len(sentence.ids) == len(sentence.offsets)
    assert all(0 <= start <= end <= len(text) for start, end in sentence.offsets)


@given(st.integers(0, 2000), st.integers(12, 300), st.integers(0, 8))
def test_windows_cover_every_token_and_never_exceed_their_room(tokens, longest, overlap):
    windows = cut_windows(tokens, WindowParams(longest, overlap))
    assert windows[0].start == 0
    assert windows[-1].end == tokens
    assert all(w.end - w.start <= longest - 2 for w in windows)
    assert all(a.end - b.start >= overlap for a, b in zip(windows, windows[1:], strict=False))


def test_a_long_sentence_is_windowed_and_not_truncated(encoder):
    (sentence,) = encoder.encode(["the court " * 100])
    assert len(sentence.ids) == 200
    assert len(sentence.windows) > 1


def test_labels_become_tags_over_the_same_tokens(encoder, example):
    (sentence,) = encoder.encode([example.text])
    tags = label_tokens(example, sentence.offsets)
    cues, labels = tags["cues"], heads.CUES.labels
    words = [example.text[a:b] for a, b in sentence.offsets]
    assert cues[words.index("if")] == 1 + 2 * labels.index("conditional")
    begin = 1 + 2 * labels.index("intention")
    assert cues[words.index("ready") : words.index("ready") + 2].tolist() == [begin, begin + 1]
    target = tokens_of(example.targets[0].span, sentence.offsets)
    assert tags["target"][target].tolist() == [1] + [2] * (len(target) - 1)
    condition = tokens_of(example.condition, sentence.offsets)
    assert set(target) < set(condition), "a target may lie within a condition"


def test_what_a_corpus_does_not_label_is_ignored(encoder, example):
    from dataclasses import replace

    (sentence,) = encoder.encode([example.text])
    silent = replace(example, labelled=(heads.CUES.name,), masked=(Masked(heads.CUES.name, example.cues[0].span),))
    tags = label_tokens(silent, sentence.offsets)
    cues = tags.pop("cues")
    assert all((of_head == IGNORE).all() for of_head in tags.values())
    assert (cues[tokens_of(example.cues[0].span, sentence.offsets)] == IGNORE).all()
    assert (cues != IGNORE).any()


def test_a_batch_is_padded_with_its_mask(encoder):
    batch = encoder.batch([np.array([7, 8, 9]), np.array([7])])
    assert batch.input_ids.tolist() == [[2, 7, 8, 9, 3], [2, 7, 3, 0, 0]]
    assert batch.attention_mask.sum(axis=1).tolist() == [5, 3]


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("the well-known plan", "known", "well-known"),
        ("said “Norland’s plan”", "Norland’s", "Norland"),
        ("said “the plan,” he", "the plan,”", "the plan"),
        ("in the U.S. today", "U.S.", "U.S."),
        ("it ended.", "ended.", "ended"),
        ("Orvane", "rvan", "Orvane"),
    ],
)
def test_spans_grow_to_whole_words_without_outer_punctuation(text, part, expected):
    span = Span(text.index(part), text.index(part) + len(part))
    assert whole_words(text, span).of(text) == expected


def test_a_missing_tokenizer_is_one_clear_line(tmp_path):
    with pytest.raises(ModelError, match="no such file; a model folder holds its tokenizer"):
        SentenceEncoder(tmp_path / "tokenizer.json", WindowParams())
