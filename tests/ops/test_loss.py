"""Losses: values against formulas written with plain loops and ``math``, derivatives, and bad targets."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinyconv as tc
from tinyconv import nn

F = nn.functional
REDUCTIONS = ["mean", "sum", "none"]
IGNORE = -100


def leaf(array: np.ndarray, device: tc.Device | None = None) -> tc.Tensor:
    return tc.as_tensor(device.asarray(array) if device else array).requires_grad_()


def put(array: np.ndarray | None, device: tc.Device) -> tc.Tensor | None:
    return None if array is None else tc.as_tensor(device.asarray(array))


def close(actual: tc.Tensor, expected: object, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(tc.asnumpy(actual.array), expected, tolerance, tolerance)


def reals(*shape: int, seed: int = 0) -> np.ndarray:
    return 2 * np.random.default_rng(seed).standard_normal(shape)


def labels(*shape: int, classes: int, ignored: bool = False) -> np.ndarray:
    result = np.random.default_rng(3).integers(0, classes, shape)
    if ignored:
        result.reshape(-1)[::3] = IGNORE
    return result


def reduced(loss: np.ndarray, reduction: str, total_weight: float | None = None) -> np.ndarray:
    if reduction == "none":
        return loss
    return loss.sum() / (1 if reduction == "sum" else loss.size if total_weight is None else total_weight)


# --- classes ------------------------------------------------------------------------------------------


def log_softmax(scores: np.ndarray) -> list[float]:
    """``log(exp(s_c) / sum exp(s))`` of one cell, the largest score taken out first."""
    top = max(scores)
    return [s - top - math.log(sum(math.exp(t - top) for t in scores)) for s in scores]


def cells(x: np.ndarray):
    """Every place of ``(N, *D)`` with its scores."""
    for place in np.ndindex(x.shape[0], *x.shape[2:]):
        yield place, x[(place[0], slice(None), *place[1:])]


def slow_nll(x, target, weight, reduction) -> np.ndarray:
    loss, total = np.zeros(target.shape), 0.0
    for place, logs in cells(x):
        if target[place] != IGNORE:
            factor = 1.0 if weight is None else weight[target[place]]
            loss[place], total = -factor * logs[target[place]], total + factor
    return reduced(loss, reduction, total)


def slow_cross_entropy(x, target, weight, reduction, smoothing=0.0) -> np.ndarray:
    """Against class indices: ``(1 - e)`` of the loss at the label and ``e/C`` of it at every class."""
    classes, loss, total = x.shape[1], np.zeros(target.shape), 0.0
    factors = np.ones(classes) if weight is None else weight
    for place, scores in cells(x):
        if target[place] == IGNORE:
            continue
        logs = log_softmax(scores)
        at_label = -factors[target[place]] * logs[target[place]]
        at_all = -sum(f * value for f, value in zip(factors, logs))
        loss[place] = (1 - smoothing) * at_label + smoothing / classes * at_all
        total += factors[target[place]]
    return reduced(loss, reduction, total)


def slow_soft_cross_entropy(x, target, weight, reduction, smoothing=0.0) -> np.ndarray:
    classes = x.shape[1]
    factors = np.ones(classes) if weight is None else weight
    loss = np.zeros((x.shape[0], *x.shape[2:]))
    for place, scores in cells(x):
        wanted = target[(place[0], slice(None), *place[1:])]
        wanted = [(1 - smoothing) * t + smoothing / classes for t in wanted]
        loss[place] = -sum(f * t * value for f, t, value in zip(factors, wanted, log_softmax(scores)))
    return reduced(loss, reduction=reduction)


SHAPES = [(4, 3), (2, 3, 4), (2, 4, 2, 3)]
WEIGHT = np.array([0.5, 2.0, 1.5, 0.25])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_labels(shape, weighted, smoothing, reduction, device, on_device) -> None:
    x = reals(*shape)
    target = labels(shape[0], *shape[2:], classes=shape[1], ignored=True)
    weight = WEIGHT[: shape[1]] if weighted else None
    there, there_target, there_weight = leaf(x, device), put(target, device), put(weight, device)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    with on_device():
        loss = F.cross_entropy(there, there_target, there_weight, **options)
        loss.sum().backward()
    close(loss, slow_cross_entropy(x, target, weight, reduction, smoothing))
    here = leaf(x)
    F.cross_entropy(here, tc.as_tensor(target), put(weight, tc.Device("cpu")), **options).sum().backward()
    close(there.grad, here.grad.array)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_probabilities(shape, weighted, smoothing, reduction, device, on_device) -> None:
    x, target = reals(*shape), np.abs(reals(*shape, seed=1))
    target /= target.sum(axis=1, keepdims=True)
    weight = WEIGHT[: shape[1]] if weighted else None
    there, there_target, there_weight = leaf(x, device), put(target, device), put(weight, device)
    with on_device():
        loss = F.cross_entropy(there, there_target, there_weight, reduction=reduction, label_smoothing=smoothing)
        loss.sum().backward()
    close(loss, slow_soft_cross_entropy(x, target, weight, reduction, smoothing))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll(shape, weighted, reduction, device, on_device) -> None:
    x = reals(*shape)
    target = labels(shape[0], *shape[2:], classes=shape[1], ignored=True)
    weight = WEIGHT[: shape[1]] if weighted else None
    there, there_target, there_weight = leaf(x, device), put(target, device), put(weight, device)
    with on_device():
        loss = F.nll_loss(there, there_target, there_weight, reduction=reduction)
        loss.sum().backward()
    close(loss, slow_nll(x, target, weight, reduction))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_derivatives_of_the_losses_of_classes(smoothing: float) -> None:
    x, target = reals(3, 3, 2), tc.as_tensor(labels(3, 2, classes=3, ignored=True))
    weight, soft = tc.as_tensor(WEIGHT[:3]), leaf(np.abs(reals(3, 3, 2, seed=1)))
    for reduction in REDUCTIONS:
        options = {"reduction": reduction, "label_smoothing": smoothing}
        hard = lambda x, o=options: F.cross_entropy(x, target, weight, **o)  # noqa: E731
        probable = lambda x, t, o=options: F.cross_entropy(x, t, weight, **o)  # noqa: E731
        picked = lambda x, r=reduction: F.nll_loss(x, target, weight, reduction=r).exp()  # noqa: E731
        for function, inputs in [(hard, [leaf(x)]), (probable, [leaf(x), soft]), (picked, [leaf(x)])]:
            assert tc.gradcheck(function, inputs)
            assert tc.gradgradcheck(function, inputs)


@given(st.data())
def test_any_cross_entropy_equals_the_loops(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=4, max_side=4))
    x = data.draw(hnp.arrays(np.float64, shape, elements=st.floats(-800, 800)))  # exp(800) overflows
    target = data.draw(hnp.arrays(np.int64, shape[:1] + shape[2:], elements=st.integers(0, shape[1] - 1)))
    tensor = leaf(x)
    loss = F.cross_entropy(tensor, tc.as_tensor(target), reduction="none")
    loss.sum().backward()
    close(loss, slow_cross_entropy(x, target, None, "none"), 1e-9)
    for place, scores in cells(x):  # the gradient: softmax(x) - onehot
        for c, value in enumerate(log_softmax(scores)):
            expected = math.exp(value) - (c == target[place])
            assert tensor.grad.array[(place[0], c, *place[1:])] == pytest.approx(expected, abs=1e-9)


def test_unbatched_scores() -> None:
    x, target = reals(3), tc.tensor(1)
    expected = slow_cross_entropy(x[None], np.array([1]), None, "mean")
    assert F.cross_entropy(tc.as_tensor(x), target).shape == ()
    close(F.cross_entropy(tc.as_tensor(x), target), expected)
    close(F.cross_entropy(tc.as_tensor(x), target, reduction="none"), expected)
    close(F.nll_loss(F.log_softmax(tc.as_tensor(x), 0), target), expected)
    onehot = tc.tensor([0.0, 1.0, 0.0]).double()
    close(F.cross_entropy(tc.as_tensor(x), onehot), expected)


def test_every_integer_type_serves_as_label() -> None:
    x = tc.zeros(2, 300)
    for dtype in ("uint8", "int8", "int16", "int32", "int64"):
        assert F.cross_entropy(x, tc.as_tensor(np.array([7, 100], dtype))).item() == pytest.approx(math.log(300))


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_an_ignored_cell_counts_nothing_even_with_infinite_loss(loss: Callable) -> None:
    """Masked-out classes have scores of -inf; an ignored label must not turn them into NaN."""
    rows = np.array([[-math.inf, 1.0, 2.0], [0.5, 1.0, 2.0]])
    x, alone = leaf(rows), leaf(rows[1:])
    loss(x, tc.tensor([IGNORE, 1])).backward()
    value = loss(alone, tc.tensor([1]))
    value.backward()
    close(loss(x, tc.tensor([IGNORE, 1])), value.item())
    close(x.grad, np.concatenate([np.zeros((1, 3)), alone.grad.array]))


def test_another_ignore_index_and_nothing_left() -> None:
    x = tc.as_tensor(reals(3, 4))
    close(F.cross_entropy(x, tc.tensor([1, 2, 2]), ignore_index=2), F.cross_entropy(x[:1], tc.tensor([1])).item())
    assert math.isnan(F.cross_entropy(x, tc.tensor([2, 2, 2]), ignore_index=2).item())  # 0/0, as in PyTorch
    assert F.cross_entropy(x, tc.tensor([2, 2, 2]), ignore_index=2, reduction="sum").item() == 0
    assert math.isnan(F.cross_entropy(tc.zeros(0, 4), tc.zeros(0).long()).item())


@pytest.mark.parametrize("bad", [3, -1, 255])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_a_label_out_of_range(loss: Callable, bad: int, device) -> None:
    x, target = put(reals(2, 3), device), put(np.array([1, bad]), device)
    if device.type == "cpu":
        with pytest.raises(IndexError, match=rf"Target {bad} is out of bounds: with 3 classes .*\[0, 2\]"):
            loss(x, target)
    else:  # looking would mean waiting for the device
        assert math.isnan(loss(x, target).item())


def test_the_loss_of_one_huge_and_one_tiny_score() -> None:
    x = leaf(np.array([[1e4, -1e4]], np.float32))
    loss = F.cross_entropy(x, tc.tensor([1]))
    loss.backward()
    assert loss.item() == 2e4
    assert x.grad.tolist() == [[1, -1]]


# --- distances ----------------------------------------------------------------------------------------

DISTANCES = {
    "mse": (F.mse_loss, {}, lambda d: d * d),
    "l1": (F.l1_loss, {}, abs),
    "smooth_l1": (F.smooth_l1_loss, {}, lambda d: d * d / 2 if abs(d) < 1 else abs(d) - 0.5),
    "smooth_l1, beta": (
        F.smooth_l1_loss, {"beta": 2.5}, lambda d: d * d / 5 if abs(d) < 2.5 else abs(d) - 1.25,
    ),
    "smooth_l1, beta 0": (F.smooth_l1_loss, {"beta": 0.0}, abs),
    "huber": (F.huber_loss, {}, lambda d: d * d / 2 if abs(d) <= 1 else abs(d) - 0.5),
    "huber, delta": (
        F.huber_loss, {"delta": 2.5}, lambda d: d * d / 2 if abs(d) <= 2.5 else 2.5 * (abs(d) - 1.25),
    ),
}  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("loss", "options", "formula"), DISTANCES.values(), ids=DISTANCES.keys())
def test_distances(loss, options: dict, formula, reduction: str, device, on_device) -> None:
    x, t = reals(3, 2, 4), reals(3, 2, 4, seed=1)
    expected = reduced(np.array([formula(d) for d in (x - t).ravel().tolist()]).reshape(x.shape), reduction=reduction)
    there, there_t = leaf(x, device), leaf(t, device)
    with on_device():
        y = loss(there, there_t, reduction=reduction, **options)
        y.sum().backward()
    close(y, expected)
    close(there_t.grad, -tc.asnumpy(there.grad.array))
    if device.type == "cpu":
        function = lambda x, t: loss(x, t, reduction=reduction, **options)  # noqa: E731
        assert tc.gradcheck(function, [leaf(x[:1]), leaf(t[:1])])
        assert tc.gradgradcheck(function, [leaf(x[:1]), leaf(t[:1])])


def test_distance_zero_has_gradient_zero() -> None:
    for loss, options, _ in DISTANCES.values():
        x = leaf(np.zeros(3))
        loss(x, tc.zeros(3).double(), reduction="sum", **options).backward()
        assert x.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss])
def test_shapes_that_broadcast_are_warned_about(loss: Callable) -> None:
    with pytest.warns(UserWarning, match=r"target size \(4,\) that is different to the input size \(4, 1\)"):
        loss(tc.ones(4, 1), tc.ones(4))


# --- two classes --------------------------------------------------------------------------------------


def slow_binary(p: float, t: float) -> float:
    log = lambda v: max(math.log(v), -100.0) if v > 0 else -100.0  # noqa: E731
    return -(t * log(p) + (1 - t) * log(1 - p))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_binary_cross_entropy(weighted: bool, reduction: str, device, on_device) -> None:
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.05, 0.95, (2, 3)), rng.uniform(0, 1, (2, 3))
    p[0, 0], t[0, 0], p[1, 2], t[1, 2] = 0.0, 1.0, 1.0, 1.0  # log(0) is held at -100
    weight = rng.uniform(0.5, 2, (2, 3)) if weighted else None
    there, there_t, there_weight = leaf(p, device), put(t, device), put(weight, device)
    with on_device():
        y = F.binary_cross_entropy(there, there_t, there_weight, reduction=reduction)
        y.sum().backward()
    loss = np.vectorize(slow_binary)(p, t) * (1 if weight is None else weight)
    close(y, reduced(loss, reduction))
    assert np.isfinite(tc.asnumpy(there.grad.array)).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_binary_cross_entropy_with_logits(weighted: bool, reduction: str, device, on_device) -> None:
    rng = np.random.default_rng(0)
    x, t = reals(2, 3), rng.uniform(0, 1, (2, 3))
    weight, positive = (rng.uniform(0.5, 2, (2, 3)), np.array([0.5, 1.0, 3.0])) if weighted else (None, None)
    there, there_t = leaf(x, device), put(t, device)
    there_weight, there_positive = put(weight, device), put(positive, device)
    with on_device():
        y = F.binary_cross_entropy_with_logits(
            there, there_t, there_weight, reduction=reduction, pos_weight=there_positive
        )
        y.sum().backward()
    expected = np.zeros(x.shape)
    for i, j in np.ndindex(x.shape):
        p = 1 / (1 + math.exp(-x[i, j]))
        factor = 1 if positive is None else positive[j]
        expected[i, j] = -(factor * t[i, j] * math.log(p) + (1 - t[i, j]) * math.log(1 - p))
    close(y, reduced(expected * (1 if weight is None else weight), reduction))


def test_derivatives_of_the_losses_of_two_classes() -> None:
    rng = np.random.default_rng(0)
    p, t, x = rng.uniform(0.2, 0.8, (2, 3)), rng.uniform(0.2, 0.8, (2, 3)), reals(2, 3)
    weight, positive = leaf(rng.uniform(0.5, 2, (2, 3))), leaf(np.array([0.5, 1.0, 3.0]))
    for reduction in REDUCTIONS:
        plain = lambda p, t, w, r=reduction: F.binary_cross_entropy(p, t, w, reduction=r)  # noqa: E731
        logits = lambda x, t, w, v, r=reduction: F.binary_cross_entropy_with_logits(  # noqa: E731
            x, t, w, reduction=r, pos_weight=v
        )
        for function, inputs in [
            (plain, [leaf(p), leaf(t), weight]),
            (logits, [leaf(x), leaf(t), weight, positive]),
        ]:
            assert tc.gradcheck(function, inputs)
            assert tc.gradgradcheck(function, inputs)


def test_logits_do_not_overflow() -> None:
    x = leaf(np.array([1e4, -1e4, 0.0], np.float32))
    loss = F.binary_cross_entropy_with_logits(x, tc.tensor([0.0, 1.0, 1.0]), reduction="none")
    loss.sum().backward()
    close(loss, [1e4, 1e4, math.log(2)], 1e-6)
    assert x.grad.tolist() == [1, -1, -0.5]


def test_both_losses_of_two_classes_agree() -> None:
    x, t = tc.randn(3, 4).double(), tc.rand(3, 4).double()
    close(F.binary_cross_entropy(x.sigmoid(), t), F.binary_cross_entropy_with_logits(x, t).item())


# --- what does not fit, and layers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.cross_entropy(tc.zeros(2, 3), tc.tensor([1, 2, 0])), ValueError, r"batch_size \(2\).*\(3\)"),
        (lambda: F.cross_entropy(tc.zeros(2, 3, 4), tc.tensor([1, 2])), RuntimeError, r"shape \(2, 4\) .* got \(2,\)"),
        (lambda: F.cross_entropy(tc.zeros(2, 3), tc.tensor([1.0, 2.0])), RuntimeError, r"Use target\.long\(\)"),
        (lambda: F.cross_entropy(tc.zeros(2, 3).long(), tc.tensor([1, 2])), RuntimeError, r"Use x\.float\(\)"),
        (lambda: F.cross_entropy(tc.zeros(2, 3), tc.tensor([1, 2]), tc.ones(2)), RuntimeError, r"all 3 classes.*\[2\]"),
        (lambda: F.cross_entropy(tc.zeros(3), tc.tensor([1, 2])), ValueError, r"1D target must have size 1.*\[2\]"),
        (lambda: F.cross_entropy(tc.zeros(1, 3), tc.tensor([1]), label_smoothing=2.0), RuntimeError, r"Got: 2\.0"),
        (lambda: F.nll_loss(tc.zeros(3), tc.tensor([1, 2])), ValueError, r"nll_loss: .*must have size 1"),
        (lambda: F.mse_loss(tc.zeros(3), tc.zeros(3), reduction="avg"), ValueError, r"'avg' is not a valid value"),
        (lambda: F.smooth_l1_loss(tc.zeros(3), tc.zeros(3), beta=-1.0), ValueError, r"beta must not be negative"),
        (lambda: F.huber_loss(tc.zeros(3), tc.zeros(3), delta=0.0), ValueError, r"delta must be positive"),
        (lambda: F.binary_cross_entropy(tc.zeros(3), tc.zeros(3, 1)), ValueError, r"Target size \(\(3, 1\)\)"),
        (lambda: F.binary_cross_entropy(tc.tensor([1.5]), tc.zeros(1)), RuntimeError, r"range from 1\.5.*sigmoid"),
        (lambda: F.binary_cross_entropy_with_logits(tc.zeros(3), tc.zeros(1)), ValueError, r"must be the same"),
    ],
)
def test_what_does_not_fit_is_refused(call: Callable, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        call()


def test_layers_pass_every_option_on() -> None:
    x, target, weight = tc.randn(4, 3), tc.tensor([0, 2, 1, 1]), tc.tensor([0.5, 1.0, 2.0])
    t = tc.rand(4, 3)
    pairs = [
        (
            nn.CrossEntropyLoss(weight, ignore_index=2, reduction="sum", label_smoothing=0.1)(x, target),
            F.cross_entropy(x, target, weight, ignore_index=2, reduction="sum", label_smoothing=0.1),
        ),
        (
            nn.NLLLoss(weight, ignore_index=2, reduction="sum")(x, target),
            F.nll_loss(x, target, weight, ignore_index=2, reduction="sum"),
        ),
        (nn.MSELoss(reduction="sum")(x, t), F.mse_loss(x, t, size_average=False)),
        (nn.L1Loss(reduction="sum")(x, t), F.l1_loss(x, t, reduction="sum")),
        (nn.SmoothL1Loss(reduction="sum", beta=0.3)(x, t), F.smooth_l1_loss(x, t, reduction="sum", beta=0.3)),
        (nn.HuberLoss(reduction="sum", delta=0.3)(x, t), F.huber_loss(x, t, "sum", 0.3)),
        (nn.BCELoss(reduction="sum")(t, t), F.binary_cross_entropy(t, t, None, False)),
        (
            nn.BCEWithLogitsLoss(weight, reduction="sum", pos_weight=weight)(x, t),
            F.binary_cross_entropy_with_logits(x, t, weight, reduction="sum", pos_weight=weight),
        ),
    ]
    for actual, expected in pairs:
        assert actual.item() == expected.item()


@pytest.mark.parametrize(
    ("older", "word"),
    [
        ({"size_average": False}, "sum"), ({"size_average": True}, "mean"), ({"reduce": False}, "none"),
        ({"reduce": True}, "mean"), ({"size_average": False, "reduce": False}, "none"),
    ],
)  # fmt: skip
def test_the_older_words_for_reduction(older: dict, word: str) -> None:
    x, t, label = tc.rand(4, 3), tc.rand(4, 3), tc.tensor([0, 2, 1, 1])
    for function in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.binary_cross_entropy):
        assert function(x, t, **older).tolist() == function(x, t, reduction=word).tolist()
    for function in (F.nll_loss, F.cross_entropy):
        assert function(x, label, **older).tolist() == function(x, label, reduction=word).tolist()
    assert nn.MSELoss(**older).reduction == nn.NLLLoss(**older).reduction == word


def test_a_weight_per_cell_as_in_pytorch() -> None:
    """The weighted mean of mse_loss and l1_loss divides by the sum of the weights, that of huber_loss by the cells."""
    x, t, w = tc.tensor([1.0, 2.0, 5.0]), tc.tensor([0.0, 0.0, 1.0]), tc.tensor([1.0, 2.0, 3.0])
    assert F.mse_loss(x, t, weight=w).item() == pytest.approx((1 + 8 + 48) / 6)
    assert F.l1_loss(x, t, weight=w).item() == pytest.approx((1 + 4 + 12) / 6)
    assert F.huber_loss(x, t, weight=w).item() == pytest.approx((0.5 + 2 * 1.5 + 3 * 3.5) / 3)
    assert F.mse_loss(x, t, reduction="sum", weight=w).item() == 57
    with pytest.raises(ValueError, match="same size"):
        F.mse_loss(x, t, weight=w[:2])


def test_the_gradient_of_cross_entropy_has_the_same_bits_whether_it_is_recorded_or_not() -> None:
    x = leaf(np.random.default_rng(0).standard_normal((4, 5, 3)).astype(np.float32))
    loss = F.cross_entropy(x, tc.tensor([[0, 4, 1], [2, 2, IGNORE], [3, 0, 0], [1, 4, 4]]))
    (plain,) = tc.grad(loss, x, retain_graph=True)
    (recorded,) = tc.grad(loss, x, create_graph=True)
    assert np.array_equal(plain.numpy(), recorded.detach().numpy())


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("cells", [0, 3])
def test_without_a_class_every_cell_is_ignored(loss, cells, device, on_device) -> None:
    """Values of PyTorch's: the mean is 0/0."""
    x, labels = leaf(np.zeros((cells, 0)), device), tc.full((cells,), IGNORE, device=device)
    with on_device():
        each = loss(x, labels, reduction="none")
        total = loss(x, labels, reduction="sum")
        mean = loss(x, labels)
    assert each.cpu().tolist() == [0.0] * cells
    assert total.item() == 0
    assert math.isnan(mean.item())
    total.backward()
    assert x.grad is not None
    assert x.grad.shape == (cells, 0)


def test_label_smoothing_over_no_class_is_nan() -> None:
    assert math.isnan(F.cross_entropy(tc.zeros(2, 0), tc.tensor([IGNORE] * 2), reduction="sum", label_smoothing=0.1))
