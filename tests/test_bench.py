"""The benchmarks name functions of the package; a move must not leave their tables empty."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.model
def test_the_profile_finds_every_part_of_scoring(tmp_path):
    (tmp_path / "s.jsonl").write_text(json.dumps({"text": "The union may call a strike, its leader hinted."}) + "\n")
    command = [sys.executable, "bench/speed.py", str(tmp_path / "s.jsonl"), "--only", "profile"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert all(milliseconds > 0 for milliseconds in json.loads(done.stdout).values())
