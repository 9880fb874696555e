"""Python threads for the CPU kernels: a loop whose rounds run side by side.

NumPy releases the interpreter lock while it copies or multiplies, so plain threads use every core.
The rounds of a loop share the cores among themselves; BLAS, which would start threads of its own
inside each round, is held to one by the optional package ``threadpoolctl``.  Without that package
the loop runs in one Python thread, and BLAS keeps its threads.

Which thread runs which round is left to chance.  A round must therefore write only what belongs to
it, and then the result does not depend on the number of threads.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import refusal
from . import tuning

if TYPE_CHECKING:
    from .helpers import Call, Helpers

__all__ = ["get_num_threads", "parallel_for", "parallel_passes", "parallel_sum", "set_num_threads"]

Part = TypeVar("Part")


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def _blas_libraries() -> tuple[Any, ...]:
    """The loaded BLAS libraries whose threads can be counted and set; none without threadpoolctl."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return ()
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


class _ShortLock:
    """A lock for a few steps of Python, which goes to the next one even if Ctrl-C cut its owner off.

    ``with`` may be interrupted between taking a lock and noting that it was taken (bugs.python.org/issue29988).  Nobody
    needs it for longer than an instant, so one that is not free after so many seconds has no owner any more.
    """

    PATIENCE = 2.0

    def __init__(self) -> None:
        self.current = threading.Lock()

    def __enter__(self) -> None:
        lock = self.current
        while not lock.acquire(timeout=self.PATIENCE):
            if self.current is lock:
                self.current = threading.Lock()
            lock = self.current

    def __exit__(self, *error: object) -> None:
        if self.current.locked():
            self.current.release()


class _Holder:
    """One caller that is inside; it lives no longer than that call."""


class _BlasHold:
    """Holds BLAS to one thread while at least one caller is inside.

    The setting belongs to the process: the first caller in saves it, and the last one out brings it back.
    Ctrl-C may strike between any two steps of Python, so nothing is counted up and down: who is inside is
    seen from the holders that live, and the saved setting is kept until it is back.
    """

    def __init__(self) -> None:
        self.lock = _ShortLock()
        self.holders: list[weakref.ref[_Holder]] = []
        self.saved: list[int] = []  # not empty: BLAS is held, or a restoring was interrupted

    def enter(self, holder: _Holder) -> None:
        with self.lock:
            self.holders = [*self._others(holder), weakref.ref(holder)]
            if not self.saved:
                self.saved = [library.num_threads for library in _blas_libraries()]
            for library in _blas_libraries():
                library.set_num_threads(1)

    def leave(self, holder: _Holder) -> None:
        """Doing it again does no harm."""
        with self.lock:
            self.holders = self._others(holder)
            if not self.holders:
                self.restore()

    def _others(self, holder: _Holder) -> list[weakref.ref[_Holder]]:
        return [other for other in self.holders if other() is not None and other() is not holder]

    def restore(self) -> None:
        for library, threads in zip(_blas_libraries(), self.saved):
            library.set_num_threads(threads)
        self.saved = []


class _Pool:
    """The helper threads, made when first needed and made anew when their number changes."""

    def __init__(self) -> None:
        self.lock = _ShortLock()
        self.threads = _available_cores()
        self.helpers: Helpers | None = None

    def resize(self, threads: int) -> None:
        with self.lock:
            if threads != self.threads and self.helpers is not None:
                self.helpers.dismiss()
                self.helpers = None
            self.threads = threads

    def ask(self, task: Callable[[], None], helpers: int, calls: list[Call]) -> None:
        """Ask so many helpers to run the task, as far as there are any, and note each call in `calls`."""
        with self.lock:
            if self.threads == 1:
                return
            if self.helpers is None:
                from .helpers import Helpers  # here: not every program shares a loop

                self.helpers = Helpers()
            self.helpers.start(self.threads - 1)
            for _ in range(min(helpers, self.helpers.threads)):
                self.helpers.ask(task, calls)


_blas = _BlasHold()
_pool = _Pool()


