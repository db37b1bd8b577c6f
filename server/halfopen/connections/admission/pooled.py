"""What of a pool a connection keeps while it lives: sessions from dependencies with `yield`, and from its own code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.admission.facts import PooledResource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_FACTORIES = frozenset(
    {
        "sqlalchemy.orm.sessionmaker",
        "sqlalchemy.orm.scoped_session",
        "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.ext.asyncio.async_scoped_session",
        "sqlalchemy.orm.session.sessionmaker",
        "sqlalchemy.ext.asyncio.session.async_sessionmaker",
    }
)
_SESSIONS = frozenset(
    {
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.session.Session",
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlmodel.Session",
        "sqlmodel.ext.asyncio.session.AsyncSession",
    }
)
_POOLS = re.compile(
    r"^(asyncpg\.create_pool\(\)|psycopg_pool\.\w+\(\)|aiomysql\.create_pool\(\)|asyncpg\.Pool\(\))\.(acquire|connection|getconn)$"
)
_ENGINE = re.compile(r"^sqlalchemy\.(ext\.asyncio\.)?create_(async_)?engine\(\)\.(connect|begin)$")
_SESSION_NAME = re.compile(
    r"^(async_?)?session_?(local|maker|factory)$|^async_?session$|^get_(async_)?session$", re.I
)


def pooled_resources(handling: Handling) -> tuple[PooledResource, ...]:
    """What the handler holds from before its loop until its end."""
    if not _lives_long(handling):
        return ()
    found = [*_injected(handling), *_own(handling)]
    return tuple(found)


def _lives_long(handling: Handling) -> bool:
    """Whether something loops over the socket: one that answers once holds nothing for long."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Loop)
                and (node.kind == "while" or node.is_async)
                and handling.sockets.mentions(node)
            ):
                return True
    return False


def _injected(handling: Handling) -> Iterator[PooledResource]:
    program, root = handling.program, handling.root
    for parameter in root.node.parameters:
        for call in dependency_calls(program, root, parameter):
            for argument in call.node.arguments[:1]:
                for function in functions(program, call.to(argument.value)):
                    held = _yielded_session(program, function, 0)
                    if held is None or not isinstance(parameter.target, tree.Name):
                        continue
                    if not _is_used(root, parameter.target.id):
                        continue
                    name = function.node.name or "the dependency"
                    evidence = (
                        Evidence(held.span, f"{name} gives it back only after the handler has ended"),
                    )
                    at = root.to(parameter.target)
                    yield PooledResource(parameter.target.id, f"Depends({name})", at.span, evidence)


def _is_used(root: At[tree.Function], name: str) -> bool:
    """A session that is asked for and never used takes no connection from the pool."""
    return any(isinstance(node, tree.Name) and node.id == name for node in tree.walk(root.node.body))


def _yielded_session(program: Program, function: At[tree.Function], depth: int) -> At[tree.Node] | None:
    """The `yield` of a generator that hands out a session of a pool."""
    program.queries.note(function.unit)
    for node in own_nodes(function):
        if isinstance(node, tree.Yield) and node.value is not None:
            if node.is_from and depth < 2 and isinstance(node.value, tree.Call):
                for inner in functions(program, function.to(node.value.callee)):
                    found = _yielded_session(program, inner, depth + 1)
                    if found is not None:
                        return function.to(node)
            if _is_session(program, function.to(node.value)) or _yields_session_type(program, function):
                return function.to(node)
            if isinstance(node.value, tree.Name) and depth < 2:
                for path, unit, definition in program.definitions_of(
                    program.variable(function.to(node.value))
                ):
                    value = definition.value
                    if definition.kind in ("element", "context") and isinstance(value, tree.Call):
                        at: At[tree.Call] = At(path, unit, value)
                        if _is_session(program, at) or any(
                            _yielded_session(program, inner, depth + 1)
                            for inner in functions(program, at.to(value.callee))
                        ):
                            return function.to(node)
    return None


def _yields_session_type(program: Program, function: At[tree.Function]) -> bool:
    """`-> Generator[Session, None, None]`."""
    returns = function.node.returns
    if returns is None:
        return False
    return any(
        isinstance(node, tree.Name | tree.Member) and bool(qualified(program, function.to(node)) & _SESSIONS)
        for node in tree.walk(returns)
    )


