"""What common mistakes in a backward pass look like, each as a test that its consequence passes.

Every function below looks for one mistake.  It gets the experiment, the report of one input, and a
comparison with the check's tolerances, and gives a :class:`~tinyconv.explain.report.Cause` if the numbers
are what that mistake would make of them, else None.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..autograd import Operation, no_grad, walk_order
from ..autograd.backward import _checked
from ..backend import asnumpy
from ..tensor import Tensor
from .report import Cause, Experiment, GradcheckReport, InputReport

__all__ = ["likely_causes"]

Equal = Callable[[Any, Any], bool]


def likely_causes(experiment: Experiment, report: GradcheckReport, atol: float, rtol: float) -> list[Cause]:
    """Give the mistakes that would explain a failed report, the likeliest first.

    Examples
    --------
    >>> import tinyconv as tc
    >>> from tinyconv.explain.report import gradcheck_report
    >>> x = tc.tensor([1.0, 2.0], dtype=tc.float64, requires_grad=True)
    >>> print(gradcheck_report(lambda x: x * x.detach(), x).causes[0].name)
    missing factor
    """

    def equal(a: Any, b: Any) -> bool:
        return bool(np.all(np.abs(np.asarray(a) - b) <= atol + rtol * np.abs(b)))

    first = _of_the_whole(experiment, report, atol, rtol)
    if first:
        return [first]
    causes: dict[str, Cause] = {}
    for entry in report.inputs:
        if entry.wrong.any():
            for look in DETECTORS:
                cause = look(experiment, entry, equal)
                if cause:
                    causes.setdefault(cause.name, cause)
                    break  # the later detectors are less specific
    return list(causes.values()) or [_nothing_known(report)]


# ------------------------------------------------------------------------------ the whole check


def _of_the_whole(experiment: Experiment, report: GradcheckReport, atol: float, rtol: float) -> Cause | None:
    """What must be settled before single elements mean anything."""
    if report.error:
        return _failed_backward(report.error)
    position = experiment.checked[0]
    point = np.array(asnumpy(experiment.arguments[position].array))
    first, second = experiment.values(position, point), experiment.values(position, point)
    if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second)):
        return Cause(
            "the function is random",
            "two calls on the same input give different values",
            "Call tc.manual_seed in it, or model.eval() if it has dropout",
        )
    return _float32(experiment, atol, rtol)


def _failed_backward(error: Exception) -> Cause:
    told = getattr(error, "refusal", None)
    if told is not None and told.name == "autograd.gradient_shape":
        operation, got, expected = (told.values[name] for name in ("operation", "got", "expected"))
        lead = len(got) - len(expected)
        if lead >= 0 and all(n in (1, m) for n, m in zip(expected, got[lead:])):
            axes = (*range(lead), *(lead + i for i, n in enumerate(expected) if n != got[lead + i]))
            return Cause(
                "missing sum over a broadcast axis",
                f"forward spread an input of shape {expected} to {got}, and the gradient still has that shape",
                f"In {operation}'s gradient method, sum over axes {axes}; or set {operation}.broadcasts = True",
            )
    return Cause("backward fails", f"{type(error).__name__}: {error}", "Start from this message")


def _float32(experiment: Experiment, atol: float, rtol: float) -> Cause | None:
    narrow = [i for i in experiment.checked if experiment.arguments[i].dtype != np.float64]
    if not narrow:
        return None
    wide = [
        Tensor(a.array.astype(np.float64), a.requires_grad) if isinstance(a, Tensor) and a.dtype.kind == "f" else a
        for a in experiment.arguments
    ]
    again = Experiment(experiment.func, wide, experiment.eps)
    gradients, error = again.analytic()
    if error or any(again.compare(i, g, atol, rtol).wrong.any() for i, g in zip(again.checked, gradients)):
        return None
    dtype = experiment.arguments[narrow[0]].dtype
    return Cause(
        f"rounding of {dtype}",
        f"with the same numbers in float64 every element agrees; {dtype} cannot resolve a step of {experiment.eps:g}",
        "The gradient is right: check in float64, x.double()",
    )


# ------------------------------------------------------------------------------ single inputs


def _jump(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    if not entry.jumps:
        return None
    index = entry.jumps[0]
    return Cause(
        "the function jumps",
        f"input {entry.position} at {index}, where it is {entry.point[index]:.6g}: values differ by more than any "
        f"slope could make them within {experiment.eps:g}",
        "There is no derivative at a jump (of sign, round, a comparison): check away from it",
    )


def _not_a_number(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    bad = ~np.isfinite(entry.analytic)
    if not bad.any():
        return None
    index = tuple(map(int, np.argwhere(bad)[0]))
    return Cause(
        "NaN or infinity in backward",
        f"the gradient of input {entry.position} at {index}, where it is {entry.point[index]:.6g}, is "
        f"{entry.analytic[index]}",
        "Look for 0/0, log(0), 0*inf or a root of 0; tc.detect_anomaly() names the operation",
    )


def _cut(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    if entry.received and np.any(entry.analytic):
        return None
    how = "arrives as zeros" if entry.received else "never arrives"
    return Cause(
        "the graph is cut",
        f"the gradient of input {entry.position} {how}, and yet the output depends on it",
        "Look for detach(), .data, .numpy(), no_grad(), or a gradient method that returns None",
    )


def _accumulation_of_uses(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """Walk back by hand, adding up honestly: is that what the differences say?"""
    parts = _contributions(experiment)[entry.position]
    if not parts or not equal(sum(parts), entry.numeric):
        return None
    alone = [k for k, part in enumerate(parts) if len(parts) > 1 and equal(entry.analytic, part)]
    detail = f", and backward kept number {alone[-1] + 1} of them alone" if alone else ""
    return Cause(
        "missing accumulation",
        f"input {entry.position} gets {len(parts)} gradient{'s' * (len(parts) > 1)}, whose sum is right if every "
        f"tensor that was used more than once adds up what it gets{detail}",
        "Look for = where the engine should have +=",
    )


def _contributions(experiment: Experiment) -> dict[int, list[np.ndarray]]:
    """Per checked input, every gradient that the graph sends to it, by the plainest walk there is."""
    outputs = [(*o._place(), seed) for o, seed in zip(experiment.outputs, experiment.seeds) if o.requires_grad]
    order = walk_order(node for node, _, _ in outputs)
    arrived: dict[Any, dict[int, list[Tensor]]] = {node: {} for node in order}
    for node, index, seed in outputs:
        arrived[node].setdefault(index, []).append(seed)
    with no_grad():
        for node in order:
            if not isinstance(node, Operation) or not arrived[node]:
                continue
            sums = {index: sum(grads[1:], grads[0]) for index, grads in arrived[node].items()}
            gradients = node.gradients(sums, [edge is not None for edge in node.edges])
            for edge, gradient in zip(node.edges, gradients):
                if edge is not None and gradient is not None:
                    arrived[edge[0]].setdefault(edge[1], []).append(_checked(node, edge, gradient))
    return {
        i: [np.asarray(asnumpy(g.array), np.float64) for g in arrived.get(experiment.arguments[i], {}).get(0, [])]
        for i in experiment.checked
    }


def _factor(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """One number between analytic and numeric."""
    a, n = entry.analytic, entry.numeric
    factor = float(np.sum(a * n) / np.sum(n * n)) if np.any(n) else 0.0
    if not factor or not equal(a / factor, n):
        return None
    if np.isclose(factor, -1, rtol=1e-3):
        return Cause(
            "wrong sign",
            f"the gradient of input {entry.position} is the negative of what it should be",
            "Look for a minus",
        )
    repeats = _times_broadcast(experiment, entry)
    if repeats > 1 and np.isclose(factor * repeats, 1, rtol=1e-3):
        return Cause(
            "wrong sum over a broadcast axis",
            f"the gradient of input {entry.position} is 1/{repeats} of what it should be, and forward spread it over "
            f"{repeats} places",
            "The gradient of what was broadcast is the sum over these places, not the mean",
        )
    return Cause(
        "missing factor",
        f"the gradient of input {entry.position} is {factor:.4g} times what it should be, everywhere",
        f"Look for a factor of {1 / factor:.4g}: the 2 of a square, the 1/n of a mean, or a tensor that is used twice "
        f"and got one of its gradients",
    )


def _times_broadcast(experiment: Experiment, entry: InputReport) -> int:
    """Over how many places an output may have spread this input; 1 if it is as large."""
    for out in experiment.directions:
        axes = _broadcast_axes(entry.point.shape, out.shape)
        if axes:
            return int(np.prod([out.shape[axis] for axis in axes]))
    return 1


def _broadcast_axes(small: tuple[int, ...], large: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of `large` along which `small` would be repeated; empty if it does not broadcast to it."""
    lead = len(large) - len(small)
    if lead < 0 or any(n not in (1, m) for n, m in zip(small, large[lead:])):
        return ()
    return tuple(i for i, m in enumerate(large) if m > 1 and (i < lead or small[i - lead] != m))


