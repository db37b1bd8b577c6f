"""What log calls write of messages, credentials and personal data, and whether production sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.admission.client import values_of
from halfopen.connections.facts import Evidence
from halfopen.connections.messages.facts import Logged
from halfopen.connections.messages.journey import Journey
from halfopen.connections.messages.log_levels import shows_debug
from halfopen.connections.messages.parsing import is_log
from halfopen.connections.messages.plain_fields import holds_only_plain_fields
from halfopen.connections.messages.reaching import logging_call
from halfopen.connections.messages.sensitive import is_element, kind_of_name, name_of
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import Origin
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.values import origins

When: TypeAlias = OneOf["always", "on-error", "debug"]

_SWITCHES = re.compile(
    r"\b(import\.meta\.env\.(DEV|MODE)|process\.env\.NODE_ENV|__DEV__|NODE_ENV)\b|debug|verbose",
    re.IGNORECASE,
)
"""What guards output that is meant for development alone."""
_ERRORS = frozenset({"error", "warning", "failed", "failure", "exception"})
_QUIET_LEVELS = frozenset({"debug", "trace"})


def logged_messages(program: Program, journey: Journey) -> Iterator[Logged]:
    """The log calls that write a received message as a whole, or a stretch of its text."""
    found: dict[tree.Node, Logged] = {}
    for form in (journey.raw, journey.parsed):
        for at in (each for held in form.values() for each in (held, *_wrapped(program, held))):
            call = logging_call(program, at)
            for shown, written in _places(program, journey, at, call) if call is not None else ():
                if shown.node not in found and not holds_only_plain_fields(program, written):
                    evidence = (Evidence(written.span, "is what was received"),)
                    inner = _when(program, call) if call is not None else "always"
                    when = inner if inner == "debug" else _when(program, shown)
                    level = _level(shown.node)
                    found[shown.node] = Logged(
                        "message", False, "received", when, level, shown.span, evidence, _type_around(shown)
                    )
    yield from found.values()


def _wrapped(program: Program, at: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    """What holds a message in a function that is given it in an envelope: `publish(channel, {"payload": message})`."""
    entry = at.parent
    display = (
        at.index.parents.get(entry) if isinstance(entry, tree.Entry) and entry.value is at.node else None
    )
    argument = at.index.parents.get(display) if isinstance(display, tree.Object) else None
    call = at.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if not isinstance(call, tree.Call) or not isinstance(display, tree.Object):
        return
    for function in functions(program, at.to(call.callee)):
        for parameter in function.node.parameters:
            if argument_of(call, function.node, parameter) is display:
                program.queries.note(function.unit)
                yield from aliases_of_target(program, function.to(parameter.target))


_CONTENT = frozenset({"data", "payload", "body", "content", "text", "note", "transcript", "prompt"})
"""Names of the field that holds what a message says, beside those that tell of what kind it is and whose."""


_COMPLAINTS = frozenset({"warn", "warning", "error"})
"""Levels at which a message is written that something is wrong with, and so not each."""


def logged_contents(program: Program, journey: Journey) -> Iterator[Logged]:
    """The log calls that write the field of a received message which holds what it says."""
    found: dict[tree.Node, Logged] = {}
    for name, at in _contents(program, journey):
        call = logging_call(program, at)
        if call is None or _level(call.node) in _COMPLAINTS or call.node in found:
            continue
        if not holds_only_plain_fields(program, at):
            evidence = (Evidence(at.span, f"is `{name}` of what was received"),)
            when, level, kind = _when(program, call), _level(call.node), _type_around(call)
            found[call.node] = Logged(name, False, "received", when, level, call.span, evidence, kind)
    yield from found.values()


def _contents(program: Program, journey: Journey) -> Iterator[tuple[str, At[tree.Expr]]]:
    """Every expression that is the field which holds what a message says, with the field's name."""
    for at in journey.parsed.values():
        parent = at.parent
        if isinstance(parent, tree.Member) and parent.object is at.node and parent.name in _CONTENT:
            yield parent.name, at.to(parent)
    for target in journey.targets.values():
        for entry in target.node.entries if isinstance(target.node, tree.Object) else ():
            key = entry.key.value if isinstance(entry.key, tree.Literal) else None
            if isinstance(key, str) and key in _CONTENT:
                for use in aliases_of_target(program, target.to(entry.value)):
                    yield key, use


_WRAPPER = re.compile(r"(log|warn|debug|trace|print)([A-Z_]|$)")


