"""Chainer's names for tinyconv: a thin face, with no second implementation behind it.

Programs and tutorials written for Chainer run once their imports say where from::

    import tinyconv.chainer as chainer
    import tinyconv.chainer.functions as F
    import tinyconv.chainer.links as L

Links and functions accept arrays and Variables alike, and give Variables, whose ``.data`` and ``.array`` are
arrays.  A Link is an ``nn.Module`` and a Variable is a Tensor, so both go together with everything else in
tinyconv: train with ``tinyconv.optim``, save with ``tinyconv.save``.

Variables and the parameters of links keep Chainer's rule: ``.grad`` is an array too, and ``y.backward()`` starts
from ``y.grad``.  What differs from Chainer: a graph is walked once, unless ``retain_graph=True``, an inner Variable
has a gradient only after ``retain_grad()``, errors are tinyconv's, and whatever concerns cuDNN is accepted without
effect.  Chainer's optimizers and trainer are not here.

Examples
--------
>>> import numpy as np
>>> import tinyconv.chainer.functions as F
>>> import tinyconv.chainer.links as L
>>> conv = L.Convolution2D(1, 1, 2, nobias=True)
>>> conv.W.data = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
>>> F.relu(conv(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3))).data
array([[[[19., 25.],
         [37., 43.]]]], dtype=float32)
"""

from typing import Any

from ..errors import phrase, refusal
from . import configuration, functions, links
from .configuration import config, no_backprop_mode, using_config
from .link import Chain, ChainList, Link, Sequential
from .variable import Variable, as_variable

__all__ = [
    "Chain", "ChainList", "Link", "Sequential", "Variable", "as_variable", "config", "configuration", "functions",
    "links", "no_backprop_mode", "using_config",
]  # fmt: skip

_ELSEWHERE = {
    "Parameter": "tinyconv.nn.Parameter", "backends": "tinyconv.Device", "cuda": "tinyconv.Device",
    "datasets": "tinyconv.data.mnist", "gradient_check": "tinyconv.gradcheck", "initializers": "tinyconv.nn.init",
    "iterators": "tinyconv.data.DataLoader", "optimizers": "tinyconv.optim", }  # fmt: skip
_IN_WORDS = {"serializers": "chainer.use_save", "training": "chainer.use_loop"}  # the phrases for them


def __getattr__(name: str) -> Any:
    """Say what to use for those names of Chainer that are not here."""
    if name in _ELSEWHERE:
        hint = phrase("chainer.use", name=_ELSEWHERE[name])
    else:
        hint = phrase(_IN_WORDS[name]) if name in _IN_WORDS else ""
    raise refusal("chainer.no_attribute", name=name, hint=hint)
