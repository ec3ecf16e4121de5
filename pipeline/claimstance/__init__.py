"""News articles go in; a table of claims comes out: who claims what, for or against whom, and how firmly.

``load`` opens a model; the modules below are public too::

    import claimstance

    for claim in claimstance.load().score(["The union may strike, its leader said."]):
        print(claim.source, claim.act, claim.strength)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from claimstance.scoring.scorer import ScoreOptions, Scorer

__version__ = "0.1.0"
__all__ = ["load", "score_table"]


def load(
    model: "Path | str | None" = None,
    runtime: str | None = None,
    device: str = "cpu",
    options: "ScoreOptions | None" = None,
) -> "Scorer":
    """Open a model and return its scorer, whose ``score`` takes texts.

    Args:
        model: A model folder, or ``accurate``, the larger released one [default: the one that ships with the package].
        runtime: onnx or torch [default: onnx where the model has a graph].
        device: For the torch runtime, such as cuda.
        options: How articles are scored.

    Raises:
        ModelError: if the folder is no intact model.
        MissingExtraError: if the torch runtime is not installed.
        ParamsError: if the runtime or device is unknown.
    """
    from claimstance.scoring.scorer import load_scorer  # keeps ``import claimstance`` light

    return load_scorer(model, runtime, device, options)


def score_table(scorer: "Scorer", table: "pa.Table") -> "pa.Table":
    """Score a table of articles with a column ``text``; see ``claimstance.scoring.scorer.score_table``."""
    from claimstance.scoring import scorer as scoring

    return scoring.score_table(scorer, table)
