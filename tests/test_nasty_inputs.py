"""Any input: no crash, no hang, offsets always true. The inputs are made here, by hand and by the thousand."""

import gzip
import json
import os
import socket
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimstance.articles.inputs import InputOptions, read_units
from claimstance.commands.score import ScoreRequest, run
from claimstance.schema import Article, UnitError
from claimstance.scoring.scorer import ScoreOptions, load_scorer

NEWS = "The minister said on Monday that the harbour would stay open. “It may close if talks fail,” she warned Norland."
ODD = [
    "“He said ‘she said “no”’.” " * 20,
    '"\'"\'"\' "" \'\' ““ ”” »« \'Tis "it"?!.. "',
    "a" * 100_000,
    "word " * 20_000,
    "." * 50_000 + "?" * 50_000,
    "\u202eThe union\u202c warned \u200fNorland\u200e.",
    "👩‍👩‍👧‍👦 The 🇺🇦 party 👍🏽 warned 𝕹orland. e\u0301\u0301\u0301" * 50,
    "The\u200b un\u200dion\ufeff may\u00ad strike\u2060.",
    "\u0000\u0001The union\u0007 may strike.\u001b[31m",
    "The union \ud800 may \udfff strike.",
    "\u2028The union\u2029may strike.\u0085Soon.\x0b\x0c",
    "&lt;script&gt;alert(1)&lt;/script&gt; The union may strike &amp;amp; &#0; &#x110000; &#55296;",
    '=HYPERLINK("http://x") The union may strike.\n+1\n-1\n@SUM(A1)',
    "THE UNION\n\n\n\n\tMAY\r\rSTRIKE\r\n" * 500,
    "Ω≈ç√∫˜µ≤≥÷ ﬁ ﬂ ﷽ ꧁ ௵ " * 30,
    "İstanbul ǆ ß ΐ The union may strike.",  # their lower case is longer
    "The union may strike " + "because the union may strike " * 3_000 + ".",
]
PAGES = [
    "<html><body>" + "<div>" * 10_000 + NEWS + "</div>" * 10_000,
    "<p>" * 50_000,
    f"<html><script>alert('{NEWS}')</script><body><p onclick='x'>{NEWS}</p><style>p{{}}</style></body></html>",
    f"<p>{NEWS}</p><!-- <p>x</p> --" + "<![CDATA[" * 1000,
    "<a href='" + "x" * 500_000 + "'>" + NEWS,
    "<table>" + "<tr><td>The union may strike.</td></tr>" * 5_000 + "</table>",
    "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]><p>&c;&c;"
    + NEWS,
    "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x SYSTEM 'file://SECRET'>]><r>&x; " + NEWS + "</r>",
]


@pytest.fixture(scope="module")
def scorer(tiny_model):
    return load_scorer(tiny_model, "torch", options=ScoreOptions(include_other=True))


def letters(text):
    """What the columns of spans have in common with the raw text, whose white space and divided words they even."""
    return [c for c in unicodedata.normalize("NFKC", text) if c.isalnum()]


def hold(scorer, path, **options):
    """Read and score one file, and hold every row to its article."""
    units = list(read_units([str(path)], InputOptions(**{"language": "any"} | options)))
    articles = [unit for unit in units if isinstance(unit, Article)]
    assert all(isinstance(unit, Article) or unit.reason for unit in units)
    for scored in scorer.score_articles(articles):
        whole = scored.article.body
        assert whole.encode("utf-8").decode("utf-8") == whole
        for row in scored.rows:
            body = scored.article.title if row.part == "title" else whole
            assert row.text and body[row.start : row.end] == row.text
            for name in ("source", "target", "trigger", "condition"):
                start, end = getattr(row, f"{name}_start"), getattr(row, f"{name}_end")
                if start is not None:
                    assert row.start <= start < end <= row.end and letters(body[start:end]) == letters(
                        getattr(row, name)
                    )
            assert all(letters(body[cue.start : cue.end]) == letters(cue.text) for cue in row.cues)
    return units


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(ODD)))
@pytest.mark.parametrize("ending", ["txt", "jsonl", "csv", "parquet", "html"])
def test_odd_text_is_scored_or_refused_by_name(scorer, tmp_path, number, ending):
    text = ODD[number]
    path = tmp_path / f"odd.{ending}"
    if ending == "jsonl":
        path.write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
    elif ending == "parquet":
        pq.write_table(pa.table({"text": [text.encode("utf-8", "replace").decode()]}), path)
    else:
        whole = 'text\n"' + text.replace('"', '""') + '"\n' if ending == "csv" else text
        path.write_bytes(whole.encode("utf-8", "surrogatepass"))
    assert hold(scorer, path)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PAGES)))
