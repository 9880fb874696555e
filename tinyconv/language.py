"""The language of error texts: English, or Chinese after ``set_language('zh')``.

An error is written once, as an English template with named fields, and :func:`translate` fills it in.
The Chinese catalogue below is keyed by that template, so a text without a translation comes out in
English, and both languages show the same numbers: they are filled from the same fields.

Only the words change.  The types of the exceptions, the names of arguments and the code that an error
proposes are the same in every language.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType

__all__ = ["get_language", "set_language", "translate", "use_language"]

LANGUAGES = ("en", "zh")
_everywhere = "en"  # what set_language chose, for all threads
_here: ContextVar[str | None] = ContextVar("tinyconv_language", default=None)  # what a `with` block chose, for its own


def set_language(language: str) -> None:
    """Choose the language of error texts for the whole program, every thread included.

    Parameters
    ----------
    language : {'en', 'zh'}
        English or simplified Chinese.

    Raises
    ------
    ValueError
        For another language.

    Examples
    --------
    >>> from tinyconv.language import get_language, set_language
    >>> set_language("zh")
    >>> get_language()
    'zh'
    >>> set_language("en")
    """
    global _everywhere
    _everywhere = _known(language)


def get_language() -> str:
    """Tell in which language an error would be written here.

    Examples
    --------
    >>> get_language()
    'en'
    """
    return _here.get() or _everywhere


@contextlib.contextmanager
def use_language(language: str) -> Iterator[None]:
    """Choose the language inside a ``with`` block, for this thread (or asynchronous task) alone.

    Raises
    ------
    ValueError
        For another language than English and Chinese.

    Examples
    --------
    >>> import tinyconv as tc
    >>> with use_language("zh"):
    ...     tc.nn.Conv2d(4, 4, 3, groups=3)
    Traceback (most recent call last):
    ...
    ValueError: Conv2d: in_channels 必须能被 groups 整除...
    """
    token = _here.set(_known(language))
    try:
        yield
    finally:
        _here.reset(token)


def translate(template: str, /, **fields: object) -> str:
    """Fill the fields into `template`, or into its translation.

    Parameters
    ----------
    template : str
        English, with named fields as ``str.format`` takes them.
    **fields
        A value for every name in the template.

    Examples
    --------
    >>> translate("{layer}: no text of the catalogue", layer="pool")
    'pool: no text of the catalogue'
    """
    if get_language() == "zh":
        template = CHINESE.get(template, template)
    return template.format(**fields)


def _known(language: str) -> str:
    if language not in LANGUAGES:
        from .errors import refusal  # whose texts speak the language chosen here

        raise refusal("language.unknown", language=language, known=LANGUAGES)
    return language


# English template -> Chinese template with the same fields
CHINESE: Mapping[str, str] = MappingProxyType(
    {
        # --- convolution (ops/conv.py) ---
        "{layer}: expected a Tensor, but got a {kind}; use tinyconv.tensor(...)": (
            "{layer}: 应当给一个 Tensor，但得到的是 {kind}；请用 tinyconv.tensor(...)"
        ),
        '{layer}: "{function}" not implemented for {dtype} input of shape {shape}; it needs floating point numbers. '
        "Use x.float()": '{layer}: "{function}" 不能用于 {dtype} 的输入（形状 {shape}），它需要浮点数。请用 x.float()',
        "{layer}: Expected {unbatched}D (unbatched) or {batched}D (batched) input to {function}, but got input of "
        "size: {size}. The layout is (N, C, {axes}); use reshape or unsqueeze": (
            "{layer}: {function} 的输入应当是 {unbatched} 维（没有批量）或 {batched} 维（有批量），"
            "但得到的大小是 {size}。"
            "各维的次序是 (N, C, {axes})；请用 reshape 或 unsqueeze"
        ),
        "{layer}: Given groups={groups}, weight of size {weight}, expected input{size} to have {expected} channels, "
        "but got {channels} channels instead: {share} channels per group * {groups} groups = {expected}. {hint}": (
            "{layer}: groups={groups}，权重大小 {weight}，因此输入 {size} 应当有 {expected} 个通道，"
            "但它有 {channels} 个："
            "每组 {share} 个通道 * {groups} 组 = {expected}。{hint}"
        ),
        "Use a layer with in_channels={channels}": "请用 in_channels={channels} 的层",
        "The last dimension has that size: for an image (H, W, C) use x.permute(2, 0, 1), for (N, H, W, C) "
        "x.permute(0, 3, 1, 2)": (
            "最后一维正好是这个大小：图像若是 (H, W, C)，请用 x.permute(2, 0, 1)；若是 (N, H, W, C)，"
            "请用 x.permute(0, 3, 1, 2)"
        ),
        "{layer}: {name} must be divisible by groups, got {name}={channels} and groups={groups} ({rest}). "
        "Use groups in {fits}": (
            "{layer}: {name} 必须能被 groups 整除，但得到 {name}={channels}、groups={groups}（{rest}）。"
            "可用的 groups 有 {fits}"
        ),
        "{layer}: Given weight of size {weight}, expected bias to be 1-dimensional with {channels} elements, but got "
        "bias of size {size} instead": (
            "{layer}: 权重大小是 {weight}，因此偏置应当是 1 维、有 {channels} 个数，但得到的偏置大小是 {size}"
        ),
        "{layer}: argument 'weight' must be Tensor, not {kind}; use tensor(weight)": (
            "{layer}: 参数 'weight' 必须是 Tensor，不能是 {kind}；请用 tensor(weight)"
        ),
        "{layer}: weight must have {ndim} dimensions, (channels, channels/groups, *kernel_size), none of the kernel's "
        "empty, got {size}": (
            "{layer}: 权重必须有 {ndim} 维，即 (channels, channels/groups, *kernel_size)，卷积核的大小都不能是零，"
            "得到的是 {size}"
        ),
        "{layer}: padding_mode={mode!r} must be 'zeros', 'reflect', 'replicate' or 'circular'": (
            "{layer}: padding_mode={mode!r} 必须是 'zeros'、'reflect'、'replicate' 或 'circular'"
        ),
        "{layer}: Padding size should be less than the corresponding input dimension, but got padding={padding} for "
        "spatial size {size}: padding_mode={mode!r} can fill at most {largest} cells on a side. Use that, or "
        "padding_mode='zeros'": (
            "{layer}: 填充应当小于输入在该轴上的大小，但得到 padding={padding}，空间大小为 {size}："
            "padding_mode={mode!r} "
            "每侧最多能填 {largest} 格。请用这个数，或用 padding_mode='zeros'"
        ),
        "{layer}: expected input (N, C, *D) with at least 3 dimensions, got {size}; use unsqueeze": (
            "{layer}: 输入应当是 (N, C, *D)，至少 3 维，得到的是 {size}；请用 unsqueeze"
        ),
        "{layer}: output_size={size!r} must be a sequence with one size per spatial axis, such as ({size}, {size})": (
            "{layer}: output_size={size!r} 必须给每个空间轴一个大小，例如 ({size}, {size})"
        ),
        "{layer}: Given output_size={output}, kernel_size={kernel}, dilation={dilation}, padding={padding}, "
        "stride={stride}, expected input (N, C*{taps}, {expected}) with {windows} = {expected} windows, but got "
        "{size}": (
            "{layer}: 由 output_size={output}、kernel_size={kernel}、dilation={dilation}、padding={padding}、"
            "stride={stride} 可知，输入应当是 (N, C*{taps}, {expected})，共 {windows} = {expected} 个窗口，"
            "但得到的是 {size}"
        ),
        # --- pooling (ops/pool.py) ---
        "{layer}: indices must be integers of the input's shape {shape}, got {dtype} of shape {given}; pass what "
        "max_pool returned with return_indices=True": (
            "{layer}: indices 必须是整数，形状与输入的 {shape} 相同，得到的是 {dtype}、形状 {given}；"
            "请传入 max_pool 用 return_indices=True 返回的下标"
        ),
        "{layer}: invalid output_size {size}: each size must be within stride {stride} of (i - 1)*stride - 2*padding "
        "+ kernel_size = {default}": (
            "{layer}: output_size {size} 不可用：每个大小与 (i - 1)*stride - 2*padding + kernel_size = {default} "
            "之差必须小于步幅 {stride}"
        ),
        "{layer}: only one of size or scale_factor should be defined, got size={size} and "
        "scale_factor={scale_factor}": (
            "{layer}: size 与 scale_factor 必须且只能给出一个，得到 size={size}、scale_factor={scale_factor}"
        ),
        "{layer}: Input and output sizes should be greater than 0, but got input {given} and output {target} from "
        "size={size}, scale_factor={scale_factor}; give one positive number, or {ndim} of them": (
            "{layer}: 输入与输出的大小都应当大于 0，但输入是 {given}，"
            "由 size={size}、scale_factor={scale_factor} 得到的输出是 {target}；请给一个正数，或给 {ndim} 个"
        ),
    }
)
