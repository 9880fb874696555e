"""Devices and their arrays (:mod:`tinyconv.backend`)."""

from ..install import install
from .text import Phrase, Text

TEXTS = {
    "device.cuda": Text(
        RuntimeError,
        en="Device 'cuda' cannot be used: {reason}. Use Device('cpu') instead.",
        zh="不能使用 Device 'cuda'：{reason}。请改用 Device('cpu')。",
    ),
    "device.spec": Text(
        TypeError,
        en="Device takes a string such as 'cpu' or 'cuda:0', got {spec.__class__.__name__}",
        zh="Device 接受 'cpu'、'cuda:0' 这样的字符串，得到的是 {spec.__class__.__name__}",
    ),
    "device.two_indices": Text(
        RuntimeError,
        en="device({type!r}, {index!r}): the index must be an int from 0 up, and given once: write device('cuda', 0) "
        "or device('cuda:0')",
        zh="device({type!r}, {index!r})：序号应当是从 0 起的整数，并且只给一次："
        "请写 device('cuda', 0) 或 device('cuda:0')",
    ),
    "default.dtype": Text(
        TypeError,
        en="only floating-point types are supported as the default type, got {given!r}. Use float16, float32 or "
        "float64",
        zh="默认类型只能是浮点类型，得到的是 {given!r}。请用 float16、float32 或 float64",
    ),
    "type.unknown": Text(
        ValueError,
        en="invalid type: {given!r}. Give a dtype such as tinyconv.int64, or a name such as 'torch.LongTensor'",
        zh="无效的类型：{given!r}。请给出 tinyconv.int64 这样的 dtype，或 'torch.LongTensor' 这样的名字",
    ),
    "device.unknown": Text(
        RuntimeError,
        en="Unknown device {spec!r}: expected one of {known}, with an optional ':index'",
        zh="不认识的设备 {spec!r}：应当是 {known} 之一，后面可以加 ':index'",
    ),
    "device.index": Text(
        ValueError,
        en="Device {spec!r} does not exist: there are {count} of type {kind!r}",
        zh="设备 {spec!r} 不存在：{kind!r} 类型的设备共有 {count} 个",
    ),
    "device.array": Text(
        TypeError,
        en="{array.__class__.__name__} is not an array of a known library ({known})",
        zh="{array.__class__.__name__} 不是已知数组库（{known}）的数组",
    ),
}

PHRASES = {
    "device.no_cupy": Phrase(
        en=f"CuPy is not installed. Install it with: {install('cupy')}",
        zh=f"没有安装 CuPy。安装方法：{install('cupy')}",
    ),
    "device.no_gpu": Phrase(
        en="CuPy {version} finds no CUDA device",
        zh="CuPy {version} 找不到 CUDA 设备",
    ),
    "device.broken_cupy": Phrase(
        en="CuPy is installed but cannot be imported: {reason}",
        zh="CuPy 已安装，但无法导入：{reason}",
    ),
    "device.broken_gpu": Phrase(
        en="CuPy finds no usable GPU: {reason}",
        zh="CuPy 找不到可用的 GPU：{reason}",
    ),
}
