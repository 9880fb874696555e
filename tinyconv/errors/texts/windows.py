"""Windows: sizes and options of convolution and pooling (:mod:`tinyconv.kernels.geometry`)."""

from .text import Phrase, Text

TEXTS = {
    "window.entries": Text(
        ValueError,
        en="{name}={value} has {given} entries for {ndim} spatial axes; give one int, or {ndim} of them",
        zh="{name}={value} 有 {given} 个数，而空间轴有 {ndim} 个；请给一个整数，或给 {ndim} 个",
    ),
    "window.ints": Text(
        TypeError,
        en="{name} must be an int or {ndim} ints, got {value!r}",
        zh="{name} 必须是一个整数或 {ndim} 个整数，得到的是 {value!r}",
    ),
    "window.minimum": Text(
        ValueError,
        en="{name}={value} must be at least {minimum} along every axis",
        zh="{name}={value} 在每个轴上都至少要是 {minimum}",
    ),
    "window.groups": Text(
        ValueError,
        en="groups={groups!r} must be a positive integer",
        zh="groups={groups!r} 必须是正整数",
    ),
    "window.same": Text(
        ValueError,
        en="padding='same' is not supported for strided convolutions (stride={stride}): the output has ceil(i / s) "
        "cells, which is not the input's size. Use stride=1, or a number such as padding={near}",
        zh="带步幅的卷积（stride={stride}）不支持 padding='same'：输出有 ceil(i / s) 格，与输入大小不同。"
        "请用 stride=1，或给出数字，例如 padding={near}",
    ),
    "window.padding_word": Text(
        ValueError,
        en="padding={padding!r} must be 'same', 'valid' or numbers",
        zh="padding={padding!r} 必须是 'same'、'valid' 或数字",
    ),
    "window.pairs": Text(
        ValueError,
        en="padding={padding} needs one pair per spatial axis ({ndim})",
        zh="padding={padding} 要给每个空间轴一对数（共 {ndim} 对）",
    ),
    "window.kernel": Text(
        RuntimeError,
        en="Calculated padded input size per channel: {padded}. Kernel size: {kernel}. Kernel size can't be greater "
        "than actual input size. Along spatial axis {axis}: the kernel spans {d}*({k} - 1) + 1 = {span} cells, the "
        "input has {lo} + {i} + {hi} = {have}. Use padding={need}, a smaller kernel, or a larger input",
        zh="填充后每个通道的输入大小：{padded}。卷积核大小：{kernel}。卷积核不能大于填充后的输入。"
        "在空间轴 {axis} 上：卷积核跨 {d}*({k} - 1) + 1 = {span} 格，"
        "输入只有 {lo} + {i} + {hi} = {have} 格。请用 padding={need}、更小的卷积核或更大的输入",
    ),
    "window.output_size": Text(
        ValueError,
        en="requested an output size of {wanted}, but valid sizes range from {smallest} to {largest} (for an input of "
        "{size}); choose one of these, or change stride",
        zh="要求的输出大小是 {wanted}，而可以得到的大小从 {smallest} 到 {largest}（输入大小为 {size}）；"
        "请在这个范围里选，或改变 stride",
    ),
    "window.output_padding": Text(
        RuntimeError,
        en="output padding must be smaller than either stride or dilation, but got output_padding={extra}, "
        "stride={geometry.stride}, dilation={geometry.dilation}: {p} >= max({s}, {d}) = {limit}. "
        "Use output_padding={fits}",
        zh="output_padding 必须小于 stride 与 dilation 中较大的一个，但得到 output_padding={extra}、"
        "stride={geometry.stride}、dilation={geometry.dilation}：{p} >= max({s}, {d}) = {limit}。"
        "请用 output_padding={fits}",
    ),
    "window.transposed_empty": Text(
        RuntimeError,
        en="Given input size per channel: {given}. Calculated output size per channel: {size}. Output size is too "
        "small. Along spatial axis {axis}: (i - 1)*stride - padding + dilation*(kernel - 1) + output_padding + 1 "
        "= ({i} - 1)*{s} - {lo} - {hi} + {d}*({k} - 1) + {extra} + 1 = {o}. {fix}",
        zh="每个通道的输入大小：{given}。算出的每个通道的输出大小：{size}。输出太小。在空间轴 {axis} 上："
        "(i - 1)*stride - padding + dilation*(kernel - 1) + output_padding + 1 "
        "= ({i} - 1)*{s} - {lo} - {hi} + {d}*({k} - 1) + {extra} + 1 = {o}。{fix}",
    ),
    "window.rules": Text(
        ValueError,
        en="ceil_mode (PyTorch) and cover_all (Chainer) are two rules for the last window; choose one",
        zh="ceil_mode（PyTorch）和 cover_all（Chainer）是最后一个窗口的两种规则，请只选其中一个",
    ),
    "window.half": Text(
        RuntimeError,
        en="pad should be at most half of effective kernel size, but got padding={padding}, kernel_size={kernel} and "
        "dilation={dilation}; a window would see nothing but padding. Use padding={fits}",
        zh="填充最多是卷积核有效大小的一半，但得到 padding={padding}、kernel_size={kernel}、dilation={dilation}；"
        "这样会有窗口只看到填充。请用 padding={fits}",
    ),
    "window.pool_empty": Text(
        RuntimeError,
        en="Given input size per channel: {given}. Calculated output size per channel: {size}. Output size is too "
        "small: the window spans {spans}, the padded input {padded}. Use a smaller kernel_size{most} or a larger input",
        zh="每个通道的输入大小：{given}。算出的每个通道的输出大小：{size}。输出太小：窗口跨 {spans}，"
        "填充后的输入只有 {padded}。请用更小的 kernel_size{most}或更大的输入",
    ),
}

PHRASES = {
    "window.use_padding": Phrase(en="Use padding={fits}", zh="请用 padding={fits}"),
    "window.larger_input": Phrase(en="Use a larger input", zh="请用更大的输入"),
    "window.at_most": Phrase(en=", at most {kernel},", zh="（最多 {kernel}）"),
}
