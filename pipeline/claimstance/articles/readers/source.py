"""A file as readers get it: opened, its compression undone, and what the user said of its columns."""

import bz2
import gzip
import io
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from claimstance.articles.decoding import head_of
from claimstance.errors import InputError

Rows = Generator[dict[str, Any] | InputError, None, None]
COMPRESSED: Final = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd", ".bz2": b"BZh"}  # ending: first bytes


@dataclass(frozen=True, slots=True)
class Source:
    """``opened`` is a buffered binary file; ``keep`` are columns that are wanted besides those of an article."""

    opened: Any
    text_column: str | None = None
    id_column: str | None = None
    keep: tuple[str, ...] = ()


class CountedFile(io.FileIO):
    """A file that tells how many bytes are read from it."""

    def __init__(self, name: str, on_bytes: Callable[[int], None]) -> None:
        super().__init__(name)
        self.on_bytes = on_bytes

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, and tell how much was read."""
        read = super().readinto(buffer) or 0
        self.on_bytes(read)
        return read


def uncompressed(opened: Any, name: str) -> Any:
    """Undo gzip, Zstandard or bzip2, which the name or the first bytes tell."""
    head = head_of(opened, 4)
    for ending, magic in COMPRESSED.items():
        if name.lower().endswith(ending) or head.startswith(magic):
            if ending == ".gz":
                return gzip.GzipFile(fileobj=opened)
            if ending == ".bz2":
                return io.BufferedReader(bz2.BZ2File(opened))
            return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(opened, mode="r"), "zstd"), 2**20)
    return opened
