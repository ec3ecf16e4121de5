"""Nothing is lost, nothing is scored twice: shards, resuming, changed inputs. Scoring itself is a stand-in here."""

import errno
import json
import os
import random
import subprocess
import sys
import time
from itertools import count

import psutil
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimstance.engines import local, shards
from claimstance.engines.local import Workers
from claimstance.engines.outputs import errors_of
from claimstance.engines.shards import Block, Input, Piece
from claimstance.errors import OutputError, WorkerError
from claimstance.output import ScoredClaim
from claimstance.schema import Article, UnitError
from claimstance.scoring.scorer import ScoredArticle, ScoreOptions

SIZE = 4


def claim(article):
    empty = dict.fromkeys(ScoredClaim.__dataclass_fields__)
    given = {"article_id": article.article_id, "input": article.input, "text": article.body, "kind": "claim"}
    rest = {"part": "body", "sentence_index": 0, "start": 0, "end": len(article.body), "cues": (), "needs_review": ()}
    return ScoredClaim(**empty | given | rest | {"model": "m", "model_version": "0"})


class FakeScorer:
    """Remembers the bodies that it scored; an article with n words has n % 3 rows."""

    def __init__(self):
        self.bodies = []

    def score_articles(self, articles):
        self.bodies += [article.body for article in articles]
        rows = [[claim(article)] * (len(article.body.split()) % 3) for article in articles]
        return [
            ScoredArticle(a, of_article, len(of_article), 0, ()) for a, of_article in zip(articles, rows, strict=True)
        ]


SCORER = FakeScorer()


@pytest.fixture
def scored():
    SCORER.bodies.clear()
    return SCORER.bodies


def source(name, units, content="v1"):
    """Units by their words; an empty one cannot be read."""

    def read(skip):
        for number, body in enumerate(units):
            if skip(number):
                yield None
            else:
                place = f"{name}:{number + 1}"
                yield Article(place, place, body) if body else UnitError(name, number + 1, "the text is empty")

    return Input(name, f"{content} {hash(tuple(units))}", read)


def run(path, sources, force=False, version="0"):
    output = local.Output(path, {"model": version}, shard_units=SIZE)
    with local.opened(output, force):
        return local.run(SCORER, sources, output, lambda _: None)


@given(st.integers(0, 23), st.sets(st.integers(0, 5)))
def test_blocks_hold_every_unit_once_in_order_whatever_is_done(n, done_blocks):
    units = [f"unit {i}" for i in range(n)]
    firsts = list(range(0, n, SIZE))
    done = {
        first: Piece(("a", "v", first), "s", 0, 0, first == firsts[-1], {"units_read": min(SIZE, n - first)})
        for i, first in enumerate(firsts)
        if i in done_blocks
    }
    found = list(shards.blocks(source("a", units), done, SIZE))
    assert [block.key[2] for block in found] == firsts
    assert [block.last for block in found] == [first == firsts[-1] for first in firsts]
    for block in found:
        assert isinstance(block, Piece) == (block.key[2] in done)
        if isinstance(block, Block):
            assert [unit.body for unit in block.units] == units[block.key[2] : block.key[2] + SIZE]


def test_every_unit_is_counted_as_scored_or_failed_and_rows_keep_their_order(tmp_path, scored):
    sources = [source("a", ["one two", "", "one", "x " * 5, "x", "", "x"]), source("b", []), source("c", ["y", ""])]
    summary = run(tmp_path / "out.jsonl", sources)
    assert (summary["units_read"], summary["units_scored"], summary["units_failed"]) == (9, 6, 3)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["input"] for row in rows] == ["a:1", "a:1", "a:3", "a:4", "a:4", "a:5", "a:7", "c:1"]
    errors = [json.loads(line) for line in (tmp_path / "out.jsonl.errors.jsonl").read_text().splitlines()]
    assert [(error["file"], error["row"]) for error in errors] == [("a", 2), ("a", 6), ("c", 2)]


