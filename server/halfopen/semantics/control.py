"""Is something that was acquired released on every way out of a function?

The neutral tree is structured, so no graph is needed: each statement maps the ways it may be entered to
the ways it may be left: by falling through, `return`, `break`, `continue`, or an exception. What may
be thrown is told in *kinds* that the caller defines ("disconnect", "error", ...), because an
`except` clause that catches one kind lets the others pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.semantics import tree

ExitKind: TypeAlias = OneOf["end", "return", "exception"]


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out with the resource still held. `node` is where it happens; `raises` the kind thrown."""

    kind: ExitKind
    node: tree.Node
    raises: str = ""


def _no_kinds(_: tree.Node) -> frozenset[str]:
    return frozenset()


def _never(_: tree.Node) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Question:
    """What is acquired and released, and what may be thrown.

    `acquires` and `releases` say of an expression node whether evaluating it does so. `implied` says
    of a condition that it holds whenever the resource is held (`if ws in active`), so that its other
    branch needs no release. `throws` gives the kinds that evaluating a node (a call, an await) may
    throw; `catches` the kinds that a handler stops. `acquires_then_throws` marks an acquisition that
    may throw after it took hold. `diverges` says of a call that it never comes back but by throwing.
    """

    acquires: Callable[[tree.Node], bool]
    releases: Callable[[tree.Node], bool]
    implied: Callable[[tree.Expr], bool] = _never
    throws: Callable[[tree.Node], frozenset[str]] = _no_kinds
    catches: Callable[[tree.Handler], frozenset[str]] = _no_kinds
    acquires_then_throws: Callable[[tree.Node], frozenset[str]] = _no_kinds
    suppresses: Callable[[tree.Item], frozenset[str]] = _no_kinds
    diverges: Callable[[tree.Node], bool] = _never


_FREE, _HELD = 0, 1
_State: TypeAlias = int
_Thrown: TypeAlias = tuple[str, _State, tree.Node]


@dataclass(slots=True)
class _Flow:
    """The ways a statement may be left; each set holds the states of the resource."""

    through: set[_State] = field(default_factory=set[_State])
    returned: set[tuple[_State, tree.Node]] = field(default_factory=set[tuple[_State, tree.Node]])
    broken: set[_State] = field(default_factory=set[_State])
    continued: set[_State] = field(default_factory=set[_State])
    thrown: set[_Thrown] = field(default_factory=set[_Thrown])

    def leave_by(self, other: _Flow) -> None:
        """Take over every way out of `other` but falling through."""
        self.returned |= other.returned
        self.broken |= other.broken
        self.continued |= other.continued
        self.thrown |= other.thrown


def held_exits(body: tree.Block, question: Question, held_at_start: bool = False) -> list[Exit]:
    """The ways out of a function body on which the resource stays held, in source order."""
    flow = _block(body, {_HELD if held_at_start else _FREE}, question)
    exits = [Exit("return", node) for state, node in flow.returned if state == _HELD]
    exits += [Exit("exception", node, kind) for kind, state, node in flow.thrown if state == _HELD]
    if _HELD in flow.through:
        exits.append(Exit("end", body))
    return sorted(exits, key=lambda each: (each.node.start, each.kind, each.raises))


def comes_back(body: tree.Block, question: Question) -> bool:
    """Whether a function body can end other than by throwing."""
    flow = _block(body, {_FREE}, question)
    return bool(flow.through or flow.returned)


def thrown_kinds(body: tree.Block, question: Question) -> frozenset[str]:
    """The kinds of exceptions that may leave a function body."""
    return frozenset(kind for kind, _, _ in _block(body, {_FREE}, question).thrown)


def _block(block: tree.Block | None, states: set[_State], question: Question) -> _Flow:
    flow = _Flow(through=set(states))
    for statement in block.statements if block is not None else ():
        if not flow.through:
            break
        step = _statement(statement, flow.through, question)
        flow.through = step.through
        flow.leave_by(step)
    return flow


