"""The page of claims: one HTML file without any request, whose content-security policy names its script and style."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from claimstance import __version__

SCRIPTS: Final = (
    "dom", "store", "claim", "threats", "matrix", "ledger", "article", "grid", "claims", "review", "app",
)  # fmt: skip
# What would end a script element, begin a comment in it, or end a line in older engines. It is data to the browser.
UNSAFE: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def html(data: dict[str, Any], title: str) -> str:
    """Return the page of one payload."""
    script = "\n".join(["(() => {", '"use strict";', *(_part(f"{name}.js") for name in SCRIPTS), "})();", ""])
    style = _part("style.css")
    return (
        _environment()
        .get_template("template.html.jinja")
        .render(
            title=title,
            data=Markup(as_json(data)),  # noqa: S704, every sign that HTML knows is escaped
            script=Markup(script),  # noqa: S704, our own file
            style=Markup(style),  # noqa: S704, our own file
            policy=policy(script, style),
            version=__version__,
        )
    )


def index(parts: list[dict[str, Any]], title: str) -> str:
    """Return the page that leads to the parts of a report too large for one file."""
    style = _part("style.css")
    return (
        _environment()
        .get_template("index.html.jinja")
        .render(
            title=title,
            parts=parts,
            style=Markup(style),  # noqa: S704, our own file
            policy=policy("", style),
            version=__version__,
        )
    )


def as_json(data: Any) -> str:
    """Return JSON that is safe inside a script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(UNSAFE)


def policy(script: str, style: str) -> str:
    """Return a content-security policy that allows this script and this style and nothing else."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _part(name: str) -> str:
    return files("claimstance.report").joinpath("page", name).read_text(encoding="utf-8")


def _environment() -> Environment:
    return Environment(loader=PackageLoader("claimstance.report", "page"), undefined=StrictUndefined, autoescape=True)
