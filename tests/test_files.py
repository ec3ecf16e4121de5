"""Which files are read, and what is said of the others."""

import json
import logging
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimstance.articles.files import find_files
from claimstance.articles.inputs import InputOptions, read_units
from claimstance.commands.score import ScoreRequest, run
from claimstance.errors import InputError
from claimstance.schema import Article
from claimstance.scoring.scorer import ScoreOptions, load_scorer

NEWS = "The guild said on Monday that the ferries would stay in port until the talks with the mayor are over."


def read(*names, **options):
    units = list(read_units([str(name) for name in names], InputOptions(**options)))
    good = [unit for unit in units if isinstance(unit, Article)]
    return good, {Path(unit.file).name: unit.reason for unit in units if not isinstance(unit, Article)}


def test_every_file_without_a_reader_is_named_with_what_to_do(tmp_path):
    for name in ("a.txt", "b.pdf", "c.rtf", "d.xyz", "no-ending"):
        (tmp_path / name).write_text(NEWS)
    (tmp_path / "page?id=3").write_text(f"<!doctype html><p>{NEWS}</p>")
    good, bad = read(tmp_path)
    assert len(good) == 2
    assert bad == {
        "b.pdf": "no reader for .pdf: convert it to text first (pdftotext)",
        "c.rtf": "no reader for .rtf: convert it to text first",
        "d.xyz": "no reader for .xyz: name its format by --format",
        "no-ending": "no reader for a name without ending: name its format by --format",
    }


def test_a_format_holds_for_a_whole_folder(tmp_path):
    for name in ("a.xyz", "b"):
        (tmp_path / name).write_text(NEWS)
    good, bad = read(tmp_path, format="txt")
    assert len(good) == 2 and not bad


def test_a_glob_with_files_that_cannot_be_read_goes_on(tmp_path):
    (tmp_path / "a.txt").write_text(NEWS)
    (tmp_path / "b.bin").write_bytes(b"\x00\x01")
    good, bad = read(tmp_path / "*")
    assert len(good) == 1 and list(bad) == ["b.bin"]


def test_linked_folders_are_entered_once_and_broken_links_and_pipes_are_named(tmp_path):
    folder, other = tmp_path / "in", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "a.txt").write_text(NEWS)
    (folder / "linked").symlink_to(other)
    (folder / "again").symlink_to(other)
    (folder / "loop").symlink_to(folder)
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.txt")
    good, bad = read(folder)
    assert len(good) == 1
    assert bad == {"gone.txt": "a link to nothing", "pipe.txt": "not a regular file"}


def test_a_name_that_is_no_utf8_is_scored_and_shown_with_its_bytes(tmp_path, tiny_graph):
    folder = tmp_path / "in"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/Zo\xeb.txt")).write_text(NEWS)
    output = tmp_path / "out.jsonl"
    scorer = load_scorer(tiny_graph, options=ScoreOptions(include_other=True))
    assert run(scorer, ScoreRequest((str(folder),), InputOptions(), output=output))["units_scored"] == 1
    assert json.loads(output.read_text().splitlines()[0])["input"].endswith("Zo\\xeb.txt")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_run_never_reads_what_a_run_wrote(tmp_path, tiny_graph, ending, caplog, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(NEWS)
    (tmp_path / "b.pdf").write_text("%PDF")
    scorer = load_scorer(tiny_graph, options=ScoreOptions(include_other=True))
    request = ScoreRequest(
        (".",), InputOptions(), output=tmp_path / f"claims.{ending}", articles=tmp_path / "bodies.parquet"
    )
    first = run(scorer, request)
    before = request.output.read_bytes()
    for inputs in ((".",), (str(tmp_path / "*"),)):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            again = run(scorer, ScoreRequest(inputs, InputOptions(), output=tmp_path / f"more.{ending}", force=True))
        assert again["units_read"] == first["units_read"] == 2
        assert f"claims.{ending}: written by claimstance" in caplog.text
    assert run(scorer, request)["units_read"] == 2
    assert request.output.read_bytes() == before


def test_a_folder_with_nothing_but_our_output_is_an_error(tmp_path):
    pq.write_table(
        pa.table({"input": ["a"], "sentence_index": [1], "kind_probability": [0.5], "model_version": ["x"]}),
        tmp_path / "old.parquet",
    )
    with pytest.raises(InputError, match="nothing but what claimstance wrote"):
        read(tmp_path)


def test_folders_come_in_sorted_order(tmp_path):
    for name in ("b/z.txt", "a.txt", "b/a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(NEWS)
    assert [path.relative_to(tmp_path).as_posix() for path in find_files(str(tmp_path))] == [
        "a.txt",
        "b/a.txt",
        "b/z.txt",
    ]
