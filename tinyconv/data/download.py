"""Download a file from one of several mirrors, and believe it only when its SHA-256 is right."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import time
import urllib.request
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..errors import refusal
from ..serialization import open_atomic

__all__ = ["cache_folder", "download_gzip"]

_CHUNK = 1 << 16


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
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in mirrors:
        url = mirror.rstrip("/") + "/" + name
        try:
            _download_one(url, folder / name, sha256, size, timeout)
            return folder / name
        except (OSError, http.client.HTTPException, EOFError, zlib.error, ValueError) as error:
            failures.append(f"  {url}: {error or type(error).__name__}")
    raise refusal("download.failed", name=name, failures="\n".join(failures), folder=folder)


def _download_one(url: str, target: Path, sha256: str, size: int, timeout: float) -> None:
    if not url.startswith(("http://", "https://")):
        raise refusal("download.scheme")
    request = urllib.request.Request(url, headers={"User-Agent": "tinyconv"})
    with urllib.request.urlopen(request, timeout=timeout) as response, open_atomic(target) as file:
        _receive(response, file, size + _CHUNK, time.monotonic() + 10 * timeout)
        _check_content(file.name, sha256, size)


def _receive(response: http.client.HTTPResponse, file: IO[bytes], limit: int, deadline: float) -> None:
    """Copy the body into `file`, which may neither exceed `limit` nor end early."""
    expected = response.headers.get("Content-Length")
    received = 0
    while chunk := response.read1(_CHUNK):  # read1 returns what has come, so a trickle meets the deadline
        received += len(chunk)
        if received > limit:
            raise refusal("download.too_large", limit=limit)
        if time.monotonic() > deadline:
            raise refusal("download.too_slow", received=received, expected=expected)
        file.write(chunk)
    if expected is not None and received != int(expected):
        raise refusal("download.ended", received=received, expected=expected)
    file.flush()


def _check_content(path: str, sha256: str, size: int) -> None:
    digest, unpacked = hashlib.sha256(), 0
    with gzip.open(path) as file:
        while chunk := file.read(_CHUNK):
            unpacked += len(chunk)
            if unpacked > size:
                raise refusal("download.unpacked", size=size)
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise refusal("download.checksum", unpacked=unpacked, found=digest.hexdigest(), size=size, sha256=sha256)
