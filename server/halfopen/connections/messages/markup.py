"""Where message text becomes markup of the page."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.messages.parsing import parsing_of
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At, Program

_PROPERTIES = frozenset({"innerHTML", "outerHTML", "srcdoc"})
_METHODS = frozenset({"insertAdjacentHTML", "write", "writeln", "createContextualFragment", "html"})
_DEPTH = 3
"""How often a text that holds the message is put into a further one, or handed on."""
_SAID = "puts what was sent into the page as HTML"


def rendered(program: Program, places: list[At[tree.Expr]]) -> Iterator[Evidence]:
    """The places where what a message holds, alone or within a text, is taken for HTML."""
    waiting = [(each, _DEPTH) for each in places]
    seen: set[tree.Node] = set()
    while waiting:
        at, depth = waiting.pop(0)
        if at.node in seen:
            continue
        seen.add(at.node)
        text = _text_of(program, at)
        seen.add(text.node)
        found = _markup(text)
        if found is not None and not _is_own_key(at):
            yield Evidence(found.span, _SAID)
        elif found is None and text.node is not at.node and depth > 0:
            waiting += [(each, depth - 1) for each in aliases(program, text)]


def _text_of(program: Program, at: At[tree.Expr]) -> At[tree.Expr]:
    """The text that a value is made part of: a template, a sum, JSON."""
    node: tree.Expr = at.node
    while True:
        parent = at.index.parents.get(node)
        match parent:
            case tree.Template() | tree.Await():
                node = parent
            case tree.Operation(operator="+" | "??" | "or"):
                node = parent
            case tree.Conditional(test=test) if test is not node:
                node = parent
            case tree.Argument():
                call = at.index.parents.get(parent)
                if not isinstance(call, tree.Call) or parsing_of(program, at.to(call), node) != "encodes":
                    return at.to(node)
                node = call
            case _:
                return at.to(node)


def _markup(text: At[tree.Expr]) -> At[tree.Node] | None:
    """Where a text itself is taken for HTML."""
    parent = text.parent
    match parent:
        case tree.Assign(targets=targets):
            return text.to(parent) if any(_is_property(each) for each in targets) else None
        case tree.AssignExpr(target=target):
            return text.to(parent) if _is_property(target) else None
        case tree.Argument():
            call = text.index.parents.get(parent)
            return text.to(call) if isinstance(call, tree.Call) and _takes(text, call) else None
        case tree.Entry(key=tree.Literal(value="__html")):
            return text.to(parent)
        case _:
            return None


def _is_property(target: tree.Expr) -> bool:
    return isinstance(target, tree.Member) and target.name in _PROPERTIES


def _takes(text: At[tree.Expr], call: tree.Call) -> bool:
    """`list.insertAdjacentHTML("beforeend", text)`, `document.write(text)`, `$("#log").html(text)`."""
    callee = call.callee
    if not isinstance(callee, tree.Member) or callee.name not in _METHODS:
        return False
    if callee.name == "html":
        return text.node is call.arguments[0].value
    return callee.name not in ("write", "writeln") or text.to(callee.object).text == "document"


def _is_own_key(at: At[tree.Expr]) -> bool:
    """Whether a value gets here only as a key of a table (`if (icons[kind]) ...`): one of the names that stand in it."""
    for ancestor in at.index.ancestors(at.node):
        match ancestor:
            case tree.If(test=test, then=then) if then.start <= at.node.start < then.end:
                pass
            case tree.Conditional(test=test, then=then) if then.start <= at.node.start < then.end:
                pass
            case tree.Operation(operator="and", operands=(test, *_)) if at.node.start >= test.end:
                pass
            case _:
                continue
        parts = test.operands if isinstance(test, tree.Operation) and test.operator == "and" else (test,)
        if any(_looks_up(at, at.to(each)) for each in parts):
            return True
    return False


def _looks_up(at: At[tree.Expr], test: At[tree.Expr]) -> bool:
    """Whether a condition holds only where a table has the value as a key, or a list has it."""
    match test.node:
        case tree.Index(key=key):
            return test.to(key).text == at.text
        case tree.Operation(operator="in", operands=(key, _)):
            return test.to(key).text == at.text
        case tree.Call(callee=tree.Member(name="has" | "includes" | "hasOwn"), arguments=arguments):
            return any(test.to(each.value).text == at.text for each in arguments)
        case tree.Name() as name:
            binding = test.index.bindings.get(name)
            return binding is not None and any(
                isinstance(each.value, tree.Index) and test.to(each.value.key).text == at.text
                for each in binding.definitions
            )
        case _:
            return False