def _is_session(program: Program, at: At[tree.Expr]) -> bool:
    """Whether an expression is a database session, or a connection of a pool."""
    for origin in origins(program, at):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Call):
            continue
        callee = origin.node.callee
        names = qualified(program, origin.to(callee))
        if names & _SESSIONS or any(name.removesuffix("()") in _FACTORIES for name in names):
            return True
        if any(_POOLS.match(name) or _ENGINE.match(name) for name in names):
            return True
        if (
            not origin.node.arguments  # `games.get_session(game_id)` looks up one of the program's own
            and not functions(program, origin.to(callee))
            and _SESSION_NAME.match(name_behind_calls(callee))
        ):
            return True
    return False


def _own(handling: Handling) -> Iterator[PooledResource]:
    """`async with SessionLocal() as db:` around the loop, `db = next(get_db())`, `db = SessionLocal()` before it."""
    program, root = handling.program, handling.root
    for node in own_nodes(root):
        match node:
            case tree.With(items=items) if not _in_loop(root, node) and _loops_over_socket(
                handling, node.body
            ):
                for item in items:
                    if _is_session(program, root.to(item.context)):
                        name = root.to(item.target).text if item.target is not None else "the session"
                        at = root.to(item.context)
                        said = Evidence(at.span, "held for the whole loop of the connection")
                        yield PooledResource(name, at.text, at.span, (said,))
            case tree.Assign(targets=(tree.Name(id=name), *_), value=tree.Call() as value):
                if _before_a_loop(handling, node) and not _closed_before_loop(handling, node, name):
                    generator = _advanced_generator(program, root.to(value))
                    if generator or _is_session(program, root.to(value)):
                        at = root.to(value)
                        said = Evidence(
                            at.span, "taken before the loop of the connection, and kept through it"
                        )
                        yield PooledResource(name, at.text, at.span, (said,))
            case _:
                pass


def _in_loop(root: At[tree.Function], node: tree.Node) -> bool:
    return any(isinstance(each, tree.Loop) for each in root.index.ancestors(node))


def _advanced_generator(program: Program, call: At[tree.Call]) -> bool:
    """`next(get_db())`, `await anext(get_db())`."""
    if name_behind_calls(call.node.callee) not in ("next", "anext") or not call.node.arguments:
        return False
    inner = call.node.arguments[0].value
    return isinstance(inner, tree.Call) and any(
        _yielded_session(program, function, 0) for function in functions(program, call.to(inner.callee))
    )


def _loops_over_socket(handling: Handling, block: tree.Node) -> bool:
    methods = RECEIVERS | ITERATORS | SENDERS
    for node in tree.walk(block, tree.same_function):
        if isinstance(node, tree.Loop) and (node.kind == "while" or node.is_async):
            for each in tree.walk(node):
                if (
                    isinstance(each, tree.Call)
                    and isinstance(each.callee, tree.Member)
                    and each.callee.name in methods
                    and handling.sockets.is_socket(each.callee.object)
                ):
                    return True
    return False


def _before_a_loop(handling: Handling, statement: tree.Node) -> bool:
    """Whether an assignment stands outside every loop, with the socket's loop after it."""
    root = handling.root
    if any(isinstance(each, tree.Loop | tree.With) for each in root.index.ancestors(statement)):
        return False
    return any(
        node.start > statement.end and _loops_over_socket(handling, tree.Block(node.start, node.end, (node,)))
        for node in own_nodes(root)
        if isinstance(node, tree.Loop)
    )


def _closed_before_loop(handling: Handling, statement: tree.Node, name: str) -> bool:
    """Whether `db.close()` comes before the loop does."""
    loops = [
        node.start
        for node in own_nodes(handling.root)
        if isinstance(node, tree.Loop) and node.start > statement.end
    ]
    first = min(loops, default=0)
    return any(
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name in ("close", "aclose")
        and isinstance(node.callee.object, tree.Name)
        and node.callee.object.id == name
        and statement.end < node.start < first
        for node in own_nodes(handling.root)
    )
