"""Module: a tree of layers that owns parameters, and its containers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..autograd import RemovableHandle, no_grad
from ..backend import Device
from ..errors import layers_at_work, pop_layer, push_layer
from ..ops.shape import Alias
from ..tensor import Tensor
from .parameter import Buffer, Parameter, UninitializedParameter

__all__ = ["Module", "ModuleDict", "ModuleList", "Sequential"]


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """The base of all layers and models: assign parameters and layers to attributes, write ``forward``.

    Attributes
    ----------
    training : bool
        Set by :meth:`train` and :meth:`eval`; dropout and batch norm look at it.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.conv = nn.Conv2d(1, 2, 3)
    ...         self.out = nn.Linear(None, 10)
    ...     def forward(self, x):
    ...         return self.out(self.conv(x).relu().flatten(1))
    >>> Net()(tc.zeros(4, 1, 8, 8)).shape
    (4, 10)
    """

    training: bool

    def __init__(self) -> None:
        self.__dict__.update(
            training=True, _parameters={}, _buffers={}, _modules={}, _unsaved=set(),
            _pre_hooks={}, _hooks={}, _backward_hooks={},
        )  # fmt: skip

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; a subclass writes this, callers call the module itself."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}.__init__() must call super().__init__() first")
        push_layer(self._describe)
        try:
            for hook in list(self._pre_hooks.values()):
                replaced = hook(self, args)
                args = args if replaced is None else replaced if isinstance(replaced, tuple) else (replaced,)
            watch = _BackwardWatch(self) if self._backward_hooks else None
            result = self.forward(*(watch.inputs(args) if watch else args), **kwargs)
            result = watch.output(result) if watch else result
            for hook in list(self._hooks.values()):
                replaced = hook(self, args, result)
                result = result if replaced is None else replaced
            return result
        finally:
            pop_layer()

    def _describe(self) -> str:
        """The path from the outermost module at work, as errors name it: ``Net.conv2 (Conv2d(...))``."""
        chain = [
            owner for entry in layers_at_work() if (owner := getattr(entry, "__self__", None)) is not None
        ]
        path = type(chain[0]).__name__ if len(chain) > 1 else ""
        for parent, child in zip(chain, chain[1:]):
            path += "." + next(
                (name for name, m in parent.named_modules() if m is child), type(child).__name__
            )
        own = f"{type(self).__name__}({self.extra_repr()})"
        return f"{path} ({own})" if path else own

    # ---------------------------------------------------------------------- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        if "_parameters" not in self.__dict__:
            if isinstance(value, (Tensor, Module)):
                raise AttributeError(
                    f"cannot assign {name!r} before Module.__init__() call: call super().__init__() first"
                )
            object.__setattr__(self, name, value)
            return
        tables = {"_parameters": Parameter, "_buffers": Buffer, "_modules": Module}
        kind = next((table for table, cls in tables.items() if isinstance(value, cls)), None)
        if kind is None and name in self._buffers and (value is None or isinstance(value, Tensor)):
            kind = "_buffers"
        if kind is None and name in self._parameters and value is not None:
            raise TypeError(
                f"cannot assign {type(value).__name__} as parameter {name!r} (nn.Parameter or None expected); "
                f"to change its numbers write {name}.data = ..."
            )
        if kind is None and name in self._parameters:
            kind = "_parameters"
        for table in tables:
            self.__dict__[table].pop(name, None) if table != kind else None
        if kind is None:
            object.__setattr__(self, name, value)
        else:
            self.__dict__.pop(name, None)
            self.__dict__[kind][name] = value

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(table, {}):
                return self.__dict__[table][name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._parameters, *self._buffers, *self._modules]

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Add a parameter, or None to say that there is none under this name."""
        self.__dict__.pop(name, None)
        self._parameters[name] = parameter

    def register_buffer(self, name: str, value: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that is moved with the module, and saved with it if `persistent`."""
        self.__dict__.pop(name, None)
        self._buffers[name] = value
        if not persistent:
            self._unsaved.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        if "." in name or not name:
            raise KeyError(f"module name can't be empty or contain '.', got {name!r}")
        self._modules[name] = module

    # ---------------------------------------------------------------------- walking the tree

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Give this module (under `prefix`) and all below it, each once, parents first."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            children = [
                (f"{name}.{key}" if name else key, m) for key, m in module._modules.items() if m is not None
            ]
            stack.extend(reversed(children))

    def modules(self) -> Iterator[Module]:
        """Give this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Give the modules right below, with their names."""
        return ((name, m) for name, m in self._modules.items() if m is not None)

    def children(self) -> Iterator[Module]:
        """Give the modules right below."""
        return (module for _, module in self.named_children())

    def get_submodule(self, target: str) -> Module:
        """Give the module at a path such as ``"features.0"``.

        Raises
        ------
        AttributeError
            If there is none.
        """
        module = self
        for part in target.split(".") if target else ():
            if part not in module._modules:
                raise AttributeError(
                    f"{type(module).__name__} has no submodule {part!r} (of path {target!r})"
                )
            module = module._modules[part]
        return module

    def _members(
        self, table: str, prefix: str, recurse: bool, once: bool = True
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules() if recurse else [("", self)]:
            for name, member in module.__dict__[table].items():
                if member is None or (once and id(member) in seen):
                    continue
                seen.add(id(member))
                yield ".".join(part for part in (prefix, path, name) if part), member

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Give all parameters with their paths, shared ones once."""
        return self._members("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Give all parameters, shared ones once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Give all buffers with their paths."""
        return self._members("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Give all buffers."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    # ---------------------------------------------------------------------- changing the tree

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call `fn` on every module, children first, and give this module back."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Set training mode everywhere."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Set evaluation mode everywhere."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Freeze or unfreeze all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or set them to zero."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach() * 0.0

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Move all parameters and buffers to a device, or to a float dtype; in place.

        Accepts what ``Tensor.to`` accepts; integer buffers keep their dtype.
        """
        probe = Tensor(np.zeros(0, np.float32)).to(*args, **kwargs)
        dtype = probe.dtype if probe.dtype != np.float32 or _names_dtype(args, kwargs) else None
        device = probe.device if _names_device(args, kwargs) else None
        with no_grad():
            for module in self.modules():
                for table in (module._parameters, module._buffers):
                    for member in table.values():
                        _move(member, device, dtype)
        return self

    def cpu(self) -> Module:
        """Move to the CPU."""
        return self.to(Device("cpu"))

    def cuda(self, index: int = 0) -> Module:
        """Move to a CUDA device."""
        return self.to(Device(f"cuda:{index}"))

    def float(self) -> Module:
        """Make parameters and buffers float32."""
        return self.to(np.float32)

    def double(self) -> Module:
        """Make parameters and buffers float64."""
        return self.to(np.float64)

    def half(self) -> Module:
        """Make parameters and buffers float16."""
        return self.to(np.float16)

    # ---------------------------------------------------------------------- state

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Give all parameters and saved buffers by path, sharing memory; PyTorch's names and layouts.

        Raises
        ------
        RuntimeError
            If a lazy layer has not seen an input yet.
        """
        state = {}
        for name, member in self._saved_members():
            if isinstance(member, UninitializedParameter):
                raise RuntimeError(
                    f"{type(self).__name__}.state_dict(): {name!r} belongs to a lazy layer and has no shape before the "
                    f"first forward. Call the model once on an input first: model(x)"
                )
            state[prefix + name] = member.detach()
        return state

    def _saved_members(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters and persistent buffers in PyTorch's order: module by module."""
        for path, module in self._all_paths():
            start = f"{path}." if path else ""
            own = {
                **module._parameters,
                **{k: b for k, b in module._buffers.items() if k not in module._unsaved},
            }
            yield from ((start + name, member) for name, member in own.items() if member is not None)

    def _all_paths(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Every module under every path, a shared one under each (state_dict lists it twice, as PyTorch does)."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child._all_paths(f"{prefix}.{name}" if prefix else name)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy values into the parameters and buffers of the same names.

        Nothing is changed unless everything fits.  Lazy layers take their shapes from the values.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array
            From :meth:`state_dict`, or with PyTorch's keys and layouts.
        strict : bool
            Whether missing and unexpected keys are errors.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        RuntimeError
            Listing every missing, unexpected and mis-shaped key.
        """
        members = dict(self._saved_members())
        missing = [name for name in members if name not in state_dict]
        unexpected = [name for name in state_dict if name not in members]
        problems = _shape_problems(members, state_dict)
        if strict and unexpected:
            problems.insert(
                0, "Unexpected key(s) in state_dict: " + ", ".join(f'"{k}"' for k in unexpected) + "."
            )
        if strict and missing:
            problems.insert(0, "Missing key(s) in state_dict: " + ", ".join(f'"{k}"' for k in missing) + ".")
        if problems:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(problems)
            )
        with no_grad():
            for name, member in members.items():
                if name in state_dict:
                    value = _as_tensor(state_dict[name])
                    if isinstance(member, UninitializedParameter):
                        member.materialize(value.shape)
                    member.copy_(value)
        return IncompatibleKeys(missing, unexpected)

    # ---------------------------------------------------------------------- hooks

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple], Any]) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward; it may return other arguments."""
        return RemovableHandle(self._pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Module, tuple, Any], Any]) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; it may return another output."""
        return RemovableHandle(self._hooks, hook)

    def register_full_backward_hook(self, hook: Callable[[Module, tuple, tuple], Any]) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` in backward; it may return another grad_input.

        For modules that take Tensors by position and return one Tensor.
        """
        return RemovableHandle(self._backward_hooks, hook)

    # ---------------------------------------------------------------------- printing

    def extra_repr(self) -> str:
        """What to print between the parentheses of this module's own line."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        extra = self.extra_repr()
        if not lines:
            return f"{type(self).__name__}({extra})"
        return "\n  ".join([f"{type(self).__name__}({extra}", *lines]) + "\n)"


def _names_dtype(args: tuple, kwargs: dict) -> bool:
    return kwargs.get("dtype") is not None or any(not isinstance(a, (str, Device)) for a in args)


def _names_device(args: tuple, kwargs: dict) -> bool:
    return kwargs.get("device") is not None or any(isinstance(a, (str, Device, Tensor)) for a in args)


def _move(member: Tensor | None, device: Device | None, dtype: Any) -> None:
    """Give a parameter or buffer, and its gradient, another home; the object stays the same."""
    if member is None:
        return
    if isinstance(member, UninitializedParameter):
        member.intended_device = device or member.intended_device
        member.intended_dtype = dtype or member.intended_dtype
        return
    for tensor in (member, member.grad):
        if tensor is not None:
            array = tensor._data if device is None else device.asarray(tensor._data)
            tensor.data = (
                array.astype(dtype, copy=False) if dtype is not None and array.dtype.kind == "f" else array
            )


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(value)


def _shape_problems(members: Mapping[str, Tensor], state_dict: Mapping[str, Any]) -> list[str]:
    problems = []
    for name, member in members.items():
        if name not in state_dict or isinstance(member, UninitializedParameter):
            continue
        given = _as_tensor(state_dict[name]).shape
        if given != member.shape:
            problems.append(
                f"size mismatch for {name}: copying a param with shape {given} from checkpoint, the shape in current "
                f"model is {member.shape}."
            )
    return problems


class _BackwardWatch:
    """Catches the gradients that enter and leave one call of a module, for its backward hooks."""

    def __init__(self, module: Module):
        self.module = module
        self.grad_output: tuple = ()
        self.watched = False

    def inputs(self, args: tuple) -> tuple:
        """Pass the inputs on under new names, on which the gradient of this call alone arrives."""
        renamed = tuple(Alias.apply(a) if isinstance(a, Tensor) and a.requires_grad else a for a in args)
        for position, (old, new) in enumerate(zip(args, renamed)):
            if old is not new and not self.watched:
                self.watched = True
                new.register_hook(lambda grad, at=position, n=len(args): self._call(grad, at, n))
        return renamed

    def output(self, result: Any) -> Any:
        if not isinstance(result, Tensor) or not result.requires_grad:
            return result
        result = Alias.apply(result)
        result.register_hook(self._remember)
        return result

    def _remember(self, grad: Tensor) -> None:
        self.grad_output = (grad,)
        if not self.watched:  # no input needs a gradient, so none will come by
            self._call(None, 0, 1)

    def _call(self, grad: Tensor | None, position: int, count: int) -> Tensor | None:
        for hook in list(self.module._backward_hooks.values()):
            grad_input = tuple(grad if i == position else None for i in range(count))
            replaced = hook(self.module, grad_input, self.grad_output)
            if replaced is not None:
                grad = replaced[position] if isinstance(replaced, tuple) else replaced
        return grad


# ------------------------------------------------------------------------------ containers


class Sequential(Module):
    """Modules called one after the other.

    Parameters
    ----------
    *modules : Module, or one dict of them
        A dict gives them names instead of numbers.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())(tc.zeros(1, 2)).shape
    (1, 3)
    """

    def __init__(self, *modules: Any):
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else enumerate(modules)
        for name, module in named.items() if isinstance(named, Mapping) else named:
            self.add_module(str(name), module)

    def forward(self, x: Any) -> Any:
        """Call each module on the result of the one before."""
        for module in self._modules.values():
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(dict(list(self._modules.items())[index]))
        return list(self._modules.values())[index]

    def append(self, module: Module) -> Sequential:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self


class ModuleList(Module):
    """A list of modules; it has no forward of its own.

    Examples
    --------
    >>> from tinyconv import nn
    >>> len(nn.ModuleList([nn.Linear(2, 2) for _ in range(3)]))
    3
    """

    def __init__(self, modules: Iterable[Module] = ()):
        super().__init__()
        self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at `index`."""
        items = list(self._modules.values())
        items.insert(index, module)
        self._modules.clear()
        self.extend(items)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: Any) -> Any:
        items = list(self._modules.values())
        return ModuleList(items[index]) if isinstance(index, slice) else items[index]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(list(self._modules)[index], module)


class ModuleDict(Module):
    """A dict of modules; it has no forward of its own.

    Examples
    --------
    >>> from tinyconv import nn
    >>> list(nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()}).keys())
    ['a', 'b']
    """

    def __init__(self, modules: Mapping[str, Module] | None = None):
        super().__init__()
        for name, module in (modules or {}).items():
            self.add_module(name, module)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """Give the names."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """Give the modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Give names and modules."""
        return self._modules.items()
