from __future__ import annotations

import contextlib
import pathlib
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from tests import strict_device
from tinyconv import backend
from tinyconv.backend import Backend, Device, asnumpy, device_of, get_array_module, register_backend

# --- parsing and comparing ---


@pytest.mark.parametrize(
    ("spec", "kind", "index"), [("cpu", "cpu", 0), ("strict", "strict", 0), ("strict:1", "strict", 1)]
)
def test_parsing(spec, kind, index):
    device = Device(spec)
    assert (device.type, device.index) == (kind, index)
    assert Device(device) == device


def test_default_is_the_cpu():
    assert Device() == Device("cpu")
    assert Device().xp is np


@pytest.mark.parametrize("spec", ["gpu", "", "cpu:x", "cpu:-1", "strict:1.5", ":0"])
def test_unknown_device(spec):
    with pytest.raises(RuntimeError, match="Unknown device") as caught:
        Device(spec)
    assert repr(spec) in str(caught.value)
    assert "'cpu', 'cuda'" in str(caught.value)


@pytest.mark.parametrize("spec", [0.0, None, b"cpu"])
def test_device_wants_a_string(spec):
    with pytest.raises(TypeError, match=type(spec).__name__):
        Device(spec)


def test_equality_and_hash():
    assert Device("strict") == Device("strict:0") == "strict"
    assert Device("strict:0") != Device("strict:1")
    assert Device("strict") != Device("cpu")
    assert Device("cpu") != 0
    assert len({Device("strict"), Device("strict:0"), Device("cpu")}) == 2


@pytest.mark.parametrize("other", ["cuda", "nonsense"])
def test_comparing_with_a_device_that_is_not_here(no_cupy, other):
    assert Device("cpu") != other


@pytest.mark.parametrize("spec", ["cpu", "strict:1"])
def test_names_lead_back_to_the_device(spec):
    device = Device(spec)
    assert str(device) == spec
    assert Device(str(device)) == device
    assert pickle.loads(pickle.dumps(device)) == device
    assert device.type in repr(device)


# --- arrays and their devices ---


def test_array_knows_its_device(device):
    array = device.asarray(np.arange(3, dtype="f4"))
    assert type(array) is device.xp.ndarray
    assert device_of(array) == device
    assert get_array_module(array) is device.xp
    assert device.asarray(array) is array
    host = asnumpy(array)
    assert type(host) is np.ndarray
    assert host.tolist() == [0, 1, 2]
    assert host.dtype == np.float32


def test_arrays_move_between_devices(device):
    back = Device("cpu").asarray(device.asarray(np.ones(2)))
    assert type(back) is np.ndarray
    assert device_of(device.asarray(back)) == device


def test_moving_is_counted():
    strict_device.transfers.reset()
    array = Device("strict").asarray(np.ones(2))
    asnumpy(array)
    assert (strict_device.transfers.h2d, strict_device.transfers.d2h) == (1, 1)
    with strict_device.no_transfers(), pytest.raises(strict_device.TransferError):
        asnumpy(array)


def test_numpy_subclass_is_numpys(tmp_path):
    array = np.memmap(tmp_path / "numbers", dtype="f4", shape=(2,), mode="w+")
    assert get_array_module(array) is np
    assert device_of(array) == "cpu"


@pytest.mark.parametrize("value", [[1.0], 1.0, "text", None])
@pytest.mark.parametrize("function", [get_array_module, device_of, asnumpy])
def test_not_an_array(function, value):
    with pytest.raises(TypeError, match=rf"{type(value).__name__} is not an array of a known library.*cpu"):
        function(value)


class ListArray:
    """The least that an array library can be."""

    def __init__(self, values):
        self.values = list(values)


def test_another_library_can_register(registries):
    used = []

    @contextlib.contextmanager
    def activate(index):
        used.append(index)
        yield

    register_backend(
        Backend(
            "lists",
            "the namespace",
            ListArray,
            ListArray,
            lambda a: np.array(a.values),
            activate=activate,
            count=lambda: 4,
        )
    )
    device = Device("lists:3")
    array = device.asarray(np.arange(2))
    assert (array.values, used) == ([0, 1], [3])
    assert get_array_module(array) == "the namespace"
    assert asnumpy(array).tolist() == [0, 1]
    assert device_of(array) == "lists:0"


# --- CUDA, here or not ---


@pytest.fixture
def registries(monkeypatch):
    """Let a test register backends that are gone after it."""
    monkeypatch.setattr(backend, "_by_name", dict(backend._by_name))
    monkeypatch.setattr(backend, "array_types", dict(backend.array_types))


@pytest.fixture
def pretend_cupy(registries, monkeypatch, tmp_path):
    """Give a function that puts a module of the given source in CuPy's place."""
    monkeypatch.delitem(backend._by_name, "cuda", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "cupy"]:
        monkeypatch.delitem(sys.modules, name)

    def install(source):
        (tmp_path / "cupy.py").write_text(textwrap.dedent(source), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)

    backend._find_cupy.cache_clear()
    yield install
    backend._find_cupy.cache_clear()
    sys.modules.pop("cupy", None)


