"""Calls that have a function run in a thread: what they cost, and what they have run."""

import pytest

from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.thread_calls import IN_THREAD, TAKING_ARGUMENTS


@pytest.mark.parametrize(
    "name",
    [
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
        "starlette.concurrency.run_in_threadpool",
        "asgiref.sync.sync_to_async",
        "asyncio.get_running_loop().run_in_executor",
        "concurrent.futures.ThreadPoolExecutor().submit",
    ],
)
def test_each_of_them_costs_a_thread(name: str) -> None:
    assert work_kind(name) == "thread"
    assert name.rpartition(".")[2] in IN_THREAD


def test_a_method_of_that_name_alone_costs_nothing_known() -> None:
    assert work_kind("forms.form.submit") is None


def test_what_makes_a_function_is_given_its_arguments_later() -> None:
    assert {"sync_to_async"} == IN_THREAD - TAKING_ARGUMENTS
