"""How code that uses a library is recognised, and how its options change the library's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Literalish: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a library and the setting it replaces.

    `name` is the key, keyword, flag or method name; a dot goes into a nested object
    (`heartbeat.interval`). `sets` names the setting as `aspect.field`.
    """

    name: str
    sets: str
    kind: Literal["option", "argument", "method"] = "option"
    scale: float = 1.0
    """Multiplies a number to give the setting's unit."""
    means_off: tuple[Literalish, ...] = ()
    """Literals that mean None: no limit, never, off."""
    values: Mapping[str, Literalish] = field(default_factory=dict[str, Literalish])
    """Literals with a meaning of their own, by their JSON text: `true`, `false`, `null`, `"auto"`."""
    when_present: Literalish | tuple[()] = ()
    """The value when the option is given as anything else, such as a function. (): unknown then."""

    def read(self, literal: Literalish) -> Literalish | tuple[()]:
        """The setting's value for a literal option value; () when the table cannot tell."""
        text = _json_text(literal)
        if text in self.values:
            return self.values[text]
        if any(type(literal) is type(off) and literal == off for off in self.means_off):
            return None
        if isinstance(literal, (int, float)) and not isinstance(literal, bool):
            return literal if self.scale == 1.0 else literal * self.scale
        return literal if literal is not None else ()


def _json_text(literal: Literalish) -> str:
    match literal:
        case None:
            return "null"
        case bool():
            return "true" if literal else "false"
        case str():
            return f'"{literal}"'
        case _:
            return str(literal)


@dataclass(frozen=True, slots=True)
class Constructor:
    """How code makes a connection with a library, or a part of one.

    `export` is the imported name (`default` for a default export), with a method after a dot
    (`ClientSession.ws_connect`). Argument indices count from 0; None: there is no such argument.
    """

    module: str
    export: str
    kind: Literal["constructor", "hook", "factory", "decorator", "subclass", "method"]
    makes: Literal["client", "endpoint", "server", "channel", "store", "schema"]
    url_argument: int | None = None
    url_option: str | None = None
    url_method: str | None = None
    """The method that is given the URL, on the builder or on the client (`withUrl`, `connect`)."""
    built_by: str | None = None
    """The method that ends the chain of calls on a builder and gives the connection (`build`)."""
    handler_argument: int | None = None
    """The argument that is the endpoint's handler."""
    in_handler: bool = False
    """Is the endpoint made inside the very function that serves it?"""
    protocols_argument: int | None = None
    options_argument: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """The names by which a connection of this library is used. Events map to the library's own words."""

    send: tuple[str, ...] = ()
    receive: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    unlisten: tuple[str, ...] = ()
    reconnect: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    latest_message: tuple[str, ...] = ()
    open_events: tuple[str, ...] = ()
    message_events: tuple[str, ...] = ()
    close_events: tuple[str, ...] = ()
    error_events: tuple[str, ...] = ()
    handler_properties: tuple[str, ...] = ()
    handler_options: tuple[str, ...] = ()


NO_INTERFACE = Interface()
