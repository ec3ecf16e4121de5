"""Documentation that is generated: the command reference, the model card, the README's results."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from claimstance.errors import InputError
from claimstance.model_folder import read_config

BEGIN: Final = "<!-- results: written by `make docs` -->"
END: Final = "<!-- end of results -->"
HEADS: Final = (
    ("kind", "kind", "macro_f1"),
    ("act", "act", "macro_f1"),
    ("strength", "strength", "macro_f1"),
    ("stance toward given targets", "stance", "macro_f1"),
    ("stance, targets to be found", "stance_found", "macro_f1"),
    ("cues, typed spans", "cues", "f1"),
    ("source span", "source_span", "f1"),
    ("target span", "target_span", "f1"),
    ("condition span", "condition_span", "f1"),
    ("trigger span", "trigger_span", "f1"),
)
BASELINES: Final = ("majority", "cue_lexicon", "tfidf")


@dataclass(frozen=True, slots=True)
class DocsPaths:
    """``model`` holds a folder ``run`` with the reports of the runs that made it."""

    model: Path
    reference: Path
    card: Path
    readme: Path


def run(paths: DocsPaths, group: click.Group) -> None:
    """Write all of them anew.

    Raises:
        InputError: if a report is missing, or the README lacks the place for the results.
    """
    paths.reference.write_text(reference(group), encoding="utf-8")
    results = results_table(_report(paths.model, "details.json"))
    paths.card.write_text(card(paths.model, results), encoding="utf-8")
    shutil.copyfile(paths.card, paths.model / "README.md")
    text = paths.readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise InputError(f"{paths.readme}: the lines {BEGIN!r} and {END!r} should mark where the results go")
    fresh = re.sub(
        f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n{results}\n{END}", text, flags=re.DOTALL
    )
    paths.readme.write_text(fresh, encoding="utf-8")


def _report(model: Path, name: str) -> dict[str, Any]:
    path = model / "run" / name
    if not path.is_file():
        raise InputError(f"{path}: no such file; copy the reports of the model's run there")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def reference(group: click.Group) -> str:
    """Every command's help, as Markdown."""
    pages = ["# Commands\n\nWritten by `make docs` from `claimstance COMMAND --help`; do not edit."]
    for name in sorted(group.commands):
        command = group.commands[name]
        context = click.Context(command, info_name=f"claimstance {name}", terminal_width=100, **group.context_settings)
        pages.append(f"## {name}\n\n```text\n{group.commands[name].get_help(context)}\n```")
    return "\n\n".join(pages) + "\n"


def results_table(details: dict[str, Any]) -> str:
    """Each head on our own test split with its interval, beside the baselines; then the public test sets."""
    test, others, unseen = details["test"], details["baselines"], details.get("unseen", {})
    lines = [
        f"F1 on our own test split ({test['examples']} sentences of {test['groups']} unseen articles), "
        "macro-averaged over the labels, with the 95 % bootstrap interval by article"
        + (
            f", and on {unseen['examples']} sentences of {unseen['groups']} articles on unseen subjects:"
            if unseen
            else ":"
        ),
        "",
        "| | model | unseen subjects | majority | cue lexicon | TF-IDF + logistic regression | target-blind twin |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, head, name in HEADS:
        score = test[head]
        cells = [_cell(score, name), _cell(unseen[head], name) if head in unseen else "–"]
        cells += [f"{others[b][head][name]:.2f}" if head in others[b] else "–" for b in BASELINES]
        cells.append(f"{details['target_blind'][head][name]:.2f}" if head == "stance" else "")
        lines.append(f"| {title} (n = {score['n']}) | {' | '.join(cells)} |")
    if details["public"]:
        lines += ["", "On public test sets:", "", "| test set | measure | model | best baseline |", "|---|---|---|---|"]
        lines += [_public_row(name, result) for name, result in details["public"].items()]
    return "\n".join(lines)


def _cell(score: dict[str, Any], name: str) -> str:
    return f"{score[name]:.2f} ({score['low']:.2f}–{score['high']:.2f})"


def _public_row(name: str, result: dict[str, Any]) -> str:
    head, field, title = next(
        (head, field, title)
        for head, field, title in (
            ("sentiment", "macro_f1", "sentiment, macro-F1"),
            ("stance", "macro_f1", "stance, macro-F1"),
            ("strength", "macro_f1", "strength, macro-F1"),
            ("cues", "f1", "typed cue spans, F1"),
        )
        if head in result
    )
    best = max(scores.get(f"{head}_f1", 0.0) for scores in result["baselines"].values())
    score = result[head]
    cell = f"{score[field]:.3f} ({score['low']:.3f}–{score['high']:.3f})"
    if head == "cues":
        cell += f"; any cue in the sentence {score['sentence']['f1']:.3f}"
    return f"| {name} (n = {score['n']}) | {title} | {cell} | {best:.3f} |"


def card(model: Path, results: str) -> str:
    """The model card, from the reports beside the model."""
    environment = Environment(  # noqa: S701, Markdown of our own numbers: nothing from an article goes in
        loader=PackageLoader("claimstance", "report"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    details = _report(model, "details.json")
    return environment.get_template("model-card.md.jinja").render(
        config=read_config(model),
        export=_report(model, "export.json"),
        train=_report(model, "train.json"),
        prepare=_report(model, "prepare.json"),
        calibration=details["calibration"],
        megabytes=(model / "model.onnx").stat().st_size / 1e6,
        results=results,
    )
