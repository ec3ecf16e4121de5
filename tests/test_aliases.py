"""Names that probably mean one actor."""

import json

import pytest
from click.testing import CliRunner

from claims import claim
from claimstance.articles.aliases import read_aliases
from claimstance.commands.group import cli
from claimstance.report import table_of
from claimstance.report.aliases import as_aliases, propose


def table(*names):
    return table_of([claim(text=f"{name} said so.", source_actor=name) for name in names])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Lena Varga", "Varga", "Varga"], {"Lena Varga": ["Varga"]}),
        (["Lena Varga", "Otto Varga", "Varga"], {}),
        (["Lena Varga"] * 5 + ["Otto Varga", "Varga"], {"Lena Varga": ["Varga"]}),
        (["Michael Jordan", "Jordan"], {}),  # a country
        (["Varga"], {}),
    ],
)
def test_a_surname_means_the_only_or_by_far_the_commonest_person(names, expected):
    assert as_aliases(propose(table(*names))) == expected


def test_the_proposals_are_read_by_score(tmp_path):
    rows = table("Lena Varga", "Varga").to_pylist()
    rows[1]["text"] = "He [the mayor] left [/b]."
    (tmp_path / "claims.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = CliRunner().invoke(cli, ["names", str(tmp_path / "claims.jsonl"), "-o", str(tmp_path / "aliases.json")])
    assert done.exit_code == 0, done.output
    assert "Lena Varga" in done.stdout
    assert read_aliases(tmp_path / "aliases.json") == {"Varga": "Lena Varga"}
