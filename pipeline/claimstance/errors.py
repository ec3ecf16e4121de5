"""Errors that a user can cause and mend.

ClaimstanceError            one line: what was wrong, what was found, what to do; exit code 1
├── InputError              an input file, folder or row that cannot be read
├── CorpusError             an annotated article that breaks the corpus format
├── ParamsError             params.yaml or an option has a wrong name or value
├── ModelError              a model folder that is missing, incomplete, altered or of another version
├── OutputError             an output that exists, belongs to something else or cannot be written
├── WorkerError             a process that scores ended before its time
└── MissingExtraError       an optional dependency is not installed
"""


class ClaimstanceError(Exception):
    """Base of all errors that end a command with one line and exit code 1."""


class InputError(ClaimstanceError):
    """An input file, folder or row cannot be read."""


class CorpusError(ClaimstanceError):
    """An annotated article breaks the corpus format."""


class ParamsError(ClaimstanceError):
    """A parameter or option has a wrong name or value."""


class ModelError(ClaimstanceError):
    """A model folder is missing, incomplete, altered or of another version."""


class OutputError(ClaimstanceError):
    """An output exists, belongs to something else or cannot be written."""


class WorkerError(ClaimstanceError):
    """A process that scores ended before its time."""


class MissingExtraError(ClaimstanceError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(f"{module} is not installed; run: pip install 'claimstance[{extra}]'")
