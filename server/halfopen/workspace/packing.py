"""Neutral trees as bytes, and back.

Bytes from a cache may have been written by anyone, so they are unpickled with nothing at hand but the
tree's own classes: no other name in them is looked up, and nothing but a node is ever made.
"""

from __future__ import annotations

import dataclasses
import io
import operator
import pickle
import zlib
from collections.abc import Callable
from typing import Any, cast, get_args

from halfopen.semantics import tree

_CHECK_BYTES = 4


class Unreadable(Exception):  # noqa: N818 - it reads as what happened
    """Bytes that are not what was packed."""


def packed(value: object) -> bytes | None:
    """Nodes, numbers, texts and tuples of them as bytes; None where they are nested too deep for that."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, 5)
    pickler.dispatch_table = _REDUCERS
    try:
        pickler.dump(value)
    except RecursionError:
        return None
    data = buffer.getvalue()
    return zlib.crc32(data).to_bytes(_CHECK_BYTES, "big") + data


def unpacked(data: object) -> Any:
    """What was packed. Raises Unreadable."""
    if not isinstance(data, bytes):
        raise Unreadable("no bytes at all")
    content = data[_CHECK_BYTES:]
    if zlib.crc32(content).to_bytes(_CHECK_BYTES, "big") != data[:_CHECK_BYTES]:
        raise Unreadable("the bytes are not those that were written")
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except Exception as error:  # a pickle in disorder raises nearly anything
        raise Unreadable(str(error)) from error


def unpacked_body(data: object) -> tuple[tree.Statement, ...]:
    """The statements that were packed. Raises Unreadable."""
    body = unpacked(data)
    if not isinstance(body, tuple):
        raise Unreadable("no statements")
    statements = cast(tuple[Any, ...], body)
    if not all(isinstance(each, _STATEMENTS) for each in statements):
        raise Unreadable("not only statements")
    return statements


_STATEMENTS = get_args(tree.Statement)

_CLASSES = {
    (each.__module__, name): each
    for name, each in vars(tree).items()
    if isinstance(each, type) and dataclasses.is_dataclass(each)
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        found = _CLASSES.get((module_name, global_name))
        if found is None:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is no node of a tree")
        return found


def _reducer(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    # As a call with the fields in order: half the bytes and the time of pickle's own way for slots.
    fields = operator.attrgetter(*(field.name for field in dataclasses.fields(kind)))
    return lambda node: (kind, fields(node))


_REDUCERS = {each: _reducer(each) for each in _CLASSES.values()}
