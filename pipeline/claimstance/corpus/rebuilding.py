"""Articles of real news, rebuilt from the raw files that ``fetch`` downloads; ``data/sources.yaml`` has their origins.

Each function returns exactly the texts that were labelled; the sha256 in the label files proves it.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from claimstance.corpus.news import NewsText
from claimstance.errors import InputError

_SPACE = re.compile(r"[ \t\n\r\f\v\xa0]+")
_DATE_LINE = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+ \d{1,2}, \d{4}")
_IMAGE_LINE = re.compile(r".*\(Image: [^)]*\)|Image: .*")
_NO_SPACE_BEFORE: Final = frozenset([*".,;:!?%)]", "'s", "'re", "'ve", "'ll", "'d", "'m", "n't", "'"])
_NO_SPACE_AFTER: Final = frozenset("$([")
_QUOTES: Final = frozenset(['"', "``", "''"])


def rebuild(source: str, folder: Path, ids: Iterable[str]) -> list[NewsText]:
    """Return the articles of one source, rebuilt from the raw files in a folder.

    Args:
        source: Its name in ``sources.yaml``.
        folder: With the raw files.
        ids: Of the articles that are needed.

    Raises:
        InputError: if there is no rule for this source, or an article is not in the raw files.
    """
    if source not in _READERS:
        raise InputError(f"{source}: no rule rebuilds its articles; set CLAIMSTANCE_MIRROR to a folder that has them")
    csv.field_size_limit(1 << 30)
    wanted = list(ids)
    found = {text.id: text for text in _READERS[source](folder, wanted)}
    if missing := [name for name in wanted if name not in found]:
        raise InputError(f"{folder}: the raw files lack {len(missing)} labelled articles, the first is {missing[0]}")
    return [found[name] for name in wanted]


def _wikinews(folder: Path, _: list[str]) -> Iterator[NewsText]:
    """Drop date lines, image credits and note marks; a blank line ends a paragraph."""
    for path in sorted(folder.glob("wikinews_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                page = row["url"].split("/wiki/")[-1]
                lines = (_SPACE.sub(" ", part).strip(" ") for part in re.split(r"\n{2,}", row["text"]))
                kept = [line for line in lines if line and not _DATE_LINE.fullmatch(line)]
                body = "\n\n".join(line for line in kept if not _IMAGE_LINE.fullmatch(line))
                title = row["title"].strip() or None
                url = f"https://en.wikinews.org/wiki/{page}"
                yield NewsText(f"wikinews-{page}", re.sub(r"\[\d+\]", "", body), title, url)


def _wikinews_older(folder: Path, _: list[str]) -> Iterator[NewsText]:
    for number, entry in enumerate(json.loads((folder / "goldEN.json").read_text(encoding="utf-8"))):
        yield NewsText(f"wikinews-{number:04}", entry["original_text"])


def _kremlin(folder: Path, _: list[str]) -> Iterator[NewsText]:
    with (folder / "putin.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            body = f"{row['summary'].strip()}\n\n{row['body'].strip()}".strip()
            name = row["link"].rsplit("/", 1)[-1]
            yield NewsText(f"kremlin-{name}", body, row["headline"].strip() or None, row["link"])


def _voice_of_america(folder: Path, ids: list[str]) -> Iterator[NewsText]:
    """Join the tokens of a range of sentences; an id is gmb-FIRST-LAST, counted from 0."""
    with zipfile.ZipFile(folder / "ner_dataset.csv.zip") as archive:
        rows = csv.reader(io.StringIO(archive.read("ner_dataset.csv").decode("cp1252", errors="replace")))
    sentences: list[list[str]] = []
    for row in rows:
        if row[0].startswith("Sentence:"):
            sentences.append([])
        if sentences:
            sentences[-1].append(row[1])
    for name in ids:
        first, last = (int(number) for number in name.split("-")[1:])
        yield NewsText(name, " ".join(_join(tokens) for tokens in sentences[first : last + 1]))


def _join(tokens: Iterable[str]) -> str:
    """Join tokens; quotation marks open and close in turn."""
    text, glued, quoting = "", True, False
    for token in tokens:
        if token in _QUOTES:
            text += '"' if quoting or glued else ' "'
            glued = not quoting
            quoting = not quoting
        elif text and token in _NO_SPACE_BEFORE:
            text += token
            glued = False
        else:
            text += token if glued else f" {token}"
            glued = token in _NO_SPACE_AFTER
    return text


_READERS: Final[dict[str, Callable[[Path, list[str]], Iterator[NewsText]]]] = {
    "wikinews_2019_2020": _wikinews,
    "wikinews_unlabelled": _wikinews_older,
    "kremlin_2021_2022": _kremlin,
    "voa_gmb": _voice_of_america,
}
