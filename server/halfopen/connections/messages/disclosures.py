"""What a server tells its peer that it should not: the text of exceptions, tracebacks, the peer's own credential."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.facts import Disclosed
from halfopen.connections.messages.reaching import Reaching
from halfopen.connections.messages.sensitive import kind_of_name
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins

_MEANT_FOR_PEERS = frozenset(
    {
        "ValueError", "JSONDecodeError", "ValidationError", "WebSocketDisconnect", "HTTPException", "UnicodeDecodeError",
        "WebSocketException", "ConnectionClosed", "ConnectionClosedError", "ConnectionClosedOK", "CancelledError",
        "TimeoutError", "RequestValidationError", "DecodeError",
    }
)  # fmt: skip
"""Exceptions whose text speaks of the peer's own message, or says nothing."""
_TRACEBACKS = frozenset({"traceback.format_exc", "traceback.format_exception", "traceback.format_tb"})


def disclosed_errors(
    program: Program, functions_: tuple[At[tree.Function], ...], reaching: Reaching
) -> Iterator[Disclosed]:
    """Exceptions' texts that are sent on, each send once."""
    found: dict[Span, Disclosed] = {}
    for function in functions_:
        for handler in internal_handlers(program, function):
            for each in _of_handler(program, handler, reaching):
                found.setdefault(each.span, each)
    yield from found.values()


def internal_handlers(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Handler]]:
    """The `except` clauses of a function for exceptions whose text is not written for the peer."""
    for node in own_nodes(function):
        if isinstance(node, tree.Handler) and _is_internal(program, function.to(node)):
            yield function.to(node)


def shown_texts(program: Program, handler: At[tree.Handler]) -> Iterator[tuple[str, At[tree.Expr]]]:
    """Where a clause puts its exception into words, with the exception's name."""
    target = handler.node.target
    if not isinstance(target, tree.Name):
        return
    for read in program.reads(program.variable(handler.to(target))):
        if handler.node.start <= read.node.start < handler.node.end:
            shown = _shown(program, read)
            if shown is not None:
                yield target.id, shown


def _of_handler(program: Program, handler: At[tree.Handler], reaching: Reaching) -> Iterator[Disclosed]:
    for name, shown in shown_texts(program, handler):
        for sent in reaching.sends(shown):
            through = "close-reason" if sent.is_close else "message"
            evidence = (Evidence(sent.call.span, "goes to the client here"),)
            yield Disclosed("exception", name, through, shown.span, evidence)
            break
    for node in tree.walk(handler.node.body, tree.same_function):
        if isinstance(node, tree.Call) and qualified(program, handler.to(node.callee)) & _TRACEBACKS:
            for sent in reaching.sends(handler.to(node)):
                evidence = (Evidence(sent.call.span, "goes to the client here"),)
                yield Disclosed("traceback", "the traceback", "message", handler.to(node).span, evidence)
                break


def _shown(program: Program, read: At[tree.Name]) -> At[tree.Expr] | None:
    """The text of an exception: `str(e)`, `f"{e}"`, `e.args`; not `type(e).__name__` or `e.code`."""
    parent = read.parent
    match parent:
        case tree.Template():
            return read.to(parent)
        case tree.Operation(operator="+" | "%"):
            return read.to(parent)
        case tree.Member(name="args" | "message" | "detail" | "msg") as member:
            return read.to(member)
        case tree.Argument():
            call = read.index.parents.get(parent)
            if isinstance(call, tree.Call):
                if qualified(program, read.to(call.callee)) & {"str", "repr", "format"}:
                    return read.to(call)
                if functions(program, read.to(call.callee)):
                    return None
            return None
        case _:
            return None


def _is_internal(program: Program, handler: At[tree.Handler]) -> bool:
    """Whether an `except` takes exceptions whose text is not written for the peer."""
    if not handler.node.types:
        return True
    return any(_is_internal_type(program, handler.to(each)) for each in handler.node.types)


def _is_internal_type(program: Program, kind: At[tree.Expr]) -> bool:
    own = [
        each.to(each.node)
        for each in origins(program, kind)
        if isinstance(each, At) and isinstance(each.node, tree.Class)
    ]
    if own:
        return any(_wraps_others(program, each) for each in own)
    names = {name.rpartition(".")[2] for name in qualified(program, kind)} or {_written(kind.node)}
    return not names & _MEANT_FOR_PEERS


def _wraps_others(program: Program, klass: At[tree.Class]) -> bool:
    """Whether a project's exception is raised with the text of another one in it."""
    if klass.node.name is None:
        return False
    for module, unit in program.units_with(klass.node.name, "python"):
        at: At[tree.Node] = At(module.path, unit, klass.node)
        for call in at.index.calls:
            if (
                not isinstance(at.index.parents.get(call), tree.Raise)
                or _written(call.callee) != klass.node.name
            ):
                continue
            handler = next(
                (each for each in at.index.ancestors(call) if isinstance(each, tree.Handler)), None
            )
            kinds = {_written(each) for each in handler.types} if handler is not None else set[str]()
            if handler is None or (kinds and kinds <= _MEANT_FOR_PEERS):
                continue
            target = handler.target
            if (
                isinstance(target, tree.Name)
                and klass in classes(program, at.to(call))
                and any(
                    isinstance(node, tree.Name) and node.id == target.id
                    for argument in call.arguments
                    for node in tree.walk(argument.value)
                )
            ):
                return True
    return False


def _written(node: tree.Expr) -> str:
    return node.id if isinstance(node, tree.Name) else node.name if isinstance(node, tree.Member) else ""


def disclosed_credentials(
    program: Program, root: At[tree.Function], reaching: Reaching
) -> Iterator[Disclosed]:
    """The credential that the client showed, sent back or to others."""
    for parameter in root.node.parameters:
        target = parameter.target
        if not isinstance(target, tree.Name) or kind_of_name(target.id) != "credential":
            continue
        for read in aliases_of_target(program, root.to(target)):
            for sent in reaching.sends(read):
                evidence = (
                    Evidence(root.to(parameter).span, f"`{target.id}` is what the client was let in with"),
                )
                yield Disclosed("credential", target.id, "message", sent.call.span, evidence)
                return
