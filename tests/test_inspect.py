import pytest
from click.testing import CliRunner

from claimstance.commands.ingest import command, inspect
from claimstance.errors import InputError


def test_inspect_shows_what_is_understood_before_anything_is_scored(tmp_path):
    text = "Séverin said on Monday that the ferries would stay in port until the talks are over."
    (tmp_path / "a.csv").write_bytes(f'\ufeffmaintext;headline;key\n"{text}";Ferries stay;1\n;Empty;2\n'.encode())
    done = CliRunner().invoke(command, ["--inspect", str(tmp_path / "a.csv")])
    assert done.exit_code == 0, done.output
    for line in (
        "format: csv", "encoding: utf-8-sig", "columns: maintext, headline, key", "taken as: text=maintext, title=headline",
        "first title: Ferries stay", "language of the first text: en", "articles: 1", "errors: 1", "furniture lines: 0",
        "first error: row 2: the text is empty (null)",
    ):  # fmt: skip
        assert line in done.output.splitlines()


def test_a_file_without_a_reader_cannot_be_inspected(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(InputError, match="convert it to text first"):
        inspect(tmp_path / "a.pdf")
