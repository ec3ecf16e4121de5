"""Rows of JSON, compressed files and Parquet, and the columns of other tools: each with the right articles."""

import bz2
import datetime
import io
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.schema import Article, UnitError

TEXT = "The ferry guild accused the harbour office of hiding its debts, the steward said."


def read(path, **options):
    return list(read_units([str(path)], InputOptions(**{"language": "any"} | options)))


@pytest.mark.parametrize(
    "written",
    [
        json.dumps([{"text": TEXT}, {"text": "Second."}]),
        json.dumps([{"text": TEXT}, {"text": "Second."}], indent=2),
        json.dumps({"status": "ok", "articles": [{"text": TEXT}, {"text": "Second."}]}),
        json.dumps({"response": {"docs": [{"text": TEXT}, {"text": "Second."}]}}, indent=1),
        json.dumps({"text": TEXT}, indent=2) + "\n" + json.dumps({"text": "Second."}, indent=2),
        json.dumps({"text": TEXT}) + "\n" + json.dumps({"text": "Second."}) + "\n",
    ],
)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_json_is_read_in_every_way_it_is_written(tmp_path, written, ending):
    (tmp_path / f"a.{ending}").write_text(written)
    assert [unit.body for unit in read(tmp_path)] == [TEXT, "Second."]


def test_an_answer_of_a_news_service_in_one_long_line_is_read(tmp_path):
    articles = [{"text": f"{i} {TEXT}"} for i in range(2000)]
    (tmp_path / "a.json").write_text(json.dumps({"status": "ok", "articles": articles}))
    assert len(read(tmp_path)) == 2000


def test_an_item_that_is_no_object_is_an_error_and_the_others_are_read(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"articles": [{"text": TEXT}, None, 3]}))
    good, *bad = read(tmp_path)
    assert good.body == TEXT
    assert [unit.reason for unit in bad] == ["not a JSON object: 'None'", "not a JSON object: '3'"]


def test_the_comments_of_an_article_without_text_are_no_articles(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"id": 1, "text": None, "comments": [{"text": "You will pay"}]}]))
    (unit,) = read(tmp_path)
    assert "the text is empty" in unit.reason


def test_a_broken_array_keeps_what_came_before(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"text": TEXT}, {"text": "Second."}])[:-9])
    good, bad = read(tmp_path)
    assert good.body == TEXT and bad.reason.startswith("not JSON")


def test_an_array_is_read_item_by_item(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"id": i, "text": TEXT} for i in range(3000)], indent=1))
    units = read_units([str(tmp_path / "a.json")], InputOptions())
    assert next(units).article_id == "0"
    assert sum(1 for _ in units) == 2999


