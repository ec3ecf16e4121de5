"""The file of aliases, which gives one name to several (``score --aliases``)."""

import json
from pathlib import Path

from claimstance.errors import InputError


def read_aliases(path: Path) -> dict[str, str]:
    """Return the name by other name, from a JSON object of names, each with a list of its other names.

    Raises:
        InputError: if the file is missing or malformed, or lists one other name for two names.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict) or not all(_is_list_of_names(others) for others in content.values()):
        raise InputError(f'{path}: should be like {{"Bank of Aldmere": ["Aldmere Bank", "BoA"]}}')
    names: dict[str, str] = {}
    for name, others in content.items():
        for other in others:
            if names.setdefault(other, name) != name:
                raise InputError(f"{path}: {other!r} is another name of both {names[other]!r} and {name!r}")
    return names


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
