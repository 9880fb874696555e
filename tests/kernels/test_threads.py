"""The kernels' threads: every round once, BLAS held and given back, errors, forks, several callers."""

from __future__ import annotations

import dis
import os
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

from tinyconv.kernels import conv, threads, tuning
from tinyconv.kernels.geometry import conv_geometry
from tinyconv.kernels.helpers import Call


def convolution() -> np.ndarray:
    """More than one tile of work."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 24, 64, 64)).astype(np.float32)
    w = rng.standard_normal((16, 24, 3, 3)).astype(np.float32)
    return conv.convolve(x, w, conv_geometry((3, 3)))


class FakeBlas:
    """What threadpoolctl gives for a BLAS library."""

    num_threads = 7

    def set_num_threads(self, number: int) -> None:
        self.num_threads = number


@pytest.fixture
def fake_blas(monkeypatch: pytest.MonkeyPatch) -> FakeBlas:
    blas = FakeBlas()
    monkeypatch.setattr(threads, "_blas_libraries", lambda: (blas,))
    return blas


BIG = tuning.SMALL_WORK + 1


@pytest.mark.parametrize("number", [1, 2, 5])
def test_every_round_runs_once(number: int, thread_count: None, fake_blas: FakeBlas) -> None:
    threads.set_num_threads(number)
    seen = [0] * 100

    def body(i: int) -> None:
        seen[i] += 1

    threads.parallel_for(100, body, BIG)
    assert seen == [1] * 100


def test_rounds_run_beside_one_another(thread_count: None, fake_blas: FakeBlas) -> None:
    threads.set_num_threads(3)
    meeting = threading.Barrier(3, timeout=20)  # passes only if three rounds are in it at once
    threads.parallel_for(3, lambda i: meeting.wait(), BIG)


def test_little_work_stays_on_this_thread(thread_count: None, fake_blas: FakeBlas) -> None:
    threads.set_num_threads(4)
    names = set()
    threads.parallel_for(50, lambda i: names.add(threading.get_ident()), tuning.SMALL_WORK)
    assert names == {threading.get_ident()}


def test_without_threadpoolctl_there_is_one_thread(thread_count: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    threads._blas_libraries.cache_clear()
    threads.set_num_threads(4)
    try:
        names = set()
        threads.parallel_for(50, lambda i: names.add(threading.get_ident()), BIG)
        assert names == {threading.get_ident()}
        assert np.array_equal(convolution(), convolution())
    finally:
        monkeypatch.undo()
        threads._blas_libraries.cache_clear()


def test_blas_is_held_to_one_thread_and_restored(fake_blas: FakeBlas) -> None:
    inside = []
    threads.parallel_for(1, lambda i: inside.append(fake_blas.num_threads), BIG)
    assert inside == [1]
    assert fake_blas.num_threads == 7

    def fail(i: int) -> None:
        raise KeyError(i)

    with pytest.raises(KeyError):
        threads.parallel_for(1, fail, BIG)
    assert fake_blas.num_threads == 7


def test_blas_stays_held_while_anyone_is_inside(fake_blas: FakeBlas) -> None:
    entered, leave = threading.Event(), threading.Event()

    def body(i: int) -> None:
        entered.set()
        assert leave.wait(20)

    other = threading.Thread(target=threads.parallel_for, args=(1, body, 0))
    other.start()
    assert entered.wait(20)
    threads.parallel_for(1, lambda i: None, 0)
    held = fake_blas.num_threads
    leave.set()
    other.join()
    assert held == 1
    assert fake_blas.num_threads == 7


def test_an_exception_in_a_helper_is_raised_here(thread_count: None, fake_blas: FakeBlas) -> None:
    threads.set_num_threads(2)
    meeting = threading.Barrier(2, timeout=20)
    caller = threading.get_ident()

    def body(i: int) -> None:
        meeting.wait()
        if threading.get_ident() != caller:
            raise KeyError("helper")

    with pytest.raises(KeyError, match="helper"):
        threads.parallel_for(2, body, BIG)
    threads.parallel_for(2, lambda i: None, BIG)  # and the pool still works


def test_errstate_holds_in_helpers(thread_count: None, fake_blas: FakeBlas) -> None:
    threads.set_num_threads(2)
    meeting = threading.Barrier(2, timeout=20)

    def body(i: int) -> None:
        meeting.wait()
        np.array([1e300]) * np.array([1e300])

    with np.errstate(over="ignore"):
        threads.parallel_for(2, body, BIG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threads.parallel_for(2, body, BIG)
    assert len(caught) >= 1


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
def test_thread_counts_are_checked(number: object) -> None:
    with pytest.raises(ValueError, match="positive integer"):
        threads.set_num_threads(number)


def test_called_from_several_threads_at_once(thread_count: None) -> None:
    threads.set_num_threads(3)
    expected = convolution()
    equal = []

    def user() -> None:
        for _ in range(3):
            equal.append(np.array_equal(convolution(), expected))

    users = [threading.Thread(target=user) for _ in range(4)]
    for thread in users:
        thread.start()
    for thread in users:
        thread.join()
    assert equal == [True] * (4 * 3)


FORK = """
import os
import numpy as np
from tinyconv.kernels import conv, threads, tuning
from tinyconv.kernels.geometry import conv_geometry

