"""Helper threads, which join in a loop when asked: what :mod:`.threads` shares its rounds with.

``concurrent.futures`` would do; but asking it and hearing from it takes 25 µs longer, a tenth of a small layer's time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

__all__ = ["Call", "Helpers"]


class Call:
    """One task that a helper is asked to run beside the caller: it is run once, or called off.

    Examples
    --------
    >>> call = Call(lambda: print("run"))
    >>> call.answer()
    run
    >>> call.finish()
    """

    __slots__ = ("_done", "_owner", "error", "finished", "task")

    def __init__(self, task: Callable[[], None]) -> None:
        self.task: Callable[[], None] | None = task  # None once it is done or called off, lest it keep arrays
        self.error: BaseException | None = None
        self.finished = False
        self._owner: dict[str, str] = {}  # setdefault is one step of C: who comes first has the call
        self._done = threading.Lock()
        self._done.acquire()

    def answer(self) -> None:
        """Run the task, unless it has been called off."""
        task, self.task = self.task, None
        if task is None or self._owner.setdefault("is", "helper") != "helper":
            return
        try:
            task()
        except BaseException as error:
            self.error = error
        finally:
            self.finished = True
            self._done.release()

    def finish(self) -> BaseException | None:
        """Call it off if no helper has come, otherwise wait for it; what it raised.  Doing it again does no harm."""
        if self._owner.setdefault("is", "caller") == "caller":
            self.task = None
        else:
            while not self.finished:  # with a timeout: Ctrl-C may have taken the lock, and cut an earlier loop off
                self._done.acquire(timeout=1.0)
        return self.error


class Helpers:
    """Threads that wait for calls.

    They are daemons, which Python does not wait for when it ends: then no helper answers, and every call is called off.

    Examples
    --------
    >>> helpers = Helpers()
    >>> helpers.start(1)
    >>> seen, calls = [], []
    >>> helpers.ask(lambda: seen.append("run"), calls)
    >>> calls[0].finish() is None, seen in ([], ["run"])
    (True, True)
    >>> helpers.dismiss()
    """

    def __init__(self) -> None:
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.threads = 0

    def start(self, threads: int) -> None:
        """Start as many threads as there are fewer; not all, where the system has no more."""
        while self.threads < threads:
            helper = threading.Thread(target=_help, args=(self.calls,), name=f"tinyconv_{self.threads}", daemon=True)
            self.threads += 1  # before it runs: Ctrl-C may come between, and then it is dismissed with the others
            try:
                helper.start()
            except RuntimeError:  # Python is ending, or the system has no thread left
                self.threads -= 1
                return

    def ask(self, task: Callable[[], None], calls: list[Call]) -> None:
        """Leave a call for the first helper that is free; it is noted in `calls` before, lest Ctrl-C lose it."""
        calls.append(Call(task))
        self.calls.put(calls[-1])

    def dismiss(self) -> None:
        """Let all threads end, once they have done what was asked before."""
        for _ in range(self.threads):
            self.calls.put(None)


def _help(calls: SimpleQueue[Call | None]) -> None:
    while (call := calls.get()) is not None:
        call.answer()
        del call  # and with it the arrays of the caller, who need not wait for the next call
