import numpy as np
import pytest

import tinyconv as tc


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4", "i8", "u1", "?"])
def test_numpy_shares_the_memory_both_ways(dtype):
    array = np.zeros((2, 3), dtype)
    x = tc.from_dlpack(array.T)
    array[1, 0] = 1
    assert x.shape == (3, 2)
    assert x.dtype == array.dtype
    assert x[0, 1].item() == 1
    back = np.from_dlpack(x)
    array[0, 2] = 1
    assert np.shares_memory(back, array)
    assert back.tolist() == array.T.tolist()


def test_another_tensor():
    x = tc.arange(6.0).reshape(2, 3)
    y = tc.from_dlpack(x)
    x[0, 0] = 7.0
    assert y.tolist() == [[7, 1, 2], [3, 4, 5]]
    assert x.__dlpack_device__() == (1, 0)


def test_what_requires_grad_is_not_handed_out():
    x = tc.ones(2, requires_grad=True)
    for attempt in (np.from_dlpack, tc.from_dlpack):
        with pytest.raises(BufferError, match=r"require gradient, use tensor.detach\(\)"):
            attempt(x)
    assert np.from_dlpack(x.detach()).tolist() == [1, 1]


def test_a_copy():
    array = np.zeros(2)
    own = tc.from_dlpack(array, copy=True)
    same = tc.from_dlpack(array, copy=False, device="cpu")
    array[0] = 1
    assert own.tolist() == [0, 0]
    assert same.tolist() == [1, 0]


def test_to_another_device(device):
    x = tc.from_dlpack(np.ones(2), device=device)
    assert x.device == device
    if device.type != "cpu":
        with pytest.raises(BufferError, match="needs a copy, which copy=False forbids"):
            tc.from_dlpack(np.ones(2), device=device, copy=False)


def test_what_is_no_array():
    with pytest.raises(TypeError, match=r"from_dlpack: expected an array with __dlpack__.*got list.*tc.tensor\(data\)"):
        tc.from_dlpack([1.0])
    with pytest.raises(TypeError):
        tc.from_dlpack(np.zeros(2, "c8"))

    class Elsewhere:
        def __dlpack__(self, **options):
            raise AssertionError

        def __dlpack_device__(self):
            return 10, 0

    with pytest.raises(BufferError, match=r"DLPack's type 10; tinyconv knows CPU \(1\) and CUDA \(2\)"):
        tc.from_dlpack(Elsewhere())


def test_pytorch():
    torch = pytest.importorskip("torch")
    x = tc.zeros(2, 3)
    y = torch.from_dlpack(x)
    y[0, 1] = 5
    assert x[0, 1].item() == 5
    z = tc.from_dlpack(y)
    y[1, 1] = 6
    assert z[1, 1].item() == 6
