"""The branches of receiving code on a heartbeat's word: `if (msg.type === "ping")`, `case "pong":`, `match`."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.liveness.payloads import constant_texts, is_heartbeat_word
from halfopen.connections.messages.declared import declared_by
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, own_nodes


def heartbeat_branches(
    program: Program, function: At[tree.Function]
) -> Iterator[tuple[tuple[str, ...], At[tree.Node]]]:
    """The words and the block of each branch of a function that such a word enters."""
    program.queries.note(function.unit)
    for node in own_nodes(function):
        match node:
            case tree.If(test=test, then=then):
                words = words_of_test(program, function.to(test))
                if words:
                    yield words, function.to(then)
            case tree.Operation(operator="and", operands=operands) if isinstance(operands[-1], tree.Call):
                words = words_of_test(program, function.to(operands[0]))
                if words:
                    yield words, function.to(operands[-1])
            case tree.Case(pattern=pattern, body=body) if pattern is not None:
                words = _words_of_pattern(program, function.to(pattern))
                if words:
                    yield words, function.to(body)
            case _:
                pass


def words_of_test(program: Program, test: At[tree.Expr]) -> tuple[str, ...]:
    """The heartbeat words that a condition asks for: `x == "ping"`, `x in ("ping", "heartbeat")`, in an `and` or `or`."""
    match test.node:
        case tree.Operation(operator="and" | "or", operands=operands):
            return tuple(
                dict.fromkeys(word for each in operands for word in words_of_test(program, test.to(each)))
            )
        case tree.Operation(operator="==" | "is", operands=operands):
            return tuple(dict.fromkeys(word for each in operands for word in _words(program, test.to(each))))
        case tree.Operation(operator="in", operands=(_, tree.Sequence(items=items))):
            return tuple(dict.fromkeys(word for each in items for word in _words(program, test.to(each))))
        case tree.Call(callee=tree.Name(id="isinstance"), arguments=(_, kind)):
            kinds = kind.value.items if isinstance(kind.value, tree.Sequence) else (kind.value,)
            return tuple(word for each in kinds for word in _words_of_class(program, test.to(each)))
        case _:
            return ()


def _words(program: Program, at: At[tree.Expr]) -> tuple[str, ...]:
    """The heartbeat words that a constant or a pattern is."""
    match at.node:
        case tree.Operation(operator="|", operands=operands):
            return tuple(word for each in operands for word in _words(program, at.to(each)))
        case tree.Object(entries=entries):
            return tuple(word for each in entries for word in _words(program, at.to(each.value)))
        case tree.Literal() | tree.Member() | tree.Name():
            texts = constant_texts(program, at)
            return tuple(text.lower() for text in texts if is_heartbeat_word(text))
        case _:
            return ()


def _words_of_pattern(program: Program, at: At[tree.Expr]) -> tuple[str, ...]:
    """Those of a case's pattern, which may be a model: `case Pong():`, `case Ping() | Pong():`."""
    match at.node:
        case tree.Operation(operator="|", operands=operands):
            return tuple(word for each in operands for word in _words_of_pattern(program, at.to(each)))
        case tree.Call(callee=callee):
            return _words_of_class(program, at.to(callee))
        case _:
            return _words(program, at)


def _words_of_class(program: Program, kind: At[tree.Expr]) -> tuple[str, ...]:
    """The heartbeat words by which a model's messages are told: `class Pong(BaseModel): type: Literal["pong"]`."""
    return tuple(
        each.value.lower() for each in declared_by(program, kind).types if is_heartbeat_word(each.value)
    )
