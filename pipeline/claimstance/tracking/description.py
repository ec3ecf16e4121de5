"""A run's description, for people who choose between runs."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from claimstance.params import parse_yaml


def differences(params_file: Path) -> list[str]:
    """Return the parameters that differ from those of the last commit, as ``train.epochs: 1 (8)``."""
    committed = _at_head(params_file)
    try:
        now = parse_yaml(params_file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return []
    before, after = _flat(committed), _flat(now)
    names = sorted({*before, *after}) if before else []
    return [
        f"{n}: {after.get(n, 'not set')} ({before.get(n, 'not set')})" for n in names if before.get(n) != after.get(n)
    ]


def _at_head(path: Path) -> Any:
    command = ["git", "show", f"HEAD:./{path.name}"]
    folder = path.resolve().parent
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return {}
    return parse_yaml(done.stdout)


def _flat(values: Any, prefix: str = "") -> dict[str, str]:
    if not isinstance(values, dict):
        return {prefix: str(values)}
    found: dict[str, str] = {}
    for name, value in values.items():
        found |= _flat(value, f"{prefix}.{name}" if prefix else str(name))
    return found


def describe(differs: Sequence[str], numbers: Mapping[str, float | None], notes: Sequence[str] = ()) -> str:
    """Return a run's description in Markdown: what differs from the defaults, its headline metrics, links.

    Args:
        differs: From ``differences``.
        numbers: Headline metrics; ``_low`` and ``_high`` beside one are its interval.
        notes: Further lines.
    """
    lines = ["**Differs from the committed parameters:** " + ("; ".join(f"`{d}`" for d in differs) or "nothing")]
    if numbers:
        lines += ["", "| measure | value | 95 % interval |", "|---|---|---|"]
        for name, value in numbers.items():
            if value is not None and not name.endswith(("_low", "_high")):
                low, high = numbers.get(f"{name}_low"), numbers.get(f"{name}_high")
                interval = "" if low is None or high is None else f"{low:.3f}–{high:.3f}"
                lines.append(f"| {name} | {value:.3f} | {interval} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)]).strip() + "\n"