def _inner_derivative(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """A factor that is one of the tensors at hand, as the chain rule would bring in."""
    if entry.point.size < 2:
        return None
    for name, values in _tensors_at_hand(experiment, entry):
        try:
            shaped = np.broadcast_to(values, entry.point.shape)
        except ValueError:
            continue
        with np.errstate(all="ignore"):
            for power, text in ((1, name), (-1, f"1 / {name}")):
                product = entry.analytic * shaped**power
                if np.isfinite(product).all() and equal(product, entry.numeric):
                    return Cause(
                        "missing inner derivative",
                        f"the gradient of input {entry.position} would be right if it were multiplied by {text}",
                        "The chain rule: incoming gradient times the derivative at the saved value",
                    )
    return None


def _tensors_at_hand(experiment: Experiment, entry: InputReport) -> Iterator[tuple[str, np.ndarray]]:
    yield "the input", np.asarray(entry.point, np.float64)
    yield "twice the input", 2.0 * entry.point
    for i, argument in enumerate(experiment.arguments):
        if isinstance(argument, Tensor) and i != entry.position and argument.dtype.kind == "f":
            yield f"input {i}", np.asarray(asnumpy(argument.array), np.float64)
    for i, out in enumerate(experiment.outputs):
        yield f"output {i}", np.asarray(asnumpy(out.array), np.float64)


def _flipped(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """The right gradient for a kernel turned around; or its own gradient turned around."""
    return _rearranged(
        experiment,
        entry,
        equal,
        lambda array: np.flip(array, tuple(range(2, array.ndim))) if array.ndim > 2 else None,
        "flipped kernel",
        "turned around along its spatial axes",
        "Convolution layers cross-correlate: forward does not flip, and backward spreads each gradient through the "
        "kernel as forward read it",
    )


def _transposed(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    def swap(array: np.ndarray) -> np.ndarray | None:
        return array.swapaxes(-1, -2) if array.ndim > 1 and array.shape[-1] == array.shape[-2] else None

    fix = "Look for a missing or an extra .T; square matrices hide it, as all shapes fit"
    return _rearranged(experiment, entry, equal, swap, "transposed matrix", "transposed", fix)


def _rearranged(
    experiment: Experiment,
    entry: InputReport,
    equal: Equal,
    change: Callable[[np.ndarray], np.ndarray | None],
    name: str,
    how: str,
    fix: str,
) -> Cause | None:
    own = change(entry.numeric)
    if own is not None and own.shape == entry.analytic.shape and equal(entry.analytic, own):
        return Cause(name, f"the gradient of input {entry.position} is right but {how}", fix)
    for i, argument in enumerate(experiment.arguments):
        if i == entry.position or not isinstance(argument, Tensor) or argument.dtype.kind != "f":
            continue
        values = asnumpy(argument.array)
        changed = change(values)
        if changed is None or np.array_equal(changed, values):
            continue
        if equal(entry.analytic, experiment.numeric(entry.position, {i: np.ascontiguousarray(changed)})):
            return Cause(name, f"the gradient of input {entry.position} is right for input {i} {how}", fix)
    return None


def _wrong_sum_axes(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """A bias, say: added along one axis of the output, and its gradient summed as if along another."""
    if entry.point.ndim != 1 or len(experiment.directions) != 1:
        return None
    (terms,), (v,) = entry.terms, experiment.directions
    slopes = [s for s in np.unique(np.round(terms / v.reshape(v.shape + (1,)), 6)) if s]
    if len(slopes) != 1:
        return None
    sums = {
        axis: tuple(i for i in range(v.ndim) if i != axis) for axis, n in enumerate(v.shape) if n == entry.point.size
    }
    right = next((axes for axes in sums.values() if equal(slopes[0] * v.sum(axes), entry.numeric)), None)
    for axes in sums.values():
        if right is not None and axes != right and equal(entry.analytic, slopes[0] * v.sum(axes)):
            return Cause(
                "sum over the wrong axes",
                f"the gradient of input {entry.position} is the incoming one summed over axes {axes}; summed over "
                f"{right} it is right",
                "Sum over every axis but the one along which forward added it",
            )
    return None


def _broadcast_pick(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """One place's gradient instead of the sum over all places that a value was spread to."""
    for out, terms in zip(experiment.directions, entry.terms):
        axes = _broadcast_axes(entry.point.shape, out.shape)
        for place, which in ((0, "first"), (-1, "last")) if axes and len(experiment.directions) == 1 else ():
            key = tuple(place if i in axes else slice(None) for i in range(out.ndim))
            picked = terms[key]
            total = picked.sum(tuple(range(picked.ndim - entry.point.ndim)))
            if equal(entry.analytic, total):
                return Cause(
                    "wrong sum over a broadcast axis",
                    f"forward spread input {entry.position} along axes {axes} of the output, and its gradient is that "
                    f"of the {which} place alone",
                    f"Sum the gradient over axes {axes}",
                )
    return None


def _accumulation_of_places(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """One of several contributions instead of their sum, as = leaves where += is due."""
    columns = []
    for terms in entry.terms:
        inner = terms.ndim - entry.point.ndim
        columns.append(terms.reshape((-1, entry.point.size)))
        if inner > 2:  # all channels of one window may have been summed before
            columns.append(terms.sum(1).reshape((-1, entry.point.size)))
    wrong = np.flatnonzero(entry.wrong)
    analytic = entry.analytic.reshape(-1)
    for table in columns:
        parts = [column[np.abs(column) > 1e-9] for column in table.T]
        shared = [i for i in wrong if len(parts[i]) > 1 and any(equal(analytic[i], part) for part in parts[i])]
        if len(shared) == len(wrong):
            index = tuple(map(int, np.unravel_index(wrong[0], entry.point.shape)))
            listed = ", ".join(f"{part:.4g}" for part in parts[wrong[0]])
            right, given = entry.numeric[index], entry.analytic[index]
            return Cause(
                "missing accumulation",
                f"input {entry.position} at {index} reaches the output on {len(parts[wrong[0]])} ways, which give "
                f"{listed}; their sum is {right:.4g}, and the analytic {given:.4g} is one of them alone",
                "Look for = where += is due: overlapping windows (col2im), or an index that occurs twice",
            )
    return None


def _missing_mean(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """A difference that is the same along an axis: what is missing went through a mean or a sum over it."""
    difference = entry.analytic - entry.numeric
    scale = np.abs(entry.numeric).max() + np.abs(difference).max()
    axes = [axis for axis, n in enumerate(difference.shape) if n > 1]
    for count in range(len(axes), 0, -1):
        for chosen in itertools.combinations(axes, count):
            level = difference.mean(chosen, keepdims=True)
            if np.abs(difference - level).max() <= 1e-4 * scale:
                unmoved = equal(entry.numeric.sum(chosen), 0.0)
                hint = "; the right one sums to 0, as adding a constant there changes nothing" if unmoved else ""
                return Cause(
                    "missing term through a mean or sum",
                    f"the error in the gradient of input {entry.position} is the same all along axes {chosen}{hint}",
                    "The mean (or sum) over these axes depends on the input too: add its gradient",
                )
    return None


def _wrong_places(experiment: Experiment, entry: InputReport, equal: Equal) -> Cause | None:
    """Right amounts in wrong cells: backward's window does not move as forward's."""
    fix = "Stride, padding and dilation must be the same in backward, and the padding cropped off at the end"
    shift = _shift_of(entry, equal)
    if shift:
        evidence = f"the gradient of input {entry.position} is right but moved by {shift[1]} along axis {shift[0]}"
        return Cause("backward's window at the wrong places", evidence, fix)
    reached = np.any([np.any(np.abs(t) > 1e-9, tuple(range(t.ndim - entry.point.ndim))) for t in entry.terms], axis=0)
    missed, stray = reached & (entry.analytic == 0), ~reached & (np.abs(entry.analytic) > 1e-9)
    same_total = entry.point.ndim > 2 and equal(entry.analytic.sum(), entry.numeric.sum())
    if not (missed.any() or stray.any() or same_total):
        return None
    parts = [f"{int(missed.sum())} elements that matter get exactly 0"] if missed.any() else []
    parts += [f"{int(stray.sum())} elements that no output depends on get a gradient"] if stray.any() else []
    parts += ["the sum of all elements is right"] if same_total else []
    return Cause("backward's window at the wrong places", f"of input {entry.position}, " + " and ".join(parts), fix)


def _shift_of(entry: InputReport, equal: Equal) -> tuple[int, int] | None:
    for axis, n in enumerate(entry.point.shape):
        for step in [s for k in range(1, min(n - 1, 4)) for s in (k, -k)]:
            kept = [slice(None)] * entry.point.ndim
            kept[axis] = slice(step, None) if step > 0 else slice(None, step)
            moved = np.roll(entry.numeric, step, axis)[tuple(kept)]
            if equal(entry.analytic[tuple(kept)], moved) and np.any(np.abs(moved) > 1e-9):
                return axis, step
    return None


def _nothing_known(report: GradcheckReport) -> Cause:
    right = [entry.position for entry in report.inputs if not entry.wrong.any()]
    return Cause(
        "none of the common mistakes",
        "no pattern fits"
        + (f"; the gradients of inputs {right} are right, so what they share is too" if right else ""),
        "Check smaller pieces: each operation alone, on 1 x 1 cells, without options, then add them one by one",
    )


# from what leaves no doubt to what may have several reasons
DETECTORS: tuple[Callable[[Experiment, InputReport, Equal], Cause | None], ...] = (
    _jump,
    _not_a_number,
    _cut,
    _accumulation_of_uses,
    _flipped,
    _transposed,
    _wrong_sum_axes,
    _broadcast_pick,
    _factor,
    _inner_derivative,
    _accumulation_of_places,
    _missing_mean,
    _wrong_places,
)
