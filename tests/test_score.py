"""The `score` stage as a function: its progress, and a limit."""

import json

import pytest

from claimstance.articles.inputs import InputOptions
from claimstance.commands.score import ProgressCallbacks, ScoreRequest, run
from claimstance.errors import OutputError
from claimstance.scoring.scorer import ScoreOptions, load_scorer

OPTIONS = InputOptions(language="any")


@pytest.fixture
def scorer(tiny_graph):
    return load_scorer(tiny_graph, options=ScoreOptions(include_other=True))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        rows = [{"text": f"The minister warned Norland. Case {name} {i} was closed.", "id": i} for i in range(70)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "c.txt").write_text("The union may strike.")
    return folder


def test_progress_ends_at_the_size_of_the_inputs_also_where_they_are_scored_already(scorer, folder, tmp_path):
    request = ScoreRequest((str(folder),), OPTIONS, output=tmp_path / "out.jsonl")
    for _ in range(2):
        totals, read = [], []
        run(scorer, request, ProgressCallbacks(totals.append, read.append))
        assert totals == [sum(path.stat().st_size for path in folder.iterdir())]
        assert sum(read) == totals[0]


def test_a_limit_counts_units_over_all_inputs_and_a_larger_one_adds(scorer, folder, tmp_path):
    for limit, files in ((69, {"a"}), (72, {"a", "b"})):
        output = tmp_path / "out.jsonl"
        summary = run(scorer, ScoreRequest((str(folder),), OPTIONS, limit=limit, output=output))
        assert summary["units_read"] == limit
        rows = [json.loads(line) for line in output.read_text().splitlines()]
        assert len({row["article_id"] + row["input"] for row in rows}) == limit
        assert {row["input"].split("/")[-1][0] for row in rows} == files


def test_a_file_that_is_named_twice_is_scored_once(scorer, folder, tmp_path, caplog):
    names = (str(folder), str(folder / "a.jsonl"), str(folder / ".." / "in" / "c.txt"))
    summary = run(scorer, ScoreRequest(names, OPTIONS, output=tmp_path / "out.jsonl"))
    assert summary["units_read"] == 141
    assert caplog.text.count("named twice, read once") == 2


@pytest.mark.parametrize(
    ("articles", "message"),
    [
        ("in/a.jsonl", "exists and is not from an earlier run"),
        ("out.jsonl", "need a file each"),
        ("bodies.txt", "unknown output format"),
        ("in", "is a folder"),
    ],
)
def test_where_the_articles_go_is_refused_before_anything_is_scored(scorer, folder, tmp_path, articles, message):
    before = (folder / "a.jsonl").read_bytes()
    request = ScoreRequest((str(folder),), OPTIONS, output=tmp_path / "out.jsonl", articles=tmp_path / articles)
    with pytest.raises(OutputError, match=message):
        run(scorer, request)
    assert (folder / "a.jsonl").read_bytes() == before
    assert not (tmp_path / "out.jsonl").exists()


def test_a_list_of_errors_that_was_deleted_is_written_again(scorer, folder, tmp_path):
    (folder / "empty.txt").write_text("")
    request = ScoreRequest((str(folder),), OPTIONS, output=tmp_path / "out.jsonl")
    run(scorer, request)
    errors = tmp_path / "out.jsonl.errors.jsonl"
    before = errors.read_bytes()
    errors.unlink()
    run(scorer, request)
    assert errors.read_bytes() == before


def test_two_formats_of_one_name_have_an_error_list_each(scorer, folder, tmp_path):
    (folder / "empty.txt").write_text("")
    run(scorer, ScoreRequest((str(folder),), OPTIONS, output=tmp_path / "out.jsonl"))
    run(scorer, ScoreRequest((str(folder / "a.jsonl"),), OPTIONS, output=tmp_path / "out.csv"))
    assert (tmp_path / "out.jsonl.errors.jsonl").is_file()
    assert not (tmp_path / "out.csv.errors.jsonl").exists()
