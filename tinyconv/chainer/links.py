"""Chainer's links as thin faces of tinyconv's layers: their arguments, their names, their first values.

``W`` and ``b`` are the layer's ``weight`` and ``bias``.  Inputs may be arrays or Variables.  First values are
Chainer's: W from LeCun's normal distribution, N(0, 1/fan_in), and b zero.  The fan is the true one for a transposed
convolution too, where Chainer's own takes the number of outputs for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd import no_grad
from ..backend import Array
from ..errors import refusal
from ..nn import Linear as _Linear
from ..nn import Parameter, UninitializedParameter, init
from ..nn.conv import _Conv, _ConvTranspose
from ..nn.lazy import WeightedLayer
from ..nn.norm import _BatchNorm
from ..tensor import Tensor
from .configuration import config
from .link import Link
from .variable import Variable, as_result, as_variable

__all__ = [
    "BatchNormalization", "Convolution1D", "Convolution2D", "Convolution3D", "ConvolutionND", "Deconvolution1D",
    "Deconvolution2D", "Deconvolution3D", "DeconvolutionND", "Linear",
]  # fmt: skip


class _Weighted(Link, WeightedLayer):
    """``W``, ``b`` and their first values."""

    _chainer_names = {"weight": "W", "bias": "b"}  # noqa: RUF012 - never written to
    _first_values: tuple[Any, Any]

    @property
    def W(self) -> Parameter:
        """The weight.  ``W.data`` is its array, None before a lazy link's first call; ``W.grad`` is an array too."""
        return self.weight

    @property
    def b(self) -> Parameter | None:
        """The bias, or None."""
        return self.bias

    def reset_parameters(self) -> None:
        """Draw W from N(0, 1/fan_in) and set b to zero, unless other first values were asked for."""
        if isinstance(self.weight, UninitializedParameter):
            return
        layer, (initial_w, initial_bias) = type(self).__name__, self._first_values
        _fill(self.weight, initial_w, lambda w: init.lecun_normal_(w, **self._fans), layer, "initialW")
        if self.bias is not None:
            _fill(self.bias, initial_bias, init.zeros_, layer, "initial_bias")


def _fill(parameter: Parameter, value: Any, default: Callable[[Tensor], Any], layer: str, name: str) -> None:
    """Give a parameter its first values: by a function that fills it, a number, an array, or the default."""
    if value is None or callable(value):
        (value or default)(parameter)
        return
    values = as_variable(value)
    if values.ndim and values.shape != parameter.shape:
        raise refusal("chainer.initial_shape", layer, name=name, values=values, parameter=parameter)
    with no_grad():
        parameter.copy_(values)


def _sizes(in_channels: int | None, out_channels: int | None, ksize: Any) -> tuple[int | None, Any, Any]:
    """Read Chainer's short form: without `ksize` the two arguments are ``out_channels, ksize``."""
    return (None, in_channels, out_channels) if ksize is None else (in_channels, out_channels, ksize)


class ConvolutionND(_Weighted, _Conv):
    """Convolution over `ndim` spatial axes; the other arguments as :class:`Convolution2D`.

    Examples
    --------
    >>> import numpy as np
    >>> ConvolutionND(3, 1, 2, 3)(np.zeros((1, 1, 4, 5, 6), np.float32)).shape
    (1, 2, 2, 3, 4)
    """

    def __init__(
        self, ndim: int, in_channels: int | None, out_channels: int, ksize: Any = None, stride: Any = 1, pad: Any = 0,
        nobias: bool = False, initialW: Any = None, initial_bias: Any = None, cover_all: bool = False,
        dilate: Any = 1, groups: int = 1,
    ):  # fmt: skip
        self._ndim, self._first_values = ndim, (initialW, initial_bias)  # the layer's own __init__ looks at them
        sizes = _sizes(in_channels, out_channels, ksize)
        super().__init__(*sizes, stride, pad, dilate, groups, not nobias, cover_all=cover_all)

    def forward(self, x: Any) -> Variable:
        """Convolve ``(N, C_in, *D)``, an array or a Variable."""
        return as_result(super().forward(as_variable(x)))


class Convolution1D(ConvolutionND):
    """Convolution of ``(N, C_in, L)``; arguments as :class:`Convolution2D`.

    Examples
    --------
    >>> import numpy as np
    >>> Convolution1D(2, 3, 5)(np.zeros((1, 2, 10), np.float32)).shape
    (1, 3, 6)
    """

    def __init__(self, in_channels: int | None, out_channels: int, ksize: Any = None, *args: Any, **kwargs: Any):
        super().__init__(1, in_channels, out_channels, ksize, *args, **kwargs)


