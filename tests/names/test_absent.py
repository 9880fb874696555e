"""A name of PyTorch's that is not here says so, and why."""

from __future__ import annotations

import pytest

import tinyconv as tc


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: tc.nn.LSTM, "nn.LSTM is PyTorch's, and not in tinyconv: recurrent layers"),
        (lambda: tc.nn.TransformerEncoder, "attention"),
        (lambda: tc.linalg, "linalg is PyTorch's.*norm and matmul"),
        (lambda: tc.complex64, "its numbers are real"),
        (lambda: tc.optim.LBFGS, "; use optim.SGD"),
        (lambda: tc.nn.functional.scaled_dot_product_attention, "matmul and softmax"),
        (lambda: tc.nn.Convv2d, "^module 'tinyconv.nn' has no attribute 'Convv2d'$"),
    ],
)
def test_what_is_told(ask, words: str) -> None:
    with pytest.raises(AttributeError, match=words) as caught:
        ask()
    assert hasattr(caught.value, "refusal")


def test_asking_whether_is_no_error() -> None:
    assert not hasattr(tc, "linalg")
    assert getattr(tc.nn, "LSTM", None) is None
