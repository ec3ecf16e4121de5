"""The notebooks run from top to bottom, and their stored outputs are of this model, corpus and code."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def execute():
    """The script that `make notebooks` runs."""
    spec = spec_from_file_location("execute", PROJECT / "notebooks" / "execute.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pictures(notebook):
    return [o for cell in notebook.cells for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stored_outputs_are_current(path, execute):
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata["claimstance"]["fingerprint"] == execute.fingerprint(path, notebook), "run: make notebooks"
    assert pictures(notebook)
    assert str(PROJECT) not in path.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path, execute, monkeypatch):
    import nbformat

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT / "pipeline"), *sys.path]))
    notebook = nbformat.read(path, as_version=4)
    stored = len(pictures(notebook))
    assert len(pictures(execute.execute(path, notebook))) == stored > 0
