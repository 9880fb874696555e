import gzip
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from tinyconv.data.idx import read_idx, write_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx_bytes(array, magic=None, shape=None):
    header = struct.pack(">I", magic or 0x800 | array.ndim)
    return header + b"".join(struct.pack(">I", n) for n in shape or array.shape) + array.tobytes()


@pytest.mark.parametrize("name", ["a-idx3-ubyte", "a.idx3-ubyte.gz"])
def test_round_trip(tmp_path, name):
    write_idx(IMAGES, tmp_path / name)
    result = read_idx(tmp_path / name, ndim=3)
    np.testing.assert_array_equal(result, IMAGES)
    assert result.dtype == np.uint8
    result[0] = 9  # the array is the caller's own


def test_the_format_is_big_endian_with_the_documented_header(tmp_path):
    write_idx(IMAGES, tmp_path / "a")
    assert (tmp_path / "a").read_bytes()[:16].hex() == "00000803" + "00000002" + "00000003" + "00000004"


def test_compression_is_seen_from_the_content_not_the_name(tmp_path):
    (tmp_path / "plain.gz").write_bytes(idx_bytes(IMAGES))
    (tmp_path / "zipped").write_bytes(gzip.compress(idx_bytes(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "plain.gz", 3), IMAGES)
    np.testing.assert_array_equal(read_idx(tmp_path / "zipped", 3), IMAGES)


def test_empty_set(tmp_path):
    write_idx(np.zeros((0, 28, 28), np.uint8), tmp_path / "a")
    assert read_idx(tmp_path / "a", 3).shape == (0, 28, 28)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (idx_bytes(IMAGES)[:-5], r"promises 2 × 3 × 4 = 24 bytes, but only 19 follow: the file is truncated"),
        (idx_bytes(IMAGES) + b"x", r"promises 2 × 3 × 4 = 24 bytes, but more follow"),
        (idx_bytes(IMAGES)[:7], r"the file ends within its header, 3 bytes into a part of 12"),
        (b"", r"the file ends within its header, 0 bytes into a part of 4"),
        (
            idx_bytes(IMAGES[0, 0]) + b"x" * 9,
            r"0x00000801, expected 0x00000803 \(images\); this is a file of labels",
        ),
        (idx_bytes(IMAGES, magic=0xD03), r"0x00000d03, expected 0x00000803 \(images\); this is no idx file"),
        (b"<!DOCTYPE html><html>", r"0x3c21444f, expected 0x00000803"),
        (
            idx_bytes(IMAGES, shape=(60000, 28, 28)),
            r"60000 × 28 × 28 = 47040000 bytes, more than the limit of 1000",
        ),
        (idx_bytes(IMAGES, shape=(2**32 - 1,) * 3), r"= 79228162458924105385300197375 bytes, more than"),
    ],
)
def test_wrong_content_is_named_with_its_numbers(tmp_path, content, text, pack):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(pack(content))
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte: .*{text}"):
        read_idx(path, ndim=3, max_bytes=1000)


def test_images_given_as_labels(tmp_path):
    write_idx(IMAGES, tmp_path / "a")
    with pytest.raises(ValueError, match=r"0x00000803, expected 0x00000801 \(labels\); this is a file of images"):
        read_idx(tmp_path / "a", ndim=1)


def test_truncated_gzip(tmp_path):
    content = gzip.compress(idx_bytes(IMAGES))
    (tmp_path / "a.gz").write_bytes(content[:-10])
    with pytest.raises(ValueError, match=rf"a.gz: damaged or truncated gzip file of {len(content) - 10} bytes"):
        read_idx(tmp_path / "a.gz", 3)


def test_gzip_with_a_flipped_bit_fails_its_checksum(tmp_path):
    content = bytearray(gzip.compress(idx_bytes(IMAGES), compresslevel=0))
    content[-20] ^= 1  # a pixel: level 0 stores them as they are
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"a.gz: damaged .*CRC"):
        read_idx(tmp_path / "a.gz", 3)


def test_gzip_with_damaged_blocks(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"")[:10] + b"\xff" * 40)
    with pytest.raises(ValueError, match=r"a.gz: damaged .*invalid block type"):
        read_idx(tmp_path / "a.gz", 3)


def test_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    """64 MiB of zeros behind a modest header: no more than the header's promise may be unpacked."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(idx_bytes(IMAGES)), *(packer.compress(bytes(1 << 20)) for _ in range(64))]
    (tmp_path / "a.gz").write_bytes(b"".join(parts) + packer.flush())
    asked = []
    original = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: asked.append(size) or original(self, size))
    with pytest.raises(ValueError, match=r"= 24 bytes, but more follow"):
        read_idx(tmp_path / "a.gz", 3)
    assert asked == [4, 12, 24, 1]


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_idx(tmp_path / "nowhere", 3)


def test_write_refuses_other_dtypes(tmp_path):
    with pytest.raises(TypeError, match="uint8, got float32"):
        write_idx(np.zeros(3, np.float32), tmp_path / "a")


def test_a_header_that_promises_much_takes_no_memory(tmp_path):
    """240 MiB in 16 bytes."""
    (tmp_path / "a").write_bytes(bytes.fromhex("00000803") + np.array([240, 1024, 1024], ">u4").tobytes())
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"a: its header promises .* but only 0 follow"):
            read_idx(tmp_path / "a", ndim=3)
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()
