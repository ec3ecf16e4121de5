"""The wheel, built and installed alone in a fresh environment, scores without torch."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(PROJECT),
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_the_model_the_types_marker_and_both_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "py.typed",
        "default_model/model.onnx",
        "default_model/claimstance.json",
        "report/model-card.md.jinja",
        "report/page/template.html.jinja",
        "report/page/app.js",
    ):
        assert f"claimstance/{name}" in names
    assert sum(name.endswith("LICENSE") and "licenses" in name for name in names) == 2


def test_a_fresh_base_install_scores_without_torch(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    pip = [
        python,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "-c",
        str(PROJECT / "constraints.txt"),
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    text = "Norland is ready to close its ports if Estra breaks the ceasefire again, Norland's minister said on Monday."
    command = [str(tmp_path / "env" / "bin" / "claimstance"), "score", "--text", text]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert rows[0]["text"] == text
    listed = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout.lower()
    assert "torch" not in listed
    assert "mlflow" not in listed
    missing = subprocess.run(
        [command[0], "score", "--text", text, "--runtime", "torch"], capture_output=True, text=True
    )
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert "pip install 'claimstance[train]'" in missing.stderr
