"""The arithmetic of windows: sizes, paddings, and the errors that show it.

Convolution, transposed convolution and pooling all slide a window over each spatial axis.
With input size ``i``, padding ``lo`` before and ``hi`` after, kernel ``k``, dilation ``d`` and
stride ``s``, the window spans ``k' = d*(k - 1) + 1`` cells and stops at

    o = floor((i + lo + hi - k') / s) + 1

places [1]_.  Every option of the layers is turned here into these six numbers per axis, so the
kernels know nothing of ``'same'``, ``ceil_mode``, ``cover_all`` or ``output_padding``.

.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning",
   arXiv:1603.07285, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import phrase, refusal

__all__ = [
    "ConvGeometry",
    "PoolGeometry",
    "as_tuple",
    "conv_geometry",
    "conv_output_size",
    "pool_geometry",
    "transposed_geometry",
]

Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


class ConvGeometry(NamedTuple):
    """How a convolution's window moves: everything but the sizes of the arrays.

    Attributes
    ----------
    stride, dilation : tuple of int
        One number per spatial axis.
    padding : tuple of (int, int)
        Zeros before and after, per spatial axis.
    groups : int
        Input and output channels are split into this many independent convolutions.

    Examples
    --------
    >>> ConvGeometry((1, 1), ((0, 0), (0, 0)), (1, 1), groups=1).ndim
    2
    """

    stride: Ints
    padding: Pairs
    dilation: Ints
    groups: int = 1

    @property
    def ndim(self) -> int:
        """The number of spatial axes."""
        return len(self.stride)

    def output_size(self, input_size: Sequence[int], kernel_size: Sequence[int]) -> Ints:
        """The spatial size of the result, by the formula at the top of this module."""
        return tuple(map(window_count, input_size, self.padding, kernel_size, self.dilation, self.stride))


class PoolGeometry(NamedTuple):
    """How a pooling window moves, with the sizes it was worked out for.

    `padding` is the user's; a window of ``ceil_mode`` or ``cover_all`` may reach past it, and then
    `reach` counts the extra cells after the end.

    Examples
    --------
    >>> pool_geometry((5,), 2, 2, 0, 1, ceil_mode=True).output_size
    (3,)
    """

    input_size: Ints
    output_size: Ints
    kernel_size: Ints
    stride: Ints
    padding: Pairs
    dilation: Ints
    reach: Ints


def window_count(i: int, padding: tuple[int, int], k: int, d: int, s: int) -> int:
    """How many places a window has along one axis; zero or less when it does not fit.

    Examples
    --------
    >>> window_count(5, (0, 0), 2, 1, 2)
    2
    """
    return (i + sum(padding) - (d * (k - 1) + 1)) // s + 1


def as_tuple(value: int | Sequence[int], ndim: int, name: str, minimum: int = 1, function: str = "as_tuple") -> Ints:
    """Spread an int over `ndim` axes, or check that a sequence has one entry per axis.

    Raises
    ------
    TypeError
        If an entry is not an integer.
    ValueError
        If the length or an entry is out of range.

    Examples
    --------
    >>> as_tuple(3, 2, "kernel_size")
    (3, 3)
    >>> as_tuple((3, 5, 7), 2, "kernel_size")
    Traceback (most recent call last):
    ...
    ValueError: as_tuple: kernel_size=(3, 5, 7) has 3 entries ...
    """
    if type(value) is int and minimum <= value < 2**31:  # the usual cases first, as every call of a layer comes here
        return (value,) * ndim
    if type(value) is tuple:
        usable = [entry for entry in value if type(entry) is int and minimum <= entry < 2**31]
        if len(usable) == len(value) == ndim:
            return value
    is_scalar = not isinstance(value, Sequence) or isinstance(value, (str, bytes))
    entries: tuple[Any, ...] = (value,) * ndim if is_scalar else tuple(value)  # type: ignore[arg-type]
    if len(entries) == 1:
        entries *= ndim
    if len(entries) != ndim:
        raise refusal("window.entries", function, name=name, value=value, given=len(entries), ndim=ndim)
    try:
        ints = tuple(_as_int(entry) for entry in entries)
    except (AttributeError, TypeError):  # TypeError: of a NumPy array, which is no Sequence
        raise refusal("window.ints", function, name=name, value=value, ndim=ndim) from None
    if min(ints, default=minimum) < minimum:
        raise refusal("window.minimum", function, name=name, value=value, minimum=minimum)
    return ints


def _as_int(entry: Any) -> int:
    if isinstance(entry, bool) or not -(2**31) < entry.__index__() < 2**31:
        raise TypeError  # Python has True for 1, and nobody means it
    return entry.__index__()


def show_size(size: Sequence[int]) -> str:
    """Write a spatial size the way errors show it.

    Examples
    --------
    >>> show_size((2, 3))
    '(2 x 3)'
    """
    return "(" + " x ".join(map(str, size)) + ")"


def _same_padding(kernel: Ints, dilation: Ints) -> Pairs:
    """PyTorch's rule at stride 1: ``d*(k-1)`` zeros in all, the odd one after the end."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation)]
    return tuple((total // 2, total - total // 2) for total in totals)


def conv_geometry(
    kernel_size: Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] | Sequence[Sequence[int]] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    function: str = "conv",
) -> ConvGeometry:
    """Turn a convolution's arguments into a :class:`ConvGeometry`.

    `padding` may be an int, one int per axis, one ``(before, after)`` pair per axis, ``'valid'``
    (none) or ``'same'`` (output size equals input size; stride must be 1, as in PyTorch).

    Raises
    ------
    ValueError
        If an argument is out of range, or ``'same'`` meets a stride.

    Examples
    --------
    >>> conv_geometry((2, 3), padding="same").padding
    ((0, 1), (1, 1))
    """
    kernel = tuple(kernel_size)
    n = len(kernel)
    strides = as_tuple(stride, n, "stride", function=function)
    dilations = as_tuple(dilation, n, "dilation", function=function)
    if isinstance(groups, bool) or not hasattr(groups, "__index__") or groups < 1:
        raise refusal("window.groups", function, groups=groups)
    pairs = as_pairs(padding, kernel, strides, dilations, function)
    return ConvGeometry(strides, pairs, dilations, int(groups))


def as_pairs(padding: object, kernel: Ints, stride: Ints, dilation: Ints, function: str = "conv") -> Pairs:
    """Turn any accepted `padding` into a ``(before, after)`` pair per axis.

    Examples
    --------
    >>> as_pairs(1, (3, 3), (1, 1), (1, 1))
    ((1, 1), (1, 1))
    """
    n = len(kernel)
    if isinstance(padding, str) and padding == "valid":
        padding = 0
    if isinstance(padding, str) and padding == "same":
        if any(s != 1 for s in stride):
            near = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation))
            raise refusal("window.same", function, stride=stride, near=near)
        return _same_padding(kernel, dilation)
    if isinstance(padding, str):
        raise refusal("window.padding_word", function, padding=padding)
    if isinstance(padding, Sequence) and any(isinstance(p, Sequence) for p in padding):
        if len(padding) != n:
            raise refusal("window.pairs", function, padding=padding, ndim=n)
        return tuple((lo, hi) for lo, hi in (as_tuple(p, 2, "padding", 0, function) for p in padding))
    return tuple((p, p) for p in as_tuple(padding, n, "padding", 0, function))  # type: ignore[arg-type]


