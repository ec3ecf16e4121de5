"""The design, held: stages are commands, DVC knows what each stage imports, heavy imports stay where they belong."""

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import grimp
import pytest
import yaml

from claimstance.commands.group import COMMANDS

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "pipeline" / "claimstance"
DVC = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))
NOT_A_COMMAND = {"group", "options"}
MAY_IMPORT = {
    "mlflow": {"tracking"},
    "onnxruntime": {"model"},
    "torch": {"model", "training"},
    "transformers": {"model", "training"},
    "matplotlib": {"report"},
}


def test_each_file_in_commands_is_one_command_that_is_listed_and_loaded_when_it_is_called():
    files = {path.stem for path in (PACKAGE / "commands").glob("[a-z]*.py")} - NOT_A_COMMAND
    assert files == set(COMMANDS)
    for name, summary in COMMANDS.items():
        command = import_module(f"claimstance.commands.{name}").command
        assert summary == command.help.partition("\n")[0]


def test_each_dvc_stage_is_a_command_of_the_same_name():
    for name, stage in DVC["stages"].items():
        assert stage["cmd"].split()[:2] == ["claimstance", name]
        assert name in COMMANDS


def test_each_section_of_the_params_is_a_stage_that_dvc_watches():
    sections = set(yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8")))
    watched = {name for name, stage in DVC["stages"].items() if name in stage.get("params", ())}
    assert sections == watched | {"promote"}  # a command that no stage runs


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("claimstance", cache_dir=None)


def file_of(module):
    path = PACKAGE.parent / Path(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"


@pytest.mark.parametrize("name", DVC["stages"])
def test_the_import_closure_of_a_stage_lies_within_what_dvc_watches(name, graph):
    module = f"claimstance.commands.{name}"
    files = {file_of(m) for m in {module, *graph.find_upstream_modules(module)}}
    watched = [PROJECT / dep for dep in DVC["stages"][name]["deps"] if dep.startswith("pipeline/")]
    missing = {
        str(file.relative_to(PROJECT))
        for file in files
        if file.name != "__init__.py" and not any(file.is_relative_to(place) for place in watched)
    }
    assert missing == set()


@pytest.mark.parametrize("name", DVC["stages"])
def test_dvc_watches_no_code_that_a_stage_does_not_import(name, graph):
    module = f"claimstance.commands.{name}"
    files = {file_of(m) for m in {module, *graph.find_upstream_modules(module)}}
    watched = [PROJECT / dep for dep in DVC["stages"][name]["deps"] if dep.startswith("pipeline/")]
    code = [place for place in watched if place.name != "word_lists"]
    assert [place for place in code if not any(file.is_relative_to(place) for file in files)] == []


@pytest.mark.parametrize("name", DVC["stages"])
def test_dvc_watches_the_word_lists_that_a_stage_reads(name, graph):
    module = f"claimstance.commands.{name}"
    files = {file_of(m) for m in {module, *graph.find_upstream_modules(module)}}
    reads = {file.parent for file in files if "word_list" in file.read_text(encoding="utf-8")}
    read = {folder / "word_lists" for folder in reads if (folder / "word_lists").is_dir()}
    watched = [PROJECT / dep for dep in DVC["stages"][name]["deps"] if dep.startswith("pipeline/")]
    assert {folder for folder in read if not any(folder.is_relative_to(place) for place in watched)} == set()


@pytest.mark.parametrize("name", ["train", "export", "behave"])
def test_rules_about_articles_and_rows_do_not_make_a_model_stage_out_of_date(name, graph):
    upstream = graph.find_upstream_modules(f"claimstance.commands.{name}")
    assert not {m for m in upstream if m.startswith(("claimstance.scoring", "claimstance.engines"))}
    assert "claimstance.segmentation.quotations" not in upstream


def test_heavy_packages_are_imported_only_where_they_belong():
    found = {name: set() for name in MAY_IMPORT}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                if (top := name.split(".")[0]) in found:
                    found[top].add(path.relative_to(PACKAGE).parts[0])
    assert found == MAY_IMPORT


def test_scoring_never_imports_what_only_training_needs():
    code = (
        "import sys, claimstance.commands.score, claimstance.model.runtimes.onnx;"
        "print([m for m in ('torch', 'transformers', 'mlflow', 'pandas', 'sklearn', 'dvc') if m in sys.modules])"
    )
    environment = {"PYTHONPATH": str(PACKAGE.parent), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_the_picture_of_the_architecture_shows_the_imports(graph):
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = {(above, below) for below, above in re.findall(r"^  (\w+) --> (\w+)$", page, re.MULTILINE)}
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    imported = {
        (module.split(".")[1], other.split(".")[1])
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if module.count(".") > 1 and other.count(".") > 1
    }
    assert drawn == {(above, below) for above, below in imported if above != below and {above, below} <= folders}


def test_links_into_the_code_lead_somewhere():
    for page in (PROJECT / "docs").glob("*.md"):
        for link in re.findall(r"\]\((\.\./[^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_help_imports_no_command():
    code = (
        "import sys\n"
        "from claimstance.commands.group import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "print([m for m in sys.modules if m.startswith('claimstance.commands.') or m in ('numpy', 'pyarrow')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['claimstance.commands.group']"


def test_folders_and_files_stay_small_and_no_module_knows_a_data_folder():
    for folder in (PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())):
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(files) <= 12 or folder.name == "commands", folder
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, path
        assert not re.search(r"""["'](?:data|models)/""", text), path


def test_nothing_is_unpickled():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(?:pickle|joblib|shelve|marshal)\b", text), path
        assert "weights_only=False" not in text, path
        assert "shell=True" not in text, path


def test_nothing_large_is_tracked_but_the_released_graphs_and_the_weights():
    listed = subprocess.run(["git", "ls-files"], cwd=PACKAGE.parents[1], capture_output=True, text=True, check=True)
    files = [PACKAGE.parents[1] / name for name in listed.stdout.splitlines()]
    large = {path for path in files if path.is_file() and path.stat().st_size > 1_000_000}
    models = PROJECT / "models"
    graphs = {models / name / "model.onnx" for name in ("default", "accurate")}
    assert large <= {*graphs, models / "weights" / "model.safetensors"}
    assert all(graph.stat().st_size < 100_000_000 for graph in graphs)  # what hosts of git accept


def test_no_second_pipeline_lies_in_dvcs_search_path():
    """Every DVC command reads each dvc.yaml that it finds, and warns of each output that is missing."""
    listed = subprocess.run(["git", "ls-files", "*dvc.yaml"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert listed.stdout.split() == ["dvc.yaml"]


def test_the_pipeline_of_the_released_model_calls_commands_and_options_that_exist():
    recipe = yaml.safe_load((PROJECT / "models/default/run/pipeline.yaml").read_text(encoding="utf-8"))
    stages = [stage.get("do", stage) for stage in recipe["stages"].values()]
    for line in [part.split() for stage in stages for part in stage["cmd"].split("&&")]:
        assert line[0] == "claimstance"
        options = {name for p in import_module(f"claimstance.commands.{line[1]}").command.params for name in p.opts}
        assert {word for word in line if word.startswith("--")} <= options
    for name in ("export", "accurate-export"):
        assert "--for-release" in recipe["stages"][name]["cmd"]


def test_only_one_stage_writes_what_git_tracks_and_it_keeps_the_old_until_there_is_new():
    for name, stage in DVC["stages"].items():
        outs = [*stage.get("outs", ()), *stage.get("metrics", ())]
        published = [out for out in outs if isinstance(out, dict)]
        assert bool(published) == (name == "summarize")
        assert all(flags == {"cache": False, "persist": True} for out in published for flags in out.values())
