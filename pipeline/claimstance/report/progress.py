"""Progress of a long step: a bar on a terminal, a line now and then in a log file."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

EVERY: Final = 20.0  # seconds between two lines in a log
Advance = Callable[[int], None]


def console() -> Console:
    """Return a console on stderr, as wide as the terminal, or as a log's reader expects."""
    return Console(stderr=True) if sys.stderr.isatty() else Console(stderr=True, width=110, no_color=True)


@contextmanager
def progress(text: str, total: int) -> Iterator[Advance]:
    """Show how far a step of ``total`` units is; the function that is given counts units that are done."""
    with (_bar if sys.stderr.isatty() else _lines)(text, total) as advance:
        yield advance


@contextmanager
def _bar(text: str, total: int) -> Iterator[Advance]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=console(), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda n: bar.advance(task, n)


@contextmanager
def _lines(text: str, total: int) -> Iterator[Advance]:
    started = said = time.monotonic()
    done = told = 0

    def advance(n: int) -> None:
        nonlocal done, said, told
        done += n
        if time.monotonic() - said >= EVERY:
            said, told = time.monotonic(), done
            print(f"{text}: {done} of {total}, {said - started:.0f} s", file=sys.stderr, flush=True)

    yield advance
    if told != done or not total:
        print(f"{text}: {done} of {total}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
