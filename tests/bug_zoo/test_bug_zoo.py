"""Every bug of the zoo changes what tinyconv computes, and is caught: by its check, and by the suite."""

from __future__ import annotations

import functools
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import conftest

from .bugs import BUGS, Bug

ROOT = Path(__file__).resolve().parents[2]
# how a test says that a number is wrong; anything else would be a mistake of the injection
FOUND = (AssertionError, RuntimeError, pytest.fail.Exception)
each_bug = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


def outcome(function: Callable[[], Any]) -> str:
    """What a computation gives, or how it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(function())
        except Exception as error:
            return type(error).__name__


@each_bug
def test_the_injection_changes_the_result(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = outcome(bug.symptom)
    with monkeypatch.context() as patch:
        bug.inject(patch)
        assert outcome(bug.symptom) != healthy
    assert outcome(bug.symptom) == healthy, "the bug stayed in"


@each_bug
def test_its_check_fails_and_fails_only_then(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.check()
    with monkeypatch.context() as patch:
        bug.inject(patch)
        with pytest.raises(FOUND):
            bug.check()
    bug.check()


class Reports:
    """A pytest plugin that notes how each test of an inner run ended."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: dict[str, BaseException] = {}

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> None:
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            self.failed[item.nodeid] = call.excinfo.value
        elif call.when == "call":
            self.passed.append(item.nodeid)


def run_suite(arguments: tuple[str, ...], patch: pytest.MonkeyPatch) -> Reports:
    """Run tests of this suite inside this test, so that they see what is patched here."""
    patch.setattr(conftest, "ran_on", Counter())  # the inner run's tests are not the outer one's
    patch.setattr(conftest, "met_devices", set())
    patch.chdir(ROOT)
    reports = Reports()
    pytest.main([*arguments, "--exitfirst", "-p", "no:xdist"], plugins=[reports])
    return reports


@functools.cache
def run_healthy(arguments: tuple[str, ...]) -> Reports:
    with pytest.MonkeyPatch.context() as patch:
        return run_suite(arguments, patch)


@each_bug
def test_the_suite_catches_it(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = run_healthy(bug.suite)
    assert not healthy.failed
    assert healthy.passed, f"no test is selected by {bug.suite}"
    with monkeypatch.context() as patch:
        bug.inject(patch)
        sick = run_suite(bug.suite, patch)
    assert sick.failed, f"{bug.suite} let live: {bug.name}"
    assert all(isinstance(error, FOUND) for error in sick.failed.values())