def test_odd_pages_are_scored_or_refused_by_name(scorer, tmp_path, number):
    path = tmp_path / "odd.html"
    (tmp_path / "secret.txt").write_text("open sesame")
    path.write_text(PAGES[number].replace("SECRET", str(tmp_path / "secret.txt")), encoding="utf-8")
    (unit,) = hold(scorer, path)
    if isinstance(unit, Article):
        assert "alert(" not in unit.body
        assert "sesame" not in unit.body


def test_twice_the_text_is_at_most_about_twice_the_work(scorer, monkeypatch):
    tokens = []
    forward = scorer.predictor.forward
    monkeypatch.setattr(scorer.predictor, "forward", lambda ids: tokens.append(ids.size) or forward(ids))
    work = []
    for words in (2_000, 4_000):  # one sentence, so many windows
        tokens.clear()
        scorer.score([" ".join(f"word{i}" for i in range(words))])
        work.append(sum(tokens))
    assert work[0] < work[1] <= 2.2 * work[0]


def test_files_that_are_no_articles_are_errors_and_the_others_are_read(tmp_path):
    (tmp_path / "good.txt").write_text(NEWS)
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "wrong.parquet").write_bytes(gzip.compress(b"x"))
    pq.write_table(pa.table({"text": [[NEWS]], "targets": [1]}), tmp_path / "list.parquet")
    (tmp_path / "bomb.txt.gz").write_bytes(gzip.compress(b"a" * (65 * 2**20), 1))
    units = list(read_units([str(tmp_path)], InputOptions()))
    assert [unit.input for unit in units if isinstance(unit, Article)] == [str(tmp_path / "good.txt")]
    reasons = {unit.file.rpartition("/")[2]: unit.reason for unit in units if isinstance(unit, UnitError)}
    assert reasons["bomb.txt.gz"] == "longer than 64 MiB, which is no article; split it"
    assert reasons["list.parquet"] == "text should be a string, found list"
    assert "wrong.parquet" in reasons
    assert [unit.input for unit in read_units([str(tmp_path / "**" / "good.txt")], InputOptions())] == [
        str(tmp_path / "good.txt")
    ]


def test_utf16_rows_are_read(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(f'{{"text": "{NEWS}"}}\n{{"text": "Second."}}\n'.encode("utf-16"))
    (tmp_path / "b.csv").write_bytes(f'id,text\n1,"{NEWS}"\n'.encode("utf-16"))
    units = list(read_units([str(tmp_path)], InputOptions()))
    assert [unit.body for unit in units] == [NEWS, "Second.", NEWS]


def test_a_row_beyond_the_limit_is_an_error_and_the_next_one_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("claimstance.articles.readers.json_lines.LONGEST", 1000)
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "x" * 5000}) + "\n" + json.dumps({"text": NEWS}) + "\n")
    first, second = read_units([str(tmp_path / "a.jsonl")], InputOptions())
    assert first.reason.startswith("longer than") and second.body == NEWS