threads.set_num_threads(2)
x, w, g = np.ones((4, 16, 40, 40), np.float32), np.ones((16, 16, 3, 3), np.float32), conv_geometry((3, 3))
before = conv.convolve(x, w, g)  # makes the pool
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(conv.convolve(x, w, g), before) else 3)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_works_in_a_forked_process() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], timeout=60, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


AT_THE_END = """
import atexit, threading
import numpy as np
from tinyconv.kernels import conv, threads
from tinyconv.kernels.geometry import conv_geometry

threads.set_num_threads(2)
x, w, g = np.ones((4, 16, 40, 40), np.float32), np.ones((16, 16, 3, 3), np.float32), conv_geometry((3, 3))
expected = conv.convolve(x, w, g)

def again(where):
    print(where, np.array_equal(conv.convolve(x, w, g), expected), flush=True)

class Last:
    def __del__(self):
        again("deleted")

def later():
    threading.main_thread().join()
    again("thread")

last = Last()
atexit.register(again, "atexit")
threading.Thread(target=later).start()
"""


def test_a_convolution_while_python_ends_runs_on_the_calling_thread() -> None:
    done = subprocess.run([sys.executable, "-c", AT_THE_END], timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[:-1] == ["thread True", "atexit True", "deleted True"]


def _may_be_interrupted(frame: FrameType) -> bool:
    """Python looks for Ctrl-C after calls, where functions begin and where loops go back."""
    before = [i.opname for i in dis.get_instructions(frame.f_code) if i.offset < frame.f_lasti and i.opname != "CACHE"]
    return not before or before[-1].startswith(("CALL", "RESUME", "JUMP"))


def _interrupted_at(step: int, action: Callable[[], object]) -> bool:
    """Run an action with a KeyboardInterrupt at place number `step` of threads.py; was it reached?"""
    left = step

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != threads.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and _may_be_interrupted(frame):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return left <= 0


@pytest.mark.parametrize("number", [1, 2])
def test_ctrl_c_at_any_place_leaves_blas_as_it_was(
    number: int, thread_count: None, fake_blas: FakeBlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads._ShortLock, "PATIENCE", 0.02)
    threads.set_num_threads(number)
    step, reached = 0, True
    while reached:
        step += 1
        reached = _interrupted_at(step, lambda: threads.parallel_for(2, lambda i: None, BIG))
        assert fake_blas.num_threads == 7, f"interrupted at place {step}"
        seen = []
        threads.parallel_for(2, seen.append, BIG)  # nobody waits for a lock without an owner
        assert sorted(seen) == [0, 1]
    assert step > 20


def test_ctrl_c_while_helpers_work_waits_for_them(thread_count: None, fake_blas: FakeBlas) -> None:
    """Nothing writes into the arrays of a call that has been left."""
    threads.set_num_threads(2)
    meeting, caller, running = threading.Barrier(2, timeout=20), threading.get_ident(), []

    def body(i: int) -> None:
        running.append(i)
        if i < 2:
            meeting.wait()
        if threading.get_ident() == caller:
            raise KeyboardInterrupt
        running.pop()

    with pytest.raises(KeyboardInterrupt):
        threads.parallel_for(1000, body, BIG)
    assert len(running) == 1  # the round that was interrupted
    assert fake_blas.num_threads == 7


def test_a_passing_shortage_of_threads_passes(
    thread_count: None, fake_blas: FakeBlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads.set_num_threads(1)  # those of other tests go
    threads.set_num_threads(3)

    def no_thread(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        names = set()
        threads.parallel_for(50, lambda i: names.add(threading.get_ident()), BIG)
        assert names == {threading.get_ident()}
    meeting = threading.Barrier(3, timeout=20)
    threads.parallel_for(3, lambda i: meeting.wait(), BIG)


def test_ctrl_c_while_threads_start_leaves_none_behind(
    thread_count: None, fake_blas: FakeBlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads.set_num_threads(1)
    threads.set_num_threads(4)
    start, begun = threading.Thread.start, []

    def interrupted(self: threading.Thread) -> None:
        start(self)
        begun.append(self)
        if len(begun) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        threads.parallel_for(3, lambda i: None, BIG)
    threads.set_num_threads(1)
    for helper in begun:
        helper.join(20)
        assert not helper.is_alive()


def test_a_call_that_was_called_off_keeps_nothing() -> None:
    class Array:
        pass

    array = Array()
    alive = weakref.ref(array)
    call = Call(lambda array=array: None)
    del array
    assert call.finish() is None
    assert alive() is None
    call.answer()  # a helper that comes too late does nothing