@pytest.fixture
def no_cupy(pretend_cupy, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # what find_spec and import take for "not installed"


def cuda_error():
    with pytest.raises(RuntimeError, match="Device 'cuda' cannot be used") as caught:
        Device("cuda:0")
    assert "Device('cpu')" in str(caught.value)
    assert not backend.cuda_is_available()
    return str(caught.value)


def test_cupy_is_not_installed(no_cupy):
    message = cuda_error()
    assert "CuPy is not installed" in message
    assert 'pip install ".[cupy]"' in message


def test_cupy_cannot_be_imported(pretend_cupy):
    pretend_cupy('raise ImportError("libcublas.so.13: cannot open shared object file")')
    assert "CuPy is installed but cannot be imported: libcublas.so.13" in cuda_error()


def test_the_driver_is_missing(pretend_cupy):
    pretend_cupy(
        """
        class runtime:
            def getDeviceCount():
                raise RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")

        class cuda:
            runtime = runtime
            is_available = staticmethod(lambda: False)
        """
    )
    assert "CuPy finds no usable GPU: cudaErrorInsufficientDriver" in cuda_error()


def test_there_is_no_gpu(pretend_cupy):
    pretend_cupy(
        """
        __version__ = "14.2.0"

        class runtime:
            getDeviceCount = staticmethod(lambda: 0)

        class cuda:
            runtime = runtime
            is_available = staticmethod(lambda: False)
        """
    )
    assert "CuPy 14.2.0 finds no CUDA device" in cuda_error()


CUPY_WITH_TWO_GPUS = """
    import contextlib, types
    import numpy

    calls = []

    class ndarray:
        def __init__(self, host, index=0):
            self.host, self.device = host, types.SimpleNamespace(id=index)

    current = 0
    asarray = lambda host: ndarray(host, current)
    asnumpy = lambda array: array.host

    class runtime:
        deviceSynchronize = staticmethod(lambda: calls.append("synchronize"))
        getDeviceCount = staticmethod(lambda: 2)

    @contextlib.contextmanager
    def Device(index):
        global current
        current = index
        yield
        current = 0

    class cuda:
        runtime = runtime
        is_available = staticmethod(lambda: True)
        Device = staticmethod(Device)
"""


def test_cupy_is_here(pretend_cupy):
    pretend_cupy(CUPY_WITH_TWO_GPUS)
    assert backend.cuda_is_available()
    with pytest.raises(ValueError, match="'cuda:2' does not exist: there are 2 of type 'cuda'"):
        Device("cuda:2")
    device = Device("cuda:1")
    cupy = sys.modules["cupy"]
    assert device.xp is cupy
    array = device.asarray(np.arange(2))
    assert device_of(array) == "cuda:1"
    assert device_of(cupy.asarray(np.arange(2))) == "cuda:0"
    assert asnumpy(array).tolist() == [0, 1]
    device.synchronize()
    assert cupy.calls == ["synchronize"]


def test_cupy_array_is_known_before_any_cuda_device_is(pretend_cupy):
    pretend_cupy(CUPY_WITH_TWO_GPUS)
    import cupy

    assert get_array_module(cupy.asarray(np.arange(2))) is cupy


# --- random numbers ---


def draw():
    return backend.generator().random(3).tolist()


def test_seed_repeats_the_draws():
    backend.manual_seed(7)
    first = draw()
    assert draw() != first
    backend.manual_seed(7)
    assert draw() == first
    backend.manual_seed(8)
    assert draw() != first


def test_state_repeats_the_draws():
    draw()
    state = backend.get_rng_state()
    first = draw()
    backend.set_rng_state(state)
    assert draw() == first


def test_state_does_not_change_with_later_draws():
    state = backend.get_rng_state()
    copy = pickle.loads(pickle.dumps(state))
    draw()
    assert state == copy
    assert state != backend.get_rng_state()


def test_the_generator_stays_the_same_object():
    generator = backend.generator()
    backend.manual_seed(1)
    assert backend.generator() is generator


def draw_and_fail():
    draw()
    raise KeyError


@pytest.mark.parametrize("seed", [None, 3])
def test_fork_rng_leaves_the_generator_as_it_was(seed):
    state = backend.get_rng_state()
    with pytest.raises(KeyError), backend.fork_rng(seed):
        draw_and_fail()
    assert backend.get_rng_state() == state


def test_fork_rng_seeds_only_inside():
    with backend.fork_rng(seed=3):
        inside = draw()
    backend.manual_seed(3)
    assert draw() == inside


def test_fork_rng_without_a_seed_goes_on_from_here():
    with backend.fork_rng():
        inside = draw()
    assert draw() == inside


def test_every_test_starts_from_the_same_seed():
    now = backend.get_rng_state()
    backend.manual_seed(0)
    assert backend.get_rng_state() == now


# --- import ---

HEAVY = "cupy", "torch", "matplotlib", "threadpoolctl", "tqdm", "safetensors", "hypothesis", "pytest"


def test_import_loads_no_optional_package():
    code = f"import sys, tinyconv; assert tinyconv.__file__; print([m for m in {HEAVY} if m in sys.modules])"
    command = [sys.executable, "-W", "error", "-c", code]
    root = pathlib.Path(__file__).parents[1]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert (result.stdout.strip(), result.stderr) == ("[]", "")
