"""Where the CUDA kernels run in tests: on the CPU through a shim, and on a GPU where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.ma  # reads numpy.empty when first imported: before `on_host` replaces that
import pytest

from tests.conftest import cuda_or_skip
from tests.cuda.host_compiler import HostKernels, missing_compiler
from tinyconv import backend
from tinyconv.kernels import cuda
from tinyconv.kernels.cuda import program


@pytest.fixture(scope="session")
def host_kernels(tmp_path_factory: pytest.TempPathFactory) -> HostKernels:
    """All kernels compiled for the CPU in this run, each once."""
    if missing_compiler():
        pytest.skip(missing_compiler())
    return HostKernels(tmp_path_factory.mktemp("host_kernels"))


def poisoned(shape: Any, dtype: Any = float, **options: Any) -> np.ndarray:
    """Like ``numpy.empty``, filled with what no test expects: an element that no thread writes shows."""
    return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max, dtype, **options)


@pytest.fixture
def on_host(host_kernels: HostKernels, monkeypatch: pytest.MonkeyPatch) -> HostKernels:
    """Let launchers run NumPy's arrays through the kernels compiled for the CPU."""
    host_kernels.launched.clear()
    monkeypatch.setattr(program, "compile_kernel", host_kernels)
    monkeypatch.setattr(np, "empty", poisoned)
    return host_kernels


@pytest.fixture
def everywhere(on_host: HostKernels, monkeypatch: pytest.MonkeyPatch) -> HostKernels:
    """Let all of tinyconv take NumPy's arrays for CuPy's, so that it uses the kernels on the CPU."""

    def available_for(array: Any, spatial_axes: int = 0) -> bool:
        return cuda.is_enabled() and spatial_axes <= 3 and array.dtype.kind == "f"

    monkeypatch.setattr(cuda, "available_for", available_for)
    monkeypatch.setattr(cuda.dispatch, "available_for", available_for)
    return on_host


@pytest.fixture(params=["host", "cuda"])
def place(request: pytest.FixtureRequest) -> Iterator[backend.Device]:
    """Where kernels run: on the CPU by way of g++, and on a GPU where there is one."""
    if request.param == "host":
        request.getfixturevalue("on_host")
        yield backend.Device("cpu")
        return
    cuda_or_skip()
    device = backend.Device("cuda")
    yield device
    device.synchronize()  # an error in work still queued lands on the test that queued it
