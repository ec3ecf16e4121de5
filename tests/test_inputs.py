import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimstance.articles.files import find_files
from claimstance.articles.inputs import InputOptions, read_text, read_units
from claimstance.errors import InputError
from claimstance.schema import Article, UnitError

NEWS = "The minister said on Monday that the harbour would stay open until the talks with the union are over."
FRENCH = "Le ministre a déclaré lundi que le port resterait ouvert jusqu'à la fin des négociations avec le syndicat."


def read(*paths, **options):
    return list(read_units([str(path) for path in paths], InputOptions(**options)))


def one_error(path, **options):
    (unit,) = read(path, **options)
    assert isinstance(unit, UnitError)
    return unit


def test_every_format_gives_the_same_body(tmp_path):
    (tmp_path / "a.txt").write_text(NEWS, encoding="utf-8")
    (tmp_path / "b.html").write_text(f"<html><body><article><p>{NEWS}</p></article></body></html>", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(json.dumps({"text": NEWS}) + "\n", encoding="utf-8")
    (tmp_path / "d.csv").write_text(f'text,id\n"{NEWS}",7\n', encoding="utf-8")
    pq.write_table(pa.table({"text": [NEWS]}), tmp_path / "e.parquet")
    (tmp_path / "f.txt.gz").write_bytes(gzip.compress(NEWS.encode()))
    units = read(tmp_path)
    assert [unit.body for unit in units] == [NEWS] * 6
    assert units[3].article_id == "7"
    assert units[2].input.endswith("c.jsonl:1")


def test_a_folder_is_walked_in_order_without_hidden_files(tmp_path):
    for name in ("b.txt", "a.txt", ".hidden.txt", "notes.docx"):
        (tmp_path / name).write_text(NEWS, encoding="utf-8")
    assert [path.name for path in find_files(str(tmp_path))] == ["a.txt", "b.txt", "notes.docx"]


@pytest.mark.parametrize("name", ["missing.txt", "no-such-*.jsonl"])
def test_an_input_that_is_not_there_is_an_error(tmp_path, name):
    with pytest.raises(InputError, match="no such file or folder"):
        read(tmp_path / name)


def test_a_folder_without_articles_and_an_unknown_format_are_errors(tmp_path):
    with pytest.raises(InputError, match="holds no"):
        read(tmp_path)
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    with pytest.raises(InputError, match=r"no reader for \.pdf: convert it to text first"):
        read(tmp_path / "x.pdf")


def test_text_in_another_language_is_an_error_unless_any_is_asked_for(tmp_path):
    (tmp_path / "a.txt").write_text(FRENCH, encoding="utf-8")
    assert "looks like language 'fr', not 'en'" in one_error(tmp_path / "a.txt").reason
    assert isinstance(read(tmp_path / "a.txt", language="any")[0], Article)


def test_bad_rows_are_named_and_the_others_are_read(tmp_path):
    rows = ["{", "[]", '{"title": "x"}', '{"text": 5}', '{"text": "  "}', json.dumps({"text": NEWS})]
    rows += [
        json.dumps({"text": NEWS, "targets": bad}) for bad in ([], "union", [3], [{"text": "x", "start": 0, "end": 1}])
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), encoding="utf-8")
    units = read(tmp_path / "a.jsonl")
    assert [type(unit) for unit in units] == [UnitError] * 5 + [Article] + [UnitError] * 4
    assert [unit.row for unit in units if isinstance(unit, UnitError)] == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    assert [unit.reason.split(";")[0] for unit in units if isinstance(unit, UnitError)] == [
        "not JSON: '{'",
        "not a JSON object: '[]'",
        ["no column 'text'", " found 'title'"][0],
        "text should be a string, found int",
        "the text is empty",
        "targets should be a list with at least one target, found '[]'",
        "targets should be a list (in CSV a JSON list), found 'union'",
        "a target should be a string or {text, start, end}, found '3'",
        "target 'x' is not at 0:1",
    ]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"\x00\x01\x02\x03\xff\xfe\x80" * 50, "binary data"),
        ("a.txt", b"", "the text is empty"),
        ("a.txt", b" \n\t \n", "the text is empty"),
        ("a.html", b"<html><script>var x = 1;</script></html>", "no text in the HTML"),
        ("a.csv", b"title,words\nx,y\n", "no column 'text'"),
        ("a.parquet", b"not parquet", "cannot be read further"),
        ("a.txt.gz", b"not gzip", "cannot be read"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "x"}\n' * 50, mtime=0)[:-9], "cannot be read"),
    ],
)
def test_nasty_files_become_errors_with_a_reason(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    assert reason in [unit for unit in read(tmp_path / name) if isinstance(unit, UnitError)][-1].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_common_encodings_are_read(tmp_path, encoding):
    text = "The café’s owner said she “would not” sell to the brewery, whatever the council might say."
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert read(tmp_path / "a.txt")[0].body == text


def test_parquet_columns_of_a_wrong_type_are_errors_by_row(tmp_path):
    pq.write_table(pa.table({"text": [1, 2]}), tmp_path / "a.parquet")
    assert [unit.reason for unit in read(tmp_path / "a.parquet")] == ["text should be a string, found int"] * 2


def test_kept_columns_travel_as_json(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": NEWS, "desk": "trade", "page": 3}), encoding="utf-8")
    (article,) = read(tmp_path / "a.jsonl", keep=("desk", "page"))
    assert json.loads(article.kept) == {"desk": "trade", "page": 3}


def test_a_text_from_the_command_line_is_held_to_the_same_rules():
    assert read_text(NEWS, InputOptions(targets=("union",))).targets[0].text == "union"
    with pytest.raises(InputError, match="the text is empty"):
        read_text("  ", InputOptions())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.binary(max_size=400), ending=st.sampled_from(["txt", "html", "jsonl", "csv", "parquet", "txt.gz"]))
def test_no_bytes_crash_a_reader(tmp_path, data, ending):
    path = tmp_path / f"fuzz.{ending}"
    path.write_bytes(data)
    for unit in read(path):
        assert isinstance(unit, Article | UnitError)
        if isinstance(unit, Article):
            unit.body.encode("utf-8")  # no lone surrogate