def test_added_inputs_only_add_and_a_changed_one_alone_is_scored_anew(tmp_path, scored):
    out = tmp_path / "out.jsonl"
    a, c = source("a", [f"a {i}" for i in range(6)]), source("c", ["c c"])
    run(out, [a, c])
    scored.clear()
    assert run(out, [a, c])["nothing_left_to_do"]
    assert scored == []
    run(out, [a, source("b", ["b b"]), c])
    assert scored == ["b b"]
    scored.clear()
    summary = run(out, [a, source("b", ["b b"]), source("c", ["c d"])])
    assert scored == ["c d"]
    assert summary["units_read"] == 8
    changed = out.read_bytes()
    run(tmp_path / "fresh.jsonl", [a, source("b", ["b b"]), source("c", ["c d"])])
    assert changed == (tmp_path / "fresh.jsonl").read_bytes()


def test_shards_that_no_input_needs_any_more_are_removed(tmp_path, scored):
    out = tmp_path / "out.jsonl"
    run(out, [source("a", ["a a"] * 9)])
    run(out, [source("b", ["b"])])
    assert len(list((tmp_path / "out.jsonl.parts").glob("*.parquet"))) == 1


def test_half_a_shard_that_a_killed_run_left_is_no_shard_and_goes(tmp_path, scored):
    (tmp_path / "out.jsonl.parts").mkdir()
    half = tmp_path / "out.jsonl.parts" / f"{'0' * 16}.parquet"
    half.write_bytes(b"PAR1")
    run(tmp_path / "out.jsonl", [source("a", ["a"])])
    assert scored == ["a"]
    assert not half.exists()


def test_an_articles_file_that_is_gone_is_written_again_without_scoring(tmp_path, scored):
    output = local.Output(tmp_path / "out.jsonl", {}, articles=tmp_path / "articles.parquet")
    for _ in range(2):
        with local.opened(output, False):
            local.run(SCORER, [source("a", ["a b", "", "c"]), source("b", ["d"])], output, lambda _: None)
        assert pq.read_table(output.articles)["body"].to_pylist() == ["a b", "c", "d"]
        output.articles.unlink()
    assert scored == ["a b", "c", "d"]


def test_another_model_is_refused_and_force_scores_anew(tmp_path, scored):
    out = tmp_path / "out.jsonl"
    run(out, [source("a", ["a"])])
    with pytest.raises(OutputError, match="made with other model; --force scores anew"):
        run(out, [source("a", ["a"])], version="1")
    scored.clear()
    run(out, [source("a", ["a"])], force=True, version="1")
    assert scored == ["a"]


def test_two_runs_never_write_the_same_output(tmp_path, scored):
    output = local.Output(tmp_path / "out.jsonl", {})
    with local.opened(output, False):
        second = local.opened(output, False)
        with pytest.raises(OutputError, match="another run is writing it"):
            second.__enter__()


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_a_run_cut_at_any_shard_continues_to_the_same_bytes(tmp_path, scored, monkeypatch, ending):
    sources = [
        source("a", [f"a {i} {'' if i % 5 else 'x'}" for i in range(11)]),
        *(source(f"f{i}", ["x"]) for i in range(7)),
    ]
    run(tmp_path / f"whole.{ending}", sources)
    real = shards.write_shard
    for cut in range(1, 6):
        calls = count(1)

        def dies(*arguments, calls=calls, cut=cut):
            if next(calls) == cut:
                raise KeyboardInterrupt
            return real(*arguments)

        path = tmp_path / f"cut{cut}.{ending}"
        monkeypatch.setattr(shards, "write_shard", dies)
        with pytest.raises(KeyboardInterrupt):
            run(path, sources)
        monkeypatch.setattr(shards, "write_shard", real)
        scored.clear()
        run(path, sources)
        assert path.read_bytes() == (tmp_path / f"whole.{ending}").read_bytes()
        assert len(scored) <= 18 - SIZE * (cut - 1)


