"""The design, held: stages are commands, DVC knows what each stage imports, heavy imports stay where they belong."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
import yaml

from claimstance.cli import cli

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "pipeline" / "claimstance"
DVC = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = sorted(path.stem for path in (PACKAGE / "stages").glob("[a-z]*.py"))
TOOLS = sorted(path.stem for path in (PACKAGE / "tools").glob("[a-z]*.py"))
MAY_IMPORT = {
    "mlflow": {"tracking/tracker.py", "tracking/mlflow_model.py"},
    "onnxruntime": {"model/runtimes/onnx.py", "model/export.py", "model/quantization.py"},
    "torch": {
        "model/dequantization.py",
        "training/features.py",
        "model/network.py",
        "training/loop.py",
        "model/export.py",
        "model/runtimes/torch.py",
        "commands/average.py",
    },
    "transformers": {"model/network.py", "training/loop.py", "commands/train.py"},
    "matplotlib": {"report/plots.py"},
}


def test_each_dvc_stage_is_a_module_and_a_command_of_the_same_name():
    assert sorted(DVC["stages"]) == STAGES
    assert sorted(cli.commands) == sorted(STAGES + TOOLS)
    for name, stage in DVC["stages"].items():
        assert stage["cmd"].split()[:2] == ["claimstance", name]


def test_each_section_of_the_params_is_a_stage_that_dvc_watches():
    sections = set(yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8")))
    watched = {name for name, stage in DVC["stages"].items() if stage.get("params") == [name]}
    assert sections == watched


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("claimstance", cache_dir=None)


def file_of(module):
    path = PACKAGE.parent / Path(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"


@pytest.mark.parametrize("name", STAGES)
def test_the_code_that_dvc_watches_is_the_import_closure_of_the_stage(name, graph):
    module = f"claimstance.commands.{name}"
    files = {file_of(m) for m in {module, *graph.find_upstream_modules(module)}}
    expected = {str(f.relative_to(PROJECT)) for f in files if "import" in f.read_text() or "def " in f.read_text()}
    watched = {dep for dep in DVC["stages"][name]["deps"] if dep.startswith("pipeline/")}
    assert watched == expected


def test_heavy_packages_are_imported_only_where_they_belong():
    found = {name: set() for name in MAY_IMPORT}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                if (top := name.split(".")[0]) in found:
                    found[top].add(str(path.relative_to(PACKAGE)))
    assert found == MAY_IMPORT


def test_scoring_never_imports_what_only_training_needs():
    code = (
        "import sys, claimstance.cli, claimstance.commands.score, claimstance.model.runtimes.onnx, claimstance.engines.local;"
        "print([m for m in ('torch', 'transformers', 'mlflow', 'pandas', 'sklearn', 'dvc') if m in sys.modules])"
    )
    environment = {"PYTHONPATH": str(PACKAGE.parent), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_files_stay_small_and_no_module_knows_a_data_folder():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350, path
        assert not re.search(r"""["'](?:data|models)/""", text), path


def test_nothing_is_unpickled():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(?:pickle|joblib|shelve|marshal)\b", text), path
        assert "weights_only=False" not in text, path
        assert "shell=True" not in text, path


def test_nothing_large_is_tracked_but_the_released_graph():
    listed = subprocess.run(["git", "ls-files"], cwd=PACKAGE.parents[1], capture_output=True, text=True, check=True)
    files = [PACKAGE.parents[1] / name for name in listed.stdout.splitlines()]
    large = {path.name for path in files if path.is_file() and path.stat().st_size > 1_000_000}
    assert large <= {"model.onnx"}


@pytest.mark.slow
def test_dvc_sees_the_pipeline_of_the_released_model():
    """A pattern in .gitignore that covers models/default hides its dvc.yaml too."""
    command = [sys.executable, "-m", "dvc", "dag", "--dot"]
    done = subprocess.run(command, cwd=PACKAGE.parents[1], capture_output=True, text=True)
    assert re.search(r'"prepare" -> "models/default/run/dvc.yaml:distil"', done.stdout), done.stderr