class Convolution2D(ConvolutionND):
    """Convolution of ``(N, C_in, H, W)``: ``nn.Conv2d`` under Chainer's name and arguments.

    Parameters
    ----------
    in_channels : int or None
        Channels of the input; None reads them off the first input.
    out_channels : int
        Channels of the result.
    ksize : int or tuple, optional
        Height and width of the kernel.  ``Convolution2D(5, 3)``, without it, means ``Convolution2D(None, 5, 3)``.
    stride, pad, dilate : int or tuple
        Step of the window; cells of zeros added on each side; distance of the kernel's taps.
    nobias : bool
        Leave out the bias.
    initialW, initial_bias : array, number or function, optional
        First values.  A function is called with the parameter and fills it, as those of ``nn.init`` do.
    groups : int
        Independent convolutions over equal shares of the channels.

    Attributes
    ----------
    W : Parameter
        ``(out_channels, in_channels/groups, kH, kW)``.  ``W.data = array`` replaces its numbers; with float64
        numbers too the result has the dtype of the input.
    b : Parameter or None
        ``(out_channels,)``.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((1, 3, 360, 640), np.float32)
    >>> conv1, conv2 = Convolution2D(None, 3, 5), Convolution2D(None, 5, 3, 2)
    >>> conv1.W.data is None
    True
    >>> conv2(conv1(image)).data.shape
    (1, 5, 177, 317)
    """

    def __init__(
        self, in_channels: int | None, out_channels: int, ksize: Any = None, stride: Any = 1, pad: Any = 0,
        nobias: bool = False, initialW: Any = None, initial_bias: Any = None, *, dilate: Any = 1, groups: int = 1,
    ):  # fmt: skip
        options = (stride, pad, nobias, initialW, initial_bias)
        super().__init__(2, in_channels, out_channels, ksize, *options, dilate=dilate, groups=groups)


class Convolution3D(ConvolutionND):
    """Convolution of ``(N, C_in, D, H, W)``; arguments as :class:`Convolution2D`.

    Examples
    --------
    >>> import numpy as np
    >>> Convolution3D(1, 2, 3)(np.zeros((1, 1, 4, 5, 6), np.float32)).shape
    (1, 2, 2, 3, 4)
    """

    def __init__(self, in_channels: int | None, out_channels: int, ksize: Any = None, *args: Any, **kwargs: Any):
        super().__init__(3, in_channels, out_channels, ksize, *args, **kwargs)


class DeconvolutionND(_Weighted, _ConvTranspose):
    """Transposed convolution over `ndim` spatial axes; the other arguments as :class:`Deconvolution2D`.

    Examples
    --------
    >>> import numpy as np
    >>> DeconvolutionND(1, 1, 2, 4, stride=2, pad=1)(np.zeros((1, 1, 5), np.float32)).shape
    (1, 2, 10)
    """

    def __init__(
        self, ndim: int, in_channels: int | None, out_channels: int, ksize: Any = None, stride: Any = 1, pad: Any = 0,
        nobias: bool = False, outsize: Any = None, initialW: Any = None, initial_bias: Any = None, dilate: Any = 1,
        groups: int = 1,
    ):  # fmt: skip
        self._ndim, self._first_values = ndim, (initialW, initial_bias)  # the layer's own __init__ looks at them
        self.outsize = (outsize,) * ndim if isinstance(outsize, int) else outsize
        sizes = _sizes(in_channels, out_channels, ksize)
        super().__init__(*sizes, stride, pad, 0, groups, not nobias, dilate)

    def forward(self, x: Any) -> Variable:  # type: ignore[override]  # Chainer's takes no size at the call
        """Spread ``(N, C_in, *D)``, an array or a Variable."""
        return as_result(super().forward(as_variable(x), self.outsize))


class Deconvolution1D(DeconvolutionND):
    """Transposed convolution of ``(N, C_in, L)``; arguments as :class:`Deconvolution2D`.

    Examples
    --------
    >>> import numpy as np
    >>> Deconvolution1D(2, 3, 3)(np.zeros((1, 2, 8), np.float32)).shape
    (1, 3, 10)
    """

    def __init__(self, in_channels: int | None, out_channels: int, ksize: Any = None, *args: Any, **kwargs: Any):
        super().__init__(1, in_channels, out_channels, ksize, *args, **kwargs)


