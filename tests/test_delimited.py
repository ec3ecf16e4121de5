"""CSV and its dialects, as pandas, Excel and databases write them."""

import gzip

import pytest

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.schema import Article, UnitError

TEXT = "The ferrymen's guild, its steward said, may strike."


def read(path, **options):
    return list(read_units([str(path)], InputOptions(**options)))


@pytest.mark.parametrize(
    "data",
    [
        f',text,outlet\n0,"{TEXT}",Courier\n',  # pandas with its index
        f'text,outlet,\n"{TEXT}",Courier,\n',
        f'text;outlet\r\n"{TEXT}";Courier\r\n',
        f"text\toutlet\n{TEXT}\tCourier\n",
        f"text|outlet\n{TEXT}|Courier\n",
        f"sep=;\r\ntext;outlet\r\n{TEXT};Courier\r\n",
        f'"sep=|"\ntext|outlet\n{TEXT}|Courier\n',
        f'text, outlet\n"{TEXT}", Courier\n',
        f'\ufefftext,outlet\n"{TEXT}",Courier\n',
        f'\n\nTEXT,Outlet\n\n"{TEXT}",Courier\n\n',
        f'text,outlet\r"{TEXT}",Courier\r',
        f'"text","outlet","note"\n"{TEXT}","Courier","a\nb"\n',
    ],
)
def test_every_dialect_gives_the_same_row(tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data.encode())
    (unit,) = read(tmp_path / "a.csv")
    assert (unit.body, unit.outlet) == (TEXT, "Courier")


def test_quotation_marks_escaped_by_backslashes_are_read(tmp_path):
    (tmp_path / "a.csv").write_text('id,text\n1,"She said \\"never\\" to the guild, and left."\n')
    assert read(tmp_path / "a.csv")[0].body == 'She said "never" to the guild, and left.'


def test_line_ends_and_nul_within_cells_are_kept(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'id,text\n1,"The guild\nmay\x00 strike."\n2,The mayor agreed.\n')
    assert [unit.body for unit in read(tmp_path / "a.csv")] == ["The guild\nmay\ufffd strike.", "The mayor agreed."]


def test_a_quotation_that_is_never_closed_is_an_error_that_names_its_row(tmp_path):
    (tmp_path / "a.csv").write_text(f'id,text\n1,"{TEXT}"\n2,"The mayor agreed.\n3,The guild denied it.\n')
    good, bad = read(tmp_path / "a.csv")
    assert isinstance(good, Article) and isinstance(bad, UnitError)
    assert bad.row == 2 and "never closed" in bad.reason


def test_two_columns_of_text_and_rows_that_are_too_long_are_errors(tmp_path):
    (tmp_path / "a.csv").write_text("text,text\na,b\n")
    assert "2 columns are named 'text'" in read(tmp_path / "a.csv")[0].reason
    (tmp_path / "b.csv").write_text("text,id\nThe guild met.,1,surplus\nThe mayor agreed.,2\n")
    bad, good = read(tmp_path / "b.csv")
    assert bad.reason == "more cells than the header has (2)" and good.article_id == "2"


def test_tables_with_tabs_and_compressed_ones_are_read_by_their_endings(tmp_path):
    (tmp_path / "a.tsv").write_text(f"id\ttext\n1\t{TEXT}\n")
    (tmp_path / "B.CSV.GZ").write_bytes(gzip.compress(f'id,text\n2,"{TEXT}"\n'.encode()))
    assert [unit.article_id for unit in read(tmp_path)] == ["2", "1"]


def test_columns_can_be_named(tmp_path):
    (tmp_path / "a.csv").write_text(f'key;words\n17;"{TEXT}"\n')
    (unit,) = read(tmp_path / "a.csv", text_column="words", id_column="key")
    assert (unit.article_id, unit.body) == ("17", TEXT)
    assert "name the one with the text by --text-column" in read(tmp_path / "a.csv")[0].reason
    assert "no column 'word'" in read(tmp_path / "a.csv", text_column="word")[0].reason
