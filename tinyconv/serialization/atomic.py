"""Write a file that appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ..errors import refusal

__all__ = ["open_atomic"]

_OF_THE_DISK = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextlib.contextmanager
def open_atomic(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when it is complete.

    The bytes go to a temporary file in the same folder, which takes the place of `path` in one step at the
    end.  After an error, a full disk or a power cut, `path` is what it was before.  A file that is replaced hands on
    its permissions, and its owner where the system allows it.  What a killed process left of an earlier attempt at
    the same `path` is removed.

    A device or a pipe (``/dev/null``) is written to directly: it is no file that could be replaced.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write; its folder must exist.

    Yields
    ------
    file
        Open for writing bytes.

    Raises
    ------
    OSError
        If it cannot be written; the error names `path`, and not the temporary file.

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with open_atomic(os.path.join(folder, "a.bin")) as file:
    ...     _ = file.write(b"abc")
    >>> os.listdir(folder)
    ['a.bin']
    """
    name = os.fspath(path)
    earlier = _look(name)
    target = Path(os.path.realpath(path))  # a link stays a link: the file it points to is replaced
    if not target.parent.is_dir():
        raise refusal("save.folder", path=name, folder=str(target.parent))
    if earlier is not None and not stat.S_ISREG(earlier.st_mode):
        with open(path, "wb") as device:
            yield device
        return
    _remove_leftovers(target)
    temporary = None
    try:
        temporary, file = _create_beside(target, 0o666 if earlier is None else stat.S_IMODE(earlier.st_mode))
        with file:
            yield file
            file.flush()
            _hand_on(earlier, temporary)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and (temporary is None or _concerns(error, temporary)):
            error.filename = name
        raise


def _look(name: str) -> os.stat_result | None:
    """What is at `name` now; refuse what no file can take the place of."""
    try:
        found = os.stat(name)  # a link to itself fails here
    except FileNotFoundError:
        found = None
    if not name or name.endswith(("/", os.sep)) or (found is not None and stat.S_ISDIR(found.st_mode)):
        open(name, "wb").close()  # the system says what is wrong
    return found


def _concerns(error: OSError, temporary: Path) -> bool:
    """Is the error about the file, and not about whatever else the writer does meanwhile?"""
    return error.filename == str(temporary) or (error.filename is None and error.errno in _OF_THE_DISK)


def _hand_on(earlier: os.stat_result | None, temporary: Path) -> None:
    """Give a new file the permissions of the one that it replaces, and its owner where one may."""
    if earlier is None:
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(temporary, earlier.st_uid, earlier.st_gid)
    os.chmod(temporary, stat.S_IMODE(earlier.st_mode))  # after chown, which may take bits away


# --- temporary files: locked while they are written, so that one without a lock is a dead process's ---


def _lock(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed; False where another process has it."""
    try:
        import fcntl
    except ImportError:  # Windows removes no open file: that is lock enough
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return False
    return True


def _prefix(target: Path) -> str:
    """How the names of a target's temporary files begin; a name may have 255 bytes."""
    return "." + target.name.encode("utf-8", "ignore")[:100].decode("utf-8", "ignore") + "."


def _create_beside(target: Path, mode: int) -> tuple[Path, IO[bytes]]:
    """Create and lock a temporary file in the folder of `target`."""
    while True:
        path = target.with_name(f"{_prefix(target)}{secrets.token_hex(8)}.tmp")
        file: IO[bytes] = open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))  # noqa: SIM115
        _lock(file)
        if path.exists():  # nobody took it for a leftover before it was locked
            return path, file
        file.close()


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary files of killed processes."""
    leftover = re.compile(re.escape(_prefix(target)) + "[0-9a-f]{16}[.]tmp")
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for path in [entry.path for entry in entries if leftover.fullmatch(entry.name)]:
            _remove_if_dead(path)


def _remove_if_dead(path: Any) -> None:
    with contextlib.suppress(OSError), open(path, "r+b") as file:
        if _lock(file):
            os.unlink(path)
