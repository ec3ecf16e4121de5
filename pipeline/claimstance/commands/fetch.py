"""``claimstance fetch``: the public corpora, from their repositories or from a folder with the same files."""

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from claimstance.commands.options import PATH, path_option
from claimstance.corpus.news import TEXTS, read_labels, write_texts
from claimstance.corpus.public import Source, SourceFile, parse_sources
from claimstance.corpus.rebuilding import rebuild
from claimstance.errors import InputError, ParamsError
from claimstance.records import sha256

HOST: Final = "https://raw.githubusercontent.com"
MIRROR: Final = "CLAIMSTANCE_MIRROR"
TIMEOUT_S: Final = 60
CHUNK_BYTES: Final = 1 << 16


@click.command()
@click.argument("names", nargs=-1)
@path_option("sources", "sources.yaml, which has repository, commit and sha256 of every file.")
@path_option("output", "Folder for the corpora.")
@click.option("--news", type=PATH, help="Folder of our labels of real news: brings their articles too.")
def command(names: tuple[str, ...], sources: Path, output: Path, news: Path | None) -> None:
    """Download the public corpora (all, or NAMES), or copy them from the folder CLAIMSTANCE_MIRROR."""
    run(sources, output, names, news=news)


def run(
    sources: Path, folder: Path, names: Sequence[str] = (), host: str = HOST, news: Path | None = None
) -> dict[str, int]:
    """Fetch every file of the named sources [default: all] and return how many were fetched and how many were present.

    The articles of real news are fetched for the labels in ``news``.

    Raises:
        ParamsError: if a name is unknown or sources.yaml is malformed.
        InputError: if a file cannot be had, or is not the expected one.
    """
    known = parse_sources(sources)
    for name in names:
        if name not in known:
            raise ParamsError(f"no public corpus {name!r}; known: {', '.join(known)}")
    counts = {"fetched": 0, "present": 0}
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for name in names or known:
            source = known[name]
            if source.articles is not None and news is None:
                if names:
                    raise ParamsError(f"{name}: articles of real news; add --news and the folder of their labels")
                console.print(f"{name}: left out; --news brings its articles", markup=False)
                continue
            if not names and not _files(source):
                console.print(
                    f"{name}: left out, no public file holds its articles as they were labelled", markup=False
                )
                continue
            for file in _files(source):
                fetched = _bring(source, file, folder / name / file.save_as, host, progress)
                counts["fetched" if fetched else "present"] += 1
            if source.articles is not None and news is not None and not os.environ.get(MIRROR):
                _rebuild(name, folder / name, news)
            console.print(f"{name}: {len(source.files)} files, {source.licence}", highlight=False, markup=False)
    return counts


def _files(source: Source) -> tuple[SourceFile, ...]:
    """Return the files to fetch: of real news a mirror has the rebuilt articles, the network the raw files."""
    if source.articles is None or not os.environ.get(MIRROR):
        return source.files
    return (SourceFile("", TEXTS, source.articles.mirror, source.articles.sha256),)


def _rebuild(name: str, folder: Path, news: Path) -> None:
    """Make the labelled articles of one source from its raw files."""
    ids = [read_labels(path).header.article for path in sorted((news / name).glob("*.jsonl"))]
    if ids:
        write_texts(folder / TEXTS, rebuild(name, folder, ids))


def _bring(source: Source, file: SourceFile, path: Path, host: str, progress: Progress) -> bool:
    """Fetch one file unless it is there; a partial download goes on where it stopped."""
    if path.is_file():
        if sha256(path) == file.sha256:
            return False
        raise InputError(f"{path}: not the expected file (sha256 differs); remove it and fetch again")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    if mirror := os.environ.get(MIRROR):
        _copy(Path(mirror) / file.mirror, part)
    else:
        _download(f"{host}/{source.repo}/{source.commit}/{file.path}", part, progress)
    if sha256(part) != file.sha256:
        part.unlink()
        raise InputError(f"{path}: what came is not the expected file (sha256 differs); it was removed, fetch again")
    part.replace(path)
    return True


def _copy(origin: Path, part: Path) -> None:
    if not origin.is_file():
        raise InputError(f"{origin}: no such file; {MIRROR} should name a folder that holds it")
    shutil.copyfile(origin, part)


def _download(url: str, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310, host is ours
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            resumed = answer.status == 206
            total = int(answer.headers.get("Content-Length") or 0) + (have if resumed else 0)
            task = progress.add_task(part.stem, total=total or None, completed=have if resumed else 0)
            with part.open("ab" if resumed else "wb") as file:
                while chunk := answer.read(CHUNK_BYTES):
                    file.write(chunk)
                    progress.advance(task, len(chunk))
    except urllib.error.HTTPError as error:
        if error.code != 416:  # the part is whole already
            raise InputError(f"{url}: the server says {error.code} {error.reason}") from None
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(f"{url}: cannot be reached ({reason}); run the command again, or set {MIRROR}") from None