class Deconvolution2D(DeconvolutionND):
    """Transposed convolution of ``(N, C_in, H, W)``: the adjoint, not the inverse, of :class:`Convolution2D`.

    Parameters
    ----------
    in_channels, out_channels, ksize, stride, pad, nobias, initialW, initial_bias, dilate, groups
        As in :class:`Convolution2D`.
    outsize : int or tuple, optional
        Height and width of the result, where the stride leaves a choice.

    Attributes
    ----------
    W : Parameter
        ``(in_channels, out_channels/groups, kH, kW)``.

    Examples
    --------
    >>> import numpy as np
    >>> Deconvolution2D(32, 64, 3)(np.zeros((8, 32, 6, 6), np.float32)).shape
    (8, 64, 8, 8)
    """

    def __init__(
        self, in_channels: int | None, out_channels: int, ksize: Any = None, stride: Any = 1, pad: Any = 0,
        nobias: bool = False, outsize: Any = None, initialW: Any = None, initial_bias: Any = None, *,
        dilate: Any = 1, groups: int = 1,
    ):  # fmt: skip
        options = (stride, pad, nobias, outsize, initialW, initial_bias)
        super().__init__(2, in_channels, out_channels, ksize, *options, dilate=dilate, groups=groups)


class Deconvolution3D(DeconvolutionND):
    """Transposed convolution of ``(N, C_in, D, H, W)``; arguments as :class:`Deconvolution2D`.

    Examples
    --------
    >>> import numpy as np
    >>> Deconvolution3D(1, 1, 2, stride=2)(np.zeros((1, 1, 2, 2, 2), np.float32)).shape
    (1, 1, 4, 4, 4)
    """

    def __init__(self, in_channels: int | None, out_channels: int, ksize: Any = None, *args: Any, **kwargs: Any):
        super().__init__(3, in_channels, out_channels, ksize, *args, **kwargs)


class Linear(_Weighted, _Linear):
    """``y = x @ W.T + b``; an input of more than two dimensions is flattened first.

    Parameters
    ----------
    in_size : int or None
        Numbers per sample; None reads it off the first input.  ``Linear(10)`` means ``Linear(None, 10)``.
    out_size : int
        Size of the result.
    nobias : bool
        Leave out the bias.

    Examples
    --------
    >>> import numpy as np
    >>> Linear(10)(np.zeros((5, 2, 3, 3), np.float32)).shape
    (5, 10)
    """

    def __init__(
        self, in_size: int | None, out_size: int | None = None, nobias: bool = False, initialW: Any = None,
        initial_bias: Any = None,
    ):  # fmt: skip
        self._first_values = (initialW, initial_bias)
        if out_size is None:
            in_size, out_size = None, in_size
        super().__init__(in_size, out_size, not nobias)  # type: ignore[arg-type]  # None is refused there

    def forward(self, x: Any, n_batch_axes: int = 1) -> Variable:
        """Map ``(N, *)`` to ``(N, out_size)``; the first `n_batch_axes` axes are kept."""
        x = as_variable(x)
        if x.ndim > n_batch_axes + 1:
            x = x.flatten(n_batch_axes)
        return as_result(super().forward(x))


class BatchNormalization(Link, _BatchNorm):
    """Batch normalisation of ``(N, C)`` or ``(N, C, *D)`` with up to three spatial axes.

    While ``chainer.config.train`` it uses the batch's own mean and variance and moves the running ones towards
    them; else it uses the running ones.

    Parameters
    ----------
    size : int
        Channels.
    decay : float
        Share of the old running values that a batch leaves: ``1 - momentum`` of ``nn.BatchNorm2d``.
    eps : float
        Added to the variance.
    use_gamma, use_beta : bool
        Whether to learn scale and shift.

    Examples
    --------
    >>> import numpy as np
    >>> BatchNormalization(3)(np.random.default_rng(0).random((4, 3, 5, 5), np.float32)).shape
    (4, 3, 5, 5)
    """

    _ndims = (2, 3, 4, 5)
    _chainer_names = {"weight": "gamma", "bias": "beta"}  # noqa: RUF012 - never written to

    def __init__(
        self, size: int, decay: float = 0.9, eps: float = 2e-5, dtype: Any = None, use_gamma: bool = True,
        use_beta: bool = True,
    ):  # fmt: skip
        super().__init__(size, eps, 1.0 - decay, dtype=dtype)
        self.decay = decay
        if not use_gamma:
            self.weight = None
        if not use_beta:
            self.bias = None

    @property
    def gamma(self) -> Parameter | None:
        """The learnt scale ``(C,)``, or None."""
        return self.weight

    @property
    def beta(self) -> Parameter | None:
        """The learnt shift ``(C,)``, or None."""
        return self.bias

    @property
    def avg_mean(self) -> Array:
        """The running mean's array ``(C,)``."""
        return self.running_mean.array  # type: ignore[union-attr]  # it is always tracked

    @property
    def avg_var(self) -> Array:
        """The running variance's array ``(C,)``."""
        return self.running_var.array  # type: ignore[union-attr]

    def forward(self, x: Any) -> Variable:
        """Normalise each channel over batch and space."""
        self.training = config.train  # Chainer's switch; the Module's own train() and eval() do not count here
        return as_result(super().forward(as_variable(x)))
