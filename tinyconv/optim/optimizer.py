"""The base of all optimisers: parameter groups, options, saved state, and the loop over parameters."""

from __future__ import annotations

import copy
import math
import numbers
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..backend import Array, get_array_module
from ..errors import phrase, refusal
from ..tensor import Tensor

__all__ = ["Optimizer"]

COUNTED = {"step": int, "mu_product": float}  # of a parameter's state: one number for all its cells


class Optimizer:
    """Holds parameters in groups and changes them by their gradients.

    A subclass writes :meth:`_update`, the rule for one parameter, on raw arrays, and
    :meth:`_check_options`.

    Parameters
    ----------
    params : iterable
        Of Tensors, of ``(name, Tensor)`` pairs, or of dicts: each dict is a group with the key
        ``"params"`` and options that replace `defaults` for this group.
    defaults : dict
        Options of the groups that do not set their own.

    Attributes
    ----------
    param_groups : list of dict
        The groups, with all their options.  Options may be changed between steps:
        ``optimizer.param_groups[0]["lr"] = 0.01``.
    state : dict
        What the rule remembers about each parameter, made at its first step with a gradient.

    Notes
    -----
    A lazy parameter, which has no numbers before the model's first forward, may be given already.

    Examples
    --------
    >>> import tinyconv as tc
    >>> class SignSGD(tc.optim.Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     def _update(self, param, grad, state, options):
    ...         param -= options["lr"] * tc.get_array_module(grad).sign(grad)
    >>> w = tc.nn.Parameter(tc.tensor([1.0, -2.0]))
    >>> (w * w).sum().backward()
    >>> SignSGD([w], lr=0.5).step()
    >>> w.detach()
    tensor([ 0.5000, -1.5000])
    """

    def __init__(self, params: Iterable, defaults: dict[str, Any]):
        if isinstance(params, Tensor):
            raise refusal("optim.one_tensor", optimizer=type(self).__name__)
        if not isinstance(params, Iterable):
            raise refusal("optim.not_iterable", optimizer=type(self).__name__, kind=type(params).__name__)
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._waiting: dict[Tensor, dict[str, Any]] = {}  # loaded state of lazy parameters without data
        self._step_count = 0
        entries = list(params)
        if not entries:
            raise refusal("optim.no_parameters")
        for group in entries if isinstance(entries[0], dict) else [{"params": entries}]:
            self.add_param_group(group)

    # --- groups ---

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, with options of their own.

        Parameters
        ----------
        param_group : dict
            ``"params"``, a Tensor or a list of Tensors (or of ``(name, Tensor)`` pairs), and any options.

        Raises
        ------
        TypeError
            If something is not a Tensor.
        ValueError
            If a parameter is given twice or is not a leaf, or an option is out of its range.

        Examples
        --------
        >>> import tinyconv as tc
        >>> net = tc.nn.Sequential(tc.nn.Linear(4, 3), tc.nn.Linear(3, 2))
        >>> optimizer = tc.optim.SGD(net[1].parameters(), lr=0.1)
        >>> optimizer.add_param_group({"params": net[0].parameters(), "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise refusal("optim.group_no_dict", kind=type(param_group).__name__)
        names, params = _names_and_params(param_group["params"])
        group = {**param_group, "params": params}
        if names:
            group["param_names"] = names
        for option, default in self.defaults.items():
            group.setdefault(option, default)
        for position, param in enumerate(params):
            _check_param(param, position)
        _check_distinct([*self._params(), *params])
        self._check_options(group)
        self.param_groups.append(group)

    def _params(self) -> Iterator[Tensor]:
        """All parameters, in the order in which :meth:`state_dict` numbers them."""
        for group in self.param_groups:
            yield from group["params"]

    def _check_options(self, options: Mapping[str, Any]) -> None:
        """Raise ValueError if an option of a group is out of its range."""

    # --- gradients and steps ---

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            True: gradients become None, and a parameter that gets none until the next step is left
            alone by it.  False: they become zeros, and such a parameter still moves by its momentum
            and weight decay.

        Examples
        --------
        >>> import tinyconv as tc
        >>> w = tc.tensor([1.0], requires_grad=True)
        >>> w.sum().backward()
        >>> tc.optim.SGD([w], lr=0.1).zero_grad()
        >>> w.grad is None
        True
        """
        for param in self._params():
            if set_to_none or param._grad is None:
                param._grad = None
            else:
                array = param._grad.array
                param._grad = Tensor._of(get_array_module(array).zeros_like(array))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient, once.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew, gradients included; called first.

        Returns
        -------
        object
            What `closure` returned, or None.

        Raises
        ------
        RuntimeError
            If a gradient has not the shape, dtype and device of its parameter, or the parameter's array
            is read-only.

        Examples
        --------
        >>> import tinyconv as tc
        >>> w = tc.tensor([3.0], requires_grad=True)
        >>> optimizer = tc.optim.SGD([w], lr=0.1)
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = (w * w).sum()
        ...     loss.backward()
        ...     return loss
        >>> float(optimizer.step(closure))
        9.0
        >>> w.detach()
        tensor([2.4000])
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param._grad is not None:
                    self._step_one(param, param._grad, group)
        self._step_count += 1
        return loss

    def _step_one(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        if (grad.shape, grad.dtype, grad.device) != (param.shape, param.dtype, param.device):
            raise refusal(
                "optim.gradient_mismatch",
                f"{type(self).__name__}.step",
                name=self._describe(param),
                param=param,
                grad=grad,
            )
        if not getattr(param.array.flags, "writeable", True):  # CuPy's arrays always are
            raise refusal("optim.read_only", f"{type(self).__name__}.step", name=self._describe(param))
        if param in self._waiting:
            self.state[param] = _placed_state(param, self._waiting[param], self._describe(param))
            del self._waiting[param]
        with param.device.use():
            self._update(param.array, grad.array, self.state[param], group)
        param.bump_version()

    def _update(self, param: Array, grad: Array, state: dict[str, Any], options: Mapping[str, Any]) -> None:
        """Change `param` and `state` in place by `grad`, which must be left as it is.

        `state` is empty at the parameter's first step; the rule puts in ints and arrays like `param`.
        """
        raise refusal(
            "class.must_define", owner=type(self).__name__, method="_update(self, param, grad, state, options)"
        )

    def _describe(self, wanted: Tensor) -> str:
        """Name a parameter in an error text: ``parameter 1 of group 0 ('conv1.bias')``."""
        for index, group in enumerate(self.param_groups):
            for position, param in enumerate(group["params"]):
                if param is wanted:
                    if "param_names" not in group:
                        return phrase("optim.parameter", position=position, index=index)
                    name = group["param_names"][position]
                    return phrase("optim.named_parameter", position=position, index=index, name=name)
        return phrase("optim.some_parameter")

    # --- saved state ---

    def state_dict(self) -> dict[str, Any]:
        """Give options and state as nested dicts and lists of numbers and Tensors.

        Returns
        -------
        dict
            ``{"state": {0: {...}, 1: {...}}, "param_groups": [{"params": [0, 1], "lr": ...}]}``:
            parameters are numbered through all groups, as in PyTorch.  The Tensors are copies, so
            later steps do not change what was returned.

        Examples
        --------
        >>> import tinyconv as tc
        >>> w = tc.tensor([1.0], requires_grad=True)
        >>> optimizer = tc.optim.SGD([w], lr=0.5, momentum=0.9)
        >>> w.sum().backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor([1.])}}
        """
        params = list(self._params())
        index = {id(param): number for number, param in enumerate(params)}
        groups = [
            {**copy.deepcopy(_without_params(group)), "params": [index[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        entries = {**self.state, **self._waiting}
        state = {
            number: {key: _saved(value) for key, value in entries[param].items()}
            for number, param in enumerate(params)
            if entries.get(param)
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave, so that training goes on as if uninterrupted.

        Create learning-rate schedulers before: creating one sets learning rates.

        Parameters
        ----------
        state_dict : dict
            Its arrays may be Tensors or arrays of any device and float dtype; they are copied.

        Raises
        ------
        ValueError
            If the groups or the shapes do not fit this optimizer's parameters.  Nothing is changed then.

        Examples
        --------
        >>> import tinyconv as tc
        >>> w = tc.tensor([1.0], requires_grad=True)
        >>> saved = tc.optim.SGD([w], lr=0.5).state_dict()
        >>> optimizer = tc.optim.SGD([w], lr=0.1)
        >>> optimizer.load_state_dict(saved)
        >>> optimizer.param_groups[0]["lr"]
        0.5
        """
        if not {"param_groups", "state"} <= set(state_dict):
            raise refusal("optim.state_keys", optimizer=type(self).__name__, keys=list(state_dict)[:5])
        saved_groups = state_dict["param_groups"]
        _check_same_layout(self.param_groups, saved_groups)
        by_number = dict(zip((n for group in saved_groups for n in group["params"]), self._params()))
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        waiting = {}
        for number, entry in state_dict["state"].items():
            param = by_number.get(int(number))
            if param is None:
                raise refusal("optim.state_of_nobody", number=number)
            if param.is_lazy:  # lazy: shape, dtype and device are known at its first step
                waiting[param] = copy.deepcopy(dict(entry))
            else:
                state[param] = _placed_state(param, entry, self._describe(param))
        groups = [
            {**_without_params(group), **copy.deepcopy(dict(saved)), "params": group["params"]}
            for group, saved in zip(self.param_groups, saved_groups)
        ]
        for group in groups:
            self._check_options(group)
        self.state, self._waiting, self.param_groups = state, waiting, groups

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if not key.startswith("param")]
        return "\n".join([*lines, ")"])


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give the options among a constructor's ``locals()``: so that each is written once, in its signature.

    Examples
    --------
    >>> def constructor(self, params, lr=0.1, *, maximize=False):
    ...     return given(locals())
    >>> constructor(None, [])
    {'lr': 0.1, 'maximize': False}
    """
    for name in ("capturable", "differentiable"):
        if arguments.get(name):
            raise refusal("optim.way", type(arguments["self"]).__name__, name=name)
    return {name: value for name, value in arguments.items() if name not in _NO_OPTIONS}


# besides the options: PyTorch's ways to compute one and the same step, of which there is one here
_NO_OPTIONS = ("self", "params", "__class__", "foreach", "fused", "capturable", "differentiable")


def number_of(value: Any) -> Any:
    """An option as a number: a Tensor of one element may hold it."""
    return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value


def check_not_negative(options: Mapping[str, Any], **names: str) -> None:
    """Raise unless these options are numbers >= 0; `names` gives the phrase for each in the text.

    Examples
    --------
    >>> check_not_negative({"lr": -1}, lr="optim.learning_rate")
    Traceback (most recent call last):
    ValueError: Invalid learning rate: -1. lr must be a number >= 0
    """
    for option, name in names.items():
        value = number_of(options[option])
        if not isinstance(value, numbers.Real):
            raise refusal(
                "optim.option_no_number", name=phrase(name), option=option, value=value, kind=type(value).__name__
            )
        if not 0.0 <= float(value) < math.inf:
            raise refusal("optim.option_negative", name=phrase(name), option=option, value=value)


def check_numbers(options: Mapping[str, Any], *names: str) -> None:
    """Raise unless these options are finite numbers.

    Examples
    --------
    >>> check_numbers({"dampening": float("nan")}, "dampening")
    Traceback (most recent call last):
    ValueError: dampening must be a finite number, got nan
    """
    for name in names:
        value = number_of(options[name])
        if not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise refusal("optim.option_not_finite", name=name, value=value)


def check_switches(options: Mapping[str, Any], *names: str) -> None:
    """Raise unless these options are True or False (0 and 1 may stand for them).

    Examples
    --------
    >>> check_switches({"maximize": "no"}, "maximize")
    Traceback (most recent call last):
    TypeError: maximize must be True or False, got 'no'
    """
    for name in names:
        value = options[name]
        if not isinstance(value, (bool, np.bool_)) and not (isinstance(value, numbers.Integral) and value in (0, 1)):
            raise refusal("optim.option_switch", name=name, value=value)


def _names_and_params(params: Any) -> tuple[list[str], list[Tensor]]:
    """Take ``model.parameters()`` or ``model.named_parameters()`` apart."""
    if isinstance(params, Tensor):
        return [], [params]
    if isinstance(params, set | frozenset):
        raise refusal("optim.set_of_parameters")
    items = list(params)
    named = [item for item in items if isinstance(item, tuple)]
    if not named:
        return [], items
    if len(named) != len(items):
        raise refusal("optim.partly_named", named=len(named), count=len(items))
    return [name for name, _ in named], [param for _, param in named]


def _check_param(param: Any, position: int) -> None:
    if not isinstance(param, Tensor):
        raise refusal("optim.no_tensor", position=position, kind=type(param).__name__)
    if not param.is_leaf:
        raise refusal("optim.no_leaf", position=position, param=param)


def _check_distinct(params: list[Tensor]) -> None:
    if len({id(param) for param in params}) < len(params):
        raise refusal("optim.repeated")


def _check_same_layout(groups: list[dict[str, Any]], saved: list[dict[str, Any]]) -> None:
    sizes, saved_sizes = ([len(group["params"]) for group in side] for side in (groups, saved))
    if len(sizes) != len(saved_sizes):
        raise refusal("optim.state_groups", saved=len(saved_sizes), own=len(sizes))
    if sizes != saved_sizes:
        raise refusal("optim.state_group_sizes", saved=saved_sizes, own=sizes)


def _without_params(group: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key != "params"}


def _saved(value: Any) -> Any:
    """A number as it is, an array as a Tensor of its own, a Tensor (not placed yet) as a copy."""
    if isinstance(value, Tensor):
        value = value.array
    return Tensor._of(value.copy()) if hasattr(value, "shape") else value


def _placed_state(param: Tensor, entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Copy a loaded state entry to its parameter's device and dtype, after checking the shapes."""
    placed: dict[str, Any] = {}
    for key, value in entry.items():
        array = value.array if isinstance(value, Tensor) else value
        if array is None:  # PyTorch's momentum_buffer before the first step
            continue
        if key in COUNTED:  # one number: PyTorch saves it as a Tensor
            placed[key] = COUNTED[key](array)
        elif not hasattr(array, "shape"):
            placed[key] = array
        elif tuple(array.shape) != tuple(param.shape):
            raise refusal("optim.state_shape", key=key, shape=tuple(array.shape), name=name, param=param)
        else:
            placed[key] = _own_copy(param.device.asarray(array), param.dtype)
    return placed


def _own_copy(array: Array, dtype: Any) -> Array:
    return get_array_module(array).array(array, dtype=dtype, copy=True)