def test_an_array_on_one_line_takes_the_memory_of_a_few_articles(tmp_path):
    with (tmp_path / "a.json").open("w") as file:
        file.write("[" + ", ".join(json.dumps({"id": i, "text": TEXT * 100}) for i in range(3000)) + "]")
    tracemalloc.start()
    count = sum(1 for _ in read_units([str(tmp_path / "a.json")], InputOptions(language="any")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000 and peak < 8 * 2**20 < (tmp_path / "a.json").stat().st_size


@pytest.mark.parametrize("ending", ["gz", "zst", "bz2", "ZST"])
def test_compressed_rows_are_read(tmp_path, ending):
    data = (json.dumps({"text": TEXT}) + "\n").encode() * 2
    if ending == "bz2":
        packed = bz2.compress(data)
    else:
        buffer = io.BytesIO()
        with pa.CompressedOutputStream(buffer, "gzip" if ending == "gz" else "zstd") as out:
            out.write(data)
            out.flush()
            packed = None
        packed = buffer.getvalue() if not buffer.closed else packed
    if packed is None:
        packed = pa.compress(data, codec="zstd" if ending.lower() == "zst" else "gzip", asbytes=True)
    (tmp_path / f"a.jsonl.{ending}").write_bytes(packed)
    assert [unit.body for unit in read(tmp_path)] == [TEXT] * 2


@pytest.mark.parametrize(
    ("row", "outlet", "published"),
    [
        (
            {"maintext": TEXT, "date_publish": "2031-04-02 08:00:00", "source_domain": "courier.example"},
            "courier.example",
            "2031-04-02 08:00:00",
        ),
        (
            {"content": TEXT, "publishedAt": "2031-04-02T08:00:00Z", "source": {"id": None, "name": "Courier"}},
            "Courier",
            "2031-04-02T08:00:00Z",
        ),
        (
            {"text": TEXT, "publish_date": "2031-04-02", "media_name": "Courier", "stories_id": 5},
            "Courier",
            "2031-04-02",
        ),
        (
            {"text": TEXT, "published": 1932883200000, "SourceCommonName": "courier.example"},
            "courier.example",
            "2031-04-02T08:00:00+00:00",
        ),
        ({"text": TEXT, "published": float("nan"), "outlet": None}, None, None),
    ],
)
def test_columns_of_other_tools_are_understood(tmp_path, row, outlet, published):
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (unit,) = read(tmp_path)
    assert (unit.body, unit.outlet, unit.published) == (TEXT, outlet, published)


def test_numbers_as_ids_keep_their_digits(tmp_path):
    rows = [{"id": 9007199254740993, "text": TEXT}, {"id": 12.0, "text": TEXT}, {"id": float("nan"), "text": TEXT}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second, third = read(tmp_path)
    assert (first.article_id, second.article_id) == ("9007199254740993", "12")
    assert len(third.article_id) == 16


@pytest.mark.parametrize("text", [None, float("nan"), "nan", "None", "[Removed]"])
def test_marks_of_a_missing_text_are_errors(tmp_path, text):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}) + "\n")
    assert isinstance(read(tmp_path)[0], UnitError)


def test_a_bad_cell_of_parquet_is_one_bad_row(tmp_path):
    offsets, data = pa.py_buffer(b"\0\0\0\0\3\0\0\0\6\0\0\0\11\0\0\0"), pa.py_buffer(b"abcx\xe9ydef")
    text = pa.Array.from_buffers(pa.string(), 3, [None, offsets, data])
    pq.write_table(pa.table({"text": text, "id": [1.0, 2.0, None]}), tmp_path / "a.parquet")
    first, bad, third = read(tmp_path / "a.parquet")
    assert isinstance(first, Article) and first.article_id == "1" and isinstance(third, Article)
    assert bad.row == 2 and bad.reason.startswith("column 'text': a cell of type string cannot be read")


def test_dates_of_parquet_are_read_whatever_their_unit_and_unneeded_columns_are_not(tmp_path):
    moment = datetime.datetime(2031, 4, 2, 8, tzinfo=datetime.UTC)
    zoned = pa.array([moment], pa.timestamp("ns", "UTC"))
    wild = pa.array([2**62], pa.int64()).cast(pa.timestamp("s"))
    pq.write_table(
        pa.table({"text": [TEXT], "published": zoned, "crawled": wild.cast(pa.int64())}), tmp_path / "a.parquet"
    )
    pq.write_table(
        pa.table({"text": [TEXT] * 2, "published": pa.array([0, 2**60], pa.timestamp("ms"))}), tmp_path / "b.parquet"
    )
    first, second, bad = read(tmp_path)
    assert first.published == "2031-04-02 08:00:00+00:00" and second.published == "1970-01-01 00:00:00"
    assert bad.row == 2 and "column 'published'" in bad.reason


def test_mark_up_in_a_cell_is_cleaned(tmp_path):
    text = "<p>The guild &amp; the mayor met.</p><p>She said <q>never</q>.<br/>It left.</p><script>x()</script>"
    rows = [
        {"text": text},
        {"text": "The guild &#8217;s steward &amp; the mayor met."},
        {"text": "Is 3 < 5 and 7 > 4?"},
        {"text": "The guild &amp;mdash; at last &amp;mdash; met AT&amp;T."},
        {"text": "<p>The &amp;ldquo;deal&amp;#8221; failed.</p>"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [unit.body for unit in read(tmp_path)] == [
        "The guild & the mayor met.\nShe said “never”.\nIt left.",
        "The guild ’s steward & the mayor met.",
        "Is 3 < 5 and 7 > 4?",
        "The guild — at last — met AT&T.",
        "The “deal” failed.",
    ]