def cover_all_padding(geometry: ConvGeometry, input_size: Sequence[int], kernel: Sequence[int]) -> ConvGeometry:
    """Chainer's ``cover_all``: pad after the end until every input cell is seen.

    Chainer counts ``(i + 2p - k' + s - 1) // s + 1`` windows; the last one reaches ``extra`` cells
    further than the user's padding.

    Examples
    --------
    >>> g = conv_geometry((2,), stride=2)
    >>> cover_all_padding(g, (5,), (2,)).output_size((5,), (2,))
    (3,)
    """
    pairs = []
    for i, (lo, hi), k, d, s in zip(input_size, geometry.padding, kernel, geometry.dilation, geometry.stride):
        span = d * (k - 1) + 1
        windows = (i + lo + hi - span + s - 1) // s + 1
        pairs.append((lo, max(hi, (windows - 1) * s + span - i - lo)))
    return geometry._replace(padding=tuple(pairs))


def conv_output_size(
    geometry: ConvGeometry, input_size: Sequence[int], kernel_size: Sequence[int], function: str = "conv"
) -> Ints:
    """Give a convolution's output size, or raise the error that shows why there is none.

    Raises
    ------
    RuntimeError
        If the (dilated) kernel is larger than the padded input.

    Examples
    --------
    >>> g = conv_geometry((3, 3))
    >>> conv_output_size(g, (5, 5), (3, 3))
    (3, 3)
    >>> conv_output_size(g, (2, 5), (3, 3), "conv2d")
    Traceback (most recent call last):
    ...
    RuntimeError: conv2d: Calculated padded input size per channel: (2 x 5). Kernel size: (3 x 3). ...
    """
    size = geometry.output_size(input_size, kernel_size)
    if min(size, default=1) < 1:
        raise _too_large(geometry, input_size, kernel_size, function)
    return size


