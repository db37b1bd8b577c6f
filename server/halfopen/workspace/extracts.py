"""What the text of a file gives, parsed now or kept from before: its units' layout, problem, pages and trees.

All of it depends on the bytes and the language alone, so it is kept by their hash, in a folder named by
the program's version and by a hash of the code that makes it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from halfopen import __version__
from halfopen.semantics import lower_python, lower_typescript, tree
from halfopen.semantics.scripts import MARKER, Page, pages_of_python
from halfopen.source import Language, parse, syntax_problems
from halfopen.source.parsing import parse_seconds
from halfopen.workspace.packing import Unreadable, packed, unpacked, unpacked_body
from halfopen.workspace.store import Rows, Store, folder_name

if TYPE_CHECKING:
    import tree_sitter

    from halfopen.workspace.ahead import Ahead

VARIABLE = "HALFOPEN_CACHE_DIR"
"""The environment variable that names another folder for the cache; empty, it means none."""

_NOT_CODE = frozenset({"comment", "hash_bang_line", "html_comment", ";", "\n"})

_SLICE_ROWS = 200
"""How many rows go into one transaction: a few milliseconds."""

_FEWEST_SOURCES = 20
"""Fewer source files than this, and the program was installed without them."""

Body = tuple[tree.Statement, ...]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Top(NamedTuple):
    """A top-level statement as a syntax tree has it. `position` is its place among the root's children."""

    position: int
    start_byte: int
    end_byte: int
    has_error: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """A text without its trees. `problem` is where the first stretch begins that could not be read (bytes)."""

    statements: tuple[Top, ...]
    problem: int | None
    has_error: bool
    pages: tuple[Page, ...]


class Extract:
    """What one text gives. Trees are lowered, or read from the cache, one by one as they are asked for."""

    def __init__(
        self,
        data: bytes,
        language: Language,
        key: bytes = b"",
        cache: ExtractCache | None = None,
        outline: Outline | None = None,
        parsed: tree_sitter.Tree | None = None,
    ) -> None:
        """Parses where no outline is given. Raises ParseTooSlow."""
        self._data = data
        self._language = language
        self._key = key
        self._cache = cache
        self._nodes: Sequence[tree_sitter.Node] | None = None
        self._is_kept = outline is not None
        if outline is None:
            parsed = parsed or parse(data, language)
            self._nodes = parsed.root_node.children
            outline = _outline(parsed, self._nodes, data, language)
        self.outline = outline

    def lower(self, statement: Top) -> Body:
        """The neutral tree of a statement of the outline."""
        if self._cache is not None and self._is_kept:
            kept = self._cache.body(self._key, statement.position)
            if kept is not None:
                return kept
        if self._nodes is None:
            # It was parsed within its time before; a machine busy now must not change what is found.
            seconds = 10 * parse_seconds(len(self._data))
            self._nodes = parse(self._data, self._language, seconds=seconds).root_node.children
        lower = lower_python.lower if self._language is Language.PYTHON else lower_typescript.lower
        body = lower(self._nodes[statement.position], self._data, statement.start_byte)
        if self._cache is not None:
            self._cache.lowered(self._key, statement.position, body)
        return body


def _outline(
    parsed: tree_sitter.Tree, nodes: Sequence[tree_sitter.Node], data: bytes, language: Language
) -> Outline:
    has_error = parsed.root_node.has_error
    problems = syntax_problems(parsed, most=1) if has_error else []
    pages = pages_of_python(nodes, data) if language is Language.PYTHON and MARKER in data else []
    statements = (
        Top(position, node.start_byte, node.end_byte, node.has_error)
        for position, node in enumerate(nodes)
        if node.type not in _NOT_CODE
    )
    return Outline(tuple(statements), problems[0].start if problems else None, has_error, tuple(pages))


