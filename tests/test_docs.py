"""What the documents say is so: commands run, generated pages are fresh, links lead somewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from claimstance.commands import docs
from claimstance.commands.group import cli
from claimstance.output import ScoredClaim
from claimstance.report.tables import table

PROJECT = Path(__file__).parents[1]
PAGES = [
    path
    for path in PROJECT.glob("**/*.md")
    if not {".venv", ".cache", "node_modules", ".pytest_cache"} & set(path.parts)
]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_the_command_reference_is_fresh():
    assert (PROJECT / "docs/cli.md").read_text(encoding="utf-8") == docs.reference(cli), "run `make docs`"


@pytest.mark.model
def test_the_model_cards_and_the_results_are_those_of_the_released_models():
    models = [PROJECT / "models" / name for name in ("default", "accurate")]
    details = [json.loads((model / "run/benchmark.json").read_text(encoding="utf-8")) for model in models]
    assert table(*details) in README, "run `make docs`"
    for model in models:
        assert (model / "README.md").read_text(encoding="utf-8") == docs.card(model), "run `make docs`"
    assert (PROJECT / "docs/model-card.md").read_text(encoding="utf-8") == docs.card(models[0]), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_to_files_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://")):
            assert (page.parent / link).exists(), link


def test_the_schema_page_names_every_column():
    text = (PROJECT / "docs/schema.md").read_text(encoding="utf-8")
    for name in ScoredClaim.__dataclass_fields__:
        assert f"`{name}`" in text, name


def test_the_readme_names_only_make_targets_that_exist():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)\b", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.model
def test_the_readmes_python_prints_what_it_says():
    examples = re.findall(r"```python\n(.*?)```\s+```text\n(.*?)```", README, re.DOTALL)
    assert examples
    environment = {"PYTHONPATH": str(PROJECT / "pipeline"), "PATH": "/usr/bin:/bin"}
    for code, expected in examples:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == expected


CODES = [
    code
    for page in sorted((PROJECT / "docs").glob("*.md"))
    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]


def test_other_pages_have_python_to_run():
    assert len(CODES) >= 4


@pytest.mark.model
@pytest.mark.parametrize("code", CODES, ids=range(len(CODES)))
def test_the_python_on_other_pages_runs(code):
    if "pyspark" in code:
        pytest.importorskip("pyspark", reason="450 MB and a Java machine, for one page")
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_command_reference_does_not_depend_on_who_called_a_command_before():
    from claimstance.commands.annotate import command

    command.get_help(click.Context(command))
    assert docs.reference(cli) == (PROJECT / "docs/cli.md").read_text(encoding="utf-8")
