"""Run the notebooks and keep their outputs, with a fingerprint of what the outputs depend on.

    python notebooks/execute.py                 # all of them, in place: `make notebooks`

A test compares the fingerprints, so that a picture of an older model or corpus is noticed.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parent
READS = {  # files whose change makes a notebook's outputs old
    "01-who-is-for-whom": ("models/default/claimstance.json", "data/corpus/*.txt"),
    "02-the-corpus": ("data/corpus/*", "data/agreement/**/*", "data/news/**/*", "bench/learning-curve.json"),
    "03-two-runs-compared": ("params.yaml",),  # its numbers change with every training anyway
}


def fingerprint(path: Path, notebook: Any) -> str:
    """Return a digest of a notebook's code and of the files that it reads."""
    digest = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            digest.update(cell.source.encode())
    for pattern in READS[path.stem]:
        for file in sorted(filter(Path.is_file, PROJECT.glob(pattern))):
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def execute(path: Path, notebook: Any) -> Any:
    """Run a notebook from top to bottom in place, in its own folder.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell fails.
    """
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where, record_timing=False).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]  # warnings with paths of this machine
    notebook.metadata["claimstance"] = {"fingerprint": fingerprint(path, notebook)}
    return notebook


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.ipynb"))):
        print(file, flush=True)
        nbformat.write(execute(file, nbformat.read(file, as_version=4)), file)
