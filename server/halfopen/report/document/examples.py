"""A rule's example of the fix in the names of the code at hand, as far as these are certain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from halfopen.report.document.model import Example
from halfopen.report.result import ReportedConnection

_BLOCK = re.compile(r"^```([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_AFTER = re.compile(r"^\s*(?:#|//|\{/\*|--)\s*after\b[^\n]*\n?", re.MULTILINE)
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


def example_for(
    fix: str,
    path: str,
    position: int,
    names: Mapping[str, str],
    connection: ReportedConnection | None,
    code: Sequence[str],
) -> Example | None:
    """The part of the example that comes after the change; None where the rule shows none in this language.

    `position` chooses among the blocks of the language, `names` are those that the rule itself translates, `code`
    are the lines of the connection.
    """
    wanted = _LANGUAGES.get(path.rsplit(".", 1)[-1].lower(), ("nginx",) if "nginx" in path else ())
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(fix)]
    fitting = [each for each in blocks if each[0] in wanted] or blocks
    if not fitting:
        return None
    language, text = fitting[min(position, len(fitting) - 1)]
    parts = _AFTER.split(text, maxsplit=1)
    after = parts[-1].strip("\n")
    if not after.strip():
        return None
    found = dict(_names(after, connection, code) if language in wanted else ())
    found.update(names)
    found = {old: new for old, new in found.items() if old != new and _holds(after, old)}
    return Example(language, _renamed(after, found), tuple(dict.fromkeys(found.values())))


def _names(
    example: str, connection: ReportedConnection | None, code: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Names of the example that stand for something that every connection has: route, handler, socket."""
    if connection is None:
        return
    text = "\n".join(code)
    if connection.side == "server":
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
    else:
        made = _MADE.search(text)
        own = _MADE.search(example)
        if made is not None:
            name = made[1] or made[2]
            for theirs in ("ws", "socket"):
                if own is not None and theirs in (own[1], own[2]):
                    # what the example declares must stay a variable
                    if made[1]:
                        yield theirs, name
                elif own is None:
                    yield theirs, name


def _holds(text: str, name: str) -> bool:
    return re.search(_whole(name), text) is not None


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """All names at once, so that what one brings in is not renamed by the next."""
    if not names:
        return text
    pattern = re.compile("|".join(_whole(each) for each in sorted(names, key=len, reverse=True)))
    return pattern.sub(lambda match: names[match[0]], text)


def _whole(name: str) -> str:
    """The name as a whole word, and no member of something else, nor a key of an argument."""
    before = r"(?<![\w$.@])" if name[0].isalnum() or name[0] in "_$" else ""
    after = r"(?![\w$(])(?!\s*=\s*Web)" if name[-1].isalnum() else ""
    return before + re.escape(name) + (r"(?![\w$])" if after else "")
