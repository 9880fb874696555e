"""Module: a tree of layers that owns parameters."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..autograd import Operation, RemovableHandle, no_grad
from ..autograd.views import View
from ..backend import Array, Device, get_array_module
from ..creation import zeros_like
from ..errors import locate, phrase, refusal
from ..ops.shape import Alias
from ..ops.transfer import destination
from ..tensor import Tensor
from .parameter import Buffer, Parameter, UninitializedParameter

__all__ = ["IncompatibleKeys", "Module"]


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns.

    Examples
    --------
    >>> IncompatibleKeys([], [])
    <All keys matched successfully>
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not (self.missing_keys or self.unexpected_keys):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


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
        raise refusal("module.forward", module=self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call forward, with the hooks around it."""
        if "_parameters" not in self.__dict__:
            raise refusal("module.init", module=self)
        try:
            for hook in list(self._pre_hooks.values()):
                replaced = hook(self, args)
                args = args if replaced is None else replaced if isinstance(replaced, tuple) else (replaced,)
            watch = _BackwardWatch(self, len(args)) if self._backward_hooks else None
            result = self.forward(*(watch.inputs(args) if watch else args), **kwargs)
            result = watch.output(result) if watch else result
            for hook in list(self._hooks.values()):
                replaced = hook(self, args, result)
                result = result if replaced is None else replaced
            return result
        except Exception as error:
            locate(error, self)
            raise

    # ---------------------------------------------------------------------- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        if "_parameters" not in self.__dict__:
            if isinstance(value, (Tensor, Module)):
                raise refusal("module.assign_before_init", module=self, what=_kind_of(value), name=name)
            object.__setattr__(self, name, value)
            return
        kind = self._table_for(name, value)
        for table in _TABLES:
            if table != kind:
                self.__dict__[table].pop(name, None)
        if kind != "_buffers":
            self._unsaved.discard(name)
        if kind is None:
            object.__setattr__(self, name, value)
        else:
            self.__dict__.pop(name, None)
            self.__dict__[kind][name] = value

    def _table_for(self, name: str, value: Any) -> str | None:
        """The table that an assigned value belongs to: by its own kind, or by what the name held before."""
        for table, kind in _TABLES.items():
            if isinstance(value, kind):
                return table
        for table in _TABLES:
            if name in self.__dict__[table]:
                if value is None or (table == "_buffers" and isinstance(value, Tensor)):
                    return table
                if table == "_modules":
                    raise refusal("module.assign_child", value=value, name=name)
                if table == "_buffers":
                    raise refusal("module.assign_buffer", value=value, name=name)
                raise refusal("module.assign_parameter", value=value, name=name)
        return None

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(table, {}):
                return self.__dict__[table][name]
        if any(name in vars(cls) for cls in type(self).__mro__):  # a property failed: its own error says at what
            return object.__getattribute__(self, name)
        hint = "" if "_parameters" in self.__dict__ else phrase("module.init_hint")
        raise refusal("module.attribute", module=self, name=name, hint=hint)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._unsaved.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._parameters, *self._buffers, *self._modules]

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Add a parameter, or None to say that there is none under this name."""
        self._check_new(name, "parameter", self._parameters)
        if parameter is not None and not isinstance(parameter, Parameter):
            raise refusal("module.parameter", value=parameter, name=name)
        self._parameters[name] = parameter

    def register_buffer(self, name: str, value: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that is moved with the module, and saved with it if `persistent`."""
        if "_buffers" not in self.__dict__:
            raise refusal("module.assign_before_init", module=self, what="buffer", name=name)
        self._check_new(name, "buffer", self._buffers)
        if value is not None and not isinstance(value, Tensor):
            raise refusal("module.buffer", value=value, name=name)
        self._buffers[name] = value
        self._unsaved.discard(name)
        if not persistent:
            self._unsaved.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name."""
        if module is not None and not isinstance(module, Module):
            raise refusal("module.child", given=_called(module), hint=_child_hint(module))
        self._check_new(name, "module", self._modules)
        self._modules[name] = module

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name: :meth:`add_module`."""
        self.add_module(name, module)

    def _check_new(self, name: str, what: str, table: dict[str, Any]) -> None:
        """Refuse names that state_dict could not tell apart, or that would hide something else."""
        if "." in name or not name:
            raise refusal("module.name", what=what, name=name)
        if name not in table and hasattr(self, name):
            raise refusal("module.name_taken", module=self, what=what, name=name)

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
            children = [(f"{name}.{key}" if name else key, m) for key, m in module._modules.items() if m is not None]
            stack.extend(reversed(children))

    def modules(self) -> Iterator[Module]:
        """Give this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Give the modules right below, with their names; one that has two names once, under its first."""
        first_names = {id(m): name for name, m in reversed(self._modules.items()) if m is not None}
        return ((name, m) for name, m in self._modules.items() if first_names.get(id(m)) == name)

    def children(self) -> Iterator[Module]:
        """Give the modules right below, each once."""
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
                raise refusal("module.path", module=module, part=part, target=target)
            module = module._modules[part]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Give the parameter at a path such as ``"features.0.weight"``.

        Raises
        ------
        AttributeError
            If there is none.
        """
        return self._member_at(target, "_parameters")

    def get_buffer(self, target: str) -> Tensor:
        """Give the buffer at a path such as ``"features.1.running_mean"``.

        Raises
        ------
        AttributeError
            If there is none.
        """
        return self._member_at(target, "_buffers")

    def _member_at(self, target: str, table: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if name not in getattr(owner, table):
            what = table.strip("_").removesuffix("s")
            raise refusal("module.member", kind=type(owner).__name__, what=what, part=name, target=target)
        return getattr(owner, table)[name]

    def _members(self, table: str, prefix: str, recurse: bool, once: bool = True) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules() if recurse else [("", self)]:
            for name, member in getattr(module, table).items():
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
        """Call `fn` on every module, children first, and give this module back.

        A child with two names is visited once.
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Set training mode here, and by the ``train`` of each child below.

        So a module that overrides this method decides for itself and for all below it: a batch norm whose
        ``train`` calls ``super().train(False)`` stays frozen wherever it is put.
        """
        if not isinstance(mode, bool):
            raise refusal("module.mode", mode=mode)
        self.training = mode
        for child in self.children():
            child.train(mode)
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
            if set_to_none or parameter._grad is None:
                parameter._grad = None
            else:
                parameter._grad = zeros_like(parameter._grad)

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Move all parameters and buffers to a device, or to a float dtype; in place.

        Accepts what ``Tensor.to`` accepts; integer buffers keep their dtype.

        Raises
        ------
        TypeError
            For a dtype that is not float.
        """
        device, dtype = destination(*args, **kwargs)
        if dtype is not None and dtype.kind != "f":
            raise refusal("module.dtype", dtype=dtype)
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

    def type(self, dst_type: Any) -> Module:
        """Make parameters and buffers of a float dtype."""
        return self.to(dst_type)

    # ---------------------------------------------------------------------- state

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Give all parameters and saved buffers by path, sharing memory; PyTorch's names and layouts.

        Raises
        ------
        RuntimeError
            If a lazy layer has not seen an input yet.
        """
        state: dict[str, Tensor] = OrderedDict()  # as PyTorch prints it
        for name, member in self._saved_members():
            if isinstance(member, UninitializedParameter):
                raise refusal("state.lazy", f"{type(self).__name__}.state_dict()", name=name)
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
        for name, child in self._modules.items():
            if child is not None:
                yield from child._all_paths(f"{prefix}.{name}" if prefix else name)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy values into the parameters and buffers of the same names.

        Nothing is changed unless everything fits.  Lazy layers take their shapes from the values.  Values of
        another dtype are converted, unless a number would change by more than the rounding of floats.  A
        batch norm keeps its own count of batches if the values are older than that: so it is in PyTorch.

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
            Listing every missing and unexpected key, and every value that does not fit its place.
        """
        if not isinstance(state_dict, Mapping):
            raise refusal("state.type", state_dict=state_dict)
        members = dict(self._saved_members())
        newer = self._newer_keys(state_dict)
        missing = [name for name in members if name not in state_dict and name not in newer]
        unexpected = [name for name in state_dict if name not in members]
        problems = _value_problems(members, state_dict)
        if strict and unexpected:
            problems.insert(0, phrase("state.unexpected", keys=_quoted(unexpected)))
        if strict and missing:
            problems.insert(0, phrase("state.missing", keys=_quoted(missing)))
        if problems:
            raise refusal("state.problems", module=self, problems="\n\t".join(problems))
        with no_grad():
            for name, member in members.items():
                if name in state_dict:
                    _fill(member, state_dict[name])
        return IncompatibleKeys(missing, unexpected)

    _newer_names: ClassVar[tuple[str, ...]] = ()  # what PyTorch saves since version 2 of this layer's state

    def _newer_keys(self, state_dict: Mapping[str, Any]) -> set[str]:
        """Keys that older values lack; PyTorch notes the version in ``_metadata``, a plain dict may be of any."""
        versions = getattr(state_dict, "_metadata", None) or {}
        return {
            f"{path}.{name}" if path else name
            for path, module in self._all_paths()
            for name in module._newer_names
            if (versions.get(path, {}).get("version") or 1) < 2
        }

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
        extra = self.extra_repr()
        lines = [indented(f"({name}): {child!r}") for name, child in self._modules.items()]
        if not lines and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        return "\n  ".join([f"{type(self).__name__}(", *([indented(extra)] if extra else []), *lines]) + "\n)"


