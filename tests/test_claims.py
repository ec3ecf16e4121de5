"""The tables behind the report, against examples counted by hand."""

import csv
import json

import pytest

from claims import claim, table, toward
from claimstance.errors import InputError
from claimstance.output import ScoredClaim
from claimstance.report import ledger, left_out, matrix, queue, read_scored, threats
from claimstance.report.scored import is_name


def test_a_threat_that_is_said_again_is_one_row_with_its_times_and_articles():
    first = "Norland will close its ports if Estra breaks the ceasefire."
    copy = "Norland will close its ports if Estra breaks the ceasefire again."
    threat = {"act": "threaten", "stance": "oppose", "trigger": "will close", "condition": "Estra breaks the ceasefire"}
    found = threats(
        table(
            toward("Norland", "Estra", text=first, published="2031-03-12", outlet="Wire", **threat),
            toward("Norland", "Estra", start=200, text="It will close them all.", strength="possible", **threat),
            toward("Norland", "Estra", article="a2", text=copy, published="2031-03-10T08:00", **threat),
            toward("Norland", "Orvane", article="a2", start=90, text="Norland will close a road.", **threat),
            toward("Norland", "Estra", article="a3", text="Norland said so."),
        )
    ).to_pylist()
    assert [(t["who"], t["whom"], t["times"], t["articles"], t["rows"]) for t in found] == [
        ("Norland", ["Estra"], 3, 2, [0, 1, 2]),
        ("Norland", ["Orvane"], 1, 1, [3]),
    ]
    assert (found[0]["first"], found[0]["last"], found[0]["outlets"]) == ("2031-03-10", "2031-03-12", ["Wire"])
    assert (found[0]["strength"], found[0]["condition"]) == ("certain", "Estra breaks the ceasefire")


def test_whom_a_threat_is_against_are_the_targets_that_it_opposes():
    both = {"text": "Norland will arm Orvane against Estra.", "act": "threaten"}
    found = threats(
        table(toward("Norland", "Orvane", "support", **both), toward("Norland", "Estra", "oppose", **both))
    ).to_pylist()
    assert [t["whom"] for t in found] == [["Estra"]]
    assert found[0]["rows"] == [0, 1]


def test_threats_that_are_sure_come_before_those_to_be_checked():
    found = threats(
        table(
            toward("Orvane", "Estra", text="Orvane will march.", act="threaten", needs_review=["source"]),
            toward("Norland", "Estra", start=20, text="Norland will sail.", act="threaten", needs_review=[]),
        )
    ).to_pylist()
    assert [(t["who"], t["review"]) for t in found] == [("Norland", False), ("Orvane", True)]


def test_demands_denials_and_accusations_have_the_same_form():
    rows = table(toward("Norland", "Estra", act="reject"), toward("Norland", "Estra", act="request", start=9))
    assert threats(rows).num_rows == 0
    assert threats(rows, ("request", "reject"))["act"].to_pylist() == ["request", "reject"]


MATRIX = (
    toward("Norland", "Estra", "oppose"),
    toward("Norland", "Estra", "oppose", article="a2"),
    toward("Norland", "Estra", "support", start=9),
    toward("Norland", "Orvane"),
    toward("Estra", "Norland", "oppose", probability=0.5),
    toward("Estra", "Estra", "support"),
    toward("he", "Estra", speaker=None),
    toward("Estra", "the road", target_name=None),
    claim(source="Estra", speaker="Estra"),
    claim(kind="other"),
    toward("Orvane", "Estra", "support"),
)


def test_a_cell_of_the_matrix_counts_rows_by_stance_and_articles():
    cells = {(c["source"], c["target"]): c for c in matrix(table(*MATRIX)).to_pylist()}
    assert set(cells) == {("Norland", "Estra"), ("Norland", "Orvane"), ("Orvane", "Estra")}
    cell = cells["Norland", "Estra"]
    assert (cell["oppose"], cell["neutral"], cell["support"], cell["articles"]) == (2, 0, 1, 2)
    assert cell["rows"] == [0, 1, 2]


def test_what_the_matrix_leaves_out_is_counted_by_reason_and_adds_up_to_all_claims():
    out = left_out(table(*MATRIX))
    assert out == {"no_target": 1, "no_source": 0, "no_name": 2, "own_side": 1, "unsure": 1, "rare": 0}
    counted = sum(len(c["rows"]) for c in matrix(table(*MATRIX)).to_pylist())
    assert counted + sum(out.values()) == 10  # all but the sentence that claims nothing


