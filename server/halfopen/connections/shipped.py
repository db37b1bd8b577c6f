"""Which files are part of what runs.

Tests, stand-ins of other programs (`mock_server.py`), examples beside a module and declarations make no connection that
ships.
"""

from __future__ import annotations

import re

_TESTS = re.compile(
    r"(^|/)(tests?|test[-_]?code|__tests__|__mocks__|e2e|cypress|playwright)/"
    r"|(^|/)(integration|unit|functional|acceptance|end-to-end|e2e|smoke|load|performance|ui)[-_]?test(s|ing)?/"
    r"|(^|/)test[-_]?(helpers?|utils?|setup|fixtures?)(/|\.[cm]?[jt]sx?$)"
    r"|\.(test|spec|stories|examples?)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$"
    r"|(^|/)(test_[^/]*|[^/]*_test|conftest|tests)\.pyi?$"
    r"|(^|/)mocks?/|(^|/)(mock[-_][^/]*|[^/]*[-_]mock)\.(pyi?|[cm]?[jt]sx?)$"
    r"|(^|/)(test[-_][^/]*|[^/]*[-_]test)\.html?(\0[^/]*)?$"  # a page, and a script in it
)


def is_shipped(path: str) -> bool:
    """Whether a file's code runs in the product, told by its path relative to the workspace root."""
    return not _TESTS.search(path)
