"""Sections of ``params.yaml``; each becomes a frozen dataclass, which its user defines."""

import re
from pathlib import Path
from typing import Any, TypeVar

import yaml

from claimstance.errors import ParamsError
from claimstance.records import structure

T = TypeVar("T")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 in two points: 1e-05, as DVC writes it, is a number, and a key that occurs twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := [value for tag, value in keys if keys.count((tag, value)) > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice[0]!r} occurs twice", node.start_mark)
        return super().construct_mapping(node, deep)


_EXPONENT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+.0123456789"))


def parse_yaml(text: str) -> Any:
    """Return what a YAML document holds.

    Raises:
        yaml.YAMLError: if it is none.
    """
    return yaml.load(text, _Loader)  # noqa: S506, a safe loader


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        ParamsError: if it is missing, not UTF-8 or no YAML.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


def load_section(path: Path, section: str, cls: type[T]) -> T:
    """Read one section of a params file into its dataclass.

    Raises:
        ParamsError: if the file or section is missing, a key is unknown, or a value has the wrong type.
    """
    if not path.is_file():
        raise ParamsError(f"{path}: no such file; run the command from the project's root")
    content = read_yaml(path)
    values = content.get(section) if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise ParamsError(f"{path}: there is no section {section!r}")
    return from_dict(cls, values, where=f"{path}: {section}")


def from_dict(cls: type[T], values: dict[str, Any], where: str) -> T:
    """Build a params dataclass.

    Raises:
        ParamsError: if a key is unknown (with a suggestion) or a value has the wrong type.
    """
    try:
        return structure(cls, values)
    except ValueError as error:
        raise ParamsError(f"{where}.{error}") from None
