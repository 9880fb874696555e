"""One gate for arguments: a public function's annotations say what it takes, and hold its callers to it.

:func:`checked` reads the annotations of a function or constructor once.  At a call it looks at the type of each
argument; what does not fit is refused by the function's and the argument's name::

    @checked
    def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor: ...

    elu([1.0, -1.0])  # TypeError: elu: argument 'input' must be a Tensor, not a list; use tinyconv.tensor(input)

What the words mean is listed once, in :data:`KINDS`.  They tell what a thing is, not its range: that a size fits, or
a probability lies in [0, 1], is asked by those who know.
"""

from __future__ import annotations

import functools
import inspect
import numbers
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .autograd import Tensor
from .backend import Device
from .errors import phrase, refusal

__all__ = ["KINDS", "DType", "DeviceLike", "Dims", "Size", "checked", "refuse"]

F = TypeVar("F", bound=Callable[..., Any])
DType = Any  # np.float32, "float32", float: what np.dtype takes
DeviceLike = str | Device
Dims = int | Sequence[int] | None
Size = int | Sequence[int]

# NumPy's names for PyTorch's arguments, which PyTorch's own functions know too
OTHER_NAMES = {
    "axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other",
    "split_size": "split_size_or_sections",  # of the method, in PyTorch
}  # fmt: skip


def _is_int(value: Any) -> bool:
    """An int, NumPy's or a tensor's too; no bool, and no float that happens to be whole."""
    if isinstance(value, Tensor):
        return value.numel() == 1 and value.dtype.kind in "iu"
    return hasattr(value, "__index__") and not isinstance(value, (bool, np.bool_)) and _indexes(value)


def _indexes(value: Any) -> bool:
    try:
        return -(2**63) <= operator.index(value) < 2**63
    except TypeError:  # an array of several
        return False


def _is_number(value: Any) -> bool:
    """A real number, NumPy's or a tensor's of one element too."""
    if isinstance(value, Tensor):
        return value.numel() == 1
    return isinstance(value, (numbers.Real, np.bool_))  # NumPy's real numbers are entered as such


