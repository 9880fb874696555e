"""Ranges and arrays cut into pieces."""

from __future__ import annotations

import numpy as np
import pytest

from tinyconv.backend import Device
from tinyconv.kernels import tuning
from tinyconv.kernels.passes import pass_over
from tinyconv.kernels.pieces import length, pieces


@pytest.mark.parametrize("cells", [0, 1, 7, 64])
@pytest.mark.parametrize("at_most", [1, 3, 64, 100])
def test_pieces_are_few_and_cover_everything_once(cells: int, at_most: int) -> None:
    cut = pieces(cells, at_most)
    assert [i for piece in cut for i in range(cells)[piece]] == list(range(cells))
    assert len(cut) == -(-cells // at_most)
    assert all(1 <= length(piece) <= at_most for piece in cut)


def pieces_of(array: np.ndarray) -> list[np.ndarray]:
    """The pieces that a pass takes, at most four cells at once."""
    seen: list[np.ndarray] = []
    pass_over(seen.append, (array,), cell_work=1, at_most=4)
    return seen


def test_a_pass_goes_over_everything_once() -> None:
    a, b = np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)
    pass_over(lambda into, other: np.add(into, other, out=into), (a, b), cell_work=1, at_most=4)
    assert sorted(piece.size for piece in pieces_of(a)) == [2, 2, 2, 3]
    np.testing.assert_array_equal(a, b)


def test_a_long_pass_is_shared_among_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "SMALL_WORK", 7)
    a, b = np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)
    seen = []

    def add(into: np.ndarray, other: np.ndarray) -> None:
        seen.append(into.size)
        into += other

    pass_over(add, (a, b), cell_work=1)
    assert sorted(seen) == [4, 5]
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.zeros((3, 3)).T, np.zeros(()), np.zeros((0, 9))])
def test_small_and_strided_arrays_are_one_piece(array: np.ndarray) -> None:
    (piece,) = pieces_of(array)
    assert piece is array


def test_a_device_array_is_one_piece_however_large() -> None:
    array = Device("strict").asarray(np.zeros(100))
    (piece,) = pieces_of(array)
    assert piece is array