class ExtractCache:
    """What texts gave before, on disk. Without a store every text is parsed.

    What was made anew is remembered and written only when `write` is called. Not thread-safe.
    """

    def __init__(self, store: Store | None = None, ahead: Ahead | None = None) -> None:
        self._store = store
        self._ahead = ahead
        self._early: dict[bytes, dict[int, bytes]] = {}
        self._outlines: dict[bytes, Outline] = {}
        self._bodies: dict[tuple[bytes, int], Body] = {}
        self._used: set[bytes] = set()

    def extract(self, data: bytes, language: Language) -> Extract:
        """What a text gives. Raises ParseTooSlow."""
        if self._store is None and self._ahead is None and not self._early:
            return Extract(data, language)
        key = _key(data, language)
        kept = self._kept_outline(self._store, key, len(data)) if self._store is not None else None
        if kept is None and self._ahead is not None:
            kept = self._read_early(self._ahead, key, len(data))
        extract = Extract(data, language, key, self, kept)
        if kept is None or key in self._early:
            self._outlines[key] = extract.outline
        return extract

    def read_ahead(self, files: Iterable[tuple[bytes, Language]]) -> None:
        """Texts that will be asked for: other processes may begin with them, those first that come last."""
        if self._ahead is not None:
            keyed = ((_key(data, language), data, language) for data, language in files)
            store = self._store
            self._ahead.start(each for each in keyed if store is None or store.outline(each[0]) is None)

    def finish_ahead(self) -> None:
        """Nothing more will be asked for: end the other processes."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _read_early(self, ahead: Ahead, key: bytes, size: int) -> Outline | None:
        found = ahead.take(key)
        if found is None:
            return None
        try:
            outline = _from_plain(found.outline, size)
        except Unreadable:
            return None
        self._early[key] = found.bodies
        return outline

    def body(self, key: bytes, position: int) -> Body | None:
        """The tree that is kept for a statement of a text."""
        early = self._early.get(key)
        if early is not None:
            return self._early_body(early, key, position)
        packed_body = self._store.body(key, position) if self._store is not None else None
        if self._store is None or packed_body is None:
            return None
        try:
            return unpacked_body(packed_body)
        except Unreadable:
            self._store.replace()
            return None

    def _early_body(self, early: dict[int, bytes], key: bytes, position: int) -> Body | None:
        try:
            body = unpacked_body(early.pop(position, None))
        except Unreadable:
            return None
        self.lowered(key, position, body)
        return body

    def lowered(self, key: bytes, position: int, body: Body) -> None:
        """A tree was made that may be kept."""
        if self._store is not None:
            self._bodies[key, position] = body

    def write(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        """Write what was made anew, until `interrupted`; the next call goes on from there."""
        if self._store is None:
            return
        wrote = False
        while (self._outlines or self._bodies or self._used) and not interrupted():
            outlines = _taken(self._outlines, _SLICE_ROWS)
            bodies = _taken(self._bodies, _SLICE_ROWS - len(outlines))
            used, self._used = frozenset(self._used), set()
            rows = Rows(
                {
                    key: data
                    for key, each in outlines.items()
                    if (data := packed(plain_outline(each))) is not None
                },
                {place: data for place, each in bodies.items() if (data := packed(each)) is not None},
                used,
            )
            if not self._store.write(rows):
                # Another process writes for long, or nothing can be written here at all.
                self._outlines.clear()
                self._bodies.clear()
                return
            wrote = True
        if wrote and not interrupted():
            self._store.prune()

    def close(self) -> None:
        """Let go of the file. What was not written is forgotten."""
        if self._store is not None:
            self._store.close()

    def _kept_outline(self, store: Store, key: bytes, size: int) -> Outline | None:
        found = store.outline(key)
        if found is None:
            return None
        try:
            outline = _from_plain(unpacked(found[0]), size)
        except Unreadable:
            store.replace()
            return None
        if found[1]:
            self._used.add(key)
        return outline


def _taken(source: dict[_Key, _Value], most: int) -> dict[_Key, _Value]:
    return {key: source.pop(key) for key in list(itertools.islice(source, most))}


def plain_outline(outline: Outline) -> tuple[object, ...]:
    """An outline in types that can be packed."""
    statements = tuple(tuple(each[:4]) for each in outline.statements)
    pages = tuple((page.start, page.text) for page in outline.pages)
    return statements, outline.problem, outline.has_error, pages


def _key(data: bytes, language: Language) -> bytes:
    return hashlib.blake2b(data, digest_size=20, person=language.value.encode()).digest()


def _from_plain(value: Any, size: int) -> Outline:
    """Raises Unreadable where the value is no outline of a text of `size` bytes."""
    try:
        rows, problem, has_error, page_rows = value
        statements = tuple(Top(*row) for row in rows)
        pages = tuple(Page(start, text) for start, text in page_rows)
        fits = all(0 <= each.start_byte <= each.end_byte <= size for each in statements)
    except (TypeError, ValueError) as error:
        raise Unreadable(str(error)) from error
    if not fits:
        raise Unreadable("a statement ends after the text")
    return Outline(statements, problem, has_error, pages)


def cache_of_user(wait_seconds: float, ahead: Ahead | None = None) -> ExtractCache:
    """The cache in the user's cache folder; one that keeps nothing where there is no such folder, or none is wanted.

    `wait_seconds` is how long a write may wait for another process.
    """
    folder = _folder_of_user()
    fingerprint = _fingerprint() if folder is not None else None
    if folder is None or fingerprint is None:
        return ExtractCache(ahead=ahead)
    return ExtractCache(Store(folder / folder_name(__version__, fingerprint), wait_seconds), ahead)


def _folder_of_user() -> Path | None:
    chosen = os.environ.get(VARIABLE)
    if chosen is None:
        import platformdirs

        try:
            chosen = platformdirs.user_cache_dir("halfopen", appauthor=False)
        except (OSError, RuntimeError):
            return None
    # Without a home folder "~" stays as it is: nothing is to be made in the current directory.
    return Path(chosen) if chosen and Path(chosen).is_absolute() else None


@cache
def _fingerprint() -> str | None:
    """A hash of all that what is kept depends on besides the text; None where the sources are not at hand."""
    from halfopen import semantics, source

    digest = hashlib.blake2b(digest_size=8)
    own = Path(__file__)
    try:
        files = [own, own.with_name("packing.py"), own.with_name("store.py")]
        for package in (semantics, source):
            files += sorted(Path(package.__path__[0]).rglob("*.py"))
        if len(files) < _FEWEST_SOURCES:
            return None
        for file in files:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        for name in ("tree-sitter", "tree-sitter-python", "tree-sitter-typescript"):
            digest.update(version(name).encode() + b"\0")
    except (OSError, PackageNotFoundError):
        return None
    return digest.hexdigest()