def is_for_logs(program: Program, at: At[tree.Expr]) -> bool:
    """Whether a parse serves log lines alone: it stands in a log function, or in one that only these call."""
    function = at.index.function_of(at.node)
    if function is None or function.name is None:
        return False
    if _WRAPPER.match(function.name):
        return True
    around = [call.index.function_of(call.node) for call in callers(program, at.to(function))]
    return bool(around) and all(
        each is not None and each.name is not None and _WRAPPER.match(each.name) for each in around
    )


def _places(
    program: Program, journey: Journey, at: At[tree.Expr], call: At[tree.Call]
) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    """The log call, or where a project's own log function is called with the message, each with the message."""
    function = call.index.function_of(call.node)
    name = function.name if function is not None else None
    if function is None or name is None or not _WRAPPER.match(name):
        yield call, at
        return
    for caller in callers(program, call.to(function)):
        for argument in caller.node.arguments:
            if (argument.value in journey.raw or argument.value in journey.parsed) and is_shipped(
                caller.path
            ):
                yield caller, caller.to(argument.value)


def logged_values(program: Program, roots: Iterable[At[tree.Node]]) -> Iterator[Logged]:
    """The log calls in some code that write a credential or personal data, by the name of what they write."""
    for root in roots:
        program.queries.note(root.unit)
        for node in tree.walk(root.node):
            if isinstance(node, tree.Call) and is_log(program, root.to(node)):
                yield from _values_of(program, root.to(node))


def logged_addresses(
    program: Program, roots: Iterable[At[tree.Node]], credential: str, address: frozenset[Origin]
) -> Iterator[Logged]:
    """The log calls in some code that write the client's whole address with a credential in it."""
    for root in roots if address else ():
        for node in tree.walk(root.node):
            if isinstance(node, tree.Call) and is_log(program, root.to(node)):
                yield from _address_in(program, root.to(node), credential, address)


def _address_in(
    program: Program, call: At[tree.Call], credential: str, address: frozenset[Origin]
) -> Iterator[Logged]:
    for argument in call.node.arguments:
        for value in _written(argument.value):
            at = call.to(value)
            if values_of(program, at) & address:
                said = Evidence(at.span, f"is the address, with `{credential}` in it")
                when, level = _when(program, call), _level(call.node)
                yield Logged(at.text, False, "credential", when, level, call.span, (said,), holds=credential)
                return


def _values_of(program: Program, call: At[tree.Call]) -> Iterator[Logged]:
    for argument in call.node.arguments:
        for value in _written(argument.value):
            name = name_of(value)
            kind = kind_of_name(name) if name is not None else None
            if name is None or kind is None or is_element(program, call.to(value)):
                continue
            evidence = (Evidence(call.to(value).span, f"`{call.to(value).text}` is written out"),)
            yield Logged(
                name,
                kind == "credential",
                "credential",
                _when(program, call),
                _level(call.node),
                call.span,
                evidence,
            )
            return


def _written(node: tree.Expr) -> Iterator[tree.Expr]:
    """The values that an argument of a log call shows: itself, and what stands in its text."""
    match node:
        case tree.Template(parts=parts):
            for part in parts:
                if not isinstance(part, str):
                    yield from _written(part)
        case tree.Operation(operator="+" | "%" | "or" | "??", operands=operands):
            for operand in operands:
                yield from _written(operand)
        case tree.Sequence(items=items):
            for item in items:
                yield from _written(item)
        case tree.Object(entries=entries):
            for entry in entries:
                yield from _written(entry.value)
        case tree.Name() | tree.Member() | tree.Index():
            yield node
        case tree.Call(callee=tree.Member(name="get" | "getItem")):
            yield node
        case _:
            return


def _level(call: tree.Call) -> str:
    return call.callee.name if isinstance(call.callee, tree.Member) else "print"


def _when(program: Program, call: At[tree.Call]) -> When:
    """Whether production writes it: levels and flags for development do not, and errors only now and then."""
    is_quiet = _level(call.node) in _QUIET_LEVELS and not shows_debug(program, call)
    if is_quiet or _is_guarded(program, call):
        return "debug"
    callee = call.to(call.node.callee)
    called = functions(program, callee)
    if called and all(_wraps_guarded(program, each) for each in called):
        return "debug"
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            break
        if isinstance(ancestor, tree.Handler) or (
            isinstance(ancestor, tree.Case) and (ancestor.pattern is None or _is_error(ancestor.pattern))
        ):
            return "on-error"
        if isinstance(ancestor, tree.If) and (
            _turns_away(ancestor, inner) or _is_rest(ancestor, inner) or _is_of_errors(ancestor, inner)
        ):
            return "on-error"
        inner = ancestor
    return "always"


