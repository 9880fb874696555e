"""One definition, three functions: names, signatures, texts and numbers of the 1-d, 2-d and 3-d forms."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable

import pytest

import tinyconv as tc
from tinyconv.nn import functional as F

FAMILIES = ["conv", "conv_transpose", "max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool", "max_unpool"]
RANKED = [(getattr(F, family), f"{family}{ndim}d", ndim) for family in FAMILIES for ndim in (1, 2, 3)]
RANKED += [(F.dropoutnd, f"dropout{ndim}d", ndim) for ndim in (1, 2, 3)]


@pytest.mark.parametrize(("family", "name", "ndim"), RANKED, ids=[name for _, name, _ in RANKED])
def test_each_is_a_function_of_its_own(family: Callable, name: str, ndim: int) -> None:
    function = getattr(F, name)
    assert (function.__name__, function.__qualname__, function.__module__) == (name, name, family.__module__)
    assert pickle.loads(pickle.dumps(function)) is function
    first, *parameters = inspect.signature(family).parameters.items()
    assert first[0] == "ndim"
    assert list(inspect.signature(function).parameters.items()) == parameters
    assert inspect.unwrap(function) is inspect.unwrap(family)  # what editors and `??` show the source of
    layout = {1: "(N, C, L)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}[ndim]
    assert any(layout.replace("C", c) in function.__doc__ for c in ("C", "C_in")) or "unpool" in name
    assert "{ndim}" not in function.__doc__ + family.__doc__
    assert "{axes}" not in function.__doc__ + family.__doc__


def test_pytorchs_signatures() -> None:
    expected = {
        "conv2d": "input weight bias stride padding dilation groups",
        "conv_transpose2d": "input weight bias stride padding output_padding groups dilation",
        "max_pool2d": "input kernel_size stride padding dilation ceil_mode return_indices",
        "avg_pool2d": "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
        "adaptive_avg_pool2d": "input output_size",
        "adaptive_max_pool2d": "input output_size return_indices",
        "max_unpool2d": "input indices kernel_size stride padding output_size",
        "dropout2d": "input p training inplace",
    }
    for name, names in expected.items():
        parameters = inspect.signature(getattr(F, name)).parameters.values()
        assert " ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD) == names, name


def test_the_number_of_axes_is_no_argument_of_theirs() -> None:
    with pytest.raises(TypeError, match="ndim"):
        F.conv2d(tc.ones(1, 1, 3, 3), tc.ones(1, 1, 2, 2), ndim=2)  # type: ignore[call-arg]


def test_a_family_takes_any_number_of_axes() -> None:
    x, w = tc.ones(1, 1, 3, 3, 3, 3), tc.ones(1, 1, 2, 2, 2, 2)
    assert F.conv(4, x, w).tolist() == tc.full((1, 1, 2, 2, 2, 2), 16.0).tolist()
    assert F.max_pool(4, x, 3).shape == (1, 1, 1, 1, 1, 1)
