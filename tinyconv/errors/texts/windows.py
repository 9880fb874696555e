"""Windows: sizes and options of convolution and pooling (:mod:`tinyconv.kernels.geometry`)."""

from .text import Text

TEXTS = {
    "window.rules": Text(
        ValueError,
        en="ceil_mode (PyTorch) and cover_all (Chainer) are two rules for the last window; choose one",
        zh="ceil_mode（PyTorch）和 cover_all（Chainer）是最后一个窗口的两种规则，请只选其中一个",
    ),
}
