"""Whether what a write sets is the answer to a request, which messages can outrun, or what a message brings."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.answers import answers_given
from halfopen.connections.updates.applied import callees
from halfopen.connections.updates.requests import reaches_request
from halfopen.connections.updates.writes import Site
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes


class Answered:
    """What is asked of each write of a client, with the functions that its messages run."""

    def __init__(self, view: View, on_message: list[At[tree.Function]]) -> None:
        self.view = view
        self.program = view.program
        self.on_message = on_message

    def is_answer(self, site: Site) -> bool:
        """Whether a write outside of the message handler uses the answer to a request that messages can outrun.

        A constant, a sentence for the page or the present time is no old value, an error no answer, and what comes before the socket in
        the function that makes it is through when the first message comes.
        """
        around = site.call.index.function_of(site.call.node)
        if around is None or not is_shipped(site.call.path):
            return False
        if isinstance(site.value.node, tree.Literal | tree.Template):
            return False
        if self._comes_first(site, around) or _fills_only(site) or _is_now(site.value.node):
            return False
        if any(isinstance(each, tree.Handler) for each in site.call.index.ancestors(site.call.node)):
            return False
        for function in (around, *_callbacks_around(site.call, around)):
            if self._awaits_answer(site, function):
                return True
            if any(function is each.node for each in self.on_message):
                return False
        return False

    def is_given_answer(self, site: Site) -> bool:
        """Whether a write is made of what its function is given, and a caller gives it the answer to a request."""
        around = site.call.index.function_of(site.call.node)
        if around is None or isinstance(site.value.node, tree.Literal):
            return False
        return any(
            _uses_parameter(site, function) and answers_given(self.program, site.call.to(function))
            for function in (around, *_callbacks_around(site.call, around))
        )

    def is_of_answer(self, site: Site) -> bool:
        """Whether a write keeps what a request has answered: nothing that runs ahead of the server."""
        around = site.call.index.function_of(site.call.node)
        return (
            around is not None
            and not isinstance(site.value.node, tree.Literal)
            and self._awaits_answer(site, around)
        )

    def is_given_message(self, site: Site) -> bool:
        """Whether code that runs on a message gives a write's function something that is no constant."""
        around = site.call.index.function_of(site.call.node)
        return any(
            isinstance(node, tree.Call)
            and any(not isinstance(each.value, tree.Literal) for each in node.arguments)
            and any(callee.node is around for callee in callees(self.program, function.to(node)))
            for function in self.on_message
            for node in own_nodes(function)
        )

    def _comes_first(self, site: Site, around: tree.Function) -> bool:
        """Whether the socket is made, or asked for, later in the function of a write."""
        return any(
            isinstance(node, tree.Call)
            and node.start > site.call.node.start
            and (node is self.view.call.node or self.view.reach.enters(self.program, site.call.to(node)))
            for node in own_nodes(site.call.to(around))
        )

    def _awaits_answer(self, site: Site, around: tree.Function) -> bool:
        """Whether a write's function waits for the answer to a request before it."""
        return any(
            isinstance(inner, tree.Call)
            and (found := reaches_request(self.program, site.call.to(inner), 3)) is not None
            and found.kind == "fetch"
            for node in own_nodes(site.call.to(around))
            if isinstance(node, tree.Await) and node.start < site.call.node.start
            for inner in tree.walk(node)
        )


def _is_now(value: tree.Expr) -> bool:
    """`new Date()`, `Date.now()`: the time of the write, which is older than no other."""
    match value:
        case tree.Call(callee=tree.Name(id="Date"), arguments=()):
            return True
        case tree.Call(callee=tree.Member(object=tree.Name(id="Date"), name="now")):
            return True
        case _:
            return False


def _fills_only(site: Site) -> bool:
    """Whether a write is made only while there is nothing: `if (!active) setActive(...)`."""
    for ancestor in site.call.index.ancestors(site.call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If) and ancestor.then.start <= site.call.node.start < ancestor.then.end:
            test = ancestor.test
            parts = test.operands if isinstance(test, tree.Operation) and test.operator == "and" else (test,)
            if any(_asks_for_none(each, site.slot.key) for each in parts):
                return True
    return False


def _asks_for_none(test: tree.Expr, name: str) -> bool:
    match test:
        case tree.Operation(operator="not", operands=(inner,)):
            return last_name(inner) == name
        case tree.Operation(operator="==" | "is", operands=(left, tree.Literal(value=None))):
            return last_name(left) == name
        case _:
            return False


def _callbacks_around(call: At[tree.Call], inner: tree.Function) -> Iterator[tree.Function]:
    """The functions around an updater that a setter is given where it stands."""
    current: tree.Node = inner
    for ancestor in call.index.ancestors(inner):
        if isinstance(ancestor, tree.Function):
            parent = call.index.parents.get(current)
            if not isinstance(parent, tree.Argument):
                return
            yield ancestor
            current = ancestor


def _uses_parameter(site: Site, function: tree.Function) -> bool:
    names = {
        node.id
        for parameter in function.parameters
        for node in tree.walk(parameter.target)
        if isinstance(node, tree.Name)
    }
    return any(isinstance(node, tree.Name) and node.id in names for node in tree.walk(site.value.node))
