"""Answers that remember what they read, and are forgotten when that changes.

Every derived answer (the connections of a unit, a dossier, who calls a function) is asked for through
`Queries.get`. While it is computed, what it reads is noted as *tokens*: a unit's content, a module-level
name, a word searched for across the workspace, a path whose existence mattered, or another answer.
After an edit the workspace names the tokens that changed, and every answer that rests on one of them,
directly or through other answers, is in doubt. What is not in doubt is still true. An answer in doubt is
computed again when it is next asked for, unless it rests on what changed only through a search (see
`Queries.search`) that, made again, finds what it found before: then it is still true as well. An answer that
comes out equal stays the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from halfopen.semantics.unit import Unit

T = TypeVar("T")


# Tokens are tuples: they are made at each look-up, and compared and hashed without a call. A last part that is the same
# for all of a kind keeps kinds apart.


class NameToken(NamedTuple):
    """What a module binds a name to."""

    path: str
    name: str
    kind: str = "name"


class WordToken(NamedTuple):
    """Which units contain a word."""

    word: bytes
    kind: str = "in units"


class MemberToken(NamedTuple):
    """Which units contain a word after a dot."""

    word: bytes
    kind: str = "after a dot"


class CallToken(NamedTuple):
    """Which units call a word."""

    word: bytes
    kind: str = "called"


class PresenceToken(NamedTuple):
    """Which files contain a word."""

    word: bytes
    kind: str = "in files"


class FileToken(NamedTuple):
    """Whether a path exists, and for files that are not code, what is in it."""

    path: str
    kind: str = "file"


class AnswerToken(NamedTuple):
    """Another answer."""

    key: Hashable


Token = Unit | NameToken | WordToken | MemberToken | CallToken | PresenceToken | FileToken | AnswerToken


_NONE: Any = object()
_NO_CYCLE = 1 << 30
_DEEPEST = 41
"""Answers nested deeper than any real code needs: the innermost gives up, and nothing around it is kept."""


@dataclass(frozen=True, slots=True)
class _Provisional:
    """An answer from within a cycle; `head` is the depth at which the answer that began it is computed."""

    answer: Any
    tokens: set[Token]
    head: int


@dataclass(slots=True)
class _Doubtful:
    """An answer that rests on something changed: read by itself (`directly`), or by the answers of the keys `through`."""

    answer: Any
    directly: bool
    through: list[Hashable]


class Queries:
    """A table of answers with what each rests on."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Any] = {}
        self._doubtful: dict[Hashable, _Doubtful] = {}
        self._changed: set[Hashable] = set()
        self._searches: dict[Hashable, Callable[[], object]] = {}
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
        if self._noting is not None:
            self._noting.add(AnswerToken(key))
        # The key is hashed once in the usual case: many hashes are functions of Python.
        answer = self._answers.get(key, _NONE)
        if answer is not _NONE:
            return answer
        known = self._provisional.get(key) if self._provisional else None
        if known is not None:
            self._take_over(known.tokens, known.head)
            return known.answer
        if key in self._running:
            raise RecursionError(f"the answer {key!r} rests on itself")
        if key in self._doubtful and self._confirm(key):
            return self._answers[key]
        return self._compute(key, compute)

    def search(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Like `get`, for what looks through many files for little: after an edit it is made again on its own.

        What rests on it is computed again only where it then finds something else. `compute` may use
        nothing but what the key says, since it is kept.
        """
        self._searches[key] = compute
        return self.get(key, compute)

    def _compute(self, key: Hashable, compute: Callable[[], T]) -> T:
        tokens: set[Token] = set()
        depth = self._running[key] = len(self._running)
        outer, self._noting = self._noting, tokens
        outer_head, self._cycle_head = self._cycle_head, _NO_CYCLE
        try:
            answer = compute()
        except BaseException:
            # Whoever goes on without the answer rests on why there was none.
            if outer is not None:
                outer |= tokens
            if self._cycle_head < depth:
                outer_head = min(outer_head, self._cycle_head)
            self._give_up(key)
            raise
        finally:
            head, self._cycle_head = self._cycle_head, outer_head
            self._noting = outer
            self._leave(key, depth)
        if head < depth:
            self._give_up(key)
            self._provisional[key] = _Provisional(answer, tokens, head)
            self._provisional_until.setdefault(head, []).append(key)
            self._take_over(tokens, head)
            return answer
        before = self._doubtful.pop(key, None)
        if before is not None:
            self._unregister(key)
            if before.answer == answer:
                answer = before.answer
            else:
                self._changed.add(key)
        self._answers[key] = answer
        self._tokens[key] = tokens
        for token in tokens:
            self._dependents.setdefault(token, set()).add(key)
        return answer

    def _leave(self, key: Hashable, depth: int) -> None:
        del self._running[key]
        for dropped in self._provisional_until.pop(depth, ()):
            self._provisional.pop(dropped, None)

    def _give_up(self, key: Hashable) -> None:
        """Nothing is kept for a key that had an answer: what rests on that has to be computed again."""
        if self._doubtful.pop(key, None) is not None:
            self._unregister(key)
            self._changed.add(key)

    def _unregister(self, key: Hashable) -> None:
        for token in self._tokens.pop(key):
            keys = self._dependents.get(token)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del self._dependents[token]

    def _confirm(self, key: Hashable) -> bool:
        """Whether a doubtful answer turns out to be still true, as everything it rests on came out equal."""
        doubtful = self._doubtful[key]
        if len(self._running) >= _DEEPEST:
            return False
        if doubtful.directly:
            return False
        depth = self._running[key] = len(self._running)
        try:
            true = all(self._is_unchanged(each) for each in doubtful.through)
        finally:
            self._leave(key, depth)
        if true:
            del self._doubtful[key]
            self._answers[key] = doubtful.answer
        return true

    def _is_unchanged(self, key: Hashable) -> bool:
        """Whether an answer is what it was before the last edit; searches are made again to tell."""
        if key in self._changed or key in self._running:
            return False
        if key not in self._doubtful or self._confirm(key):
            return True
        search = self._searches.get(key)
        if search is None:
            return False
        outer, self._noting = self._noting, None
        outer_head, self._cycle_head = self._cycle_head, _NO_CYCLE
        try:
            self._compute(key, search)
        except RecursionError:
            return False
        finally:
            self._noting, self._cycle_head = outer, outer_head
        return key not in self._changed

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
        """Put every answer in doubt that rests on something changed; their keys."""
        for key in self._doubtful:
            # Not asked for since the last change: nobody needs it any more.
            self._unregister(key)
            self._searches.pop(key, None)
        self._doubtful.clear()
        self._changed.clear()
        waiting: list[AnswerToken] = []
        for token in changed:
            for key in self._dependents.get(token, ()):
                if key in self._answers:
                    self._doubtful[key] = _Doubtful(self._answers.pop(key), True, [])
                    waiting.append(AnswerToken(key))
        while waiting:
            reason = waiting.pop()
            for key in self._dependents.get(reason, ()):
                known = self._doubtful.get(key)
                if known is not None:
                    known.through.append(reason.key)
                elif key in self._answers:
                    self._doubtful[key] = _Doubtful(self._answers.pop(key), False, [reason.key])
                    waiting.append(AnswerToken(key))
        return set(self._doubtful)
