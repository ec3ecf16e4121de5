"""The readers of public corpora, on files in the same format whose sentences are ours."""

import json

import pytest

from claimstance import heads
from claimstance.corpus.public import read_source
from claimstance.errors import InputError
from claimstance.schema import CueType, Stance, Strength

SENTENCE = "Oda Revik praised the dockers and blamed Halvane."


def span_of(example, target):
    return target.span.of(example.text)


@pytest.fixture
def newsmtsc(tmp_path):
    rows = [
        {"sentence": SENTENCE, "mention": "Halvane", "polarity": -1.0, "from": 41, "to": 48, "id": "1"},
        {"sentence": SENTENCE, "mention": "Oda Revik", "polarity": 0.0, "from": 0, "to": 9, "id": "2"},
        {"sentence": SENTENCE, "mention": "Revik", "polarity": 1.0, "from": 4, "to": 9, "id": "3"},
    ]
    for name in ("train", "rw-dev", "mt-dev", "rw-test", "mt-test"):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


def test_newsmtsc_rows_of_one_sentence_are_one_example_unless_they_overlap(newsmtsc):
    train = [e for e in read_source("newsmtsc", newsmtsc) if e.split == "train"]
    assert [[(span_of(e, t), t.stance) for t in e.targets] for e in train] == [
        [("Halvane", Stance.OPPOSE), ("Oda Revik", Stance.NEUTRAL)],
        [("Revik", Stance.SUPPORT)],
    ]
    assert {e.labelled for e in train} == {(heads.SENTIMENT.name,)}


def test_newsmtsc_keeps_its_official_splits(newsmtsc):
    assert {e.split for e in read_source("newsmtsc", newsmtsc)} == {"train", "dev", "test-rw", "test-mt"}


def test_dse_gives_the_label_to_the_target_and_grows_fragments_to_words(tmp_path):
    rows = [
        "[Reviks]ter blamed the [Halvane] board.\tA\tB\t3",
        "[Malk] praised [Ostrand].\tA\tB\t1",
        "[Ostrand] was attacked by [Malk].\tA\tB\t4",
        "[Malk] met [Branthe].\tA\tB\t0",
        "[Ostrand] spoke [with] the press.\tA\tB\t3",
    ]
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = {e.text: [(span_of(e, t), t.stance) for t in e.targets] for e in read_source("dse", tmp_path)}
    assert found == {
        "Revikster blamed the Halvane board.": [("Halvane", Stance.OPPOSE)],
        "Malk praised Ostrand.": [("Ostrand", Stance.SUPPORT)],
        "Ostrand was attacked by Malk.": [("Ostrand", Stance.OPPOSE)],
        "Malk met Branthe.": [("Malk", Stance.NEUTRAL), ("Branthe", Stance.NEUTRAL)],
    }


def test_dse_splits_do_not_share_a_sentence(tmp_path):
    for name in ("train", "valid", "test"):  # the official split does
        lines = [f"[Malk] praised [Ostrand] in {year}.\tA\tB\t1" for year in range(2000, 2060)]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    examples = read_source("dse", tmp_path)
    assert len(examples) == len({e.text for e in examples}) == 60
    assert {e.split for e in examples} == {"train", "dev", "test"}


@pytest.fixture
def szeged(tmp_path):
    xml = """<Corpus><DocumentSet><Document type="x"><DocID>7</DocID><DocumentPart type="Title"><Sentence id="t">The
    title of a page</Sentence></DocumentPart><DocumentPart type="Text"><Sentence id="s1">The mill <ccue type="modal_probable">may</ccue>
    close <ccue type="condition">if</ccue> prices <ccue type="condition">would</ccue> fall.</Sentence><Sentence id="s2">Some
    <ccue type="doxastic">believe</ccue> that others <ccue type="doxastic">consider</ccue> it and claim so.</Sentence></DocumentPart></Document></DocumentSet></Corpus>"""
    for name in ("wiki.xml", "factbank.xml"):
        (tmp_path / name).write_text(xml, encoding="utf-8")
    return tmp_path


def test_szeged_cues_become_the_guides_and_the_others_are_masked(szeged):
    first, second = read_source("szeged_wiki", szeged)
    assert first.text == "The mill may close if prices would fall."
    assert [(c.span.of(first.text), c.type) for c in first.cues] == [
        ("may", CueType.EPISTEMIC),
        ("if", CueType.CONDITIONAL),
    ]
    assert [m.span.of(first.text) for m in first.masked] == ["would"]
    assert [(c.span.of(second.text), c.type) for c in second.cues] == [("believe", CueType.DOXASTIC)]
    assert {m.span.of(second.text) for m in second.masked} == {"consider", "claim"}


def test_szeged_news_only_tests_and_masks_nothing_for_silence(szeged):
    examples = read_source("szeged_news", szeged)
    assert {e.split for e in examples} == {"test"}
    assert {m.span.of(examples[1].text) for m in examples[1].masked} == {"consider"}


def test_szeged_news_swaps_its_two_modal_names_so_both_are_epistemic(szeged):
    xml = (szeged / "factbank.xml").read_text()
    swapped = xml.replace("modal_probable", "speculation_modal_possible_")
    (szeged / "factbank.xml").write_text(swapped)
    assert swapped != xml
    assert read_source("szeged_news", szeged)[0].cues[0].type is CueType.EPISTEMIC


def test_science_ratings_become_strengths(tmp_path):
    rows = [
        {"finding": f"The drug {i} works in mice.", "sentence-level-certainty": rating, "split": split}
        for i, (rating, split) in enumerate([(5.5, "train"), (4.0, "val"), (2.2, "test"), (1.0, "ext")])
    ]
    (tmp_path / "sentences.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = read_source("science_certainty", tmp_path)
    assert [e.strength for e in found] == [
        Strength.CERTAIN,
        Strength.PROBABLE,
        Strength.POSSIBLE,
        Strength.UNCOMMITTED,
    ]
    assert [e.split for e in found] == ["train", "dev", "test", "train"]


@pytest.mark.parametrize("name", ["newsmtsc", "dse", "szeged_wiki", "science_certainty"])
def test_a_missing_file_says_to_fetch_again(tmp_path, name):
    with pytest.raises(InputError, match=f"cannot be read as {name}: .*fetch it again"):
        read_source(name, tmp_path)


def test_an_unknown_corpus_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no reader for 'nope'"):
        read_source("nope", tmp_path)
