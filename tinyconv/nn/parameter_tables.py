"""Lists and dicts of parameters that a module counts among its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import refusal
from ..tensor import Tensor
from .module import Module
from .parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]


class _Table(Module):
    def __len__(self) -> int:
        return len(self._parameters)

    def __repr__(self) -> str:
        lines = [f"    ({name}): {_told(parameter)}" for name, parameter in self._parameters.items()]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"]) if lines else f"{type(self).__name__}()"

    def _put(self, name: str, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise refusal("module.table", type(self).__name__, kind=type(value).__name__)
        self.register_parameter(name, value if isinstance(value, Parameter) else Parameter(value))


def _told(parameter: Parameter) -> str:
    sizes = "x".join(map(str, parameter.shape))
    return f"Parameter containing: [{parameter.dtype} of size {sizes}]"


class ParameterList(_Table):
    """A list of parameters; Tensors become such.

    Examples
    --------
    >>> import tinyconv as tc
    >>> weights = tc.nn.ParameterList([tc.ones(2, 3), tc.ones(3)])
    >>> weights
    ParameterList(
        (0): Parameter containing: [float32 of size 2x3]
        (1): Parameter containing: [float32 of size 3]
    )
    >>> len(list(weights.parameters())), weights[1].shape
    (2, (3,))
    """

    def __init__(self, values: Iterable[Tensor] | None = None):
        super().__init__()
        self.extend(values or ())

    def append(self, value: Tensor) -> ParameterList:
        """Add a parameter at the end."""
        self._put(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Tensor]) -> ParameterList:
        """Add parameters at the end."""
        for value in values:
            self.append(value)
        return self

    def __iter__(self) -> Iterator[Parameter]:
        return iter(list(self._parameters.values()))

    def __getitem__(self, idx: Any) -> Any:
        parameters = list(self._parameters.values())
        return ParameterList(parameters[idx]) if isinstance(idx, slice) else parameters[idx]

    def __setitem__(self, idx: int, param: Tensor) -> None:
        self._put(list(self._parameters)[idx], param)


class ParameterDict(_Table):
    """A dict of parameters; Tensors become such.

    Examples
    --------
    >>> import tinyconv as tc
    >>> scales = tc.nn.ParameterDict({"left": tc.ones(2), "right": tc.zeros(2)})
    >>> "left" in scales, [name for name, _ in scales.items()]
    (True, ['left', 'right'])
    """

    def __init__(self, parameters: Mapping[str, Tensor] | None = None):
        super().__init__()
        self.update(parameters or {})

    def update(self, parameters: Mapping[str, Tensor]) -> None:
        """Add parameters under their names, in the place of those that had them."""
        for name, value in parameters.items():
            self[name] = value

    def pop(self, key: str) -> Parameter:
        """Take a parameter out, and give it."""
        return self._parameters.pop(key)

    def __getitem__(self, key: str) -> Parameter:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Tensor) -> None:
        self._put(key, value)

    def __delitem__(self, key: str) -> None:
        del self._parameters[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, key: str) -> bool:
        return key in self._parameters

    def keys(self) -> Iterable[str]:
        """Give the names."""
        return self._parameters.keys()

    def values(self) -> Iterable[Any]:
        """Give the parameters."""
        return self._parameters.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Give names and parameters."""
        return self._parameters.items()
