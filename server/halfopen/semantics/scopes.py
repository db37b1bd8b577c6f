"""Scopes, bindings and parents of one unit.

The rules of both languages meet here: Python binds names in functions (`global`, `nonlocal` apart),
JavaScript's `var` and function declarations in functions, `let`, `const` and classes in blocks. What
no inner scope binds belongs to the module; `semantics.program` resolves it across units and files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from typing import Literal as OneOf

from halfopen.semantics import tree
from halfopen.semantics.unit import Unit

Step: TypeAlias = str | int | None
"""One step into a destructured value: a property, a position, or None where it cannot be told."""

DefinitionKind: TypeAlias = OneOf[
    "value", "parameter", "import", "element", "context", "exception", "pattern", "augmented"
]


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One way in which a name gets its value.

    `value` is the expression it comes from: for "element" the iterable, for "context" the context
    manager, for "pattern" the subject; `steps` lead from that value to the part bound. `node` is the
    statement, parameter, clause, handler or imported name that binds; `target` the bound name.
    """

    kind: DefinitionKind
    node: tree.Node
    target: tree.Node
    value: tree.Expr | None
    steps: tuple[Step, ...] = ()


@dataclass(slots=True, eq=False)
class Binding:
    """A name bound in a scope, with all its definitions and all its reads within the unit."""

    name: str
    scope: Scope
    definitions: list[Definition] = field(default_factory=list[Definition])
    reads: list[tree.Name] = field(default_factory=list[tree.Name])


@dataclass(slots=True, eq=False)
class Scope:
    """A stretch of code that binds names. `owner` is the node that opens it (None for the unit)."""

    kind: OneOf["unit", "function", "class", "block", "comprehension"]
    owner: tree.Node | None
    parent: Scope | None
    bindings: dict[str, Binding] = field(default_factory=dict[str, Binding])
    outer: dict[str, bool] = field(default_factory=dict[str, bool])
    """Python names declared `global` (True) or `nonlocal` (False) here."""


@dataclass(slots=True, eq=False)
class UnitIndex:
    """What one pass over a unit finds."""

    unit: Unit
    parents: dict[tree.Node, tree.Node]
    bindings: dict[tree.Name, Binding]
    """The inner binding that each name (read or target) refers to; module-level names are not here."""
    module_reads: dict[str, list[tree.Name]]
    """Reads of names that no inner scope of this unit binds."""
    module_definitions: dict[str, list[Definition]]
    """Definitions of module-level names: at the top, or from inside functions."""
    functions: list[tree.Function]
    classes: list[tree.Class]
    calls: list[tree.Call]
    scopes: dict[tree.Node, Scope]

    def ancestors(self, node: tree.Node) -> list[tree.Node]:
        """The nodes around `node`, innermost first."""
        found: list[tree.Node] = []
        current = self.parents.get(node)
        while current is not None:
            found.append(current)
            current = self.parents.get(current)
        return found

    def function_of(self, node: tree.Node) -> tree.Function | None:
        """The innermost function around `node` (not itself)."""
        current = self.parents.get(node)
        while current is not None and not isinstance(current, tree.Function):
            current = self.parents.get(current)
        return current

    def class_of(self, node: tree.Node) -> tree.Class | None:
        """The innermost class around `node` (not itself)."""
        current = self.parents.get(node)
        while current is not None and not isinstance(current, tree.Class):
            current = self.parents.get(current)
        return current


def index_of(unit: Unit) -> UnitIndex:
    """The unit's index, made on first use."""
    index = unit.index
    if index is None:
        index = unit.index = _Indexer(unit).run()
    return index


_DEEPEST = 80
"""How deep a visit goes before it starts anew; each step may take three of the interpreter's thousand frames."""


def _place(node: tree.Node) -> tuple[int, int]:
    """Sorts nodes as a walk in pre-order meets them."""
    return node.start, -node.end


