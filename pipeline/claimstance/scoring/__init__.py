"""Articles and predictions to output rows."""

import warnings
from typing import Any

_MOVED = ("ScoreOptions", "Scorer", "load_scorer", "score_table")


def __getattr__(name: str) -> Any:
    """Serve the names that this module held before 0.2, with a warning."""
    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from claimstance.scoring import scorer

    instead = "claimstance.load" if name == "load_scorer" else f"claimstance.scoring.scorer.{name}"
    warnings.warn(f"claimstance.scoring.{name} goes in 0.3; use {instead}", DeprecationWarning, stacklevel=2)
    return getattr(scorer, name)
