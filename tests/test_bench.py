"""The benchmarks name functions of the package; a move must not leave their tables empty."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import make_example

PROJECT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.model
def test_the_profile_finds_every_part_of_scoring(tmp_path):
    (tmp_path / "s.jsonl").write_text(json.dumps({"text": "The union may call a strike, its leader hinted."}) + "\n")
    command = [sys.executable, "bench/speed.py", str(tmp_path / "s.jsonl"), "--only", "profile"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert all(milliseconds > 0 for milliseconds in json.loads(done.stdout).values())


def test_a_smaller_learning_set_is_whole_articles_of_every_larger_one():
    specification = importlib.util.spec_from_file_location("learning_curve", PROJECT / "bench/learning_curve.py")
    curve = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(curve)
    examples = [make_example(group) for group in range(12) for _ in range(5)]
    small, large = curve.subset(examples, 7), curve.subset(examples, 31)
    assert (len(small), len(large), curve.subset(examples, 0)) == (10, 35, [])
    assert large[:10] == small
    assert len(curve.subset(examples, 1000)) == len(examples)
