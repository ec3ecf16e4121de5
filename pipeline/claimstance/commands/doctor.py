"""``claimstance doctor``: what may be wrong with this checkout and machine, and what to do."""

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from claimstance.commands.group import TRAIN_EXTRA
from claimstance.errors import ModelError
from claimstance.model.folder import ACCURATE, accurate_model, default_model, read_config
from claimstance.processors import usable_processors
from claimstance.tracking.health import OK, PROBLEM, WARNING, Finding, tracking_findings
from claimstance.tracking.tracker import project_root

FEW_GIGABYTES: Final = 2.0  # two checkpoints of the small encoder, its model and its graphs take about 1
STYLES: Final = {OK: "green", WARNING: "yellow", PROBLEM: "red"}
INT8_FLAGS: Final = ("amx_int8", "avx512_vnni", "avx_vnni", "asimddp", "i8mm")  # that multiply int8 exactly and fast
_CPU: Final = Path("/proc/cpuinfo")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON on stdout.")
def command(as_json: bool) -> None:
    """Look for what is wrong with this checkout and machine, and say what to do.

    Exit codes: 0 nothing is broken (there may be warnings), 1 there is a problem.
    """
    findings = list(examine())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        _print(findings)
    if any(finding.status == PROBLEM for finding in findings):
        sys.exit(1)


def examine() -> Iterator[Finding]:
    """Yield the finding of every check; none of them changes anything."""
    yield from tracking_findings()
    yield tree(project_root())
    yield from extras()
    yield from models()
    yield disk(project_root())
    yield processor()


def tree(root: Path) -> Finding:
    """Say whether tracked files differ from the last commit."""
    try:
        command = ["git", "status", "--porcelain", "--untracked-files=no"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return Finding("git", OK, f"{root}: no git checkout")
    changed = [line[3:] for line in done.stdout.splitlines()]
    if not changed:
        return Finding("git", OK, "no tracked file differs from the last commit")
    advice = "commit before you train: a run is tagged with its commit, and this one would not describe it"
    return Finding("git", WARNING, f"{len(changed)} files differ from the last commit, such as {changed[0]}", advice)


def extras() -> Iterator[Finding]:
    """Yield a finding for each optional group of packages."""
    for extra, modules in (("train", (*TRAIN_EXTRA, "dvc", "onnx", "safetensors")), ("ray", ("ray",))):
        missing = [module for module in modules if find_spec(module) is None]
        if missing:
            found = f"{', '.join(missing)}: not installed (scoring runs without)"
            yield Finding(f"extra {extra}", WARNING, found, f"pip install 'claimstance[{extra}]'")
        else:
            yield Finding(f"extra {extra}", OK, "installed")


def models() -> Iterator[Finding]:
    """Yield for each released model whether its files have the sha256 that its config names."""
    yield _model("model", default_model())
    if accurate_model().is_dir():  # only in a checkout
        yield _model(f"model {ACCURATE}", accurate_model())


def _model(name: str, folder: Path) -> Finding:
    try:
        config = read_config(folder)
    except ModelError as error:
        return Finding(name, PROBLEM, str(error), "restore it: git checkout the folder, or install the package anew")
    return Finding(name, OK, f"{folder}: {config.version}, {len(config.files)} files, sha256 as named")


def disk(root: Path) -> Finding:
    """Say whether there is room for a training."""
    free = shutil.disk_usage(root).free / 1e9
    if free < FEW_GIGABYTES:
        return Finding("disk", WARNING, f"{free:.1f} GB free", "make room: dvc gc --workspace, mlflow gc, rm -r .cache")
    return Finding("disk", OK, f"{free:.0f} GB free")


def processor() -> Finding:
    """Say what processor this is, and which int8 kernels it gets."""
    from claimstance.model.runtimes import onnx

    name, flags = _cpu()
    fast = [flag for flag in INT8_FLAGS if flag in flags]
    found = f"{name}, {usable_processors()} usable; {', '.join(fast) or 'no int8 instructions'}"
    if onnx.saturates():
        older = "int8 products can saturate, so models that were exported by older versions get slower kernels"
        return Finding("cpu", OK, f"{found}: {older}")
    return Finding("cpu", OK, f"{found}: int8 products are exact, the fast kernels are used")


def _cpu() -> tuple[str, set[str]]:
    """Return the processor's name and its instruction sets, as far as the system says."""
    try:
        lines = [line.partition(":") for line in _CPU.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return platform.processor() or platform.machine(), set()
    values = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    flags = values.get("flags") or values.get("Features") or ""
    return values.get("model name") or platform.machine(), set(flags.split())


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "", "found", "what to do")
    for finding in findings:
        status = Text(finding.status, style=STYLES[finding.status])
        table.add_row(finding.name, status, Text(finding.found), Text(finding.advice))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