def _type_around(call: At[tree.Call]) -> str:
    """The type of message in whose branch a log call stands: `if (message.type === "question")`, a `case` of it."""
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        pattern: tree.Expr | None = None
        match ancestor:
            case tree.Function():
                return ""
            case tree.Case():
                pattern = ancestor.pattern
            case tree.If(test=tree.Operation(operator="==", operands=(tree.Member() | tree.Index(), told))):
                pattern = told if inner is ancestor.then else None
            case _:
                pass
        if isinstance(pattern, tree.Literal) and isinstance(pattern.value, str):
            return pattern.value
        inner = ancestor
    return ""


def _turns_away(test: tree.If, inner: tree.Node) -> bool:
    """`if (!data.type) { warn(data); return }`."""
    statements = list(test.then.statements)
    if inner is not test.then or not 0 < len(statements) < 4:
        return False
    negated = isinstance(test.test, tree.Operation) and any(
        isinstance(node, tree.Operation) and node.operator == "not" for node in tree.walk(test.test)
    )
    return negated and isinstance(statements[-1], tree.Return | tree.Raise | tree.Jump)


def _is_rest(test: tree.If, inner: tree.Node) -> bool:
    """The branch of what no other branch knows: the `else` of `if (type === "a")`, or `if (!KNOWN.includes(type))`."""
    match test.test:
        case tree.Operation(
            operator="not", operands=(tree.Call(callee=tree.Member(name="includes" | "has")),)
        ):
            return inner is test.then
        case tree.Operation(operator="==", operands=(_, tree.Literal(value=str()))):
            rest = test.otherwise
            return rest is not None and inner is rest and not _goes_on(rest)
        case _:
            return False


def _is_of_errors(test: tree.If, inner: tree.Node) -> bool:
    """The branch of messages that tell of an error: `if (message.type === "error")`."""
    match test.test:
        case tree.Operation(operator="==", operands=(_, told)):
            return inner is test.then and _is_error(told)
        case _:
            return False


def _is_error(told: tree.Expr) -> bool:
    return isinstance(told, tree.Literal) and isinstance(told.value, str) and told.value.lower() in _ERRORS


def _goes_on(rest: tree.Block) -> bool:
    """`else if`"""
    return len(rest.statements) == 1 and isinstance(rest.statements[0], tree.If)


def _is_guarded(program: Program, call: At[tree.Call]) -> bool:
    """Whether a flag for development decides: by its name, or because it is the constant false."""
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        test: tree.Expr | None = None
        if isinstance(ancestor, tree.If | tree.Conditional) and inner is not ancestor.test:
            test = ancestor.test
        elif (
            isinstance(ancestor, tree.Operation)
            and ancestor.operator == "and"
            and inner is not ancestor.operands[0]
        ):
            test = ancestor.operands[0]
        if test is not None and (_is_switch(program, call.to(test)) or _is_false(program, call.to(test))):
            return True
        inner = ancestor
    return False


def _is_switch(program: Program, test: At[tree.Expr]) -> bool:
    """A condition that is for development, by what it reads or by what a constant in it is given."""
    if _SWITCHES.search(test.text):
        return True
    return any(
        each.value is not None and _SWITCHES.search(At(path, unit, each.value).text)
        for node in tree.walk(test.node)
        if isinstance(node, tree.Name)
        for path, unit, each in program.definitions_of(program.variable(test.to(node)))
    )


def _is_false(program: Program, at: At[tree.Expr]) -> bool:
    """A name that is the constant false wherever it is given a value."""
    found = origins(program, at) if isinstance(at.node, tree.Name) else ()
    return bool(found) and all(
        not isinstance(each, External)
        and isinstance(each, At)
        and isinstance(each.node, tree.Literal)
        and each.node.value is False
        for each in found
    )


def _wraps_guarded(program: Program, function: At[tree.Function]) -> bool:
    """Whether a project's own log function writes only in development."""
    calls = [
        node
        for node in tree.walk(function.node.body)
        if isinstance(node, tree.Call) and is_log(program, function.to(node))
    ]
    return bool(calls) and all(_is_guarded(program, function.to(each)) for each in calls)
