"""The fake must refuse what CuPy refuses, see every copy, and compute the rest as NumPy does."""

from __future__ import annotations

import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

from tests.strict_device import DeviceError, TransferError, ndarray, no_transfers, transfers, xp
from tests.strict_device.cases import (
    ACCEPTED,
    HIDDEN_COPIES,
    REFUSED,
    REFUSED_BY_STRICT_ONLY,
    REFUSED_OF_NUMPY_2,
    X,
    random_draw,
)
from tests.strict_device.spec import API, call_signature, ufunc_spec

REFUSALS = (TypeError, ValueError, AttributeError, NotImplementedError)
ALL_REFUSED = REFUSED | REFUSED_BY_STRICT_ONLY


@pytest.fixture
def x():
    transfers.reset()
    return xp.asarray(X)


# --- refused ---


@pytest.mark.parametrize("name", ALL_REFUSED)
def test_planted_bug_runs_on_numpy(name):
    ALL_REFUSED[name](np, X.copy())


@pytest.mark.parametrize("name", ALL_REFUSED | REFUSED_OF_NUMPY_2)
def test_planted_bug_is_refused(x, name):
    case = (ALL_REFUSED | REFUSED_OF_NUMPY_2)[name]
    with pytest.raises(REFUSALS):
        case(xp, x)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.3.0", reason="these came with NumPy 2")
@pytest.mark.parametrize("name", REFUSED_OF_NUMPY_2)
def test_planted_bug_of_numpy_2_runs_there(name):
    REFUSED_OF_NUMPY_2[name](np, X.copy())


def test_as_strided_beyond_the_memory():
    a = xp.zeros((3,), dtype="f4")
    strided = xp.lib.stride_tricks.as_strided
    assert strided(a[1:], (2,), (4,)).shape == (2,)
    with pytest.raises(DeviceError, match="leaves the memory"):
        strided(a, (4,), (4,))
    with pytest.raises(DeviceError, match="leaves the memory"):
        strided(a, (2,), (-4,))
    assert strided(a[:0], (0, 9), (4, 4)).size == 0


def test_out_of_range_index_array(x):
    with pytest.raises(IndexError):
        x[xp.arange(3)]


def test_write_into_broadcast(x):
    with pytest.raises(ValueError, match="read-only"):
        xp.broadcast_to(x, (4, *x.shape))[0] = 0


def test_unsupported_dtype():
    with pytest.raises(DeviceError, match="Unsupported dtype"):
        xp.asarray(np.array(["a"]))


def test_names_that_only_numpy_has_do_not_exist():
    assert not hasattr(xp, "errstate")
    assert not hasattr(ndarray, "__index__")
    assert not hasattr(ndarray, "__array_interface__")


def test_names_that_the_host_lacks_do_not_exist():
    lacking = sorted(API[""].keys() - set(dir(np)))
    assert [name for name in lacking if hasattr(xp, name)] == []
    assert hasattr(xp, "concat") == hasattr(np, "concat")


# --- copies ---


@pytest.mark.parametrize("name", HIDDEN_COPIES)
def test_hidden_copy_is_counted_and_forbidden(x, name):
    before = transfers.h2d + transfers.d2h
    HIDDEN_COPIES[name](xp, xp.copy(x))
    assert transfers.h2d + transfers.d2h > before
    with no_transfers(), pytest.raises(TransferError):
        HIDDEN_COPIES[name](xp, x)


def test_counts():
    transfers.reset()
    a = xp.asarray(np.zeros(3, "f4"))
    assert (transfers.h2d, transfers.d2h) == (1, 0)
    a.get()
    float(a.sum())
    assert (transfers.h2d, transfers.d2h) == (1, 2)
    assert transfers.nbytes == {"h2d": 12, "d2h": 16}
    assert transfers.sites == {("h2d", "asarray"): 1, ("d2h", "get"): 1, ("d2h", "float"): 1}


def test_no_transfers_ends_with_its_block_also_after_an_error(x):
    with pytest.raises(TransferError), no_transfers(), no_transfers():
        float(x.sum())
    float(x.sum())


def test_upload_does_not_share_memory():
    host = np.zeros(3, "f4")
    a = xp.asarray(host)
    host[0] = 1
    assert a.tolist() == [0, 0, 0]
    a.get()[0] = 2
    assert a.tolist() == [0, 0, 0]


