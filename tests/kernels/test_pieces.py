"""Ranges and arrays cut into pieces."""

from __future__ import annotations

import numpy as np
import pytest

from tinyconv.backend import Device
from tinyconv.kernels.pieces import flat_pieces, length, pieces


@pytest.mark.parametrize("cells", [0, 1, 7, 64])
@pytest.mark.parametrize("at_most", [1, 3, 64, 100])
def test_pieces_are_few_and_cover_everything_once(cells: int, at_most: int) -> None:
    cut = pieces(cells, at_most)
    assert [i for piece in cut for i in range(cells)[piece]] == list(range(cells))
    assert len(cut) == -(-cells // at_most)
    assert all(1 <= length(piece) <= at_most for piece in cut)


def test_flat_pieces_are_views_that_cover_everything_once() -> None:
    a, b = np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)
    sizes = []
    for piece, other in flat_pieces((a, b), at_most=4):
        piece += other
        sizes.append(piece.size)
    assert sizes == [3, 3, 3]
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.zeros((3, 3)).T, np.zeros(()), np.zeros((0, 9))])
def test_small_and_strided_arrays_are_one_piece(array: np.ndarray) -> None:
    ((piece,),) = flat_pieces((array,), at_most=4)
    assert piece is array


def test_a_device_array_is_one_piece_however_large() -> None:
    array = Device("strict").asarray(np.zeros(100))
    ((piece,),) = flat_pieces((array,), at_most=4)
    assert piece is array
