"""Random programs of views, writes in place and reads, against a replay in which nothing shares memory.

In the replay every tensor is a value of its own.  A variable is a base and the positions of its elements in the flat
base; to write is to make a new flat base out of the old one (``scattered``), so there are neither views nor writes in
place, and the gradients are those of plain operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinyconv as tc

VIEWS = {
    "row": lambda t, k: t[k % t.shape[0]],
    "tail": lambda t, k: t[k % t.shape[0] :],
    "every second": lambda t, k: t[..., :: 1 + k % 2],
    "turned": lambda t, k: t.transpose(0, t.ndim - 1),
    "flat": lambda t, k: t.reshape(-1),
    "with one more": lambda t, k: t[..., None],
}
WRITES = {
    "+=": lambda old, value: old + value,
    "-=": lambda old, value: old - value,
    "*=": lambda old, value: old * value,
    "=": lambda old, value: value + 0 * old,
    "zero": lambda old, value: 0 * old,
    "negate": lambda old, value: -old,
}
KEYS = {  # of a part that is written
    "first": lambda n: 0,
    "every second": lambda n: slice(None, None, 2),
    "last, by an array": lambda n: np.array([n - 1]),
    "by a mask": lambda n: np.arange(n) % 2 == 0,
    "end": lambda n: (Ellipsis, -1),
}
step = st.tuples(
    st.sampled_from(["view", "write", "write", "write part", "read", "clone", "square"]),
    st.integers(0, 7),  # which variable
    st.integers(0, 7),  # another one
    st.sampled_from(sorted(VIEWS)),
    st.sampled_from(sorted(WRITES)),
    st.sampled_from([-0.5, 0.5, 1.25]),
)
START = np.random.default_rng(3).uniform(0.5, 1.5, (2, 3, 2))


class Aliased:
    """The program as a learner writes it."""

    def __init__(self, x: tc.Tensor, w: tc.Tensor):
        self.variables = [x * 1.0]
        self.w, self.total = w, 0.0

    def value(self, number: int) -> tc.Tensor:
        return self.variables[number % len(self.variables)]

    def view(self, number: int, kind: str, k: int) -> None:
        before = self.value(number)
        seen = VIEWS[kind](before, k)
        if not before.device.xp.may_share_memory(seen.array, before.array):
            seen = before  # a reshape that had to copy: the replay has no such thing
        self.variables.append(seen)

    def clone(self, number: int) -> None:
        self.variables.append(self.value(number).clone())

    def write(self, number: int, kind: str, value: Any) -> None:
        target = self.value(number)
        if kind == "+=":
            target += value
        elif kind == "-=":
            target -= value
        elif kind == "*=":
            target *= value
        elif kind == "=":
            target[...] = value
        elif kind == "zero":
            target.zero_()
        else:
            target.neg_()

    def write_part(self, number: int, key: str, value: Any) -> None:
        target = self.value(number)
        target[KEYS[key](target.shape[0])] = value

    def read(self, number: int, factor: float) -> None:
        self.total = self.total + (self.value(number) * factor).sum()


def scattered(base: tc.Tensor, positions: np.ndarray, values: tc.Tensor) -> tc.Tensor:
    """`base` with `values` at the positions, as a new tensor."""
    kept = np.ones(base.shape)
    kept[positions.reshape(-1)] = 0
    place = np.zeros((positions.size, base.shape[0]))
    place[np.arange(positions.size), positions.reshape(-1)] = 1
    return base * tc.as_tensor(kept) + values.reshape(-1) @ tc.as_tensor(place)


class Replayed:
    """The same program where nothing shares memory."""

    def __init__(self, x: tc.Tensor, w: tc.Tensor):
        self.bases = [(x * 1.0).reshape(-1)]
        self.variables = [(0, np.arange(x.numel()).reshape(x.shape))]
        self.w, self.total = w, 0.0

    def _at(self, number: int) -> tuple[int, np.ndarray]:
        return self.variables[number % len(self.variables)]

    def value(self, number: int) -> tc.Tensor:
        base, positions = self._at(number)
        return self.bases[base][tc.tensor(positions)]

    def view(self, number: int, kind: str, k: int) -> None:
        base, positions = self._at(number)
        seen = VIEWS[kind](_Positions(positions), k)
        self.variables.append((base, seen.array if seen.is_view else positions))

    def clone(self, number: int) -> None:
        positions = self._at(number)[1]
        self.bases.append(self.value(number).reshape(-1))
        self.variables.append((len(self.bases) - 1, np.arange(positions.size).reshape(positions.shape)))

    def write(self, number: int, kind: str, value: Any) -> None:
        base, positions = self._at(number)
        self.bases[base] = scattered(self.bases[base], positions, WRITES[kind](self.value(number), value))

    def write_part(self, number: int, key: str, value: Any) -> None:
        base, positions = self._at(number)
        part = np.asarray(positions[KEYS[key](positions.shape[0])])
        old = self.bases[base][tc.tensor(part)]
        self.bases[base] = scattered(self.bases[base], part, value + 0 * old)

    read = Aliased.read


class _Positions:
    """Positions with the few words of a Tensor that VIEWS uses; a reshape that copies is no view."""

    def __init__(self, array: np.ndarray, is_view: bool = True):
        self.array, self.is_view = array, is_view
        self.shape, self.ndim = array.shape, array.ndim

    def __getitem__(self, key: Any) -> _Positions:
        return _Positions(np.asarray(self.array[key]))

    def transpose(self, a: int, b: int) -> _Positions:
        return _Positions(self.array.swapaxes(a, b))

    def reshape(self, *shape: int) -> _Positions:
        seen = self.array.reshape(*shape)
        return _Positions(seen, bool(np.may_share_memory(seen, self.array)))


def run(program: Any, steps: list[tuple]) -> None:
    for action, a, b, view, write, factor in steps:
        few = program.value(a).ndim == 0
        if action == "view" and not few:
            program.view(a, view, b)
        elif action == "clone":
            program.clone(a)
        elif action == "write":
            program.write(a, write, program.w * factor if b % 2 else program.value(b).sum() * factor)
        elif action == "write part" and not few:
            key = sorted(KEYS)[b % len(KEYS)]
            program.write_part(a, key, program.value(b).mean() * factor if factor > 0 else program.w)
        elif action == "square":
            program.read(a, 1.0)
            program.total = program.total * program.w
        elif action == "read":
            program.read(a, factor)


def results(kind: type, steps: list[tuple], device: Any = "cpu") -> list[np.ndarray]:
    x = tc.tensor(START, device=device, requires_grad=True)
    w = tc.tensor(0.75, dtype=tc.float64, device=device, requires_grad=True)
    program = kind(x, w)
    run(program, steps)
    for number in range(len(program.variables)):
        program.read(number, 0.5 + number)
        program.total = program.total + (program.value(number) * program.value(number)).sum()
    first = tc.grad(program.total, [x, w], create_graph=True, allow_unused=True)
    used = [g for g in first if g is not None and g.requires_grad]
    second = tc.grad(sum((g * g).sum() for g in used), [x, w], allow_unused=True) if used else (None, None)
    values = [program.value(number) for number in range(len(program.variables))]
    return [np.zeros(0) if t is None else tc.asnumpy(t.array) for t in (*values, program.total, *first, *second)]


@settings(max_examples=120)
@given(steps=st.lists(step, max_size=9))
def test_values_and_gradients_are_those_of_the_replay(device: Any, steps: list[tuple]) -> None:
    got, expected = results(Aliased, steps, device), results(Replayed, steps)
    for one, other in zip(got, expected, strict=True):
        if one.size and other.size:
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
        else:
            np.testing.assert_allclose(one if one.size else other, 0, atol=1e-12)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that does not follow its base is found."""
    from tinyconv.autograd import views

    steps = [("view", 0, 0, "row", "+=", 0.5), ("write", 0, 1, "row", "*=", 0.5)]
    monkeypatch.setattr(views, "refresh", lambda tensor: setattr(tensor._view, "known", tensor._view.base._grad_fn))
    with pytest.raises(AssertionError):
        test_values_and_gradients_are_those_of_the_replay.hypothesis.inner_test("cpu", steps)
