"""Read idx, the file format of MNIST.

A header of big-endian numbers, then the bytes::

    00 00 08 03 | 00 00 EA 60 | 00 00 00 1C | 00 00 00 1C | pixels ...
    magic         60000         28            28

The magic number's third byte is the type of the numbers (08: one unsigned byte), its last the number of axes.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from typing import IO

import numpy as np

from ..errors import phrase, refusal

__all__ = ["read_idx", "write_idx"]

_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_CONTENT = {1: "idx.labels", 3: "idx.images"}  # by the number of axes, the phrase for it
_MAX_BYTES = 1 << 28  # 256 MiB: five times MNIST's training images
_CHUNK = 1 << 20


def read_idx(path: str | os.PathLike[str], ndim: int, max_bytes: int = _MAX_BYTES) -> np.ndarray:
    """Read an idx file of unsigned bytes, plain or compressed by gzip.

    Whether it is compressed is seen from its first bytes, not from its name.  Never more than `max_bytes` are
    unpacked, whatever the file says of itself.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    ndim : int
        The number of axes it should have: 3 for images ``(N, H, W)``, 1 for labels ``(N,)``.
    max_bytes : int
        Refuse a file that promises more.

    Returns
    -------
    numpy.ndarray
        Of dtype uint8.

    Raises
    ------
    ValueError
        If the file is truncated, too long, too large, or something else than an idx file of `ndim` axes.

    Examples
    --------
    >>> import numpy, tempfile
    >>> path = tempfile.mkdtemp() + "/labels-idx1-ubyte.gz"
    >>> write_idx(numpy.array([7, 2, 1], "uint8"), path)
    >>> read_idx(path, ndim=1)
    array([7, 2, 1], dtype=uint8)
    """
    name = os.fspath(path)
    with open(path, "rb") as raw:
        compressed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        try:
            if not compressed:
                return _read_stream(raw, name, ndim, max_bytes)
            with gzip.GzipFile(fileobj=raw) as file:
                return _read_stream(file, name, ndim, max_bytes)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            size = os.fstat(raw.fileno()).st_size
            raise refusal("idx.gzip", name, size=size, error=error) from error


def _read_stream(file: IO[bytes] | gzip.GzipFile, name: str, ndim: int, max_bytes: int) -> np.ndarray:
    shape = _read_header(file, name, ndim)
    size = math.prod(shape)
    promised = " × ".join(map(str, shape))
    if size > max_bytes:
        raise refusal("idx.too_large", name, shape=promised, size=size, limit=max_bytes)
    content = bytearray()
    while len(content) < size and (
        chunk := file.read(min(_CHUNK, size - len(content)))
    ):  # a header may promise what does not follow
        content += chunk
    if len(content) < size:
        raise refusal("idx.truncated", name, shape=promised, size=size, found=len(content))
    if file.read(1):  # for gzip, this is also where the checksum is verified
        raise refusal("idx.too_long", name, shape=promised, size=size)
    return np.frombuffer(content, np.uint8).reshape(shape)


def _read_header(file: IO[bytes] | gzip.GzipFile, name: str, ndim: int) -> tuple[int, ...]:
    magic, expected = int.from_bytes(_read_exactly(file, 4, name), "big"), _UNSIGNED_BYTE << 8 | ndim
    if magic != expected:
        kind, axes = magic >> 8, magic & 0xFF
        known = kind == _UNSIGNED_BYTE and axes in _CONTENT
        hint = phrase("idx.other_file", content=_content(axes)) if known else phrase("idx.no_file")
        raise refusal("idx.magic", name, magic=magic, expected=expected, wanted=_content(ndim), hint=hint)
    return tuple(int(n) for n in np.frombuffer(_read_exactly(file, 4 * ndim, name), ">u4"))


def _content(ndim: int) -> str:
    return phrase(_CONTENT[ndim]) if ndim in _CONTENT else phrase("idx.axes", ndim=ndim)


def _read_exactly(file: IO[bytes] | gzip.GzipFile, size: int, name: str) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise refusal("idx.header", name, found=len(content), size=size)
    return content


def write_idx(array: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Write an idx file; compressed by gzip if the name ends in ``.gz``.

    Parameters
    ----------
    array : numpy.ndarray
        Of dtype uint8.
    path : str or os.PathLike
        The file.

    Raises
    ------
    TypeError
        If `array` is not of dtype uint8.

    Examples
    --------
    >>> import numpy, tempfile
    >>> path = tempfile.mkdtemp() + "/images-idx3-ubyte"
    >>> write_idx(numpy.zeros((2, 28, 28), "uint8"), path)
    >>> read_idx(path, ndim=3).shape
    (2, 28, 28)
    """
    if array.dtype != np.uint8:
        raise refusal("idx.dtype", dtype=array.dtype)
    magic = (_UNSIGNED_BYTE << 8 | array.ndim).to_bytes(4, "big")
    content = magic + np.array(array.shape, ">u4").tobytes() + array.tobytes()
    with open(path, "wb") as file:
        file.write(gzip.compress(content, mtime=0) if os.fspath(path).endswith(".gz") else content)
