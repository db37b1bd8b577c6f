"""The lowering of Python agrees with the interpreter's own parser.

CPython's `ast` is turned into the same neutral tree by an independent, far simpler route, and the two
are compared as dumps. Offsets are not compared here.
"""

from __future__ import annotations

import ast
import random
import sysconfig
import warnings
from pathlib import Path

import pytest
import tree_sitter_python
from tree_sitter import Language, Parser

from halfopen.semantics import tree
from halfopen.semantics.dump import dump
from halfopen.semantics.lower_python import lower

PARSER = Parser(Language(tree_sitter_python.language()))

# --- the oracle --------------------------------------------------------------------------------

BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
UNARY = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
COMPREHENSION = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.DictComp: "dict",
    ast.GeneratorExp: "generator",
}
ASSOCIATIVE = {"+", "*", "&", "|", "^"}
METHODS = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "getter",
    "cached_property": "getter",
    "abstractproperty": "getter",
    "setter": "setter",
}
SPECIAL = {
    "__init__": "constructor",
    "__new__": "class",
    "__init_subclass__": "class",
    "__class_getitem__": "class",
}


class Oracle:
    def __init__(self, source: str) -> None:
        self.lines = source.encode().splitlines()

    def expr(self, node: ast.expr | None) -> tree.Expr:
        assert node is not None
        return getattr(self, f"expr_{type(node).__name__.lower()}")(node)

    def optional(self, node: ast.expr | None) -> tree.Expr | None:
        return None if node is None else self.expr(node)

    def exprs(self, nodes: list[ast.expr]) -> tuple[tree.Expr, ...]:
        return tuple(self.expr(node) for node in nodes)

    def expr_name(self, node: ast.Name) -> tree.Expr:
        return tree.Name(0, 0, node.id)

    def expr_constant(self, node: ast.Constant) -> tree.Expr:
        if node.value is ...:
            return tree.Opaque(0, 0, "ellipsis")
        if isinstance(node.value, complex):
            return tree.Opaque(0, 0, "complex")
        return tree.Literal(0, 0, node.value)

    def expr_attribute(self, node: ast.Attribute) -> tree.Expr:
        return tree.Member(0, 0, self.expr(node.value), node.attr, 0)

    def expr_subscript(self, node: ast.Subscript) -> tree.Expr:
        return tree.Index(0, 0, self.expr(node.value), self.expr(node.slice))

    def expr_slice(self, node: ast.Slice) -> tree.Expr:
        parts = [part for part in (node.lower, node.upper, node.step) if part is not None]
        return tree.Opaque(0, 0, "slice", self.exprs(parts))

    def expr_starred(self, node: ast.Starred) -> tree.Expr:
        return tree.Spread(0, 0, self.expr(node.value))

    def expr_call(self, node: ast.Call) -> tree.Expr:
        found: list[tuple[tuple[int, int], tree.Argument]] = []
        for given in node.args:
            at = (given.lineno, given.col_offset)
            if isinstance(given, ast.Starred):
                found.append((at, tree.Argument(0, 0, self.expr(given.value), None, "*")))
            else:
                found.append((at, tree.Argument(0, 0, self.expr(given))))
        for keyword in node.keywords:
            at = (keyword.lineno, keyword.col_offset)
            spread = "" if keyword.arg else "**"
            found.append((at, tree.Argument(0, 0, self.expr(keyword.value), keyword.arg, spread)))
        found.sort(key=lambda each: each[0])
        return tree.Call(0, 0, self.expr(node.func), tuple(argument for _, argument in found))

    def expr_binop(self, node: ast.BinOp) -> tree.Expr:
        operator = BINARY[type(node.op)]
        left, right = self.expr(node.left), self.expr(node.right)
        same_start = (node.left.lineno, node.left.col_offset) == (node.lineno, node.col_offset)
        if (
            operator in ASSOCIATIVE
            and same_start
            and isinstance(left, tree.Operation)
            and isinstance(node.left, ast.BinOp)
            and left.operator == operator
        ):
            return tree.Operation(0, 0, operator, (*left.operands, right))
        return tree.Operation(0, 0, operator, (left, right))

    def expr_boolop(self, node: ast.BoolOp) -> tree.Expr:
        operator = "and" if isinstance(node.op, ast.And) else "or"
        return tree.Operation(0, 0, operator, self.exprs(node.values))

    def expr_unaryop(self, node: ast.UnaryOp) -> tree.Expr:
        return tree.Operation(0, 0, UNARY[type(node.op)], (self.expr(node.operand),))

    def expr_compare(self, node: ast.Compare) -> tree.Expr:
        operators = [COMPARE[type(operator)] for operator in node.ops]
        values = [self.expr(node.left), *self.exprs(node.comparators)]
        if len(operators) == 1:
            return tree.Operation(0, 0, operators[0], tuple(values))
        pairs = [tree.Operation(0, 0, operators[0], (values[0], values[1]))]
        for operator, middle, right in zip(operators[1:], values[1:], values[2:], strict=False):
            inner = middle
            while isinstance(inner, tree.Member):
                inner = inner.object
            is_plain = isinstance(inner, tree.Name | tree.Literal)
            left = middle if is_plain else tree.Opaque(0, 0, "repeated")
            pairs.append(tree.Operation(0, 0, operator, (left, right)))
        return tree.Operation(0, 0, "and", tuple(pairs))

    def expr_ifexp(self, node: ast.IfExp) -> tree.Expr:
        return tree.Conditional(0, 0, self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    def expr_namedexpr(self, node: ast.NamedExpr) -> tree.Expr:
        return tree.AssignExpr(0, 0, self.expr(node.target), self.expr(node.value))

    def expr_await(self, node: ast.Await) -> tree.Expr:
        return tree.Await(0, 0, self.expr(node.value))

    def expr_yield(self, node: ast.Yield) -> tree.Expr:
        return tree.Yield(0, 0, self.optional(node.value))

    def expr_yieldfrom(self, node: ast.YieldFrom) -> tree.Expr:
        return tree.Yield(0, 0, self.expr(node.value), True)

    def expr_list(self, node: ast.List) -> tree.Expr:
        return tree.Sequence(0, 0, self.exprs(node.elts))

    def expr_tuple(self, node: ast.Tuple) -> tree.Expr:
        return tree.Sequence(0, 0, self.exprs(node.elts), "tuple")

    def expr_set(self, node: ast.Set) -> tree.Expr:
        return tree.Sequence(0, 0, self.exprs(node.elts), "set")

    def expr_dict(self, node: ast.Dict) -> tree.Expr:
        pairs = zip(node.keys, node.values, strict=True)
        entries = tuple(tree.Entry(0, 0, self.optional(key), self.expr(value)) for key, value in pairs)
        return tree.Object(0, 0, entries)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> tree.Expr:
        if isinstance(node, ast.DictComp):
            element: tree.Expr = tree.Sequence(0, 0, (self.expr(node.key), self.expr(node.value)), "tuple")
        else:
            element = self.expr(node.elt)
        clauses = tuple(
            tree.Clause(
                0, 0, self.expr(each.target), self.expr(each.iter), self.exprs(each.ifs), bool(each.is_async)
            )
            for each in node.generators
        )
        return tree.Comprehension(0, 0, element, clauses, COMPREHENSION[type(node)])

    expr_listcomp = expr_setcomp = expr_generatorexp = expr_dictcomp = comprehension

    def expr_joinedstr(self, node: ast.JoinedStr) -> tree.Expr:
        parts: list[str | tree.Expr] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                inner = self.expr(value.value)
                nested = [
                    self.expr(each.value)
                    for each in (value.format_spec.values if value.format_spec else ())
                    if isinstance(each, ast.FormattedValue)
                ]
                parts.append(tree.Opaque(0, 0, "format", (inner, *nested)) if nested else inner)
            elif isinstance(value, ast.Constant):
                if parts and isinstance(parts[-1], str):
                    parts[-1] += value.value
                else:
                    parts.append(value.value)
        if all(isinstance(part, str) for part in parts):
            return tree.Literal(0, 0, "".join(part for part in parts if isinstance(part, str)))
        return tree.Template(0, 0, tuple(parts))

    def expr_lambda(self, node: ast.Lambda) -> tree.Expr:
        value = self.expr(node.body)
        body = tree.Block(0, 0, (tree.Return(0, 0, value),))
        return tree.Function(0, 0, None, 0, self.parameters(node.args), body, False, has_yield([node.body]))

    def parameters(self, given: ast.arguments) -> tuple[tree.Parameter, ...]:
        def one(arg: ast.arg, kind: str, default: ast.expr | None = None) -> tree.Parameter:
            annotation = self.optional(arg.annotation)
            return tree.Parameter(0, 0, tree.Name(0, 0, arg.arg), self.optional(default), annotation, kind)  # pyright: ignore

        plain = [*given.posonlyargs, *given.args]
        missing = len(plain) - len(given.defaults)
        defaults = [None] * missing + list(given.defaults)
        found = [
            one(arg, "positional" if position < len(given.posonlyargs) else "normal", default)
            for position, (arg, default) in enumerate(zip(plain, defaults, strict=True))
        ]
        if given.vararg:
            found.append(one(given.vararg, "rest"))
        keywords = zip(given.kwonlyargs, given.kw_defaults, strict=True)
        found += [one(arg, "keyword", default) for arg, default in keywords]
        if given.kwarg:
            found.append(one(given.kwarg, "keyword_rest"))
        return tuple(found)

    # -- statements --

    def block(self, body: list[ast.stmt], in_class: bool = False) -> tree.Block:
        found: list[tree.Statement] = []
        for node in body:
            found += self.stmt(node, in_class)
        return tree.Block(0, 0, tuple(found))

    def optional_block(self, body: list[ast.stmt], in_class: bool) -> tree.Block | None:
        return self.block(body, in_class) if body else None

    def stmt(self, node: ast.stmt, in_class: bool = False) -> list[tree.Statement]:
        match node:
            case ast.Pass():
                return []
            case ast.Expr(value=value):
                return [tree.Do(0, 0, self.expr(value))]
            case ast.Assign(targets=targets, value=value):
                return [tree.Assign(0, 0, self.exprs(targets), self.expr(value))]
            case ast.AugAssign(target=target, op=op, value=value):
                return [tree.Assign(0, 0, (self.expr(target),), self.expr(value), operator=BINARY[type(op)])]
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                return [
                    tree.Assign(
                        0,
                        0,
                        (self.expr(target),),
                        self.optional(value),
                        annotation=self.expr(annotation),
                    )
                ]
            case ast.Return(value=value):
                return [tree.Return(0, 0, self.optional(value))]
            case ast.Raise(exc=value):
                return [tree.Raise(0, 0, self.optional(value))]
            case ast.Assert(test=test, msg=message):
                given = () if message is None else (tree.Argument(0, 0, self.expr(message)),)
                error = tree.Call(0, 0, tree.Name(0, 0, "AssertionError"), given)
                negated = tree.Operation(0, 0, "not", (self.expr(test),))
                return [tree.If(0, 0, negated, tree.Block(0, 0, (tree.Raise(0, 0, error),)), None)]
            case ast.Delete(targets=targets):
                flat: list[ast.expr] = []
                pending = targets[::-1]
                while pending:
                    target = pending.pop()
                    if isinstance(target, ast.Tuple | ast.List):
                        pending += target.elts[::-1]
                    else:
                        flat.append(target)
                return [tree.Delete(0, 0, self.exprs(flat))]
            case ast.Break():
                return [tree.Jump(0, 0, "break")]
            case ast.Continue():
                return [tree.Jump(0, 0, "continue")]
            case ast.Global(names=names):
                return [tree.Outer(0, 0, tuple(names), True)]
            case ast.Nonlocal(names=names):
                return [tree.Outer(0, 0, tuple(names), False)]
            case ast.Import(names=names):
                return [self.module_import(name) for name in names]
            case ast.ImportFrom(module=module, names=names, level=level):
                imported = tuple(tree.Imported(0, 0, name.name, name.asname or name.name) for name in names)
                return [tree.Import(0, 0, "." * level + (module or ""), imported)]
            case ast.If(test=test, body=body, orelse=orelse):
                then, otherwise = self.block(body, in_class), self.optional_block(orelse, in_class)
                return [tree.If(0, 0, self.expr(test), then, otherwise)]
            case ast.While(test=test, body=body, orelse=orelse):
                then, otherwise = self.block(body, in_class), self.optional_block(orelse, in_class)
                return [tree.Loop(0, 0, "while", self.expr(test), None, None, None, then, otherwise)]
            case ast.For() | ast.AsyncFor():
                return [
                    tree.Loop(
                        0,
                        0,
                        "for",
                        None,
                        self.expr(node.target),
                        self.expr(node.iter),
                        None,
                        self.block(node.body, in_class),
                        self.optional_block(node.orelse, in_class),
                        isinstance(node, ast.AsyncFor),
                    )
                ]
            case ast.Try() | ast.TryStar():
                return [
                    tree.Try(
                        0,
                        0,
                        self.block(node.body, in_class),
                        tuple(self.handler(handler, in_class) for handler in node.handlers),
                        self.optional_block(node.orelse, in_class),
                        self.optional_block(node.finalbody, in_class),
                    )
                ]
            case ast.With() | ast.AsyncWith():
                items = tuple(
                    tree.Item(0, 0, self.expr(item.context_expr), self.optional(item.optional_vars))
                    for item in node.items
                )
                body = self.block(node.body, in_class)
                return [tree.With(0, 0, items, body, isinstance(node, ast.AsyncWith))]
            case ast.Match(subject=subject, cases=cases):
                found = tuple(
                    tree.Case(
                        0,
                        0,
                        self.case_pattern(case.pattern),
                        self.optional(case.guard),
                        self.block(case.body, in_class),
                    )
                    for case in cases
                )
                return [tree.Switch(0, 0, self.expr(subject), found, False)]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return [self.function(node, in_class)]
            case ast.ClassDef():
                name = tree.Name(0, 0, node.name)
                value = tree.Class(
                    0,
                    0,
                    node.name,
                    0,
                    self.exprs(node.bases),
                    self.block(node.body, True),
                    self.exprs(node.decorator_list),
                )
                return [tree.Assign(0, 0, (name,), value, "class")]
            case _:
                raise AssertionError(type(node))

    def module_import(self, name: ast.alias) -> tree.Statement:
        package = name.name.partition(".")[0]
        if name.asname:
            return tree.Import(0, 0, name.name, (tree.Imported(0, 0, "*", name.asname),))
        return tree.Import(0, 0, package, (tree.Imported(0, 0, "*", package),))

    def handler(self, node: ast.ExceptHandler, in_class: bool) -> tree.Handler:
        types: tuple[tree.Expr, ...] = ()
        if isinstance(node.type, ast.Tuple | ast.List):
            types = self.exprs(node.type.elts)
        elif node.type is not None:
            types = (self.expr(node.type),)
        target = tree.Name(0, 0, node.name) if node.name else None
        return tree.Handler(0, 0, types, target, self.block(node.body, in_class))

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool) -> tree.Statement:
        kind = "function"
        receiver = None
        if in_class:
            names = [getattr(each, "attr", getattr(each, "id", "")) for each in node.decorator_list]
            decorated = [METHODS[name] for name in names if name in METHODS]
            kind = decorated[0] if decorated else SPECIAL.get(node.name, "method")
            plain = [*node.args.posonlyargs, *node.args.args]
            receiver = plain[0].arg if plain and kind != "static" else None
        value = tree.Function(
            0,
            0,
            node.name,
            0,
            self.parameters(node.args),
            self.block(node.body),
            isinstance(node, ast.AsyncFunctionDef),
            has_yield(node.body),
            False,
            kind,  # pyright: ignore
            receiver,
            self.exprs(node.decorator_list),
            self.optional(node.returns),
        )
        return tree.Assign(0, 0, (tree.Name(0, 0, node.name),), value, "function")

    # -- patterns --

    def case_pattern(self, node: ast.pattern) -> tree.Expr | None:
        is_default = isinstance(node, ast.MatchAs) and node.pattern is None and node.name is None
        return None if is_default else self.pattern(node)

    def pattern(self, node: ast.pattern) -> tree.Expr:
        match node:
            case ast.MatchValue(value=ast.UnaryOp(operand=ast.Constant(value=int() | float() as value))):
                return tree.Literal(0, 0, -value)
            case ast.MatchValue(value=ast.BinOp() | ast.UnaryOp()):
                return tree.Opaque(0, 0, "complex")
            case ast.MatchValue(value=value):
                return self.expr(value)
            case ast.MatchSingleton(value=value):
                return tree.Literal(0, 0, value)
            case ast.MatchSequence(patterns=patterns):
                is_list = self.lines[node.lineno - 1][node.col_offset : node.col_offset + 1] == b"["
                # `[a], b` begins with a bracket and is a tuple all the same.
                is_list = is_list and not (
                    patterns
                    and (patterns[0].lineno, patterns[0].col_offset) == (node.lineno, node.col_offset)
                )
                return tree.Sequence(
                    0, 0, tuple(self.pattern(each) for each in patterns), "list" if is_list else "tuple"
                )
            case ast.MatchStar(name=name):
                return tree.Spread(0, 0, self.capture(name))
            case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
                entries = [
                    tree.Entry(0, 0, self.pattern(ast.MatchValue(key)), self.pattern(value))
                    for key, value in zip(keys, patterns, strict=True)
                ]
                if rest:
                    entries.append(tree.Entry(0, 0, None, tree.Name(0, 0, rest)))
                return tree.Object(0, 0, tuple(entries))
            case ast.MatchClass(cls=cls, patterns=patterns, kwd_attrs=names, kwd_patterns=values):
                arguments = [tree.Argument(0, 0, self.pattern(each)) for each in patterns]
                arguments += [
                    tree.Argument(0, 0, self.pattern(value), name)
                    for name, value in zip(names, values, strict=True)
                ]
                return tree.Call(0, 0, self.expr(cls), tuple(arguments))
            case ast.MatchAs(pattern=None, name=name):
                return self.capture(name)
            case ast.MatchAs(pattern=inner, name=name):
                assert inner is not None
                return tree.AssignExpr(0, 0, self.capture(name), self.pattern(inner))
            case ast.MatchOr(patterns=patterns):
                return tree.Operation(0, 0, "|", tuple(self.pattern(each) for each in patterns))
            case _:
                raise AssertionError(type(node))

    def capture(self, name: str | None) -> tree.Expr:
        return tree.Opaque(0, 0, "wildcard") if name is None else tree.Name(0, 0, name)


