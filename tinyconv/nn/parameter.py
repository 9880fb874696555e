"""Parameters: the Tensors of a Module that an optimiser changes, and those whose size is not known yet."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..autograd import as_array
from ..backend import Array, Device
from ..creation import zeros
from ..defaults import get_default_device, get_default_dtype
from ..errors import refusal
from ..tensor import Tensor

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]


class Parameter(Tensor):
    """A Tensor that a Module counts among its parameters once it is assigned to an attribute.

    Parameters
    ----------
    data : Tensor or anything ``tensor`` takes
        The first value; memory is shared with a Tensor or array.
    requires_grad : bool
        Whether to train it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.Parameter(tc.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()
    _lazy: ClassVar[type[UninitializedParameter]]  # what it is before it has a shape

    def __init__(self, data: Any, requires_grad: bool = True):
        self._begin(as_array(data), requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A Tensor that a Module saves and moves, but does not train: a running mean, a fixed kernel.

    Examples
    --------
    >>> import tinyconv as tc
    >>> module = tc.nn.Module()
    >>> module.mean = tc.nn.Buffer(tc.zeros(2))
    >>> list(module.state_dict())
    ['mean']
    """

    __slots__ = ()
    _lazy: ClassVar[type[UninitializedParameter]]  # what it is before it has a shape


class UninitializedParameter(Parameter):
    """A parameter of a lazy layer: its shape follows from the first input.

    It may be given to an optimiser, moved and copied at once; it becomes an ordinary Parameter, the
    same object, when the layer is called or its state loaded.

    Parameters
    ----------
    dtype, device
        What it will have; by default float32, and the first input's device.
    requires_grad : bool
        Whether to train it.
    pattern : tuple of int or None
        The shape as far as it is known, None for the open sizes.

    Examples
    --------
    >>> import tinyconv as tc
    >>> weight = tc.nn.Conv2d(None, 8, 3).weight
    >>> weight.is_lazy, weight.pattern
    (True, (8, None, 3, 3))
    """

    __slots__ = ()
    is_lazy = True
    _ready: ClassVar[type[Tensor]] = Parameter  # what it becomes

    intended_dtype: Any
    intended_device: Any
    pattern: tuple[int | None, ...] | None

    def __init__(
        self,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = True,
        pattern: tuple[int | None, ...] | None = None,
    ):
        super().__init__(np.zeros(0, np.float32), requires_grad=False)  # host: holds nothing
        self.intended_dtype, self.intended_device, self.pattern = dtype, device, pattern
        self.requires_grad = requires_grad

    @property
    def _array(self) -> Array:
        """Any use of the numbers comes by here."""
        raise refusal("parameter.no_shape")

    @_array.setter
    def _array(self, value: Array) -> None:
        """Keep nothing: there is no shape yet."""

    @property
    def array(self) -> Array:
        """There are no numbers yet: reading or assigning them raises RuntimeError."""
        return self._array

    @array.setter
    def array(self, value: Any) -> None:
        raise refusal("parameter.no_shape")

    data = array

    @property
    def dtype(self) -> np.dtype:
        """The dtype it will have."""
        return np.dtype(self.intended_dtype or get_default_dtype())

    @property
    def device(self) -> Device:
        """The device it will be on, unless the first input says otherwise."""
        return Device(self.intended_device or get_default_device())

    def __repr__(self) -> str:
        return "UninitializedParameter()"

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tell whether it could become a Parameter of this shape.

        Examples
        --------
        >>> weight = UninitializedParameter(pattern=(8, None))
        >>> weight.fits((8, 3)), weight.fits((9, 3))
        (True, False)
        """
        if self.pattern is None:
            return True
        return len(shape) == len(self.pattern) and all(
            size > 0 if known is None else size == known for size, known in zip(shape, self.pattern)
        )

    def materialize(self, shape: tuple[int, ...], like: Tensor | None = None) -> None:
        """Become an ordinary Parameter of zeros, on the device and in the dtype asked for (or the device of `like`).

        Examples
        --------
        >>> p = UninitializedParameter()
        >>> p.materialize((2,))
        >>> p
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
        """
        device = self.intended_device or (like.device if like is not None else "cpu")
        array: Array = zeros(shape, dtype=self.dtype, device=device).array
        del self.intended_dtype, self.intended_device, self.pattern
        self.__class__ = self._ready  # type: ignore[assignment]  # the same object: an optimiser that holds it sees it
        self._array = array

    def __deepcopy__(self, memo: dict) -> UninitializedParameter:
        return type(self)(self.intended_dtype, self.intended_device, self.requires_grad, self.pattern)

    def __reduce__(self) -> Any:
        device = None if self.intended_device is None else str(Device(self.intended_device))
        return type(self), (self.intended_dtype, device, self.requires_grad, self.pattern)


class UninitializedBuffer(UninitializedParameter):
    """A buffer of a lazy layer, such as a running mean: its shape follows from the first input.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.nn.LazyBatchNorm1d().running_mean
    UninitializedBuffer()
    """

    __slots__ = ()
    _ready = Buffer

    def __init__(
        self,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pattern: tuple[int | None, ...] | None = None,
    ):
        super().__init__(dtype, device, requires_grad, pattern)

    def __repr__(self) -> str:
        return "UninitializedBuffer()"


Parameter._lazy, Buffer._lazy = UninitializedParameter, UninitializedBuffer