_TABLES: dict[str, type] = {"_parameters": Parameter, "_buffers": Buffer, "_modules": Module}


def indented(text: str) -> str:
    """Move all lines but the first two blanks to the right.

    Examples
    --------
    >>> print(indented("a(\\n  b\\n)"))
    a(
        b
      )
    """
    return text.replace("\n", "\n  ")


def _move(member: Tensor | None, device: Device | None, dtype: Any) -> None:
    """Give a parameter or buffer, and its gradient, another home; the object stays the same."""
    if member is None:
        return
    if isinstance(member, UninitializedParameter):
        member.intended_device = device or member.intended_device
        member.intended_dtype = dtype or member.intended_dtype
        return
    for tensor in (member, member._grad):
        if tensor is not None:
            array = tensor.array if device is None else device.asarray(tensor.array)
            tensor.array = array.astype(dtype, copy=False) if dtype is not None and array.dtype.kind == "f" else array


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def _value_problems(members: Mapping[str, Tensor], state_dict: Mapping[str, Any]) -> list[str]:
    """What keeps values from being copied, in one line for each key."""
    lazy_shapes: dict[int, tuple[int, ...]] = {}  # those that lazy parameters will take, which may have two keys
    problems = []
    for name, member in members.items():
        if name not in state_dict:
            continue
        value = state_dict[name]
        if not isinstance(value, Tensor) and not isinstance(getattr(value, "dtype", None), np.dtype):
            problems.append(phrase("state.no_array", name=name, value=value))
        elif isinstance(value, UninitializedParameter):
            problems.append(phrase("state.no_shape", name=name))
        elif not _fits(member, value.shape):
            expected = member.pattern if isinstance(member, UninitializedParameter) else member.shape
            problems.append(phrase("state.shape", name=name, value=value, expected=expected))
        elif value.shape != (shape := lazy_shapes.setdefault(id(member), value.shape)):
            problems.append(phrase("state.shape", name=name, value=value, expected=shape))
        elif value.dtype.kind not in "biuf":
            problems.append(phrase("state.no_numbers", name=name, value=value))
        elif not _can_hold(member.dtype, value):
            problems.append(phrase("state.not_exact", name=name, value=value, member=member))
        elif not member.is_lazy and not getattr(member.array.flags, "writeable", True):  # CuPy's arrays always are
            problems.append(phrase("state.read_only", name=name))
    return problems