def _forget_threads() -> None:
    """In a forked child: only the forking thread lives on, so the pool and its locks start anew."""
    global _blas, _pool
    threads = _pool.threads
    _blas.restore()
    _blas, _pool = _BlasHold(), _Pool()
    _pool.threads = threads


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def set_num_threads(threads: int) -> None:
    """Set how many threads the CPU kernels may use; results do not depend on it.

    Raises
    ------
    ValueError
        If `threads` is not a positive integer.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    if isinstance(threads, bool) or not hasattr(threads, "__index__") or threads < 1:
        raise refusal("threads.count", "set_num_threads", threads=threads)
    _pool.resize(int(threads))


def get_num_threads() -> int:
    """Give the number of threads the CPU kernels may use; at first, the cores this process may use.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    return _pool.threads


def parallel_for(count: int, body: Callable[[int], None], work: int) -> None:
    """Call ``body(i)`` for each ``i`` in ``range(count)``, on several threads when it pays.

    Parameters
    ----------
    count : int
        The number of rounds.
    body : callable
        One round.  It may run on any thread and beside any other, so it writes only its own part
        of the result.  An exception in it is raised here, once all threads have stopped.
    work : int
        About how many multiplications all rounds take together; little work stays on this thread.

    Examples
    --------
    >>> squares = [0] * 5
    >>> def body(i):
    ...     squares[i] = i * i
    >>> parallel_for(5, body, work=5)
    >>> squares
    [0, 1, 4, 9, 16]
    """
    blas, holder = _blas, _Holder()
    try:
        try:
            blas.enter(holder)
            can_share = count > 1 and work > tuning.SMALL_WORK and bool(_blas_libraries())
            if not can_share or _pool.threads == 1:
                for i in range(count):
                    body(i)
            else:
                _share(count, body)
        finally:
            blas.leave(holder)
    finally:
        blas.leave(holder)  # Ctrl-C may have cut the first one short


def parallel_passes(count: int, body: Callable[[int], None], work: int) -> None:
    """:func:`parallel_for` for rounds without BLAS, which then need not hold it: one alone costs nothing more.

    Examples
    --------
    >>> parallel_passes(1, print, work=5)
    0
    """
    if count == 1:
        body(0)
    else:
        parallel_for(count, body, work)


def parallel_sum(
    shape: tuple[int, ...], dtype: np.dtype, parts: Sequence[Part], add: Callable[[np.ndarray, Part], None], work: int
) -> np.ndarray:
    """Call ``add(total, part)`` for every part, and give the sum, in an order that no number of threads changes.

    The parts are dealt out to a fixed number of lanes; a lane adds its parts up in order, and the
    lanes are added up last.

    Examples
    --------
    >>> def add(total, part):
    ...     total += part
    >>> parallel_sum((2,), np.dtype("float32"), [1, 2, 3], add, work=6)
    array([6., 6.], dtype=float32)
    """
    room = tuning.LANE_BYTES // max(1, math.prod(shape) * dtype.itemsize)
    lanes = min(tuning.LANES, len(parts), max(2, room))
    partial = np.zeros((lanes, *shape), dtype)

    def body(lane: int) -> None:
        for part in parts[lane::lanes]:
            add(partial[lane], part)

    parallel_for(lanes, body, work)
    return partial.sum(axis=0)


def _share(count: int, body: Callable[[int], None]) -> None:
    tickets = itertools.count()  # next() is atomic: each ticket goes to one thread
    failed = threading.Event()
    floating_point_errors = np.geterr()  # the caller's np.errstate holds in the helpers too

    def run() -> None:
        try:
            with np.errstate(**floating_point_errors):
                for i in _tickets_below(count, tickets):
                    if failed.is_set():
                        return
                    body(i)
        except BaseException:
            failed.set()
            raise

    calls: list[Call] = []
    try:
        _pool.ask(run, count - 1, calls)
        run()
        errors = _finish(calls)
    except BaseException:
        failed.set()
        _finish(calls)
        raise
    for error in errors:
        if error is not None:
            raise error


def _finish(calls: list[Call]) -> list[BaseException | None]:
    return [call.finish() for call in calls]


def _tickets_below(count: int, tickets: Iterator[int]) -> Iterator[int]:
    return itertools.takewhile(lambda i: i < count, tickets)
