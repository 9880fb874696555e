"""Do all ranks hold the same model?  Checks of that, and the broadcast that makes it so."""

from __future__ import annotations

from collections.abc import Sequence

from ..backend import get_array_module
from ..errors import phrase, refusal
from ..nn.module import Module
from ..tensor import Tensor
from .communicator import Communicator, create_communicator

__all__ = ["agree_on_layout", "agree_on_values", "broadcast_parameters"]


def broadcast_parameters(model: Module, comm: Communicator | None = None) -> None:
    """Give every rank rank 0's parameters and buffers (collective).

    Call it once the model is built, and after loading a checkpoint on rank 0 alone.

    Parameters
    ----------
    model : Module
        On every rank the same layers.
    comm : Communicator, optional
        Among whom; everybody by default.

    Raises
    ------
    RuntimeError
        On every rank, if a lazy layer has no shape yet, or the models differ; the text says where.

    Examples
    --------
    >>> import tinyconv as tc
    >>> model = tc.nn.Linear(3, 2)
    >>> tc.distributed.broadcast_parameters(model, tc.distributed.Communicator())
    """
    comm = comm or create_communicator()
    members = dict([*model.named_parameters(), *model.named_buffers()])
    agree_on_layout(comm, list(members.values()), list(members))
    for member in members.values():
        received = comm.broadcast_array(member.array)
        if not comm.is_main:
            get_array_module(member.array).copyto(member.array, received)
            member.bump_version()


def agree_on_layout(comm: Communicator, tensors: Sequence[Tensor], names: Sequence[str]) -> None:
    """Raise on every rank unless all hold tensors of the same shapes and dtypes, in this order (collective).

    Raises
    ------
    RuntimeError
        Naming the first two ranks that differ, and what differs.

    Examples
    --------
    >>> import tinyconv as tc
    >>> agree_on_layout(Communicator(), [tc.zeros(2)], ["bias"])
    """
    own = [
        (name, None if tensor.is_lazy else tuple(tensor.shape), str(tensor.dtype))
        for name, tensor in zip(names, tensors)
    ]
    layouts = comm.allgather(own)
    for rank, layout in enumerate(layouts):
        if layout != layouts[0]:
            raise _difference(layouts[0], layout, rank)
    lazy = [name for name, shape, _ in own if shape is None]
    if lazy:
        raise refusal("distributed.lazy", name=lazy[0])


def agree_on_values(comm: Communicator, checksums: Sequence[int], names: Sequence[str]) -> None:
    """Raise on every rank unless all have the same checksums (collective).

    Raises
    ------
    RuntimeError
        Naming the first parameter whose values differ, and the ranks where they are not rank 0's.

    Examples
    --------
    >>> agree_on_values(Communicator(), [123], ["bias"])
    """
    everyones = comm.allgather(list(checksums))
    for name, sums in zip(names, zip(*everyones)):
        others = [rank for rank, number in enumerate(sums) if number != sums[0]]
        if others:
            raise refusal("distributed.start_values", name=name, others=others)


Layout = list[tuple[str, "tuple[int, ...] | None", str]]


def _difference(first: Layout, other: Layout, rank: int) -> Exception:
    if len(first) != len(other):
        longer, shorter = (first, other) if len(first) > len(other) else (other, first)
        names = [entry[0] for entry in longer if entry[0] not in {e[0] for e in shorter}][:3]
        missing = phrase("distributed.missing", names=", ".join(names)) if names else ""
        return refusal("distributed.parameter_counts", first=len(first), other=len(other), rank=rank, missing=missing)
    mine, theirs = next((a, b) for a, b in zip(first, other) if a != b)
    return refusal("distributed.parameters", rank=rank, mine=mine, theirs=theirs)