PIECES = st.sampled_from([*"“”\"'‘’«»()[]{}<>&;,.!?:=-+@#\t\n\r\x00\x1f\u200b\u202e\u2028\ufeff", "\ud83d", "é", "ß", "İ", "中", "👍🏽",
                          "the union ", "may ", "Norland ", "if ", "said ", "</p>", "<script>", "&lt;", "Mr. ", "U.S. ", "\n\n"])  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=60).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS, lambda v: st.lists(v, max_size=3), max_leaves=4
)
ROWS = st.fixed_dictionaries(
    {"text": TEXTS | VALUES},
    optional={"id": VALUES, "title": VALUES, "targets": VALUES, "outlet": VALUES, "url": TEXTS},
)
FUZZ = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=200
)


@pytest.mark.slow
@FUZZ
@given(text=TEXTS, ending=st.sampled_from(["txt", "html"]), encoding=st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_generated_texts_and_pages(scorer, tmp_path, text, ending, encoding):
    path = tmp_path / f"made.{ending}"
    path.write_bytes(text.encode(encoding, "surrogatepass" if encoding != "latin-1" else "replace"))
    assert len(hold(scorer, path)) == 1


@pytest.mark.slow
@FUZZ
@given(rows=st.lists(ROWS, min_size=1, max_size=4), unit=st.sampled_from(["article", "sentence"]))
def test_generated_rows(scorer, tmp_path, rows, unit):
    path = tmp_path / "made.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert len(hold(scorer, path, unit=unit)) == len(rows)


@pytest.mark.slow
@FUZZ
@given(text=TEXTS, header=st.sampled_from(["text", "id,text", "text,targets"]))
def test_generated_csv(scorer, tmp_path, text, header):
    path = tmp_path / "made.csv"
    path.write_bytes(f"{header}\n{text}\n".encode("utf-8", "surrogatepass"))
    hold(scorer, path)


@pytest.mark.slow
@FUZZ
@given(
    cut=st.integers(0, 400),
    noise=st.binary(max_size=40),
    ending=st.sampled_from(["jsonl", "csv", "parquet", "txt.gz", "html"]),
)
def test_damaged_files(scorer, tmp_path, cut, noise, ending):
    whole = {
        "jsonl": (json.dumps({"text": NEWS}) + "\n").encode() * 3,
        "csv": f'id,text\n1,"{NEWS}"\n2,"{NEWS}"\n'.encode(),
        "txt.gz": gzip.compress(NEWS.encode() * 20),
        "html": f"<html><body><article><p>{NEWS}</p></article></body></html>".encode(),
    }
    path = tmp_path / f"made.{ending}"
    if ending == "parquet":
        pq.write_table(pa.table({"text": [NEWS] * 3}), path)
        whole["parquet"] = path.read_bytes()
    data = whole[ending]
    place = cut % len(data)
    path.write_bytes(data[:place] + noise + data[place + len(noise) // 2 :])
    hold(scorer, path)


def test_scoring_opens_no_socket(scorer, tmp_path, monkeypatch, capsys):
    import trafilatura  # noqa: F401, its import reads the names that are replaced here

    def refuse(*arguments, **options):
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    page = f"<html><head><base href='http://nowhere.invalid/'></head><body><img src=x><p>{NEWS}</p></body></html>"
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.txt").write_text(NEWS)
    summary = run(scorer, ScoreRequest((str(tmp_path),), InputOptions(), output=tmp_path / "out" / "claims.csv"))
    assert summary["units_scored"] == 2


def test_names_in_the_input_cannot_write_outside_the_output_folder(scorer, tmp_path):
    (tmp_path / "in").mkdir()
    rows = [{"text": NEWS, "id": name} for name in ("../../evil", "/etc/evil", "a/../../b\x00c")]
    (tmp_path / "in" / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(scorer, ScoreRequest((str(tmp_path / "in"),), InputOptions(), output=tmp_path / "out" / "claims.jsonl"))
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"claims.jsonl", "claims.jsonl.parts"}
