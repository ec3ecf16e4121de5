"""Near duplicates, clusters and stable splits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.corpus.splits import (
    SplitParams,
    assign_splits,
    best_seed,
    cluster,
    cluster_articles,
    exact_duplicates,
    imbalance,
    leaks,
    near_duplicates,
    normalise,
    shingles,
)
from claimstance.errors import ParamsError

FRACTIONS = SplitParams().fractions()
STORY = (
    "The harbour board of Lower Quay voted late on Tuesday to close the eastern pier until the cracked pillars "
    "have been mended, and told the ferry lines to use the old landing stage in the meantime."
)


def test_a_growing_corpus_keeps_its_old_assignments():
    old = {f"article-{i}": f"article-{i}" for i in range(50)}
    new = {**old, **{f"later-{i}": f"later-{i}" for i in range(50)}}
    after = assign_splits(new, FRACTIONS, seed=3)
    assert {item: after[item] for item in old} == assign_splits(old, FRACTIONS, seed=3)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=3)), st.integers())
def test_items_of_one_group_are_never_split(groups, seed):
    found = assign_splits(groups, FRACTIONS, seed)
    assert all(found[a] == found[b] for a in groups for b in groups if groups[a] == groups[b])


def test_the_shares_hold_on_average():
    found = list(assign_splits({str(i): str(i) for i in range(5000)}, FRACTIONS, seed=1).values())
    assert {split: pytest.approx(share, abs=0.02) for split, share in FRACTIONS.items()} == {
        split: found.count(split) / 5000 for split in FRACTIONS
    }


def test_an_assignment_is_pinned_so_that_no_release_moves_articles():
    assert assign_splits({"a": "a", "b": "b", "c": "c", "d": "d"}, FRACTIONS, seed=1) == PINNED


PINNED = {"a": "dev", "b": "train", "c": "train", "d": "test"}


def test_more_dev_takes_from_train_and_leaves_test_as_it_is():
    items = {str(i): str(i) for i in range(200)}
    before = assign_splits(items, FRACTIONS, seed=1)
    after = assign_splits(items, SplitParams(dev_fraction=0.3).fractions(), seed=1)
    assert [i for i in items if before[i] == "test"] == [i for i in items if after[i] == "test"]


def test_fractions_that_leave_nothing_for_train_are_refused():
    with pytest.raises(ParamsError, match=r"leave nothing for train: 0\.5 \+ 0\.5; use e\.g\. 0\.15 and 0\.15"):
        SplitParams(dev_fraction=0.5, test_fraction=0.5).fractions()
    with pytest.raises(ParamsError, match="add up to 1"):
        assign_splits({}, {"train": 0.5}, seed=1)


def test_a_wire_copy_with_a_new_headline_lands_in_the_same_group():
    texts = {
        "b-copy": f"Ferries moved.\n{STORY}",
        "a-first": STORY,
        "c-other": "Rain is due in the hills by noon today.",
    }
    assert cluster_articles(texts, SplitParams()) == {"a-first": "a-first", "b-copy": "a-first", "c-other": "c-other"}


def test_near_duplicates_are_decided_by_the_exact_index():
    changed = STORY.replace("late on Tuesday", "in a long and noisy meeting")
    (pair,) = near_duplicates({"x": STORY, "y": changed}, threshold=0.5)
    a, b = shingles(STORY, 5), shingles(changed, 5)
    assert pair.similarity == len(a & b) / len(a | b)
    assert near_duplicates({"x": STORY, "y": changed}, threshold=pair.similarity + 0.01) == []


def test_clusters_hang_together_through_a_third():
    assert cluster("abcd", [("c", "b"), ("b", "a")]) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_case_and_punctuation_do_not_make_a_text_another():
    assert normalise('"We WILL wait," she said.') == normalise("we will wait she said")
    pairs = exact_duplicates({"x": "Stay tuned!", "y": "stay tuned", "z": "…", "w": "—"})
    assert [(pair.first, pair.second) for pair in pairs] == [("x", "y")]
    assert leaks(pairs, {"x": "train", "y": "test"}) == pairs
    assert leaks(pairs, {"x": "train", "y": "train"}) == []


def test_the_best_seed_brings_a_rare_label_to_every_split():
    groups = {str(i): str(i) for i in range(30)}
    labels = {str(i): {"common": 10, "rare": int(i % 6 == 0)} for i in range(30)}
    seed = best_seed(groups, labels, FRACTIONS, range(50))
    found = assign_splits(groups, FRACTIONS, seed)
    assert {found[item] for item in groups if labels[item]["rare"]} == {"train", "dev", "test"}
    assert imbalance(groups, labels, FRACTIONS, seed) == min(
        imbalance(groups, labels, FRACTIONS, other) for other in range(50)
    )
