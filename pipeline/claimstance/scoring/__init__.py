"""Articles and predictions to output rows."""

from claimstance.scoring.scorer import ScoreOptions, Scorer, load_scorer, score_table

__all__ = ["ScoreOptions", "Scorer", "load_scorer", "score_table"]
