"""Pieces of arrays, and memory that is kept."""

from __future__ import annotations

import numpy as np
import pytest

from tinyconv.backend import Device
from tinyconv.optim.scratch import Scratch, blocks


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyconv.optim.scratch.BLOCK", 4)


def test_pieces_are_views_that_cover_everything_once() -> None:
    a, b = np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)
    sizes = []
    for piece, other in blocks(a, b):
        piece += other
        sizes.append(piece.size)
    assert sizes == [4, 4, 1]
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.zeros((3, 3)).T, np.zeros(()), np.zeros((0, 9))])
def test_small_and_strided_arrays_are_one_piece(array: np.ndarray) -> None:
    ((piece,),) = blocks(array)
    assert piece is array


def test_a_device_array_is_one_piece_however_large() -> None:
    array = Device("strict").asarray(np.zeros(100))
    ((piece,),) = blocks(array)
    assert piece is array


def test_scratch_memory_is_shared_by_slot_and_dtype_only() -> None:
    scratch = Scratch()
    small = scratch.like(np.zeros(2))
    large = scratch.like(np.zeros((2, 3)))
    assert not np.shares_memory(small, large), "it had to grow"
    assert np.shares_memory(large, scratch.like(np.zeros(2)))
    assert not np.shares_memory(large, scratch.like(np.zeros(2), slot=1))
    assert scratch.like(np.zeros(2, np.float32)).dtype == np.float32
    assert scratch.like(np.zeros(())).shape == ()
