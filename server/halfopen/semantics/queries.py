"""Answers that remember what they read, and are forgotten when that changes.

Every derived answer (the connections of a unit, a dossier, who calls a function) is asked for through
`Queries.get`. While it is computed, what it reads is noted as *tokens*: a unit's content, a module-level
name, a word searched for across the workspace, a path whose existence mattered, or another answer.
After an edit the workspace names the tokens that changed, and every answer that rests on one of them,
directly or through other answers, is dropped. What is not dropped is still true.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

from halfopen.semantics.unit import Unit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NameToken:
    """What a module binds a name to."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class WordToken:
    """Which units contain a word."""

    word: bytes


@dataclass(frozen=True, slots=True)
class MemberToken:
    """Which units contain a word after a dot."""

    word: bytes


@dataclass(frozen=True, slots=True)
class FileToken:
    """Whether a path exists, and for files that are not code, what is in it."""

    path: str


@dataclass(frozen=True, slots=True)
class AnswerToken:
    """Another answer."""

    key: Hashable


Token = Unit | NameToken | WordToken | MemberToken | FileToken | AnswerToken


_NO_CYCLE = 1 << 30
_DEEPEST = 40
"""Answers nested deeper than any real code needs: the innermost gives up, and nothing around it is kept."""


@dataclass(frozen=True, slots=True)
class _Provisional:
    """An answer from within a cycle; `head` is the depth at which the answer that began it is computed."""

    answer: object
    tokens: set[Token]
    head: int


class Queries:
    """A table of answers with what each rests on."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, object] = {}
        self._tokens: dict[Hashable, set[Token]] = {}
        self._dependents: dict[Token, set[Hashable]] = {}
        self._running: dict[Hashable, int] = {}
        self._noting: set[Token] | None = None
        self._cycle_head = _NO_CYCLE
        self._provisional: dict[Hashable, _Provisional] = {}
        self._provisional_until: dict[int, list[Hashable]] = {}

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The answer for `key`, computed if it is not known.

        Raises RecursionError where an answer asks for itself; `get_or` is for askers that may meet a cycle.
        """
        self.note(AnswerToken(key))
        if key in self._answers:
            return cast(T, self._answers[key])
        known = self._provisional.get(key)
        if known is not None:
            self._take_over(known.tokens, known.head)
            return cast(T, known.answer)
        if key in self._running:
            raise RecursionError(f"the answer {key!r} rests on itself")
        tokens: set[Token] = set()
        depth = self._running[key] = len(self._running)
        outer, self._noting = self._noting, tokens
        outer_head, self._cycle_head = self._cycle_head, _NO_CYCLE
        try:
            answer = compute()
        finally:
            head, self._cycle_head = self._cycle_head, outer_head
            self._noting = outer
            del self._running[key]
            for dropped in self._provisional_until.pop(depth, ()):
                self._provisional.pop(dropped, None)
        if head < depth:
            self._provisional[key] = _Provisional(answer, tokens, head)
            self._provisional_until.setdefault(head, []).append(key)
            self._take_over(tokens, head)
            return answer
        self._answers[key] = answer
        self._tokens[key] = tokens
        for token in tokens:
            self._dependents.setdefault(token, set()).add(key)
        return answer

    def knows(self, key: Hashable) -> bool:
        """Whether an answer is kept."""
        return key in self._answers

    def _take_over(self, tokens: set[Token], head: int) -> None:
        """What is being computed rests on a provisional answer, and so on all that this one rests on."""
        if self._noting is not None:
            self._noting |= tokens
        self._cycle_head = min(self._cycle_head, head)

    def note(self, token: Token) -> None:
        """The answer being computed rests on `token`."""
        if self._noting is not None:
            self._noting.add(token)

    def get_or(self, key: Hashable, compute: Callable[[], T], in_cycle: T) -> T:
        """Like `get`, but `in_cycle` where the answer is being computed just now.

        What was computed within the cycle holds only until the answer that the cycle began with is
        there: it depends on where the cycle was entered, and is not kept.
        """
        depth = self._running.get(key)
        if depth is None and len(self._running) < _DEEPEST:
            return self.get(key, compute)
        self._cycle_head = min(self._cycle_head, depth if depth is not None else 0)
        return in_cycle

    def rests_on(self, key: Hashable) -> frozenset[Token]:
        """The tokens an answer rests on, those of the answers it used included."""
        found: set[Token] = set()
        waiting: list[Hashable] = [key]
        while waiting:
            for token in self._tokens.get(waiting.pop(), ()):
                if token not in found:
                    found.add(token)
                    if isinstance(token, AnswerToken):
                        waiting.append(token.key)
        return frozenset(found)

    def forget(self, changed: Iterable[Token]) -> set[Hashable]:
        """Drop every answer that rests on something changed; the keys dropped."""
        dropped: set[Hashable] = set()
        waiting = list(changed)
        while waiting:
            for key in self._dependents.pop(waiting.pop(), ()):
                if key not in self._answers:
                    continue
                dropped.add(key)
                del self._answers[key]
                for token in self._tokens.pop(key):
                    keys = self._dependents.get(token)
                    if keys is not None:
                        keys.discard(key)
                waiting.append(AnswerToken(key))
        return dropped
