"""Is the strict device right about CuPy?  Runs on a GPU only: what the one refuses the other must refuse."""

from __future__ import annotations

import numpy as np
import pytest

from tests import strict_device
from tests.conftest import cuda_or_skip
from tests.strict_device.cases import (
    ACCEPTED,
    HIDDEN_COPIES,
    REFUSED,
    REFUSED_BY_STRICT_ONLY,
    REFUSED_OF_NUMPY_2,
    X,
    random_draw,
)
from tinyconv import backend


@pytest.fixture
def cupy():
    cuda_or_skip()
    module = backend.Device("cuda").xp
    yield module
    module.cuda.runtime.deviceSynchronize()


@pytest.mark.parametrize("name", REFUSED | REFUSED_OF_NUMPY_2)
def test_cupy_refuses_too(cupy, name):
    with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError)):
        (REFUSED | REFUSED_OF_NUMPY_2)[name](cupy, cupy.asarray(X))


@pytest.mark.parametrize("name", REFUSED_BY_STRICT_ONLY)
def test_cupy_obeys_silently(cupy, name):
    REFUSED_BY_STRICT_ONLY[name](cupy, cupy.asarray(X))


@pytest.mark.parametrize("name", HIDDEN_COPIES)
def test_cupy_copies_silently(cupy, name):
    HIDDEN_COPIES[name](cupy, cupy.asarray(X))


@pytest.mark.parametrize("name", ACCEPTED)
def test_same_result(cupy, name):
    strict_xp = strict_device.xp
    strict = ACCEPTED[name](strict_xp, strict_xp.asarray(X))
    real = ACCEPTED[name](cupy, cupy.asarray(X))
    assert type(real) is cupy.ndarray
    assert (strict.dtype, strict.shape) == (real.dtype, real.shape)
    np.testing.assert_allclose(strict.get(), real.get(), rtol=1e-4, atol=1e-4)


def test_same_kind_of_random_draw(cupy):
    strict, real = random_draw(strict_device.xp), random_draw(cupy)
    assert (strict.dtype, strict.shape) == (real.dtype, real.shape)


@pytest.mark.parametrize(("function", "arguments"), [("sum", ()), ("max", ()), ("reshape", (-1,)), ("clip", (0, 1))])
def test_cupy_lets_host_arrays_pass(cupy, function, arguments):
    """CuPy runs NumPy on a NumPy array without a word: only the type of a result shows where it was made."""
    assert isinstance(getattr(cupy, function)(X, *arguments), (np.ndarray, np.generic))