class _Indexer:
    """One pass that records parents, scopes and definitions, then resolves the reads."""

    def __init__(self, unit: Unit) -> None:
        self.python = unit.language == "python"
        self.index = UnitIndex(unit, {}, {}, {}, {}, [], [], [], {})
        self.top = Scope("unit", None, None)
        self.reads: list[tuple[tree.Name, Scope]] = []
        self.writes: list[tuple[tree.Name, Definition, Scope]] = []
        self.depth = 0
        self.deferred: list[tuple[tree.Node, Scope]] = []

    def run(self) -> UnitIndex:
        for statement in self.index.unit.body:
            self.visit(statement, self.top)
        self.visit_deferred()
        for target, definition, scope in self.writes:
            self.resolve_write(target, definition, scope)
        for name, scope in self.reads:
            binding = self.lookup(name.id, scope)
            if binding is None:
                self.index.module_reads.setdefault(name.id, []).append(name)
            else:
                binding.reads.append(name)
                self.index.bindings[name] = binding
        return self.index

    # -- walking --

    def visit(self, node: tree.Node, scope: Scope) -> None:
        if type(node) is tree.Name:
            self.reads.append((node, scope))
            return
        if type(node) is tree.Literal:
            return
        if self.depth == _DEEPEST:
            self.deferred.append((node, scope))
            return
        self.depth += 1
        special = _VISITORS.get(type(node))
        if special is not None:
            special(self, node, scope)
        else:
            if type(node) is tree.Call:
                self.index.calls.append(node)
            parents = self.index.parents
            for child in tree.children(node):
                parents[child] = node
                self.visit(child, scope)
        self.depth -= 1

    def visit_deferred(self) -> None:
        """What stands too deep to be visited in one go: thousands of chained calls or `else if`s."""
        if not self.deferred:
            return
        while self.deferred:
            node, scope = self.deferred.pop()
            self.visit(node, scope)
        index = self.index
        index.calls.sort(key=_place)
        index.functions.sort(key=_place)
        index.classes.sort(key=_place)
        self.reads.sort(key=lambda read: _place(read[0]))

    def child(self, node: tree.Node | None, parent: tree.Node, scope: Scope) -> None:
        if node is not None:
            self.index.parents[node] = parent
            self.visit(node, scope)

    def block(self, node: tree.Block, scope: Scope) -> None:
        if node.scoped:
            scope = Scope("block", node, scope)
            self.index.scopes[node] = scope
        for statement in node.statements:
            self.child(statement, node, scope)

    def function(self, node: tree.Function, scope: Scope) -> None:
        self.index.functions.append(node)
        for decorator in node.decorators:
            self.child(decorator, node, scope)
        inner = Scope("function", node, scope)
        self.index.scopes[node] = inner
        for parameter in node.parameters:
            self.index.parents[parameter] = node
            definition_scope = scope if self.python else inner
            self.child(parameter.default, parameter, definition_scope)
            self.child(parameter.annotation, parameter, definition_scope)
            self.bind(parameter.target, parameter, inner, "parameter", None, declares="let")
        self.child(node.returns, node, scope)
        self.index.parents[node.body] = node
        for statement in node.body.statements:
            self.child(statement, node.body, inner)

    def klass(self, node: tree.Class, scope: Scope) -> None:
        self.index.classes.append(node)
        for expression in (*node.decorators, *node.bases):
            self.child(expression, node, scope)
        inner = Scope("class", node, scope)
        self.index.scopes[node] = inner
        self.index.parents[node.body] = node
        for statement in node.body.statements:
            self.child(statement, node.body, inner)

    def assign(self, node: tree.Assign, scope: Scope) -> None:
        self.child(node.value, node, scope)
        self.child(node.annotation, node, scope)
        kind: DefinitionKind = "augmented" if node.operator else "value"
        declares = node.declares
        if scope.kind == "class" and not declares:
            declares = "field"
        for target in node.targets:
            self.bind(target, node, scope, kind, node.value, declares=declares)
            if node.operator and isinstance(target, tree.Name):
                self.reads.append((target, scope))

    def assign_expression(self, node: tree.AssignExpr, scope: Scope) -> None:
        self.child(node.value, node, scope)
        kind: DefinitionKind = "augmented" if node.operator else "value"
        if self.python:
            while scope.kind == "comprehension" and scope.parent is not None:
                scope = scope.parent
        self.bind(node.target, node, scope, kind, node.value)

    def loop(self, node: tree.Loop, scope: Scope) -> None:
        if not self.python:
            scope = Scope("block", node, scope)
            self.index.scopes[node] = scope
        self.child(node.iterable, node, scope)
        if node.target is not None:
            self.bind(node.target, node, scope, "element", node.iterable, declares="let")
        for part in (node.test, node.update, node.body, node.otherwise):
            self.child(part, node, scope)

    def handler(self, node: tree.Handler, scope: Scope) -> None:
        for kind in node.types:
            self.child(kind, node, scope)
        if not self.python:
            scope = Scope("block", node, scope)
            self.index.scopes[node] = scope
        if node.target is not None:
            self.bind(node.target, node, scope, "exception", None, declares="let")
        self.child(node.body, node, scope)

    def item(self, node: tree.Item, scope: Scope) -> None:
        self.child(node.context, node, scope)
        if node.target is not None:
            self.bind(node.target, node, scope, "context", node.context)

    def comprehension(self, node: tree.Comprehension, scope: Scope) -> None:
        inner = Scope("comprehension", node, scope)
        self.index.scopes[node] = inner
        for position, clause in enumerate(node.clauses):
            self.index.parents[clause] = node
            self.child(clause.iterable, clause, scope if position == 0 else inner)
            self.bind(clause.target, clause, inner, "element", clause.iterable, declares="let")
            for condition in clause.conditions:
                self.child(condition, clause, inner)
        self.child(node.element, node, inner)

    def switch(self, node: tree.Switch, scope: Scope) -> None:
        self.child(node.subject, node, scope)
        inner = scope
        if not self.python:
            inner = Scope("block", node, scope)
            self.index.scopes[node] = inner
        for case in node.cases:
            self.index.parents[case] = node
            if case.pattern is not None:
                if self.python:
                    self.pattern(case.pattern, case, scope, node.subject, ())
                else:
                    self.child(case.pattern, case, inner)
            self.child(case.guard, case, inner)
            self.index.parents[case.body] = case
            for statement in case.body.statements:
                self.child(statement, case.body, inner)

    def imports(self, node: tree.Import, scope: Scope) -> None:
        for imported in node.names:
            self.index.parents[imported] = node
            definition = Definition("import", node, imported, None, (imported.name,))
            self.define(imported.local, definition, scope)

    def outer(self, node: tree.Outer, scope: Scope) -> None:
        while scope.kind != "function" and scope.parent is not None:
            scope = scope.parent
        for name in node.names:
            scope.outer[name] = node.is_global

    def export(self, node: tree.Export, scope: Scope) -> None:
        self.child(node.value, node, scope)

    # -- binding --

    def bind(
        self,
        target: tree.Node,
        node: tree.Node,
        scope: Scope,
        kind: DefinitionKind,
        value: tree.Expr | None,
        steps: tuple[Step, ...] = (),
        declares: str = "",
        parent: tree.Node | None = None,
    ) -> None:
        """Bind every name in `target`; members and indexes in it are read as far as their objects."""
        self.index.parents[target] = parent or node
        match target:
            case tree.Name():
                definition = Definition(kind, node, target, value, steps)
                if self.python or declares:
                    home = scope
                    if not self.python and declares in ("var", "function"):
                        while home.kind == "block" and home.parent is not None:
                            home = home.parent
                    self.define(target.id, definition, home, target)
                else:
                    self.writes.append((target, definition, scope))
            case tree.Object(entries=entries):
                for entry in entries:
                    self.index.parents[entry] = target
                    step: Step = None
                    if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
                        step = entry.key.value
                    elif entry.key is not None:
                        self.child(entry.key, entry, scope)
                    inner = steps if entry.key is None else (*steps, step)
                    self.bind(entry.value, node, scope, kind, value, inner, declares, entry)
            case tree.Sequence(items=items):
                for position, item in enumerate(items):
                    step = position if not isinstance(item, tree.Spread) else None
                    self.bind(item, node, scope, kind, value, (*steps, step), declares, target)
            case tree.Spread(value=inner_target):
                self.bind(inner_target, node, scope, kind, value, steps, declares, target)
            case tree.AssignExpr(target=inner_target, value=default):
                self.child(default, target, scope)
                self.bind(inner_target, node, scope, kind, value, steps, declares, target)
            case _:
                for child in tree.children(target):
                    self.child(child, target, scope)

    def pattern(
        self,
        pattern: tree.Expr,
        case: tree.Case,
        scope: Scope,
        subject: tree.Expr,
        steps: tuple[Step, ...],
        parent: tree.Node | None = None,
    ) -> None:
        """Bind the captures of a Python pattern; class names and dotted values in it are reads."""
        self.index.parents[pattern] = parent or case
        match pattern:
            case tree.Name(id=name):
                if name != "_":
                    self.define(name, Definition("pattern", case, pattern, subject, steps), scope, pattern)
            case tree.Object(entries=entries):
                for entry in entries:
                    self.index.parents[entry] = pattern
                    key = entry.key.value if isinstance(entry.key, tree.Literal) else None
                    step = key if isinstance(key, str) else None
                    self.pattern(entry.value, case, scope, subject, (*steps, step), entry)
            case tree.Sequence(items=items):
                for position, item in enumerate(items):
                    self.pattern(item, case, scope, subject, (*steps, position), pattern)
            case tree.Spread(value=value):
                self.pattern(value, case, scope, subject, steps, pattern)
            case tree.Operation(operands=operands):
                for operand in operands:
                    self.pattern(operand, case, scope, subject, steps, pattern)
            case tree.AssignExpr(target=target, value=value):
                self.pattern(value, case, scope, subject, steps, pattern)
                self.pattern(target, case, scope, subject, steps, pattern)
            case tree.Call(callee=callee, arguments=arguments):
                self.child(callee, pattern, scope)
                for argument in arguments:
                    self.index.parents[argument] = pattern
                    self.pattern(argument.value, case, scope, subject, (*steps, argument.name), argument)
            case _:
                self.visit(pattern, scope)

    def define(
        self, name: str, definition: Definition, scope: Scope, target: tree.Name | None = None
    ) -> None:
        if self.python:
            while scope.kind == "block" and scope.parent is not None:
                scope = scope.parent
            if name in scope.outer:
                if target is not None:
                    self.writes.append((target, definition, scope))
                return
        if scope.kind == "unit":
            self.index.module_definitions.setdefault(name, []).append(definition)
            return
        binding = scope.bindings.get(name)
        if binding is None:
            binding = scope.bindings[name] = Binding(name, scope)
        binding.definitions.append(definition)
        if target is not None:
            self.index.bindings[target] = binding

    def resolve_write(self, target: tree.Name, definition: Definition, scope: Scope) -> None:
        """An assignment to a name that some outer scope declares (JavaScript, or Python global/nonlocal)."""
        binding = self.lookup(target.id, scope)
        if binding is None:
            self.index.module_definitions.setdefault(target.id, []).append(definition)
        else:
            binding.definitions.append(definition)
            self.index.bindings[target] = binding

    def lookup(self, name: str, scope: Scope | None) -> Binding | None:
        first = True
        while scope is not None and scope.kind != "unit":
            if name in scope.outer:
                if scope.outer[name]:
                    return None
                scope = scope.parent
                first = False
                continue
            visible = scope.kind != "class" or (first and self.python)
            binding = scope.bindings.get(name) if visible else None
            if binding is not None:
                return binding
            if scope.kind in ("function", "class"):
                first = False
            scope = scope.parent
        return None


_VISITORS: dict[type, Callable[[_Indexer, Any, Scope], None]] = {
    tree.Block: _Indexer.block,
    tree.Function: _Indexer.function,
    tree.Class: _Indexer.klass,
    tree.Assign: _Indexer.assign,
    tree.AssignExpr: _Indexer.assign_expression,
    tree.Loop: _Indexer.loop,
    tree.Handler: _Indexer.handler,
    tree.Item: _Indexer.item,
    tree.Comprehension: _Indexer.comprehension,
    tree.Switch: _Indexer.switch,
    tree.Import: _Indexer.imports,
    tree.Outer: _Indexer.outer,
    tree.Export: _Indexer.export,
}
