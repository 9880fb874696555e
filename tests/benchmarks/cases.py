"""What is timed.  tinyconv has PyTorch's names, so one definition serves both libraries."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
BATCH = 64  # of the training step
SCALAR_OPERATIONS = 1000


@dataclass(frozen=True)
class Workload:
    """One case set up for one library."""

    forward: Callable[[], Any] | None  # None: only the whole makes sense
    step: Callable[[], Any] | None  # forward and backward; None: only forward makes sense
    results: Callable[[], list[Any]]  # output and gradients of one step, to be equal in both libraries


@dataclass(frozen=True)
class Case:
    name: str
    setup: Callable[[Any], Workload]  # takes the library


def operation(name: str, call: str, x: tuple[int, ...], w: tuple[int, ...] | None = None, **options: Any) -> Case:
    """Time ``nn.functional.<call>``; x, and w and b where there are any, all need gradients."""
    shapes = [x]
    if w is not None:
        shapes += [w, (w[1] if "transpose" in call else w[0],)]
    return function(name, lambda lib, *inputs: getattr(lib.nn.functional, call)(*inputs, **options), *shapes)


def function(name: str, call: Callable[..., Any], *shapes: tuple[int, ...], compared: bool = True) -> Case:
    """Time ``call(lib, *inputs)`` on inputs of these shapes, which all need gradients."""

    def setup(lib: Any) -> Workload:
        random = np.random.default_rng(0)
        inputs = [_leaf(lib, random.standard_normal(shape) / np.sqrt(np.prod(shape[1:-1]))) for shape in shapes]
        with lib.no_grad():
            shape = tuple(call(lib, *inputs).shape)
        gradient = lib.from_numpy(random.standard_normal(shape).astype(np.float32))

        def forward() -> Any:
            with lib.no_grad():
                return call(lib, *inputs)

        def step() -> Any:
            for tensor in inputs:
                tensor.grad = None
            y = call(lib, *inputs)
            y.backward(gradient)
            return y

        return Workload(forward, step, lambda: [step(), *(tensor.grad for tensor in inputs)] if compared else [])

    return Case(name, setup)


def _leaf(lib: Any, values: np.ndarray) -> Any:
    return lib.from_numpy(np.asarray(values, np.float32)).requires_grad_()


def scalar_chain(lib: Any) -> Workload:
    """``y = y*a + b`` again and again on 0-d tensors, all of which need gradients."""
    x, a, b = (_leaf(lib, np.array(value)) for value in (1.0, 0.99, 0.01))

    def step() -> Any:
        for leaf in (x, a, b):
            leaf.grad = None
        y = x
        for _ in range(SCALAR_OPERATIONS // 2):
            y = y * a + b
        y.backward()
        return y

    return Workload(None, step, lambda: [step(), x.grad, a.grad, b.grad])


def training_step(lib: Any) -> Workload:
    """``Run.step`` of ``examples/train_mnist.py`` on one batch."""
    images, labels = training_batch(lib)
    return training_workload(lib, mnist_model(lib, images), images, labels)


def training_batch(lib: Any) -> tuple[Any, Any]:
    """Random pictures ``(BATCH, 1, 28, 28)`` and labels, the same ones in every library."""
    random = np.random.default_rng(0)
    images = lib.from_numpy(random.random((BATCH, 1, 28, 28), dtype=np.float32))
    return images, lib.from_numpy(random.integers(0, 10, BATCH))


def training_workload(lib: Any, model: Any, images: Any, labels: Any) -> Workload:
    """Steps of Adam on one batch, wherever model and batch live."""
    optimizer = lib.optim.Adam(model.parameters(), lr=2e-3)

    def gradients() -> Any:
        optimizer.zero_grad()
        scores = model(images)
        loss = lib.nn.functional.cross_entropy(scores, labels)
        loss.backward()
        return scores, loss

    def step() -> Any:
        scores, loss = gradients()
        optimizer.step()
        return loss.item(), (scores.argmax(1) == labels).float().mean().item()

    def results() -> list[Any]:
        model.eval()  # without dropout, whose masks differ
        scores, loss = gradients()
        model.train()
        return [scores, loss, *(p.grad for p in model.parameters())]

    return Workload(None, step, results)


def mnist_model(lib: Any, images: Any) -> Any:
    """The example's model, or PyTorch's twin of it, with the same random weights."""
    model = _example().build_model() if lib.__name__ == "tinyconv" else _twin(lib.nn)
    model(images)  # fixes the sizes left open
    random = np.random.default_rng(1)
    for p in model.parameters():
        weights = random.standard_normal(tuple(p.shape)) / np.sqrt(np.prod(tuple(p.shape)[1:]))
        p.data = lib.from_numpy(weights.astype(np.float32)).to(p.device)
    return model


def _twin(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Dropout(0.3),
        nn.Flatten(), nn.Linear(64 * 4 * 4, 10),
    )  # fmt: skip


def _example() -> Any:
    folder = str(REPOSITORY / "examples")
    if folder not in sys.path:
        sys.path.append(folder)  # where its own helpers lie
    return importlib.import_module("train_mnist")


def batch_norm(lib: Any, x: Any, weight: Any, bias: Any) -> Any:
    return lib.nn.functional.batch_norm(x, None, None, weight, bias, training=True)


def cross_entropy(lib: Any, scores: Any) -> Any:
    labels = np.arange(scores.shape[0]) * 7 % scores.shape[1]
    return lib.nn.functional.cross_entropy(scores, lib.from_numpy(labels))


def adam_step(name: str, *shapes: tuple[int, ...]) -> Case:
    """Steps of Adam on parameters of these shapes, with gradients that stay."""

    def setup(lib: Any) -> Workload:
        random = np.random.default_rng(0)
        params = [_leaf(lib, random.standard_normal(shape)) for shape in shapes]
        for param in params:
            param.grad = lib.from_numpy(random.standard_normal(tuple(param.shape)).astype(np.float32))
        step = lib.optim.Adam(params).step
        return Workload(None, step, lambda: [step(), *params][1:])

    return Case(f"Adam step, {name}", setup)


def residual_block(*shape: int) -> Case:
    """Two convolutions with batch norm, and the way past them; a layer's forward and backward, in training."""

    def setup(lib: Any) -> Workload:
        nn, channels, random = lib.nn, shape[1], np.random.default_rng(0)
        path = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip
        x = _leaf(lib, random.standard_normal(shape))
        for index in (0, 3):
            weight = random.standard_normal((channels, channels, 3, 3)) / np.sqrt(9 * channels)
            path[index].weight.data = lib.from_numpy(weight.astype(np.float32))
        gradient = lib.from_numpy(random.standard_normal(shape).astype(np.float32))
        leaves = [x, *path.parameters()]

        def forward() -> Any:
            with lib.no_grad():
                return lib.relu(path(x) + x)

        def step() -> Any:
            for leaf in leaves:
                leaf.grad = None
            y = lib.relu(path(x) + x)
            y.backward(gradient)
            return y

        return Workload(forward, step, lambda: [step(), *(leaf.grad for leaf in leaves)])

    return Case(f"residual block ({','.join(map(str, shape))})", setup)


