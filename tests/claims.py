"""Scored rows for tests, written by hand: only what differs from a plain statement is named."""

from claimstance.output import ScoredClaim
from claimstance.report.scored import table_of

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


ACTORS = (
    "Norland",
    "Estra",
    "Orvane",
    "Kestrel Union",
    "Halvane Biotech",
    "Harbour Council",
    "Mira Tolvane",
    "Aldmere",
)
SAID = (
    ("threaten", "oppose", "will close its ports to", "{a} will close its ports to {b} if the talks fail."),
    ("promise", "support", "promised to help", "{a} promised to help {b} rebuild the bridge."),
    ("accuse", "oppose", "accused", "{a} accused {b} of hiding the figures."),
    ("reject", "oppose", "rejected", "{a} rejected the offer that {b} had made."),
    ("request", "neutral", "asked", "{a} asked {b} to publish the report."),
    ("agree", "support", "backs", "{a} fully backs {b}, its spokesman said."),
    ("state", "neutral", None, "{a} may meet {b} on Thursday, 𝄞 or so it is said."),
)
STRENGTHS = ("certain", "probable", "possible", "uncommitted")


def generated(count):
    """Articles with claims of invented actors, always the same: (rows, articles)."""
    rows, articles = [], []
    for number in range(count):
        body, made = "", []
        for i in range(20):
            made.append((len(body), *_sentence(number * 11 + i * 5)))
            body += made[-1][1] + ("\n\n" if i % 4 == 3 else " ")
        name = f"article-{number}"
        about = {"outlet": f"Outlet {number % 5}", "published": f"2031-{1 + number % 12:02}-{1 + number % 28:02}"}
        about |= {"url": f"https://news.example/{number}"}
        furniture = [{"start": len(body), "end": len(body) + 10}]
        articles.append(
            {
                "article_id": name,
                "title": f"{made[0][2]['source']} and others, part {number}",
                "body": body + "Read also:",
                "furniture": furniture,
            }
        )
        rows += [
            toward(**fields, article=name, start=start, text=text, **about, **_spans(start, text, fields))
            for start, text, fields in made
        ]
    return rows, articles


def _sentence(seed):
    a, b = ACTORS[seed % len(ACTORS)], ACTORS[(seed // 3 + 1 + seed) % len(ACTORS)]
    act, stance, trigger, text = SAID[seed % len(SAID)]
    fields = {"source": a, "target": b if b != a else "Pennant Wire", "act": act, "stance": stance, "trigger": trigger}
    fields |= {"strength": STRENGTHS[seed % 11 % 4], "probability": (0.55, 0.7, 0.8, 0.97)[seed % 4]}
    fields |= {"condition": "the talks fail" if act == "threaten" else None}
    fields |= {"needs_review": ["stance"] if seed % 4 == 0 else [], "act_probability": 0.5 + seed % 50 / 100}
    return text.format(a=a, b=fields["target"]), fields


def _spans(start, text, fields):
    spans = {}
    for name in ("source", "target", "trigger", "condition"):
        at = text.find(fields[name]) if fields[name] else -1
        spans |= {f"{name}_start": start + at, f"{name}_end": start + at + len(fields[name])} if at >= 0 else {}
    if (at := text.find("may")) >= 0:
        cue = {"text": "may", "start": start + at, "end": start + at + 3, "type": "epistemic", "holder": "speaker"}
        spans["cues"] = [cue]
    return spans


def write(folder, rows, articles):
    """Write a scored file and its bodies, and return their paths."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(table(*rows), folder / "scored.parquet")
    pq.write_table(pa.Table.from_pylist(articles), folder / "articles.parquet")
    return folder / "scored.parquet", folder / "articles.parquet"
