"""Functions of networks give PyTorch's values and gradients, on every device; all derivatives are the numeric ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tinyconv as tc
import tinyconv.nn.functional as F
from tests.layer_values.programs import PROGRAMS, SMOOTH
from tests.layer_values.record import RECORDED, X, outcome, summary
from tinyconv.backend import Device

OUTCOMES = json.loads(RECORDED.read_text("utf-8"))["outcomes"]


def test_every_program_is_recorded():
    assert OUTCOMES.keys() == set(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_pytorch(program: str, device: Device):
    for ours, theirs in zip(summary(outcome(tc, program, str(device))), OUTCOMES[program], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("program", SMOOTH)
def test_derivatives_of_both_orders(program: str):
    def call(x: tc.Tensor) -> tc.Tensor:
        return eval(program, {"F": F, "t": tc, "x": x}).square()

    x = tc.tensor(X[:1], requires_grad=True)
    assert tc.gradcheck(call, [x])
    assert tc.gradgradcheck(call, [x])


@pytest.mark.parametrize(
    ("error", "program"),
    [
        (NotImplementedError, "F.interpolate(x, size=3, mode='cubic')"),
        (NotImplementedError, "F.interpolate(x, size=3, mode='linear')"),
        (NotImplementedError, "F.interpolate(x, size=3, mode='bilinear', antialias=True)"),
        (ValueError, "F.interpolate(x, size=3, align_corners=False)"),
        (ValueError, "F.interpolate(x, size=3, mode='bilinear', recompute_scale_factor=True)"),
        (RuntimeError, "F.interpolate(x.long(), size=3, mode='bilinear')"),
        (RuntimeError, "F.pad(x, (-6, 0), mode='reflect')"),
        (RuntimeError, "F.pad(x, (-3, -3), mode='replicate')"),
        (RuntimeError, "F.pad(x, (0, -7), mode='circular')"),
        (RuntimeError, "F.pad(x, (4, -3), mode='circular')"),
        (RuntimeError, "F.pixel_shuffle(x, 3)"),
        (RuntimeError, "F.pixel_unshuffle(x, 2)"),
        (RuntimeError, "F.pixel_shuffle(x[0, 0], 2)"),
        (RuntimeError, "F.pixel_shuffle(x, 0)"),
        (RuntimeError, "F.channel_shuffle(x, 3)"),
        (ValueError, "F.hardtanh(x, 2., 1.)"),
        (RuntimeError, "F.softshrink(x, -1.)"),
        (RuntimeError, "F.celu(x, 0.)"),
        (RuntimeError, "F.glu(x, 2)"),
        (RuntimeError, "F.glu(x.sum())"),
        (ValueError, "F.local_response_norm(x[0, 0], 2)"),
        (RuntimeError, "F.local_response_norm(x, 0)"),
        (RuntimeError, "F.rms_norm(x, (5,))"),
        (RuntimeError, "F.cosine_similarity(x, x[:, :3])"),
        (RuntimeError, "F.embedding(x, x[0, 0])"),
        (IndexError, "F.embedding(t.tensor([5]), x[0, 0])"),
        (IndexError, "F.embedding(t.tensor([-1]), x[0, 0])"),
        (RuntimeError, "F.embedding(t.tensor([1]), x)"),
        (AssertionError, "F.embedding(t.tensor([1]), x[0, 0], padding_idx=5)"),
        (ValueError, "F.embedding(t.tensor([1]), x[0, 0], sparse=True)"),
    ],
)
def test_refusals(error: type[Exception], program: str):
    with pytest.raises(error) as info:
        eval(program, {"F": F, "t": tc, "x": tc.tensor(X)})
    assert info.value.refusal


def test_embedding_shortens_long_rows_in_place():
    table = tc.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    F.embedding(tc.tensor([0, 1, 0]), table, max_norm=1.0)
    np.testing.assert_allclose(table.numpy(), [[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]], rtol=1e-6)


@pytest.mark.parametrize("name", ["hardtanh_", "threshold_", "selu_", "celu_", "relu_", "leaky_relu_", "elu_"])
def test_written_over_the_input(name: str):
    arguments = (0.5, -9.0) if name == "threshold_" else ()
    x = tc.tensor([-1.5, 0.25, 2.0])
    expected = getattr(F, name[:-1])(x, *arguments).tolist()
    assert getattr(F, name)(x, *arguments) is x
    assert x.tolist() == expected


@pytest.mark.parametrize(
    ("error", "program"),
    [
        (RuntimeError, "F.cosine_embedding_loss(x, x, x)"),
        (ValueError, "F.gaussian_nll_loss(x, x, x[:, 0])"),
        (ValueError, "F.gaussian_nll_loss(x, x, -x.exp())"),
        (ValueError, "F.kl_div(x, x, reduction='max')"),
        (TypeError, "F.kl_div(x, 1.0, reduction='sum')"),
        (RuntimeError, "F.margin_ranking_loss(x[0, 0, 0], x[0, 0, 0], x[0, 0, 0, :, None])"),
        (RuntimeError, "F.margin_ranking_loss(x[0, 0, 0], x[0, 0, 0], tc.tensor(1.0))"),
        (RuntimeError, "F.triplet_margin_loss(x, x, x[0])"),
        (ValueError, "F.triplet_margin_loss(x, x, x, margin=0.0)"),
        (RuntimeError, "F.multi_margin_loss(x[0, 0], tc.tensor([0, 1, 2, 3, 6]))"),
        (RuntimeError, "F.multi_margin_loss(x[0, 0], tc.tensor([0, -1, 2, 3, 5]))"),
        (RuntimeError, "F.multi_margin_loss(x[0, 0], tc.tensor([0, 1]))"),
        (RuntimeError, "F.multi_margin_loss(x[0], tc.tensor([0, 1]))"),
        (RuntimeError, "F.multi_margin_loss(x[0, 0], tc.ones(5))"),
        (RuntimeError, "F.multi_margin_loss(x[0, 0], tc.tensor([0] * 5), weight=x[0, 0, 0, :5])"),
        (ValueError, "F.multi_margin_loss(x[0, 0], tc.tensor([0] * 5), weight=x[0, 0])"),
        (ValueError, "F.multi_margin_loss(x[0, 0], tc.tensor([0] * 5), 3)"),
        (RuntimeError, "F.multilabel_margin_loss(x[0, 0, 0], tc.tensor([0, 1, -1, 6, 0, 0]))"),
        (RuntimeError, "F.multilabel_margin_loss(x[0, 0, 0], tc.tensor([-2, 1, -1, 0, 0, 0]))"),
        (RuntimeError, "F.multilabel_margin_loss(x[0, 0, 0], tc.tensor([0, 1]))"),
    ],
)
def test_losses_refuse_what_does_not_fit(error: type[Exception], program: str):
    with pytest.raises(error, match=r"_loss|kl_div"):
        eval(program, {"F": F, "tc": tc, "x": tc.tensor(X)})


@pytest.mark.parametrize(
    "sizes", [((5, 6), (5, 4), (3, 6)), ((5, 6), (4, 4), (3, 6, 4)), ((5, 6), (5, 5), (3, 6, 4)), ((), (4,), (3, 6, 4))]
)
def test_bilinear_refuses_sizes_that_do_not_fit(sizes: tuple):
    with pytest.raises(RuntimeError, match="bilinear: "):
        F.bilinear(*map(tc.ones, sizes))
    with pytest.raises(RuntimeError, match="bias size does not match weight size: got 2 but expected 3"):
        F.bilinear(tc.ones(6), tc.ones(4), tc.ones(3, 6, 4), tc.ones(2))


@pytest.mark.parametrize("target", [[0, 9], [0, -7]])
def test_a_class_out_of_range_makes_the_loss_nan_on_a_device(target: list[int]):
    scores, classes = tc.ones(2, 3, device="strict"), tc.tensor(target, device="strict")
    losses = tc.asnumpy(F.multi_margin_loss(scores, classes, reduction="none").array)
    assert np.isnan(losses).tolist() == [False, True]
    rows = tc.tensor([[0, -1, -1], [1, target[1], -1]], device="strict")
    losses = tc.asnumpy(F.multilabel_margin_loss(scores, rows, reduction="none").array)
    assert np.isnan(losses).tolist() == [False, True]
