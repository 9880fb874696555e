"""Loss layers that compare hand their arguments on to the functions."""

from __future__ import annotations

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

F = nn.functional
RNG = np.random.default_rng(0)
A, B, C = (tc.tensor(RNG.normal(0.0, 1.0, (4, 3))) for _ in range(3))
LABELS, LISTS = tc.tensor([2, 0, 1, 1]), tc.tensor([[0, -1, 1], [2, 1, -1], [0, 1, 2], [-1, 0, 0]])
SIGNS = tc.tensor([1, -1, -1, 1])


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        (nn.KLDivLoss(reduction="batchmean"), (A, B.sigmoid()), F.kl_div(A, B.sigmoid(), reduction="batchmean")),
        (nn.KLDivLoss(False, None, "mean", True), (A, B), F.kl_div(A, B, reduction="sum", log_target=True)),
        (nn.CosineEmbeddingLoss(0.2), (A, B, SIGNS), F.cosine_embedding_loss(A, B, SIGNS, 0.2)),
        (nn.TripletMarginLoss(2.0, 1.0, 0.1, True, reduction="none"), (A, B, C),
         F.triplet_margin_loss(A, B, C, 2.0, 1.0, 0.1, True, reduction="none")),
        (nn.MarginRankingLoss(0.3, reduction="sum"), (A, B, C.sign()),
         F.margin_ranking_loss(A, B, C.sign(), 0.3, reduction="sum")),
        (nn.HingeEmbeddingLoss(0.4, reduce=False), (A, B.sign()),
         F.hinge_embedding_loss(A, B.sign(), 0.4, reduction="none")),
        (nn.MultiMarginLoss(2, 0.5, tc.tensor([1.0, 2.0, 3.0]).double(), reduction="sum"), (A, LABELS),
         F.multi_margin_loss(A, LABELS, 2, 0.5, tc.tensor([1.0, 2.0, 3.0]).double(), reduction="sum")),
        (nn.MultiLabelMarginLoss(reduce=False), (A, LISTS), F.multilabel_margin_loss(A, LISTS, reduction="none")),
        (nn.PoissonNLLLoss(False, True, eps=0.1, reduction="sum"), (A.exp(), B.exp()),
         F.poisson_nll_loss(A.exp(), B.exp(), False, True, eps=0.1, reduction="sum")),
        (nn.GaussianNLLLoss(full=True, eps=0.5, reduction="sum"), (A, B, C.exp()),
         F.gaussian_nll_loss(A, B, C.exp(), True, 0.5, "sum")),
        (nn.SoftMarginLoss(reduction="sum"), (A, B.sign()), F.soft_margin_loss(A, B.sign(), reduction="sum")),
    ],
)  # fmt: skip
def test_a_layer_is_its_function(layer: nn.Module, inputs: tuple, expected: tc.Tensor) -> None:
    np.testing.assert_array_equal(layer(*inputs).numpy(), expected.numpy())


def test_refusals() -> None:
    with pytest.raises(ValueError, match="TripletMarginLoss: margin must be greater than 0"):
        nn.TripletMarginLoss(-1.0)
    with pytest.raises(ValueError, match="MultiMarginLoss: only p == 1 and p == 2"):
        nn.MultiMarginLoss(3)
    with pytest.raises(ValueError, match="MultiMarginLoss: weight must be one-dimensional"):
        nn.MultiMarginLoss(weight=tc.ones(1, 2))
    with pytest.raises(TypeError):
        nn.GaussianNLLLoss(True)  # by keyword alone, as there
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        nn.SoftMarginLoss(reduction="batchmean")


def test_the_mean_over_cells_is_not_the_divergence() -> None:
    with pytest.warns(UserWarning, match="reduction='batchmean'"):
        mean = F.kl_div(A, B.sigmoid())
    np.testing.assert_allclose(mean.item() * 3, F.kl_div(A, B.sigmoid(), reduction="batchmean").item())
