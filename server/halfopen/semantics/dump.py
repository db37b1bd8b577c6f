"""A tree as one line of text, for reading and for tests: s-expressions without offsets.

Expressions: `x`, `'text'`, `(. object name)`, `([] object key)`, `(call f a *b k=c)`, `(new C)`,
`(template "text" {x})`, `(list a *b)`, `(tuple)`, `(set)`, `(object 'k':v a:b ...x)`, `(+ a b)`,
`(not-in a b)`, `(? test then else)`, `(:= target value)`, `(+= target value)`, `(await x)`,
`(yield x)`, `(yield-from x)`, `(comp-list x (for target iterable (if test)))`,
`(jsx tag @name=value @bare @...x child)`, `<type text>`, `(opaque:kind x)`,
`(async method:self* name [self x:int=1 *rest] -> returns @decorator {body})`, where `:self` is the
receiver and `*` a generator, and `(class name [bases] @decorator {body})`. An optional member, key or
call has `?` after its head: `(.? a b)`.

Statements: `{a; b}` (a block; `{{a; b}}` where it is scoped), `(= target value)`, `(const x :type 1)`,
`(+= x 1)`, an expression as it is, `(return x)`, `(raise x)`, `(if test {} {})`, `(while test {})`,
`(for target iterable {} else {})`, `(count test update {})`, `(do-while test {})`,
`(try {} (except T as e {}) else {} finally {})`, `(with a as b, c {})`,
`(match subject (case pattern if guard {}) (default {}))`, `(switch ...)` where cases fall through,
`(break)`, `(del a b)`, `(import module name name=local)`, `(export local=exported from module)`,
`(global a)`, `(nonlocal a)`, `(failed a; b)`. A part that is absent but has a place is `_`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from halfopen.semantics import tree
from halfopen.semantics.tree import Node

_Parts = list[str | Node]


def dump(*nodes: Node) -> str:
    """Each node on a line of its own, whatever its depth."""
    return "\n".join(_dump(node) for node in nodes)


def _dump(root: Node) -> str:
    text: list[str] = []
    stack: list[str | Node] = [root]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            text.append(part)
        else:
            stack.extend(reversed(_FORMS[type(part)](part)))
    return "".join(text)


def _joined(items: Iterable[Node], separator: str = " ") -> _Parts:
    parts: _Parts = []
    for item in items:
        if parts:
            parts.append(separator)
        parts.append(item)
    return parts


def _form(head: str, *items: str | Node | tuple[Node, ...] | None) -> _Parts:
    """`(head item item)`; an item that is None is left out, one that is a tuple is spread."""
    parts: _Parts = ["(", head]
    for item in items:
        if isinstance(item, tuple):
            for each in item:
                parts += (" ", each)
        elif item is not None:
            parts += (" ", item)
    parts.append(")")
    return parts


def _labelled(label: str, item: Node | None) -> _Parts:
    return [] if item is None else [label, item]


def _call(call: tree.Call) -> _Parts:
    head = ("new" if call.is_new else "call") + "?" * call.optional
    return _form(head, call.type_arguments, call.callee, call.arguments)


def _argument(argument: tree.Argument) -> _Parts:
    return [f"{argument.name}=" if argument.name else argument.spread, argument.value]


def _template(template: tree.Template) -> _Parts:
    parts: _Parts = ["(template"]
    for part in template.parts:
        if isinstance(part, str):
            parts += (" ", json.dumps(part, ensure_ascii=False))
        else:
            parts += (" {", part, "}")
    return [*parts, ")"]


def _entry(entry: tree.Entry) -> _Parts:
    return ["...", entry.value] if entry.key is None else [entry.key, ":", entry.value]


def _clause(clause: tree.Clause) -> _Parts:
    parts = _form("async-for" if clause.is_async else "for", clause.target, clause.iterable)
    for condition in clause.conditions:
        parts[-1:] = [" (if ", condition, ")", ")"]
    return parts


def _attribute(attribute: tree.Attribute) -> _Parts:
    if attribute.name is None:
        return ["@...", *_joined([attribute.value] if attribute.value else [])]
    return [f"@{attribute.name}", *_labelled("=", attribute.value)]


def _parameter(parameter: tree.Parameter) -> _Parts:
    inner: _Parts = [
        {"rest": "*", "keyword_rest": "**"}.get(parameter.kind, ""),
        parameter.target,
        *_labelled(":", parameter.annotation),
        *_labelled("=", parameter.default),
    ]
    return [f"({parameter.kind} ", *inner, ")"] if parameter.kind in ("positional", "keyword") else inner


def _decorators(decorators: Sequence[Node]) -> _Parts:
    return [part for decorator in decorators for part in (" @", decorator)]


def _function(function: tree.Function) -> _Parts:
    head = "async " * function.is_async
    if function.is_arrow:
        head += "arrow" if function.kind == "function" else f"arrow-{function.kind}"
    else:
        head += function.kind
    head += f":{function.receiver}" if function.receiver else ""
    head += "*" * function.is_generator
    return [
        f"({head} {function.name or '_'} [",
        *_joined(function.parameters),
        "]",
        *_labelled(" -> ", function.returns),
        *_decorators(function.decorators),
        " ",
        function.body,
        ")",
    ]


def _class(definition: tree.Class) -> _Parts:
    bases = _joined(definition.bases)
    return [
        f"(class {definition.name or '_'} [",
        *bases,
        "]",
        *_decorators(definition.decorators),
        " ",
        definition.body,
        ")",
    ]


def _block(block: tree.Block) -> _Parts:
    opening, closing = ("{{", "}}") if block.scoped else ("{", "}")
    return [opening, *_joined(block.statements, "; "), closing]


def _assign(assign: tree.Assign) -> _Parts:
    head = f"{assign.operator}=" if assign.operator or not assign.declares else assign.declares
    parts = _form(head, assign.targets)
    parts[-1:] = [*_labelled(" :", assign.annotation), *_labelled(" ", assign.value), ")"]
    return parts


def _loop(loop: tree.Loop) -> _Parts:
    head = "async-for" if loop.is_async else "do-while" if loop.runs_first else loop.kind
    parts: _Parts
    if loop.kind == "for":
        parts = _form(head, loop.target or "_", loop.iterable or "_", loop.body)
    elif loop.kind == "count":
        parts = _form(head, loop.test or "_", loop.update or "_", loop.body)
    else:
        parts = _form(head, loop.test or "_", loop.body)
    parts[-1:] = [*_labelled(" else ", loop.otherwise), ")"]
    return parts


def _handler(handler: tree.Handler) -> _Parts:
    parts = _form("except", handler.types)
    parts[-1:] = [*_labelled(" as ", handler.target), " ", handler.body, ")"]
    return parts


def _try(statement: tree.Try) -> _Parts:
    parts = _form("try", statement.body, statement.handlers)
    parts[-1:] = [
        *_labelled(" else ", statement.otherwise),
        *_labelled(" finally ", statement.final),
        ")",
    ]
    return parts


def _with(statement: tree.With) -> _Parts:
    head = "async-with" if statement.is_async else "with"
    return [f"({head} ", *_joined(statement.items, ", "), " ", statement.body, ")"]


def _case(case: tree.Case) -> _Parts:
    head: _Parts = ["(default"] if case.pattern is None else ["(case ", case.pattern]
    return [*head, *_labelled(" if ", case.guard), " ", case.body, ")"]


def _import(statement: tree.Import) -> _Parts:
    head = "import-type" if statement.type_only else "import"
    return _form(head, statement.module or "_", statement.names)


def _renamed(name: str, other: str) -> str:
    return name if name == other else f"{name}={other}"


def _export(statement: tree.Export) -> _Parts:
    words = ["export", *(_renamed(local, exported) for local, exported in statement.names)]
    if statement.module is not None:
        words += ("from", statement.module)
    return _form(" ".join(words), statement.value)


_FORMS: dict[type, Callable[[Any], _Parts]] = {
    tree.Name: lambda n: [n.id],
    tree.Member: lambda n: _form("." + "?" * n.optional, n.object, n.name),
    tree.Index: lambda n: _form("[]" + "?" * n.optional, n.object, n.key),
    tree.Argument: _argument,
    tree.Call: _call,
    tree.Literal: lambda n: [repr(n.value)],
    tree.Template: _template,
    tree.Entry: _entry,
    tree.Object: lambda n: _form("object", n.entries),
    tree.Sequence: lambda n: _form(n.kind, n.items),
    tree.Spread: lambda n: ["*", n.value],
    tree.Operation: lambda n: _form(n.operator.replace(" ", "-"), n.operands),
    tree.Conditional: lambda n: _form("?", n.test, n.then, n.otherwise),
    tree.AssignExpr: lambda n: _form((n.operator or ":") + "=", n.target, n.value),
    tree.Await: lambda n: _form("await", n.value),
    tree.Yield: lambda n: _form("yield-from" if n.is_from else "yield", n.value),
    tree.Clause: _clause,
    tree.Comprehension: lambda n: _form(f"comp-{n.kind}", n.element, n.clauses),
    tree.Attribute: _attribute,
    tree.Element: lambda n: _form("jsx", n.tag or "_", n.attributes, n.children),
    tree.TypeText: lambda n: [f"<{n.text}>"],
    tree.Parameter: _parameter,
    tree.Function: _function,
    tree.Class: _class,
    tree.Opaque: lambda n: _form(f"opaque:{n.kind.replace(' ', '-')}", n.children),
    tree.Block: _block,
    tree.Assign: _assign,
    tree.Do: lambda n: [n.value],
    tree.Return: lambda n: _form("return", n.value),
    tree.Raise: lambda n: _form("raise", n.value),
    tree.If: lambda n: _form("if", n.test, n.then, n.otherwise),
    tree.Loop: _loop,
    tree.Handler: _handler,
    tree.Try: _try,
    tree.Item: lambda n: [n.context, *_labelled(" as ", n.target)],
    tree.With: _with,
    tree.Case: _case,
    tree.Switch: lambda n: _form("switch" if n.falls_through else "match", n.subject, n.cases),
    tree.Jump: lambda n: _form(n.kind),
    tree.Delete: lambda n: _form("del", n.targets),
    tree.Imported: lambda n: [_renamed(n.name, n.local)],
    tree.Import: _import,
    tree.Export: _export,
    tree.Outer: lambda n: _form(" ".join(("global" if n.is_global else "nonlocal", *n.names))),
    tree.Failed: lambda n: ["(failed ", *_joined(n.statements, "; "), ")"],
}