def _fits(member: Tensor, shape: tuple[int, ...]) -> bool:
    return member.fits(shape) if isinstance(member, UninitializedParameter) else member.shape == shape


def _can_hold(dtype: np.dtype, value: Any) -> bool:
    """Tell whether a dtype keeps these values: integers exactly, floats rounded but not made infinite."""
    if value.dtype == dtype:
        return True
    array = value.array if isinstance(value, Tensor) else value
    cast = _as_dtype(array, dtype)
    if dtype.kind != "f":
        return bool((cast == array).all())
    xp = get_array_module(array)
    return bool((xp.isfinite(cast) == xp.isfinite(array)).all())


def _as_dtype(array: Any, dtype: np.dtype) -> Any:
    with np.errstate(all="ignore"):  # whether the numbers fit is for _can_hold to say
        return array.astype(dtype, copy=False)


def _fill(member: Tensor, value: Any) -> None:
    """Copy a value that was found to fit into a parameter or buffer."""
    if isinstance(member, UninitializedParameter):
        member.materialize(value.shape)
    array = value.array if isinstance(value, Tensor) else value
    member.copy_(Tensor._of(_as_dtype(array, member.dtype)))


class _BackwardWatch:
    """Catches the gradients that enter and leave one call of a module, for its backward hooks."""

    def __init__(self, module: Module, count: int):
        self.module, self.count = module, count
        self.positions: list[int] = []  # of the inputs that want a gradient
        self.grad_output: tuple = ()

    def inputs(self, args: tuple) -> tuple:
        """Pass the inputs on under new names, on which the gradients of this call alone arrive."""
        self.positions = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
        renamed = list(args)
        if self.positions:
            for i, new in zip(self.positions, _Entrance.apply(self, *[args[i] for i in self.positions])):
                new._version = args[i]._version  # the memory is the old one's, and no graph could follow a write
                view = args[i]._view
                new._view = View(args[i] if view is None else view.base, (), closed="inplace.hooked_input")
                renamed[i] = new
        return tuple(renamed)

    def output(self, result: Any) -> Any:
        """Pass the output on under a new name, to see its gradient."""
        if not isinstance(result, Tensor) or not result.requires_grad:
            return result
        result = Alias.apply(result)
        result.register_hook(self._remember)
        return result

    def _remember(self, grad: Tensor) -> None:
        self.grad_output = (grad,)
        if not self.positions:  # no gradient will come by the entrance
            self.run_hooks(())

    def run_hooks(self, grads: tuple) -> tuple:
        """Show the hooks the inputs' gradients, and give what they make of them."""
        grad_input: list[Any] = [None] * self.count
        for position, grad in zip(self.positions, grads):
            grad_input[position] = grad
        for hook in list(self.module._backward_hooks.values()):
            replaced = hook(self.module, tuple(grad_input), self.grad_output)
            if replaced is not None:
                grad_input = list(replaced) if isinstance(replaced, tuple) else [replaced]
            if len(grad_input) != self.count:
                raise refusal("module.hook_gradients", got=len(grad_input), expected=self.count, module=self.module)
        return tuple(grad_input[position] for position in self.positions)


class _Entrance(Operation):
    """The inputs of a watched module under other names; backward calls the module's hooks."""

    __slots__ = ()

    def forward(self, watch: _BackwardWatch, *arrays: Array) -> tuple[Array, ...]:
        return tuple(array[...] for array in arrays)

    def vjp(self, g: tuple[Tensor, ...], watch: _BackwardWatch) -> tuple:
        return None, *watch.run_hooks(g)


def _kind_of(value: Any) -> str:
    """What is put into a module, in PyTorch's words."""
    return "module" if isinstance(value, Module) else "parameters" if isinstance(value, Parameter) else "buffer"


def _called(value: Any) -> str:
    """A class or function by its name, anything else by its type's."""
    return value.__name__ if isinstance(value, type) or inspect.isfunction(value) else type(value).__name__


def _child_hint(value: Any) -> str:
    """What to write instead of something that is no module."""
    if isinstance(value, type) and issubclass(value, Module):
        return phrase("module.hint_class", name=value.__name__)
    if isinstance(value, (list, tuple)) or inspect.isgenerator(value):
        return phrase("module.hint_list")
    return phrase("module.hint_function", name=value.__name__) if inspect.isfunction(value) else ""
