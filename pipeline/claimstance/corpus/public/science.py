"""Certainty in science communication: findings rated from 1 to 6 (Pei & Jurgens 2021).

The scale is mapped to the guide's: a rating of 5 and above is plain assertion (``certain``), from 3.5 a hedged one
(``probable``), from 2 an open possibility (``possible``); below that raters saw no commitment (``uncommitted``).
"""

import json
from pathlib import Path
from typing import Final

from claimstance import heads
from claimstance.schema import Example, Strength

CORPUS: Final = "science_certainty"
FLOORS: Final = (
    (5.0, Strength.CERTAIN),
    (3.5, Strength.PROBABLE),
    (2.0, Strength.POSSIBLE),
    (0.0, Strength.UNCOMMITTED),
)
SPLITS: Final = {"train": "train", "val": "dev", "test": "test", "ext": "train"}


def read(folder: Path) -> list[Example]:
    """Read all findings in their official split; ``ext`` is for training."""
    rows = [json.loads(line) for line in (folder / "sentences.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Example(
            example_id=f"{CORPUS}:{i}",
            corpus=CORPUS,
            group=f"{CORPUS}:{i}",
            split=SPLITS[row["split"]],
            text=row["finding"].strip(),
            labelled=(heads.STRENGTH.name,),
            strength=next(label for floor, label in FLOORS if row["sentence-level-certainty"] >= floor),
            certainty=float(row["sentence-level-certainty"]),
        )
        for i, row in enumerate(rows)
    ]
