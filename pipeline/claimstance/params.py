"""One section of ``params.yaml`` becomes the frozen dataclass that stands beside its user."""

import dataclasses
import difflib
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml

from claimstance.errors import ParamsError

T = TypeVar("T")


def load_section(path: Path, section: str, cls: type[T]) -> T:
    """Read one section of a params file into its dataclass.

    Raises:
        ParamsError: if the file or section is missing, a key is unknown, or a value has the wrong type.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run the command from the project's root") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    values = content.get(section) if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise ParamsError(f"{path}: there is no section {section!r}")
    return from_dict(cls, values, where=f"{path}: {section}")


def from_dict(cls: type[T], values: dict[str, Any], where: str) -> T:
    """Build a params dataclass, refusing unknown keys (with a suggestion) and values of the wrong type.

    Raises:
        ParamsError: if a key is unknown or a value has the wrong type.
    """
    hints = get_type_hints(cls)
    fields = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key, value in values.items():
        if key not in fields:
            close = difflib.get_close_matches(key, fields, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(fields))}"
            raise ParamsError(f"{where}.{key}: unknown parameter{hint}")
        expected = hints[key]
        if expected in (int, float, str, bool) and not _fits(value, expected):
            raise ParamsError(f"{where}.{key}: expected {expected.__name__}, found {value!r}")
    try:
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except (TypeError, ValueError) as error:
        raise ParamsError(f"{where}: {error}") from None


def _fits(value: object, expected: type) -> bool:
    if expected is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, expected)
