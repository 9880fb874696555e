"""Initial values of weights.

A rule's scale comes from the *fans*: how many inputs one output cell sums over (fan in), and how many
outputs one input cell reaches (fan out).  A grouped convolution sees only its group, and a transposed
convolution's weight is laid out ``(C_in, C_out/groups, *K)``; tell :func:`calculate_fans` about both.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from ..absent import missing as _missing
from ..autograd import no_grad
from ..backend import is_array
from ..errors import refusal
from ..random import generator as numpy_generator
from ..tensor import Tensor

__path__: list[str] = []  # so that ``from ... import`` asks tinyconv.alias, which says why a name is not here
__all__ = [
    "calculate_fans", "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
    "lecun_normal_", "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip


def calculate_fans(tensor: Tensor, groups: int = 1, transposed: bool = False) -> tuple[int, int]:
    """Give ``(fan_in, fan_out)`` of a weight.

    ``(out, in)`` of a linear layer; ``(C_out, C_in/groups, *K)`` of a convolution, with
    ``fan_in = C_in/groups * prod(K)`` and ``fan_out = C_out/groups * prod(K)``; the other way round if
    `transposed`.

    Raises
    ------
    ValueError
        For fewer than two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> calculate_fans(tc.zeros(32, 8, 3, 3), groups=8)
    (72, 36)
    >>> calculate_fans(tc.zeros(32, 64, 3, 3), transposed=True)
    (288, 576)
    """
    if tensor.ndim < 2:
        raise refusal("init.fans", tensor=tensor)
    taps = math.prod(tensor.shape[2:])
    first, second = tensor.shape[0] // groups * taps, tensor.shape[1] * taps
    return (first, second) if transposed else (second, first)


_GAINS = {"linear": 1.0, "conv": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 0.75}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Give the factor that keeps a signal's size through a nonlinearity.

    Raises
    ------
    ValueError
        For an unknown name.

    Examples
    --------
    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    name = "conv" if nonlinearity.startswith("conv") else nonlinearity
    if name not in _GAINS:
        raise refusal("init.nonlinearity", nonlinearity=nonlinearity, known=[*_GAINS, "leaky_relu"])
    return _GAINS[name]


def _as_tensor(tensor: Any) -> Tensor:
    """Take a raw array too, such as ``weight.array``: a Tensor shares its memory, so that it is the one filled."""
    if isinstance(tensor, Tensor):
        return tensor
    if not is_array(tensor):
        raise refusal("init.type", tensor=tensor)
    return Tensor._of(tensor)


def _fill(tensor: Tensor, values: np.ndarray) -> Tensor:
    """Write values drawn on the host, so that a seed gives the same weights on every device."""
    tensor = _as_tensor(tensor)
    if tensor.dtype.kind != "f":
        raise refusal("init.dtype", tensor=tensor)
    with no_grad():
        return tensor.copy_(Tensor._of(values.astype(tensor.dtype, copy=False)))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fill from the uniform distribution on [a, b); `generator`, here and below: draw from it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> bool((uniform_(tc.empty(3), 2.0, 3.0) >= 2.0).all())
    True
    """
    return _fill(tensor, numpy_generator(generator).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fill from the normal distribution.

    Examples
    --------
    >>> import tinyconv as tc
    >>> normal_(tc.empty(3)).shape
    (3,)
    """
    return _fill(tensor, numpy_generator(generator).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number.

    Examples
    --------
    >>> import tinyconv as tc
    >>> constant_(tc.empty(2), 3.0)
    tensor([3., 3.])
    """
    with no_grad():
        return _as_tensor(tensor).fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    Examples
    --------
    >>> import tinyconv as tc
    >>> zeros_(tc.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    Examples
    --------
    >>> import tinyconv as tc
    >>> ones_(tc.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None, **fans: Any) -> Tensor:
    """Fill from U(-a, a) with ``a = gain * sqrt(6 / (fan_in + fan_out))``.

    Further arguments go to :func:`calculate_fans`.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010.

    Examples
    --------
    >>> import tinyconv as tc
    >>> xavier_uniform_(tc.empty(3, 2)).shape
    (3, 2)
    """
    bound = gain * math.sqrt(6.0 / sum(calculate_fans(tensor, **fans)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None, **fans: Any) -> Tensor:
    """Fill from N(0, s**2) with ``s = gain * sqrt(2 / (fan_in + fan_out))``; see :func:`xavier_uniform_`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> xavier_normal_(tc.empty(3, 2)).shape
    (3, 2)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(calculate_fans(tensor, **fans))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str, fans: dict[str, Any]) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise refusal("init.fan_mode", mode=mode)
    fan = calculate_fans(tensor, **fans)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
    **fans: Any,
) -> Tensor:
    """Fill from U(-b, b) with ``b = gain * sqrt(3 / fan)``.

    Parameters
    ----------
    a : float
        The negative slope of the leaky relu after the layer.
    mode : {'fan_in', 'fan_out'}
        Keep the size of the forward or of the backward signal.
    **fans
        Go to :func:`calculate_fans`.

    References
    ----------
    K. He et al., "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> import tinyconv as tc
    >>> kaiming_uniform_(tc.empty(8, 1, 3, 3), nonlinearity="relu").shape
    (8, 1, 3, 3)
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity, fans)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
    **fans: Any,
) -> Tensor:
    """Fill from N(0, s**2) with ``s = gain / sqrt(fan)``; see :func:`kaiming_uniform_`.

    Examples
    --------
    >>> import tinyconv as tc
    >>> kaiming_normal_(tc.empty(8, 1, 3, 3)).shape
    (8, 1, 3, 3)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity, fans), generator)


def lecun_normal_(tensor: Tensor, **fans: Any) -> Tensor:
    """Fill from N(0, 1/fan_in), Chainer's default.

    References
    ----------
    Y. LeCun et al., "Efficient BackProp", 1998.

    Examples
    --------
    >>> import tinyconv as tc
    >>> lecun_normal_(tc.empty(8, 1, 3, 3)).shape
    (8, 1, 3, 3)
    """
    return normal_(tensor, 0.0, 1.0 / math.sqrt(calculate_fans(tensor, **fans)[0]))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Fill from the normal distribution, cut off outside [a, b]: what falls outside is drawn again.

    Raises
    ------
    ValueError
        If a < b does not hold, or hardly anything would fall inside.

    Examples
    --------
    >>> import tinyconv as tc
    >>> bool((trunc_normal_(tc.empty(100), std=3.0).abs() <= 2.0).all())
    True
    """
    inside = 0.5 * (math.erf((b - mean) / (std * math.sqrt(2))) - math.erf((a - mean) / (std * math.sqrt(2))))
    if not inside > 1e-4:
        raise refusal("init.interval", "trunc_normal_", a=a, b=b, mean=mean, std=std)
    draw = numpy_generator(generator)
    values = draw.normal(mean, std, tensor.shape)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = draw.normal(mean, std, int(outside.sum()))
    return _fill(tensor, values)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with `gain` times a (semi-)orthogonal matrix, of one row for each output and all else as columns.

    Raises
    ------
    ValueError
        For fewer than two dimensions.

    References
    ----------
    A. M. Saxe, J. L. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", ICLR 2014.

    Examples
    --------
    >>> import tinyconv as tc
    >>> weight = orthogonal_(tc.empty(2, 3))
    >>> bool(((weight @ weight.T) - tc.eye(2)).abs().max() < 1e-6)
    True
    """
    if tensor.ndim < 2:
        raise refusal("init.dims", "orthogonal_", wanted="2 or more", tensor=tensor)
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = numpy_generator(generator).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)  # host: drawn there
    q = q * np.sign(np.diag(r))  # host: every orthogonal matrix is as likely as another
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fill a matrix from N(0, std**2), and set a share of the cells of each column, drawn anew for each, to 0.

    Raises
    ------
    ValueError
        For other than two dimensions.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010.

    Examples
    --------
    >>> import tinyconv as tc
    >>> (sparse_(tc.empty(10, 2), 0.3) == 0).sum(0)
    tensor([3, 3])
    """
    if tensor.ndim != 2:
        raise refusal("init.dims", "sparse_", wanted="2", tensor=tensor)
    draw = numpy_generator(generator)
    values = draw.normal(0.0, std, tensor.shape)
    order = draw.random(tensor.shape).argsort(0).argsort(0)  # of each column, a random one
    values[order < math.ceil(sparsity * tensor.shape[0])] = 0.0
    return _fill(tensor, values)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: a linear layer passes on as many of its inputs as it can.

    Raises
    ------
    ValueError
        For other than two dimensions.

    Examples
    --------
    >>> import tinyconv as tc
    >>> eye_(tc.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise refusal("init.dims", "eye_", wanted="2", tensor=tensor)
    return _fill(tensor, np.eye(*tensor.shape))  # host: filled from there


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight so that it passes on as many of its channels (in each group) as it can.

    Raises
    ------
    ValueError
        For other than 3 to 5 dimensions, or groups that do not divide the first.

    Examples
    --------
    >>> import tinyconv as tc
    >>> dirac_(tc.empty(2, 1, 3))
    tensor([[[0., 1., 0.]],
    <BLANKLINE>
            [[0., 0., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise refusal("init.dims", "dirac_", wanted="3, 4 or 5", tensor=tensor)
    if groups < 1 or tensor.shape[0] % groups:
        raise refusal("init.groups", "dirac_", groups=groups, channels=tensor.shape[0])
    values = np.zeros(tensor.shape)  # host: filled from there
    outputs = tensor.shape[0] // groups
    middle = tuple(size // 2 for size in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(outputs, tensor.shape[1])):
            place = (group * outputs + channel, channel, *middle)
            values[place] = 1.0
    return _fill(tensor, values)


def __getattr__(name: str) -> NoReturn:
    raise _missing(__name__, name)