def _is_flag(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_row(value: Any) -> bool:
    """A list, a tuple or the like; text is none, although Python says so."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def _is_row_of(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: _is_row(value) and all(map(kind, value))


def _is_dtype(value: Any) -> bool:
    if not isinstance(value, (str, type, np.dtype)):
        return False  # NumPy would take the dtype of a tensor
    try:
        return np.dtype(value).kind in "biuf"
    except TypeError:
        return False


class Kind(NamedTuple):
    """What an argument may be."""

    said: str  # the phrase that names it
    usual: frozenset[type]  # types that need no second look
    fits: Callable[[Any], bool]


KINDS: dict[str, Kind] = {
    "Tensor": Kind("argument.tensor", frozenset({Tensor}), lambda value: isinstance(value, Tensor)),
    "int": Kind("argument.int", frozenset({int}), _is_int),
    "float": Kind("argument.number", frozenset({float, int}), _is_number),
    "bool": Kind("argument.flag", frozenset({bool}), _is_flag),
    "str": Kind("argument.str", frozenset({str}), lambda value: isinstance(value, str)),
    "None": Kind("argument.none", frozenset({type(None)}), lambda value: value is None),
    "Sequence[int]": Kind("argument.ints", frozenset(), _is_row_of(_is_int)),
    "Sequence[float]": Kind("argument.numbers", frozenset(), _is_row_of(_is_number)),
    "Sequence[Tensor]": Kind("argument.tensors", frozenset(), _is_row_of(lambda value: isinstance(value, Tensor))),
    "DType": Kind("argument.dtype", frozenset({np.dtype}), _is_dtype),
    "DeviceLike": Kind("argument.device", frozenset({Device, str}), lambda value: isinstance(value, (str, Device))),
    "Callable": Kind("argument.function", frozenset(), callable),
    "Iterable": Kind("argument.iterable", frozenset({list}), lambda value: isinstance(value, Iterable)),
    "Mapping": Kind("argument.dict", frozenset({dict}), lambda value: isinstance(value, Mapping)),
}
ALIASES = {"Dims": "int | Sequence[int] | None", "Size": "int | Sequence[int]"}


class _Slot(NamedTuple):
    """A parameter: its name, the words of its annotation, and what they allow."""

    name: str
    words: tuple[str, ...]
    usual: set[type]

    def look(self, value: Any, function: str, of_layer: bool) -> None:
        """Refuse a value that is none of the kinds."""
        if "Tensor" in self.words and isinstance(value, Tensor):
            self.usual.add(type(value))  # a Parameter needs a second look once
            return
        if any(KINDS[word].fits(value) for word in self.words):
            return
        if of_layer and "bool" in self.words and type(value) is int and value in (0, 1):
            return  # PyTorch's layers take any truth value, and 0 or 1 is one
        raise refuse(function, self.name, value, *self.words)


class _Plan(NamedTuple):
    """The parameters of a function: all by name, and those that may be given by their place."""

    by_name: dict[str, _Slot | None]
    before: tuple[str, ...]
    in_order: tuple[_Slot | None, ...]
    rest: str | None  # *sizes: one sequence by that name

    def named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments by the function's own names: of ``zeros(size=(2, 3))``, ``reshape(input=x, shape=(2, 3))``."""
        if not kwargs.keys() <= self.by_name.keys():
            kwargs = _renamed(kwargs, self.by_name)
        if self.rest in kwargs:
            sizes = kwargs.pop(self.rest)
            args = (*args, *[kwargs.pop(name) for name in self.before[len(args) :]], sizes)
        return args, kwargs


def _plan_of(function: Callable[..., Any]) -> _Plan:
    parameters = list(inspect.signature(function).parameters.values())
    by_name = {parameter.name: _slot_of(parameter) for parameter in parameters}
    before = tuple([p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD])
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    return _Plan(by_name, before, tuple([by_name[name] for name in before]), rest)


def refuse(function: str, name: str, value: Any, *words: str) -> Exception:
    """Make the error for an argument that is none of these kinds.

    Examples
    --------
    >>> print(refuse("conv2d", "groups", 2.0, "int"))
    conv2d: argument 'groups' must be an int, not float 2.0; use 2 or int(groups)
    """
    wanted = phrase("argument.or").join(phrase(KINDS[word].said) for word in words)
    hint = ""
    if "Tensor" in words and isinstance(value, (np.ndarray, list, tuple, int, float)):
        hint = phrase("argument.use_tensor", name=name)
    elif "Tensor" in words and value is None:
        hint = phrase("argument.forgot_return")
    elif "int" in words and isinstance(value, float) and value.is_integer():
        hint = phrase("argument.use_int", name=name, value=int(value))
    return refusal("argument.kind", function, name=name, wanted=wanted, given=_told(value), hint=hint)


def _told(value: Any) -> str:
    """A value for an error's text: its type, and itself where that is short."""
    kind = type(value).__name__
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return f"{kind} {value.dtype} {tuple(value.shape)}"
    shown = repr(value) if isinstance(value, (bool, int, float, str, bytes, list, tuple, dict, np.generic)) else ""
    return f"{kind} {shown}" if 0 < len(shown) <= 40 else kind


def checked(function: F) -> F:
    """Hold the callers of a function, or of a constructor, to its annotations; NumPy's names for arguments do too.

    Raises
    ------
    TypeError
        At a call with an argument of another kind: it names the function, the argument and what was given.

    Examples
    --------
    >>> import tinyconv as tc
    >>> tc.softmax([1.0, 2.0], dim=0)
    Traceback (most recent call last):
    ...
    TypeError: softmax: argument 'input' must be a Tensor, not list [1.0, 2.0]; use tinyconv.tensor(input)
    >>> tc.sum(tc.ones(2, 3), axis=0, keepdims=True).shape
    (1, 3)
    """
    of_layer = function.__name__ == "__init__"
    name = function.__qualname__.split(".")[0] if of_layer else function.__name__
    plan: _Plan | None = None  # made at the first call: most functions are never called

    @functools.wraps(function)
    def gate(*args: Any, **kwargs: Any) -> Any:
        nonlocal plan
        if plan is None:
            plan = _plan_of(function)
        if kwargs:
            args, kwargs = plan.named(args, kwargs)
            for given, value in kwargs.items():
                slot = plan.by_name.get(given)
                if slot is not None and type(value) not in slot.usual:
                    slot.look(value, type(args[0]).__name__ if of_layer else name, of_layer)
        for slot, value in zip(plan.in_order, args):
            if slot is not None and type(value) not in slot.usual:
                slot.look(value, type(args[0]).__name__ if of_layer else name, of_layer)
        return function(*args, **kwargs)

    gate.plain = function  # type: ignore[attr-defined]  # for those who have checked already
    return gate  # type: ignore[return-value]


def _slot_of(parameter: inspect.Parameter) -> _Slot | None:
    text = parameter.annotation
    if text in (inspect.Parameter.empty, "Any"):
        return None
    words = " | ".join(ALIASES.get(word, word) for word in text.split(" | ")).split(" | ")
    words = [word if word in KINDS else word.partition("[")[0] for word in words]  # Callable[[int], float]
    if not KINDS.keys() >= set(words):
        return None  # a class of its own: whoever takes it looks at it
    usual: set[type] = set().union(*(KINDS[word].usual for word in words))
    return _Slot(parameter.name, tuple(dict.fromkeys(words)), usual)


def _renamed(given: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """PyTorch's names in the place of NumPy's; ``np.sum(tensor)`` passes ``dtype=None`` and ``out=None``."""
    result = {}
    for name, value in given.items():
        own = OTHER_NAMES.get(name)
        if own is not None and name not in known and own in known and own not in given:
            result[own] = value
        elif name in known or name not in ("dtype", "out") or value is not None:
            result[name] = value  # Python says it if there is no such argument
    return result
