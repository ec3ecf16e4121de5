"""Numbers to tables, plots, the model card and the page of claims; the tables of the page are here for notebooks."""

from importlib import import_module
from typing import Any, Final

_PLACES: Final = {"read_scored": "scored", "table_of": "scored"} | dict.fromkeys(
    ("ledger", "left_out", "matrix", "queue", "threats"), "claims"
)


def __getattr__(name: str) -> Any:
    """Return a function of ``claims.py`` or ``scored.py``; loaded late, so that plots do not depend on the page."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
