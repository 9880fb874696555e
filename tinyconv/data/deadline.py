"""A limit for the whole of a request over the web.

A socket's timeout says how long each answer of the server may take, and begins anew with every byte: a server that
sends its headers one byte at a time holds a caller for as long as it likes.  Here a timer hangs up.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

from ..errors import refusal

__all__ = ["deadline"]


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[urllib.request.OpenerDirector]:
    """Give an opener whose connections are cut when the time is up.

    Parameters
    ----------
    seconds : float
        For connecting, redirections, headers and content together.

    Raises
    ------
    TimeoutError
        In place of whatever the cut led to.

    Examples
    --------
    >>> with deadline(10.0) as opener:
    ...     type(opener).__name__
    'OpenerDirector'
    """
    watch = _Watch()
    timer = threading.Timer(seconds, watch.hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield urllib.request.build_opener(_PlainHandler(watch), _SecureHandler(watch))
    except (OSError, http.client.HTTPException, ValueError) as error:
        if watch.late:
            raise refusal("download.late", seconds=seconds) from error
        raise
    finally:
        timer.cancel()
        watch.close()


class _Watch:
    """The connections of one request."""

    def __init__(self) -> None:
        self.late = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def add(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets.append(connection.dup())  # encryption takes the socket itself over
            if self.late:
                self._cut()

    def hang_up(self) -> None:
        with self._lock:
            self.late = True
            self._cut()

    def _cut(self) -> None:
        for connection in self._sockets:
            with contextlib.suppress(OSError):  # it has ended already
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()


class _PlainConnection(http.client.HTTPConnection):
    watch: _Watch

    def connect(self) -> None:
        super().connect()
        self.watch.add(self.sock)


class _SecureConnection(http.client.HTTPSConnection, _PlainConnection):
    """Its connect() calls the plain one, by the order of the bases, before it begins to encrypt."""


def _connect(kind: type[_PlainConnection], watch: _Watch, *args: Any, **options: Any) -> _PlainConnection:
    connection = kind(*args, **options)
    connection.watch = watch
    return connection


class _PlainHandler(urllib.request.HTTPHandler):
    def __init__(self, watch: _Watch):
        super().__init__()
        self._watch = watch

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(functools.partial(_connect, _PlainConnection, self._watch), req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def __init__(self, watch: _Watch):
        super().__init__()
        self._watch = watch

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(functools.partial(_connect, _SecureConnection, self._watch), req)
