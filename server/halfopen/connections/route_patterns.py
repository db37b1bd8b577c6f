"""The path under which a handler is listed: beside it in a route, in whatever form a framework writes routes.

`re_path(r"ws/(?P<room>\\w+)/$", Chat.as_asgi())`, `(r"/ws/(.*)", Chat)`, `web.get("/ws", handler)`,
`app.router.add_route("GET", "/ws", handler)`, `@routes.get("/ws")`: always a string among the things that
stand together with the handler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.strings import texts_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
_GROUP = re.compile(r"\((?!\?P<)(?:[^()]|\([^()]*\))*\)")
_CONVERTER = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
_MARKED = re.compile(r"\{(\w+):[^{}]*\}")
_VERBS = frozenset({"GET", "*", "POST", "HEAD", "OPTIONS"})


def route_of(program: Program, handler: At[tree.Function] | At[tree.Class]) -> At[tree.Expr] | None:
    """The expression of the path that stands beside a handler's name, in a decorator or a list of routes."""
    if isinstance(handler.node, tree.Function):
        for decorator in handler.node.decorators:
            if isinstance(decorator, tree.Call):
                path = _path_among(program, [handler.to(argument.value) for argument in decorator.arguments])
                if path is not None:
                    return path
    name = handler.node.name
    if name is None:
        return None
    for module, unit in program.units_with(name, "python"):
        program.queries.note(unit)
        at: At[tree.Node] = At(module.path, unit, handler.node)
        for node in at.index.parents:
            if (
                isinstance(node, tree.Name | tree.Member)
                and last_name(node) == name
                and _means(program, at.to(node), handler)
            ):
                for group in _beside(at.to(node)):
                    path = _path_among(program, group)
                    if path is not None:
                        return path
    return None


def _means(program: Program, at: At[tree.Expr], handler: At[tree.Function] | At[tree.Class]) -> bool:
    if any(isinstance(origin, At) and origin.node is handler.node for origin in origins(program, at)):
        return True
    return any(function.node is handler.node for function in functions(program, at))


def _beside(at: At[tree.Expr]) -> Iterator[list[At[tree.Expr]]]:
    """What stands together with an expression: the arguments of the call or the items of the tuple around it."""
    node: tree.Node = at.node
    for _ in range(6):
        parent = at.index.parents.get(node)
        match parent:
            case tree.Argument():
                call = at.index.parents.get(parent)
                if not isinstance(call, tree.Call):
                    return
                yield [at.to(each.value) for each in call.arguments]
                node = call
            case tree.Sequence(items=items):
                if parent.kind == "list":
                    return
                yield [at.to(each) for each in items]
                node = parent
            case tree.Member() | tree.Call():  # `Chat.as_asgi`, `Chat.as_asgi()`
                node = parent
            case _:
                return


def _path_among(program: Program, expressions: list[At[tree.Expr]]) -> At[tree.Expr] | None:
    written = [each for each in expressions if _is_path(each.node)]
    # `app.router.add_get(path, self.live)`: the helper that adds the route is told the path.
    told = (each for each in expressions if isinstance(each.node, tree.Name) and _names_path(program, each))
    return written[0] if written else next(told, None)


def _names_path(program: Program, at: At[tree.Expr]) -> bool:
    return any(text and str(text[0]).startswith("/") for text in texts_of(program, at).texts)


def _is_path(node: tree.Expr) -> bool:
    """A string of one word that is no HTTP method."""
    if not isinstance(node, tree.Literal) or not isinstance(node.value, str):
        return False
    return node.value not in _VERBS and not any(character.isspace() for character in node.value)


def path_of_pattern(text: str) -> str:
    """A route as a path with named gaps, from a regular expression or a framework's converters.

    >>> path_of_pattern(r"^ws/chat/(?P<room>\\w+)/$")
    '/ws/chat/{room}/'
    >>> path_of_pattern("/ws/<int:item>")
    '/ws/{item}'
    """
    text = _NAMED_GROUP.sub(r"{\1}", text)
    text = _CONVERTER.sub(r"{\1}", text)
    text = _MARKED.sub(r"{\1}", text)
    text = _GROUP.sub("{}", text)
    text = text.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    text = re.sub(r"/\?$", "/", text).replace("\\.", ".").replace("\\-", "-").replace("\\/", "/")
    return text if text.startswith("/") else f"/{text}"