def _statement(statement: tree.Statement, states: set[_State], question: Question) -> _Flow:
    match statement:
        case tree.Block():
            return _block(statement, states, question)
        case tree.Failed(statements=inner):
            return _block(tree.Block(statement.start, statement.end, inner), states, question)
        case tree.If():
            return _if(statement, states, question)
        case tree.Loop():
            return _loop(statement, states, question)
        case tree.Try():
            return _try(statement, states, question)
        case tree.With():
            return _with(statement, states, question)
        case tree.Switch():
            return _switch(statement, states, question)
        case tree.Return(value=value):
            flow = _evaluate([value], states, question)
            flow.returned |= {(state, statement) for state in flow.through}
            flow.through = set()
            return flow
        case tree.Raise(value=value):
            flow = _evaluate([value], states, question)
            flow.thrown |= {
                (kind, state, statement) for kind in question.throws(statement) for state in flow.through
            }
            flow.through = set()
            return flow
        case tree.Jump(kind=kind):
            return _Flow(broken=set(states)) if kind == "break" else _Flow(continued=set(states))
        case tree.Assign(targets=targets, value=value):
            if isinstance(value, tree.Function | tree.Class):
                return _Flow(through=set(states))
            flow = _evaluate([value, *targets], states, question)
            return _event(statement, flow, question)
        case tree.Do(value=value):
            return _evaluate([value], states, question)
        case tree.Delete(targets=targets):
            return _event(statement, _evaluate(targets, states, question), question)
        case tree.Import() | tree.Export() | tree.Outer():
            return _Flow(through=set(states))


def _event(node: tree.Node, flow: _Flow, question: Question) -> _Flow:
    """The effect of one node, after its parts were evaluated."""
    if not flow.through:
        return flow
    releases = question.releases(node)
    if not releases:
        for kind in question.throws(node):
            flow.thrown |= {(kind, state, node) for state in flow.through}
    flow.thrown |= {(kind, _HELD, node) for kind in question.acquires_then_throws(node)}
    if question.acquires(node):
        flow.through = {_HELD}
    elif releases:
        flow.through = {_FREE}
    if question.diverges(node):
        flow.through = set()
    return flow


def _evaluate(parts: Iterable[tree.Expr | None], states: set[_State], question: Question) -> _Flow:
    """Evaluate expressions in order, innermost first; nested functions are only defined, not run."""
    flow = _Flow(through=set(states))
    for part in parts:
        if part is not None:
            for node in _in_evaluation_order(part):
                if not isinstance(node, tree.Name | tree.Literal):
                    _event(node, flow, question)
    return flow


