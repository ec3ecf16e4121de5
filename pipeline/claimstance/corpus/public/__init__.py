"""The public corpora: one reader each. Their examples have only those labels that agree with the label guide."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from claimstance.errors import InputError, ParamsError
from claimstance.params import parse_yaml
from claimstance.records import structure
from claimstance.schema import Example


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a public corpus.

    Attributes:
        path: In the repository.
        save_as: Under ``data/public/<source>``.
        mirror: Under the folder that ``CLAIMSTANCE_MIRROR`` names.
    """

    path: str
    save_as: str
    mirror: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RebuiltArticles:
    """The articles of a news source as they are after ``rebuilding``; ``mirror`` is as in ``SourceFile``."""

    mirror: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    repo: str
    commit: str
    licence: str
    citation: str
    labels: str
    use: tuple[str, ...]  # train, test or news
    files: tuple[SourceFile, ...]
    articles: RebuiltArticles | None = None


def parse_sources(path: Path) -> dict[str, Source]:
    """Read ``sources.yaml``.

    Raises:
        ParamsError: if the file is missing or an entry is malformed.
    """
    try:
        content = parse_yaml(path.read_text(encoding="utf-8"))
        return {name: structure(Source, {"name": name, **entry}) for name, entry in content.items()}
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run the command from the project's root") from None
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ParamsError(f"{path}: not a list of corpora: {' '.join(str(error).split())}") from None


def read_source(name: str, folder: Path) -> list[Example]:
    """Read one public corpus from its folder.

    Raises:
        InputError: if there is no reader for it, or a file is missing or malformed.
    """
    from claimstance.corpus.public import dse, newsmtsc, science, szeged

    try:
        if name == "newsmtsc":
            return newsmtsc.read(folder)
        if name == "dse":
            return dse.read(folder)
        if name in ("szeged_wiki", "szeged_news"):
            return szeged.read(folder, name)
        if name == "science_certainty":
            return science.read(folder)
    except (OSError, ValueError, KeyError, IndexError, SyntaxError) as error:  # SyntaxError: malformed XML
        raise InputError(f"{folder}: cannot be read as {name}: {error}; fetch it again") from None
    raise InputError(f"{folder}: there is no reader for {name!r}")
