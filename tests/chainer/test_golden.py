"""tinyconv.chainer gives what Chainer 7.8.1 itself gave; ``make_golden.py`` wrote the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tinyconv.chainer as chainer
import tinyconv.chainer.functions as F
import tinyconv.chainer.links as L

from . import golden_cases


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(Path(__file__).with_name("golden.npz")) as file:
        return dict(file)


@pytest.mark.parametrize("group", golden_cases.GROUPS)
def test_results_are_chainers(group: Callable, golden: dict[str, np.ndarray]) -> None:
    expected = {name.split(".")[1]: value for name, value in golden.items() if name.startswith(group.__name__ + ".")}
    ours = golden_cases.arrays(group, chainer, L, F)
    assert ours.keys() == expected.keys()
    for name, value in ours.items():
        assert value.shape == expected[name].shape, name
        if value.dtype.kind == "f":
            assert value.dtype == expected[name].dtype, name
            np.testing.assert_allclose(value, expected[name], rtol=2e-5, atol=1e-5, err_msg=name)
        else:
            assert value.tolist() == expected[name].tolist(), name


def test_the_file_says_what_made_it(golden: dict[str, np.ndarray]) -> None:
    assert golden["versions"][0] == "chainer 7.8.1"
