"""Corrections from the review queue, checked against the scored file."""

import json

import pytest
from click.testing import CliRunner

from claims import toward, write
from claimstance.commands.group import cli
from claimstance.errors import InputError
from claimstance.report.corrections import accuracies, wilson
from claimstance.report.scored import read_scored

GOOD = {
    "article_id": "a1",
    "part": "body",
    "start": 0,
    "target_start": None,
    "field": "act",
    "old": "accuse",
    "new": "state",
    "comment": "",
    "order": "queue",
}
STANCE = GOOD | {"target_start": 8, "field": "stance", "old": "oppose", "new": "oppose"}


@pytest.fixture
def scored(tmp_path):
    row = toward("Norland", "Estra", "oppose", text="Norland Estra", act="accuse", target_start=8, target_end=13)
    return write(tmp_path, [row], [{"article_id": "a1", "body": "Norland Estra"}])[0]


def check(tmp_path, scored, *records):
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return accuracies(tmp_path / "c.jsonl", read_scored([scored]))


def test_right_is_what_was_accepted_by_field_and_order(tmp_path, scored):
    found = check(
        tmp_path,
        scored,
        GOOD,
        STANCE,
        GOOD | {"field": "strength", "old": "certain", "new": "certain", "order": "random"},
    )
    assert [(a.order, a.field, a.right, a.n) for a in found] == [
        ("queue", "act", 0, 1),
        ("queue", "stance", 1, 1),
        ("random", "strength", 1, 1),
    ]


def test_a_comment_may_hold_any_line_separator(tmp_path, scored):
    record = json.dumps(GOOD | {"comment": "one\u2028two\u0085three"}, ensure_ascii=False)
    (tmp_path / "c.jsonl").write_text(record + "\n\n", encoding="utf-8")
    assert len(accuracies(tmp_path / "c.jsonl", read_scored([scored]))) == 1


def test_the_interval_is_wilsons():
    assert [round(bound, 4) for bound in wilson(8, 10)] == [0.4902, 0.9433]
    assert wilson(0, 5)[0] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 4}, "no such row"),
        ({"old": "state"}, "but the scored file says 'accuse'"),
        ({"new": "shout"}, "new|act is 'shout'; it should be one of state"),
        ({"field": "mood"}, "field is 'mood'"),
        ({"order": "mine"}, "order is 'mine'"),
        ({"target_start": 8}, "act takes no target_start"),
        ({"field": "stance"}, "stance needs target_start"),
        ({"field": "source", "old": "Norland", "new": "Estra"}, "new should be null or the source"),
        ({"article_id": ["a1"]}, "plain values"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path, scored, change, message):
    with pytest.raises(InputError, match=rf"c\.jsonl:2: .*({message})"):
        check(tmp_path, scored, STANCE, GOOD | change)


def test_the_same_field_twice_and_what_is_no_json_are_named(tmp_path, scored):
    with pytest.raises(InputError, match=r"c\.jsonl:2: the same row and field as in line 1"):
        check(tmp_path, scored, GOOD, GOOD)
    (tmp_path / "d.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"d\.jsonl:1: not JSON"):
        accuracies(tmp_path / "d.jsonl", read_scored([scored]))


def test_the_command_prints_a_table(tmp_path, scored):
    check(tmp_path, scored, GOOD, STANCE)
    done = CliRunner().invoke(cli, ["corrections", str(tmp_path / "c.jsonl"), str(scored)])
    assert done.exit_code == 0, done.output
    assert "least certain first" in done.output
    assert "0.00–0.79" in done.output
