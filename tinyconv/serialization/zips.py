"""Members of a zip, held to the size that they declare."""

from __future__ import annotations

import zipfile

from ..errors import refusal

__all__ = ["read_member"]


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Give the content of a member, and not more of it than it declared.

    Raises
    ------
    ValueError
        If it is compressed in another way than by deflate.

    Examples
    --------
    >>> import io
    >>> with zipfile.ZipFile(io.BytesIO(), "w") as archive:
    ...     archive.writestr("a", b"abc")
    ...     read_member(archive, archive.getinfo("a"))
    b'abc'
    """
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("load.compression", info=info)
    with archive.open(info) as member:
        return member.read(info.file_size)  # read() without a size would unpack a bomb, then cut it
