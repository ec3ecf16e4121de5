from dataclasses import replace

import pytest

from claimstance.evaluation import slices
from claimstance.schema import Kind
from predictions import changed, perfect


def told(example, **changes):
    """The prediction that is right in every field, then changed."""
    return changed(perfect(example), **changes)


def test_a_row_is_right_only_if_all_of_it_is(example):
    predictions = [told(example), told(example, source=None), told(example, act=(1.0, 0, 0, 0, 0, 0, 0))]
    found = slices.rows_right([example] * 3, predictions)
    assert found == {"claims": 3, "decisions": pytest.approx(2 / 3), "all_fields": pytest.approx(1 / 3)}


def test_sentences_that_claim_nothing_are_no_rows(example):
    assert slices.rows_right([example, replace(example, kind=Kind.OTHER)], [told(example)] * 2)["claims"] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Norland did not agree.", "negated"), ("Norland can’t agree.", "negated"), ("Nothing is left.", "negated"),
     ("Norland noted it.", "not negated")],
)  # fmt: skip
def test_negated_sentences_are_found_by_their_words(example, text, expected):
    bare = replace(example, text=text, source=None, targets=())
    assert expected in set(slices.slices_of(bare))


def test_a_claim_is_in_the_slices_of_its_article_and_targets(example):
    found = set(slices.slices_of(replace(example, subject="trade", style="op-ed")))
    assert {"subject: trade", "style: op-ed", "targets: 1", "under 30 words", "quoted: narrated"} <= found


def test_slices_too_small_to_say_anything_are_left_out(example):
    assert slices.by_slice([example] * 19, [told(example)] * 19) == {}
    assert slices.by_slice([example] * 20, [told(example)] * 20)["targets: 1"]["act"] == 1.0
