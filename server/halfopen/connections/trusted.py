"""The team's own functions that its settings trust to authenticate, to validate or to limit rate."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Line
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

Duty: TypeAlias = OneOf["authenticates", "validates", "limits_rate"]

_SAID: dict[Duty, str] = {
    "authenticates": "authenticates",
    "validates": "validates messages",
    "limits_rate": "limits the rate of messages",
}
_ENDING = re.compile(r"\.(d\.)?([cm]?[jt]sx?|pyi?)$")


@dataclass(frozen=True, slots=True)
class Trusted:
    """A function by its dotted Python name, or by `module:export`; `place` is where the settings name it."""

    name: str
    place: Line | None = None


@dataclass(frozen=True, slots=True)
class TrustedWrappers:
    """Whom the settings trust with what."""

    authenticates: tuple[Trusted, ...] = ()
    validates: tuple[Trusted, ...] = ()
    limits_rate: tuple[Trusted, ...] = ()


def trusted_to(program: Program, duty: Duty, callee: At[tree.Expr]) -> tuple[Evidence, ...] | None:
    """Why what a callee names is trusted with a duty; None where it is not. Without a place in a file there is no evidence."""
    wrappers = program.provided(TrustedWrappers)
    listed: tuple[Trusted, ...] = getattr(wrappers, duty) if wrappers is not None else ()
    if not listed or not isinstance(callee.node, tree.Name | tree.Member):
        return None
    names = set(_names_of(program, callee))
    for each in listed:
        if any(_is_named(each.name, name) for name in names):
            text = f"the settings say that {each.name} {_SAID[duty]}"
            return (Evidence(each.place, text),) if each.place is not None else ()
    return None


def _names_of(program: Program, callee: At[tree.Expr]) -> Iterator[tuple[str, str]]:
    """The module and the name within it of what a callee may be; a module of the workspace by its path."""
    defined: list[At[tree.Node]] = [*functions(program, callee)]
    for origin in origins(program, callee):
        if isinstance(origin, External):
            yield origin.module, origin.name or "default"
        elif isinstance(origin, At) and isinstance(origin.node, tree.Class):
            defined.append(origin.to(origin.node))
    for name in qualified(program, callee):
        module, _, last = name.replace("()", "").rpartition(".")
        yield module, last
    for each in defined:
        name = _name_in_module(each)
        if name:
            yield _ENDING.sub("", each.path), name


def _name_in_module(at: At[tree.Node]) -> str:
    """`require_user`, `Guard.require`, and `parse` of `const parse = (text) => ...`."""
    node = at.node
    own = node.name if isinstance(node, tree.Function | tree.Class) else None
    parent = at.parent
    if own is None and isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Name):
        own = parent.targets[0].id
    around = [each.name for each in at.index.ancestors(node) if isinstance(each, tree.Class) and each.name]
    return ".".join((*reversed(around), own)) if own else ""


def _is_named(given: str, name: tuple[str, str]) -> bool:
    """Whether what is given in the settings names this; a path may be given from any folder above it."""
    module, own = name
    if ":" in given:
        file, _, export = given.rpartition(":")
        wanted = _ENDING.sub("", re.sub(r"^(\./|@/|~/)", "", file))
        return export == own and _ends_with(_without_index(module), _without_index(wanted), "/")
    dotted = module.removesuffix("/__init__").replace("/", ".")
    return _ends_with(f"{dotted}.{own}" if dotted else own, given, ".")


def _without_index(path: str) -> str:
    return posixpath.dirname(path) if posixpath.basename(path) == "index" else path


def _ends_with(full: str, end: str, between: str) -> bool:
    return full == end or full.endswith(between + end)
