"""How many processors this process may use; every default number of workers comes from here."""

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/cpu.max")


def usable_processors() -> int:
    """Return the number of processors left by CPU affinity and by a container's quota, at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, _quota(_CGROUP) or count))


def _quota(path: Path) -> int | None:
    """Return the whole processors of a cgroup's quota (``cpu.max``: quota and period in microseconds)."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return None if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
