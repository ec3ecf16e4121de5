"""``claimstance show``: which claims, in which order, with their marks."""

import pytest
from click.testing import CliRunner

from claims import toward, write
from claimstance.commands.group import cli
from claimstance.report.selection import claims_of, marked, select

ROWS = [
    toward("Norland", "Estra", "oppose", text="Norland warned Estra.", act="threaten", act_probability=0.4, needs_review=["act"], target_start=15, target_end=20),
    toward("Orvane", "Estra", text="Orvane met Estra.", article="a2", act_probability=0.9),
    toward("Norland", "Estra", text="Norland spoke.", start=30, act_probability=0.7),
]  # fmt: skip


@pytest.fixture
def show(tmp_path):
    scored, _ = write(tmp_path, ROWS, [{"article_id": "a1", "body": ""}])
    return lambda *arguments: CliRunner().invoke(cli, ["show", str(scored), *arguments])


def test_where_keeps_what_fulfils_every_condition():
    claims = claims_of(ROWS)
    assert [c[0]["text"] for c in select(claims, ["act=Threaten"], None)] == ["Norland warned Estra."]
    assert [c[0]["text"] for c in select(claims, ["needs_review=act"], None)] == ["Norland warned Estra."]
    assert select(claims, ["act=threaten", "article_id=a2"], None) == []


def test_sort_orders_by_a_column_either_way():
    texts = [c[0]["text"] for c in select(claims_of(ROWS), [], "-act_probability")]
    assert texts == ["Orvane met Estra.", "Norland spoke.", "Norland warned Estra."]
    assert [c[0]["text"] for c in select(claims_of(ROWS), [], "act_probability")] == texts[::-1]


def test_spans_are_marked_in_the_sentence():
    text = marked(claims_of(ROWS)[0])
    assert [(s.start, s.end, s.style) for s in text.spans] == [(15, 20, "red")]


def test_an_article_is_shown_with_probabilities_and_review_marks(show):
    shown = show("--article", "a1").output
    assert "Orvane" not in shown
    assert "threaten 0.40?" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--where", "act"], "should be COLUMN=VALUE"),
        (["--where", "akt=state"], "no column 'akt'; did you mean 'act'?"),
        (["--sort", "-zzz"], "no column 'zzz'; the columns are article_id"),
    ],
)
def test_a_column_that_is_none_is_told_in_one_line(show, arguments, message):
    done = show(*arguments)
    assert done.exit_code == 1
    assert message in done.output
