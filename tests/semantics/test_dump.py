"""The one-line rendering of trees: the forms that no Python source has, and any depth."""

from __future__ import annotations

import pytest

from halfopen.semantics.dump import dump
from halfopen.semantics.tree import (
    Argument,
    Assign,
    Attribute,
    Block,
    Call,
    Do,
    Element,
    Entry,
    Export,
    Expr,
    Function,
    Import,
    Imported,
    Index,
    Jump,
    Literal,
    Loop,
    Member,
    Name,
    Node,
    Object,
    Operation,
    Parameter,
    Return,
    Switch,
    TypeText,
)


def name(identifier: str) -> Name:
    return Name(0, 0, identifier)


EMPTY = Block(0, 0, (), True)
FORMS: list[tuple[Node, str]] = [
    (Member(0, 0, name("a"), "b", 0, True), "(.? a b)"),
    (Index(0, 0, name("a"), name("b"), True), "([]? a b)"),
    (Call(0, 0, name("A"), (Argument(0, 0, name("b")),), is_new=True), "(new A b)"),
    (Call(0, 0, name("a"), (), optional=True, type_arguments=TypeText(0, 0, "<T>")), "(call? <<T>> a)"),
    (Assign(0, 0, (name("a"),), None, "let", annotation=TypeText(0, 0, "A | B")), "(let a :<A | B>)"),
    (Assign(0, 0, (name("a"),), Literal(0, 0, 1), operator="??"), "(??= a 1)"),
    (Object(0, 0, (Entry(0, 0, None, name("a")), Entry(0, 0, name("b"), name("c")))), "(object ...a b:c)"),
    (
        Function(0, 0, None, 0, (Parameter(0, 0, name("a")),), EMPTY, is_async=True, is_arrow=True),
        "(async arrow _ [a] {{}})",
    ),
    (
        Element(
            0,
            0,
            name("A"),
            (
                Attribute(0, 0, "b", None),
                Attribute(0, 0, "c", Literal(0, 0, "d")),
                Attribute(0, 0, None, name("e")),
            ),
            (Element(0, 0, None, (), (Literal(0, 0, "text"),)),),
        ),
        "(jsx A @b @c='d' @...e (jsx _ 'text'))",
    ),
    (
        Loop(0, 0, "count", None, None, None, Operation(0, 0, "++", (name("i"),)), EMPTY),
        "(count _ (++ i) {{}})",
    ),
    (Loop(0, 0, "while", name("a"), None, None, None, EMPTY, runs_first=True), "(do-while a {{}})"),
    (Switch(0, 0, name("a"), (), True), "(switch a)"),
    (Import(0, 0, "m", (Imported(0, 0, "default", "a"),), True), "(import-type m default=a)"),
    (Export(0, 0, (("a", "b"), ("c", "c")), "m"), "(export a=b c from m)"),
    (Export(0, 0, (("default", "default"),), None, name("a")), "(export default a)"),
    (Block(0, 0, (Do(0, 0, name("a")), Jump(0, 0, "break"), Return(0, 0, None))), "{a; (break); (return)}"),
]


@pytest.mark.parametrize(("node", "wanted"), FORMS, ids=[wanted for _, wanted in FORMS])
def test_forms(node: Node, wanted: str) -> None:
    assert dump(node) == wanted


def test_several_nodes_take_a_line_each() -> None:
    assert dump(name("a"), name("b")) == "a\nb"


def test_depth_takes_no_stack() -> None:
    node: Expr = name("a")
    for _ in range(10_000):
        node = Member(0, 0, node, "b", 0)
    assert dump(node).count("(.") == 10_000
