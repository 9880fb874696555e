"""PyTorch's names for what concerns CUDA devices.

Each says how things stand without a GPU too; what needs one raises as ``Device("cuda")`` does.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ..absent import missing as _missing
from ..backend import Device, cuda_is_available
from ..random import Generator
from ..random import manual_seed as _manual_seed
from ..typed import cuda_types as _cuda_types
from . import amp

__all__ = [
    "amp", "current_device", "device_count", "empty_cache", "get_device_capability", "get_device_name", "init",
    "is_available", "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated", "memory_allocated",
    "memory_reserved", "reset_peak_memory_stats", "synchronize",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)


(
    FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor,
) = _cuda_types  # fmt: skip
__all__ += [kind.__name__ for kind in _cuda_types]


def _device(device: Any) -> Device:
    """A CUDA device, by its index or name; the first one by default."""
    return Device("cuda" if device is None else f"cuda:{device}" if isinstance(device, int) else device)


def is_available() -> bool:
    """Tell whether a CUDA device can be used here.

    Examples
    --------
    >>> import tinyconv as tc
    >>> device = tc.device("cuda" if tc.cuda.is_available() else "cpu")
    """
    return cuda_is_available()


def device_count() -> int:
    """Give the number of CUDA devices; 0 where none can be used."""
    return Device("cuda").backend.count() if cuda_is_available() else 0


def init() -> None:
    """Load the library that computes on the GPU, which the first use would do too."""
    Device("cuda")


def is_initialized() -> bool:
    """Tell whether a CUDA device can be used: it is set up when it is first asked for."""
    return cuda_is_available()


def current_device() -> int:
    """Give the index of the device that ``"cuda"`` means: 0.

    Raises
    ------
    RuntimeError
        Without a GPU.
    """
    return Device("cuda").index


def get_device_name(device: Any = None) -> str:
    """Give the name of a device, such as ``"NVIDIA H100 80GB HBM3"``.

    Raises
    ------
    RuntimeError
        Without a GPU.
    """
    this = _device(device)
    return str(this.xp.cuda.runtime.getDeviceProperties(this.index)["name"].decode())


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Give a device's compute capability, such as ``(9, 0)``.

    Raises
    ------
    RuntimeError
        Without a GPU.
    """
    this = _device(device)
    properties = this.xp.cuda.runtime.getDeviceProperties(this.index)
    return int(properties["major"]), int(properties["minor"])


def synchronize(device: Any = None) -> None:
    """Wait until the work queued on a device is done: before a clock is read, for example.

    Raises
    ------
    RuntimeError
        Without a GPU.
    """
    this = _device(device)
    with this.use():
        this.synchronize()


def _pool(device: Any) -> Any:
    """The memory pool of a device, or None without a GPU."""
    if not cuda_is_available():
        return None
    this = _device(device)
    with this.use():
        return this.xp.get_default_memory_pool()


def empty_cache() -> None:
    """Give memory that is held but not in use back to the device; nothing without a GPU."""
    pool = _pool(None)
    if pool is not None:
        pool.free_all_blocks()


def memory_allocated(device: Any = None) -> int:
    """Give the bytes that arrays on a device take up; 0 without a GPU.

    Examples
    --------
    >>> memory_allocated() >= 0
    True
    """
    pool = _pool(device)
    if pool is None:
        return 0
    with _device(device).use():
        return int(pool.used_bytes())


def memory_reserved(device: Any = None) -> int:
    """Give the bytes that are held of a device's memory, in use or not; 0 without a GPU."""
    pool = _pool(device)
    if pool is None:
        return 0
    with _device(device).use():
        return int(pool.total_bytes())


def max_memory_allocated(device: Any = None) -> int:
    """Give the bytes held of a device's memory, which is the most that arrays have taken up since it was emptied."""
    return memory_reserved(device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Begin :func:`max_memory_allocated` anew, by :func:`empty_cache`."""
    empty_cache()


def manual_seed(seed: int) -> Generator:
    """Seed every random draw: there is one generator for all devices, so this is ``tinyconv.manual_seed``."""
    return _manual_seed(seed)


def manual_seed_all(seed: int) -> Generator:
    """Seed every random draw, as :func:`manual_seed` does."""
    return _manual_seed(seed)
