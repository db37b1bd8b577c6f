"""`add_module`: where the module goes, what it is imported as, and how it is written."""

from __future__ import annotations

import pytest

from halfopen.edits.changes import apply
from halfopen.edits.typescript import NewModule, add_module
from halfopen.source import SourceText

SOURCE = """\
// Waits.

/** What may be set. */
export interface Options {
  max?: number;
}

/** The wait. */
export function wait<T>(attempt: number, options?: Options): number {
  const max = options?.max ?? 30000;
  return Math.min(max, attempt as number);
}

export class Waits {
  private readonly kind: string = 'full';
}
"""


def added(files: dict[str, str], importer: str) -> NewModule | None:
    texts = {path: SourceText(text.encode()) for path, text in files.items()}
    return add_module(texts.get, importer, "waits", SOURCE)


PLACES = [
    ("src/a.ts", "export {};", "src/waits.ts", "./waits"),
    ("src/a.tsx", "const a = 1;", "src/waits.ts", "./waits"),
    ("src/a.ts", "import { b } from './b.js';", "src/waits.ts", "./waits.js"),
    ("src/a.ts", "import { b } from './b.ts';", "src/waits.ts", "./waits.ts"),
    ("a.jsx", "import b from './b';", "waits.js", "./waits"),
    ("a.js", "import b from 'b';", "waits.js", "./waits.js"),
    ("a.mjs", "const b = 1;", "waits.mjs", "./waits.mjs"),
]


@pytest.mark.parametrize(("importer", "text", "path", "specifier"), PLACES)
def test_it_stands_beside_the_file_and_is_imported_as_others_are(
    importer: str, text: str, path: str, specifier: str
) -> None:
    module = added({importer: text}, importer)
    assert module is not None
    assert (module.path, module.specifier) == (path, specifier)
    assert module.changes


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("a.js", "const b = require('b');"),
        ("a.ts", "const b = require('b');"),
        ("page.html", "<script>1</script>"),
    ],
)
def test_a_file_that_cannot_import_gets_none(importer: str, text: str) -> None:
    assert added({importer: text}, importer) is None


def test_it_is_written_in_the_style_of_the_file() -> None:
    module = added({"a.ts": 'import b from "b"\r\nfunction f() {\r\n\treturn b\r\n}\r\n'}, "a.ts")
    assert module is not None
    written = apply(b"", module.changes).decode()
    assert "\r\n\tconst max = options?.max ?? 30000\r\n\treturn " in written
    assert '"full"' in written


def test_javascript_gets_no_types() -> None:
    module = added({"a.js": "import b from './b';\n"}, "a.js")
    assert module is not None
    assert apply(b"", module.changes).decode() == (
        "// Waits.\n\n/** The wait. */\nexport function wait(attempt, options) {\n"
        "  const max = options?.max ?? 30000;\n  return Math.min(max, attempt);\n}\n\n"
        "export class Waits {\n  kind = 'full';\n}\n"
    )


def test_the_same_module_is_used_again_and_another_is_left_alone() -> None:
    files = {"a.ts": "export {};"}
    first = added(files, "a.ts")
    assert first is not None
    written = apply(b"", first.changes).decode()
    again = added(files | {"waits.ts": written}, "a.ts")
    assert again == NewModule("waits.ts", "./waits", ())
    other = added(files | {"waits.ts": "export const other = 1;"}, "a.ts")
    assert other is not None
    assert (other.path, other.specifier) == ("waits2.ts", "./waits2")
