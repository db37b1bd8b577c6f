"""What a gap in a text is called: the setting an expression reads, else the expression's own name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At
from halfopen.source.text import one_line

_LONGEST_NAME = 40
_OF_THE_PAGE = re.compile(r"(?:_+\w+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\.(\w+)$")
"""A member of a global that no browser has: in capitals or between underscores, as those are called by custom."""

_SETTINGS = ("import.meta.env.", "process.env.", "os.environ.", "Deno.env.")


def name_of(at: At[tree.Expr]) -> str:
    """An expression as a gap is called: its last name, else its text, short."""
    match at.node:
        case tree.Name(id=name):
            return name
        case tree.Member(name=name) if name not in ("current", "value", "id"):
            return name
        case tree.Call(callee=tree.Name(id=name)) | tree.Call(callee=tree.Member(name=name)):
            return f"{name}()"
        case _:
            return one_line(at.text, _LONGEST_NAME)


def parameter_name(at: At[tree.Expr], origin: ParameterOf) -> str:
    """What a parameter, or the part of it that is read, is called."""
    if origin.steps and isinstance(origin.steps[-1], str):
        return origin.steps[-1]
    return origin.parameter.target.id if isinstance(origin.parameter.target, tree.Name) else name_of(at)


def setting_read(at: At[tree.Expr]) -> str | None:
    """The variable's name in `import.meta.env.X`, `process.env.X`, `process.env["X"]`, `os.environ["X"]`."""
    return setting_named("".join(_dotted(at.node)))


def setting_named(dotted: str) -> str | None:
    """The variable's name in the dotted name of a setting."""
    for prefix in _SETTINGS:
        if dotted.startswith(prefix) and "." not in dotted[len(prefix) :]:
            return dotted[len(prefix) :]
    return None


def page_setting(dotted: str) -> str | None:
    """The name in `APP_CONFIG.WS_URL` or `__env__.WS_URL`: what the page that is served keeps for its scripts."""
    found = _OF_THE_PAGE.match(dotted)
    return found[1] if found is not None else None


def _dotted(node: tree.Expr) -> Iterator[str]:
    match node:
        case tree.Name(id=name):
            yield name
        case tree.Member(object=inner, name=name):
            yield from _dotted(inner)
            yield f".{name}"
        case tree.Index(object=inner, key=tree.Literal(value=str() as name)):
            yield from _dotted(inner)
            yield f".{name}"
        case _:
            yield "?"


def is_environment(callee: tree.Expr) -> bool:
    """Whether a callee reads a variable of the environment: `os.getenv`, `os.environ.get`."""
    text = "".join(_dotted(callee))
    return text in ("os.getenv", "getenv", "os.environ.get", "environ.get", "Deno.env.get")