def _too_large(geometry: ConvGeometry, input_size: Sequence[int], kernel: Sequence[int], function: str) -> Exception:
    padded = [i + lo + hi for i, (lo, hi) in zip(input_size, geometry.padding)]
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, geometry.dilation)]
    # the axis that does not fit, and the smallest even padding with which it would
    axis = next(a for a, (have, span) in enumerate(zip(padded, spans)) if have < span)
    lo, hi = geometry.padding[axis]
    need = tuple(max(pair[0], -(-(span - i) // 2)) for i, span, pair in zip(input_size, spans, geometry.padding))
    return refusal(
        "window.kernel", function, padded=show_size(padded), kernel=show_size(kernel), axis=axis,
        d=geometry.dilation[axis], k=kernel[axis], span=spans[axis], lo=lo, i=input_size[axis], hi=hi,
        have=padded[axis], need=need,
    )  # fmt: skip


def transposed_geometry(
    geometry: ConvGeometry,
    input_size: Sequence[int],
    kernel_size: Sequence[int],
    output_padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
    function: str = "conv_transpose",
) -> Ints:
    """Give a transposed convolution's output size.

    ``o = (i - 1)*s - lo - hi + d*(k - 1) + output_padding + 1``.  With `output_size`, the output
    padding is whatever reaches it, which must be in ``[0, max(s, d))``.

    Raises
    ------
    RuntimeError
        If the output padding is as large as both stride and dilation, or the output is empty.
    ValueError
        If `output_size` cannot be reached.

    Examples
    --------
    >>> transposed_geometry(conv_geometry((3, 3), stride=2), (4, 4), (3, 3), output_padding=1)
    (10, 10)
    """
    n = geometry.ndim
    smallest = tuple(
        (i - 1) * s - lo - hi + d * (k - 1) + 1
        for i, s, (lo, hi), d, k in zip(input_size, geometry.stride, geometry.padding, geometry.dilation, kernel_size)
    )
    if output_size is not None:
        wanted = tuple(output_size)[-n:]
        largest = tuple(m + max(s, d) - 1 for m, s, d in zip(smallest, geometry.stride, geometry.dilation))
        if len(wanted) != n or any(not a <= w <= b for a, w, b in zip(smallest, wanted, largest)):
            raise refusal(
                "window.output_size", function, wanted=tuple(output_size), smallest=smallest, largest=largest,
                size=show_size(input_size),
            )  # fmt: skip
        return _positive_size(wanted, geometry, input_size, kernel_size, function)
    extra = as_tuple(output_padding, n, "output_padding", 0, function)
    most = tuple(max(s, d) - 1 for s, d in zip(geometry.stride, geometry.dilation))
    for p, s, d in zip(extra, geometry.stride, geometry.dilation):
        if p >= max(s, d):
            raise refusal(
                "window.output_padding", function, extra=extra, geometry=geometry, p=p, s=s, d=d, limit=max(s, d),
                fits=tuple(map(min, extra, most)),
            )  # fmt: skip
    size = tuple(m + p for m, p in zip(smallest, extra))
    return _positive_size(size, geometry, input_size, kernel_size, function)


def _positive_size(
    size: Ints, geometry: ConvGeometry, input_size: Sequence[int], kernel: Sequence[int], function: str
) -> Ints:
    """Give a transposed convolution's output size back, or raise if it is empty."""
    if min(size, default=1) >= 1:
        return size
    axis = next(a for a, o in enumerate(size) if o < 1)
    (lo, hi), i, k = geometry.padding[axis], input_size[axis], kernel[axis]
    s, d = geometry.stride[axis], geometry.dilation[axis]
    fits = tuple(min(pair) - max(0, -(-(1 - o) // 2)) for pair, o in zip(geometry.padding, size))
    fix = phrase("window.use_padding", fits=fits) if min(fits) >= 0 else phrase("window.larger_input")
    extra = size[axis] - (i - 1) * s + lo + hi - d * (k - 1) - 1
    raise refusal(
        "window.transposed_empty", function, given=show_size(input_size), size=show_size(size), axis=axis, i=i, s=s,
        lo=lo, hi=hi, d=d, k=k, extra=extra, o=size[axis], fix=fix,
    )  # fmt: skip


def pool_geometry(
    input_size: Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    cover_all: bool = False,
    function: str = "pool",
) -> PoolGeometry:
    """Work out a pooling's windows; `stride` defaults to `kernel_size`.

    With ``ceil_mode`` the division rounds up, but a last window that would start in the padding
    after the end is dropped (PyTorch's rule).  With ``cover_all`` there are
    ``(i + 2p - k' + s - 1)//s + 1`` windows and none is dropped (Chainer's rule), so a window may lie
    wholly in the padding.

    Raises
    ------
    ValueError
        If both rules are asked for, or an argument is out of range.
    RuntimeError
        If padding exceeds half the kernel, or no window fits.

    Examples
    --------
    >>> pool_geometry((360, 640), 2).output_size
    (180, 320)
    >>> pool_geometry((3,), 1, 3, 0, 1, ceil_mode=True).output_size
    (1,)
    >>> pool_geometry((3,), 1, 3, 0, 1, cover_all=True).output_size
    (2,)
    """
    n = len(input_size)
    if ceil_mode and cover_all:
        raise refusal("window.rules", function)
    kernel = as_tuple(kernel_size, n, "kernel_size", function=function)
    strides = kernel if stride is None else as_tuple(stride, n, "stride", function=function)
    pads = as_tuple(padding, n, "padding", 0, function)
    dilations = as_tuple(dilation, n, "dilation", function=function)
    if any(2 * p > d * (k - 1) + 1 for p, k, d in zip(pads, kernel, dilations)):
        fits = tuple(min(p, (d * (k - 1) + 1) // 2) for p, k, d in zip(pads, kernel, dilations))
        raise refusal("window.half", function, padding=pads, kernel=kernel, dilation=dilations, fits=fits)
    output, reach = [], []
    for i, k, s, p, d in zip(input_size, kernel, strides, pads, dilations):
        span = d * (k - 1) + 1
        rounding = s - 1 if ceil_mode or cover_all else 0
        windows = (i + 2 * p - span + rounding) // s + 1
        if ceil_mode and (windows - 1) * s >= i + p:
            windows -= 1
        output.append(windows)
        reach.append(max(0, (windows - 1) * s + span - (i + 2 * p)))
    if min(output, default=1) < 1:
        raise _no_window(input_size, output, kernel, pads, dilations, function)
    return PoolGeometry(
        tuple(input_size),
        tuple(output),
        kernel,
        strides,
        tuple((p, p) for p in pads),
        dilations,
        tuple(reach),
    )


def _no_window(
    input_size: Sequence[int], output: Sequence[int], kernel: Ints, pads: Ints, dilation: Ints, function: str
) -> Exception:
    padded = tuple(i + 2 * p for i, p in zip(input_size, pads))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
    # the largest kernel that fits, unless the padding is more than half of it
    most = tuple(min(k, (n - 1) // d + 1) for k, n, d in zip(kernel, padded, dilation))
    allowed = all(k >= 1 and 2 * p <= d * (k - 1) + 1 for k, p, d in zip(most, pads, dilation))
    return refusal(
        "window.pool_empty", function, given=show_size(input_size), size=show_size(output), spans=show_size(spans),
        padded=show_size(padded), most=phrase("window.at_most", kernel=most) if allowed else "",
    )  # fmt: skip
