"""Scored rows for tests, written by hand: only what differs from a plain statement is named."""

from claimstance.report.scored import table_of
from claimstance.schema import ScoredClaim

PLAIN = dict.fromkeys(ScoredClaim.__dataclass_fields__) | {
    "article_id": "a1",
    "input": "news.jsonl:1",
    "sentence_index": 0,
    "start": 0,
    "end": 0,
    "text": "",
    "kind": "claim",
    "kind_probability": 0.99,
    "act": "state",
    "act_probability": 0.95,
    "strength": "certain",
    "p_certain": 0.9,
    "p_probable": 0.05,
    "p_possible": 0.03,
    "p_uncommitted": 0.02,
    "cues": [],
    "quoted": "indirect",
    "needs_review": [],
    "model": "tiny",
    "model_version": "0",
}


def claim(article="a1", start=0, text="", **fields):
    return PLAIN | {"article_id": article, "start": start, "end": start + len(text), "text": text} | fields


def toward(source, target, stance="neutral", probability=0.9, **fields):
    """A row from one name to another."""
    rest = {f"p_{other}": (1 - probability) / 2 for other in ("support", "oppose", "neutral")}
    names = {"source": source, "speaker": source, "target": target, "target_name": target}
    return claim(
        **(names | {"stance": stance, "target_origin": "found"} | rest | {f"p_{stance}": probability} | fields)
    )


def table(*rows):
    return table_of(rows)
