"""Keys of other services that a client sends along: a provider's API key among the settings of each request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from halfopen.connections.delivery.purpose import payload_of
from halfopen.connections.facts import Evidence
from halfopen.connections.messages.facts import Disclosed
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_SERVICES = (
    "anthropic", "aws", "azure", "claude", "cohere", "deepgram", "deepseek", "elevenlabs", "gemini", "groq",
    "huggingface", "mistral", "openai", "openrouter", "replicate", "serpapi", "serper", "stripe", "tavily", "twilio",
)  # fmt: skip
_KEY = re.compile(rf"^(user)?({'|'.join(_SERVICES)})(api|secret|access|auth)*(key|token)$")
_DEEPEST = 6


def service_keys_sent(program: Program, payloads: Iterable[At[tree.Expr]]) -> Iterator[Disclosed]:
    """The first such key of each send."""
    for payload in payloads:
        for key in _fields(program, payload_of(program, payload), 0):
            name = str(key.node.value)
            if _KEY.match(re.sub(r"[^a-z]", "", name.lower())):
                evidence = (Evidence(key.span, f"`{name}` is among what is sent"),)
                yield Disclosed("service-key", name, "message", payload.span, evidence)
                break


def _fields(program: Program, at: At[tree.Expr], depth: int) -> Iterator[At[tree.Literal]]:
    """The names of an object's fields, of what is spread into it, and of a state's first value."""
    if depth > _DEEPEST:
        return
    if isinstance(at.node, tree.Object):
        for entry in at.node.entries:
            if isinstance(entry.key, tree.Literal):
                yield at.to(entry.key)
            elif entry.key is None:
                yield from _fields(program, at.to(entry.value), depth + 1)
        return
    if isinstance(at.node, tree.Name):
        yield from _of_state(program, at.to(at.node), depth)
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf):
            for call in callers(program, origin.function) if not origin.steps else ():
                given = argument_of(call.node, origin.function.node, origin.parameter)
                if given is not None:
                    yield from _fields(program, call.to(given), depth + 1)
        elif isinstance(origin, At) and isinstance(origin.node, tree.Object):
            yield from _fields(program, origin, depth + 1)


def _of_state(program: Program, name: At[tree.Name], depth: int) -> Iterator[At[tree.Literal]]:
    """`const [settings] = useStoredState({ openAiApiKey: null })`."""
    for path, unit, definition in program.definitions_of(program.variable(name)):
        if isinstance(definition.value, tree.Call) and definition.steps == (0,):
            for argument in definition.value.arguments[:1]:
                if isinstance(argument.value, tree.Object):
                    yield from _fields(program, At(path, unit, argument.value), depth + 1)