def _in_evaluation_order(root: tree.Node) -> list[tree.Node]:
    order: list[tree.Node] = []
    stack: list[tuple[tree.Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done or isinstance(node, tree.Function | tree.Class):
            order.append(node)
            continue
        stack.append((node, True))
        stack += [(child, False) for child in reversed(list(tree.children(node)))]
    return order


def _if(statement: tree.If, states: set[_State], question: Question) -> _Flow:
    flow = _Flow(through=set(states))
    through: set[_State] = set()
    # A chain of `else if` is as deep as it is long: it is followed in a loop.
    rest: tree.If | None = statement
    while rest is not None:
        test = _evaluate([rest.test], flow.through, question)
        flow.leave_by(test)
        into_then, into_else = _branches(rest.test, test.through, question)
        then = _block(rest.then, into_then, question)
        flow.leave_by(then)
        through |= then.through
        flow.through = into_else
        otherwise = rest.otherwise
        if otherwise is not None and len(otherwise.statements) == 1 and into_else:
            only = otherwise.statements[0]
            rest = only if isinstance(only, tree.If) else None
        else:
            rest = None
        if rest is None:
            last = _block(otherwise, into_else, question)
            flow.leave_by(last)
            through |= last.through
    flow.through = through
    return flow


def _branches(test: tree.Expr, states: set[_State], question: Question) -> tuple[set[_State], set[_State]]:
    """The states in which a condition's two branches are entered."""
    into_then, into_else = set(states), set(states)
    negated = _negated(test)
    if question.implied(test):
        into_else.discard(_HELD)
    elif negated is not None and question.implied(negated):
        into_then.discard(_HELD)
    constant = _constant_truth(test)
    if constant is True:
        into_else.clear()
    elif constant is False:
        into_then.clear()
    return into_then, into_else


def _negated(test: tree.Expr) -> tree.Expr | None:
    """What `not ...` negates; of `x is None`, the x."""
    match test:
        case tree.Operation(operator="not", operands=(inner,)):
            return inner
        case tree.Operation(operator="is" | "==", operands=(inner, tree.Literal(value=None))):
            return inner
        case _:
            return None


def _constant_truth(test: tree.Expr | None) -> bool | None:
    return bool(test.value) if isinstance(test, tree.Literal) else None


def _loop(statement: tree.Loop, states: set[_State], question: Question) -> _Flow:
    entered = _evaluate([statement.iterable], states, question)
    flow = _Flow()
    flow.leave_by(entered)
    endless = statement.kind == "while" and _constant_truth(statement.test) is True
    endless = endless or (statement.kind == "count" and statement.test is None)
    heads = set(entered.through)
    after: set[_State] = set()
    while True:
        head = (
            _evaluate([statement.test], heads, question)
            if not statement.runs_first
            else _Flow(through=set(heads))
        )
        if statement.kind == "for":
            _event(statement, head, question)
        body = _block(statement.body, head.through, question)
        tail = _evaluate([statement.update], body.through | body.continued, question)
        flow.thrown |= head.thrown | body.thrown | tail.thrown
        flow.returned |= body.returned
        after |= body.broken
        if not endless and not statement.runs_first:
            done = _block(statement.otherwise, head.through, question)
            flow.leave_by(done)
            after |= done.through
        elif statement.runs_first:
            after |= tail.through
        if tail.through <= heads:
            break
        heads |= tail.through
    flow.through = after
    return flow


def _try(statement: tree.Try, states: set[_State], question: Question) -> _Flow:
    body = _block(statement.body, states, question)
    flow = _Flow()
    uncaught: set[_Thrown] = set(body.thrown)
    flow.returned |= body.returned
    flow.broken |= body.broken
    flow.continued |= body.continued
    otherwise = _block(statement.otherwise, body.through, question)
    flow.leave_by(otherwise)
    flow.through |= otherwise.through
    for handler in statement.handlers:
        kinds = question.catches(handler)
        catch_all = "*" in kinds
        caught = {each for each in uncaught if catch_all or each[0] in kinds}
        uncaught -= caught
        entered = {state for _, state, _ in caught}
        if not kinds:
            entered = {state for _, state, _ in body.thrown}
        if not entered:
            continue
        handled = _block(handler.body, entered, question)
        rethrown = {each for each in handled.thrown if not _is_bare_raise(each[2])}
        rethrown |= {
            (kind, state, node)
            for _, state, node in handled.thrown
            if _is_bare_raise(node)
            for kind in ({each[0] for each in caught} or {"error"})
        }
        flow.thrown |= rethrown
        flow.returned |= handled.returned
        flow.broken |= handled.broken
        flow.continued |= handled.continued
        flow.through |= handled.through
    flow.thrown |= uncaught
    return _finally(statement.final, flow, question)


def _is_bare_raise(node: tree.Node) -> bool:
    return isinstance(node, tree.Raise) and node.value is None


def _finally(final: tree.Block | None, flow: _Flow, question: Question) -> _Flow:
    """Run the `finally` block on every way out; what it throws or returns itself replaces that way."""
    if final is None:
        return flow
    result = _Flow()

    def run(state: _State) -> set[_State]:
        done = _block(final, {state}, question)
        result.leave_by(done)
        return done.through

    after = {state: run(state) for state in (_FREE, _HELD) if _reaches(flow, state)}
    result.through |= {new for state in flow.through for new in after[state]}
    result.returned |= {(new, node) for state, node in flow.returned for new in after[state]}
    result.broken |= {new for state in flow.broken for new in after[state]}
    result.continued |= {new for state in flow.continued for new in after[state]}
    result.thrown |= {(kind, new, node) for kind, state, node in flow.thrown for new in after[state]}
    return result


def _reaches(flow: _Flow, state: _State) -> bool:
    return (
        state in flow.through
        or state in flow.broken
        or state in flow.continued
        or any(each == state for each, _ in flow.returned)
        or any(each == state for _, each, _ in flow.thrown)
    )


def _with(statement: tree.With, states: set[_State], question: Question) -> _Flow:
    flow = _evaluate([item.context for item in statement.items], states, question)
    body = _block(statement.body, flow.through, question)
    suppressed = {kind for item in statement.items for kind in question.suppresses(item)}
    passing = {each for each in body.thrown if each[0] in suppressed or "*" in suppressed}
    result = _Flow(through=body.through | {state for _, state, _ in passing})
    result.leave_by(flow)
    result.returned |= body.returned
    result.broken |= body.broken
    result.continued |= body.continued
    result.thrown |= body.thrown - passing
    return result


def _switch(statement: tree.Switch, states: set[_State], question: Question) -> _Flow:
    flow = _evaluate([statement.subject], states, question)
    entered = set(flow.through)
    flow.through = set()
    falling: set[_State] = set()
    for case in statement.cases:
        body = _block(case.body, entered | falling, question)
        flow.returned |= body.returned
        flow.continued |= body.continued
        flow.thrown |= body.thrown
        if statement.falls_through:
            flow.through |= body.broken
            falling = body.through
        else:
            flow.broken |= body.broken
            flow.through |= body.through
    flow.through |= falling
    if not any(case.pattern is None for case in statement.cases):
        flow.through |= entered
    return flow