def test_a_claim_without_a_source_is_left_out_as_such():
    assert left_out(table(toward(None, "Estra", "oppose")))["no_source"] == 1


def test_a_threat_names_the_row_that_it_quotes():
    said = [("will close the port", 0.6), ("will close the port now", 0.9)]
    rows = [
        toward(
            "Norland",
            "Estra",
            "oppose",
            act="threaten",
            act_probability=probability,
            text=text,
            start=20 * i,
            trigger="close",
        )
        for i, (text, probability) in enumerate(said)
    ]
    (threat,) = threats(table(*rows)).to_pylist()
    assert (threat["times"], threat["best"], threat["text"]) == (2, 1, "will close the port now")


def test_actors_beyond_the_most_frequent_are_left_out_and_counted():
    assert matrix(table(*MATRIX), size=1)["source"].to_pylist() == ["Norland"]
    assert left_out(table(*MATRIX), size=1)["rare"] == 2


def test_actors_unite_names_where_the_file_has_them():
    rows = table(
        toward("Kyrin Palace", "Estra", source_actor="Norland", target_actor="Estra"),
        toward("Norland", "Estra", source_actor="Norland", target_actor="Estra", start=9),
    )
    assert [(c["source"], c["neutral"]) for c in matrix(rows).to_pylist()] == [("Norland", 2)]


def test_a_ledger_has_both_directions_by_date_and_undated_claims_last():
    rows = table(
        toward("Norland", "Estra", text="undated"),
        toward("Estra", "Norland", text="later", published="2031-03-12"),
        toward("Norland", "Estra", text="sooner", published="2031-03-11", strength="possible"),
        toward("Norland", "Orvane", published="2031-03-11"),
    )
    assert [(e["day"], e["source"], e["text"]) for e in ledger(rows, "Norland", "Estra").to_pylist()] == [
        ("2031-03-11", "Norland", "sooner"),
        ("2031-03-12", "Estra", "later"),
        (None, "Norland", "undated"),
    ]
    assert ledger(rows, "Estra", "Norland").equals(ledger(rows, "Norland", "Estra"))
    assert ledger(rows, "Estra", "Nobody").num_rows == 0


def test_the_least_certain_hostile_claims_are_reviewed_first():
    found = queue(
        table(
            toward("Norland", "Estra", act="agree", act_probability=0.3, needs_review=["act"]),
            toward("Norland", "Estra", start=1, act="accuse", act_probability=0.6, needs_review=["act"]),
            toward("Norland", "Estra", "oppose", 0.4, start=2, needs_review=["stance"]),
            toward("Norland", "Estra", start=3),
        )
    ).to_pylist()
    assert [(q["rows"], q["hostile"], q["fields"]) for q in found] == [
        ([2], True, ["stance"]),
        ([1], True, ["act"]),
        ([0], False, ["act"]),
    ]


@pytest.mark.parametrize(
    ("mention", "named"),
    [
        ("Norland", True),
        ("the Harbour Council", True),
        ("he", False),
        ("This", False),
        ("the road", False),
        ("", False),
    ],
)
def test_pronouns_and_common_nouns_are_no_names(mention, named):
    assert is_name(mention) is named


def test_files_of_the_first_schema_and_every_format_are_read_alike(tmp_path):
    row = {name: claim(text="=Norland agreed.")[name] for name in ScoredClaim.__dataclass_fields__}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    cells = {k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()}
    cells["text"] = "'" + row["text"]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(cells)
    one, other = (read_scored([tmp_path / name]) for name in ("a.jsonl", "a.csv"))
    assert one.equals(other)
    assert one["part"].to_pylist() == ["body"]


def test_a_file_without_claims_is_named_in_one_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Norland."}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.jsonl: holds no scored claims; it lacks act"):
        read_scored([tmp_path / "a.jsonl"])
    with pytest.raises(InputError, match="no such file"):
        read_scored([tmp_path / "b.jsonl"])
    (tmp_path / "c.csv").write_text(",".join(ScoredClaim.__dataclass_fields__) + "\na1,x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"c\.csv: holds no scored claims"):
        read_scored([tmp_path / "c.csv"])
