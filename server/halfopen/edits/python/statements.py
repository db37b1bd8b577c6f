"""Statements of a LibCST tree: when two are the same, and taking one out where another does its work."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

AnyTry = cst.Try | cst.TryStar
Line = cst.SimpleStatementLine | cst.BaseCompoundStatement

_LOGS = frozenset({"log", "logger", "logging", "print", "_log", "_logger", "LOG", "LOGGER"})


def key_of(statement: cst.CSTNode) -> str:
    """The same for two statements that differ only in layout and comments."""
    code = cst.Module([]).code_for_node(_bare(statement)).strip().rstrip(";").strip()
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError):
        return code


def _bare(statement: cst.CSTNode) -> cst.CSTNode:
    if isinstance(statement, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        return statement.with_changes(leading_lines=())
    return statement


@dataclass(frozen=True, slots=True)
class Cleanup:
    """The statements that release something, in order, by their keys."""

    statements: dict[str, Line]
    roots: frozenset[str]
    """The names that the statements begin with: what they release it from."""

    @classmethod
    def parse(cls, code: str) -> Cleanup | None:
        """None where `code` is not one or more statements."""
        try:
            body = cst.parse_module(code).body
        except cst.ParserSyntaxError:
            return None
        statements = {key_of(statement): statement for statement in body}
        roots = frozenset(name for statement in body if (name := _first_name(statement)) is not None)
        return cls(statements, roots) if statements else None

    def without(self, keys: Iterable[str]) -> Cleanup:
        left = {key: statement for key, statement in self.statements.items() if key not in set(keys)}
        return replace(self, statements=left)

    def of(self, statements: Iterable[cst.CSTNode]) -> list[str]:
        """The keys of those statements that belong to the cleanup."""
        return [key for statement in statements if (key := key_of(statement)) in self.statements]


def _first_name(statement: cst.CSTNode) -> str | None:
    names = names_in(statement)
    return names[0] if names else None


def names_in(node: cst.CSTNode) -> list[str]:
    """Every name in a node, attribute names too, in source order."""
    found: list[str] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, cst.Name):
            found.append(current.value)
        stack.extend(reversed(current.children))
    return found


@dataclass(frozen=True, slots=True)
class Exits:
    """Which ways out of some statements lead straight to the `finally` that is to be."""

    falls: bool
    """Running past the last of them."""
    breaks: bool = False
    returns: bool = True
    raises: bool = True


LEAVING = Exits(falls=True)
"""Every way out, but for a `break` of a loop further out, leads straight to the `finally`."""

_NOWHERE = Exits(falls=False, breaks=False, returns=False, raises=False)


@dataclass(slots=True)
class Removal:
    """Takes the statements of a cleanup out of code whose new `finally` runs them.

    A statement may go only where nothing but jumps and log lines would have run between it and the
    `finally`; `always` is for code that runs after the `finally` in any case. `failed` says that one
    had to stay.
    """

    cleanup: Cleanup
    always: bool = False
    taken: dict[str, Line] = field(default_factory=dict[str, Line])
    """The first of each taken statement, with its comments."""
    failed: bool = False

    def from_statements(self, statements: Sequence[Line], exits: Exits) -> list[Line]:
        """The statements without the cleanup."""
        kept: list[Line] = []
        pending: list[cst.EmptyLine] = []
        for index, statement in enumerate(statements):
            rest = statements[index + 1 :]
            if self.is_cleanup(statement):
                if not self.always and not self.leads_out(rest, exits):
                    self.failed = True
                pending += self.take(statement)
                continue
            following = replace(exits, falls=self.leads_out(rest, exits))
            for part in self._inside(statement, following):
                if pending:
                    part = with_leading_lines(part, pending)
                    pending = []
                kept.append(part)
        if not kept and statements:
            kept = [cst.SimpleStatementLine([cst.Pass()])]
        if pending:
            kept[-1] = with_leading_lines(kept[-1], pending)
        return kept

    def from_block(self, block: cst.BaseSuite, exits: Exits) -> cst.BaseSuite:
        if isinstance(block, cst.IndentedBlock):
            body = self.from_statements(lines(block), exits)
            return block if body == lines(block) else block.with_changes(body=body)
        keys = self.cleanup.of(block.body)
        if not keys:
            return block
        if len(block.body) > 1 or not (exits.falls or self.always):
            self.failed = True
            return block
        key = keys[0]
        self.taken.setdefault(key, self.cleanup.statements[key])
        return block.with_changes(body=[cst.Pass()])

    def from_try(self, node: AnyTry, exits: Exits) -> AnyTry:
        """A `try` without the cleanup in its parts (its `finally` is left alone)."""
        body_exits = replace(
            exits,
            falls=exits.falls and node.orelse is None,
            raises=exits.raises and not node.handlers,
        )
        handlers = [
            handler.with_changes(body=self.from_block(handler.body, exits)) for handler in node.handlers
        ]
        orelse = node.orelse
        if orelse is not None:
            orelse = orelse.with_changes(body=self.from_block(orelse.body, exits))
        body = self.from_block(node.body, body_exits)
        return node.with_changes(body=body, handlers=handlers, orelse=orelse)

    def is_cleanup(self, statement: cst.CSTNode) -> bool:
        return key_of(statement) in self.cleanup.statements

    def take(self, statement: Line) -> list[cst.EmptyLine]:
        """Note a taken statement; the comments that must stay behind, as lines of their own."""
        key = key_of(statement)
        if key not in self.taken:
            leading = [line for line in leading_lines(statement) if line.comment is not None]
            self.taken[key] = statement.with_changes(leading_lines=leading)
            return []
        comments = [line for line in leading_lines(statement) if line.comment is not None]
        if isinstance(statement, cst.SimpleStatementLine) and statement.trailing_whitespace.comment:
            comments.append(cst.EmptyLine(comment=statement.trailing_whitespace.comment))
        return comments

    def statements(self) -> dict[str, Line]:
        """What the `finally` shall hold, by key: the taken statements where there are such."""
        return {
            key: self.taken.get(key, statement.with_changes(leading_lines=()))
            for key, statement in self.cleanup.statements.items()
        }

    def _inside(self, statement: Line, exits: Exits) -> list[Line]:
        """A statement without the cleanup inside it, as the statements that take its place."""
        match statement:
            case cst.If():
                return [self._from_if(statement, exits)]
            case cst.While() | cst.For():
                inner = replace(exits, falls=False, breaks=exits.falls)
                orelse = statement.orelse
                if orelse is not None:
                    orelse = orelse.with_changes(body=self.from_block(orelse.body, exits))
                return [statement.with_changes(body=self.from_block(statement.body, inner), orelse=orelse)]
            case cst.Try() | cst.TryStar():
                return self._from_inner_try(statement, exits)
            case cst.With():
                return [statement.with_changes(body=self.from_block(statement.body, _NOWHERE))]
            case cst.Match():
                cases = [
                    case.with_changes(body=self.from_block(case.body, exits)) for case in statement.cases
                ]
                return [statement.with_changes(cases=cases)]
            case cst.SimpleStatementLine() if len(statement.body) > 1 and self.cleanup.of(statement.body):
                self.failed = True
                return [statement]
            case _:
                return [statement]

    def _from_if(self, statement: cst.If, exits: Exits) -> cst.If:
        orelse = statement.orelse
        if isinstance(orelse, cst.If):
            orelse = self._from_if(orelse, exits)
        elif orelse is not None:
            orelse = orelse.with_changes(body=self.from_block(orelse.body, exits))
        return statement.with_changes(body=self.from_block(statement.body, exits), orelse=orelse)

    def _from_inner_try(self, node: AnyTry, exits: Exits) -> list[Line]:
        final = node.finalbody
        if final is None or not isinstance(final.body, cst.IndentedBlock):
            return [self.from_try(node, exits)]
        own = replace(exits, falls=exits.falls and exits.raises)
        kept = self.from_statements(lines(final.body), own)
        emptied = len(kept) == 1 and _is_pass(kept[0]) and not _is_pass(lines(final.body)[0])
        if not emptied:
            node = self.from_try(node, _NOWHERE)
            return [node.with_changes(finalbody=final.with_changes(body=final.body.with_changes(body=kept)))]
        node = self.from_try(node, exits)
        if node.handlers:
            return [node.with_changes(finalbody=None)]
        if isinstance(node, cst.Try) and isinstance(node.body, cst.IndentedBlock) and not node.orelse:
            first, *others = lines(node.body)
            return [with_leading_lines(first, node.leading_lines), *others]
        self.failed = True
        return [node]

    def leads_out(self, rest: Sequence[Line], exits: Exits) -> bool:
        """Whether the new `finally` is all that runs after these statements, but for jumps and log lines."""
        for statement in rest:
            if self._is_quiet(statement) or self.is_cleanup(statement):
                continue
            if not isinstance(statement, cst.SimpleStatementLine):
                return False
            match statement.body[0]:
                case cst.Return(value=value):
                    plain = value is None or isinstance(value, cst.Name | cst.BaseNumber | cst.BaseString)
                    return plain and exits.returns
                case cst.Break():
                    return exits.breaks
                case cst.Raise(exc=None):
                    return exits.raises
                case _:
                    return False
        return exits.falls

    def _is_quiet(self, statement: Line) -> bool:
        """`pass`, and log lines that do not look at what the cleanup changes."""
        if _is_pass(statement):
            return True
        match statement:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=function) as call)]):
                names = names_in(function)
                arguments = (name for argument in call.args for name in names_in(argument))
                return bool(names) and names[0] in _LOGS and self.cleanup.roots.isdisjoint(arguments)
            case _:
                return False


def lines(block: cst.IndentedBlock) -> list[Line]:
    return list(block.body)  # pyright: ignore[reportReturnType] - these are LibCST's two kinds of statement


def leading_lines(statement: Line) -> Sequence[cst.EmptyLine]:
    return getattr(statement, "leading_lines", ())


def with_leading_lines(statement: Line, above: Sequence[cst.EmptyLine]) -> Line:
    """A statement with further lines of comment above those it has."""
    return statement.with_changes(leading_lines=(*above, *leading_lines(statement)))


def _is_pass(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Pass()]):
            return True
        case _:
            return False
