"""Parameters: the Tensors of a Module that an optimiser changes, and those whose size is not known yet."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..backend import Array, Device
from ..tensor import Tensor, tensor

__all__ = ["Buffer", "Parameter", "UninitializedParameter"]


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

    def __init__(self, data: Any, requires_grad: bool = True):
        super().__init__(data, requires_grad)

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


class UninitializedParameter(Parameter):
    """A parameter of a lazy layer: its shape follows from the first input.

    It may be given to an optimiser, moved and copied at once; it becomes an ordinary Parameter, the
    same object, when the layer is called or its state loaded.

    Examples
    --------
    >>> import tinyconv as tc
    >>> weight = tc.nn.Conv2d(None, 8, 3).weight
    >>> weight.data is None
    True
    """

    __slots__ = ()

    def __init__(self, dtype: Any = None, device: Any = None, requires_grad: bool = True):
        super().__init__(np.zeros(0, np.float32), requires_grad)
        self._data: Any = None
        self.intended_dtype, self.intended_device = dtype, device

    @property
    def data(self) -> Any:
        """None: there are no numbers yet."""
        return None

    @property
    def shape(self) -> NoReturn:  # type: ignore[override]
        """Not known yet.

        Raises
        ------
        RuntimeError
            Always, telling how to make it known.
        """
        raise RuntimeError(
            "this parameter belongs to a lazy layer (in_channels=None) and has no shape before the model's first "
            "forward: call the model once on an input, or load a state_dict"
        )

    def __repr__(self) -> str:
        return "UninitializedParameter()"

    def materialize(self, shape: tuple[int, ...], like: Tensor | None = None) -> None:
        """Become an ordinary Parameter of zeros, on the device and in the dtype asked for (or those of `like`).

        Examples
        --------
        >>> p = UninitializedParameter()
        >>> p.materialize((2,))
        >>> p
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
        """
        device = self.intended_device or (like.device if like is not None else "cpu")
        dtype = self.intended_dtype or np.float32
        array: Array = tensor(np.zeros(shape, dtype), device=Device(device))._data
        del self.intended_dtype, self.intended_device
        self.__class__ = Parameter  # the same object, so that an optimiser that holds it sees it
        self._data = array

    def __deepcopy__(self, memo: dict) -> UninitializedParameter:
        copy = UninitializedParameter(self.intended_dtype, self.intended_device, self.requires_grad)
        memo[id(self)] = copy
        return copy

    def __reduce__(self) -> Any:
        device = None if self.intended_device is None else str(Device(self.intended_device))
        return UninitializedParameter, (self.intended_dtype, device, self.requires_grad)
