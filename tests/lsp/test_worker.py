"""The worker rests when nothing has happened for a while, once, and jobs come first."""

from __future__ import annotations

import threading

import pytest

from halfopen.lsp import worker as module
from halfopen.lsp.worker import Worker


def test_it_rests_once_after_work_and_again_after_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.0)
    happened: list[str] = []
    rested = threading.Event()

    def rest() -> None:
        happened.append("rest")
        rested.set()

    worker = Worker(lambda: happened.append("audit"), rest)
    worker.submit(lambda: happened.append("job"))
    worker.audit_soon()
    worker.start()
    assert rested.wait(30)
    rested.clear()
    worker.submit(lambda: happened.append("second job"))
    assert rested.wait(30)
    worker.submit(lambda: None).result(30)
    worker.close()
    assert worker.join(30)
    assert happened[:5] == ["job", "audit", "rest", "second job", "rest"]


def test_it_does_not_rest_before_it_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.0)
    happened: list[str] = []
    worker = Worker(lambda: None, lambda: happened.append("rest"))
    worker.start()
    worker.when_idle().result(30)
    worker.close()
    assert worker.join(30)
    assert happened == []
