"""Ids that occur twice, counts, and what is told of them."""

import dataclasses
import io
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from claimstance.articles.inputs import InputOptions
from claimstance.commands import show
from claimstance.commands.score import ScoreRequest, run
from claimstance.engines.stream import notes_of
from claimstance.errors import InputError
from claimstance.output import ScoredClaim
from claimstance.scoring.scorer import ScoreOptions, load_scorer, score_table

NEWS = "The guild warned the mayor. It may strike."
OPTIONS = InputOptions(language="any")


@pytest.fixture
def scorer(tiny_graph):
    return load_scorer(tiny_graph, options=ScoreOptions(include_other=True))


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_ids_that_occur_twice_are_made_unique_in_claims_and_articles_alike(scorer, tmp_path):
    write(tmp_path / "in" / "a.jsonl", [{"id": 7, "text": NEWS}, {"id": 8, "text": NEWS}, {"id": 7, "text": NEWS}])
    write(tmp_path / "in" / "b.jsonl", [{"id": 7, "text": NEWS}])
    request = ScoreRequest(
        (str(tmp_path / "in"),), OPTIONS, output=tmp_path / "o.jsonl", articles=tmp_path / "b.parquet"
    )
    summary = run(scorer, request)
    rows = [json.loads(line) for line in request.output.read_text().splitlines()]
    assert list(dict.fromkeys(row["article_id"] for row in rows)) == ["7", "8", "7~2", "7~3"]
    assert pq.read_table(request.articles).column("article_id").to_pylist() == ["7", "8", "7~2", "7~3"]
    assert list(notes_of(summary)) == ["articles with the id of an earlier one (theirs now ends in ~2, ~3 …): 2"]


def test_ids_are_unique_on_stdout_too_and_cut_and_garbled_texts_are_told_of(scorer, tmp_path, capsys):
    texts = [NEWS, NEWS, NEWS + "… [+2345 chars]", "The mayor of KoÅ¡ice praised ZoÃ«.", "The guild \ud800 met."]
    write(tmp_path / "a.jsonl", [{"id": 1, "text": text} for text in texts])
    run(scorer, ScoreRequest((str(tmp_path / "a.jsonl"),), OPTIONS))
    out, err = capsys.readouterr()
    assert {json.loads(line)["article_id"] for line in out.splitlines()} == {"1", "1~2", "1~3", "1~4", "1~5"}
    assert "has cut (fetch the whole ones): 1" in err and "(repair them first): 1" in err and "became U+FFFD: 1" in err


def test_claims_are_sentences_that_claim(scorer, tmp_path):
    write(tmp_path / "a.jsonl", [{"text": "The guild warned the mayor. " * 5}])
    output = tmp_path / "o.jsonl"
    summary = run(scorer, ScoreRequest((str(tmp_path / "a.jsonl"),), OPTIONS, output=output))
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert summary["claims"] == len({row["sentence_index"] for row in rows if row["kind"] == "claim"})


def test_a_kept_column_that_we_write_too_gets_a_prefix(scorer, tmp_path, capsys):
    write(tmp_path / "a.jsonl", [{"text": NEWS, "source": "Courier", "start": 3, "desk": "trade"}])
    options = InputOptions(language="any", keep=("source", "start", "desk"))
    run(scorer, ScoreRequest((str(tmp_path / "a.jsonl"),), options))
    for ending in ("jsonl", "parquet"):
        run(scorer, ScoreRequest((str(tmp_path / "a.jsonl"),), options, output=tmp_path / f"o.{ending}"))
    rows = [json.loads(capsys.readouterr().out.splitlines()[0])]
    rows += [json.loads((tmp_path / "o.jsonl").read_text().splitlines()[0])]
    rows += pq.read_table(tmp_path / "o.parquet").to_pylist()[:1]
    for row in rows:
        assert (row["input_source"], row["input_start"], row["desk"]) == ("Courier", "3", "trade")
        assert row["source"] != "Courier" and row["start"] == 0


def test_show_keeps_articles_with_one_id_apart(scorer, tmp_path):
    empty = dict.fromkeys(field.name for field in dataclasses.fields(ScoredClaim))
    of = {"article_id": "7", "start": 0, "end": 8, "act": "state", "kind": "claim", "strength": "certain", "cues": []}
    rows = [empty | of | {"input": f"a:{i}", "text": f"Claim {i}.", "needs_review": False} for i in (1, 2)]
    write(tmp_path / "o.jsonl", rows)
    console = Console(file=io.StringIO(), width=100)
    show.run(tmp_path / "o.jsonl", 40, console=console)
    assert "Claim 1." in console.file.getvalue() and "Claim 2." in console.file.getvalue()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_stdout_is_utf8_whatever_the_shell_says_and_show_degrades(tiny_graph, tmp_path, encoding):
    text = "The guild’s steward Řehoř warned 東京 — and the mayor."
    write(tmp_path / "a.jsonl", [{"text": text}])
    command = [sys.executable, "-m", "claimstance"]
    environment = {**__import__("os").environ, "PYTHONIOENCODING": encoding}
    options = ["--language", "any", "--include-other", "--model", str(tiny_graph)]
    done = subprocess.run(
        [*command, "score", str(tmp_path / "a.jsonl"), *options], env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("utf-8").splitlines()[0])["text"] == text
    (tmp_path / "o.jsonl").write_bytes(done.stdout)
    shown = subprocess.run([*command, "show", str(tmp_path / "o.jsonl")], env=environment, capture_output=True)
    assert shown.returncode == 0 and b"warned" in shown.stdout


def test_a_table_may_hold_what_a_file_may_hold(scorer):
    import datetime

    table = pa.table(
        {
            "content": [NEWS, NEWS],
            "id": [1, 2],
            "outlet": [None, "Courier"],
            "published": [datetime.date(2031, 4, 2), None],
        }
    )
    rows = score_table(scorer, table, OPTIONS).to_pylist()
    assert {(row["article_id"], row["outlet"], row["published"]) for row in rows} == {
        ("1", None, "2031-04-02"),
        ("2", "Courier", None),
    }


def test_a_table_with_a_row_that_is_no_article_names_it(scorer):
    with pytest.raises(InputError, match=r"row 2 of 3: the text is empty \(null\) \(1 such rows\)"):
        score_table(scorer, pa.table({"text": [NEWS, None, NEWS]}), OPTIONS)