def test_a_full_disk_leaves_no_half_of_an_output_and_the_run_goes_on_when_there_is_room(tmp_path, scored, monkeypatch):
    sources = [source("a", [f"a {i}" for i in range(11)])]
    run(tmp_path / "whole.parquet", sources)
    full = OSError(errno.ENOSPC, "No space left on device", "out.parquet")
    real, out = pq.write_table, tmp_path / "out.parquet"
    for writes in range(2):
        left = count(writes, -1)

        def write(table, path, left=left):
            real(table, path)
            if next(left) == 0:
                raise full

        monkeypatch.setattr(pq, "write_table", write)
        with pytest.raises(OSError, match="No space left"):
            run(out, sources)
        assert not out.exists()
    monkeypatch.setattr(pq, "write_table", real)
    run(out, sources)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not list(tmp_path.rglob("*.tmp"))


def command(*arguments):
    return [sys.executable, "-m", "claimstance", "score", *map(str, arguments)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder of small files and one with many rows, some of them bad."""
    folder = tmp_path_factory.mktemp("inputs")
    text = "The minister warned Norland on Monday. The union said the strike may go ahead if the talks fail."
    rows = [{"text": f"{text} Case {i} was closed.", "id": i} if i % 17 else {"id": i} for i in range(600)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for i in range(40):
        (folder / f"{i:02}.txt").write_text(f"{text} Paper {i} was signed." if i % 9 else "")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_a_run_killed_again_and_again_at_random_points_ends_with_the_same_bytes(tiny_graph, inputs, tmp_path, ending):
    whole, cut = tmp_path / f"whole.{ending}", tmp_path / f"cut.{ending}"
    options = ["--model", tiny_graph, "--include-other", "--json"]
    started = time.perf_counter()
    done = subprocess.run(command(inputs, "--output", whole, *options), capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    assert done.returncode == 3, done.stderr
    chance = random.Random(ending)  # noqa: S311
    for _ in range(4):
        process = subprocess.Popen(command(inputs, "--output", cut, *options), stdout=-3, stderr=-3)
        time.sleep(chance.uniform(0.3, 1.1) * took)
        process.send_signal(chance.choice([9, 15, 2]))
        process.wait()
        assert not cut.exists() or cut.read_bytes() == whole.read_bytes()
    again = subprocess.run(command(inputs, "--output", cut, *options), capture_output=True, text=True, check=False)
    assert again.returncode == 3, again.stderr
    assert cut.read_bytes() == whole.read_bytes()
    assert errors_of(cut).read_bytes() == errors_of(whole).read_bytes()
    counts = [json.loads(side.stdout) for side in (done, again)]
    assert all(counts[0][name] == counts[1][name] for name in shards.COUNTED)
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.slow
def test_any_number_of_processes_gives_the_same_bytes(tiny_graph, inputs, tmp_path):
    for workers in (1, 3):
        done = subprocess.run(
            command(inputs, "--model", tiny_graph, "--workers", workers, "--output", tmp_path / f"{workers}.parquet"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "3.parquet").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "parent"])
def test_no_process_outlives_another_and_the_run_goes_on(tiny_graph, inputs, tmp_path, victim):
    out = tmp_path / "out.jsonl"
    arguments = command(inputs, "--model", tiny_graph, "--workers", 2, "--output", out)
    process = psutil.Popen(arguments, stderr=subprocess.DEVNULL)
    children = []
    while process.is_running() and not list(out.with_name("out.jsonl.parts").glob("*.parquet")):
        time.sleep(0.02)
    children = [child for child in process.children() if "spawn_main" in " ".join(child.cmdline())]
    assert len(children) == 2
    (children[0] if victim == "worker" else process).kill()
    _, alive = psutil.wait_procs([process, *children], timeout=30)
    assert not alive
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 3


def test_a_worker_that_dies_is_told_in_one_line(tmp_path):
    with pytest.raises(WorkerError, match="a worker process died"), local._pool(Workers(1), ScoreOptions()) as pool:
        pool.submit(os._exit, 1).result()
