"""Numbers to tables, plots, the model card and the page of claims; the tables of the page are here for notebooks."""

from claimstance.report.claims import ledger, left_out, matrix, queue, threats
from claimstance.report.scored import read_scored

__all__ = ["ledger", "left_out", "matrix", "queue", "read_scored", "threats"]
