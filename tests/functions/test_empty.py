"""Functions of tensors that have no elements."""

import pytest

import tinyconv as tc
import tinyconv.nn.functional as F


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0)])
def test_what_has_no_elements_can_be_written_over(shape):
    """NumPy may give such an array strides of 0, as it gives one whose elements share one place."""
    assert tc.zeros_like(tc.ones(shape)).exponential_().shape == shape
    assert F.gumbel_softmax(tc.zeros(shape).t().t()).shape == shape


def test_a_covariance_of_no_variables_or_no_observations():
    assert tc.cov(tc.zeros(0, 3)).shape == (0, 0)
    assert tc.cov(tc.zeros(2, 0)).isnan().all()
    assert tc.corrcoef(tc.zeros(0, 3)).shape == (0, 0)


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_no_pictures_are_read(mode):
    x, grid = tc.zeros(0, 3, 2, 2, requires_grad=True), tc.zeros(0, 4, 5, 2, requires_grad=True)
    y = F.grid_sample(x, grid, mode, align_corners=False)
    assert y.shape == (0, 3, 4, 5)
    y.sum().backward()
    assert x.grad is not None
    assert grid.grad is not None
    assert (x.grad.shape, grid.grad.shape) == (x.shape, grid.shape)
