"""A rule's example of the fix in the names of the code at hand, as far as these are certain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from halfopen.report.document.fix_text import Variant
from halfopen.report.document.model import Example
from halfopen.report.result import ReportedConnection

_LANGUAGES = {
    "py": ("python",),
    "pyi": ("python",),
    "ts": ("ts", "typescript", "tsx"),
    "tsx": ("tsx", "ts", "typescript"),
    "js": ("ts", "tsx", "typescript"),
    "jsx": ("tsx", "ts", "typescript"),
    "mjs": ("ts", "tsx", "typescript"),
    "conf": ("nginx",),
}
"""The languages of a rule's blocks that fit a file, by its ending."""
_ROUTE = re.compile(r'@(\w+)\.websocket\("([^"]*)"\)\s*\nasync def (\w+)')
_PARAMETER = re.compile(r"\b([A-Za-z_]\w*)\s*:\s*WebSocket\b")
_MADE = re.compile(
    r"(?:(?:const|let|var)\s+([A-Za-z_$][\w$]*)[^=\n]*|((?:this|[\w$]+)\.[\w$]+)\s*)=\s*new WebSocket\b"
)
_ENTERED = re.compile(r"\b((?:self\.)?[A-Za-z_]\w*)\.(connect|register|add|join|subscribe)\(\s*websocket\b")
_LEFT = r"\b{manager}\.(\w*(?:disconnect|unregister|remove|discard|leave)\w*)\("


def languages_of(path: str) -> tuple[str, ...]:
    """The languages of a rule's blocks that fit a file."""
    return _LANGUAGES.get(path.rsplit(".", 1)[-1].lower(), ("nginx",) if "nginx" in path else ())


def example_of(
    variant: Variant,
    languages: Sequence[str],
    names: Mapping[str, str],
    connection: ReportedConnection | None,
    code: Sequence[str],
) -> Example:
    """A variant with the names of the code at hand. `names` are those that the rule itself translates, `code` are the
    lines of the connection.
    """
    found = dict(_names(variant.code, connection, code) if variant.language in languages else ())
    found.update(names)
    found = {old: new for old, new in found.items() if old != new and _holds(variant.code, old)}
    return Example(variant.language, _renamed(variant.code, found), tuple(dict.fromkeys(found.values())))


def _names(
    example: str, connection: ReportedConnection | None, code: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Names of the example that stand for something that every connection has: route, handler, socket, registry."""
    if connection is None:
        return
    text = "\n".join(code)
    if connection.side == "server":
        yield from _of_endpoint(example, connection, text)
    else:
        yield from _of_client(example, text)


def _of_endpoint(example: str, connection: ReportedConnection, text: str) -> Iterator[tuple[str, str]]:
    route = _ROUTE.search(example)
    address = connection.facts.get("url")
    value = getattr(address, "value", None) if getattr(address, "known", False) else None
    if route is not None and connection.name.isidentifier():
        yield route[3], connection.name
        if isinstance(value, str) and " or " not in value and '"' not in value and "\\" not in value:
            yield f'"{route[2]}"', f'"{value}"'
    parameter = _PARAMETER.search(text)
    if parameter is not None:
        yield "websocket", parameter[1]
    entered = _ENTERED.search(
        text if parameter is None else re.sub(rf"\b{parameter[1]}\b", "websocket", text)
    )
    if entered is not None:
        yield "manager.connect", f"{entered[1]}.{entered[2]}"
        left = re.search(_LEFT.format(manager=re.escape(entered[1])), text)
        yield "manager.disconnect", f"{entered[1]}.{left[1] if left is not None else 'disconnect'}"


def _of_client(example: str, text: str) -> Iterator[tuple[str, str]]:
    made = _MADE.search(text)
    own = _MADE.search(example)
    if made is None:
        return
    name = made[1] or made[2]
    for theirs in ("ws", "socket", "this.socket"):
        if own is None:
            yield theirs, name
        elif theirs in (own[1], own[2]) and (own[1] is None or made[1]):
            yield theirs, name  # what the example declares stays a variable


def _holds(text: str, name: str) -> bool:
    return re.search(_whole(name), text) is not None


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """All names at once, so that what one brings in is not renamed by the next."""
    if not names:
        return text
    pattern = re.compile("|".join(_whole(each) for each in sorted(names, key=len, reverse=True)))
    return pattern.sub(lambda match: names[match[0]], text)


def _whole(name: str) -> str:
    """The name as a whole word, and no member of something else."""
    before = r"(?<![\w$.@])" if name[0].isalnum() or name[0] in "_$" else ""
    after = r"(?![\w$])" if name[-1].isalnum() else ""
    return before + re.escape(name) + after
