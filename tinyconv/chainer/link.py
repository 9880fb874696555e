"""Link and Chain: Modules with Chainer's method names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ..backend import Device
from ..errors import refusal
from ..nn import Module, Parameter, UninitializedParameter
from .variable import as_parameter, as_result, as_variable

__all__ = ["Chain", "ChainList", "Link", "Sequential"]


class Link(Module):
    """A Module with Chainer's method names; every link and every chain is one.

    A link's parameters keep Chainer's rule, whatever optimiser takes them: ``link.W.data`` and ``link.W.grad`` are
    arrays.  State, hooks and printing are the Module's: ``state_dict()`` has PyTorch's keys (``conv1.weight``), while
    :meth:`namedparams` has Chainer's (``/conv1/W``).

    Examples
    --------
    >>> import tinyconv.chainer.links as L
    >>> [name for name, _ in L.Linear(3, 2).namedparams()]
    ['/W', '/b']
    """

    _chainer_names: dict[str, str] = {}  # noqa: RUF012 - never written to

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, as_parameter(value) if isinstance(value, Parameter) else value)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Add a parameter, or None to say that there is none under this name; it follows Chainer's rule from now on."""
        super().register_parameter(name, None if parameter is None else as_parameter(parameter))

    @contextlib.contextmanager
    def init_scope(self) -> Iterator[None]:
        """Register the links assigned inside.  Here assigning them anywhere registers them."""
        yield

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """Give all parameters, those that have no shape yet only if `include_uninit`."""
        return (p for _, p in self.namedparams(include_uninit))

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Give all parameters with Chainer's paths, such as ``/conv1/W``."""
        for path, parameter in self.named_parameters():
            if include_uninit or not isinstance(parameter, UninitializedParameter):
                *owners, name = path.split(".")
                names = getattr(self.get_submodule(".".join(owners)), "_chainer_names", {})
                yield "/" + "/".join([*owners, names.get(name, name)]), parameter

    def count_params(self) -> int:
        """Count the numbers in all parameters.

        Raises
        ------
        RuntimeError
            If a parameter has no shape yet.
        """
        return sum(p.numel() for p in self.parameters())

    def cleargrads(self) -> None:
        """Forget all gradients."""
        self.zero_grad()

    def to_device(self, device: Device | str) -> Link:
        """Move all parameters and buffers to a device; in place."""
        self.to(Device(device))
        return self

    def to_cpu(self) -> Link:
        """Move to the CPU."""
        return self.to_device("cpu")

    def to_gpu(self, device: int = 0) -> Link:
        """Move to a CUDA device."""
        return self.to_device(f"cuda:{device}")


class Chain(Link):
    """A model made of named links.

    Parameters
    ----------
    **links : Link
        Become attributes of these names.

    Examples
    --------
    >>> import numpy as np
    >>> import tinyconv.chainer.functions as F, tinyconv.chainer.links as L
    >>> class Net(Chain):
    ...     def __init__(self):
    ...         super().__init__(conv=L.Convolution2D(None, 4, 3))
    ...         with self.init_scope():
    ...             self.out = L.Linear(None, 10)
    ...     def __call__(self, x):
    ...         return self.out(F.relu(self.conv(x)))
    >>> Net()(np.zeros((2, 1, 8, 8), np.float32)).shape
    (2, 10)
    """

    def __init__(self, **links: Module):
        super().__init__()
        for name, link in links.items():
            self.add_link(name, link)

    def add_link(self, name: str, link: Module) -> None:
        """Add a link under a name."""
        self.add_module(name, link)

    def __getitem__(self, name: str) -> Module:
        return self.get_submodule(name)


class ChainList(Link):
    """A model made of numbered links.

    Examples
    --------
    >>> import tinyconv.chainer.links as L
    >>> layers = ChainList(L.Linear(3, 4), L.Linear(4, 2))
    >>> len(layers), [name for name, _ in layers.namedparams()]
    (2, ['/0/W', '/0/b', '/1/W', '/1/b'])
    """

    def __init__(self, *links: Any):
        super().__init__()
        self._steps: list[Any] = []
        for link in links:
            self.append(link)

    def append(self, link: Any) -> None:
        """Add a link at the end."""
        self.add_module(str(len(self._steps)), link)
        self._steps.append(link)

    add_link = append

    def __getitem__(self, index: int) -> Any:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._steps)


class Sequential(ChainList):
    """Links and plain functions, each called on the result of the one before.

    Examples
    --------
    >>> import numpy as np
    >>> import tinyconv.chainer.functions as F, tinyconv.chainer.links as L
    >>> model = Sequential(L.Linear(None, 4), F.relu, L.Linear(None, 2))
    >>> model(np.zeros((5, 3), np.float32)).array.shape
    (5, 2)
    """

    def append(self, link: Module | Callable) -> None:
        """Add a link or a function at the end.

        Raises
        ------
        TypeError
            If it cannot be called.
        """
        if isinstance(link, Module):
            self.add_module(str(len(self._steps)), link)
        elif not callable(link):
            raise refusal("chainer.no_link", "Sequential", kind=type(link).__name__)
        self._steps.append(link)

    def forward(self, x: Any) -> Any:
        """Call all in turn."""
        result = as_variable(x)
        for layer in self._steps:
            result = layer(result)
        return as_result(result)
