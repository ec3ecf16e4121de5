"""Confusion matrices and reliability plots as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from claimstance.evaluation.metrics import Decision
from claimstance.heads import Head


def confusion(path: Path, head: Head, found: Sequence[Decision]) -> None:
    """Draw counts of gold (rows) against found (columns), shaded by row."""
    from sklearn.metrics import confusion_matrix

    names = list(head.labels)
    matrix = confusion_matrix([d.gold for d in found], [d.found for d in found], labels=names)
    figure, axes = plt.subplots(figsize=(1.6 + 0.7 * len(names), 1.3 + 0.6 * len(names)))
    axes.imshow(matrix / matrix.sum(axis=1, keepdims=True).clip(min=1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("found")
    axes.set_ylabel("gold")
    axes.set_title(f"{head.name}, n = {len(found)}")
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            axes.text(j, i, str(count), ha="center", va="center", color="white" if count > row.sum() / 2 else "black")
    _save(figure, path)


def reliability(path: Path, head: str, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Draw accuracy over mean probability, one line a curve, beside the diagonal of a calibrated model."""
    figure, axes = plt.subplots(figsize=(4.2, 4))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for name, curve in curves.items():
        axes.plot([p["probability"] for p in curve], [p["accuracy"] for p in curve], marker="o", label=name)
    axes.set_xlabel("mean probability")
    axes.set_ylabel("accuracy")
    axes.set_title(f"reliability: {head}")
    axes.legend(loc="lower right")
    _save(figure, path)


def risk_coverage(path: Path, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Draw the error among the most probable share of decisions, one line a head."""
    figure, axes = plt.subplots(figsize=(4.8, 4))
    for name, curve in curves.items():
        axes.plot([p["coverage"] for p in curve], [p["risk"] for p in curve], marker="o", label=name)
    axes.set_xlabel("share of decisions kept, the surest first")
    axes.set_ylabel("share of these that are wrong")
    axes.set_title("risk and coverage")
    axes.legend(loc="upper left")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})  # the same picture is the same bytes
    plt.close(figure)