def inference(lib: Any) -> Workload:
    """One digit through the example's network: here a call costs more than its numbers do."""
    images, _ = training_batch(lib)
    model, image = mnist_model(lib, images).eval(), images[:1]

    def forward() -> Any:
        with lib.no_grad():
            return model(image)

    return Workload(forward, None, lambda: [forward()])


EXAMPLE_SHAPES = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (64, 32, 3, 3), (64,), (10, 1024), (10,)]

CASES = [
    operation("conv2d (64,1,28,28) k3 o32", "conv2d", (64, 1, 28, 28), (32, 1, 3, 3)),
    operation("conv2d (64,32,26,26) k3 o64", "conv2d", (64, 32, 26, 26), (64, 32, 3, 3)),
    operation("conv2d (8,64,128,128) k3 o32", "conv2d", (8, 64, 128, 128), (32, 64, 3, 3)),
    operation("conv2d 1x1 (8,64,56,56) o128", "conv2d", (8, 64, 56, 56), (128, 64, 1, 1)),
    operation("conv2d stride 2 (8,64,56,56) k3 o128", "conv2d", (8, 64, 56, 56), (128, 64, 3, 3), stride=2),
    operation("conv2d (32,16,28,28) k5 o32", "conv2d", (32, 16, 28, 28), (32, 16, 5, 5)),
    operation("conv2d (1,3,360,640) k5 o3", "conv2d", (1, 3, 360, 640), (3, 3, 5, 5)),
    operation("conv2d depthwise (8,64,128,128) k3", "conv2d", (8, 64, 128, 128), (64, 1, 3, 3), groups=64),
    operation("conv2d groups 8 (8,64,128,128) k3 o64", "conv2d", (8, 64, 128, 128), (64, 8, 3, 3), groups=8),
    operation("conv1d (32,64,1000) k5 o64", "conv1d", (32, 64, 1000), (64, 64, 5)),
    operation("conv3d (2,16,16,32,32) k3 o32", "conv3d", (2, 16, 16, 32, 32), (32, 16, 3, 3, 3)),
    operation("conv_transpose2d (8,32,126,126) k3 o64", "conv_transpose2d", (8, 32, 126, 126), (32, 64, 3, 3)),
    operation("max_pool2d (64,32,26,26) 2x2", "max_pool2d", (64, 32, 26, 26), kernel_size=2),
    operation("relu (64,32,26,26)", "relu", (64, 32, 26, 26)),
    function("batch norm (64,32,26,26)", batch_norm, (64, 32, 26, 26), (32,), (32,)),
    function("dropout (64,32,26,26)", lambda lib, x: lib.nn.functional.dropout(x), (64, 32, 26, 26), compared=False),
    function("cross-entropy (64,10)", cross_entropy, (64, 10)),
    function("cross-entropy (256,1000)", cross_entropy, (256, 1000)),
    function("sums along the first axis (1000000,10)", lambda lib, x: x.sum(0), (1_000_000, 10)),
    function("sums along the first axis (4096,1000)", lambda lib, x: x.sum(0), (4096, 1000)),
    residual_block(16, 64, 28, 28),
    adam_step("the example's 8 parameters", *EXAMPLE_SHAPES),
    adam_step("(1000,1000)", (1000, 1000)),
    Case("MNIST training step, batch 64", training_step),
    Case("inference of one digit", inference),
    Case("1,000 scalar operations", scalar_chain),
]
