"""Download a file from one of several mirrors, and believe it only when its SHA-256 is right."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from ..errors import refusal
from ..serialization import open_atomic
from .deadline import deadline

__all__ = ["cache_folder", "download_file", "download_gzip", "is_whole"]

_CHUNK = 1 << 16
_SLOW = 100_000  # bytes a second: a large file may take as long as this needs


def cache_folder() -> Path:
    """Give the folder for downloads: ``$TINYCONV_HOME``, or ``~/.cache/tinyconv``.

    Examples
    --------
    >>> import os
    >>> os.environ["TINYCONV_HOME"] = "/data/tinyconv"
    >>> cache_folder().as_posix()
    '/data/tinyconv'
    >>> del os.environ["TINYCONV_HOME"]
    """
    home = os.environ.get("TINYCONV_HOME")
    return Path(home) if home else Path.home() / ".cache" / "tinyconv"


def download_gzip(
    name: str,
    folder: str | os.PathLike[str],
    mirrors: Sequence[str],
    sha256: str,
    size: int,
    timeout: float = 30.0,
) -> Path:
    """Download ``name``, a gzip file, from the first mirror that gives the right content.

    What is checked is the unpacked content, since mirrors compress the same data differently.  The file
    appears in `folder` only when it is complete and right.

    Parameters
    ----------
    name : str
        The file's name, at the mirrors and in `folder`.
    folder : str or os.PathLike
        Where to put it; made if need be.
    mirrors : sequence of str
        Folders on the web, ``https://.../``, tried in turn.
    sha256 : str
        Of the unpacked content, in hexadecimal.
    size : int
        Of the unpacked content, in bytes.  Nothing much larger is downloaded or unpacked.
    timeout : float
        Seconds without an answer after which a mirror is given up; one that sends, but slowly, has ten times
        as long for the whole file.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    RuntimeError
        If no mirror gave the right content; the text says for each what went wrong.

    Examples
    --------
    >>> import tempfile
    >>> download_gzip("x.gz", tempfile.mkdtemp(), ["ftp://mirror/"], sha256="00", size=10)
    Traceback (most recent call last):
        ...
    RuntimeError: x.gz could not be downloaded:
      ftp://mirror/x.gz: only http:// and https:// are used
    ...
    """
    return _download(
        name, folder, mirrors, lambda path: _check(path, sha256, size, gzip.open), size, timeout, 10 * timeout
    )


def download_file(
    name: str,
    folder: str | os.PathLike[str],
    mirrors: Sequence[str],
    sha256: str,
    size: int,
    timeout: float = 30.0,
) -> Path:
    """Download ``name`` as it is, from the first mirror that gives the right bytes.

    As :func:`download_gzip`, but that the file itself is checked, and not what it unpacks to; and a large file
    may take the time that 100 kB a second need.

    Parameters
    ----------
    name, folder, mirrors, timeout
        As for :func:`download_gzip`.
    sha256 : str
        Of the file, in hexadecimal.
    size : int
        Of the file, in bytes.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    RuntimeError
        If no mirror gave the right file.

    Examples
    --------
    >>> import tempfile
    >>> download_file("x.zip", tempfile.mkdtemp(), [], sha256="00", size=10)
    Traceback (most recent call last):
        ...
    RuntimeError: x.zip could not be downloaded:
    ...
    """
    seconds = 10 * timeout + size / _SLOW
    return _download(name, folder, mirrors, lambda path: _check(path, sha256, size, open), size, timeout, seconds)


def is_whole(path: str | os.PathLike[str], sha256: str, size: int) -> bool:
    """Tell whether a file is there, and is the one with this checksum.

    Examples
    --------
    >>> is_whole("no/such/file", sha256="00", size=10)
    False
    """
    try:
        _check(os.fspath(path), sha256, size, open)
    except (OSError, ValueError):
        return False
    return True


def _download(
    name: str,
    folder: str | os.PathLike[str],
    mirrors: Sequence[str],
    check: Callable[[str], None],
    size: int,
    timeout: float,
    seconds: float,
) -> Path:
    """Try the mirrors in turn: each may be silent for `timeout` and take `seconds` for the whole file."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in mirrors:
        url = mirror.rstrip("/") + "/" + name
        try:
            _download_one(url, folder / name, check, size + _CHUNK, timeout, seconds)
            return folder / name
        except (OSError, http.client.HTTPException, EOFError, zlib.error, ValueError) as error:
            failures.append(f"  {url}: {error or type(error).__name__}")
    raise refusal("download.failed", name=name, failures="\n".join(failures), folder=folder)


def _download_one(
    url: str, target: Path, check: Callable[[str], None], limit: int, timeout: float, seconds: float
) -> None:
    if not url.startswith(("http://", "https://")):
        raise refusal("download.scheme")
    import urllib.request  # here: it takes longer to import than most of tinyconv

    request = urllib.request.Request(url, headers={"User-Agent": "tinyconv"})
    with deadline(seconds) as web, web.open(request, timeout=timeout) as response, open_atomic(target) as file:
        _receive(response, file, limit)
        check(file.name)


def _receive(response: http.client.HTTPResponse, file: IO[bytes], limit: int) -> None:
    """Copy the body into `file`, which may neither exceed `limit` nor end early."""
    expected = response.headers.get("Content-Length")
    received = 0
    while chunk := response.read1(_CHUNK):
        received += len(chunk)
        if received > limit:
            raise refusal("download.too_large", limit=limit)
        file.write(chunk)
    if expected is not None and received != int(expected):
        raise refusal("download.ended", received=received, expected=expected)
    file.flush()


def _check(path: str, sha256: str, size: int, opener: Callable[..., Any]) -> None:
    """Refuse a file whose content, as `opener` (``gzip.open``, ``open``) gives it, is not the right one."""
    digest, unpacked = hashlib.sha256(), 0
    with opener(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            unpacked += len(chunk)
            if unpacked > size:
                raise refusal("download.unpacked", size=size)
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise refusal("download.checksum", unpacked=unpacked, found=digest.hexdigest(), size=size, sha256=sha256)