# --- accepted ---


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.filterwarnings("error")
def test_accepted_call_needs_no_copy(x, name):
    with no_transfers():
        result = ACCEPTED[name](xp, x)
    assert type(result) is ndarray


@pytest.mark.parametrize("name", sorted(ACCEPTED.keys() - {"x[0] is a view", "x[0-d array] is a copy"}))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_accepted_call_computes_as_numpy(x, name):
    got, expected = ACCEPTED[name](xp, x).get(), ACCEPTED[name](np, X.copy())
    np.testing.assert_allclose(got, expected, rtol=1e-6)  # NumPy 1.26 has x ** 2 apart from power(x, 2)
    assert got.dtype == np.asarray(expected).dtype


def test_views_and_copies_follow_cupy(x):
    assert float(ACCEPTED["x[0] is a view"](xp, x)[0]) == pytest.approx(X[0, 0, 0, 0] + 10)
    x = xp.asarray(X)
    np.testing.assert_array_equal(ACCEPTED["x[0-d array] is a copy"](xp, x).get(), X)


def test_asarray_of_a_device_array_is_that_array(x):
    with no_transfers():
        assert xp.asarray(x) is x
        assert x.astype("f4", copy=False) is x


def test_results_are_arrays_also_of_one_number(x):
    for result in (x.sum(), x[0, 0, 0, 0], xp.add(x.sum(), 1), xp.allclose(x, x), xp.exp(1.0)):
        assert type(result) is ndarray
        assert result.shape == ()


def test_host_answers(x):
    with no_transfers():
        assert xp.result_type(x, np.float64) == np.float64
        assert xp.ndim(x) == 4
        assert xp.shape(x) == x.shape
        assert not xp.may_share_memory(x, x + 1)
        assert (len(x), x.size, x.nbytes, x.itemsize) == (2, 216, 864, 4)
        assert (x.flags.c_contiguous, x.T.flags.c_contiguous) == (True, False)


def test_out_is_returned(x):
    out = xp.empty_like(x)
    assert xp.add(x, x, out=out) is out
    assert xp.add(x, x, out) is out
    assert xp.matmul(x, x, out=out) is out


def test_random_stream_is_not_numpys():
    with no_transfers():
        draw = random_draw(xp)
    assert draw.shape == (3, 2)
    assert not np.array_equal(draw.get(), random_draw(np))


def test_pickle(x):
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x)).get(), X)


class Other:
    """An operand that wants to compute the result itself, as a Tensor does."""

    __array_ufunc__ = None

    def __add__(self, other):
        return "other"

    __radd__ = __add__


def test_defers_to_other_types(x):
    assert x + Other() == "other"
    assert Other() + x == "other"


def test_iteration_yields_arrays(x):
    with no_transfers():
        assert [part.shape for part in x] == [(3, 6, 6)] * 2
    with pytest.raises(TypeError):
        len(x.sum())


# --- the list of names ---


def test_ufunc_entry():
    spec = ufunc_spec("ufunc 2 1 at=add reduce")
    assert (spec.nin, spec.nout, spec.at, spec.reduce) == (2, 1, "add", True)
    spec = ufunc_spec("ufunc 1 2")
    assert (spec.nin, spec.nout, spec.at, spec.reduce) == (1, 2, None, False)


@pytest.mark.parametrize(
    ("entry", "signature"),
    [
        ("call", "()"),
        ("call a, axis=", "(a, axis=None)"),
        ("call a, *, copy=", "(a, *, copy=None)"),
        ("call *args, dtype=, **options", "(*args, dtype=None, **options)"),
    ],
)
def test_call_entry(entry, signature):
    assert str(call_signature(entry)) == signature


def test_api_json_is_what_the_installed_cupy_says():
    cupy = pytest.importorskip("cupy", exc_type=ImportError)
    if (cupy.__version__, np.__version__) != (API["cupy"], API["numpy"]):
        pytest.skip(f"api.json was read off CuPy {API['cupy']} beside NumPy {API['numpy']}")
    script = pathlib.Path(__file__).with_name("generate_api.py")
    assert subprocess.run([sys.executable, script, "--check"], timeout=120, check=False).returncode == 0