def has_yield(body: list[ast.stmt] | list[ast.expr]) -> bool:
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case ast.Yield() | ast.YieldFrom():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                outside = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
                pending += [each for each in outside if each is not None]
            case ast.Lambda(args=args):
                pending += [each for each in (*args.defaults, *args.kw_defaults) if each is not None]
            case _:
                pending += ast.iter_child_nodes(node)
    return False


# --- the comparison ----------------------------------------------------------------------------


def expected(source: str) -> list[str]:
    oracle = Oracle(source)
    return [dump(statement) for node in ast.parse(source).body for statement in oracle.stmt(node)]


def lowered(source: str) -> list[str]:
    data = source.encode()
    return [
        dump(statement)
        for node in PARSER.parse(data).root_node.children
        for statement in lower(node, data, node.start_byte)
    ]


def standard_library(count: int) -> list[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(
        path
        for path in root.rglob("*.py")
        if "site-packages" not in path.parts and "lib2to3" not in path.parts
    )
    return random.Random(count).sample(files, count)


@pytest.mark.parametrize("path", standard_library(60), ids=lambda path: path.name)
def test_standard_library_means_what_the_interpreter_says(path: Path) -> None:
    data = path.read_bytes()
    try:
        source = data.decode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = expected(source)
    except (SyntaxError, UnicodeDecodeError):
        pytest.skip("not Python of this interpreter's version, or not UTF-8")
    if PARSER.parse(data).root_node.has_error:
        pytest.skip("beyond the grammar")
    assert lowered(source) == wanted
