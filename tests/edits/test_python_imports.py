"""`add_import`: where a new import goes, and when none is needed."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfopen.edits.changes import apply
from halfopen.edits.python import add_import


def added(code: str, module: str, name: str | None = None) -> str:
    text = code.encode()
    return apply(text, add_import(text, module, name)).decode()


@pytest.mark.parametrize(
    ("before", "module", "name", "after"),
    [
        ("", "asyncio", None, "import asyncio\n"),
        ("x = 1\n", "asyncio", None, "import asyncio\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', "asyncio", None, '"""Doc."""\n\nimport asyncio\n\nx = 1\n'),
        ('"""Doc."""\n', "asyncio", None, '"""Doc."""\n\nimport asyncio\n'),
        ('"""Doc."""', "asyncio", None, '"""Doc."""\n\nimport asyncio\n'),
        (
            "#!/bin/env python\n# (c)\n\nx = 1\n",
            "os",
            None,
            "#!/bin/env python\n# (c)\n\nimport os\n\nx = 1\n",
        ),
        ("import os\nimport sys\n", "re", None, "import os\nimport re\nimport sys\n"),
        ("import os  # why\nx = 1\n", "sys", None, "import os  # why\nimport sys\nx = 1\n"),
        (
            "import os\n\nfrom fastapi import FastAPI\n",
            "contextlib",
            "suppress",
            "import os\nfrom contextlib import suppress\n\nfrom fastapi import FastAPI\n",
        ),
        (
            "from __future__ import annotations\n\nfrom fastapi import FastAPI\n",
            "asyncio",
            None,
            "from __future__ import annotations\n\nimport asyncio\n\nfrom fastapi import FastAPI\n",
        ),
        ("from fastapi import FastAPI\n", "asyncio", None, "import asyncio\n\nfrom fastapi import FastAPI\n"),
        (
            "import os\n\nfrom .models import Job\n",
            "fastapi",
            "WebSocket",
            "import os\n\nfrom fastapi import WebSocket\n\nfrom .models import Job\n",
        ),
        (
            "from fastapi import FastAPI, WebSocket\n",
            "fastapi",
            "Depends",
            "from fastapi import Depends, FastAPI, WebSocket\n",
        ),
        (
            "from fastapi import WebSocket, FastAPI  # web\n",
            "fastapi",
            "Depends",
            "from fastapi import WebSocket, FastAPI, Depends  # web\n",
        ),
        (
            "from fastapi import (\n    FastAPI,\n    WebSocket,  # ws\n)\n",
            "fastapi",
            "Path",
            "from fastapi import (\n    FastAPI,\n    Path,\n    WebSocket,  # ws\n)\n",
        ),
        (
            "from fastapi import (\n    FastAPI,\n    Path,\n)\n",
            "fastapi",
            "WebSocket",
            "from fastapi import (\n    FastAPI,\n    Path,\n    WebSocket,\n)\n",
        ),
        ("import os\r\n\r\nx = 1\r\n", "sys", None, "import os\r\nimport sys\r\n\r\nx = 1\r\n"),
        ("def f():\n    import os\n", "os", None, "import os\n\ndef f():\n    import os\n"),
        ("import os as o\n", "os", None, "import os\nimport os as o\n"),
        ("\ufeffimport os\n", "abc", None, "\ufeffimport abc\nimport os\n"),
    ],
)
def test_it_goes_where_the_imports_order_wants_it(
    before: str, module: str, name: str | None, after: str
) -> None:
    assert added(before, module, name) == after
    assert added(after, module, name) == after


@pytest.mark.parametrize(
    ("code", "module", "name"),
    [
        ("import os, asyncio\n", "asyncio", None),
        ("from contextlib import (\n    suppress,\n)\n", "contextlib", "suppress"),
        ("from contextlib import *\n", "contextlib", "suppress"),
        ("def broken(:\n", "asyncio", None),
    ],
)
def test_nothing_is_added_twice_or_to_what_cannot_be_read(code: str, module: str, name: str | None) -> None:
    assert added(code, module, name) == code


_LINES = st.sampled_from(
    (
        "import os",
        "import sys, re",
        "from fastapi import FastAPI",
        "from fastapi import (\n    Depends,  # why\n    WebSocket,\n)",
        "from . import models",
        "from contextlib import suppress as quietly",
        "try:\n    import uvloop\nexcept ImportError:\n    uvloop = None",
        "# a comment",
        "",
        "x = 'é'",
        "def f():\n    import json",
    )
)


@settings(deadline=None)
@given(
    st.lists(_LINES, max_size=8),
    st.sampled_from(("asyncio", "contextlib", "fastapi", ".models")),
    st.none() | st.sampled_from(("suppress", "WebSocket", "ABC")),
    st.booleans(),
)
def test_any_file_then_has_it_once_and_loses_nothing(
    lines: list[str], module: str, name: str | None, crlf: bool
) -> None:
    name = name or ("Job" if module.startswith(".") else None)
    code = "\n".join((*lines, ""))
    code = code.replace("\n", "\r\n") if crlf else code

    once = added(code, module, name)

    ast.parse(once)
    assert added(once, module, name) == once
    assert [line for line in code.split() if line.startswith("#")] == [
        line for line in once.split() if line.startswith("#")
    ]
    names = [
        alias.name
        for node in ast.walk(ast.parse(once))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert (name or module) in names
