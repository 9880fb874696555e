"""Chainer's names (:mod:`tinyconv.chainer`)."""

from .text import Phrase, Text

TEXTS = {
    "chainer.reduce": Text(
        ValueError,
        en="reduce must be 'mean' or 'no', got {value!r}",
        zh="reduce 必须是 'mean' 或 'no'，得到 {value!r}",
    ),
    "chainer.pad_value": Text(
        ValueError,
        en="pad_value must be 0 or None, got {value!r}",
        zh="pad_value 必须是 0 或 None，得到 {value!r}",
    ),
    "chainer.no_link": Text(
        TypeError,
        en="a layer must be a link or a function, got {kind}",
        zh="每一层必须是 link 或函数，得到的是 {kind}",
    ),
    "chainer.no_switch": Text(
        AttributeError,
        en="chainer.config has no switch {name!r}; tinyconv knows {known}",
        zh="chainer.config 没有开关 {name!r}；tinyconv 有 {known}",
    ),
    "chainer.no_attribute": Text(
        AttributeError,
        en="tinyconv.chainer has no attribute {name!r}{hint}",
        zh="tinyconv.chainer 没有属性 {name!r}{hint}",
    ),
    "chainer.grad_shape": Text(
        ValueError,
        en="cannot set .grad of a Variable of shape {shape} to an array of shape {given}",
        zh="形状为 {shape} 的 Variable，不能把形状为 {given} 的数组赋给它的 .grad",
    ),
    "chainer.initial_shape": Text(
        ValueError,
        en="{name} has shape {values.shape}, but the parameter has {parameter.shape}",
        zh="{name} 的形状是 {values.shape}，但参数的形状是 {parameter.shape}",
    ),
}

PHRASES = {
    "chainer.use": Phrase(": use {name}", "：请用 {name}"),
    "chainer.use_save": Phrase(": use tinyconv.save and load", "：请用 tinyconv.save 和 load"),
    "chainer.use_loop": Phrase(
        ": use a loop of your own, as in examples/train_mnist.py", "：请自己写循环，见 examples/train_mnist.py"
    ),
}
