"""The command line: one command per stage and tool, each a thin layer over a plain function, imported when it runs.

Exit codes: 0 done; 1 a user's error, told in one line; 2 wrong usage; 3 done, but some units are in the errors file;
130 interrupted.
"""

from claimstance.cli import score, stages, tools
from claimstance.cli.common import cli

__all__ = ["cli", "score", "stages", "tools"]
