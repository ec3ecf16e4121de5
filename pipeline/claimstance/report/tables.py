"""The results as Markdown: each test set with its metrics, beside baselines and published numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

BASELINES: Final = {
    "majority": "majority",
    "cue_lexicon": "cue lexicon",
    "tfidf": "TF-IDF",
    "target_blind": "target-blind control",
}
TOWARD: Final = ("stance", "sentiment")
MARKS: Final = "¹²³"
HAMBORG: Final = "Hamborg & Donnay 2021, Table 2, RoBERTa-base, perhaps on dev and test together"
WEN: Final = "Wen et al. 2024, Table 3, on the official split, which leaks, and five classes a pair"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a test set; ``path`` is its place in the details, which may have an interval beside it.

    ``published`` is what others report on the same test set, or on the one named in ``source``.
    """

    test_set: str
    title: str
    path: tuple[str, ...]
    published: str = ""
    source: str = ""


OWN: Final = tuple(
    Measure(test_set, title, path)
    for test_set in ("news-test", "test", "unseen")
    for title, path in (
        ("kind, macro-F1", ("kind", "macro_f1")),
        ("act, macro-F1", ("act", "macro_f1")),
        ("strength, macro-F1", ("strength", "macro_f1")),
        ("stance toward given targets, macro-F1", ("stance", "macro_f1")),
        ("stance, targets to be found, macro-F1", ("stance_found", "macro_f1")),
        ("source span, F1", ("source_span", "f1")),
        ("target span, F1", ("target_span", "f1")),
        ("target span, F1, any overlap", ("target_span", "overlap_f1")),
        ("typed cue span, F1", ("cues", "f1")),
        ("condition span, F1", ("condition_span", "f1")),
        ("trigger span, F1", ("trigger_span", "f1")),
    )
)
PUBLIC: Final = (
    Measure("newsmtsc-test-rw", "sentiment, macro-F1", ("sentiment", "macro_f1"), "GRU-TSC 0.831; SPC 0.811", HAMBORG),
    Measure("newsmtsc-test-rw", "sentiment, accuracy", ("sentiment", "accuracy"), "GRU-TSC 0.838; SPC 0.827", HAMBORG),
    Measure("newsmtsc-test-mt", "sentiment, macro-F1", ("sentiment", "macro_f1"), "GRU-TSC 0.825", HAMBORG),
    Measure("newsmtsc-test-mt", "sentiment, accuracy", ("sentiment", "accuracy"), "GRU-TSC 0.846", HAMBORG),
    Measure("dse-test", "stance, micro-F1", ("stance", "accuracy"), "0.852", WEN),
    Measure("dse-test", "stance, macro-F1", ("stance", "macro_f1"), "0.725", WEN),
    Measure("szeged_news-test", "any cue in the sentence, F1", ("cues", "sentence", "f1")),
    Measure("szeged_news-test", "any cue, the corpus's own reading, F1", ("cues", "sentence_with_masked", "f1")),
    *(
        Measure("szeged_news-test", f"{kind} cue in the sentence, F1", ("cues", "types", kind, "sentence", "f1"))
        for kind in ("epistemic", "doxastic", "conditional", "investigation")
    ),
    Measure("szeged_news-test", "typed cue span, F1", ("cues", "f1")),
    Measure("science_certainty-test", "expected strength, Pearson's r", ("certainty", "r")),
)
TITLES: Final = {
    "news-test": "real news",
    "test": "our test split",
    "unseen": "our unseen subjects",
    "newsmtsc-test-rw": "NewsMTSC rw",
    "newsmtsc-test-mt": "NewsMTSC mt",
    "dse-test": "DSE, split anew by sentence",
    "szeged_news-test": "Szeged uncertainty, FactBank news",
    "science_certainty-test": "certainty in science communication",
}


def table(result: dict[str, Any], accurate: dict[str, Any] | None = None) -> str:
    """Return one line a measure of each test set, followed by the sources of the published numbers.

    ``accurate`` are the details of the larger model, which get a column of their own.
    """
    models = [result] if accurate is None else [result, accurate]
    columns = ["model"] if accurate is None else ["default", "`accurate`"]
    baselines = BASELINES if accurate is None else BASELINES | {"target_blind": "target-blind control of default"}
    titles = ["test set", "measure", "n", *columns, *baselines.values(), "published"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    measures = [(m, [model["sets"].get(m.test_set, {}) for model in models]) for m in (*OWN, *PUBLIC)]
    measures = [(m, details) for m, details in measures if _at(details[0], m.path) is not None]
    sources = list(dict.fromkeys(m.source for m, _ in measures if m.source))
    marks = {source: f" {MARKS[i]}" for i, source in enumerate(sources)} | {"": ""}
    lines += [_line(m, details, marks[m.source]) for m, details in measures]
    notes = [f"{MARKS[i]} {source}." for i, source in enumerate(sources)]
    return "\n".join([*lines, "", " ".join(notes)]).strip()


def _line(measure: Measure, models: Sequence[dict[str, Any]], mark: str) -> str:
    details = models[0]
    n = _at(details, measure.path[:-1]).get("n", details["examples"])
    blind = details.get("target_blind", {}) if measure.path[0] in TOWARD else {}  # the control differs in these only
    others = {**details.get("baselines", {}), "target_blind": blind}
    cells = [TITLES[measure.test_set], measure.title, str(n), *(_cell(model, measure.path) for model in models)]
    cells += [_baseline(others.get(name, {}), measure.path) for name in BASELINES]
    return f"| {' | '.join([*cells, measure.published + mark])} |"


def _cell(details: dict[str, Any], path: tuple[str, ...]) -> str:
    """Return a model's number, with its interval where it has one."""
    value, beside = _at(details, path), _at(details, path[:-1])
    if value is None:
        return ""
    cell = f"{value:.3f}"
    if path[-1] in ("macro_f1", "f1", "r") and beside.get("low") is not None:
        cell += f" ({beside['low']:.3f}–{beside['high']:.3f})"
    return cell


def _baseline(details: dict[str, Any], path: tuple[str, ...]) -> str:
    """Return a baseline's number, or nothing if it has none or predicts none of these spans (0)."""
    value = _at(details, path)
    return f"{value:.3f}" if value else ""


def _at(details: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = details
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def attribution_table(result: dict[str, Any]) -> str:
    """Return speakers, target names and holders by split, from annotated spans and from found ones."""
    lines = [
        "| split | spans | speaker: precision, recall (n found) | target name: precision, recall (n found) | holder |",
        "|---|---|---|---|---|",
    ]
    for split, sides in result["attribution"].items():
        for side, title in (("rules", "annotated"), ("scored", "found by the model")):
            scores = sides[side]
            cells = [_names(scores[field]) if field in scores else "" for field in ("speaker", "target_name")]
            holder = f"{scores['holder']['accuracy']:.3f} (n = {scores['holder']['n']})"
            lines.append(f"| {split} | {title} | {' | '.join(cells)} | {holder} |")
    return "\n".join(lines)


def _names(scores: dict[str, float]) -> str:
    return f"{scores['precision']:.3f}, {scores['recall']:.3f} ({scores['found']})"
