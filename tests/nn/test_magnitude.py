"""Layers of sizes and angles hand their arguments on to the functions."""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

F = nn.functional
X, Y = (tc.tensor(np.random.default_rng(seed).normal(0.0, 1.0, (2, 4, 3))) for seed in (0, 1))


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        (nn.RMSNorm((4, 3), 0.5), (X,), F.rms_norm(X, (4, 3), eps=0.5)),
        (nn.RMSNorm(3, elementwise_affine=False), (X,), F.rms_norm(X, (3,))),
        (nn.LocalResponseNorm(2, 0.5, 0.6, 2.0), (X,), F.local_response_norm(X, 2, 0.5, 0.6, 2.0)),
        (nn.CosineSimilarity(2, 2.0), (X, Y), F.cosine_similarity(X, Y, 2, 2.0)),
        (nn.PairwiseDistance(1.0, 0.1, True), (X, Y), F.pairwise_distance(X, Y, 1.0, 0.1, True)),
    ],
)
def test_a_layer_is_its_function(layer: nn.Module, inputs: tuple, expected: tc.Tensor) -> None:
    np.testing.assert_array_equal(layer.double()(*inputs).detach().numpy(), expected.numpy())


def test_rms_norm_learns_a_factor_and_no_offset() -> None:
    layer = nn.RMSNorm(3).double()
    assert list(layer.state_dict()) == ["weight"]
    plain = layer(X).detach().numpy()
    layer.weight.array = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(layer(X).detach().numpy(), plain * [1.0, -2.0, 0.5], rtol=1e-12)
    assert nn.RMSNorm(3, elementwise_affine=False).weight is None
