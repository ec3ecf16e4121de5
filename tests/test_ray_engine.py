"""The Ray engine on a real cluster of two nodes on this machine: the same rows, whatever dies."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from claimstance.articles.files import InputFile
from claimstance.engines.ray import TASK_BYTES, tasks_of
from claimstance.errors import MissingExtraError

TEXT = "The minister warned Norland on Monday. The union said the strike may go ahead if the talks fail."


def test_small_files_are_tasks_together_and_large_ones_are_cut_into_parts():
    sizes = {"a.txt": 10, "b.jsonl": 3 * TASK_BYTES - 5, "c.txt": TASK_BYTES, "d.txt": 2 * TASK_BYTES, "e.csv": 1}
    files = [InputFile(name, name.rpartition(".")[2]) for name in sizes]
    tasks = list(tasks_of(files, lambda file: sizes[file.name], workers=1))
    assert [([file.name for file in task.files], task.part.number, task.part.of) for task in tasks] == [
        (["b.jsonl"], 0, 3), (["b.jsonl"], 1, 3), (["b.jsonl"], 2, 3),
        (["a.txt", "c.txt"], 0, 1), (["d.txt"], 0, 1), (["e.csv"], 0, 1),
    ]  # fmt: skip


def test_small_inputs_give_every_worker_tasks_too():
    files = [InputFile("a.jsonl", "jsonl"), *(InputFile(f"{i}.txt", "txt") for i in range(40))]
    tasks = list(tasks_of(files, lambda file: 2**20 if file.format == "jsonl" else 2**14, workers=2))
    assert 8 <= len(tasks) <= 10


def test_without_ray_the_pip_command_is_named(tmp_path, monkeypatch):
    from claimstance.engines import ray

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'claimstance\[ray\]'"):
        list(ray._results([ray.Task((InputFile("a.txt", "txt"),))], (ray.RaySetup(tmp_path),)))


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each, as processes on this machine."""
    pytest.importorskip("ray")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        nodes.add_node(num_cpus=1)
        yield nodes
        nodes.shutdown()


@pytest.fixture(scope="module")
def folder(tiny_graph, tmp_path_factory):
    """Inputs of several kinds, the model as ONNX, and what the local engine says."""
    folder = tmp_path_factory.mktemp("ray")
    shutil.copytree(tiny_graph, folder / "model")
    (folder / "in").mkdir()
    for name, first in (("a", 0), ("b", 1000)):
        rows = [
            {"text": f"{TEXT} Case {first + i} was closed.", "id": first + i} if i % 17 else {"id": i}
            for i in range(300)
        ]
        (folder / "in" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for i in range(20):
        (folder / "in" / f"{i:02}.txt").write_text(f"{TEXT} Paper {i} was signed.")
    assert score(folder, "local.parquet").returncode == 3
    return folder


def command(output, *options):
    fixed = ["in", "--model", "model", "--include-other", "--output", str(output)]
    return [sys.executable, "-m", "claimstance", "score", *fixed, *map(str, options)]


def score(folder, output, *options):
    return subprocess.run(command(output, *options), cwd=folder, capture_output=True, text=True, check=False)


def on(cluster):
    return "--engine", "ray", "--address", cluster.address, "--workers", 2


@pytest.mark.ray
def test_a_cluster_gives_the_bytes_of_the_local_engine(cluster, folder):
    done = score(folder, "ray.parquet", *on(cluster), "--json")
    assert done.returncode == 3, done.stderr
    assert "INFO" not in done.stderr
    assert (folder / "ray.parquet").read_bytes() == (folder / "local.parquet").read_bytes()
    assert (folder / "ray.parquet.errors.jsonl").read_bytes() == (folder / "local.parquet.errors.jsonl").read_bytes()
    summary = json.loads(done.stdout)
    assert (summary["units_read"], summary["units_failed"]) == (620, 36)
    assert "nothing left to do" in score(folder, "ray.parquet", *on(cluster)).stderr


@pytest.mark.ray
def test_a_strict_run_ends_with_one_line(cluster, folder):
    done = score(folder, "strict.parquet", *on(cluster), "--strict")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("(--strict stops at the first unit that fails)")
    assert "Traceback" not in done.stderr


@pytest.mark.ray
def test_a_worker_that_is_killed_loses_nothing(cluster, folder):
    import psutil

    process = subprocess.Popen(command("killed.parquet", *on(cluster)), cwd=folder, stderr=subprocess.PIPE, text=True)
    killed = None
    for _ in range(600):
        time.sleep(0.1)
        workers = [p for p in psutil.process_iter(["cmdline"]) if "_Worker" in " ".join(p.info["cmdline"] or [])]
        if workers and list((folder / "killed.parquet.parts").glob("*.parquet")):
            killed = workers[0].pid
            os.kill(killed, 9)
            break
        if process.poll() is not None:
            break
    errors = process.communicate(timeout=120)[1]
    assert killed is not None, errors
    assert process.returncode == 3, errors
    assert (folder / "killed.parquet").read_bytes() == (folder / "local.parquet").read_bytes()


@pytest.mark.ray
def test_what_one_engine_began_the_other_ends(cluster, folder):
    process = subprocess.Popen(command("both.parquet"), cwd=folder, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list((folder / "both.parquet.parts").glob("*.parquet"))) < 2:
        time.sleep(0.02)
    process.kill()
    process.wait()
    begun = {path.name for path in (folder / "both.parquet.parts").glob("*.parquet")}
    assert score(folder, "both.parquet", *on(cluster)).returncode == 3
    assert begun <= {path.name for path in (folder / "both.parquet.parts").glob("*.parquet")}
    assert (folder / "both.parquet").read_bytes() == (folder / "local.parquet").read_bytes()


@pytest.mark.ray
def test_what_ray_cannot_score_is_told_in_one_line(folder):
    for options in (["--limit", "3"], ["--address", "127.0.0.1:1"]):
        done = score(folder, "wrong.parquet", "--engine", "ray", *options)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
