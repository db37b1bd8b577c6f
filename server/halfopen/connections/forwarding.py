"""What a proxy makes of a path on its way to the server: development proxies in code, nginx and the like in files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from halfopen.connections.facts import Evidence, Line
from halfopen.connections.strings import texts_of
from halfopen.deployment import DeploymentFacts, routes
from halfopen.semantics import tree
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of

CONFIGURATIONS = re.compile(r"(^|/)(vite|next)\.config(\.[\w-]+)?\.[cm]?[jt]s$")


@dataclass(frozen=True, slots=True)
class Forward:
    """A rule in code: paths that start with `prefix` go to `target`, the prefix replaced where it says so.

    `upgrades` is whether WebSocket handshakes are passed on; None where the tool decides by itself.
    """

    tool: OneOf["vite", "next"]
    prefix: str
    target: str | None
    replacement: str | None
    upgrades: bool | None
    evidence: Evidence

    def apply(self, path: str) -> str | None:
        """The path that the server sees, None where the rule is not for this one."""
        if not path.startswith(self.prefix):
            return None
        return path if self.replacement is None else self.replacement + path[len(self.prefix) :]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A path as the server sees it, and the rule that made it so."""

    path: str
    evidence: tuple[Evidence, ...] = ()


def arrivals(path: str, forwards: Iterable[Forward], deployment: DeploymentFacts) -> Iterator[Arrival]:
    """The path itself, and what each proxy makes of it where it is another."""
    yield Arrival(path)
    for forward in forwards:
        seen = forward.apply(path)
        if seen is not None and seen != path:
            yield Arrival(seen or "/", (forward.evidence,))
    for route in routes(deployment.nginx, path):
        seen = _behind_nginx(route.location.pattern, route.location.modifier, route.location.proxy_pass, path)
        if seen is not None and seen != path:
            line = route.location.proxy_pass_line or route.location.line
            said = f"nginx passes {path} on as {seen}: proxy_pass {route.location.proxy_pass}"
            yield Arrival(seen, (Evidence(Line(route.location.path, line), said),))


def is_forwarded(path: str, forwards: Iterable[Forward], deployment: DeploymentFacts) -> bool:
    """Whether a rule that was read says where a path goes, changed or not."""
    return any(each.apply(path) is not None for each in forwards) or any(
        each.location.proxy_pass is not None for each in routes(deployment.nginx, path)
    )


def _behind_nginx(pattern: str, modifier: str, proxy_pass: str | None, path: str) -> str | None:
    """nginx replaces the location's prefix by the URI of proxy_pass, where that has one (ngx_http_proxy_module)."""
    if proxy_pass is None or modifier not in ("", "^~", "=") or "$" in proxy_pass:
        return None
    match = re.fullmatch(r"https?://[^/]+(/.*)", proxy_pass)
    return None if match is None else match[1] + path[len(pattern) :]


def forwards_in_code(program: Program, paths: Iterable[str]) -> tuple[Forward, ...]:
    """The rules of Vite's `server.proxy` and Next's `rewrites`, from their configuration files."""
    found: list[Forward] = []
    for path in paths:
        found += program.queries.get(("forwards", path), lambda path=path: _forwards(program, path))
    return tuple(found)


def _forwards(program: Program, path: str) -> tuple[Forward, ...]:
    module = program.module(path)
    found: list[Forward] = []
    for unit in module.units if module is not None else ():
        program.queries.note(unit)
        for node in index_of(unit).parents:
            if isinstance(node, tree.Entry) and _key(node) == "proxy" and isinstance(node.value, tree.Object):
                found += _vite(program, At(path, unit, node.value))
            elif isinstance(node, tree.Object):
                found += _next(program, At(path, unit, node))
    return tuple(found)


def _vite(program: Program, table: At[tree.Object]) -> Iterator[Forward]:
    """`proxy: {"/api": {target, ws, rewrite}}`, or a plain target."""
    for entry in table.node.entries:
        prefix = _key(entry)
        if prefix is None or not prefix.startswith(("/", "^/")):
            continue
        options = entry.value if isinstance(entry.value, tree.Object) else None
        target = _text(program, table.to(_option(options, "target") or entry.value))
        ws = _option(options, "ws")
        upgrades = isinstance(ws, tree.Literal) and ws.value is True
        # Vite upgrades a rule whose target is a WebSocket address too (vite, server/middlewares/proxy.ts).
        upgrades = upgrades or (target or "").startswith(("ws:", "wss:"))
        rewrite = _option(options, "rewrite")
        replacement = _rewrite(table.to(rewrite), prefix) if rewrite is not None else None
        said = f"Vite's development proxy passes {prefix} on to {target or 'the server'}"
        yield Forward(
            "vite", prefix.lstrip("^"), target, replacement, upgrades, Evidence(table.to(entry).span, said)
        )


def _rewrite(at: At[tree.Expr], prefix: str) -> str | None:
    """`(path) => path.replace(/^\\/api/, "")`: what stands for the prefix afterwards."""
    if not isinstance(at.node, tree.Function):
        return None
    for value in returned(at.to(at.node)):
        match value.node:
            case tree.Call(
                callee=tree.Member(name="replace"),
                arguments=(pattern, tree.Argument(value=tree.Literal(value=str() as new))),
            ):
                old = at.to(pattern.value)
                text = old.node.value if isinstance(old.node, tree.Literal) else old.text
                plain = str(text).strip("/").replace("\\/", "/").lstrip("^")
                if plain.strip("/") == prefix.strip("^/"):
                    return new.rstrip("/")
            case _:
                pass
    return None


def _next(program: Program, rule: At[tree.Object]) -> Iterator[Forward]:
    """`{source: "/ws/:path*", destination: "http://api:8000/ws/:path*"}`."""
    source, destination = _option(rule.node, "source"), _option(rule.node, "destination")
    if not isinstance(source, tree.Literal) or not isinstance(source.value, str) or destination is None:
        return
    text = _text(program, rule.to(destination))
    prefix = source.value.split(":", 1)[0].rstrip("/") or "/"
    path = re.sub(r"^(\w+://)?[^/]*", "", text or "").split(":", 1)[0].rstrip("/") if text else None
    said = f"Next's rewrites pass {source.value} on to {text or 'another server'}"
    yield Forward("next", prefix, text, path if path != prefix else None, None, Evidence(rule.span, said))


def _key(entry: tree.Entry) -> str | None:
    key = entry.key
    return key.value if isinstance(key, tree.Literal) and isinstance(key.value, str) else None


def _option(options: tree.Object | None, name: str) -> tree.Expr | None:
    if options is None:
        return None
    return next((entry.value for entry in options.entries if _key(entry) == name), None)


def _text(program: Program, at: At[tree.Expr]) -> str | None:
    """A string as far as the code fixes it: what does not start with text is not shown."""
    for text in texts_of(program, at).texts:
        shown = "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in text)
        if isinstance(text[0] if text else None, str) or "/" in shown:
            return shown
    return None
